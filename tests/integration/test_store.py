"""The store in a running server: killed at random moments, on a disk that fills up, locked by another program. What was acknowledged is
there, once; what was refused is not; and the server goes on."""
import concurrent.futures
import os
import pathlib
import random
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import threading
import time

import pytest
from conftest import BUILD, ROOT, Whiply
from wire import WebSocket, http, until

KILLS, KILLS_EACH = 100, 4


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    """The plugins, and ledger, which keeps notes."""
    folder = tmp_path_factory.mktemp("ledger") / "plugins"
    shutil.copytree(BUILD / "plugins" / ".libs", folder, symlinks=False)
    subprocess.run(["gcc", "-std=c11", "-O1", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-fvisibility=hidden",
                    "-I", ROOT / "include", "-o", folder / "ledger.so", ROOT / "tests" / "integration" / "ledger.c"], check=True)
    return folder


def begin(start, library, settings="", **more):
    return start(library=library, plugins=f"sqlite = {{ {settings} }}; ledger = {{ }};", hub='command_rate = "100000/s"; address_rate = "100000/s";',
                 limits='messages = "100000/s burst 100000"; bytes = "1000000000/s burst 1000000000";', **more)


def notes(whiply):
    """The nonces of all notes, as the server lists them."""
    found, last = [], 0
    with WebSocket(whiply.http) as ws:
        while True:
            got = ws.call("ledger.list", after=last)
            if not got["nonces"]:
                return found
            found += got["nonces"]
            last = got["last"]


def database(whiply):
    return whiply.dir / "var" / "plugins" / "sqlite" / "whiply.db"


class Writer(threading.Thread):
    """Writes as fast as it is answered, some calls at once; asks again with the same nonce when it was told nothing, as the protocol says."""

    AT_ONCE = 8

    def __init__(self, whiply, name):
        super().__init__(daemon=True)
        self.whiply, self.name_ = whiply, name
        self.kept, self.asked, self.again = set(), 0, 0
        self.stop, self.wrong = False, None

    def run(self):
        try:
            with WebSocket(self.whiply.http) as ws:
                ws.socket.settimeout(20)
                self.write(ws)
        except Exception as e:  # told by the test
            self.wrong = e

    def write(self, ws):
        under_way = {}
        while not self.stop or under_way:
            while not self.stop and len(under_way) < self.AT_ONCE:
                nonce = f"{self.name_}-{self.asked}"
                self.asked += 1
                under_way[ws.post("ledger.put", nonce=nonce)] = nonce
            message = ws.message()
            if message.get("id") in under_way:
                nonce = under_way.pop(message["id"])
                if "result" in message:
                    self.kept.add(nonce)
                elif "there already" in str(message["error"]):
                    self.kept.add(nonce)  # the first try was kept, and its answer lost
                else:
                    self.again += 1
                    under_way[ws.post("ledger.put", nonce=nonce)] = nonce
            elif message.get("method") == "session.recovered":
                for call, nonce in list(under_way.items()):
                    del under_way[call]
                    self.again += 1
                    under_way[ws.post("ledger.put", nonce=nonce)] = nonce


