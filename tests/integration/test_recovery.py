"""The hub may die and nobody is disconnected. Nor is anyone by what else can end: a plugin that crashes, a restart with a
new program, an edge."""
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time

import pytest
from conftest import BUILD, ROOT, plugin_beside
from wire import WebSocket, Wire, http, until


def join(port, n, room="r"):
    clients = []
    for _ in range(n):
        ws = WebSocket(port)
        ws.call("relay.join", room=room)
        clients.append(ws)
    return clients


def numbers(ws, n, room="r"):
    return [ws.notification("relay.message")["seq"] for _ in range(n)]


def test_a_killed_hub_disconnects_nobody_and_loses_no_place(start):
    whiply = start(edges=2)
    members = join(whiply.http, 20)
    with Wire(whiply.line) as line:
        line.line()
        line.send(b"JOIN r\r\n")
        assert line.line().startswith("OK JOIN")
        assert members[0].call("relay.say", room="r", text="before")["seq"] == 1
        old = whiply.kill("hub")
        whiply.hub_back(old)
        assert members[1].call("relay.say", room="r", text="after")["seq"] == 2
        for ws in members:
            assert numbers(ws, 2) == [1, 2]
        assert line.line().startswith("MSG r 1 ")
        assert line.line().startswith("MSG r 2 ")
        line.send(b"SAY r from the line\r\n")
        assert line.line().startswith(("MSG r 3", "OK SAY"))
    death = [e for e in whiply.events("died") if e["child"] == "hub"]
    assert death and "SIGKILL" in str(death[0]), death
    for ws in members:
        ws.close()


def test_what_was_said_while_the_hub_was_away_arrives_in_order(start):
    whiply = start(limits='messages = "10000/s burst 10000";', hub='command_rate = "10000/s"; address_rate = "10000/s";')
    sender, listener = join(whiply.http, 2)
    stop = threading.Event()
    sent = []

    def speak():
        while not stop.is_set():
            sent.append(sender.post("relay.say", room="r", text=f"number {len(sent)}", nonce=f"n{len(sent)}"))
            time.sleep(0.002)

    speaker = threading.Thread(target=speak)
    speaker.start()
    for _ in range(3):
        time.sleep(0.3)
        old = whiply.kill("hub")
        whiply.hub_back(old)
    time.sleep(0.2)
    stop.set()
    speaker.join()
    answered = {}
    sender.socket.settimeout(2)
    try:
        while len(answered) < len(sent):
            message = sender.take(lambda m: "id" in m, "answers")
            if "result" in message:
                answered[message["id"]] = message["result"]["seq"]
    except (TimeoutError, AssertionError):
        pass
    last = sender.call("relay.say", room="r", text="the end")["seq"]
    seen = []
    while not seen or seen[-1] != last:
        seen.append(listener.notification("relay.message")["seq"])
    assert seen == sorted(set(seen)), "in order, and none twice"
    assert set(answered.values()) <= set(seen), "an acknowledged message has arrived"


def test_a_retry_with_the_same_nonce_is_said_once_even_by_another_hub(start):
    whiply = start()
    sender, listener = join(whiply.http, 2)
    first = sender.call("relay.say", room="r", text="once", nonce="a")["seq"]
    old = whiply.kill("hub")
    whiply.hub_back(old)
    assert sender.call("relay.say", room="r", text="once", nonce="a")["seq"] == first
    assert sender.call("relay.say", room="r", text="other", nonce="b")["seq"] == first + 1
    assert numbers(listener, 2) == [first, first + 1]


def test_a_restart_runs_the_new_program(start, tmp_path):
    copy = tmp_path / "build"
    (copy / "bin").mkdir(parents=True)
    for name in ("whiplyd", "whiplyctl"):
        shutil.copy(BUILD / "bin" / name, copy / "bin" / name)
    whiply = start(build=copy, library=BUILD / "plugins" / ".libs")
    members = join(whiply.http, 5)
    old = whiply.children()["hub"]
    before = os.stat(f"/proc/{old}/exe").st_ino
    shutil.copy(BUILD / "bin" / "whiplyd", copy / "bin" / "new")
    os.rename(copy / "bin" / "new", copy / "bin" / "whiplyd")
    done = whiply.ctl("restart", "hub")
    assert done.returncode == 0, done.stderr
    whiply.hub_back(old)
    assert os.stat(f"/proc/{whiply.children()['hub']}/exe").st_ino != before
    members[0].call("relay.say", room="r", text="hello")
    for ws in members:
        assert numbers(ws, 1) == [1]


