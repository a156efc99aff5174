"""The built-in filters and the packs on texts of our own, and on generated raids: talk is left alone, raids are stopped and swept."""
import importlib.util
import subprocess
import sys

from conftest import BUILD, ROOT

SCRIPT = ROOT / "tests" / "bench" / "evaluate.py"
CORPUS = ROOT / "tests" / "rules" / "corpus"


def evaluate():
    spec = importlib.util.spec_from_file_location("evaluate", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_our_own_texts_are_told_apart_and_raids_are_stopped():
    done = subprocess.run([sys.executable, SCRIPT, CORPUS, "--check", "--build", BUILD], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    total = next(line for line in done.stdout.splitlines() if line.startswith("| **without gates**"))
    spam, ham_of_newcomers = int(total.split("|")[2]), int(total.split("|")[7])
    # 29 and 0 when this was written: the packs may get better, not worse.
    assert spam >= 27 and ham_of_newcomers <= 1, total


def test_a_raid_that_is_not_judged_is_told():
    module = evaluate()
    _, talk = module.read(CORPUS, None)
    assert not module.raids(BUILD, talk, [], ways=(("packs", [], False),))


def test_raids_of_many_kinds_are_stopped_and_no_talk_with_them():
    module = evaluate()
    _, talk = module.read(CORPUS, None)
    packs = module.shipped_packs()
    assert module.raids(BUILD, talk, packs, seeds=range(4, 16))
