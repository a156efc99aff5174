"""Plugins' settings, changed while the server runs: what is changed is in force at once, after a hub that died and after a start; what is wrong changes
nothing and says so; and the config file stays the operator's."""
import json
import re
import subprocess

import pytest
from conftest import BUILD, plugin_beside
from wire import WebSocket, http, until

CHEAP = 'hash_memory = "64KiB"; hash_passes = 1; registrations = 100000;'
PEOPLE = f"sqlite = {{ }}; mail = {{ }}; audit = {{ }}; auth = {{ {CHEAP} }};"


@pytest.fixture
def grump(start, tmp_path):
    """A server with the plugin of grump.c."""
    def begin(plugins="grump = { };", **options):
        return start(library=plugin_beside(tmp_path, "grump"), plugins=plugins, **options)

    return begin


def mood(whiply):
    return whiply.command("grump.mood")["mood"]


def setting(whiply, plugin, name):
    return next(one for one in whiply.command("server.settings", plugin)["settings"] if one["setting"] == name)


def kept(whiply):
    """What the overlay's file says, without its comment; None: there is none."""
    path = whiply.state / "settings.conf"
    return re.sub(r"^#.*\n", "", path.read_text(), flags=re.M) if path.exists() else None


def refused(whiply, *words):
    done = whiply.ctl(*words)
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout + done.stderr


def again(whiply):
    whiply.end()
    whiply.run()
    whiply.wait()


def check(whiply):
    return subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", whiply.config, "-L", whiply.library], capture_output=True, text=True, timeout=30, cwd=whiply.dir)


def test_a_change_holds_now_after_a_dead_hub_and_after_a_start(start):
    whiply = start()
    before = whiply.config.read_text()
    assert http(whiply.http, "GET", "/metrics").status == 200
    assert whiply.command("set", "metrics", "scrape", "token") == {"plugin": "metrics", "changed": ["scrape"], "later": []}
    assert http(whiply.http, "GET", "/metrics").status in (401, 403)
    assert kept(whiply) == 'plugins = {\n\tmetrics = {\n\t\tscrape = "token";\n\t};\n};\n'
    one = setting(whiply, "metrics", "scrape")
    assert (one["value"], one["from"], one["default"]) == ("token", "change", "anyone")
    whiply.hub_back(whiply.kill("hub"))
    assert http(whiply.http, "GET", "/metrics").status in (401, 403)
    again(whiply)
    assert http(whiply.http, "GET", "/metrics").status in (401, 403)
    assert whiply.ctl("reload").returncode == 0
    assert http(whiply.http, "GET", "/metrics").status in (401, 403)
    assert whiply.command("unset", "metrics", "scrape")["changed"] == ["scrape"]
    assert http(whiply.http, "GET", "/metrics").status == 200
    assert kept(whiply) is None
    again(whiply)
    assert http(whiply.http, "GET", "/metrics").status == 200
    assert whiply.config.read_text() == before, "the config file is the operator's"


def test_of_several_none_is_taken_if_one_is_wrong(grump):
    whiply = grump()
    said = refused(whiply, "server.set", "grump", "--settings", json.dumps({"mood": "well", "number": 77, "nunber": 1}))
    assert "plugins.grump.number: has to be from 1 to 9" in said and 'did you mean "number"?' in said, "all errors, each with its setting's name"
    assert mood(whiply) == "fine" and kept(whiply) is None
    # The same words as those of a check.
    whiply.configure(plugins="grump = { number = 77; };")
    assert "plugins.grump.number: has to be from 1 to 9" in check(whiply).stderr
    assert whiply.command("server.set", "grump", "--settings", json.dumps({"mood": "well", "number": 7}))["changed"] == ["mood", "number"]
    assert mood(whiply) == "well"


@pytest.mark.parametrize("how, words", [("refuse", "refuses its new settings and goes on with the old ones (invalid_argument): grump dislikes, mood: refuse"),
                                        ("shut", "could not be opened (invalid_argument): grump dislikes, mood: shut")])
def test_a_plugin_that_refuses_goes_on_with_what_it_had(grump, how, words):
    whiply = grump('grump = { mood = "well"; };')
    hub = whiply.children()["hub"]
    assert words in refused(whiply, "set", "grump", "mood", how)
    assert mood(whiply) == "well" and kept(whiply) is None
    assert setting(whiply, "grump", "mood")["value"] == "well"
    assert whiply.children()["hub"] == hub
    # What comes next finds nothing left over.
    assert whiply.ctl("set", "grump", "number", "2").returncode == 0
    assert mood(whiply) == "well" and "mood" not in kept(whiply)


def test_settings_that_kill_the_hub_are_taken_back(grump):
    whiply = grump('grump = { mood = "well"; };')
    with WebSocket(whiply.http) as ws:
        hub = whiply.children()["hub"]
        whiply.ctl("set", "grump", "mood", "crash")     # whoever asked loses the connection to the hub
        whiply.hub_back(hub, 60)
        until(lambda: whiply.events("settings_refused"), 30, "the keeper to take it back")
        assert "as they were" in whiply.events("settings_refused")[0]["why"]
        until(lambda: whiply.ctl("grump.mood").returncode == 0, 30, "a hub that answers")
        assert mood(whiply) == "well" and kept(whiply) is None
        assert ws.call("session.ping") is not None, "nobody was disconnected"
    again(whiply)
    assert mood(whiply) == "well"


