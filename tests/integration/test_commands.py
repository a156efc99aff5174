"""The whole command table, with each role. First: what a row declares holds, for each command and each role. Then: whatever a guest or a member
puts into any argument of any command, what belongs to somebody else stays as it was, nobody else hears of it, and nothing of it is told.
A plugin's new command is in both from the day on which it is there."""
import json
import re
import secrets

import pytest
from conftest import Whiply
from wire import WebSocket, http, until

RUNGS = ["guest", "member", "moderator", "admin"]
PASSWORD = "pass phrase 1"
PLUGINS = """sqlite = { }; mail = { }; audit = { }; notices = { connections = false; }; bans = { sessions_per_address = 0; sessions_per_network = 0; network_rate = "100000/s burst 100000"; };
  chat = { }; irc = { }; fetch = { };
  moderation = { raid = { mode = "off"; }; filters = { room-rate = { mode = "off"; }; }; };
  matching = { queues = { talk = { rules = ( { name = "age"; kind = "equal"; hard = true; } ); }; }; }; signaling = { };
  auth = { hash_memory = "64KiB"; hash_passes = 1; registrations = 100000; tries = 100; site = "https://test.example"; };"""
RATES = 'command_rate = "100000/s burst 100000"; account_rate = "100000/s burst 100000"; address_rate = "100000/s burst 100000"; resume_window = "1s";'
LIMITS = 'per_address = 10000; messages = "100000/s burst 100000"; bytes = "100000000/s burst 100000000";'

# Ends or changes the server that the other tests need: called with what is no argument, not with what is right.
DISTURBS = {"server.restart", "server.drain", "server.disable", "server.enable", "server.reload", "server.log", "session.close"}
# Ends the caller itself.
ENDS = {"auth.logout", "auth.revoke_all"}

SECRET = "zebra"    # stands in all that nobody but the victim and its friend may read

# What a stranger may do to somebody, and why. One that turns out to do nothing fails the test.
MAY = {
    "chat.join": "a public room is for everybody, and those who are in it see who comes",
    "chat.invite": "who is in a room may ask others into it",
    "chat.whisper": "a whisper reaches whom it is for; who wants none has chat.block and chat.refuse",
    "auth.login": "a failed attempt is in the audit log of the account",
}
# And what who is in a public room may do there, as everybody may.
MAY_INSIDE = {name: "in a public room whoever is in it may" for name in ("chat.say", "chat.act", "chat.react", "chat.vote", "chat.poll", "chat.typing")}
MAY_INSIDE |= {name: "who comes to a call is seen by those in it" for name in ("call.join",)}
# Replies that a stranger may see, of things of the victim's that are open to everybody.
OPEN = {"auth.account", "chat.rooms"}


def plugins_beside(**options):
    return Whiply(plugins=PLUGINS, hub=RATES, limits=LIMITS, websocket='ping = "10m";', listeners=""", { name = "irc"; address = "127.0.0.1:PORT"; protocol = "line"; dialect = "irc"; }""",
                  **options)


@pytest.fixture(scope="module")
def server():
    whiply = plugins_beside()
    yield whiply
    whiply.stop()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def api(server, name, body=None, headers=()):
    return http(server.http, "POST", f"/api/{name}", body or {}, headers)


def account(server, name, role=None, **more):
    answer = api(server, "auth.register", {"name": name, "password": PASSWORD, **more})
    assert answer.status == 200, answer.body
    if role:
        server.command("auth.grant", name, role)
    return answer.json


def table(server):
    rows = server.command("server.commands")["commands"]
    assert {row["plugin"] for row in rows} >= {"server", "sqlite", "audit", "auth", "chat", "relay", "matching", "signaling", "moderation"}, "a plugin is missing"
    return rows


# Arguments

def some(field):
    """A valid value, from what the row declares and nothing else."""
    kind, least, most = field["type"], field.get("min"), field.get("max")
    if kind in ("text", "name", "id"):
        return "x" * max(least or 1, 1)
    if kind in ("int", "number"):
        return least if least is not None else min(1, most if most is not None else 1)
    if kind == "duration":
        return max(least or 0, min(60000, most if most is not None else 60000))
    return {"bool": True, "choice": field.get("choices", [""])[0], "time": 1767225600000, "list": [], "object": {}}[kind]


def valid(row, **more):
    return {field["name"]: some(field) for field in row["fields"] if field["required"]} | more


# The permissions

