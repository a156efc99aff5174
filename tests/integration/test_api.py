"""A command is declared once and is reachable everywhere: JSON-RPC, HTTP, the control socket; with its errors, rates and papers."""
import hashlib
import json
import subprocess

import pytest
from wire import WebSocket, frame, http, until


def raw(ws, text):
    ws.send(frame(1, text if isinstance(text, bytes) else text.encode()))
    return ws.message()


@pytest.mark.parametrize("text, code", [
    ("{", -32700), ("", -32700), ("[1,]", -32700), ('{"jsonrpc":"2.0","id":1}', -32600), ('{"id":1,"method":"session.ping"}', -32600),
    ('{"jsonrpc":"1.0","id":1,"method":"session.ping"}', -32600), ("[]", -32600), ("7", -32600), ('{"jsonrpc":"2.0","id":1,"method":5}', -32600),
    ('{"jsonrpc":"2.0","id":1,"method":"no.such"}', -32601), ('{"jsonrpc":"2.0","id":1,"method":"relay.join"}', -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"relay.join","params":{"room":5}}', -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"relay.join","params":{"rom":"x"}}', -32602),
    ('{"jsonrpc":"2.0","id":1,"method":"relay.join","params":{"room":"x","room":"y"}}', (-32600, -32602, -32700)),
])
def test_every_error_has_its_code(whiply, text, code):
    with WebSocket(whiply.http) as ws:
        answer = raw(ws, text)
        assert answer["error"]["code"] in (code if isinstance(code, tuple) else (code,)), answer
        assert answer["jsonrpc"] == "2.0" and answer["error"]["message"]


def test_an_unknown_argument_names_the_nearest(whiply):
    with WebSocket(whiply.http) as ws:
        assert "room" in json.dumps(ws.refused("relay.join", rom="x"))


def test_a_batch_is_answered_as_one_and_notifications_not_at_all(whiply):
    with WebSocket(whiply.http) as ws:
        batch = [{"jsonrpc": "2.0", "id": "a", "method": "session.ping"}, {"jsonrpc": "2.0", "method": "session.ping"}, 7,
                 {"jsonrpc": "2.0", "id": None, "method": "no.such"}]
        answers = raw(ws, json.dumps(batch))
        assert len(answers) == 3
        assert {"a": "result"}.items() <= {answer["id"]: "result" if "result" in answer else "error" for answer in answers}.items()
        ws.send(frame(1, b'{"jsonrpc":"2.0","method":"session.ping"}'))
        assert ws.call("session.ping") is not None
        assert not ws.waiting


def test_http_speaks_the_same_commands(whiply):
    assert http(whiply.http, "POST", "/api/session.ping", {}).status == 200
    assert http(whiply.http, "POST", "/api/no.such", {}).status == 404
    bad = http(whiply.http, "POST", "/api/relay.join", {"room": 5})
    assert bad.status == 400 and bad.headers["content-type"] == "application/problem+json" and "room" in bad.json["detail"]
    assert http(whiply.http, "POST", "/api/session.ping", b"{}", {"Content-Type": "text/plain"}).status == 415
    assert http(whiply.http, "POST", "/api/session.ping", b"{").status == 400
    assert http(whiply.http, "GET", "/api/server.version").json["version"]


def test_what_is_not_allowed_is_refused(whiply):
    assert http(whiply.http, "POST", "/api/server.reload", {}).status in (401, 403)
    with WebSocket(whiply.http) as ws:
        assert ws.refused("server.reload")["code"] <= -32000


def test_a_token_of_the_config_gives_its_role(start):
    secret = "s3cret-of-the-bot"
    whiply = start(more=f'tokens = {{ bot = {{ sha256 = "{hashlib.sha256(secret.encode()).hexdigest()}"; roles = [ "admin" ]; }}; }};')
    good = http(whiply.http, "GET", "/api/server.plugins", headers={"Authorization": f"Bearer {secret}"})
    assert good.status == 200 and "relay" in good.body.decode()
    assert http(whiply.http, "GET", "/api/server.plugins", headers={"Authorization": "Bearer wrong"}).status == 401
    assert http(whiply.http, "GET", "/api/server.plugins").status in (401, 403)


def test_roles_of_the_operator_decide(start):
    whiply = start(more='roles = { guest = { deny = [ "relay.say" ]; }; };')
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="r")
        assert ws.refused("relay.say", room="r", text="x")["data"]["code"] in ("forbidden", "not_allowed", "permission")


def test_openapi_lists_every_command(whiply):
    document = http(whiply.http, "GET", "/api/openapi.json").json
    assert document["openapi"].startswith("3.1")
    commands = whiply.command("server.commands")["commands"]
    for command in commands:
        if "local" not in command.get("flags", []):
            assert f"/api/{command['name']}" in document["paths"], command["name"]
    body = document["paths"]["/api/relay.say"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "text" in json.dumps(body)


def test_a_trace_is_carried_through(whiply):
    trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    answer = http(whiply.http, "POST", "/api/session.ping", {}, {"traceparent": f"00-{trace}-00f067aa0ba902b7-01"})
    assert trace in answer.headers.get("traceparent", "") or answer.headers.get("x-request-id")
    until(lambda: trace in whiply.log(), 5, "the trace in the log")


def test_metrics_are_as_promtool_likes_them(whiply):
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="metrics")
    text = http(whiply.http, "GET", "/metrics")
    assert text.headers["content-type"].startswith("text/plain; version=0.0.4")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text.body, capture_output=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    body = text.body.decode()
    for word in ('command="relay.join"', 'listener="web"', "whiply_", 'plugin="relay"'):
        assert word in body, word
    opened = http(whiply.http, "GET", "/metrics", headers={"Accept": "application/openmetrics-text; version=1.0.0"})
    assert opened.headers["content-type"].startswith("application/openmetrics-text")
    assert opened.body.endswith(b"# EOF\n")


def test_rooms_reach_every_dialect(whiply):
    from wire import Wire
    with WebSocket(whiply.http) as ws, Wire(whiply.line) as line:
        assert line.line().startswith("HELLO")
        ws.call("relay.join", room="both")
        line.send(b"JOIN both\r\n")
        assert line.line().startswith("OK JOIN")
        ws.call("relay.say", room="both", text="from the page")
        assert line.line().endswith(" from the page")
        line.send(b"SAY both from the line\r\n")
        got = [ws.notification("relay.message") for _ in range(2)]
        assert [m["text"] for m in got] == ["from the page", "from the line"]
        assert [m["seq"] for m in got] == [1, 2]


def test_a_foreign_site_cannot_act_with_a_visitors_cookie(whiply):
    answer = http(whiply.http, "POST", "/api/session.ping", {}, {"Cookie": "session=x", "Origin": "https://evil.example"})
    assert answer.status == 403