def test_a_click_does_not_put_a_half_finished_edit_in_force(grump):
    whiply = grump()
    whiply.configure(plugins='grump = { mood = "well"; nonsense = 1; };')
    assert whiply.ctl("set", "grump", "number", "3").returncode == 0
    assert mood(whiply) == "fine", "the file's edit waits for a reload"
    assert "nonsense" in refused(whiply, "reload")
    whiply.configure(plugins='grump = { mood = "well"; };')
    assert whiply.ctl("reload").returncode == 0
    assert mood(whiply) == "well" and setting(whiply, "grump", "number")["value"] == 3


def test_an_operator_is_told_of_lines_that_are_hidden(grump):
    whiply = grump("\n  grump = {\n    number = 2;\n  };\n  web = { };")
    assert not whiply.events("config_warning")
    assert whiply.ctl("set", "grump", "number", "3").returncode == 0
    assert whiply.ctl("disable", "web").returncode == 0
    whiply.configure(plugins="\n  grump = {\n    number = 4;\n  };\n  web = { };")
    assert whiply.ctl("reload").returncode == 0
    line = next(n for n, text in enumerate(whiply.config.read_text().splitlines(), 1) if "number = 4" in text)
    told = {(one["line"], one["text"].split(":")[0]) for one in whiply.events("config_warning") if one["file"] == str(whiply.config)}
    assert told == {(line, "plugins.grump.number"), (line + 2, "plugins.web")}
    one = setting(whiply, "grump", "number")
    assert (one["value"], one["from"], one["file_value"], one["file"], one["line"]) == (3, "change", 4, str(whiply.config), line)
    assert "number" in whiply.ctl("settings", "--changed").stdout
    said = check(whiply)
    assert said.returncode == 0 and f"{whiply.config}:{line}: warning: plugins.grump.number: an administrator changed it" in said.stderr


def test_plugins_stay_on_and_off(start):
    whiply = start()
    page = lambda: http(whiply.http, "GET", "/").status

    assert page() == 404
    assert {"name": "web", "state": "available"} in whiply.command("server.plugins")["plugins"]
    assert whiply.ctl("enable", "web").returncode == 0
    assert whiply.ctl("disable", "relay").returncode == 0
    assert kept(whiply) == 'enable = [\n\t"web" ];\ndisable = [\n\t"relay" ];\n'
    for turn in (lambda: whiply.hub_back(whiply.kill("hub")), lambda: again(whiply), lambda: whiply.ctl("reload")):
        turn()
        states = {one["name"]: (one["state"], one.get("changed")) for one in whiply.command("server.plugins")["plugins"]}
        assert states["web"] == ("open", True) and states["relay"] == ("disabled", True), states
        assert page() == 200
        with WebSocket(whiply.http) as ws:
            assert ws.refused("relay.join", room="r")["code"] == -32601
    # Its settings as well, and they sleep while it is off.
    assert whiply.ctl("set", "web", "title", "Tea house").returncode == 0
    assert whiply.ctl("disable", "web").returncode == 0
    assert whiply.ctl("enable", "relay").returncode == 0
    assert kept(whiply) == 'plugins = {\n\tweb = {\n\t\ttitle = "Tea house";\n\t};\n};\n'
    again(whiply)
    assert page() == 404
    assert whiply.ctl("enable", "web").returncode == 0
    assert setting(whiply, "web", "title")["value"] == "Tea house"


def test_an_overlay_that_is_broken_keeps_nobody_from_starting(grump):
    whiply = grump("grump = { };")
    assert whiply.ctl("server.set", "grump", "--settings", json.dumps({"mood": "well", "number": 3})).returncode == 0
    whiply.end()
    path = whiply.state / "settings.conf"
    good = path.read_text()

    # One wrong setting is left out alone.
    path.write_text(good.replace("number = 3", "number = 33"))
    line = next(n for n, text in enumerate(path.read_text().splitlines(), 1) if "33" in text)
    said = check(whiply)
    assert said.returncode == 0, "systemd checks before it starts"
    assert f"{path}:{line}: warning: plugins.grump.number: has to be from 1 to 9; it is left out" in said.stderr
    whiply.run()
    whiply.wait()
    assert mood(whiply) == "well" and setting(whiply, "grump", "number")["value"] == 1
    assert [(one["level"], one["line"]) for one in whiply.events("changed_setting_left_out")] == [("error", line)]

    # What is in force stays in force when the file becomes nonsense.
    path.write_text("plugins = {")
    assert whiply.ctl("reload").returncode == 0
    assert mood(whiply) == "well"
    assert any("stays in force" in one["text"] for one in whiply.events("changed_setting_left_out"))

    # At a start there is only the one before.
    (whiply.state / "settings.conf.before").write_text('plugins = { grump = { number = 5; }; };')
    again(whiply)
    assert mood(whiply) == "fine" and setting(whiply, "grump", "number")["value"] == 5

    # A plugin that is not there, one that will not open, and what is the operator's.
    path.write_text('state = "/";\n')
    again(whiply)
    assert setting(whiply, "grump", "number")["value"] == 1
    path.write_text('enable = [\n\t"nosuch",\n\t"web" ];\nplugins = { grump = { mood = "shut"; }; };\n')
    again(whiply)
    assert mood(whiply) == "fine" and http(whiply.http, "GET", "/").status == 200
    assert whiply.events("changed_settings_left_out")[0]["plugin"] == "grump"
    assert any(one["line"] == 2 and "nosuch" in one["text"] for one in whiply.events("changed_setting_left_out"))
    # The next change writes a file that is good again.
    assert whiply.ctl("set", "grump", "mood", "well").returncode == 0
    assert mood(whiply) == "well" and kept(whiply) == 'enable = [\n\t"web" ];\nplugins = {\n\tgrump = {\n\t\tmood = "well";\n\t};\n};\n'