class Caller:
    """Calls with a role, over one of the two ways. A WebSocket of its own for each call has rates of its own."""

    def __init__(self, server, role, headers, websocket):
        self.server, self.role, self.headers, self.websocket = server, role, headers, websocket

    def __str__(self):
        return f"{self.role} over {'WebSocket' if self.websocket else 'HTTP'}"

    def __call__(self, name, args):
        """The code of the error, or "ok", and its sentence."""
        if not self.websocket:
            answer = api(self.server, name, args, self.headers)
            body = answer.json if answer.body else {}
            if answer.status < 300:
                return "ok", ""
            assert (answer.status in (401, 403)) == (body["code"] in ("unauthenticated", "forbidden")), answer.body
            return body["code"], body.get("detail", "")
        with WebSocket(self.server.http, headers=self.headers) as ws:
            answer = ws.answer_to(ws.post(name, **args))
            return (answer["error"]["data"]["code"], answer["error"]["message"]) if "error" in answer else ("ok", "")


def callers(server, n):
    """Each with an account of its own."""
    found = []
    for role in RUNGS:
        for websocket in False, True:
            name = f"{role}{n}{'w' if websocket else 'h'}x"
            headers = {} if role == "guest" else bearer(account(server, name, role if role != "member" else None)["token"])
            found.append(Caller(server, role, headers, websocket))
    return found


def test_what_is_above_a_role_is_refused_before_it_runs(server):
    refused = 0
    for caller in callers(server, 1):
        for row in table(server):
            local = "local" in row["flags"]
            if not local and RUNGS.index(row["allow"]) <= RUNGS.index(caller.role):
                continue
            for args in (valid(row), {"no such": 1}):
                code, why = caller(row["name"], args)
                # Before its arguments are looked at: who may not call it learns nothing about them.
                assert code in ("forbidden", "unauthenticated"), (str(caller), row["name"], code, why)
                assert row["name"] in why, (str(caller), row["name"], why)
                refused += 1
    assert refused > 150


def test_what_a_role_may_is_never_refused_by_the_table(server):
    allowed = 0
    for caller in callers(server, 2):
        for row in table(server):
            if "local" in row["flags"] or RUNGS.index(row["allow"]) > RUNGS.index(caller.role):
                continue
            code, why = caller(row["name"], {"no such": 1})
            assert code in ("invalid_argument", "too_fast"), (str(caller), row["name"], code, why)
            allowed += 1
    # With what is right it may fail for many reasons, but not for this one.
    for caller in callers(server, 3):
        for row in table(server):
            if "local" in row["flags"] or row["name"] in DISTURBS | ENDS or RUNGS.index(row["allow"]) > RUNGS.index(caller.role):
                continue
            code, why = caller(row["name"], valid(row))
            assert not (code in ("forbidden", "unauthenticated") and row["name"] in why), (str(caller), row["name"], code, why)
    assert allowed > 150


def test_each_sees_the_commands_that_it_may_call(server):
    rows = table(server)
    for caller in callers(server, 4):
        shown = {row["name"] for row in api(server, "server.commands", {}, caller.headers).json["commands"]}
        may = {row["name"] for row in rows if "local" not in row["flags"] and RUNGS.index(row["allow"]) <= RUNGS.index(caller.role)}
        assert shown == may, (str(caller), shown ^ may)


# What is another's

VOLATILE = re.compile(r'"(used|seen|refreshed|time_ms|idle_ms|age_ms|ms|last|expires|token|bytes_in|bytes_out|messages|since|trust|said|now|here)":("[^"]*"|[^",}\]]+)')


def in_order(value):
    """Devices come by when they were used last, which changes by itself."""
    if isinstance(value, dict):
        return {key: sorted(inner, key=lambda one: one["created"]) if key == "devices" and isinstance(inner, list) else in_order(inner) for key, inner in value.items()}
    return [in_order(one) for one in value] if isinstance(value, list) else value


