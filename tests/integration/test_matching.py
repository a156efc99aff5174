"""Matching against the whole server: with chat's rooms, over WebSocket, and with the hub killed in the middle of it."""
import json
import re

from conftest import ROOT
from wire import WebSocket, http, until

DOC = (ROOT / "docs" / "matching.md").read_text()
CONFIG = re.search(r"```\nplugins = \{\n(.*?)\n\};\n```", DOC, re.S).group(1)


def enqueue(ws, queue="talk", **attributes):
    return ws.call("match.enqueue", queue=queue, attributes=attributes)


def hub_killed(whiply):
    whiply.hub_back(whiply.kill("hub"))


def test_the_documents_dialogue_happens_as_written(start):
    whiply = start(plugins=CONFIG)
    dialogue = re.search(r"```text\n(.*?)```", DOC, re.S).group(1)
    match = None
    with WebSocket(whiply.http) as ann, WebSocket(whiply.http) as bob:
        who = {"ann": ann, "bob": bob}
        numbers = {}
        for line in dialogue.splitlines():
            name, direction, text = line[:3], line[3], json.loads(line[5:])
            ws = who[name]
            if direction == ">":
                params = {key: match if value == "MATCH" else value for key, value in text["params"].items()}
                numbers[name, text["id"]] = ws.post(text["method"], **params)
            elif "id" in text:
                got = ws.answer_to(numbers[name, text["id"]])
                assert set(got["result"]) == set(text["result"]), got
                for key, value in text["result"].items():
                    if key == "tickets":
                        assert set(got["result"][key][0]) == set(value[0])
            else:
                got = ws.notification(text["method"])
                assert set(got) == set(text["params"]), got
                match = got["match"]
                if "shared" in got:
                    assert got["shared"] == text["params"]["shared"]
                if "reason" in got:
                    assert got["reason"] == text["params"]["reason"]


def test_a_match_is_a_room_of_chat_for_its_people_alone(start):
    whiply = start(plugins=CONFIG)
    with WebSocket(whiply.http) as ann, WebSocket(whiply.http) as bob, WebSocket(whiply.http) as eve:
        enqueue(ann, age="adult")
        enqueue(eve, age="minor")
        enqueue(bob, age="adult")
        started = ann.notification("match.started")
        assert bob.notification("match.started")["room"] == started["room"]
        ann.call("chat.say", room=started["room"], text="hello")
        assert bob.notification("chat.message")["text"] == "hello"
        assert "match" in eve.refused("chat.join", room=started["room"])["message"]
        bob.call("chat.leave", room=started["room"])
        assert ann.notification("match.ended")["reason"] == "left"
        bob.call("match.report", match=started["match"], reason="spam")
        reports = whiply.command("match.reports")["reports"]
        assert [line["text"] for line in reports[0]["lines"]] == ["hello"]


def test_a_hub_that_is_killed_loses_neither_the_queue_nor_the_match(start):
    whiply = start(plugins=CONFIG)
    with WebSocket(whiply.http) as ann, WebSocket(whiply.http) as bob, WebSocket(whiply.http) as eve, WebSocket(whiply.http) as joe:
        enqueue(ann, age="adult")
        enqueue(bob, age="adult")
        match = ann.notification("match.started")
        assert bob.notification("match.started")
        enqueue(eve, age="adult", interests=["tea"])
        hub_killed(whiply)
        assert until(lambda: eve.call("match.status")["tickets"], what="eve's ticket")[0]["queue"] == "talk"
        until(lambda: eve.call("match.status")["tickets"][0]["state"] == "waiting", what="eve to wait")
        enqueue(joe, age="adult", interests=["tea"])
        assert eve.notification("match.started")["others"] == [{"name": joe.welcome["name"], "team": joe.notification("match.started")["team"]}]
        ann.call("chat.say", room=match["room"], text="still there")
        assert bob.notification("chat.message")["text"] == "still there"
        assert [m["match"] for m in bob.call("match.status")["matches"]] == [match["match"]]
        ann.call("match.leave", match=match["match"])
        assert bob.notification("match.ended")


def test_both_may_leave_in_the_same_moment(start):
    whiply = start(plugins=CONFIG)
    with WebSocket(whiply.http) as ann, WebSocket(whiply.http) as bob:
        for _ in range(5):
            enqueue(ann, "raid")
            ann.call("match.cancel", queue="raid")
        enqueue(ann, age="adult")
        enqueue(bob, age="adult")
        match = ann.notification("match.started")["match"]
        bob.notification("match.started")
        first, second = ann.post("match.leave", match=match), bob.post("match.leave", match=match)
        answers = [ann.answer_to(first), bob.answer_to(second)]
        assert any("result" in answer for answer in answers)
        for ws in (ann, bob):
            assert ws.call("match.status") == {"tickets": [], "matches": []}


def test_a_formula_of_lua_says_who_fits(start, tmp_path):
    """The document's, which counts a language more than a level; and what becomes of a bad one."""
    (tmp_path / "duel.lua").write_text(re.search(r"```lua\n(.*?)```", DOC, re.S)[1])
    queue = f"""queues = {{ duel = {{ patience = "0ms"; score = "{tmp_path}/duel.lua"; rules = ( {{ name = "level"; kind = "near"; window = 50; weight = 100; }},
      {{ name = "language"; kind = "near"; window = 50; }} ); }}; }};"""
    whiply = start(plugins=f"sqlite = {{ }}; matching = {{ {queue} }};")

    def third():
        """Whom somebody meets: one is nearer, the other speaks the same."""
        with WebSocket(whiply.http) as near, WebSocket(whiply.http) as same, WebSocket(whiply.http) as ws:
            enqueue(near, "duel", level=30, language=10)
            enqueue(same, "duel", level=-40, language=0)
            enqueue(ws, "duel", level=0, language=0)
            started = ws.notification("match.started")["others"][0]["name"]
            return "same" if started == same.welcome["name"] else "near"

    assert third() == "same"
    (tmp_path / "duel.lua").write_text("function score(waited) while waited >= 0 do end end")
    assert whiply.ctl("server.disable", "matching").returncode == 0 and whiply.ctl("server.enable", "matching").returncode == 0
    assert third() == "near"
    assert [event["spent"] for event in whiply.events("formula_failed")] == [True]


def test_over_http_one_may_look_but_not_wait(start):
    whiply = start(plugins=CONFIG)
    assert [q["queue"] for q in http(whiply.http, "GET", "/api/match.queues").json["queues"]] == ["talk", "duel", "raid"]
    answer = http(whiply.http, "POST", "/api/match.enqueue", {"queue": "talk"})
    assert answer.status == 409 and "WebSocket" in answer.json["detail"]
    until(lambda: "whiply_matching_waiting" in http(whiply.http, "GET", "/metrics").body.decode(), what="the gauge")
