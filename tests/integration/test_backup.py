"""Backups and segments of a server under load, and the drill of docs/backup.md word by word."""
import datetime
import http.client
import json
import os
import random
import re
import shutil
import subprocess
import threading
import time

import pytest
from conftest import ROOT, plugin_beside
from wire import until

HUB = 'command_rate = "100000/s"; account_rate = "100000/s"; address_rate = "100000/s";'
LIMITS = 'messages = "100000/s burst 100000"; bytes = "100000000/s burst 100000000"; requests = "100000/s";'


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return plugin_beside(tmp_path_factory.mktemp("store"), "storebench")


@pytest.fixture
def keeping(start, library):
    def begin(settings='segment_every = "300ms";'):
        return start(library=library, plugins=f"sqlite = {{ {settings} }}; storebench = {{ }};", hub=HUB, limits=LIMITS)
    return begin


class Writer(threading.Thread):
    """A client that writes on, whatever happens to the hub, and remembers when what was acknowledged."""

    def __init__(self, whiply, name, pause=0.002):
        super().__init__(daemon=True)
        self.whiply, self.name_, self.pause = whiply, name, pause
        self.asked, self.acked, self.over = {}, {}, threading.Event()

    def run(self):
        number = 0
        client = None
        while not self.over.is_set():
            number += 1
            key = f"{self.name_}-{number}"
            self.asked[key] = time.time()
            try:
                client = client or http.client.HTTPConnection("127.0.0.1", self.whiply.http, timeout=3)
                client.request("POST", "/api/storebench.put", json.dumps({"key": key, "bytes": 300}), {"Content-Type": "application/json"})
                answer = client.getresponse()
                answer.read()
                if answer.status == 200:
                    self.acked[key] = time.time()
            except (OSError, http.client.HTTPException):
                client = None
            time.sleep(self.pause)

    def end(self):
        self.over.set()
        self.join(30)
        assert not self.is_alive()


def kept(whiply):
    """All keys that the server has."""
    found, after = set(), 0
    while after is not None:
        page = whiply.command("storebench.list", "--after", after)
        found |= set(page["keys"])
        after = page.get("next")
    return found