class Victim:
    """An account with rooms of each kind, a friend, messages, pins, marks, grants, whispers, devices, and a session that listens."""

    def __init__(self, server):
        self.server = server
        self.friend = account(server, "friend")
        self.made = account(server, "victim", mail=f"{SECRET}@example.org", device=f"{SECRET} phone")
        self.id = self.made["account"]
        self.devices = [self.made["device"]]
        self.tokens = self.make_tokens()
        self.ws = WebSocket(server.http, headers=bearer(self.made["token"]))
        self.session = str(self.ws.call("session.whoami")["session"])
        self.rooms, self.ids = ["vault", "safe", "plaza"], []
        self.key = f"{SECRET}-key"
        server.command("auth.grant", "victim", "greeter")
        for room in self.rooms:
            self.make_room(room)
        # The friend stays: that it goes would be heard, too.
        self.there = WebSocket(server.http, headers=bearer(self.friend["token"]))
        for room, more in ("vault", {}), ("safe", {"key": self.key}):
            self.there.call("chat.join", room=room, **more)
        self.there.call("chat.whisper", to="victim", text=f"{SECRET} whispered")
        self.there.call("chat.say", room="vault", text=f"victim: {SECRET} mentioned")
        self.ids.append(self.ws.call("chat.whisper", to="friend", text=f"{SECRET} answered")["id"])
        self.ws.call("relay.join", room="lab")
        self.whispers = [w["room"] for w in self.ws.call("chat.whispers")["whispers"] if "room" in w]
        for ws in self.ws, self.there:
            ws.call("match.enqueue", queue="talk", attributes={"age": SECRET})
        match = self.ws.notification("match.started")
        self.match = match["match"]
        self.match_room = match["room"]
        self.whispers.append(self.match_room)
        self.private = ["vault", "safe"] + self.whispers
        self.peers = [ws.call("call.join", room=room, hand=True)["peer"] for room, sockets in (("vault", (self.ws, self.there)), ("plaza", (self.ws,))) for ws in sockets]
        self.party = self.ws.call("match.party")["code"]
        self.ws.call("auth.confirm_begin", mail=f"{SECRET}2@example.org")
        self.bot = self.ws.call("auth.bot_create", name="butler")["bot"]
        self.bot_key = self.ws.call("auth.key_create", bot="butler", scopes="relay")["key"]
        self.heard()

    def make_tokens(self):
        """Of the victim's: kinds that are none here, ended ones, revoked ones."""
        other = api(self.server, "auth.login", {"name": "victim", "password": PASSWORD, "device": f"{SECRET} old"}).json
        api(self.server, "auth.revoke", {"device": other["device"]}, bearer(self.made["token"]))
        with WebSocket(self.server.http) as ws:
            resume = ws.welcome["token"]
            ws.call("auth.login", name="victim", password=PASSWORD)
        third = api(self.server, "auth.login", {"name": "victim", "password": PASSWORD}).json
        fresh = api(self.server, "auth.refresh", {"refresh": third["refresh"]}).json
        self.devices.append(third["device"])
        return {"revoked": other["token"], "revoked refresh": other["refresh"], "replaced": third["token"], "old resume": resume,
                "access": fresh["token"], "refresh": fresh["refresh"], "guest": api(self.server, "auth.guest", {"name": "somebody"}).json["token"]}

    def make_room(self, room):
        self.ws.call("chat.join", room=room)
        self.ws.call("chat.register", room=room)
        told = SECRET if room != "plaza" else "open"
        self.ws.call("chat.topic", room=room, topic=f"{told} topic")
        said = self.ws.call("chat.say", room=room, text=f"{told} said")["id"]
        poll = self.ws.call("chat.poll", room=room, question=f"{told}?", options=["a", "b"])["id"]
        self.ws.call("chat.pin", room=room, id=said)
        self.ws.call("chat.react", room=room, id=said, emoji="+1")
        self.ws.call("chat.mark", room=room, seq=2)
        self.ws.call("chat.invite", room=room, name="friend")
        self.ws.call("chat.role", room=room, name="friend", role="voice", on=True)
        if room != "plaza":
            self.ws.call("chat.set", room=room, access="invited" if room == "vault" else "key", **({"key": self.key} if room == "safe" else {}))
        self.ids += [said, poll]

    def heard(self):
        """What the listening session was told meanwhile: names of events."""
        self.ws.call("session.ping")
        heard, self.ws.waiting = [m["method"] for m in self.ws.waiting if "method" in m], []
        return heard

    def snapshot(self):
        """{what: JSON} of all that is the victim's, as the victim and the operator see it, without what moves by itself."""
        found = {}
        until(lambda: self.server.command("audit.head")["waiting"] == 0)
        with WebSocket(self.server.http, headers=bearer(self.made["token"])) as ws:
            for name in "auth.export", "auth.devices", "chat.unread", "chat.whispers", "chat.blocks", "chat.mentions", "auth.bots", "match.blocks", \
                    "auth.second_state", "auth.passkeys", "auth.consents", "auth.links":
                found[name] = ws.call(name)
            found["match.status"] = self.ws.call("match.status")
            for room in "vault", "plaza":
                found[f"call.status {room}"] = self.ws.call("call.status", room=room)
            found["auth.grants"] = ws.call("auth.grants", name="victim")
            found["auth.keys"] = ws.call("auth.keys", bot="butler")
            found["auth.account"] = ws.call("auth.account", name="victim")
            for room in self.rooms + self.whispers:
                for name in "chat.room", "chat.history", "chat.pins", "chat.members":
                    answer = ws.answer_to(ws.post(name, room=room, **({"events": True, "limit": 100} if name == "chat.history" else {})))
                    found[f"{name} {room}"] = answer.get("result", answer.get("error"))
        for word in "--who", "--on":
            found[f"audit {word}"] = self.server.command("audit.list", word, self.id, "--limit", 200)
        found["session"] = self.server.command("session.show", self.session)
        found["relay"] = self.ws.call("session.whoami")["rooms"]
        # That somebody tried and was refused is written down, and is no harm.
        for log in found["auth.export"]["data"]["audit"], found["audit --who"], found["audit --on"]:
            log["entries"] = [entry for entry in log["entries"] if entry["outcome"] == "ok"]
        return {what: VOLATILE.sub("", json.dumps(in_order(value), sort_keys=True, separators=(",", ":"))) for what, value in found.items()}


