"""The store keeps what it acknowledged: while its hub is killed, on a full disk, and beside a stranger who locks the database. What it cannot
open, it says. storebench.c is the plugin that writes."""
import collections
import ctypes
import os
import random
import re
import select
import sqlite3
import subprocess
import threading
import time

import pytest
from conftest import BUILD, ROOT, plugin_beside
from wire import WebSocket, frame, http, until

KILLS = 100
CLIENTS = 4
IN_FLIGHT = 8
RATES = 'command_rate = "100000/s"; account_rate = "100000/s"; address_rate = "100000/s";'
LIMITS = 'messages = "100000/s burst 100000";'


@pytest.fixture(scope="session")
def library(tmp_path_factory):
    return plugin_beside(tmp_path_factory.mktemp("store"), "storebench")


def options(library, settings="", **more):
    return dict(library=library, plugins=f"sqlite = {{ {settings} }}; storebench = {{ }};", hub=RATES, limits=LIMITS, **more)


def database(whiply):
    return whiply.state / "plugins" / "sqlite" / "whiply.db"


def unwell(whiply):
    """What /health/ready says is wrong with the store, or None."""
    answer = http(whiply.http, "GET", "/health/ready")
    whys = [part["why"] for part in answer.json.get("unwell", []) if part["part"] == "store"]
    assert answer.status == (503 if whys else 200), answer.body
    return whys[0] if whys else None


def written(whiply):
    """{key: id} of what the database has, after the server was ended; and whether each was counted once."""
    with sqlite3.connect(f"file:{database(whiply)}?mode=ro", uri=True) as db:
        rows = db.execute("SELECT key, id FROM storebench_note").fetchall()
        (tally,), = db.execute("SELECT n FROM storebench_tally").fetchall()
        (verdict,), = db.execute("PRAGMA integrity_check").fetchall()
    assert verdict == "ok"
    assert tally == len(rows), "each call happened whole, and once"
    return dict(rows)


class Writer(threading.Thread):
    """A client that writes keys, several at once, and says again what got no answer."""

    def __init__(self, port, name, seed):
        super().__init__()
        self.port, self.name_of_keys, self.random = port, name, random.Random(seed)
        self.acked = {}                         # key: id
        self.todo = collections.deque()         # keys to say again
        self.waiting = {}                       # id of a call: key, when it was said
        self.asked = self.retried = 0
        self.wrong = []
        self.ending = False
        self.start()

    def key(self):
        """One to say again, a new one, or now and then one that is written already: that must be answered the same."""
        if self.todo:
            return self.todo.popleft()
        if self.acked and self.random.random() < 0.05:
            return self.random.choice(list(self.acked)[-50:])
        self.asked += 1
        return f"{self.name_of_keys}-{self.asked}"

    def again(self, calls):
        for call in list(calls):
            self.todo.append(self.waiting.pop(call)[0])
            self.retried += 1

    def heard(self, message):
        if message.get("method") == "session.recovered":
            self.again(self.waiting)
        elif message.get("id") in self.waiting and "result" not in message:
            self.again([message["id"]])
            time.sleep(0.01)
        elif message.get("id") in self.waiting:
            key, _ = self.waiting.pop(message["id"])
            got = message["result"]["id"]
            if self.acked.setdefault(key, got) != got:
                self.wrong.append(f"{key} was {self.acked[key]}, and then {got}")

    @property
    def done(self):
        return self.ending and not self.todo and not self.waiting

    def talk(self, ws):
        while not self.done:
            while len(self.waiting) < IN_FLIGHT and (self.todo or not self.ending):
                key = self.key()
                self.waiting[ws.post("storebench.put", key=key)] = key, time.monotonic()
            if ws.got or select.select([ws.socket], [], [], 0.2)[0]:
                self.heard(ws.message())
            late = time.monotonic() - 3
            self.again([call for call, (_, since) in self.waiting.items() if since < late])

    def run(self):
        while not self.done:
            try:
                with WebSocket(self.port) as ws:
                    self.talk(ws)
            except (OSError, AssertionError):
                # The whole server ended. What had no answer is in doubt.
                self.again(self.waiting)
                time.sleep(0.02)

    def end(self):
        self.ending = True
        self.join(30)
        assert not self.is_alive(), f"{self.name_of_keys} still waits for {self.waiting} {self.todo}"
        assert not self.wrong, self.wrong


