"""Moderation against the whole server: moderators who contradict each other and hubs that are killed in the middle, after which the log and the room say the
same; IRC and JSON alike; messages that wait for a moderator; the documents' examples. The commands themselves are tested beside the plugin."""
import time

import irc_client
import pytest
from irc_client import IrcServer
from test_accounts import PASSWORD, api, bearer
from wire import WebSocket, until

from conftest import ROOT, Whiply

MODERATION = f'moderation = {{ pack_folders = [ "{ROOT}/lua/packs" ]; packs = {{ link-gate = {{ mode = "live"; }}; }}; filters = {{ }}; }};'
LASTING = {"slow", "registered-only", "lockdown", "timeout", "shadow-mute", "mute", "ban"}


def options(plugins=MODERATION, **more):
    made = irc_client.options(plugins=plugins, chat='rate = "10000/s burst 10000";', limits='messages = "100000/s burst 100000";', **more)
    made["hub"] += ' command_rate = "100000/s burst 100000";'
    return made


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(**options())
    yield IrcServer(whiply)
    whiply.stop()


def account(server, name, *roles):
    answer = api(server.whiply, "auth.register", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.body
    for role in roles:
        server.whiply.command("auth.grant", name, role)
    ws = WebSocket(server.whiply.http, headers=bearer(answer.json["token"]))
    server.clients.append(ws)
    ws.name = name
    return ws


def patient(ws, command, **params):
    """Calls a command as often as its rate allows."""
    while True:
        answer = ws.answer_to(ws.post(command, **params))
        if "result" in answer:
            return answer["result"]
        assert answer["error"]["data"]["code"] == "too_fast", answer
        time.sleep(answer["error"]["data"]["retry_ms"] / 1000)


def everything(ws, command, key, **params):
    """All pages of a list."""
    found, more = [], {}
    while True:
        answer = patient(ws, command, limit=200, **params, **more)
        found += answer[key]
        if "next" not in answer:
            return found
        more = {"before": answer["next"]}


def history(ws, room):
    """{id: text or None} of what was said in a room."""
    found, before = {}, None
    while True:
        entries = ws.call("chat.history", room=room, limit=200, **({"before": before} if before else {}))["entries"]
        if not entries:
            return found
        for entry in entries:
            if entry["event"] == "chat.message":
                found[entry["id"]] = entry.get("text")
        before = str(entries[0]["seq"])


def settled(ws):
    """Nothing is under way any more."""
    return all(action["state"] != "pending" for action in everything(ws, "moderation.log", "actions"))


def log_and_room_agree(ws, room, said):
    """What the log says is removed is what is missing in the room, and what it says is in force is what is in force."""
    actions = everything(ws, "moderation.log", "actions")
    now = history(ws, room)
    gone = {action["message"] for action in actions if action["kind"] == "redact" and action["mode"] != "shadow" and "undone" not in action}
    for id, text in said.items():
        assert now[id] == (None if id in gone else text), f"{id}: {now[id]}, and the log says {'gone' if id in gone else 'there'}"
    force = {action["action"] for action in actions if action["kind"] in LASTING and action["mode"] != "shadow" and "undone" not in action}
    assert force == {one["action"] for one in patient(ws, "moderation.in_force")["in_force"]}
    return gone


def test_conflicting_moderators_a_crash_in_a_sweep_and_an_undo_of_an_undo_leave_log_and_room_agreeing(start):
    """What the module must show: line 5."""
    server = IrcServer(start(**options(plugins="moderation = { };")))
    whiply = server.whiply
    mona, max_ = account(server, "mona", "moderator"), account(server, "max", "moderator")
    mona.call("chat.join", room="den")
    mona.call("chat.register", room="den")
    max_.call("chat.join", room="den")
    said = {}
    # A moderator's, at whom no filter looks.
    for i in range(150):
        text = f"cheap skins {i}" if i % 3 else f"hello {i}"
        said[mona.call("chat.say", room="den", text=text)["id"]] = text
    log_and_room_agree(mona, "den", said)

    # The hub dies while it sweeps, again and again; mona sweeps, max undoes what he finds.
    for round in range(4):
        mona.post("moderation.sweep", room="den", match="skins", within="1h")
        until(lambda: everything(max_, "moderation.log", "actions", kind="sweep") or True, what="the sweep to begin")
        sweeps = everything(max_, "moderation.log", "actions", kind="sweep")
        if round % 2 and sweeps:
            max_.post("moderation.undo", group=sweeps[0]["group"])
        whiply.hub_back(whiply.kill("hub"))
        until(lambda: settled(mona), 30, "the sweep to go on")
        gone = log_and_room_agree(mona, "den", said)
        # All of a sweep or nothing: what was undone is undone as a whole.
        assert len(gone) in (0, 100), len(gone)
        for sweep in everything(max_, "moderation.log", "actions", kind="sweep"):
            if "undone" not in sweep:
                patient(max_, "moderation.undo", group=sweep["group"])
        until(lambda: settled(mona), 30, "the undoing to end")
        assert not log_and_room_agree(mona, "den", said)

    # Two who contradict each other about the same thing, at once.
    group = mona.call("moderation.sweep", room="den", match="skins", within="1h")["group"]
    calls = [(mona, mona.post("moderation.undo", group=group)), (max_, max_.post("moderation.undo", group=group))]
    answers = [ws.answer_to(call) for ws, call in calls]
    assert sorted("result" in answer for answer in answers) == [False, True], answers
    until(lambda: settled(mona), 30)
    assert not log_and_room_agree(mona, "den", said)

    # An undo of an undo of an undo, with the hub killed behind each.
    undo = next(answer["result"]["undo"] for answer in answers if "result" in answer)
    for there in (False, True, False):
        undo = max_.call("moderation.undo", id=undo)["undo"]
        whiply.hub_back(whiply.kill("hub"))
        until(lambda: settled(mona), 30, "the undoing to end")
        assert len(log_and_room_agree(mona, "den", said)) == (0 if there else 100)

    # Both lock the room, and each takes back the own.
    eve = account(server, "eve")
    eve.call("chat.join", room="den")
    first = mona.call("moderation.lockdown", room="den")["action"]
    second = max_.call("moderation.lockdown", room="den")["action"]
    mona.call("moderation.undo", id=first)
    whiply.hub_back(whiply.kill("hub"))
    log_and_room_agree(mona, "den", said)
    assert "locked" in eve.refused("chat.say", room="den", text="hm")["message"]
    max_.call("moderation.undo", id=second)
    log_and_room_agree(mona, "den", said)
    assert eve.call("chat.say", room="den", text="at last")["seq"]
    server.leave()


def test_what_is_typed_in_irc_holds_for_browsers_and_is_told_to_both(server):
    mod = account(server, "nora", "moderator")
    name = server.account("op")
    server.whiply.command("auth.grant", name, "moderator")
    op = server.signed(account=name)
    web, irc = server.browser(), server.client("guest")
    channel = server.channel()
    for client in (op, irc):
        client.join(channel)
    web.call("chat.join", room=channel)
    op.send(f"PRIVMSG {channel} :!timeout {web.name} 10m spam")
    assert "timeout: done" in op.expect("NOTICE", op.nick).last
    notice = web.notification("moderation.notice")
    assert notice["kind"] == "timeout" and "spam or advertising" in notice["text"] and notice["redress"]
    assert "timed out" in web.refused("chat.say", room=channel, text="but")["message"]
    op.send(f"PRIVMSG {channel} :!mute {irc.nick} 10m")
    assert "You are muted" in irc.expect("NOTICE", irc.nick).last
    irc.send(f"PRIVMSG {channel} :but")
    assert "muted" in irc.expect("404").last
    op.send(f"PRIVMSG {channel} :!slow 5s")
    assert "slow mode" in irc.expect("NOTICE", channel).last
    # Nobody saw what was typed.
    assert [entry for entry in mod.call("moderation.log", room=channel)["actions"] if entry["kind"] == "slow"]
    mod.call("chat.join", room=channel)
    assert mod.call("chat.history", room=channel)["entries"] == []
    server.leave()


def test_a_message_that_a_pack_holds_waits_for_a_moderator(server):
    mod, bob = account(server, "olga", "moderator"), account(server, "bob")
    for ws in (mod, bob):
        ws.call("chat.join", room="gate")

    def refused():
        answer = bob.answer_to(bob.post("chat.say", room="gate", text="look at https://skins.example/x"))
        return answer.get("error")

    error = until(refused, what="the pack to be loaded")
    assert "waits for a moderator" in error["message"], error
    # Whoever is told that it waits finds it waiting.
    item = mod.call("moderation.queue", kind="held", room="gate")["items"][0]
    assert item["pack"] == "link-gate" and item["text"].endswith("https://skins.example/x")
    assert mod.call("moderation.decide", items=[item["item"]], decision="approve")["done"] == 1
    until(lambda: item["text"] in [entry.get("text") for entry in mod.call("chat.history", room="gate")["entries"]], what="the message")
    bob.refused("chat.say", room="gate", text="and https://more.example/x")
    item = until(lambda: mod.call("moderation.queue", kind="held", room="gate")["items"], what="the item")[0]
    assert mod.call("moderation.decide", items=[item["item"]], decision="deny", reason="spam")["done"] == 1
    assert until(lambda: (lambda n: n if n["kind"] == "deny" else None)(bob.notification("moderation.notice")), what="the answer")["text"]
    assert "more" not in str(mod.call("chat.history", room="gate")["entries"])
    server.leave()


def test_the_queue_is_decided_and_messages_removed_from_irc(server):
    name = server.account("watch")
    server.whiply.command("auth.grant", name, "moderator")
    op, bob = server.signed(account=name), account(server, "bertha")
    channel = server.channel()
    op.join(channel)
    bob.call("chat.join", room=channel)
    until(lambda: bob.answer_to(bob.post("chat.say", room=channel, text="see https://skins.example/x")).get("error"), what="the pack to be loaded")
    op.send(f"PRIVMSG {channel} :!queue")
    line = op.expect("NOTICE", op.nick).last
    assert "held bertha: see https://skins.example/x" in line
    op.send(f"PRIVMSG {channel} :!approve {line.split()[0]}")
    assert "queue: " in op.expect("NOTICE", op.nick).last
    assert "approve: done" in op.expect("NOTICE", op.nick).last
    assert bob.notification("chat.message")["text"] == "see https://skins.example/x"
    # A REDACT of a moderator's is an action: in the log, told, and with a way back.
    said = bob.call("chat.say", room=channel, text="something else")["id"]
    op.send(f"REDACT {channel} {said} :not here")
    notice = until(lambda: (lambda n: n if n["kind"] == "redact" else None)(bob.notification("moderation.notice")), what="the notice")
    assert "not here" in notice["text"]
    action = until(lambda: [a for a in server.whiply.command("moderation.log", "--room", channel)["actions"] if a["kind"] == "redact"], what="the action")[0]
    assert action["kept"] == "something else" and action["message"] == said
    server.whiply.command("moderation.undo", "--id", action["action"])
    assert until(lambda: "something else" in str(bob.call("chat.history", room=channel)["entries"]), what="the text")
    server.leave()


def test_what_is_in_force_outlives_a_restart_of_everything(start):
    server = IrcServer(start(**options()))
    mod, bob = account(server, "mona", "moderator"), account(server, "bob")
    bob.call("chat.join", room="den")
    mod.call("moderation.mute", who="bob", text="be quiet", **{"for": "1h"})
    server.whiply.hub_back(server.whiply.kill("hub"))
    assert "be quiet" in bob.refused("chat.say", room="den", text="hm")["message"]
    server.whiply.end()
    server.whiply.run()
    server.whiply.wait()
    server.clients.clear()
    answer = api(server.whiply, "auth.login", {"name": "bob", "password": PASSWORD})
    with WebSocket(server.whiply.http, headers=bearer(answer.json["token"])) as bob:
        bob.call("chat.join", room="den")
        assert "be quiet" in bob.refused("chat.say", room="den", text="hm")["message"]
        assert bob.call("moderation.statements")["statements"][0]["decision"] == "mute"


def test_a_report_of_a_match_is_in_the_queue_with_its_lines(start):
    server = IrcServer(start(**options(plugins='moderation = { }; matching = { queues = { talk = { }; }; };')))
    mod, ann, bob = account(server, "mona", "moderator"), server.browser(), server.browser()
    for ws in (ann, bob):
        ws.call("match.enqueue", queue="talk")
    match = ann.notification("match.started")
    bob.notification("match.started")
    bob.call("chat.say", room=match["room"], text="send me money")
    ann.notification("chat.message")
    ann.call("match.report", match=match["match"], reason="spam", text="a beggar")
    item = until(lambda: mod.call("moderation.queue", kind="report")["items"], what="the report")[0]
    assert item["name"] == bob.name and item["words"] == "a beggar"
    assert item["evidence"]["match"] == match["match"] and [line["text"] for line in item["evidence"]["lines"]] == ["send me money"]


def test_a_raid_by_hand_is_undone_when_it_ends(server):
    mod, bob = account(server, "rita", "moderator"), account(server, "rob")
    for ws in (mod, bob):
        ws.call("chat.join", room="raided")
    mod.call("moderation.raid", room="raided", state="on")
    until(lambda: mod.call("moderation.in_force", room="raided")["in_force"], what="raid mode")
    actions = mod.call("moderation.log", room="raided")["actions"]
    assert {action["pack"] for action in actions} == {"raid"} and len({action["group"] for action in actions}) == 1
    mod.call("moderation.raid", room="raided", state="off")
    until(lambda: not mod.call("moderation.in_force", room="raided")["in_force"], what="the end of raid mode")
    assert bob.call("chat.say", room="raided", text="over?")["seq"]
    server.leave()
