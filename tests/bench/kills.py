"""The hub is killed again and again under load: `kills` of bench.py, and in a shorter form a test. Browsers (JSON) and IRC clients speak in
rooms that are registered and that are not, with ranks, modes, a key and a topic. Afterwards every transcript is held against the log: nobody
may have been disconnected, no acknowledged message be missing or there twice, no two transcripts differ in order, and everything that a
room was must be as it was."""
import heapq
import json
import pathlib
import random
import selectors
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

from irc_client import CHEAP, PASSWORD, Irc, Line
from wire import WebSocket, frame, http

PLUGINS = f"mail = {{ }}; audit = {{ }}; auth = {{ {CHEAP} }};"     # beside sqlite, chat and irc
HEALTHY = 'healthy = "10ms";'       # else the keeper waits longer after each death
CAPS = ("message-tags", "server-time", "batch", "labeled-response", "echo-message")
ROOMS = ("everybody", "guarded", "loose", "plain")       # everybody is in the first, and a third of them in each of the others
EVERY = 0.25            # seconds between two messages of one client
WAITING = 8             # messages of a client that no answer has come to; then it says nothing
CALM = 20               # seconds in which everything has to be answered when the killing is over


class Wrong(Exception):
    """What keeps it from being a measurement."""


class Speaker:
    """One connection, which speaks, and writes down what it hears: {room: [(id, text)]}."""

    def __init__(self, wire, name, rooms):
        self.socket, self.got, self.name, self.rooms = wire.socket, wire.got, name, rooms
        self.socket.setblocking(False)
        self.heard = {room: [] for room in rooms}
        self.waiting = {}       # of own messages: nonce or label: (room, text)
        self.acked = {}         # text: id
        self.refused, self.strange, self.closed, self.said, self.unsent = [], [], False, 0, b""

    def say(self):
        if len(self.waiting) >= WAITING:
            return
        room, text = self.rooms[self.said % len(self.rooms)], f"{self.name} {self.said}"
        self.said += 1
        self.waiting[f"n{self.said}"] = room, text
        self.ask(f"n{self.said}")

    def send(self, data):
        """Hubs that are away stop the reading, so that not all may be taken at once."""
        self.unsent += data
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        except BlockingIOError:
            pass
        except OSError:
            self.closed = True

    def read(self):
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self.closed = True
            return
        self.got += data
        self.take()

    def answered(self, nonce, id_of):
        room, text = self.waiting.pop(nonce)
        self.acked[text] = room, id_of


class Browser(Speaker):
    """JSON over WebSocket. What has no answer when the hub was replaced is asked again, with its nonce."""
    kind = "JSON"

    def ask(self, nonce):
        room, text = self.waiting[nonce]
        self.send(frame(1, json.dumps({"jsonrpc": "2.0", "id": nonce, "method": "chat.say",
                                       "params": {"room": room, "text": text, "nonce": nonce}}).encode()))

    def take(self):
        while len(self.got) > 1:
            n, at = self.got[1], 2
            if n == 126 and len(self.got) > 3:
                n, at = int.from_bytes(self.got[2:4], "big"), 4
            elif n == 127 and len(self.got) > 9:
                n, at = int.from_bytes(self.got[2:10], "big"), 10
            elif n >= 126:
                return
            if len(self.got) < at + n:
                return
            opcode, payload, self.got = self.got[0] & 15, self.got[at:at + n], self.got[at + n:]
            if opcode == 9:
                self.send(frame(10, payload))
            elif opcode == 8:
                self.closed = True
            elif opcode == 1:
                self.message(json.loads(payload))

    def message(self, message):
        method, params = message.get("method"), message.get("params")
        if method == "chat.message":
            self.heard[params["room"]].append((params["id"], params["text"]))
        elif method == "session.recovered":
            for nonce in list(self.waiting):
                self.ask(nonce)
        elif method is not None:
            self.strange.append(f"{method} {json.dumps(params)}")
        elif message.get("id") not in self.waiting:
            pass        # answered before, and asked twice
        elif "result" in message:
            self.answered(message["id"], message["result"]["id"])
        else:
            self.refused.append(json.dumps(message["error"]))
            self.ask(message["id"])


class IrcClient(Speaker):
    """IRC. A message is acknowledged by its echo; one that the hub took with it is never said again."""
    kind = "IRC"

    def ask(self, nonce):
        room, text = self.waiting[nonce]
        self.send(f"@label={nonce} PRIVMSG #{room} :{text}\r\n".encode())

    def take(self):
        *lines, self.got = self.got.split(b"\r\n")
        for text in lines:
            self.line(Line(text.decode()))

    def line(self, line):
        label = line.tags.get("label")
        if line.verb == "PING":
            self.send(f"PONG :{line.last}\r\n".encode())
        elif line.verb == "PRIVMSG":
            self.heard[line.params[0][1:]].append((line.tags["msgid"], line.last))
            if label in self.waiting:
                self.answered(label, line.tags["msgid"])
        elif label in self.waiting:
            self.refused.append(line.text)
            self.ask(label)
        elif line.verb not in ("PONG", "ACK"):
            self.strange.append(line.text)