def stamp(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def seconds(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def has_chain(whiply):
    return any(g["complete"] for g in whiply.command("store.segments")["generations"])


def test_a_backup_under_load_is_one_moment_and_writers_go_on(keeping):
    whiply = keeping()
    writers = [Writer(whiply, f"w{i}") for i in range(3)]
    for w in writers:
        w.start()
    until(lambda: all(len(w.acked) > 50 for w in writers), 30, "writes")
    before = {n for w in writers for n in list(w.acked)}
    made = whiply.command("store.backup", whiply.dir / "one.db")
    assert made["check"] == "ok" and made["bytes"] > 0
    counts = [len(w.acked) for w in writers]
    until(lambda: all(len(w.acked) > n + 20 for w, n in zip(writers, counts)), 30, "writers to go on")
    assert whiply.ctl("store.backup", whiply.dir / "one.db").returncode == 1, "it does not overwrite"
    assert whiply.ctl("store.backup", "relative.db").returncode == 1
    assert whiply.command("store.verify", whiply.dir / "one.db")["schemas"]["storebench"] == 2
    assert whiply.command("store.verify")["check"] == "ok"
    assert whiply.command("store.verify", whiply.state / "plugins" / "sqlite" / "whiply.db")["schemas"]["storebench"] == 2, "in use, with its log"
    for w in writers:
        w.end()
    after = kept(whiply)
    assert {n for w in writers for n in w.acked} <= after
    old = whiply.children()["hub"]
    whiply.command("store.restore", whiply.dir / "one.db")
    whiply.hub_back(old)
    restored = kept(whiply)
    assert before <= restored < after
    for w in writers:
        numbers = sorted(int(n.split("-")[1]) for n in restored if n.startswith(w.name_ + "-"))
        assert numbers == list(range(1, len(numbers) + 1)), "one moment: nothing is missing in the middle"


def test_a_moment_is_restored_after_kills_as_clients_had_it(keeping):
    whiply = keeping()
    until(lambda: has_chain(whiply), 20, "the first base")
    writer = Writer(whiply, "w")
    writer.start()
    dice = random.Random(7)
    for _ in range(6):
        time.sleep(dice.uniform(0.2, 1.2))
        old = whiply.kill("hub")
        whiply.hub_back(old)
    time.sleep(0.5)
    moment = time.time()
    time.sleep(1.5)
    writer.end()
    assert set(writer.acked) <= kept(whiply)
    old = whiply.children()["hub"]
    answer = whiply.command("store.restore", "--until", stamp(moment))
    at = seconds(answer["at"])
    assert moment - 3 < at <= moment
    whiply.hub_back(old)
    restored = kept(whiply)
    # Acknowledged before: there. Asked for after: not there.
    assert {n for n, t in writer.acked.items() if t < at} <= restored
    assert not {n for n in restored if writer.asked[n] > at + 0.002}
    assert list((whiply.dir / "var" / "plugins" / "sqlite").glob("before-restore-*.db"))
    until(lambda: has_chain(whiply) and whiply.command("store.verify")["segments"]["generations"] >= 2, 20, "a generation after the restore")
    # The server that went wrong can be had back as well.
    before = next((whiply.dir / "var" / "plugins" / "sqlite").glob("before-restore-*.db"))
    old = whiply.children()["hub"]
    whiply.command("store.restore", before)
    whiply.hub_back(old)
    assert set(writer.acked) <= kept(whiply)


def test_a_folder_that_cannot_be_written_degrades_and_does_not_stop(keeping):
    whiply = keeping()
    until(lambda: has_chain(whiply), 20, "the first base")
    segments = whiply.dir / "var" / "plugins" / "sqlite" / "segments"
    generation = next(segments.iterdir())
    (generation / "segment.part").mkdir()
    whiply.command("storebench.put", "--key", "one")
    until(lambda: whiply.events("segments_failing"), 20, "it to be told")
    assert whiply.ready()
    assert whiply.command("store.status")["segments"]["state"] == "degraded"
    time.sleep(1)
    assert len(whiply.events("segments_failing")) == 1
    (generation / "segment.part").rmdir()
    until(lambda: whiply.command("store.status")["segments"]["state"] == "well", 20, "segments again")
    assert whiply.command("store.verify")["check"] == "ok"


def test_the_drill_of_the_document_works_as_written(keeping, start, library):
    whiply = keeping('segment_every = "200ms";')
    state = whiply.dir / "var" / "plugins" / "sqlite"
    blocks = re.findall(r"```sh\n(.*?)```", (ROOT / "docs" / "backup.md").read_text(), re.S)
    assert len(blocks) == 6
    until(lambda: has_chain(whiply), 20, "the first base")
    whiply.command("storebench.put", "--key", "early")
    time.sleep(1)
    moment = stamp(time.time())
    time.sleep(0.3)
    whiply.command("storebench.put", "--key", "late")

    def run(block, server):
        text = block.replace("/var/backups", str(whiply.dir)).replace("UNTIL", moment).replace("/mnt/copy/segments", str(whiply.dir / "copy"))
        old = server.children()["hub"]
        done = subprocess.run(["sh", "-e", "-c", text], capture_output=True, text=True, timeout=60,
                              env={**os.environ, "PATH": f"{server.build / 'bin'}:{os.environ['PATH']}", "WHIPLY_CONTROL": str(server.control)})
        assert done.returncode == 0, text + done.stdout + done.stderr
        if "store.restore" in text:
            server.hub_back(old)
            server.wait()

    for block in blocks[:3]:
        run(block, whiply)
    run(blocks[3], whiply)
    assert kept(whiply) == {"early"}
    run(blocks[4], whiply)
    assert kept(whiply) == {"early", "late"}
    until(lambda: whiply.command("store.status")["segments"]["state"] == "well", 20, "the generation after it")
    shutil.copytree(state / "segments", whiply.dir / "copy")
    other = start(library=library, plugins="sqlite = { }; storebench = { };", hub=HUB)
    run(blocks[5], other)
    assert kept(other) == {"early", "late"}
