"""A flood of every command, one after the other, from a hundred connections, while others speak and ask: `floods` of bench.py. The commands are those of the
server's own OpenAPI document, and of the table of docs/irc.md. The server has the limits that it is shipped with. Also a program: the one that measures, which is a
process of its own so that nothing of the flood's work is in its numbers."""
import json
import pathlib
import re
import selectors
import socket
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

import servers
from irc_client import CHEAP, PASSWORD, Irc
from machine import ROOT, Failure, cpu_ns
from wire import WebSocket, frame, http

PLUGINS = f"sqlite = {{ }}; mail = {{ }}; audit = {{ }}; metrics = {{ }}; auth = {{ {CHEAP} }}; chat = {{ }}; irc = {{ }}; matching = {{ }};"
LIMITS = "connections = 4000; per_address = 20;"
FLOODERS, SPEAKERS, ASKERS = 100, 10, 16
A_SECOND = 19           # messages that each of them sends in a second: all that one may. What is more an edge does not read, and it would be
                        # answered under the next command
PING_EVERY, SAY_EVERY = 0.08, 0.3      # of each of them: within what the limits allow
# Left out: what ends the connection or the account that floods.
LEFT_OUT = {"auth.logout", "auth.erase", "auth.password", "auth.forget", "session.close", "session.resume", "QUIT", "ERROR"}
LINES = {
    "PRIVMSG": "PRIVMSG #flood :x", "NOTICE": "NOTICE #flood :x", "TAGMSG": "@+typing=active TAGMSG #flood", "JOIN": "JOIN #flood", "PART": "PART #other",
    "NAMES": "NAMES #flood", "WHO": "WHO #flood %tcuihsnfdlaor", "WHOIS": "WHOIS founder", "WHOWAS": "WHOWAS founder", "MODE": "MODE #flood", "TOPIC": "TOPIC #flood",
    "LIST": "LIST", "CHATHISTORY": "CHATHISTORY LATEST #flood * 100", "MONITOR": "MONITOR + a1,a2,a3,a4,a5,a6,a7,a8", "ISON": "ISON founder a b c d e f g",
    "USERHOST": "USERHOST founder a b c d", "PING": "PING x", "NICK": "NICK founder", "AWAY": "AWAY :x", "SETNAME": "SETNAME :x y", "MARKREAD": "MARKREAD #flood",
    "INVITE": "INVITE founder #flood", "KICK": "KICK #flood founder", "REDACT": "REDACT #flood 0000000000000001 :x", "NICKSERV": "NICKSERV IDENTIFY x y",
    "NS": "NS REGISTER x", "CHANSERV": "CHANSERV REGISTER #flood", "CS": "CS OP #flood founder", "OPER": "OPER founder wrong-one", "PASS": "PASS x:y",
    "REGISTER": "REGISTER * * pass-phrase-9", "VERIFY": "VERIFY x y", "AUTHENTICATE": "AUTHENTICATE PLAIN", "CAP": "CAP LS 302", "BATCH": "BATCH +a draft/multiline #flood",
}


# What is sent.

def value(field, schema):
    kind = schema.get("type")
    if field in ("room", "target"):
        return "flood"
    if field in ("name", "to", "who"):
        return "founder"
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "integer":
        return max(schema.get("minimum", 1), 1)
    if kind == "boolean":
        return True
    if kind == "array":
        return ["one", "two"]
    if kind == "object":
        return {}
    if schema.get("pattern", "").find("16") >= 0 or field in ("id", "reply"):
        return "0000000000000001"
    return "x" * max(schema.get("minLength", 1), 1)


def resolve(document, schema):
    while "$ref" in schema:
        node = document
        for part in schema["$ref"].lstrip("#/").split("/"):
            node = node[part]
        schema = node
    return schema


def calls(port):
    """{command: the frame of a call}: with all that it takes, so that a page is as long as a page may be."""
    document = http(port, "GET", "/api/openapi.json").json
    found = {}
    for path, methods in document["paths"].items():
        name = path.rpartition("/")[2]
        post = methods.get("post")
        if post is None or "." not in name or name in LEFT_OUT:
            continue
        body = post.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        body = resolve(document, body)
        required, params = set(body.get("required", ())), {}
        for field, schema in body.get("properties", {}).items():
            schema = resolve(document, schema)
            if field == "limit":
                params[field] = schema.get("maximum", 100)
            elif field in required:
                params[field] = value(field, schema)
        if name == "chat.search":
            params["query"] = "word"
        if name == "chat.resume":
            params["rooms"] = [{"room": "flood", "epoch": 1, "seq": 0}]
        found[name] = frame(1, json.dumps({"jsonrpc": "2.0", "id": 1, "method": name, "params": params}).encode())
    return found