def kill_hub(whiply, dice, last):
    """At a random moment of its life: while it starts, or while it serves. Returns its pid."""
    until(lambda: whiply.children().get("hub") not in (None, last), 20, "a hub")
    if dice.random() < 0.8:
        whiply.wait()
    time.sleep(dice.random() * 0.2)
    return whiply.kill("hub")


def test_a_hub_killed_at_random_moments_loses_no_acknowledged_write_and_doubles_none(start, library):
    seed = 20
    dice = random.Random(seed)
    whiply = start(**options(library))
    writers = [Writer(whiply.http, f"w{i}", seed + i) for i in range(CLIENTS)]
    killed, last, began = 0, None, time.monotonic()
    while killed < KILLS:
        # After three deaths in a row the keeper waits a second and more, so it is started anew, too: in order, or with all it has.
        for _ in range(min(3, KILLS - killed)):
            last = kill_hub(whiply, dice, last)
            killed += 1
        until(lambda: whiply.children().get("hub") not in (None, last), 20, "a hub")
        whiply.wait()
        if killed < KILLS:
            whiply.end()
            whiply.run()
    whiply.wait()
    for writer in writers:
        writer.end()
    assert whiply.command("store.check")["well"]
    acked = {key: row for writer in writers for key, row in writer.acked.items()}
    with WebSocket(whiply.http) as ws:
        count = ws.call("storebench.count")
    whiply.end()
    found = written(whiply)
    print(f"{killed} hubs killed in {time.monotonic() - began:.0f} s (seed {seed}); {len(acked)} writes acknowledged, "
          f"{sum(writer.retried for writer in writers)} said again")
    assert len(whiply.events("store_checked")) >= KILLS / 2, "the hubs that came after had a database that was not closed"
    assert {key: found.get(key) for key in acked} == acked, "what was acknowledged is there, under the number that was told"
    assert count["n"] == count["tally"] == len(found) == len(acked), "and nothing twice: every client waited for its last answer"
    assert len(acked) > 5 * KILLS
    whiply.run()
    whiply.wait()


# Read-only for a while.

def refused(whiply, ws, key):
    """A write must fail at once, with a sentence and with when to try again: over HTTP and over WebSocket."""
    error = ws.refused("storebench.put", key=key)
    assert error["data"]["code"] == "away" and error["data"]["retry_ms"] > 0 and "try again" in error["message"], error
    answer = http(whiply.http, "POST", "/api/storebench.put", {"key": key})
    assert answer.status == 503 and "retry-after" in answer.headers and "try again" in answer.json["detail"], answer.body


def mounted(path, size):
    """A small file system in memory at `path`; the test is skipped where there can be none."""
    libc = ctypes.CDLL(None, use_errno=True)
    path.mkdir(parents=True)
    if os.getuid() != 0 or libc.mount(b"none", bytes(path), b"tmpfs", 0, f"size={size}".encode()) != 0:
        pytest.skip(f"a full disk needs a small file system of its own: root {os.getuid() == 0}, mount {os.strerror(ctypes.get_errno())}")
    return lambda: libc.umount2(bytes(path), 2)


@pytest.fixture
def small_disk(tmp_path):
    """A state folder whose database has 4 MiB of disk."""
    state = tmp_path / "var"
    unmount = mounted(state / "plugins" / "sqlite", "4m")
    yield state
    unmount()


def fill(path, room):
    """Leaves `room` bytes of the disk."""
    filler = os.open(path, os.O_WRONLY | os.O_CREAT)
    try:
        while os.write(filler, bytes(4096)):
            pass
    except OSError:
        os.truncate(filler, os.stat(filler).st_size - room)
    os.close(filler)


