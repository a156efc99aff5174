"""Chat against the whole server: people over WebSocket and HTTP in one room, what a client misses while it is away, hubs that are killed under
load, a full disk, and the rules of rooms. The commands themselves are tested beside the plugin."""
import asyncio
import json
import random
import select
import sqlite3
import threading
import time

import pytest
import websockets
from conftest import Whiply
from test_accounts import CHEAP, PASSWORD, api, bearer
from test_store import database, fill, mounted
from wire import WebSocket, http, until

RATES = 'command_rate = "100000/s"; account_rate = "100000/s"; address_rate = "100000/s";'
LIMITS = 'messages = "100000/s burst 100000";'


def plugins(chat="", sqlite="", auth=""):
    return f"sqlite = {{ {sqlite} }}; mail = {{ }}; audit = {{ }}; auth = {{ {CHEAP} {auth} }}; chat = {{ {chat} }};"


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(plugins=plugins())
    yield whiply
    whiply.stop()


def account(whiply, name):
    """A new account: its tokens."""
    answer = api(whiply, "auth.register", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.body
    return answer.json


def person(whiply, name):
    return WebSocket(whiply.http, headers=bearer(account(whiply, name)["token"]))


def said(ws, room, text, **more):
    return ws.call("chat.say", room=room, text=text, **more)


def texts(entries):
    return [entry.get("text") for entry in entries]


def test_a_guest_and_an_account_talk_and_read_it_again(server):
    with WebSocket(server.http) as guest, person(server, "anna") as anna:
        room = guest.call("chat.join", room="#Parlour")
        assert room["room"] == "Parlour" and room["role"] == "owner" and room["seq"] == 0
        assert anna.call("chat.join", room="parlour")["members"] == 2
        assert guest.notification("chat.joined")["name"] == "anna"
        first = said(guest, "parlour", "hello")
        second = said(anna, "PARLOUR", "hello yourself", reply=first["id"])
        for ws in (guest, anna):
            one, two = ws.notification("chat.message"), ws.notification("chat.message")
            assert (one["seq"], one["text"], two["seq"], two["text"]) == (1, "hello", 2, "hello yourself")
            assert two["reply"] == one["id"] == first["id"] and two["id"] == second["id"]
        page = anna.call("chat.history", room="parlour")
        assert texts(page["entries"]) == ["hello", "hello yourself"]
        assert page["entries"][1]["who"] == two["who"] and page["epoch"] == room["epoch"]


def test_an_account_reads_and_speaks_over_http_where_it_is(server):
    tokens = account(server, "botto")
    headers = bearer(tokens["token"])
    with WebSocket(server.http, headers=headers) as ws:
        assert api(server, "chat.say", {"room": "workshop", "text": "hm"}, headers).status == 403
        ws.call("chat.join", room="workshop")
        answer = api(server, "chat.say", {"room": "workshop", "text": "from afar"}, headers)
        assert answer.status == 200 and answer.json["seq"] == 1, answer.body
        assert ws.notification("chat.message")["text"] == "from afar"
        answer = http(server.http, "GET", "/api/chat.history?room=workshop", headers=headers)
        assert texts(answer.json["entries"]) == ["from afar"]
    assert http(server.http, "GET", "/api/chat.history?room=workshop").status in (403, 404)


def test_a_call_over_http_enters_no_room(server):
    answer = api(server, "chat.join", {"room": "passing"})
    assert answer.status == 409 and "connect to /ws" in answer.json["detail"], answer.body
    assert api(server, "chat.whisper", {"to": "anna", "text": "boo"}).status == 409
    assert http(server.http, "GET", "/api/chat.room?room=passing").status == 404


def test_whispers_reach_every_session_and_wait_for_who_is_away(server):
    carl, dana = account(server, "carl"), account(server, "dana")
    with WebSocket(server.http, headers=bearer(carl["token"])) as c, WebSocket(server.http, headers=bearer(carl["token"])) as c2:
        first = c.call("chat.whisper", to="dana", text="are you there?")
        assert first["to"] == dana["account"] and first["to_name"] == "dana"
        assert c2.notification("chat.message")["to_name"] == "dana"
        with WebSocket(server.http, headers=bearer(dana["token"])) as d:
            unread, = d.call("chat.unread")["rooms"]
            assert unread["room"] == first["room"] and unread["unread"] == 1
            assert texts(d.call("chat.history", room="@carl")["entries"]) == ["are you there?"]
            d.call("chat.say", room=first["room"], text="I am")
            for ws in (c, c2):
                assert ws.take(lambda m: m.get("params", {}).get("text") == "I am", "the answer")["params"]["to_name"] == "carl"
            answer = api(server, "chat.whisper", {"to": "carl", "text": "by HTTP"}, bearer(dana["token"]))
            assert answer.status == 200 and answer.json["seq"] == 3
            d.call("chat.block", name="carl")
            assert c.refused("chat.whisper", to="dana", text="why?")["data"]["code"] == "forbidden"
    with person(server, "eve") as eve:
        assert eve.refused("chat.history", room=first["room"])["data"]["code"] == "forbidden"


def test_a_client_that_was_away_gets_what_it_missed_once(start):
    whiply = start(plugins=plugins())
    with person(whiply, "gwen") as gwen:
        gone = person(whiply, "hugo")
        gwen.call("chat.join", room="hall")
        room = gone.call("chat.join", room="hall")
        for i in range(3):
            said(gwen, "hall", f"before {i}")
        whispered = gwen.call("chat.whisper", to="hugo", text="zero")
        seen = [gone.take(lambda m: m.get("method") == "chat.message" and "to" not in m["params"], "it")["params"]["seq"] for _ in range(3)]
        assert gone.take(lambda m: m.get("params", {}).get("text") == "zero", "the whisper")
        token = gone.welcome["token"]
        gone.close()
        for i in range(3):
            said(gwen, "hall", f"missed {i}")
        gwen.call("chat.whisper", to="hugo", text="one")
        with WebSocket(whiply.http) as back:
            assert back.call("session.resume", token=token)["name"] == "hugo"
            answer = back.call("chat.resume", rooms=[
                {"room": "hall", "epoch": room["epoch"], "seq": seen[-1]},
                {"room": whispered["room"], "epoch": back.call("chat.history", room="@gwen")["epoch"], "seq": 1},
                {"room": "elsewhere", "epoch": 1, "seq": 0}])["rooms"]
            assert texts(answer[0]["entries"]) == ["missed 0", "missed 1", "missed 2"] and answer[0]["gap"] is False
            assert texts(answer[1]["entries"]) == ["one"] and answer[1]["entries"][0]["to_name"] == "hugo"
            assert answer[2] == {"room": "elsewhere", "member": False}
            said(gwen, "hall", "after")
            assert back.notification("chat.message")["text"] == "after"
            gap, = back.call("chat.resume", rooms=[{"room": "hall", "epoch": room["epoch"] + 1, "seq": 1}])["rooms"]
            assert gap["gap"] is True and gap["entries"] == [] and gap["seq"] == 7


class Speaker(threading.Thread):
    """Says numbered things, several at once, each with its nonce, and says again what got no answer."""

    def __init__(self, ws, name, say):
        super().__init__()
        self.ws, self.label, self.say = ws, name, say
        self.asked = 0
        self.waiting = {}       # id of a call: number, when
        self.todo = []
        self.acked = {}         # number: seq
        self.wrong = []
        self.ending = False
        self.start()

    def heard(self, message):
        if message.get("method") == "session.recovered":
            self.todo += [n for n, _ in self.waiting.values()]
            self.waiting.clear()
        elif message.get("id") in self.waiting:
            n, _ = self.waiting.pop(message["id"])
            if "error" in message:
                self.todo.append(n)
                time.sleep(0.01)
            elif self.acked.setdefault(n, message["result"]["seq"]) != message["result"]["seq"]:
                self.wrong.append(n)

    def run(self):
        while not self.ending or self.todo or self.waiting:
            while len(self.waiting) < 4 and (self.todo or not self.ending):
                if self.todo:
                    n = self.todo.pop(0)
                else:
                    n = self.asked
                    self.asked += 1
                self.waiting[self.ws.post(self.say[0], text=f"{self.label} {n}", nonce=f"{self.label}-{n}", **self.say[1])] = n, time.monotonic()
            if self.ws.got or select.select([self.ws.socket], [], [], 0.2)[0]:
                self.heard(self.ws.message())
            late = time.monotonic() - 4
            for call in [call for call, (_, since) in self.waiting.items() if since < late]:
                self.todo.append(self.waiting.pop(call)[0])

    def end(self):
        self.ending = True
        self.join(30)
        assert not self.is_alive() and not self.wrong, (self.waiting, self.todo, self.wrong)


class Listener(threading.Thread):
    def __init__(self, ws):
        super().__init__()
        self.ws, self.seen, self.last = ws, [], None
        self.start()

    def run(self):
        while self.last is None or not self.seen or self.seen[-1][0] < self.last:
            if not self.ws.got and not select.select([self.ws.socket], [], [], 0.1)[0]:
                continue
            message = self.ws.message()
            if message.get("method") == "chat.message":
                self.seen.append((message["params"]["seq"], message["params"]["text"]))

    def until(self, last):
        self.last = last
        self.join(20)
        assert not self.is_alive(), f"{last} did not come; the last was {self.seen[-3:]}"
        return self.seen


KILLS = 12


def killed(whiply, dice):
    for _ in range(KILLS // 3):
        for _ in range(3):
            time.sleep(0.1 + dice.random() * 0.3)
            old = whiply.kill("hub")
            whiply.hub_back(old)
        time.sleep(1)       # or the keeper waits longer each time


@pytest.mark.parametrize("whisper", [False, True])
def test_hubs_killed_under_load_lose_nothing_double_nothing_and_keep_the_order(start, whisper):
    whiply = start(plugins=plugins(), hub=RATES, limits=LIMITS)
    dice = random.Random(7)
    ines, jack = account(whiply, "ines"), account(whiply, "jack")
    say = ("chat.whisper", {"to": "jack"}) if whisper else ("chat.say", {"room": "storm"})
    speaking, hearing = WebSocket(whiply.http, headers=bearer(ines["token"])), WebSocket(whiply.http, headers=bearer(jack["token"]))
    if not whisper:
        speaking.call("chat.join", room="storm")
        hearing.call("chat.join", room="storm")
    listener = Listener(hearing)
    speaker = Speaker(speaking, "n", say)
    killed(whiply, dice)
    speaker.end()
    seen = listener.until(max(speaker.acked.values()))
    assert [seq for seq, _ in seen] == list(range(1, len(seen) + 1)), "dense, in order, none twice"
    assert len({text for _, text in seen}) == len(seen) == speaker.asked, "each was said once"
    assert {f"n {n}": seq for n, seq in speaker.acked.items()} == {text: seq for seq, text in seen}, "under the number that was acknowledged"
    assert len(seen) > 50
    print(f"{KILLS} hubs killed, {len(seen)} messages")
    speaking.close()
    hearing.close()


def test_a_retry_with_its_nonce_is_said_once_even_by_another_hub(start):
    whiply = start(plugins=plugins())
    with WebSocket(whiply.http) as ws:
        ws.call("chat.join", room="echo")
        first = said(ws, "echo", "once", nonce="a")
        old = whiply.kill("hub")
        whiply.hub_back(old)
        assert said(ws, "echo", "once", nonce="a") == first
        assert said(ws, "echo", "twice", nonce="b")["seq"] == 2
        assert texts(ws.call("chat.history", room="echo")["entries"]) == ["once", "twice"]
        assert ws.call("chat.room", room="echo")["role"] == "owner", "who made it is known to the next hub"


def test_a_log_that_went_back_is_a_new_epoch(start):
    whiply = start(plugins=plugins())
    with WebSocket(whiply.http) as ws:
        before = ws.call("chat.join", room="time")
        for text in ("one", "two", "three"):
            said(ws, "time", text)
        with sqlite3.connect(database(whiply)) as db:
            db.execute("DELETE FROM chat_entry WHERE seq = 3")
            db.execute("UPDATE chat_room SET seq = 2")
        db.close()
        old = whiply.kill("hub")
        whiply.hub_back(old)
        epoch = ws.notification("chat.epoch")
        assert epoch["room"] == "time" and epoch["seq"] == 2 and epoch["epoch"] > before["epoch"]
        gap, = ws.call("chat.resume", rooms=[{"room": "time", "epoch": before["epoch"], "seq": 3}])["rooms"]
        assert gap["gap"] and gap["epoch"] == epoch["epoch"]
        assert said(ws, "time", "another three")["seq"] == 3
        assert [ws.notification("chat.message")["text"] for _ in range(4)] == ["one", "two", "three", "another three"]


@pytest.fixture
def small_disk(tmp_path):
    state = tmp_path / "var"
    unmount = mounted(state / "plugins" / "sqlite", "4m")
    yield state
    unmount()


def test_a_full_disk_refuses_and_nobody_hears_what_was_not_kept(start, small_disk):
    whiply = start(plugins=plugins(sqlite='probe = "100ms"; wal_size = "64KiB";'), state=small_disk, hub=RATES, limits=LIMITS)
    with WebSocket(whiply.http) as speaker, WebSocket(whiply.http) as listener:
        speaker.call("chat.join", room="attic")
        listener.call("chat.join", room="attic")
        speaker.call("chat.topic", room="attic", topic="dust")
        fill(small_disk / "plugins" / "sqlite" / "filler", 24 << 10)
        kept = []
        for i in range(2000):
            answer = speaker.answer_to(speaker.post("chat.act", room="attic", text=f"{i} " + "x" * 500))
            if "error" in answer and answer["error"]["data"]["code"] != "too_fast":
                break
            if "error" in answer:
                time.sleep(0.05)
            else:
                kept.append(answer["result"]["seq"])
        assert answer["error"]["data"]["code"] == "away" and "try again" in answer["error"]["message"], answer
        assert speaker.refused("chat.topic", room="attic", topic="more dust")["data"]["code"] == "away"
        assert speaker.call("chat.room", room="attic")["topic"] == "dust"
        (small_disk / "plugins" / "sqlite" / "filler").unlink()
        until(lambda: http(whiply.http, "GET", "/health/ready").status == 200, 10, "the store to be writable again")
        last = speaker.call("chat.say", room="attic", text="air")["seq"]
        heard = []
        while not heard or heard[-1] != last:
            heard.append(listener.notification("chat.message")["seq"])
        assert heard == kept + [last]


def test_owners_rule_and_what_they_rule_holds_for_others(server):
    with person(server, "olga") as olga, person(server, "paul") as paul, WebSocket(server.http) as guest:
        olga.call("chat.join", room="court")
        assert olga.call("chat.register", room="court")["registered"] is True
        paul.call("chat.join", room="court")
        assert paul.refused("chat.set", room="court", slow="10s")["data"]["code"] == "forbidden"
        olga.call("chat.set", room="court", slow="10s")
        assert paul.notification("chat.rules")["rules"]["slow"] == 10000
        said(paul, "court", "one")
        error = paul.refused("chat.say", room="court", text="two")
        assert error["data"]["code"] == "too_fast" and 0 < error["data"]["retry_ms"] <= 10000
        olga.call("chat.set", room="court", slow=0, access="key", key="sesame")
        assert guest.refused("chat.join", room="court")["data"]["code"] == "forbidden"
        assert guest.call("chat.join", room="court", key="sesame")["members"] == 3
        olga.call("chat.set", room="court", access="invited", speakers="voice")
        assert paul.refused("chat.say", room="court", text="three")["data"]["code"] == "forbidden"
        olga.call("chat.role", room="court", name="paul", role="voice", on=True)
        assert paul.notification("chat.role")["role"] == "voice"
        said(paul, "court", "three")
        with person(server, "quin") as quin:
            assert quin.refused("chat.join", room="court")["data"]["code"] == "forbidden"
            assert quin.refused("chat.search", room="court", query="three")["data"]["code"] in ("forbidden", "not_found")
            olga.call("chat.invite", room="court", name="quin")
            assert quin.notification("chat.invited")["room"] == "court"
            quin.call("chat.join", room="court")
            assert texts(quin.call("chat.search", room="court", query="three")["entries"]) == ["three"]
        # Roles are there for another hub as well.
        old = server.kill("hub")
        server.hub_back(old)
        until(lambda: olga.call("chat.room", room="court")["role"] == "owner", 10, "the role")
        until(lambda: paul.call("chat.room", room="court")["role"] == "voice", 10, "the role")


def test_whispers_reach_who_is_in_as_many_rooms_as_may_be(start):
    whiply = start(plugins=plugins(), hub="rooms_per_session = 1;")
    with person(whiply, "rosa") as rosa, person(whiply, "saul") as saul:
        for ws in (rosa, saul):
            ws.call("chat.join", room="full")
        rosa.call("chat.whisper", to="saul", text="come closer")
        assert saul.notification("chat.message")["text"] == "come closer"
        assert rosa.notification("chat.message")["to_name"] == "saul"
        saul.call("chat.whisper", to="rosa", text="yes?")
        assert rosa.notification("chat.message")["seq"] == 2


def test_polls_and_pins(server):
    with WebSocket(server.http) as ann, WebSocket(server.http) as bob:
        ann.call("chat.join", room="market")
        bob.call("chat.join", room="market")
        poll = ann.call("chat.poll", room="market", question="Tea?", options=["yes", "no"])["id"]
        assert bob.notification("chat.poll")["poll"]["options"] == ["yes", "no"]
        bob.call("chat.vote", room="market", id=poll, choice=1)
        assert ann.notification("chat.voted")["vote"] == {"choice": 1}
        assert bob.call("chat.results", room="market", id=poll)["votes"][:2] == [0, 1]
        ann.call("chat.pin", room="market", id=poll)
        assert bob.notification("chat.pinned")["target"] == poll
        assert [e["id"] for e in bob.call("chat.pins", room="market")["entries"]] == [poll]


def test_who_registers_keeps_the_place(server):
    with WebSocket(server.http) as ann, WebSocket(server.http) as bob:
        ann.call("chat.join", room="gate")
        was = bob.call("chat.join", room="gate")
        guest = ann.notification("chat.joined")
        bob.call("auth.register", name="bertram", password=PASSWORD)
        renamed = ann.notification("chat.renamed")
        assert renamed["was"] == guest["who"] and renamed["name"] == "bertram" and renamed["who"] != guest["who"]
        said(bob, "gate", "it is me")
        assert ann.notification("chat.message")["from"] == "bertram"
        assert ann.call("chat.room", room="gate")["members"] == was["members"] == 2


def test_a_client_that_others_wrote(server):
    """websockets, from Debian: guests talk without any help of ours."""
    async def talk():
        async with websockets.connect(f"ws://127.0.0.1:{server.http}/ws", subprotocols=["whiply.v1"]) as one, \
                websockets.connect(f"ws://127.0.0.1:{server.http}/ws", subprotocols=["whiply.v1"]) as two:
            names = [json.loads(await ws.recv())["params"]["name"] for ws in (one, two)]
            for ws in (one, two):
                await ws.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "chat.join", "params": {"room": "foyer"}}))
                while json.loads(await ws.recv()).get("id") != 1:
                    pass
            await one.send(json.dumps({"jsonrpc": "2.0", "id": 2, "method": "chat.say", "params": {"room": "foyer", "text": "bonjour"}}))
            while True:
                message = json.loads(await two.recv())
                if message.get("method") == "chat.message":
                    return names, message["params"]

    names, message = asyncio.run(asyncio.wait_for(talk(), 10))
    assert message["text"] == "bonjour" and message["from"] == names[0]
