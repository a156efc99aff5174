"""What one client does must not be felt by another: those who stop reading, floods, and networks that are not wanted."""
import json
import os
import re
import select
import signal
import time

from wire import LIMIT, WebSocket, Wire, frame, http, until


def memory_of(pid):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith("VmRSS"):
            return int(line.split()[1])
    return 0


def test_a_member_that_stops_reading_is_closed_and_slows_nobody(start):
    whiply = start(limits='queue = "64KiB"; messages = "100000/s burst 100000"; bytes = "1000000000/s burst 1000000000";', hub='command_rate = "100000/s"; address_rate = "100000/s";')
    sender, reader, lazy = (WebSocket(whiply.http) for _ in range(3))
    for ws in (sender, reader, lazy):
        ws.call("relay.join", room="r")
    text = "x" * 4000
    slowest = 0
    for n in range(2000):
        began = time.monotonic()
        sender.call("relay.say", room="r", text=text)
        assert reader.notification("relay.message")["seq"] == n + 1
        sender.notification("relay.message")
        slowest = max(slowest, time.monotonic() - began)
    assert slowest < 2
    until(lambda: http(whiply.http, "GET", "/health/ready").status == 200)
    lazy.waiting.clear()
    code, reason = None, None
    try:
        code, reason = lazy.closed()
    except AssertionError:
        pass  # its queue was full: the close frame may not have reached it
    assert code in (None, 1008, 4008) and (reason is None or reason)
    assert whiply.command("session.list")["total"] <= 4


def test_a_stalled_edge_leaves_the_hubs_memory_bounded(start):
    whiply = start(edges=2, hub='edge_queue = "4MiB"; command_rate = "100000/s"; address_rate = "100000/s";', limits='messages = "100000/s burst 100000"; bytes = "1000000000/s burst 1000000000";')
    members = [WebSocket(whiply.http) for _ in range(16)]
    for ws in members:
        ws.call("relay.join", room="r")
    hub = whiply.children()["hub"]
    before = memory_of(hub)
    stalled = whiply.children()["edge 1"]
    os.kill(stalled, signal.SIGSTOP)
    for ws in members:
        ws.post("session.ping")
    answering, _, _ = select.select([ws.socket for ws in members], [], [], LIMIT)
    alive = next(ws for ws in members if ws.socket in answering)
    alive.answer_to(alive.calls)
    end = time.monotonic() + 60
    while "edge 1" in whiply.children() and whiply.children()["edge 1"] == stalled and time.monotonic() < end:
        for _ in range(200):
            alive.call("relay.say", room="r", text="x" * 4000)
            alive.waiting.clear()
    assert whiply.children().get("edge 1") != stalled, "the stuck edge is replaced"
    assert memory_of(hub) - before < 64 * 1024


def test_a_flood_from_one_address_is_refused_and_others_are_served(start):
    whiply = start(limits='per_address = 10;')
    held = [Wire(whiply.http, source="127.0.0.9") for _ in range(30)]
    with WebSocket(whiply.http, source="127.0.0.1") as other:
        assert other.call("session.ping") is not None

        def refused():
            return sum(not wire.is_open() for wire in held)

        until(lambda: refused() >= 20, 10, "connections over the limit to be closed")
        assert refused() == 20
    for wire in held:
        wire.close()


def test_a_network_on_the_deny_list_gets_nothing(start):
    whiply = start(limits='deny = [ "127.0.0.64/26" ];')
    with Wire(whiply.http, source="127.0.0.70") as wire:
        wire.send(b"GET /health/live HTTP/1.1\r\nHost: a\r\n\r\n")
        assert wire.rest() == b""
    assert http(whiply.http, "GET", "/health/live", source="127.0.0.1").status == 200


def test_too_many_messages_are_slowed_and_then_closed(start):
    whiply = start(limits='messages = "10/s burst 10";')
    with WebSocket(whiply.http) as ws, WebSocket(whiply.http) as other:
        call = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "session.ping"}).encode()
        try:
            for _ in range(3000):
                ws.send(frame(1, call))
        except OSError:
            pass
        began = time.monotonic()
        assert other.call("session.ping") is not None
        assert time.monotonic() - began < 2


