"""Every rule of HTTP that the edge keeps, each with the bytes that break it and the answer that they get."""
import pytest
from wire import LIMIT, Wire, http, read_answer

HOST = b"Host: a.example\r\n"
REFUSED = {
    "no_host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two_hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    "bad_host": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    "differing_lengths": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd", 400),
    "list_of_lengths": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: 3, 4\r\n\r\nabcd", 400),
    "signed_length": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: +3\r\n\r\nabc", 400),
    "negative_length": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n", 400),
    "huge_length": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: 99999999999999999999\r\n\r\n", (400, 413)),
    "both_framings": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "unknown_coding": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    "chunked_not_last": (b"POST /api/x HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", (400, 501)),
    "chunked_in_1_0": (b"POST /api/x HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "bad_chunk_size": (b"POST /api/server.version HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n", 400),
    "space_before_colon": (b"GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    "bare_lf": (b"GET / HTTP/1.1\nHost: a\n\n", 400),
    "bare_cr": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n", 400),
    "folded_header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n", 400),
    "nul_in_header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\0b\r\n\r\n", 400),
    "nul_in_target": (b"GET /a\0b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "encoded_nul": (b"GET /a%00b HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "climbing_path": (b"GET /../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", (400, 404)),
    "bad_method": (b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n", 400),
    "unknown_method": (b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n", 501),
    "connect": (b"CONNECT a:443 HTTP/1.1\r\n" + HOST + b"\r\n", (400, 501)),
    "version_2": (b"GET / HTTP/2.0\r\n" + HOST + b"\r\n", 505),
    "version_0_9": (b"GET /\r\n\r\n", (400, 505)),
    "garbage": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "long_target": (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n" + HOST + b"\r\n", 414),
    "long_header": (b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 40000 + b"\r\n\r\n", 431),
    "many_headers": (b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 500 + b"\r\n", 431),
    "long_body": (b"POST /api/server.version HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 50000000\r\n\r\n", 413),
    "unknown_expectation": (b"POST /api/server.version HTTP/1.1\r\n" + HOST + b"Expect: magic\r\nContent-Length: 2\r\n\r\n{}", 417),
}


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(whiply, name):
    data, expected = REFUSED[name]
    with Wire(whiply.http) as wire:
        wire.send(data)
        answer = read_answer(wire)
        assert answer.status in (expected if isinstance(expected, tuple) else (expected,)), answer.body
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json["status"] == answer.status and answer.json["title"]
        if answer.status not in (404, 501):
            assert answer.headers["connection"] == "close"
            assert wire.rest() == b"", "nothing of what follows a bad request may be taken for another"


def test_a_connection_serves_many_requests_in_order(whiply):
    with Wire(whiply.http) as wire:
        wire.send((b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n" + b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n") * 10)
        assert [read_answer(wire).status for _ in range(20)] == [200, 404] * 10


def test_a_chunked_body_in_pieces_is_put_together(whiply):
    with Wire(whiply.http) as wire:
        head = b"POST /api/session.ping HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
        for piece in (head, b"1\r\n{", b"\r\n1;ext=1\r\n}\r\n", b"0\r\nX-Trailer: 1\r\n", b"\r\n"):
            wire.send(piece)
        assert read_answer(wire).status == 200


def test_expect_is_answered_before_the_body_is_sent(whiply):
    with Wire(whiply.http) as wire:
        wire.send(b"POST /api/session.ping HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert read_answer(wire, head_only=True).status == 100
        wire.send(b"{}")
        assert read_answer(wire).status == 200


def test_head_has_the_headers_of_get_and_no_body(whiply):
    full = http(whiply.http, "GET", "/api/openapi.json")
    head = http(whiply.http, "HEAD", "/api/openapi.json")
    assert full.status == head.status == 200
    assert int(head.headers["content-length"]) == len(full.body) > 1000
    assert head.body == b""


def test_a_wrong_method_is_told_which_are_right(whiply):
    answer = http(whiply.http, "DELETE", "/health/ready")
    assert answer.status == 405
    assert "GET" in answer.headers["allow"]


def test_answers_carry_security_headers(whiply):
    headers = http(whiply.http, "GET", "/health/live").headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "content-security-policy" in headers


def test_a_head_that_never_ends_is_cut_off(start):
    whiply = start(http='header_timeout = "1s";')
    with Wire(whiply.http) as wire:
        wire.send(b"GET / HTTP/1.1\r\n")
        assert read_answer(wire).status == 408
        assert wire.rest() == b""


def test_a_body_that_never_ends_is_cut_off(start):
    whiply = start(http='body_timeout = "1s";')
    with Wire(whiply.http) as wire:
        wire.send(b"POST /api/session.ping HTTP/1.1\r\n" + HOST + b"Content-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
        assert read_answer(wire).status == 408
        assert wire.rest() == b""


def test_an_idle_connection_is_closed(start):
    whiply = start(http='idle_timeout = "1s";')
    with Wire(whiply.http) as wire:
        wire.send(b"GET /health/live HTTP/1.1\r\n" + HOST + b"\r\n")
        assert read_answer(wire).status == 200
        assert wire.rest(LIMIT) == b""


def test_only_listed_origins_may_read(start):
    whiply = start(http='origins = [ "https://good.example" ];')
    good = http(whiply.http, "POST", "/api/session.ping", {}, {"Origin": "https://good.example"})
    assert good.headers["access-control-allow-origin"] == "https://good.example"
    assert "origin" in good.headers["vary"].lower()
    bad = http(whiply.http, "POST", "/api/session.ping", {}, {"Origin": "https://good.example.evil"})
    assert "access-control-allow-origin" not in bad.headers
    preflight = http(whiply.http, "OPTIONS", "/api/session.ping", None,
                     {"Origin": "https://good.example", "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "content-type"})
    assert preflight.status == 204
    assert "POST" in preflight.headers["access-control-allow-methods"]


def test_a_forwarded_address_is_believed_from_trusted_networks_only(start):
    whiply = start(web='trusted = [ "127.0.0.1" ]; forwarded = "x-forwarded-for";')
    told = http(whiply.http, "POST", "/api/session.whoami", {}, {"X-Forwarded-For": "203.0.113.9"})
    assert told.json["address"] == "203.0.113.9"
    alone = http(whiply.http, "POST", "/api/session.whoami", {}, {"X-Forwarded-For": "203.0.113.9"}, source="127.0.0.2")
    assert alone.json["address"] == "127.0.0.2"
