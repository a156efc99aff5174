"""Every rule of WebSocket that the edge keeps, each with the bytes that break it and the close code that they get."""
import asyncio
import re
import struct
import threading
import time
import zlib

import pytest
import websockets
from wire import WebSocket, Wire, frame, http, read_answer

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
GOOD = {"Host": "a.example", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY,
        "Sec-WebSocket-Protocol": "whiply.v1"}
HANDSHAKES = {
    "no_key": ({"Sec-WebSocket-Key": None}, 400),
    "short_key": ({"Sec-WebSocket-Key": "abc="}, 400),
    "version_8": ({"Sec-WebSocket-Version": "8"}, 426),
    "no_upgrade": ({"Upgrade": None}, 426),
    "no_connection": ({"Connection": "keep-alive"}, (400, 426)),
    "foreign_origin": ({"Origin": "https://evil.example"}, 403),
    "unknown_subprotocol": ({"Sec-WebSocket-Protocol": "mystery"}, 400),
}
PING = b'{"jsonrpc":"2.0","id":1,"method":"session.ping"}'
BROKEN = {
    "unmasked": (frame(1, b"x", mask=False), 1002),
    "rsv1_without_deflate": (frame(1, b"x", rsv=4), 1002),
    "rsv2": (frame(1, b"x", rsv=2), 1002),
    "opcode_3": (frame(3, b"x"), 1002),
    "opcode_11": (frame(11, b"x"), 1002),
    "fragmented_ping": (frame(9, b"x", fin=False), 1002),
    "long_ping": (frame(9, b"x" * 126), 1002),
    "continuation_of_nothing": (frame(0, b"x"), 1002),
    "text_inside_text": (frame(1, b"x", fin=False) + frame(1, b"y"), 1002),
    "long_form_of_a_short_length": (frame(1, b"x" * 5, length=b"\x7e\x00\x05"), 1002),
    "length_over_63_bits": (frame(1, b"", length=b"\x7f" + b"\xff" * 8), 1002),
    "close_of_one_byte": (frame(8, b"x"), 1002),
    "close_code_1005": (frame(8, struct.pack(">H", 1005)), 1002),
    "close_code_999": (frame(8, struct.pack(">H", 999)), 1002),
    "close_reason_not_utf8": (frame(8, struct.pack(">H", 1000) + b"\xff"), 1007),
    "text_not_utf8": (frame(1, b"\xff"), 1007),
    "surrogate_in_text": (frame(1, b"\xed\xa0\x80"), 1007),
    "utf8_fails_before_the_message_ends": (frame(1, b"\xff", fin=False), 1007),
    "too_big": (frame(1, b"x" * 70000), 1009),
    "too_big_in_pieces": (frame(1, b"x" * 40000, fin=False) + frame(0, b"x" * 40000), 1009),
}


def request(headers):
    return "GET /ws HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers.items() if v is not None) + "\r\n"


@pytest.mark.parametrize("name", HANDSHAKES)
def test_handshake_is_refused(whiply, name):
    change, expected = HANDSHAKES[name]
    with Wire(whiply.http) as wire:
        wire.send(request({**GOOD, **change}).encode())
        answer = read_answer(wire)
        assert answer.status in (expected if isinstance(expected, tuple) else (expected,)), answer.body
        if answer.status == 426:
            assert answer.headers["sec-websocket-version"] == "13"


def test_the_example_of_the_rfc_is_accepted(whiply):
    with Wire(whiply.http) as wire:
        wire.send(request(GOOD).encode())
        answer = read_answer(wire, head_only=True)
        assert answer.status == 101
        assert answer.headers["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert answer.headers["sec-websocket-protocol"] == "whiply.v1"


@pytest.mark.parametrize("name", BROKEN)
def test_frame_is_refused_with_a_code(whiply, name):
    data, code = BROKEN[name]
    with WebSocket(whiply.http) as ws:
        ws.send(data)
        got, reason = ws.closed()
        assert got == code
        assert re.fullmatch(r".+; resume in \d+ ms", reason), "why, and when to come back"
        assert ws.rest() == b""


def test_every_split_of_a_message_is_the_same_message(whiply):
    whole = frame(1, PING[:20], fin=False) + frame(9, b"now") + frame(0, PING[20:])
    with WebSocket(whiply.http) as ws:
        for byte in whole:
            ws.send(bytes([byte]))
        assert ws.frame()[:2] == (10, b"now")
        assert ws.message()["id"] == 1


def test_a_close_is_answered_with_its_code(whiply):
    with WebSocket(whiply.http) as ws:
        ws.send(frame(8, struct.pack(">H", 1000) + b"bye"))
        assert ws.closed()[0] == 1000


def test_messages_are_deflated_both_ways(whiply):
    with WebSocket(whiply.http, headers={"Sec-WebSocket-Extensions": "permessage-deflate; client_max_window_bits"}, greet=False) as ws:
        assert "server_no_context_takeover" in ws.answer.headers["sec-websocket-extensions"]
        squeeze = zlib.compressobj(wbits=-15)
        call = b'{"jsonrpc":"2.0","id":1,"method":"server.version","params":{}}'
        ws.send(frame(1, (squeeze.compress(call) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv=4))
        texts = []
        while not any(b'"id":1' in text for text in texts):
            opcode, payload, first = ws.frame()
            assert opcode == 1
            texts.append(zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff") if first & 0x40 else payload)


def test_a_deflate_bomb_is_refused(whiply):
    with WebSocket(whiply.http, headers={"Sec-WebSocket-Extensions": "permessage-deflate"}, greet=False) as ws:
        squeeze = zlib.compressobj(9, wbits=-15)
        ws.send(frame(1, (squeeze.compress(b"x" * 10_000_000) + squeeze.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv=4))
        assert ws.closed()[0] == 1009


def test_a_dead_peer_is_found(start):
    whiply = start(websocket='ping = "1s"; dead_after = "2s";')
    texts = []

    def live(ws):
        while not texts:
            opcode, payload, _ = ws.frame()
            if opcode == 9:
                ws.send(frame(10, payload))
            elif opcode == 1:
                texts.append(payload)

    with WebSocket(whiply.http) as alive, WebSocket(whiply.http) as dead:
        thread = threading.Thread(target=live, args=(alive,))
        thread.start()
        began = time.monotonic()
        code, reason = dead.closed(8)
        assert time.monotonic() - began < 5
        assert code == 1001 and "ping" in reason
        # The other one answered its pings meanwhile, and lives.
        alive.post("session.ping")
        thread.join(10)
        assert texts


def test_a_library_that_others_wrote_can_talk_to_us(whiply):
    async def talk():
        async with websockets.connect(f"ws://127.0.0.1:{whiply.http}/ws", subprotocols=["whiply.v1"]) as ws:
            assert "session.welcome" in await asyncio.wait_for(ws.recv(), 10)
            await ws.send(PING.decode())
            assert '"id":1' in await asyncio.wait_for(ws.recv(), 10)

    asyncio.run(talk())


def test_the_page_of_a_websocket_says_what_it_is(whiply):
    assert http(whiply.http, "GET", "/ws").status == 426