def lines():
    table = (ROOT / "docs" / "irc.md").read_text().split("### Commands")[1].split("### ")[0]
    verbs = re.findall(r"^\| `([A-Z]+)` \|", table, re.M)
    return {verb: (LINES.get(verb, f"{verb} #flood x x") + "\r\n").encode() for verb in verbs if verb not in LEFT_OUT}


class Flooder:
    """One connection, made again when it is closed."""

    def __init__(self, port, source, irc, name, account):
        self.port, self.source, self.irc, self.name, self.account = port, source, irc, name, account
        self.closed_times = -1
        self.open()

    def open(self):
        self.closed_times += 1
        self.since = time.monotonic()
        if self.irc:
            c = Irc(self.port, source=self.source)
            c.register(self.name, account=self.name if self.account else None)
            c.join("#flood")
            wire = c.wire
        else:
            wire = WebSocket(self.port, source=self.source)
            if self.account:
                wire.call("auth.login", name=self.name, password=PASSWORD)
            wire.call("chat.join", room="flood")
        self.socket = wire.socket
        self.socket.setblocking(False)
        self.unsent = b""

    def send(self, data):
        """As much as the socket takes; what began goes on, so that no frame is torn."""
        if not self.unsent:
            self.unsent = data
        try:
            self.unsent = self.unsent[self.socket.send(self.unsent):]
        except BlockingIOError:
            pass

    def drain(self):
        try:
            while self.socket.recv(1 << 18):
                pass
        except BlockingIOError:
            return True
        return False


