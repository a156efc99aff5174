"""Clients for the tests: bytes on a socket, one HTTP exchange, and a WebSocket client that can be as rude as a test needs."""
import base64
import hashlib
import json
import os
import select
import socket
import struct
import time

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
LIMIT = 10  # seconds that any single wait may take


def until(check, limit=LIMIT, what="the condition"):
    """Waits until check() is true and returns what it gave."""
    end = time.monotonic() + limit
    while True:
        got = check()
        if got:
            return got
        assert time.monotonic() < end, f"waited {limit} s for {what}"
        time.sleep(0.01)


class Wire:
    """A TCP connection that reads by pattern."""

    def __init__(self, port, source=None, tls=None, server_name=None, path=None):
        if path:
            self.socket = socket.socket(socket.AF_UNIX)
            self.socket.settimeout(LIMIT)
            self.socket.connect(str(path))
        else:
            self.socket = socket.create_connection(("127.0.0.1", port), LIMIT, source_address=(source, 0) if source else None)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname=server_name)
        self.got = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self, limit=LIMIT):
        """Reads once. False at the end of the stream, also when it was reset."""
        self.socket.settimeout(limit)
        try:
            data = self.socket.recv(65536)
        except ConnectionError:
            return False
        self.got += data
        return bool(data)

    def until(self, pattern, limit=LIMIT):
        """Reads up to and with the pattern."""
        end = time.monotonic() + limit
        while pattern not in self.got:
            left = end - time.monotonic()
            assert left > 0, f"waited for {pattern!r}, got {self.got[-500:]!r}"
            assert self.more(left), f"closed before {pattern!r}, got {self.got[-500:]!r}"
        at = self.got.index(pattern) + len(pattern)
        head, self.got = self.got[:at], self.got[at:]
        return head

    def exactly(self, n):
        while len(self.got) < n:
            assert self.more(), f"closed after {len(self.got)} of {n} bytes"
        head, self.got = self.got[:n], self.got[n:]
        return head

    def line(self, limit=LIMIT):
        return self.until(b"\r\n", limit)[:-2].decode()

    def rest(self, limit=LIMIT):
        """Reads to the end of the stream."""
        while self.more(limit):
            pass
        got, self.got = self.got, b""
        return got

    def is_open(self):
        """Is the connection still there, with nothing to read? What has come stays."""
        ready, _, _ = select.select([self.socket], [], [], 0)
        return not ready or self.more(0.5)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class Answer:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = {}
        for line in lines[1:]:
            if line:
                name, _, value = line.partition(":")
                self.headers[name.lower()] = value.strip()
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)


def read_answer(wire, head_only=False):
    """Reads one answer, by Content-Length or chunks."""
    head = wire.until(b"\r\n\r\n")
    answer = Answer(head, b"")
    if head_only or answer.status in (204, 304) or answer.status < 200:
        return answer
    if answer.headers.get("transfer-encoding") == "chunked":
        while size := int(wire.until(b"\r\n").split(b";")[0], 16):
            answer.body += wire.exactly(size)
            wire.until(b"\r\n")
        wire.until(b"\r\n")
    else:
        answer.body = wire.exactly(int(answer.headers["content-length"]))
    return answer


def http(port, method, target, body=None, headers=(), **options):
    """One exchange on a connection of its own."""
    lines = [f"{method} {target} HTTP/1.1", "Host: test.example", "Connection: close", *(f"{k}: {v}" for k, v in dict(headers).items())]
    data = b""
    if body is not None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        lines.append(f"Content-Length: {len(data)}")
        if "content-type" not in {k.lower() for k in dict(headers)}:
            lines.append("Content-Type: application/json")
    with Wire(port, **options) as wire:
        wire.send("\r\n".join(lines).encode() + b"\r\n\r\n" + data)
        return read_answer(wire, head_only=method == "HEAD")


