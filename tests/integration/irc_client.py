"""A client of IRC for the tests, over TCP, TLS or WebSocket, and the server that the tests of one file share.

`IrcServer` begins clients and thinks of nicks and channels that nobody else uses, so that tests need not end tidily. A client reads
lines one by one: `expect` skips what is not asked for and keeps it in `skipped`; `ask` labels a line and returns the whole answer to it,
however late parts of it are; `barrier` proves that something has *not* come.
"""
import itertools
import re
import time

from wire import LIMIT, WebSocket, Wire, frame, http

CHEAP = 'hash_memory = "64KiB"; hash_passes = 1; registrations = 100000;'
LISTENER = ', {{ name = "irc"; address = "127.0.0.1:PORT"; protocol = "line"; dialect = "irc"; {irc} }} {more}'
RATES = "account_rate = \"100000/s burst 100000\"; address_rate = \"100000/s burst 100000\";"
# An operator is whoever may do this.
ROLES = 'roles = { oper = { rung = "moderator"; allow = [ "chat.moderate", "server.reload" ]; }; };'
PASSWORD = "pass-phrase-1"
# What modern clients ask for.
CAPS = ("message-tags", "server-time", "batch", "labeled-response", "echo-message", "account-tag", "extended-join", "standard-replies", "setname",
        "away-notify", "account-notify", "chghost", "invite-notify", "multi-prefix", "draft/chathistory", "draft/message-redaction")
ESCAPES = {":": ";", "s": " ", "\\": "\\", "r": "\r", "n": "\n"}


def options(irc="", auth="", chat="", listener="", listeners="", plugins="", hub="", limits="", **more):
    """What a whiply needs to serve IRC, as options of `start` and `Whiply`."""
    return dict(more=ROLES, listeners=LISTENER.format(irc=listener, more=listeners), limits=f"per_address = 5000; {limits}", hub=f"{RATES} {hub}",
                plugins=f'sqlite = {{ }}; mail = {{ }}; audit = {{ }}; auth = {{ {CHEAP} {auth} }}; chat = {{ {chat} }}; '
                        f'irc = {{ name = "irc.test"; network = "TestNet"; {irc} }}; {plugins}', **more)


def unescape(value):
    return re.sub(r"\\(.?)", lambda m: ESCAPES.get(m[1], m[1]), value)


class Line:
    """A line that the server sent."""

    def __init__(self, text):
        self.text = text
        self.tags = {}
        if text.startswith("@"):
            tags, text = text[1:].split(" ", 1)
            for tag in tags.split(";"):
                key, _, value = tag.partition("=")
                self.tags[key] = unescape(value)
        self.source = ""
        if text.startswith(":"):
            self.source, text = text[1:].split(" ", 1)
        self.nick = self.source.partition("!")[0]
        head, colon, last = text.partition(" :")
        self.verb, *self.params = head.split()
        if colon:
            self.params.append(last)

    @property
    def last(self):
        return self.params[-1] if self.params else ""

    def __repr__(self):
        return self.text