@pytest.fixture(scope="session")
def crasher(tmp_path_factory):
    """A plugin that dereferences NULL at a message that says so."""
    return plugin_beside(tmp_path_factory.mktemp("crasher"), "crasher")


def test_a_plugin_that_crashes_disconnects_nobody_and_its_record_is_set_aside(start, crasher):
    whiply = start(library=crasher, plugins="crasher = { };")
    members = join(whiply.http, 10)
    old = whiply.children()["hub"]
    members[0].post("relay.say", room="r", text="please crash")
    whiply.hub_back(old)
    until(lambda: whiply.events("record_set_aside"), 20, "the record to be set aside")
    whiply.wait()
    assert len([e for e in whiply.events("died") if e["child"] == "hub"]) == 2, "two hubs died of the record, the third skipped it"
    assert "crasher" in whiply.log()
    assert list((whiply.dir / "var" / "poison").iterdir())
    assert members[1].call("relay.say", room="r", text="we are still here")["seq"] == 1
    for ws in members:
        assert numbers(ws, 1) == [1]


def test_a_killed_edge_takes_its_own_clients_alone_and_they_can_resume(start):
    whiply = start(edges=2)
    members = join(whiply.http, 24)
    whiply.kill("edge 0")
    gone = []

    def some_gone():
        for ws in members:
            if ws not in gone and not ws.is_open():
                gone.append(ws)
        return len(gone) > 0

    until(some_gone, 10, "the clients of the dead edge")
    until(lambda: "edge 0" in whiply.children(), 10, "a new edge")
    stayed = [ws for ws in members if ws not in gone]
    assert stayed and gone
    back = WebSocket(whiply.http)
    result = back.call("session.resume", token=gone[0].welcome["token"])
    assert result["session"] == gone[0].welcome["session"]
    said = stayed[0].call("relay.say", room="r", text="hello")["seq"]
    for ws in [back, *stayed]:
        assert ws.notification("relay.message")["seq"] == said


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_session_that_lost_its_connection_outlives_the_hub(start, when):
    whiply = start()
    members = join(whiply.http, 3)
    lost, token = members[0], members[0].welcome["token"]
    if when == "before":
        lost.close()
        members[1].call("session.ping")
    old = whiply.kill("hub")
    if when == "meanwhile":
        lost.close()
    whiply.hub_back(old)
    back = WebSocket(whiply.http)
    until(lambda: "error" not in back.answer_to(back.post("session.resume", token=token)), 5, "the session to be resumable")
    said = members[1].call("relay.say", room="r", text="hello")["seq"]
    for ws in [back, *members[1:]]:
        assert ws.notification("relay.message")["seq"] == said


def test_a_resume_token_is_good_once(start):
    whiply = start()
    first = WebSocket(whiply.http)
    token = first.welcome["token"]
    first.close()
    second = WebSocket(whiply.http)
    until(lambda: "error" not in second.answer_to(second.post("session.resume", token=token)), 5, "the session to be resumable")
    third = WebSocket(whiply.http)
    assert third.refused("session.resume", token=token)
    assert third.refused("session.resume", token="A" * 43)


def test_a_client_is_told_of_a_recovery_and_calls_again_what_got_no_answer(start):
    whiply = start()
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="r")
        whiply.kill("hub")
        call = ws.post("relay.say", room="r", text="x", nonce="n")
        assert ws.notification("session.recovered")["epoch"] > ws.welcome["epoch"]
        # This one came after the hub's death, so the edge held it; had it been lost, this is what a client does.
        again = ws.call("relay.say", room="r", text="x", nonce="n")["seq"]
        assert ws.answer_to(call)["result"]["seq"] == again


def test_requests_that_a_dead_hub_had_are_answered(start):
    whiply = start()
    with Wire(whiply.http) as wire:
        os.kill(whiply.children()["hub"], signal.SIGSTOP)
        pid = whiply.children()["hub"]
        wire.send(b"POST /api/session.ping HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        time.sleep(0.2)
        os.kill(pid, signal.SIGKILL)
        head = wire.until(b"\r\n\r\n", 15)
        assert head.split()[1] in (b"200", b"503"), head


def test_a_draining_edge_lets_its_clients_finish(start):
    whiply = start(edges=1)
    ws = WebSocket(whiply.http)
    pid = whiply.children()["edge 0"]
    done = whiply.ctl("drain", "0", "--within", "2s")
    assert done.returncode == 0, done.stderr
    assert ws.call("session.ping") is not None
    assert http(whiply.http, "GET", "/health/live").status == 200
    code, reason = ws.closed(10)
    assert code == 1012 and "resume" in reason
    until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), 10, "the old edge to end")