def test_a_full_disk_is_read_only_until_there_is_room(start, library, small_disk):
    whiply = start(**options(library, 'probe = "100ms"; wal_size = "64KiB";'), state=small_disk)
    acked = {}
    with WebSocket(whiply.http) as ws:
        acked["first"] = ws.call("storebench.put", key="first")["id"]
        assert unwell(whiply) is None
        fill(small_disk / "plugins" / "sqlite" / "filler", 24 << 10)
        # Some still fit. Then nothing does, and what was refused is not there.
        for i in range(2000):
            answer = ws.answer_to(ws.post("storebench.put", key=f"more-{i}"))
            if "error" in answer:
                break
            acked[f"more-{i}"] = answer["result"]["id"]
        assert "error" in answer, "the disk is full"
        refused(whiply, ws, "another")
        assert "full" in unwell(whiply)
        assert "full" in whiply.events("store_read_only")[0]["why"]
        assert "whiply_store_read_only 1" in http(whiply.http, "GET", "/metrics").body.decode()
        for key, row in acked.items():
            assert ws.call("storebench.get", key=key)["id"] == row
        assert whiply.command("store.status")["state"] == "read_only"
        time.sleep(0.3)     # some probes, which must not take a full disk for one with room
        refused(whiply, ws, "still")

        (small_disk / "plugins" / "sqlite" / "filler").unlink()
        until(lambda: unwell(whiply) is None, 10, "the store to be writable again")
        assert len(whiply.events("store_read_only")) == len(whiply.events("store_writable_again")) == 1
        acked["after"] = ws.call("storebench.put", key="after")["id"]
        assert ws.refused("storebench.get", key="another")["data"]["code"] == "not_found", "who was told an error: nothing of it happened"
        assert whiply.command("store.check")["well"]
    whiply.end()
    assert written(whiply) == acked
    whiply.run()
    whiply.wait()


def test_a_hub_that_dies_on_a_full_disk_comes_back_with_all_it_acknowledged(start, library, small_disk):
    whiply = start(**options(library, 'probe = "100ms"; wal_size = "64KiB";'), state=small_disk)
    acked = {}
    with WebSocket(whiply.http) as ws:
        fill(small_disk / "plugins" / "sqlite" / "filler", 24 << 10)
        for i in range(2000):
            answer = ws.answer_to(ws.post("storebench.put", key=f"more-{i}"))
            if "error" in answer:
                break
            acked[f"more-{i}"] = answer["result"]["id"]
        old = whiply.kill("hub")
        until(lambda: whiply.children().get("hub") not in (None, old), 20, "another hub")
        (small_disk / "plugins" / "sqlite" / "filler").unlink()
        whiply.wait()
        ws.notification("session.recovered")
        acked["after"] = ws.call("storebench.put", key="after")["id"]
    whiply.end()
    assert written(whiply) == acked
    whiply.run()
    whiply.wait()


def test_a_database_that_somebody_locks_is_read_only_until_it_is_let_go(start, library):
    whiply = start(**options(library, 'probe = "100ms"; busy = "200ms";'))
    with WebSocket(whiply.http) as ws:
        row = ws.call("storebench.put", key="first")["id"]
        stranger = sqlite3.connect(database(whiply), isolation_level=None)
        stranger.execute("BEGIN IMMEDIATE")
        refused(whiply, ws, "another")
        assert "locked" in unwell(whiply)
        assert "locked" in whiply.events("store_read_only")[0]["why"]
        assert ws.call("storebench.get", key="first")["id"] == row
        stranger.execute("ROLLBACK")
        until(lambda: unwell(whiply) is None, 10, "the store to be writable again")
        assert ws.refused("storebench.get", key="another")["data"]["code"] == "not_found"
        ws.call("storebench.put", key="another")
        # Short of `busy` a lock only takes time.
        stranger.execute("BEGIN IMMEDIATE")
        call = ws.post("storebench.put", key="patient")
        time.sleep(0.05)
        stranger.execute("ROLLBACK")
        stranger.close()
        assert "result" in ws.answer_to(call)
    whiply.end()
    assert set(written(whiply)) == {"first", "another", "patient"}
    whiply.run()
    whiply.wait()


# What is not opened.

