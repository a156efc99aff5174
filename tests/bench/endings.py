"""What clients notice when a part of whiply ends or stands still: `kill` and `stall` of bench.py. A hub that ends closes nobody and
loses nothing that was acknowledged; an edge that ends, or stands still, is felt by its own clients alone."""
import json
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import threading
import time

import servers
from machine import ROOT, Failure, Load, descriptors, family, memory_bytes, title
from wire import WebSocket, frame, http

HERTZ = 50
BIG = 4000             # characters of what the talker says; relay takes 4,096
PACE = 16 << 20        # bytes a second of the talker
WRONG = (Failure, OSError, AssertionError, subprocess.SubprocessError)


def children(server):
    """{name: pid} of the keeper's children: hub, edge 0, …"""
    return {title(pid).removeprefix("whiplyd: "): pid for pid in family(server.process.pid) if pid != server.process.pid and title(pid)}


def events(server, name):
    found = []
    for line in server.log().splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if event.get("event") == name:
            found.append(event)
    return found


def until(check, what, limit=10):
    end = time.monotonic() + limit
    while not (got := check()):
        if time.monotonic() > end:
            raise Failure(f"waited {limit} s for {what}")
        time.sleep(0.002)
    return got


def until_served(server, since):
    while time.monotonic() - since < 20:
        try:
            if http(server.http, "POST", "/api/session.ping", {}).status == 200:
                return time.monotonic() - since
        except (OSError, AssertionError):
            pass
        time.sleep(0.01)
    raise Failure("the hub did not come back within 20 s")


# The hub ends.

class Killed:
    """kill -9."""
    name = "killed"

    def __init__(self, folder):
        self.options = {}

    def end(self, server, hub):
        os.kill(hub, signal.SIGKILL)

    def check(self, bench, server):
        bench.figure("hub killed: hubs that died", len(hub_deaths(server)), "", most=1)


class Restarted:
    """whiplyctl restart hub, when the program was built anew."""
    name = "restarted"

    def __init__(self, folder):
        self.program = pathlib.Path(shutil.copy(servers.BUILD / "bin" / "whiplyd", folder))
        self.options = {"daemon": self.program}

    def end(self, server, hub):
        before = os.stat(f"/proc/{hub}/exe").st_ino
        shutil.copy(self.program, self.program.with_suffix(".new"))
        os.rename(self.program.with_suffix(".new"), self.program)
        if self.program.stat().st_ino == before:
            raise Failure("the copy of whiplyd has the inode of the old one")
        subprocess.run([servers.BUILD / "bin" / "whiplyctl", "-s", server.dir / "var" / "control.sock", "restart", "hub"], check=True,
                       capture_output=True, timeout=30)

    def check(self, bench, server):
        runs_new = os.stat(f"/proc/{children(server)['hub']}/exe").st_ino == self.program.stat().st_ino
        bench.figure("hub restarted: hubs that run the new program", int(runs_new), "", least=1)


class Crashed:
    """A plugin dereferences NULL at a message: that kills two hubs, and the third sets the record aside."""
    name = "crashed"

    def __init__(self, folder):
        library = folder / "plugins"
        shutil.copytree(servers.BUILD / "plugins" / ".libs", library)
        subprocess.run([os.environ.get("CC", "cc"), "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-I", ROOT / "include", "-o",
                        library / "crasher.so", ROOT / "tests" / "integration" / "crasher.c"], check=True)
        self.options = {"library": library, "plugins": "crasher = { };"}
        self.speaker = None

    def end(self, server, hub):
        self.speaker = WebSocket(server.http)
        self.speaker.call("relay.join", room="elsewhere")
        self.speaker.post("relay.say", room="elsewhere", text="please crash")

    def check(self, bench, server):
        aside = events(server, "record_set_aside")
        bench.figure("hub crashed: hubs that died of the record", len(hub_deaths(server)), "", least=2)
        bench.figure("hub crashed: the same", len(hub_deaths(server)), "", most=2)
        bench.figure("hub crashed: records set aside", len(aside), "", least=1)
        bench.figure("hub crashed: files of them", sum(pathlib.Path(server.dir, event["dump"]).is_file() for event in aside), "", least=1)
        bench.figure("hub crashed: speakers of it who were closed", int(not self.speaker.is_open()), "", most=0)
        self.speaker.close()


def hub_deaths(server):
    return [event for event in events(server, "died") if event["child"] == "hub"]


def kill(bench):
    for way in (Killed, Crashed, Restarted):
        with tempfile.TemporaryDirectory(prefix="whiply-bench-") as folder:
            os.chmod(folder, 0o755)
            try:
                hub_ends(bench, way(pathlib.Path(folder)))
            except WRONG as failure:
                bench.failed[f"kill, hub {way.name}"] = str(failure)
    try:
        edge_ends(bench)
    except WRONG as failure:
        bench.failed["kill, edge"] = str(failure)


