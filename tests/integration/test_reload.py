"""SIGHUP applies a changed config as a whole, or refuses it as a whole and says why."""
import signal
import subprocess

from conftest import BUILD
from wire import WebSocket, http, until


def test_a_good_config_is_taken_over_without_a_restart(start):
    whiply = start(limits='messages = "1000/s burst 1000";')
    before = whiply.children()
    with WebSocket(whiply.http) as ws:
        whiply.configure(http='origins = [ "https://new.example" ];')
        whiply.process.send_signal(signal.SIGHUP)
        until(lambda: "access-control-allow-origin" in http(whiply.http, "POST", "/api/session.ping", {}, {"Origin": "https://new.example"}).headers,
              10, "the new origin to be allowed")
        assert ws.call("session.ping") is not None
    assert whiply.children() == before


def test_a_bad_config_changes_nothing_and_every_error_is_named(start):
    whiply = start(http='origins = [ "https://old.example" ];')
    whiply.configure(http='origins = [ "https://new.example" ]; heder_max = "1KiB"; body_max = "lots";', plugins='relay2 = { };')
    done = whiply.ctl("reload")
    assert done.returncode == 1
    said = done.stdout + done.stderr
    assert "heder_max" in said and "header_max" in said, "the unknown key and the nearest known one"
    assert "body_max" in said and "relay2" in said, "all errors, not the first alone"
    assert f"{whiply.config}:" in said, "with file and line"
    allowed = http(whiply.http, "POST", "/api/session.ping", {}, {"Origin": "https://old.example"}).headers
    assert allowed["access-control-allow-origin"] == "https://old.example"
    # And a hub that starts now still gets the config that was good.
    old = whiply.kill("hub")
    whiply.hub_back(old)
    assert "access-control-allow-origin" in http(whiply.http, "POST", "/api/session.ping", {}, {"Origin": "https://old.example"}).headers


def test_a_plugin_comes_and_goes_at_runtime(start):
    whiply = start()
    with WebSocket(whiply.http) as ws:
        assert whiply.ctl("disable", "relay").returncode == 0
        assert ws.refused("relay.join", room="r")["code"] == -32601
        assert whiply.ctl("enable", "relay").returncode == 0
        assert ws.call("relay.join", room="r")["members"] == 1


def test_check_names_every_error_with_its_line(tmp_path):
    path = tmp_path / "bad.conf"
    path.write_text('state = "x";\nedgs = 2;\nlisteners = ( { name = "a"; address = "nonsense"; protocol = "smoke"; } );\nplugins = { relay = { wrong = 1; }; };\n')
    done = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", path, "-L", BUILD / "plugins" / ".libs"], capture_output=True, text=True, timeout=30)
    said = done.stdout + done.stderr
    assert done.returncode == 1
    for line, word in ((2, "edgs"), (3, "nonsense"), (3, "smoke"), (4, "wrong")):
        assert any(f":{line}:" in row and word in row for row in said.splitlines()), said
    assert "edges" in said, "the nearest known key"


def test_check_accepts_the_shipped_config(tmp_path):
    from conftest import ROOT
    done = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", ROOT / "contrib" / "whiply.conf", "-L", BUILD / "plugins" / ".libs"],
                          capture_output=True, text=True, timeout=30, cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