def frame(opcode, payload=b"", fin=True, rsv=0, mask=True, length=None):
    """A frame, right or wrong as asked. `length`: the bytes of the length field, to lie with."""
    first = (0x80 if fin else 0) | rsv << 4 | opcode
    n = len(payload)
    if length is None:
        length = bytes([n]) if n < 126 else b"\x7e" + struct.pack(">H", n) if n < 65536 else b"\x7f" + struct.pack(">Q", n)
    length = bytes([length[0] | (0x80 if mask else 0)]) + length[1:]
    if not mask:
        return bytes([first]) + length + payload
    key = os.urandom(4)
    return bytes([first]) + length + key + bytes(b ^ key[i % 4] for i, b in enumerate(payload))


class WebSocket(Wire):
    """A client of whiply's JSON-RPC, one frame at a time."""

    def __init__(self, port, path="/ws", protocols="whiply.v1", headers=(), greet=True, unix=None, **options):
        super().__init__(port, path=unix, **options)
        key = base64.b64encode(os.urandom(16))
        lines = [f"GET {path} HTTP/1.1", "Host: test.example", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                 f"Sec-WebSocket-Key: {key.decode()}"]
        if protocols:
            lines.append(f"Sec-WebSocket-Protocol: {protocols}")
        lines += [f"{k}: {v}" for k, v in dict(headers).items()]
        self.send("\r\n".join(lines).encode() + b"\r\n\r\n")
        self.answer = read_answer(self, head_only=True)
        self.accepted = self.answer.status == 101
        self.waiting = []
        self.calls = 0
        self.welcome = None
        if self.accepted:
            assert self.answer.headers["sec-websocket-accept"] == base64.b64encode(hashlib.sha1(key + GUID).digest()).decode()
            if greet:
                self.welcome = self.notification("session.welcome")

    def frame(self):
        """One frame from the server: (opcode, payload, first byte)."""
        first, second = self.exactly(2)
        assert second < 0x80, "a server must not mask"
        n = second
        if n == 126:
            n, = struct.unpack(">H", self.exactly(2))
        elif n == 127:
            n, = struct.unpack(">Q", self.exactly(8))
        return first & 0x0F, self.exactly(n), first

    def message(self):
        """The next text message; pings are answered, a close is an error."""
        while True:
            opcode, payload, _ = self.frame()
            if opcode == 9:
                self.send(frame(10, payload))
            elif opcode == 1:
                return json.loads(payload)
            else:
                assert opcode == 10, f"expected a message, got opcode {opcode}: {payload!r}"

    def take(self, wanted, what):
        for i, message in enumerate(self.waiting):
            if wanted(message):
                return self.waiting.pop(i)
        end = time.monotonic() + LIMIT
        while time.monotonic() < end:
            message = self.message()
            if wanted(message):
                return message
            self.waiting.append(message)
        raise AssertionError(f"no {what} among {self.waiting}")

    def notification(self, method):
        return self.take(lambda m: isinstance(m, dict) and m.get("method") == method, method)["params"]

    def post(self, method, **params):
        self.calls += 1
        self.send(frame(1, json.dumps({"jsonrpc": "2.0", "id": self.calls, "method": method, "params": params}).encode()))
        return self.calls

    def answer_to(self, call):
        return self.take(lambda m: isinstance(m, dict) and m.get("id") == call, f"answer to {call}")

    def call(self, method, **params):
        """Calls a command and returns its result."""
        answer = self.answer_to(self.post(method, **params))
        assert "result" in answer, answer
        return answer["result"]

    def refused(self, method, **params):
        """Calls a command that must fail, and returns the error."""
        answer = self.answer_to(self.post(method, **params))
        assert "error" in answer, answer
        return answer["error"]

    def closed(self, limit=LIMIT):
        """Reads on to the server's close frame: (code, reason)."""
        end = time.monotonic() + limit
        while time.monotonic() < end:
            opcode, payload, _ = self.frame()
            if opcode == 8:
                return (struct.unpack(">H", payload[:2])[0] if payload else 1005), payload[2:].decode()
        raise AssertionError("no close frame")