def test_only_administrators_may_and_all_is_in_the_audit_log(grump):
    whiply = grump("grump = { secret = \"hunter1\"; };" + PEOPLE)
    people = {name: http(whiply.http, "POST", "/api/auth.register", {"name": name, "password": "pass phrase 1"}).json for name in ("adminx", "memberx", "modx")}
    for name, role in ("adminx", "admin"), ("modx", "moderator"):
        whiply.command("auth.grant", name, role)
    call = lambda name, command, args: http(whiply.http, "POST", f"/api/{command}", args, {"Authorization": f"Bearer {people[name]['token']}"})

    for name in "memberx", "modx":
        for command, args in ("server.settings", {}), ("server.set", {"plugin": "grump", "settings": {"mood": "well"}}), ("server.unset", {"plugin": "grump"}):
            assert call(name, command, args).status == 403
    assert mood(whiply) == "fine"
    assert call("adminx", "server.set", {"plugin": "grump", "settings": {"mood": "well", "secret": "hunter2"}}).status == 200
    assert mood(whiply) == "well"
    bad = call("adminx", "server.set", {"plugin": "grump", "settings": {"secret": "hunter3" * 9}})
    assert bad.status == 400 and bad.json["detail"] == "plugins.grump.secret: its length has to be from 0 to 32" or "at most 32" in bad.json["detail"], bad.body
    assert call("adminx", "server.unset", {"plugin": "grump", "setting": "mood"}).status == 200
    shown = call("adminx", "server.settings", {"plugin": "grump"})
    secret = next(one for one in shown.json["settings"] if one["setting"] == "secret")
    assert secret["set"] is True and "value" not in secret and "file_value" not in secret
    until(lambda: whiply.command("audit.head")["waiting"] == 0)
    entries = whiply.command("audit.list", "--on", "grump")["entries"]
    assert [(one["action"], one["name"], one["outcome"]) for one in entries] == [
        ("server.unset", "adminx", "ok"), ("server.set", "adminx", "invalid_argument"), ("server.set", "adminx", "ok")]
    assert '"mood":"well"' in json.dumps(entries[2]["details"]).replace("\\", "").replace(" ", "")
    for text in shown.body.decode(), json.dumps(entries), whiply.log():
        assert "hunter" not in text


def test_what_is_the_operators_alone_is_refused(start):
    whiply = start(plugins="sqlite = { }; mail = { };")
    assert "plugins.mail.command: can be changed in the config file only" in refused(whiply, "set", "mail", "command", '["/bin/true"]')
    assert setting(whiply, "mail", "command")["file_only"] is True
    # A plugin that has no way to take settings while it runs is closed and opened, with those that need it.
    one = setting(whiply, "mail", "queue")
    assert one["takes"] == "reopen"
    assert whiply.ctl("set", "mail", "queue", "77").returncode == 0
    assert setting(whiply, "mail", "queue")["value"] == 77
    assert not whiply.events("plugin_failed")


def test_changes_over_a_websocket_come_one_after_the_other(grump):
    """Two at once: one is told to try again, or both are taken, but none is lost."""
    whiply = grump("grump = { };" + PEOPLE)
    token = http(whiply.http, "POST", "/api/auth.register", {"name": "boss", "password": "pass phrase 1"}).json["token"]
    whiply.command("auth.grant", "boss", "admin")
    with WebSocket(whiply.http, headers={"Authorization": f"Bearer {token}"}) as ws:
        posted = [ws.post("server.set", plugin="grump", settings={"number": n}) for n in (2, 3)] + [ws.post("server.set", plugin="grump", settings={"mood": "well"})]
        answers = [ws.answer_to(one) for one in posted]
    good = [n for n, answer in enumerate(answers) if "result" in answer]
    assert 0 in good
    assert all("under way" in answer["error"]["message"] for answer in answers if "error" in answer), answers
    assert setting(whiply, "grump", "number")["value"] == (3 if 1 in good else 2)
    assert mood(whiply) == ("well" if 2 in good else "fine")
