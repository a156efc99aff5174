"""What the tests of rule packs share: a server with judging, and the packs of documents and attacks."""
import json
import re
import subprocess

from conftest import BUILD, ROOT
from wire import until


def jailed(whiply, helper="rules"):
    return len([e for e in whiply.events("jailed") if e["process"] == f"helper {helper}"])


def ready(whiply, n=1):
    """Both helpers are there, and the packs are loaded."""
    until(lambda: jailed(whiply) >= n and jailed(whiply, "trials") >= 1, 30, "the helpers to be in their jails")
    until(lambda: whiply.command("moderation.packs")["judging"], 30, "the packs to be loaded")


def document_packs():
    return re.findall(r"```lua\n(.*?)```", (ROOT / "docs" / "rules.md").read_text(), re.S)


def attacks(n):
    """The packs of every attack of core/rules/test_attacks.c, and of so many random snippets."""
    done = subprocess.run([BUILD / "core" / "rules" / "test_attacks", "--packs", str(n)], capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)