class Crowd:
    def __init__(self, port, irc_port):
        founder = WebSocket(port)
        http(port, "POST", "/api/auth.register", {"name": "founder", "password": PASSWORD})
        founder.call("auth.login", name="founder", password=PASSWORD)
        founder.call("chat.join", room="flood")
        for i in range(20):
            founder.call("chat.say", room="flood", text=f"word {i}")
        self.founder, self.port, self.irc_port, self.sets = founder, port, irc_port, {}

    def of(self, irc):
        """The connections of that kind; half of them with accounts."""
        if irc not in self.sets:
            found = []
            for n in range(FLOODERS):
                source, name, account = f"127.{21 + irc}.0.{n + 1}", f"{'irc' if irc else 'web'}{n}x", n % 2 == 0
                if account:
                    answer = http(self.port, "POST", "/api/auth.register", {"name": name, "password": PASSWORD}, source=source)
                    if answer.status != 200:
                        raise Failure(f"no account for {name}: {answer.body}")
                found.append(Flooder(self.irc_port if irc else self.port, source, irc, name, account))
            self.sets[irc] = found
        return self.sets[irc]

    def flood(self, irc, data, seconds):
        """So many a second from each, in turn; returns how often somebody was closed."""
        flooders, selector = self.of(irc), selectors.DefaultSelector()
        closed = 0
        for f in flooders:
            selector.register(f.socket, selectors.EVENT_READ, f)
        step = 1 / A_SECOND / len(flooders)
        began, sent = time.monotonic(), 0
        while (now := time.monotonic()) < began + seconds:
            while sent < (now - began) / step:
                f = flooders[sent % len(flooders)]
                sent += 1
                try:
                    f.send(data)
                except OSError:
                    pass
            for key, _ in selector.select(0.005):
                try:
                    alive = key.data.drain()
                except OSError:
                    alive = False
                if not alive:
                    closed += 1
                    selector.unregister(key.fileobj)
        selector.close()
        return closed

    def mend(self, irc):
        """Who was closed comes again, when the flood is over."""
        for f in self.of(irc):
            try:
                dead = not f.drain()
            except OSError:
                dead = True
            if dead:
                f.socket.close()
                f.open()
            elif f.unsent:
                f.send(b"")

    def settle(self, limit=5):
        """Until the server has done what the flood left it."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            began = time.monotonic()
            self.founder.call("session.ping")
            self.founder.waiting.clear()
            if time.monotonic() - began < 0.01:
                return
            time.sleep(0.02)

    def close(self):
        for flooders in self.sets.values():
            for f in flooders:
                f.socket.close()
        self.founder.close()


# What the others notice.

def notice(port):
    """[[kind, when, ms]]: one asks session.ping all the time, and some speak to each other, until standard input ends."""
    found, waiting = [], {}
    speakers = []
    for n in range(SPEAKERS):
        ws = WebSocket(port, source=f"127.30.0.{n + 1}")
        ws.call("chat.join", room="calm")
        speakers.append(ws)
    askers = [WebSocket(port, source=f"127.30.1.{n + 1}") for n in range(ASKERS)]
    selector = selectors.DefaultSelector()
    for ws in (*askers, *speakers):
        ws.socket.setblocking(False)
        ws.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(ws.socket, selectors.EVENT_READ, ws)
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", flush=True)
    ping_at = say_at = time.monotonic()
    turn, asked, over = 0, 0, False
    while not over:
        now = time.monotonic()
        if now >= ping_at:
            ws = askers[asked % ASKERS]
            asked += 1
            ping_at = now + PING_EVERY / ASKERS
            if (ws, 1) not in waiting:
                waiting[ws, 1] = now
                ws.socket.send(frame(1, b'{"jsonrpc":"2.0","id":1,"method":"session.ping"}'))
        if now >= say_at:
            ws = speakers[turn % SPEAKERS]
            turn += 1
            say_at = now + SAY_EVERY / SPEAKERS
            if (ws, 2) not in waiting:
                waiting[ws, 2] = now
                ws.socket.send(frame(1, b'{"jsonrpc":"2.0","id":2,"method":"chat.say","params":{"room":"calm","text":"hello"}}'))
        for key, _ in selector.select(max(min(ping_at, say_at) - time.monotonic(), 0)):
            ws = key.data
            if ws is None:
                over = True
                continue
            data = ws.socket.recv(65536)
            if not data:
                raise SystemExit("one of those who did nothing wrong was closed")
            now = time.monotonic()
            for call, kind, mark in (1, "ping", b'"id":1}'), (2, "say", b'"id":2}'):
                if (ws, call) in waiting and mark in data:
                    since = waiting.pop((ws, call))
                    found.append([kind, since, (now - since) * 1000])
    for (_, call), since in waiting.items():
        found.append(["ping" if call == 1 else "say", since, (time.monotonic() - since) * 1000])
    return found


class Notice:
    def __init__(self, port):
        self.process = subprocess.Popen([sys.executable, __file__, str(port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "ready":
            raise Failure("those who notice could not come in")

    def end(self):
        out, _ = self.process.communicate(timeout=30)
        if self.process.returncode != 0:
            raise Failure(f"those who noticed ended: {out[-300:]}")
        return json.loads(out)


def p95(values):
    return sorted(values)[min(len(values) * 95 // 100, len(values) - 1)] if values else 0.0


def measure(bench):
    seconds = bench.size["floods"]
    try:
        with servers.mixed(PLUGINS, limits=LIMITS, hub="", rates="") as server:
            run(bench, server, seconds)
    except (Failure, OSError, AssertionError) as failure:
        bench.failed["floods"] = str(failure)


def run(bench, server, seconds):
    crowd = Crowd(server.http, server.line)
    todo = [(False, name, data) for name, data in sorted(calls(server.http).items())] + [(True, verb, data) for verb, data in sorted(lines().items())]
    if bench.options.quick:
        todo = todo[::6]
    bench.say(f"floods of {len(todo)} commands from {FLOODERS} connections")
    crowd.of(False), crowd.of(True)
    witness = Notice(server.http)
    rest, windows, closed, costs = [], [], 0, {}
    for irc, name, data in todo:
        # Before each flood a rest as long, so that what else the machine and its disk do meets both alike.
        rest_from = time.monotonic()
        time.sleep(seconds)
        rest.append((rest_from, time.monotonic()))
        began, before = time.monotonic(), cpu_ns(server.pids)
        closed += crowd.flood(irc, data, seconds)
        windows.append((name, began, time.monotonic()))
        costs[name] = (cpu_ns(server.pids) - before) / 1e9 / (time.monotonic() - began)
        crowd.mend(irc)
        crowd.settle()
    found = witness.end()
    crowd.close()
    judge(bench, found, rest, windows, costs, closed)


def judge(bench, found, rest, windows, costs, closed):
    calm = {kind: [ms for k, when, ms in found if k == kind and any(a <= when < b for a, b in rest)] for kind in ("ping", "say")}
    during = {kind: {name: [ms for k, when, ms in found if k == kind and a <= when < b] for name, a, b in windows} for kind in ("ping", "say")}
    for kind in "ping", "say":
        each = {name: p95(values) for name, values in during[kind].items() if values}
        every = p95([ms for values in during[kind].values() for ms in values])
        worst = sorted(each, key=each.get, reverse=True)[:4]
        bench.figure(f"floods: p95 of {kind} at rest", p95(calm[kind]), "ms")
        bench.figure(f"floods: p95 of {kind} meanwhile, of all commands", every, "ms", most=2 * p95(calm[kind]))
        bench.figure(f"floods: the same, median of the commands", statistics.median(each.values()), "ms")
        bench.figure(f"floods: {kind} is slowest under {', '.join(f'{name} {each[name]:.1f}' for name in worst)}", each[worst[0]], "ms")
    dear = sorted(costs, key=costs.get, reverse=True)[:5]
    bench.figure(f"floods: CPU of the server is highest under {', '.join(f'{name} {costs[name]:.2f}' for name in dear)}", costs[dear[0]], "cores")
    bench.figure("floods: commands", len(windows), "", least=1)
    bench.figure("floods: times that one of those who flooded was closed", closed, "")


if __name__ == "__main__":
    print(json.dumps(notice(int(sys.argv[1]))))
