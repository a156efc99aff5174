"""Listeners on Unix sockets: the same protocols, rights by the file's mode, and no limit that counts addresses."""
import pathlib
import signal
import shutil
import stat
import tempfile

import pytest
from wire import WebSocket, Wire, http, until

LISTENERS = """, {{ name = "uweb"; address = "unix:{dir}/web.sock"; protocol = "http"; mode = "0600"; }},
  {{ name = "uline"; address = "unix:{dir}/line.sock"; protocol = "line"; dialect = "plain"; }}"""


@pytest.fixture
def folder():
    """Short, since a socket's path is."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="whiply-unix-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


def test_http_and_websocket_work(start, folder):
    whiply = start(edges=2, listeners=LISTENERS.format(dir=folder))
    path = folder / "web.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert http(None, "GET", "/health/ready", path=path).status == 200
    assert http(None, "POST", "/api/session.ping", {}, path=path).status == 200
    with WebSocket(None, unix=path) as ws, WebSocket(whiply.http) as other:
        assert ws.call("session.whoami")["address"] == "unix"
        ws.call("relay.join", room="r")
        other.call("relay.join", room="r")
        other.call("relay.say", room="r", text="over TCP")
        assert ws.notification("relay.message")["text"] == "over TCP"


def test_lines_work_and_survive_the_hub(start, folder):
    whiply = start(listeners=LISTENERS.format(dir=folder))
    with Wire(None, path=folder / "line.sock") as line:
        line.line()
        line.send(b"PING one\r\n")
        assert line.line() == "PONG one"
        old = whiply.kill("hub")
        line.send(b"PING two\r\n")
        assert line.line(20) == "PONG two"
        whiply.hub_back(old)


def test_a_reload_keeps_the_socket_and_opens_another(start, folder):
    whiply = start(listeners=LISTENERS.format(dir=folder))
    inode = (folder / "web.sock").stat().st_ino
    with WebSocket(None, unix=folder / "web.sock") as ws:
        whiply.configure(listeners=LISTENERS.format(dir=folder) + f', {{ name = "more"; address = "unix:{folder}/more.sock"; protocol = "http"; }}')
        assert whiply.ctl("reload").returncode == 0

        def is_served():
            try:
                return http(None, "GET", "/health/live", path=folder / "more.sock").status == 200
            except OSError:
                return False

        until(is_served, 10, "the new socket")
        assert (folder / "web.sock").stat().st_ino == inode
        assert http(None, "GET", "/health/live", path=folder / "web.sock").status == 200
        assert ws.call("session.ping") is not None


def test_a_socket_that_a_dead_server_left_is_taken_and_a_living_ones_is_not(start, folder):
    first = start(listeners=LISTENERS.format(dir=folder))
    second = start(listeners=LISTENERS.format(dir=folder), wait=False)
    assert second.process.wait(10) != 0
    assert "another process listens there" in second.log()
    second.process.returncode = 0  # as it should be
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    first.process.returncode = 0
    assert (folder / "web.sock").exists()
    third = until(lambda: restarted(start, folder), 20, "the children of the dead server to be gone")
    assert http(None, "GET", "/health/ready", path=folder / "web.sock").status == 200
    assert third.process.poll() is None


def restarted(start, folder):
    server = start(listeners=LISTENERS.format(dir=folder), wait=False)
    try:
        server.wait()
        return server
    except AssertionError:
        assert server.process.wait(10) != 0
        server.process.returncode = 0
        return None


def test_what_counts_addresses_does_not_count_unix_sockets(start, folder):
    whiply = start(listeners=LISTENERS.format(dir=folder), limits='per_address = 5; accept_rate_per_address = "1/m burst 5";')
    held = [WebSocket(None, unix=folder / "web.sock") for _ in range(12)]
    for ws in held:
        assert ws.call("session.ping") is not None
        ws.close()
