"""More logins than the machine can hash: `logins` of bench.py, and in a shorter form a test. An open loop of so many a second over HTTP and
WebSocket, from many addresses, with right and wrong passwords, while somebody else asks session.ping all the time. Who did not fail
must be told nothing but "come back later", and must be let in when it is over. Also a program: the one that asks session.ping, which
is a process of its own so that nothing of the crowd's work is in its numbers."""
import json
import pathlib
import re
import selectors
import socket
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

from wire import WebSocket, frame, http

RIGHT, WRONG = "pass phrase 1", "pass phrase 2"
PLUGINS = "sqlite = { }; audit = { }; metrics = { }; auth = { };"     # of auth everything as it is shipped
LIMITS, HUB = 'messages = "10000/s burst 10000";', 'command_rate = "10000/s burst 10000";'        # for the one that asks session.ping
BUSY, LOCKED = ("too many people sign in", "your attempts before this one"), "too many wrong passwords"
PING_EVERY = 0.002


class Wrong(Exception):
    """What may not happen."""


def address(kind, n):
    return f"127.{kind}.{n // 200}.{n % 200 + 1}"


def api(port, name, body, source):
    return http(port, "POST", f"/api/{name}", body, source=source)


def register(port, names):
    """Accounts with an address each, where they are signed in from now on."""
    for name, source in names:
        while (answer := api(port, "auth.register", {"name": name, "password": RIGHT}, source)).status != 200:
            if answer.status != 429:
                raise Wrong(f"{name} can't register: {answer.body}")
            time.sleep(0.05)


