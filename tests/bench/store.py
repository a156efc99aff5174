#!/usr/bin/python3
"""How fast the store is in a running server: `tests/bench/store.py [FOLDER]`, after ./dev build. The plugin ledger asks from within the
hub, so that no client is measured. FOLDER is where the databases lie: their disk decides; what its fsync takes is printed beside."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
CONFIG = """
state = "{dir}/var";
edges = 1;
log = {{ level = "warn"; }};
listeners = ( {{ name = "line"; address = "127.0.0.1:{port}"; protocol = "line"; dialect = "plain"; }} );
plugins = {{ sqlite = {{ {settings} }}; ledger = {{ }}; relay = {{ }}; }};
"""


def fsync_us(folder, seconds=1.5):
    """What 4 KiB more in a file and fdatasync take: the median and the 95th of a hundred."""
    took = []
    with open(folder / "fsync", "wb", buffering=0) as f:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            f.write(b"x" * 4096)
            began = time.monotonic()
            os.fdatasync(f.fileno())
            took.append((time.monotonic() - began) * 1e6)
    took.sort()
    return took[len(took) // 2], took[len(took) * 95 // 100]


class Server:
    def __init__(self, folder, settings):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="whiply-store-", dir=folder))
        library = self.dir / "plugins"
        shutil.copytree(BUILD / "plugins" / ".libs", library, symlinks=False)
        subprocess.run(["gcc", "-std=c11", "-O2", "-D_GNU_SOURCE", "-shared", "-fPIC", "-I", ROOT / "include", "-o", library / "ledger.so",
                        ROOT / "tests" / "integration" / "ledger.c"], check=True)
        (self.dir / "whiply.conf").write_text(CONFIG.format(dir=self.dir, port=20000 + os.getpid() % 10000, settings=settings))
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen([BUILD / "bin" / "whiplyd", "-c", self.dir / "whiply.conf", "-L", library], stdout=self.log, stderr=self.log)
        end = time.monotonic() + 10
        while self.ctl("session.ping").returncode != 0:
            if self.process.poll() is not None or time.monotonic() > end:
                raise SystemExit("whiply does not start:\n" + (self.dir / "log").read_text())
            time.sleep(0.05)

    def ctl(self, *words):
        return subprocess.run([BUILD / "bin" / "whiplyctl", "-s", self.dir / "var" / "control.sock", "-t", "60", *map(str, words)], capture_output=True, text=True)

    def run(self, *words):
        done = self.ctl(words[0], "--json", *(f"--{word}" for word in words[1:]))
        if done.returncode != 0:
            raise SystemExit(done.stdout + done.stderr + (self.dir / "log").read_text())
        return json.loads(done.stdout)

    def end(self):
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
        shutil.rmtree(self.dir)


def line(name, part):
    if part["done"]:
        print(f"    {name:7}{part['done']:8} done, {part['failed']} failed; ms: p50 {part['p50_us'] / 1000:.2f}  p95 {part['p95_us'] / 1000:.2f}  "
              f"p99 {part['p99_us'] / 1000:.2f}  most {part['p100_us'] / 1000:.1f}")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.gettempdir())
    for settings in ("", 'window = "0ms";', 'synchronous = "normal";'):
        median, worse = fsync_us(folder)
        print(f"{settings or 'default settings'}   (fdatasync here: p50 {median / 1000:.2f} ms, p95 {worse / 1000:.2f} ms)")
        server = Server(folder, settings)
        server.run("ledger.crowd", "writes=2000", "at_once=100")
        for writes, reads in ((1000, 0), (1000, 1000), (1000, 5000)):
            got = server.run("ledger.pace", f"writes={writes}", f"reads={reads}", "seconds=8")
            print(f"  {writes} writes/s and {reads} reads/s for 8 s")
            line("writes", got["writes"])
            line("reads", got["reads"])
        for at_once in (1, 100, 2000):
            got = server.run("ledger.crowd", f"writes={2000 if at_once == 1 else 100000}", f"at_once={at_once}")
            print(f"  {at_once} writes under way: {got['writes']['done'] / got['us'] * 1e6:.0f}/s")
            line("writes", got["writes"])
        status = server.run("store.status")
        print(f"  database {status['bytes'] >> 20} MiB, WAL {status['wal_bytes'] >> 20} MiB")
        server.end()


if __name__ == "__main__":
    main()
