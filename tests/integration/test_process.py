"""The processes as an operator sees them: titles, users, the sandbox, systemd, start and stop."""
import grp
import os
import pathlib
import pwd
import signal
import socket
import subprocess

import pytest
from conftest import BUILD, ROOT, Whiply, free_ports
from wire import WebSocket, http, until

RELEASE = ROOT / "build"


def status(pid, key):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(key + ":"):
            return line.split(":")[1].split()
    raise KeyError(key)


def test_titles_say_who_is_who(start):
    whiply = start(edges=2)
    assert set(whiply.children()) == {"hub", "edge 0", "edge 1"}
    assert pathlib.Path(f"/proc/{whiply.process.pid}/cmdline").read_bytes().split(b"\0")[0] == b"whiplyd: keeper"


def test_edges_run_under_seccomp(start):
    # Sanitizers need system calls that the filter does not have, so this one looks at the product.
    whiply = start(build=RELEASE)
    children = whiply.children()
    assert status(children["edge 0"], "Seccomp") == ["2"]
    assert status(children["edge 0"], "NoNewPrivs") == ["1"]
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="r")
        assert ws.call("relay.say", room="r", text="x")["seq"] == 1


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_edges_and_hub_are_not_root(start):
    whiply = start(more='user = "nobody";', build=RELEASE, wait=False)
    whiply.dir.chmod(0o755)
    whiply.wait()
    nobody = str(pwd.getpwnam("nobody").pw_uid)
    for title, pid in whiply.children().items():
        assert set(status(pid, "Uid")) == {nobody}, title
        assert set(status(pid, "CapEff")) == {"0" * 16}, title
    old = whiply.kill("hub")
    whiply.hub_back(old)


def ask_as(path, user, group):
    """Asks over the control socket as somebody else: the answer, or why there is none."""
    into, out = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            os.setgroups([])
            os.setgid(group)
            os.setuid(user)
            with socket.socket(socket.AF_UNIX) as s:
                s.settimeout(10)
                s.connect(str(path))
                s.sendall(b'{"jsonrpc":"2.0","id":1,"method":"server.version","params":{}}\n')
                os.write(out, s.recv(4096))
        except OSError as refused:
            os.write(out, str(refused).encode())
        finally:
            os._exit(0)
    os.close(out)
    os.waitpid(pid, 0)
    with open(into, "rb") as said:
        return said.read().decode()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become somebody else")
def test_the_control_group_reaches_the_control_socket_and_nothing_else(start):
    games, daemon = grp.getgrnam("games").gr_gid, pwd.getpwnam("daemon")
    whiply = start(more='user = "nobody";', hub='control_group = "games";', build=RELEASE, wait=False)
    whiply.dir.chmod(0o755)
    whiply.wait()
    assert '"version"' in ask_as(whiply.control, daemon.pw_uid, games)
    assert "Permission denied" in ask_as(whiply.control, daemon.pw_uid, daemon.pw_gid)
    assert [path for path in (whiply.state, *whiply.state.iterdir()) if path.stat().st_mode & 0o7] == []
    assert [path.name for path in whiply.state.rglob("*") if path.stat().st_gid == games] == ["control.sock"]
    whiply.configure(hub="")
    assert whiply.ctl("reload").returncode == 0
    assert "Permission denied" in ask_as(whiply.control, daemon.pw_uid, games)
    whiply.configure(hub='control_group = "nobody-at-all";')
    done = whiply.ctl("reload")
    assert done.returncode == 1 and 'there is no group "nobody-at-all"' in done.stdout + done.stderr


def test_it_serves_within_200_ms(start):
    whiply = start(build=RELEASE, wait=False)
    until(whiply.ready, 5)
    assert until(lambda: whiply.events("serving"), 5)[0]["start_ms"] <= 200


def test_systemd_is_told(tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bus:
        bus.bind(str(path))
        bus.settimeout(10)
        whiply = Whiply(environment={"NOTIFY_SOCKET": str(path), "WATCHDOG_USEC": "1000000"}, wait=False)
        said = ""
        while "READY=1" not in said:
            said += bus.recv(4096).decode() + "\n"
        whiply.wait()
        while "WATCHDOG=1" not in said:
            said += bus.recv(4096).decode() + "\n"
        whiply.process.send_signal(signal.SIGHUP)
        while "RELOADING=1" not in said:
            said += bus.recv(4096).decode() + "\n"
        whiply.wait()
        whiply.stop()
        while "STOPPING=1" not in said:
            said += bus.recv(4096).decode() + "\n"


def test_a_socket_from_systemd_is_used(tmp_path):
    port, line = free_ports(2)
    config = tmp_path / "whiply.conf"
    config.write_text(f'state = "{tmp_path}/var"; listeners = ( {{ name = "web"; address = "127.0.0.1:{port}"; protocol = "http"; }} ); plugins = {{ }};')
    with socket.socket() as given:
        given.bind(("127.0.0.1", port))
        given.listen(16)
        # What systemd does: the socket at 3, and who it is for in the environment.
        script = f'import os, sys; os.dup2({given.fileno()}, 3); os.environ.update(LISTEN_FDS="1", LISTEN_FDNAMES="web", LISTEN_PID=str(os.getpid())); ' \
                 'os.execv(sys.argv[1], sys.argv[1:])'
        process = subprocess.Popen(["/usr/bin/python3", "-c", script, BUILD / "bin" / "whiplyd", "-c", config, "-L", BUILD / "plugins" / ".libs"],
                                   pass_fds=[given.fileno(), 3] if given.fileno() != 3 else [3], stderr=subprocess.PIPE, text=True)
    try:
        def served():
            assert process.poll() is None, process.stderr.read()
            try:
                return http(port, "GET", "/health/live").status == 200
            except (OSError, AssertionError):
                return False

        until(served, 15, "an answer on the socket that was handed over")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)
    assert process.returncode == 0


def test_a_stop_says_goodbye(start):
    whiply = start()
    ws = WebSocket(whiply.http)
    whiply.process.send_signal(signal.SIGTERM)
    code, reason = ws.closed()
    assert code == 1001 and "resume" in reason
    assert whiply.process.wait(20) == 0


def test_nothing_is_left_when_the_keeper_is_killed():
    whiply = Whiply()
    children = whiply.children()
    whiply.process.kill()
    whiply.process.wait()
    until(lambda: not any(pathlib.Path(f"/proc/{pid}").exists() for pid in children.values()), 10, "the children to end")


def test_a_second_server_on_the_same_port_is_refused(start):
    first = start()
    second = subprocess.run([BUILD / "bin" / "whiplyd", "-c", first.config, "-L", BUILD / "plugins" / ".libs"], capture_output=True, text=True, timeout=20)
    assert second.returncode == 1
    assert str(first.http) in second.stderr or "control" in second.stderr
    assert http(first.http, "GET", "/health/live").status == 200


def test_a_hub_that_keeps_dying_is_started_with_pauses(start):
    whiply = start()
    for _ in range(4):
        old = whiply.kill("hub")
        until(lambda: whiply.children().get("hub") not in (None, old), 10)
    delays = [event["ms"] for event in whiply.events("restart_delayed")]
    assert delays and delays == sorted(delays)
    whiply.wait()