def hub_ends(bench, way):
    n, seconds = bench.size["kill"], max(bench.size["seconds"], 1.5)
    bench.say(f"hub {way.name}, with {n:,} connected")
    with servers.whiply("ws", **way.options) as server, Load("ws", server.port, sample=8) as load:
        load.connect(n)
        load.publisher("r")
        load.join("r", n // 2)
        hub = children(server).get("hub")
        if hub is None:
            raise Failure("there is no process with the title 'whiplyd: hub'")
        load.tell(f"rate {HERTZ} {seconds}")
        time.sleep(seconds / 3)
        ended = time.monotonic()
        way.end(server, hub)
        until(lambda: title(hub) != "whiplyd: hub", "the hub to end")
        served = until_served(server, ended)
        done = load.answer(seconds + 30)
        after = load.do(f"rate {HERTZ} {bench.size['rate'] / 2}")
        what = f"hub {way.name}"
        bench.figure(f"{what}: connections closed of {n:,}", done["closed"] + after["closed"], "", most=0)
        bench.figure(f"{what}: time until a call is answered", served * 1000, "ms", most=2000)
        bench.figure(f"{what}: longest silence of a member", done["gap_ms"], "ms", most=2000)
        bench.figure(f"{what}: acknowledged messages lost", done["acked_missing"], "", most=0)
        bench.figure(f"{what}: deliveries out of order", done["disorder"] + after["disorder"], "", most=0)
        bench.figure(f"{what}: messages that got no answer", done["sent"] - done["acked"], "")
        bench.figure(f"{what}: later publishes, deliveries missing", missing(after), "", most=0)
        way.check(bench, server)


def missing(done):
    """Deliveries that a run owes its members. Those who were closed meanwhile are owed what they had."""
    return abs(done["expected"] - done["deliveries"]) + done["missing"]


# An edge ends, or stands still.

class TwoEdges:
    """Two edges: `doomed`, and the one that has the publisher. Which of them has a client is seen by its descriptors."""

    def __init__(self, server, load, n, members):
        self.server = server
        until_served(server, time.monotonic())
        until(lambda: len(self.edges()) == 2, "two edges")
        edges = self.edges()
        time.sleep(0.1)     # the edge has closed that connection too
        empty = {pid: descriptors([pid]) for pid in edges}
        load.connect(n)
        before = {pid: descriptors([pid]) for pid in edges}
        load.publisher("r")
        self.home, = [pid for pid in edges if descriptors([pid]) > before[pid]]
        self.doomed, = [pid for pid in edges if pid != self.home]
        self.clients = before[self.doomed] - empty[self.doomed]
        self.name = title(self.doomed)
        load.join("r", members)

    def edges(self):
        return [pid for name, pid in children(self.server).items() if name.startswith("edge ")]

    def client_at(self, edge):
        """A client of our own at that edge; it is there by chance, so there are some tries."""
        for _ in range(200):
            before = descriptors([edge])
            ws = WebSocket(self.server.http)
            if descriptors([edge]) > before:
                return ws
            ws.close()
            time.sleep(0.01)
        raise Failure("no connection comes to that edge")

    def replacement(self):
        """The pid of the edge in place of the doomed one, or None."""
        pid = children(self.server).get(self.name.removeprefix("whiplyd: "))
        return pid if pid != self.doomed else None


def edge_ends(bench):
    n, seconds = bench.size["kill"], max(bench.size["seconds"], 1.5)
    bench.say(f"kill -9 of one of two edges, with {n:,} connected")
    with servers.whiply("ws", edges=2) as server, Load("ws", server.port, sample=1) as load:
        edges = TwoEdges(server, load, n, n // 2)
        gone, peer = edges.client_at(edges.doomed), edges.client_at(edges.home)
        for ws in (gone, peer):
            ws.call("relay.join", room="elsewhere")
        load.tell(f"rate {HERTZ} {seconds}")
        time.sleep(seconds / 3)
        os.kill(edges.doomed, signal.SIGKILL)
        killed = time.monotonic()
        until(lambda: not gone.is_open(), "the clients of the edge to be closed")
        new = until(edges.replacement, "another edge")
        back = edges.client_at(new)
        resumed = back.call("session.resume", token=gone.welcome["token"])
        took = time.monotonic() - killed
        said = peer.call("relay.say", room="elsewhere", text="welcome back")["seq"]
        heard = back.notification("relay.message")["seq"]
        done = load.answer(seconds + 30)
        after = load.do(f"rate {HERTZ} {bench.size['rate'] / 2}")
        bench.figure("edge killed: connections closed, its own", edges.clients, f"of {n:,}", least=1)
        bench.figure("edge killed: connections closed, others", abs(done["closed"] + after["closed"] - edges.clients), "", most=0)
        bench.figure("edge killed: deliveries to others missing", missing(done), "", most=0)
        bench.figure("edge killed: deliveries to others out of order", done["disorder"] + after["disorder"], "", most=0)
        bench.figure("edge killed: later publishes, deliveries missing", missing(after), "", most=0)
        bench.figure("edge killed: sessions resumed at the new edge", int(resumed["session"] == gone.welcome["session"] and heard == said), "",
                     least=1)
        bench.figure("edge killed: time until one is resumed", took * 1000, "ms", most=2000)
        for ws in (gone, peer, back):
            ws.close()


class Talker(threading.Thread):
    """Says big messages to a room of its own, at a steady pace, and reads what the two members of that room hear."""

    def __init__(self, speaker, listener):
        super().__init__(daemon=True)
        self.sockets = [speaker.socket, listener.socket]
        for ws in (speaker, listener):
            ws.call("relay.join", room="big")
        text = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "relay.say", "params": {"room": "big", "text": "x" * BIG}})
        self.batch = frame(1, text.encode()) * 8
        self.over = threading.Event()
        self.why = None
        self.start()

    def run(self):
        began, sent = time.monotonic(), 0
        speaker = self.sockets[0]
        try:
            while not self.over.is_set():
                if sent < (time.monotonic() - began) * PACE:
                    speaker.sendall(self.batch)
                    sent += len(self.batch)
                for readable in select.select(self.sockets, [], [], 0.001)[0]:
                    self.read(readable)
        except OSError as failure:
            self.why = str(failure)

    def read(self, readable):
        try:
            if readable.recv(1 << 20):
                return
        except ConnectionError:
            pass
        if readable is self.sockets[0]:
            raise ConnectionError("the talker was closed")
        self.sockets.remove(readable)   # the edge of the listener is gone: that is what was meant

    def stop(self):
        self.over.set()
        self.join()
        if self.why:
            raise Failure(self.why)