def test_commands_over_their_rate_say_when_to_try_again(start):
    whiply = start(hub='command_rate = "2/s burst 3";')
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="r")
        errors = []
        for _ in range(12):
            answer = ws.answer_to(ws.post("relay.say", room="r", text="quick"))
            if "error" in answer:
                errors.append(answer["error"])
        assert errors
        assert errors[0]["data"]["code"] == "too_fast" and 0 < errors[0]["data"]["retry_ms"] <= 2000


def test_the_total_of_connections_is_bounded(start):
    whiply = start(limits='connections = 20; per_address = 1000;')
    held = [Wire(whiply.http, source=f"127.0.1.{i}") for i in range(1, 31)]
    until(lambda: sum(not wire.is_open() for wire in held) >= 9, 10, "those over the limit to be closed")
    for wire in held:
        wire.close()
    whiply.wait()


def test_an_over_long_line_is_reported_and_not_fatal(whiply):
    with Wire(whiply.line) as line:
        line.line()
        line.send(b"SAY r " + b"x" * 2000 + b"\r\nPING one\nPING two\r\n")
        assert line.line().startswith("ERR LINE")
        assert line.line() == "PONG one"
        assert line.line() == "PONG two"


def post_until_closed(wire, message, n):
    """Says it n times, as far as the server takes it; it may stop listening."""
    try:
        for _ in range(n):
            wire.send(message)
    except OSError:
        pass


def test_a_flood_that_goes_on_is_closed(start):
    whiply = start(limits='messages = "20/s burst 5"; flood = "1s";')
    with WebSocket(whiply.http) as ws, Wire(whiply.line) as line, WebSocket(whiply.http) as calm:
        line.line()
        post_until_closed(ws, frame(1, b'{"jsonrpc":"2.0","id":1,"method":"session.ping"}'), 500)
        post_until_closed(line, b"PING a\r\n", 500)
        code, reason = ws.closed()
        assert code == 1008 and re.fullmatch(r"too many messages; resume in \d+ ms", reason)
        answers = line.rest().count(b"PONG a\r\n")
        assert 5 <= answers < 500
        assert calm.call("session.ping") is not None


def test_a_flood_that_ends_in_time_is_slowed_and_not_closed(start):
    whiply = start(limits='messages = "100/s burst 5"; flood = "20s";', hub='command_rate = "1000/s"; address_rate = "1000/s";')
    with WebSocket(whiply.http) as ws:
        began = time.monotonic()
        calls = [ws.post("session.ping") for _ in range(105)]
        for call in calls:
            assert "result" in ws.answer_to(call)
        assert time.monotonic() - began > 0.8


def test_without_a_flood_limit_nobody_is_closed_for_being_quick(start):
    whiply = start(limits='messages = "100/s burst 5"; flood = "0";')
    with Wire(whiply.line) as line:
        line.line()
        for n in range(400):
            line.send(f"PING {n}\r\n".encode())
        began = time.monotonic()
        for n in range(400):
            assert line.line() == f"PONG {n}"
        assert 3 < time.monotonic() - began < 8, "the rate holds, though the burst is small"


def test_connections_of_one_address_have_a_rate(start):
    whiply = start(limits='accept_rate_per_address = "1/m burst 20";')
    began = time.monotonic()
    served = 0
    for _ in range(30):
        with Wire(whiply.http, source="127.0.0.9") as wire:
            try:
                wire.send(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            except OSError:
                continue
            served += b" 200 " in wire.rest()
    assert 20 <= served <= 20 + (time.monotonic() - began) / 60 + 1
    assert http(whiply.http, "GET", "/health/live", source="127.0.0.10").status == 200


def test_accepting_has_a_rate_and_nobody_is_refused_for_it(start):
    whiply = start(limits='accept_rate = "20/s burst 1";')
    began = time.monotonic()
    for n in range(20):
        assert http(whiply.http, "GET", "/health/live", source=f"127.0.0.{n + 9}").status == 200
    assert time.monotonic() - began > 0.8


def test_the_operator_gives_a_command_another_rate_and_a_reload_changes_it(start):
    whiply = start(more='rates = ( { command = "relay.s*"; rate = "1/h burst 2"; } );')
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="den")
        for _ in range(2):
            ws.call("relay.say", room="den", text="x")
        assert ws.refused("relay.say", room="den", text="x")["data"]["code"] == "too_fast"
        whiply.configure(more='rates = ( { command = "relay.*"; rate = "1000/s burst 1000"; } );')
        whiply.command("server.reload")
        ws.call("relay.say", room="den", text="x")