class Irc:
    """One client. `web`: None, or the subprotocol to speak over WebSocket."""

    labels = itertools.count(1)

    def __init__(self, port, tls=None, web=None, unix=None, headers=(), **more):
        self.web = web
        if web:
            self.wire = WebSocket(port, protocols=web, tls=tls, greet=False, headers=headers, **more)
            assert self.wire.accepted, self.wire.answer.status
        else:
            self.wire = Wire(port, tls=tls, path=unix, **more)
        self.nick = None
        self.skipped = []
        self.closed_with = None

    def send_bytes(self, data):
        if self.web:
            self.wire.send(frame(2 if self.web.startswith("binary") else 1, data))
        else:
            self.wire.send(data + b"\r\n")

    def send(self, *lines):
        for line in lines:
            self.send_bytes(line.encode())

    def line(self, limit=LIMIT):
        """The next line; pings of the server are answered."""
        while True:
            if self.web:
                opcode, payload, _ = self.wire.frame()
                if opcode == 9:
                    self.wire.send(frame(10, payload))
                    continue
                assert opcode == (2 if self.web.startswith("binary") else 1), (opcode, payload)
                assert b"\n" not in payload and b"\r" not in payload, payload
                text = payload.decode()
            else:
                text = self.wire.line(limit)
            got = Line(text)
            if got.verb != "PING":
                return got
            self.send(f"PONG :{got.last}")

    def expect(self, verb, *params, nick=None, limit=LIMIT):
        """The next line with this verb, of this nick, that has these at the front of its parameters (None: anything)."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            try:
                got = self.line(limit)
            except (TimeoutError, AssertionError) as late:
                raise AssertionError(f"no {verb} {params}, but {self.skipped[-30:]}") from late
            if got.verb == verb and (nick is None or got.nick == nick) and len(got.params) >= len(params) and \
                    all(want is None or want == have for want, have in zip(params, got.params)):
                return got
            self.skipped.append(got)
        raise AssertionError(f"no {verb} {params} among {self.skipped[-30:]}")

    def until(self, *verbs):
        """All lines up to and with the first that has one of these verbs."""
        got = []
        while not got or got[-1].verb not in verbs:
            try:
                got.append(self.line())
            except (TimeoutError, AssertionError) as late:
                raise AssertionError(f"no {verbs}, but {got[-30:]}") from late
        return got

    def says(self, line, *verbs):
        """Sends a line and returns what comes up to one of these verbs."""
        self.send(line)
        return self.until(*verbs)

    def ask(self, line):
        """Sends a line with a label, and returns the lines of its answer, without what is around them; for clients with labeled-response."""
        label = f"l{next(self.labels)}"
        tags, rest = (line[1:].split(" ", 1)[0] + ";", line.split(" ", 1)[1]) if line.startswith("@") else ("", line)
        self.send(f"@{tags}label={label} {rest}")
        while True:
            got = self.line()
            if got.tags.get("label") == label:
                break
            self.skipped.append(got)
        if got.verb == "ACK":
            return []
        if got.verb != "BATCH":
            return [got]
        # A batch of another kind is the whole answer, and part of it.
        batch, whole = got.params[0][1:], got.params[1] != "labeled-response"
        answer = [got] if whole else []
        inner = {batch}
        while True:
            got = self.line()
            if got.verb == "BATCH" and got.params[0] == f"-{batch}":
                return answer + [got] if whole else answer
            if got.tags.get("batch") in inner or (got.verb == "BATCH" and got.params[0][1:] in inner):
                if got.verb == "BATCH" and got.params[0][0] == "+":
                    inner.add(got.params[0][1:])
                answer.append(got)
            else:
                self.skipped.append(got)

    def ping(self):
        """Everything up to the answer to a PING."""
        mark = f"mark{next(self.labels)}"
        self.send(f"PING {mark}")
        got = []
        while True:
            line = self.line()
            if line.verb == "PONG" and line.last == mark:
                return got
            got.append(line)

    def barrier(self, other, channel):
        """What comes before something that `other` says in a channel now: whatever was done earlier has come by then, or never will."""
        mark = f"barrier {next(self.labels)}"
        other.send(f"PRIVMSG {channel} :{mark}")
        got = []
        while True:
            line = self.line()
            if line.verb == "PRIVMSG" and line.last == mark:
                return got
            got.append(line)

    def register(self, nick, user="user", real="Real Name", caps=(), password=None, account=None):
        """Comes in; returns the lines of the welcome."""
        self.nick = nick
        if password:
            self.send(f"PASS :{password}")
        if account:
            self.send(f"PASS :{account}:{PASSWORD}")
        if caps:
            self.send("CAP LS 302", f"CAP REQ :{' '.join(caps)}")
            assert self.expect("CAP", None, "ACK")
        self.send(f"NICK {nick}", f"USER {user} 0 * :{real}")
        if caps:
            self.send("CAP END")
        welcome = self.until("422", "376")
        assert any(line.verb == "001" for line in welcome), welcome
        self.nick = welcome[0].params[0] if welcome[0].verb == "001" else next(line for line in welcome if line.verb == "001").params[0]
        return welcome

    def join(self, channel, key=""):
        """Enters; returns the lines of the entry."""
        self.send(f"JOIN {channel} {key}".rstrip())
        lines = []
        while True:
            lines.append(self.line())
            if lines[-1].verb == "366":
                return lines
            assert lines[-1].verb not in ("403", "404", "405", "437", "471", "473", "474", "475", "477", "479"), lines

    def ended(self, limit=LIMIT):
        """The lines up to the end of the connection."""
        if self.web:
            lines = []
            while True:
                opcode, payload, _ = self.wire.frame()
                if opcode == 8:
                    return lines
                if opcode in (1, 2):
                    lines.append(Line(payload.decode()))
        return [Line(line) for line in self.wire.rest(limit).decode().split("\r\n") if line]

    def close(self):
        self.wire.close()


class IrcServer:
    """A whiply that serves IRC, and those who talk to it in one test."""

    def __init__(self, whiply):
        self.whiply = whiply
        self.numbers = itertools.count(1)
        self.clients = []

    def nick(self, name="nick"):
        return f"{name}{next(self.numbers)}"

    def channel(self, name="room"):
        return f"#{name}{next(self.numbers)}"

    def raw(self, **more):
        """A client that has said nothing yet."""
        self.clients.append(Irc(self.whiply.http if more.get("web") else self.whiply.extra, **more))
        return self.clients[-1]

    def client(self, name="nick", caps=(), web=None, exact=False, **more):
        c = self.raw(web=web)
        c.register(name if exact else self.nick(name), caps=caps, **more)
        return c

    def modern(self, name="nick", *caps, **more):
        """A client with the usual capabilities, and these."""
        return self.client(name, caps=CAPS + caps, **more)

    def account(self, name="acc"):
        """Makes an account and returns its name."""
        name = self.nick(name)
        answer = http(self.whiply.http, "POST", "/api/auth.register", {"name": name, "password": PASSWORD})
        assert answer.status == 200, answer.body
        return name

    def signed(self, name="acc", caps=(), account=None, **more):
        """A client that is signed in."""
        account = account or self.account(name)
        return self.client(account, caps=caps, exact=True, account=account, **more)

    def browser(self, name="web", **more):
        """A JSON-RPC client, a guest of that name."""
        ws = WebSocket(self.whiply.http, **more)
        self.clients.append(ws)
        ws.name = self.nick(name)
        ws.call("auth.guest", name=ws.name)
        return ws

    def room(self, *clients, name="room"):
        """A channel that these have entered, in this order; each has read all of it."""
        channel = self.channel(name)
        for i, c in enumerate(clients):
            c.join(channel)
            for other in clients[:i]:
                other.expect("JOIN", channel, nick=c.nick)
        return channel

    def leave(self):
        """The end of a test."""
        for c in self.clients:
            c.close()
        self.clients.clear()