def stall(bench):
    try:
        edge_stalls(bench)
    except WRONG as failure:
        bench.failed["stall"] = str(failure)


def edge_stalls(bench):
    n, queue = bench.size["members"], bench.size["edge_queue"]
    seconds = queue / PACE + max(bench.size["rate"], 1)
    bench.say("one of two edges stands still")
    with servers.whiply("ws", edges=2, hub=servers.RAISED_HUB + f' edge_queue = "{queue >> 20}MiB";') as server, \
            Load("ws", server.port, sample=1) as load:
        edges = TwoEdges(server, load, n, n)
        talker = Talker(edges.client_at(edges.home), edges.client_at(edges.doomed))
        before = load.do(f"rate 10 {seconds}", seconds + 30)
        hub = [children(server)["hub"]]
        memory, most, replaced = memory_bytes(hub), 0, None
        stopped = time.monotonic()
        os.kill(edges.doomed, signal.SIGSTOP)
        load.tell(f"rate 10 {seconds}")
        while time.monotonic() - stopped < seconds + 1:
            most = max(most, memory_bytes(hub) - memory)
            if replaced is None and edges.replacement() is not None:
                replaced = time.monotonic() - stopped
            time.sleep(0.05)
        during = load.answer(seconds + 30)
        talker.stop()
        after = load.do(f"rate 10 {bench.size['rate'] / 2}")
        left = memory_bytes(hub) - memory
        bench.figure("stalled edge: p95 of the members at the other before", before["p95_us"] / 1000, "ms")
        bench.figure("stalled edge: p95 of the members at the other meanwhile", during["p95_us"] / 1000, "ms", most=before["p95_us"] / 1000 + 10)
        bench.figure("stalled edge: deliveries to those missing", missing(during), "", most=0)
        bench.figure("stalled edge: deliveries to those out of order", during["disorder"], "", most=0)
        bench.figure("stalled edge: connections closed, others than its own", abs(during["closed"] + after["closed"] - edges.clients), "", most=0)
        bench.figure("stalled edge: memory that its queue took", most / 2**20, "MiB", least=queue / 2**21)
        bench.figure("stalled edge: the same", most / 2**20, "MiB", most=queue / 2**20 + 16)
        bench.figure("stalled edge: of it later", left / 2**20, "MiB", most=16)
        bench.figure("stalled edge: edges given up", len(events(server, "edge_stuck")), "", least=1)
        bench.figure("stalled edge: edges given up and replaced", int(replaced is not None), "", least=1)
        if replaced is not None:
            bench.figure("stalled edge: time until then", replaced, "s")
