"""How fast the store is in a running server: `store` of bench.py. The plugin storebench asks from within the hub, so that no client is
measured. Beside it, in turns, store_floor says what the disk's fdatasync takes and how fast a bare loop inserts with the same SQLite: the
database lies in the folder of TMPDIR, and its disk decides."""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import tempfile

import servers
from machine import PROGRAMS, ROOT, Failure

PACE = 1000             # writes a second, and reads
AT_ONCE = 2000          # writes under way when as many as can be are asked for
GROUP = 512             # rows in a transaction of the floor: what the store's `batch` is
SYNCS = 200
WRONG = (Failure, OSError, subprocess.SubprocessError, KeyError, ValueError)


def program(*words):
    """Runs a program that answers with JSON."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120)
    if done.returncode != 0:
        raise Failure(f"{pathlib.Path(words[0]).name} {words[-1]}: {(done.stdout + done.stderr)[-400:].strip()}")
    return json.loads(done.stdout)


def library(folder):
    """The plugins, and storebench."""
    plugins = folder / "plugins"
    shutil.copytree(servers.BUILD / "plugins" / ".libs", plugins)
    subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-I", ROOT / "include", "-o",
                    plugins / "storebench.so", ROOT / "tests" / "integration" / "storebench.c"], check=True)
    return plugins


class Turn:
    """One round: the floor, then the store, a minute apart at most."""

    def __init__(self, folder, server, seconds, rows):
        def ask(name, **fields):
            return program(servers.BUILD / "bin" / "whiplyctl", "-s", server.dir / "var" / "control.sock", "-t", "60", name, "--json",
                           *(f"--{key}={value}" for key, value in fields.items()))

        self.sync = program(PROGRAMS / "store_floor", folder, "sync", SYNCS)
        self.quiet = ask("storebench.pace", reads=PACE, seconds=max(1, seconds // 2))["reads"]
        paced = ask("storebench.pace", writes=PACE, reads=PACE, seconds=seconds)
        self.writes, self.reads = paced["writes"], paced["reads"]
        self.floor = program(PROGRAMS / "store_floor", folder, "insert", rows, GROUP)
        crowd = ask("storebench.crowd", writes=rows, at_once=AT_ONCE)
        self.inserts_s = crowd["writes"]["done"] / crowd["us"] * 1e6
        self.failed = sum(part["failed"] for part in (self.writes, self.reads, self.quiet, crowd["writes"]))


def turns(bench, folder):
    rounds, seconds, rows = bench.size["store_rounds"], bench.size["store_seconds"], bench.size["store_rows"]
    with servers.whiply(library=library(folder), plugins="sqlite = { }; storebench = { };") as server:
        # Rows to read, and statements that are prepared.
        program(servers.BUILD / "bin" / "whiplyctl", "-s", server.dir / "var" / "control.sock", "storebench.crowd", "--json", "--writes=2000", "--at_once=100")
        for number in range(rounds):
            bench.say(f"store, round {number + 1} of {rounds}")
            yield Turn(folder, server, seconds, rows)


def measure(bench):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="whiply-store-"))
    try:
        tell(bench, list(turns(bench, folder)))
    except WRONG as failure:
        bench.failed["store"] = str(failure)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def tell(bench, found):
    def median(value):
        return statistics.median(value(turn) for turn in found)

    bench.figure("store: fdatasync of this disk, p95", median(lambda t: t.sync["p95_us"]) / 1000, "ms")
    bench.figure(f"store: write at {PACE:,}/s beside {PACE:,} reads/s, p95", median(lambda t: t.writes["p95_us"]) / 1000, "ms", most=20)
    bench.figure("store: the same", median(lambda t: t.writes["p95_us"] / t.sync["p95_us"]), "× fdatasync")
    bench.figure(f"store: point read at {PACE:,}/s beside {PACE:,} writes/s, p95", median(lambda t: t.reads["p95_us"]) / 1000, "ms", most=5)
    bench.figure("store: the same", median(lambda t: t.reads["p95_us"] / t.quiet["p95_us"]), "× alone")
    bench.figure("store: the same", median(lambda t: t.reads["p95_us"] / max(t.floor["read_p95_us"], 1)), "× floor")
    bench.figure("store: how late the hub asked, p95", median(lambda t: max(t.reads["late_p95_us"], t.writes["late_p95_us"])) / 1000, "ms")
    bench.figure(f"store: inserts a second, {AT_ONCE:,} under way", median(lambda t: t.inserts_s), "", least=20000)
    bench.figure("store: the same", median(lambda t: t.inserts_s / t.floor["inserts_s"]), "× floor")
    bench.figure("store: calls that failed", sum(turn.failed for turn in found), "", most=0)