def excerpt(before, after):
    """Where two texts begin to differ."""
    at = next((i for i, (a, b) in enumerate(zip(before, after)) if a != b), min(len(before), len(after)))
    return before[max(0, at - 80):at + 120], after[max(0, at - 80):at + 120]


class Stranger:
    """Somebody who knows all names and ids of the victim's, and puts them everywhere."""

    def __init__(self, server, role, victim, inside):
        self.server, self.role, self.victim, self.inside = server, role, victim, inside
        self.name = "mallory" if role == "member" else None
        self.token = account(server, self.name)["token"] if self.name else None

    def connect(self, row):
        ws = self.connect_bare()
        if row["plugin"] == "chat" and row["name"] not in ("chat.join", "chat.register"):
            # With a room of its own: what is another's must not be reached from there either.
            ws.call("chat.join", room="lair")
            if self.inside:
                ws.call("chat.join", room="plaza")
        return ws

    def connect_bare(self):
        if self.name is None:
            return WebSocket(self.server.http)
        if api(self.server, "auth.whoami", headers=bearer(self.token)).status != 200:
            self.token = api(self.server, "auth.login", {"name": self.name, "password": PASSWORD}).json["token"]
        return WebSocket(self.server.http, headers=bearer(self.token))

    def pool(self, row, field):
        """Values for one argument, all of the victim's."""
        v, name, kind = self.victim, field["name"], field["type"]
        if name == "room":
            return v.rooms + v.whispers + ["lair"]
        if name in ("match", "queue", "code", "attributes", "places") and row["plugin"] == "matching":
            return {"match": [v.match], "queue": ["talk"], "code": [v.party[:-1]], "attributes": [{"age": "adult"}], "places": [[1, 2]] if field["type"] == "list" else [1]}[name]
        if row["plugin"] == "signaling" and name in ("to", "peer", "generation"):
            return v.peers if name != "generation" else [1]
        if name == "bot":
            return ["butler", v.bot]
        if name == "key" and row["name"] == "auth.key_revoke":
            return [v.bot_key]
        if name == "mail":
            return ["somebody@example.org"]
        if name == "new":
            return ["pass phrase 2"]
        if name == "client":
            return [v.id, "client"]
        if name in ("name", "to", "account", "who", "on") and kind in ("text", "name", "id"):
            return ["victim", v.id]
        if name in ("id", "reply", "before", "after", "around") and kind in ("id", "text"):
            return v.ids
        if name == "device" and kind in ("id", "name"):
            return v.devices
        if name == "session":
            return [v.session]
        if name in ("token", "refresh", "invitation") or kind == "id":
            # A token that is good for just this is no other's: whoever shows it is its owner.
            good = {"auth.use": "access", "auth.refresh": "refresh"}.get(row["name"])
            return [token for what, token in v.tokens.items() if what != good]
        if name == "key":
            return ["", v.key[:-1]]
        if name == "rooms" and kind == "list":
            return [[{"room": room, "epoch": epoch, "seq": 0}] for room in v.rooms + v.whispers for epoch in (0, 1)]
        if name == "options":
            return [["a", "b"]]
        if name in ("password", "old"):
            return ["not it, surely"]
        if name == "choice" and kind == "choice":
            return field["choices"]
        if kind == "choice":
            return field["choices"]
        return [some(field)]

    def tries(self, row):
        """Sets of arguments: the required ones alone and all of them, each with every value of each pool."""
        pools = {field["name"]: self.pool(row, field) for field in row["fields"]}
        seen = set()
        for names in [f["name"] for f in row["fields"] if f["required"]], list(pools):
            for n in range(max([len(pools[name]) for name in names], default=1)):
                # Rooms and ids by each other, not only in step: another room's message is another's, too.
                for shift in range(2 if "room" in names and "id" in names else 1):
                    args = {name: pools[name][(n // (2 if name == "room" and "id" in names else 1) + (shift if name == "id" else 0)) % len(pools[name])]
                            for name in names}
                    if "nonce" in args:
                        args["nonce"] = secrets.token_hex(8)     # one that was used is answered with what it did then
                    text = json.dumps(args, sort_keys=True)
                    if text not in seen:
                        seen.add(text)
                        yield args

    def call_all(self, row):
        """Calls it in every way; returns the answers."""
        answers, ws = [], self.connect(row)
        for args in self.tries(row):
            for _ in range(3):
                try:
                    answer = ws.answer_to(ws.post(row["name"], **args))
                except AssertionError:      # closed: it signed itself out, or the like
                    ws.close()
                    ws = self.connect(row)
                    break
                if answer.get("error", {}).get("data", {}).get("code") != "too_fast":
                    answers.append((args, answer))
                    break
                # Another session has rates of its own.
                self.go(ws)
                ws = self.connect(row)
        self.go(ws)
        return answers

    @staticmethod
    def go(ws):
        """Goes without a trace: who only closes the connection is there until it could no longer be resumed."""
        try:
            for room in "lair", "plaza", "lab":
                for plugin in "chat", "relay":
                    ws.answer_to(ws.post(f"{plugin}.leave", room=room))
        except (AssertionError, OSError):
            pass
        ws.close()


@pytest.mark.parametrize("inside", [False, True], ids=["outside", "inside"])
@pytest.mark.parametrize("role", ["guest", "member"])
def test_with_what_is_anothers_no_command_does_anything(role, inside):
    """`inside`: the stranger is in the victim's public room meanwhile, as anybody may be."""
    server = plugins_beside()
    may = MAY | (MAY_INSIDE if inside else {})
    try:
        victim = Victim(server)
        stranger = Stranger(server, role, victim, inside)
        before, touched, leaks, got_in, ran = victim.snapshot(), {}, [], [], 0
        for row in table(server):
            if "local" in row["flags"] or row["name"] in DISTURBS or (inside and row["plugin"] != "chat"):
                continue
            answers = stranger.call_all(row)
            ran += len(answers)
            assert answers, row["name"]
            heard, after = [event for event in victim.heard() if not inside or event not in ("chat.joined", "chat.left")], victim.snapshot()
            differs = [what for what in after if after[what] != before[what]]
            if heard or differs:
                touched[row["name"]] = (sorted(set(heard)), {what: excerpt(before[what], after[what]) for what in differs})
                before = after
            # That it has a key has to be known of a room, and no more. A match's room tells who knows its name, which is drawn by lot, how many
            # are in it.
            got_in += [(row["name"], args) for args, answer in answers if row["plugin"] == "chat" and "result" in answer and
                       args.get("room") in victim.private and not (row["name"] == "chat.room" and args["room"] in ("safe", victim.match_room))]
            if row["name"] not in OPEN:
                leaks += [(row["name"], args, answer) for args, answer in answers if SECRET in json.dumps(answer)]
        assert not leaks, json.dumps(leaks[:3])
        assert not got_in, got_in
        wrong = {name: what for name, what in touched.items() if name not in may}
        assert not wrong, json.dumps(wrong, indent=1)[:6000]
        # Inside, coming and going is what each connection does, and is not looked at.
        needed = {name for name in may if not inside or (name.startswith("chat.") and name != "chat.join")}
        assert set(touched) == needed, f"these do nothing to anybody, and need no permission to: {touched}"
        assert ran > 100, ran
    finally:
        server.stop()