class World:
    """The rooms and who is in them. `kill()` kills the hub and returns its pid; `hub()` is the pid of the one that is there, or None."""

    def __init__(self, port, irc_port, kill, hub, each=20, seed=1):
        self.port, self.irc_port, self.kill, self.hub = port, irc_port, kill, hub
        self.random = random.Random(seed)
        self.speakers, self.deaths = [], 0
        self.founder = Irc(irc_port)
        self.account("founder")
        self.founder.register("founder", caps=CAPS, account="founder")
        self.watch = WebSocket(port)        # reads the log in the end
        self.watch.call("auth.login", name="founder", password=PASSWORD)
        for room in ROOMS:
            self.founder.join(f"#{room}")
            self.watch.call("chat.join", room=room)
        for n in range(each):
            self.enter(n)
        self.govern(each)
        for speaker in self.speakers:
            self.settle(speaker)
        self.before = self.state()

    def account(self, name):
        answer = http(self.port, "POST", "/api/auth.register", {"name": name, "password": PASSWORD})
        if answer.status != 200:
            raise Wrong(f"no account for {name}: {answer.body}")

    def enter(self, n):
        rooms = [ROOMS[0], ROOMS[1 + n % 3]]
        ws, irc = WebSocket(self.port), Irc(self.irc_port)
        if rooms[1] == "guarded":
            for name in f"web{n}", f"irc{n}":
                self.account(name)
            ws.call("auth.login", name=f"web{n}", password=PASSWORD)
            irc.register(f"irc{n}", caps=CAPS, account=f"irc{n}")
        else:
            ws.call("auth.guest", name=f"web{n}")
            irc.register(f"irc{n}", caps=CAPS)
        for room in rooms:
            ws.call("chat.join", room=room)
            irc.join(f"#{room}")
        self.speakers += [(Browser, ws, f"web{n}", rooms), (IrcClient, irc, f"irc{n}", rooms)]

    def govern(self, each):
        """`guarded` is registered, with a key, and only voices speak; `loose` is not registered, and has ranks, is unlisted and for the invited."""
        call = self.watch.call
        call("chat.register", room="guarded")
        for kind, _, name, rooms in self.speakers:
            if rooms[1] == "guarded":
                call("chat.role", room="guarded", name=name, role="moderator" if name == "web0" else "voice", on=True)
            elif rooms[1] == "loose":
                call("chat.role", room="loose", name=name, role="moderator" if name in ("web1", "irc4") else "voice", on=True)
        call("chat.set", room="guarded", access="key", key="sesame", speakers="voice", keep="30d")
        call("chat.set", room="loose", access="invited", speakers="voice")
        call("chat.topic", room="guarded", topic="Tea, and nothing else")
        call("chat.topic", room="loose", topic="Coffee")
        call("chat.topic", room="everybody", topic="Whatever is drunk")

    def settle(self, speaker):
        """Reads what the beginning told."""
        kind, wire, name, rooms = speaker
        if kind is Browser:
            wire.call("session.ping")
            wire.waiting.clear()
        else:
            wire.ping()
            wire = wire.wire
        self.speakers[self.speakers.index(speaker)] = kind(wire, name, rooms)

    def state(self):
        """All that a room is, as a browser and as IRC see it."""
        found = {}
        self.founder.ping()
        for room in ROOMS:
            about = self.watch.call("chat.room", room=room)
            members = self.watch.call("chat.members", room=room, limit=1000)["members"]
            names = [line for line in self.founder.says(f"NAMES #{room}", "366") if line.verb == "353"]
            modes = [line for line in self.founder.says(f"MODE #{room}", "329") if line.verb == "324"]
            topic = self.founder.says(f"TOPIC #{room}", "331", "333")
            found[room] = {"room": {key: value for key, value in about.items() if key != "seq"},
                           "members": sorted(json.dumps(member, sort_keys=True) for member in members),
                           "names": sorted(name for line in names for name in line.last.split()),
                           "modes": [line.params[1:] for line in modes], "topic": [line.params[1:] for line in topic if line.verb in ("331", "332", "333")]}
        return found

    # The loop.

    def run(self, kills, seconds=300):
        """Kills it so often, and waits until all is answered."""
        selector = selectors.DefaultSelector()
        for speaker in self.speakers:
            selector.register(speaker.socket, selectors.EVENT_READ, speaker)
        self.began = time.monotonic()
        due = [(self.began + EVERY * i / len(self.speakers), i) for i in range(len(self.speakers))]
        heapq.heapify(due)
        killing, calm, old = self.began + 0.5, None, None
        while calm is None or (time.monotonic() < calm and any(s.waiting for s in self.speakers if s.kind == "JSON")):
            now = time.monotonic()
            if now > self.began + seconds:
                raise Wrong(f"only {self.deaths} hubs were killed within {seconds} s")
            if calm is None and self.deaths == kills and self.hub() not in (None, old):
                calm = now + CALM
            elif self.deaths < kills and now >= killing:
                old, killing = self.next_kill(now, old)
            while calm is None and due[0][0] <= now:
                at, i = heapq.heappop(due)
                self.speakers[i].say()
                heapq.heappush(due, (at + EVERY, i))
            self.step(selector, 0.01)
        # What was said last has to come to everyone: a message by each of the two kinds ends it.
        self.took = time.monotonic() - self.began
        quiet = time.monotonic() + 1
        while time.monotonic() < quiet:
            if self.step(selector, 0.05):
                quiet = max(quiet, time.monotonic() + 0.5)
        selector.close()

    def step(self, selector, wait):
        ready = selector.select(wait)
        for key, _ in ready:
            key.data.read()
            if key.data.closed:
                selector.unregister(key.fileobj)
        for speaker in self.speakers:
            if speaker.unsent and not speaker.closed:
                speaker.send(b"")
        return len(ready)

    def next_kill(self, now, old):
        """Mostly a hub that has been at work for a moment, and often enough one that has just begun. Returns the pid and when to look again."""
        hub = self.hub()
        if hub is None or hub == old:
            return old, now + 0.01
        if self.fresh != hub:
            self.fresh = hub
            return old, now + self.random.choice((0.0, 0.02, 0.1, 0.2, 0.3)) + self.random.random() * 0.15
        self.kill()
        self.deaths += 1
        return hub, now + 0.01

    fresh = None

    # The judgement.

    def log(self, room):
        """[(id, text)] of all that was said."""
        entries, after = [], "0"
        while True:
            page = self.watch.call("chat.history", room=room, after=after, limit=200)["entries"]
            if not page:
                return [(e["id"], e["text"]) for e in entries if e["event"] == "chat.message"]
            entries += page
            after = str(page[-1]["seq"])

    def judge(self):
        """Numbers, of which all but the first must be 0, and examples of what is wrong."""
        wrong, examples = dict.fromkeys(("closed", "lost", "doubled", "unheard", "disorder", "told otherwise", "rooms changed"), 0), []
        logs = {room: self.log(room) for room in ROOMS}

        def blame(what, n, example):
            wrong[what] += n
            if n:
                examples.append(f"{what}: {example}")

        for room, log in logs.items():
            texts = [text for _, text in log]
            blame("doubled", len(texts) - len(set(texts)), room)
        ids = {room: dict((text, number) for number, text in log) for room, log in logs.items()}
        for s in self.speakers:
            blame("closed", int(s.closed), s.name)
            lost = [text for text, (room, number) in s.acked.items() if ids[room].get(text) != number]
            blame("lost", len(lost), lost[:3])
            for room, heard in s.heard.items():
                numbers = [number for number, _ in heard]
                known = set(heard)
                unheard = [one for one in logs[room] if one not in known]
                blame("unheard", len(unheard), f"{s.name} in {room}: {unheard[:3]}")
                blame("doubled", len(numbers) - len(set(numbers)), f"{s.name} in {room}")
                blame("disorder", sum(a >= b for a, b in zip(numbers, numbers[1:])), f"{s.name} in {room}")
            blame("told otherwise", len(s.strange), f"{s.name}: {s.strange[:3]}")
        self.watch.waiting.clear()
        after = self.state()
        for room in ROOMS:
            for what, value in after[room].items():
                blame("rooms changed", int(value != self.before[room][what]), f"{what} of {room}: {self.before[room][what]} and now {value}")
        said = sum(s.said for s in self.speakers)
        acked = sum(len(s.acked) for s in self.speakers)
        return dict(said=said, acked=acked, kept=sum(len(log) for log in logs.values()), deaths=self.deaths, seconds=self.took,
                    refused=sum(len(s.refused) for s in self.speakers), wrong=wrong, examples=examples)

    def close(self):
        for s in self.speakers:
            getattr(s, "socket", None) and s.socket.close()
        self.founder.close()
        self.watch.close()