def kill_under_load(whiply, chance):
    """Kills the hub a few times while four clients write, and says how it went: (acknowledged, asked again)."""
    writers = [Writer(whiply, f"w{i}") for i in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(KILLS_EACH):
        had = sum(len(w.kept) for w in writers)
        until(lambda: sum(len(w.kept) for w in writers) > had or any(w.wrong for w in writers), 30, "writes to go on")
        time.sleep(chance.random() * 0.15)
        old = whiply.children()["hub"]
        os.kill(old, signal.SIGKILL)
        until(lambda: whiply.children().get("hub") not in (None, old), 30, "another hub")
    for writer in writers:
        writer.stop = True
    for writer in writers:
        writer.join(30)
        assert not writer.is_alive() and writer.wrong is None, writer.wrong
    kept = set().union(*(w.kept for w in writers))
    found = notes(whiply)
    assert len(found) == len(set(found)), "one is there twice"
    assert kept <= set(found), f"{len(kept - set(found))} acknowledged writes are lost"
    assert len(whiply.events("store_checked")) >= KILLS_EACH, "each start after a kill looks at the database"
    assert not whiply.events("store_read_only")
    return len(kept), sum(w.again for w in writers)


def test_a_hub_that_is_killed_a_hundred_times_keeps_every_acknowledged_write_once(library):
    """The keeper waits longer from death to death, so it is a few deaths each on many servers, some of them at a time."""

    def one(seed):
        whiply = begin(Whiply, library)
        try:
            return kill_under_load(whiply, random.Random(seed))
        finally:
            whiply.stop()

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        results = list(pool.map(one, range(KILLS // KILLS_EACH)))
    kept, again = sum(r[0] for r in results), sum(r[1] for r in results)
    print(f"{len(results) * KILLS_EACH} kills, {kept} writes acknowledged and found, {again} asked again")
    assert kept > 10 * KILLS and again > 0


@pytest.fixture
def small_disk(monkeypatch):
    """The folder of the next server, whose database lies on a disk of 3 MB."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="whiply-"))
    disk = folder / "var" / "plugins" / "sqlite"
    disk.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], capture_output=True, text=True)
    if mounted.returncode != 0:
        shutil.rmtree(folder)
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip() or 'not root'}")
    monkeypatch.setattr("conftest.tempfile.mkdtemp", lambda **_: str(folder))
    yield disk
    subprocess.run(["umount", "-l", disk], check=True)
    shutil.rmtree(folder, ignore_errors=True)


def unwell(whiply):
    """What /health/ready says of the store."""
    return [part["why"] for part in http(whiply.http, "GET", "/health/ready").json.get("unwell", []) if part["part"] == "store"]


def refused(answer):
    return answer.get("error", {}).get("data", {}).get("code")


def test_a_full_disk_makes_the_store_read_only_until_there_is_room(small_disk, start, library):
    whiply = begin(start, library, 'probe = "200ms"; wal_size = "1MB";')
    kept, asked = [], 0
    with WebSocket(whiply.http) as ws:

        def put():
            nonlocal asked
            asked += 1
            answer = ws.answer_to(ws.post("ledger.put", nonce=f"n{asked}", filler="x" * 5000))
            if "result" in answer:
                kept.append(f"n{asked}")
            return answer

        for _ in range(20):
            assert "result" in put()
        left = shutil.disk_usage(small_disk).free
        ballast = small_disk / "ballast"
        ballast.write_bytes(b"x" * (left - 300000))
        answer = until(lambda: (a := put()) and "error" in a and a, 20, "the disk to be full")
        assert refused(answer) == "away", answer
        assert "disk is full" in until(lambda: unwell(whiply), 5, "the health to tell")[0]
        assert http(whiply.http, "GET", "/health/ready").status == 503
        assert refused(put()) == "away"
        assert ws.call("session.ping"), "the server goes on"
        assert notes(whiply) == kept, "reads go on"
        # And through the death of the hub, with the disk still full.
        old = whiply.kill("hub")
        until(lambda: whiply.children().get("hub") not in (None, old), 20, "another hub")
        ws.notification("session.recovered")
        assert notes(whiply) == kept
        ballast.unlink()
        until(lambda: "result" in put(), 20, "writes to go on")
        until(lambda: not unwell(whiply), 5, "the health to be well")
    assert notes(whiply) == kept
    assert len(whiply.events("store_read_only")) <= 4, "it is told when it changes, not at each write"


def test_a_database_that_another_program_locks_is_read_only_until_it_lets_go(start, library):
    whiply = begin(start, library, 'probe = "100ms"; busy = "50ms";')
    with WebSocket(whiply.http) as ws:
        ws.call("ledger.put", nonce="before")
        other = sqlite3.connect(database(whiply), isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        assert refused(ws.answer_to(ws.post("ledger.put", nonce="meanwhile"))) == "away"
        assert "locked" in unwell(whiply)[0]
        assert ws.call("ledger.list")["nonces"] == ["before"]
        other.execute("ROLLBACK")
        other.close()
        until(lambda: "result" in ws.answer_to(ws.post("ledger.put", nonce="after")), 10, "writes to go on")
        assert ws.call("ledger.list")["nonces"] == ["before", "after"]
    assert len(whiply.events("store_read_only")) == len(whiply.events("store_writable_again")) == 1


def test_ending_and_reloading_lose_nothing(start, library):
    whiply = begin(start, library)
    with WebSocket(whiply.http) as ws:
        calls = [ws.post("ledger.put", nonce=f"n{i}") for i in range(200)]
        for call in calls:
            assert "result" in ws.answer_to(call)
    whiply.configure(plugins='sqlite = { window = "5ms"; }; ledger = { };')
    assert whiply.ctl("reload").returncode == 0
    until(lambda: len(whiply.events("plugin_opened")) > 4 and whiply.ready(), 20, "the reload")
    assert len(notes(whiply)) == 200
    assert not whiply.events("store_checked"), "it was closed in order"
