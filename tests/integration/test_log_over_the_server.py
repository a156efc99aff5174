"""The log over the server: lines of all processes, over the control socket, HTTP and WebSocket, following, a hub that dies meanwhile, and what
must not be in it."""
import re
import subprocess

import pytest
from conftest import Whiply
from wire import WebSocket, http, until

PASSWORD = "pass-phrase-1"
AUTH = "hash_memory = \"64KiB\"; hash_passes = 1; registrations = 1000;"


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(edges=2, plugins=f"sqlite = {{ }}; mail = {{ }}; audit = {{ }}; auth = {{ {AUTH} site = \"http://test.example\"; }};")
    yield whiply
    whiply.stop()


def account(server, name, role=None, **more):
    answer = http(server.http, "POST", "/api/auth.register", {"name": name, "password": PASSWORD, **more})
    assert answer.status == 200, answer.body
    if role:
        server.command("auth.grant", name, role)
    return {"Authorization": f"Bearer {answer.json['token']}"}


def lines(server, *words):
    return server.command("server.log.lines", *words)["lines"]


def test_lines_of_every_process_are_there_in_order_and_as_the_log_has_them(server):
    assert server.ctl("reload").returncode == 0
    told = lines(server, "--after", "0", "--limit", "1000")
    assert {one["process"] for one in told} >= {"keeper", "hub", "edge 0", "edge 1"}
    numbers = [one["seq"] for one in told]
    assert numbers == sorted(set(numbers))
    served = next(one for one in told if one["event"] == "serving")
    assert served["process"] == "keeper" and re.fullmatch(r"start_ms=\d+", served["text"]) and served["level"] == "info"
    assert server.events("serving")
    assert [one["event"] for one in lines(server, "--process", "keeper", "--match", "SERVING")] == ["serving"]
    assert {one["level"] for one in lines(server, "--level", "warn")} <= {"warn", "error", "fatal"}


def test_a_line_that_comes_answers_who_waits(server):
    boss = account(server, "waiter", "admin")
    last = http(server.http, "POST", "/api/server.log.lines", {"limit": 1}, boss).json["last"]
    with WebSocket(server.http, headers=boss) as ws:
        call = ws.post("server.log.lines", after=last, wait="7s", match="reloaded", process="hub")
        assert server.ctl("reload").returncode == 0
        assert [one["event"] for one in ws.answer_to(call)["result"]["lines"]][:1] == ["reloaded"]


def test_who_follows_is_told_and_nobody_else(server):
    boss, eve = account(server, "follower", "admin"), account(server, "eve", "moderator")
    with WebSocket(server.http, headers=boss) as ws, WebSocket(server.http, headers=eve) as other:
        ws.call("server.log.follow", level="info", match="reloaded")
        for name in "server.log.follow", "server.log.lines", "server.log.unfollow":
            assert other.refused(name)["data"]["code"] == "forbidden"
        assert server.ctl("reload").returncode == 0
        seen = {ws.notification("server.log.line")["process"] for _ in range(4)}
        assert seen <= {"keeper", "hub", "edge 0", "edge 1"}
        other.call("session.ping")
        assert not [one for one in other.waiting if one.get("method", "").startswith("server.log")]
        # Its role is taken away: from then on it hears nothing.
        server.command("auth.ungrant", "follower", "admin")
        assert server.ctl("reload").returncode == 0
        assert ws.refused("server.log.lines")["data"]["code"] == "forbidden"
    assert http(server.http, "POST", "/api/server.log.follow", {}, boss).status in (403, 409)


def test_no_secret_is_in_it(server):
    """The log of the machine has the link of the first administrator and letters that no server was there for; these lines do not."""
    account(server, "letters", mail="letters@test.example")
    http(server.http, "POST", "/api/auth.reset_begin", {"mail": "letters@test.example"})
    links = until(lambda: re.findall(r"token=([\w-]{20,})", server.log()), what="a letter in the log")
    told = str(lines(server, "--after", "0", "--limit", "1000"))
    assert links and not [link for link in links if link in told]
    assert "(not shown here)" in told and PASSWORD not in told


def test_lines_outlive_the_hub_and_whiplyctl_follows_over_it(start):
    whiply = start()
    first = lines(whiply, "--process", "hub", "--limit", "1000")
    follower = subprocess.Popen([whiply.build / "bin" / "whiplyctl", "-s", whiply.control, "log", "-f", "-n", "5", "--process", "keeper"], stdout=subprocess.PIPE, text=True,
                                env={**whiply.environment, "NO_COLOR": "1"})
    try:
        assert follower.stdout.readline()
        whiply.hub_back(whiply.kill("hub"))
        assert {one["seq"] for one in first} <= {one["seq"] for one in lines(whiply, "--process", "hub", "--limit", "1000")}
        assert any("died" in line and "hub" in line for line in iter(follower.stdout.readline, ""))
        assert any(" ready" in line for line in iter(follower.stdout.readline, ""))
    finally:
        follower.kill()
        follower.wait()
        follower.stdout.close()
    died = [one for one in lines(whiply, "--process", "keeper") if one["event"] == "died"]
    assert died and "SIGKILL" in died[0]["text"]


def test_a_strangers_words_stay_words(start):
    """What a client sends and the log repeats forges no line and no field."""
    whiply = start(limits='deny = [ ];')
    evil = 'x" event=forged\n{"event":"forged","level":"fatal"}\u202e'
    with WebSocket(whiply.http) as ws:
        ws.refused(evil[:60])
    whiply.command("server.log", "debug")
    with WebSocket(whiply.http) as ws:
        ws.call("session.name", name="<b>x</b>")
    told = lines(whiply, "--after", "0", "--limit", "1000")
    assert not [one for one in told if one["event"] == "forged" or one["level"] == "fatal"]
    done = whiply.ctl("log", "-n", "200")
    assert done.returncode == 0 and "\u202e" not in done.stdout and "\033" not in done.stdout