class Client:
    """One connection; answers come in the order of the calls over HTTP, and there is one call at a time over either."""

    def __init__(self, port, source, websocket):
        self.websocket, self.got, self.call = websocket, b"", None
        if websocket:
            ws = WebSocket(port, source=source)
            self.socket, self.got = ws.socket, ws.got
        else:
            self.socket = socket.create_connection(("127.0.0.1", port), 10, source_address=(source, 0))
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)

    def login(self, who, name, password):
        self.call = who
        params = {"name": name, "password": password}
        if self.websocket:
            data = frame(1, json.dumps({"jsonrpc": "2.0", "id": 1, "method": "auth.login", "params": params}).encode())
        else:
            body = json.dumps(params).encode()
            data = (f"POST /api/auth.login HTTP/1.1\r\nHost: test.example\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body
        if self.socket.send(data) != len(data):
            raise Wrong("a request did not fit into its socket")

    def answers(self):
        """What has come: (status, seconds to wait or None, sentence)."""
        data = self.socket.recv(65536)
        if not data:
            raise Wrong(f"the server closed a connection after {self.got[-200:]!r}")
        self.got += data
        found = []
        while (one := self.frame() if self.websocket else self.response()) is not None:
            found.append(one)
        return [one for one in found if one]

    def response(self):
        head, end, rest = self.got.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(re.search(rb"content-length: *(\d+)", head.lower())[1])
        if len(rest) < length:
            return None
        body, self.got = rest[:length], rest[length:]
        wait = re.search(rb"retry-after: *(\d+)", head.lower())
        return int(head[9:12]), int(wait[1]) if wait else None, json.loads(body).get("detail", "")

    def frame(self):
        n, at = (self.got[1], 2) if len(self.got) > 1 else (0, 9e9)
        if n == 126 and len(self.got) > 3:
            n, at = int.from_bytes(self.got[2:4], "big"), 4
        if len(self.got) < at + n:
            return None
        opcode, message, self.got = self.got[0] & 15, self.got[at:at + n], self.got[at + n:]
        if opcode != 1:
            raise Wrong(f"the server sent a frame of kind {opcode}: {message!r}")
        message = json.loads(message)
        if "id" not in message:
            return ()       # session.identity, and the like
        error = message.get("error")
        if not error:
            return 200, None, ""
        data = error.get("data", {})
        status = {"too_fast": 429, "unauthenticated": 401}.get(data.get("code"), 500)
        return status, data["retry_ms"] / 1000 if data.get("retry_ms") else None, error["message"]


class Crowd:
    """`right` signs in all the time with what is right; `wrong` with what is not; guessers try what is not at the accounts of `right`."""

    def __init__(self, port, accounts):
        self.port = port
        self.right = [(f"right{i}x", address(1, i)) for i in range(accounts)]
        self.wrong = [(f"wrong{i}x", address(2, i)) for i in range(accounts)]
        self.late = [(f"late{i}x", address(3, i)) for i in range(8)]        # who does nothing meanwhile
        register(port, self.right + self.wrong + self.late)
        self.clients, self.turns, self.selector = {}, 0, selectors.DefaultSelector()
        self.statuses, self.refused, self.took = {}, {}, []

    def next(self):
        """Who is next: every other one is right."""
        n, self.turns = self.turns, self.turns + 1
        i = n // 4
        if n % 2 == 0:
            return "right", *self.right[n // 2 % len(self.right)], RIGHT
        if n % 4 == 1:
            return "wrong", *self.wrong[i % len(self.wrong)], WRONG
        return "guesser", self.right[i % len(self.right)][0], address(4, i % 400), WRONG

    def client(self, source, websocket):
        for client in self.clients.setdefault((source, websocket), []):
            if client.call is None:
                return client
        client = Client(self.port, source, websocket)
        self.clients[source, websocket].append(client)
        self.selector.register(client.socket, selectors.EVENT_READ, client)
        return client

    def read(self, wait):
        for key, _ in self.selector.select(wait):
            client = key.data
            for status, retry, why in client.answers():
                self.heard(client, status, retry, why)

    def heard(self, client, status, retry, why):
        who, began = client.call
        client.call = None
        self.statuses[who, status] = self.statuses.get((who, status), 0) + 1
        if status == 429:
            kind = "busy" if why.startswith(BUSY) else "locked" if why.startswith(LOCKED) else why
            self.refused[who, kind] = self.refused.get((who, kind), 0) + 1
            if not retry or retry <= 0:
                raise Wrong(f"a 429 does not say when to come back: {why}")
        elif status == 200:
            self.took.append(time.monotonic() - began)

    def meet(self):
        """Connects everybody once, so that the loop is of logins alone."""
        for n in range(2 * (len(self.right) + len(self.wrong) + 400)):
            who, name, source, password = self.next()
            self.client(source, n // 2 % 2 == 1)
        self.turns = 0

    def offer(self, rate, seconds):
        """Open loop: each goes at its time, whatever came of those before."""
        began, sent, late = time.monotonic(), 0, 0.0
        while sent < rate * seconds:
            due = began + sent / rate
            now = time.monotonic()
            if now < due:
                self.read(due - now)
                continue
            late = max(late, now - due)
            who, name, source, password = self.next()
            self.client(source, sent // 2 % 2 == 1).login((who, now), name, password)
            sent += 1
        took = time.monotonic() - began
        end = time.monotonic() + 20
        while any(c.call for cs in self.clients.values() for c in cs):
            if time.monotonic() > end:
                raise Wrong("logins are not answered")
            self.read(0.1)
        return sent, took, late

    def all_in(self):
        """Afterwards, once each: names of those who did not fail and are not let in."""
        return [name for name, source in self.right + self.late if api(self.port, "auth.login", {"name": name, "password": RIGHT}, source).status != 200]

    def strangers_in(self):
        """The same at addresses where nobody ever was, by those at whose accounts nobody guessed."""
        return [name for i, (name, _) in enumerate(self.late)
                if api(self.port, "auth.login", {"name": name, "password": RIGHT}, address(5, i)).status != 200]

    def close(self):
        for clients in self.clients.values():
            for client in clients:
                client.socket.close()


def ping(port, seconds):
    """Round trips, in ms, of a client that asks every few ms."""
    took = []
    with WebSocket(port, source="127.9.0.1") as ws:
        ws.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        end = time.monotonic() + seconds
        while (began := time.monotonic()) < end:
            ws.call("session.ping")
            took.append((time.monotonic() - began) * 1000)
            time.sleep(PING_EVERY)
    return took


class Pinger:
    def __init__(self, port, seconds):
        self.process = subprocess.Popen([sys.executable, __file__, str(port), str(seconds)], stdout=subprocess.PIPE, text=True)

    def end(self):
        out, _ = self.process.communicate(timeout=60)
        if self.process.returncode != 0:
            raise Wrong("session.ping was not answered")
        return sorted(json.loads(out))


def share(sorted_values, per_cent):
    return sorted_values[min(len(sorted_values) * per_cent // 100, len(sorted_values) - 1)]


def turns(port):
    """The histogram of the hub's turns: {upper bound: how many up to it}."""
    text = http(port, "GET", "/metrics").body.decode()
    return {float(le): int(float(n)) for le, n in re.findall(r'^whiply_hub_turn_seconds_bucket\{le="([^"]+)"\} (\S+)', text, re.M)}


def turn_share(before, after, per_cent):
    """An upper bound of it, in ms."""
    grown = {le: n - before.get(le, 0) for le, n in after.items()}
    total = grown[float("inf")]
    return min(le for le, n in grown.items() if n * 100 >= total * per_cent) * 1000


def run(port, rate=500, seconds=10, accounts=100, rest=3):
    """Everything, against a server with the PLUGINS above and address limits that let a machine's worth of addresses in."""
    crowd = Crowd(port, accounts)
    try:
        crowd.meet()
        calm = Pinger(port, rest).end()
        before = turns(port)
        pinger = Pinger(port, seconds)
        sent, took, late = crowd.offer(rate, seconds)
        loaded = pinger.end()
        after = turns(port)
        return dict(sent=sent, rate=sent / took, late_ms=late * 1000, statuses=crowd.statuses, refused=crowd.refused,
                    rest=[share(calm, p) for p in (50, 99)], load=[share(loaded, p) for p in (50, 99)], pings=len(loaded),
                    turn_ms=turn_share(before, after, 99), not_in=crowd.all_in(), strangers_not_in=crowd.strangers_in(),
                    took_ms=share(sorted(crowd.took), 50) * 1000)
    finally:
        crowd.close()


if __name__ == "__main__":
    print(json.dumps(ping(int(sys.argv[1]), float(sys.argv[2]))))