def begun(whiply, event):
    until(lambda: whiply.events(event), 20, f"{event} in the log")
    return whiply.events(event)[0]


def test_a_newer_database_is_refused_and_left_as_it_is(start, library):
    whiply = start(**options(library))
    with WebSocket(whiply.http) as ws:
        ws.call("storebench.put", key="first")
    whiply.end()
    with sqlite3.connect(database(whiply)) as db:
        db.execute("UPDATE whiply_schema SET version = 99 WHERE plugin = 'storebench'")
    db.close()
    whiply.run()
    said = begun(whiply, "schema_not_opened")
    assert "version 99" in said["why"] and "install the newer program again, or restore a backup" in said["why"]
    whiply.end()
    with sqlite3.connect(database(whiply)) as db:
        db.execute("UPDATE whiply_schema SET version = 2 WHERE plugin = 'storebench'")
    db.close()
    assert set(written(whiply)) == {"first"}
    whiply.run()
    whiply.wait()


def test_a_second_server_on_the_same_state_folder_says_so(start, library):
    first = start(**options(library))
    second = start(**options(library), state=first.state, wait=False, code=1)
    assert second.process.wait(20) == 1
    assert "another process listens there" in begun(second, "control_failed")["why"]
    with WebSocket(first.http) as ws:
        ws.call("storebench.put", key="first")


def test_a_second_server_on_the_same_database_says_so_and_does_not_touch_it(start, library, tmp_path):
    first = start(**options(library))
    (tmp_path / "var" / "plugins").mkdir(parents=True)
    (tmp_path / "var" / "plugins" / "sqlite").symlink_to(database(first).parent)
    second = start(**options(library), state=tmp_path / "var", wait=False)
    assert begun(second, "store_not_opened")["why"] == "another server has it open"
    with WebSocket(first.http) as ws:
        ws.call("storebench.put", key="first")
    second.end()
    with WebSocket(first.http) as ws:
        assert ws.call("storebench.get", key="first")["id"] == 1
    assert first.command("store.check")["well"]


# docs/store.md says what is so.

PAGE = ROOT / "docs" / "store.md"


def test_the_plugin_of_docs_store_compiles_and_passes_its_test(tmp_path):
    blocks = re.findall(r"^```c\n(.*?)^```$", PAGE.read_text(), re.M | re.S)
    source = tmp_path / "points.c"
    source.write_text("\n".join(blocks))
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-g", "-fsanitize=address,undefined", "-Wall", "-Wextra", "-Werror", "-Wno-unused-parameter", "-I", ROOT / "include", "-o",
                    tmp_path / "test_points", source, BUILD / "libwhiplytest.a", "-lconfig", "-lm", "-ldl"], check=True)
    done = subprocess.run([tmp_path / "test_points"], capture_output=True, text=True, timeout=60,
                          env={**os.environ, "WHIPLY_TEST_PLUGINS": str(BUILD / "plugins" / ".libs")})
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_config_and_commands_of_docs_store_work(start, library):
    config, = re.findall(r"^```\nplugins = \{\n  sqlite = \{\n(.*?)  \};\n\};\n```$", PAGE.read_text(), re.M | re.S)
    commands, = re.findall(r"^```sh\n(.*?)```$", PAGE.read_text(), re.M | re.S)
    whiply = start(**options(library, config))
    for line in commands.splitlines():
        program, *words = line.split()
        assert program == "whiplyctl"
        assert whiply.command(*words)


def test_docs_store_has_every_setting_and_metric():
    page = PAGE.read_text()
    folder = ROOT / "plugins" / "sqlite"
    settings = [name for source in ("sqlite.c", "backup.h") for name, _ in
                re.findall(r'\{ "([a-z_]+)", WH_(STRING|CHOICE|DURATION|INT|SIZE)\b', (folder / source).read_text())]
    metrics = re.findall(r'"(whiply_store_[a-z_]+)"', (folder / "sqlite.c").read_text())
    assert len(settings) > 12 and len(metrics) > 12
    for name in settings + metrics:
        assert re.search(rf"^\|[^|]*`{name}[`{{]", page, re.M), f"docs/store.md has no row for {name}"
