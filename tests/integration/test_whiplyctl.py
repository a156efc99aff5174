"""whiplyctl against a running server: every command by its table, output for people and for programs, and its exit codes."""
import json
import os
import re
import subprocess

from conftest import ROOT
from wire import WebSocket, until


def test_status_reads_well_and_as_json(whiply):
    told = whiply.ctl("status")
    assert told.returncode == 0, told.stderr
    assert "version" in told.stdout and "{" not in told.stdout
    assert isinstance(whiply.command("status"), dict)
    assert whiply.ctl("--json", "server.status").stdout.count("\n") == 1


def test_every_short_name_is_there(whiply):
    for name in ("status", "version", "plugins", "sessions", "commands", "metrics"):
        done = whiply.ctl(name)
        assert done.returncode == 0 and done.stdout, (name, done.stderr)
    names = {row["name"] for row in whiply.command("commands")["commands"]}
    assert {"server.reload", "server.restart", "server.drain", "session.list"} <= names
    assert {"relay", "metrics"} <= set(re.findall(r"^(\w+) ", whiply.ctl("plugins").stdout, re.M)), whiply.ctl("plugins").stdout


def test_the_table_says_all_that_is_needed(whiply):
    """What server.commands promises to whiplyctl."""
    rows = {row["name"]: row for row in whiply.command("commands")["commands"]}
    for row in rows.values():
        assert set(row) >= {"name", "help", "allow", "fields"}, row
        assert all(isinstance(flag, str) for flag in row.get("flags", []))
        for field in row["fields"]:
            assert field["type"] in ("text", "name", "int", "num", "bool", "choice", "id", "time", "duration", "list", "object"), field
            assert isinstance(field.get("required", False), bool)
            assert field["type"] != "choice" or isinstance(field["choices"], list), field
    assert [field["name"] for field in rows["relay.say"]["fields"] if field.get("required")][:1] == ["room"]


def test_a_plugins_command_is_typed_by_its_fields(whiply):
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="ctl")
        said = whiply.ctl("relay.say", "ctl", "--text=from the shell", "--json")
        # The control socket is in no room, and the plugin says so in its own words.
        assert said.returncode == 1 and "join the room first" in said.stderr, said.stderr


def test_mistakes_are_explained_and_end_with_2(whiply):
    for words, part in ((["statsu"], "status"), (["relay.sya"], "relay.say"), (["relay.join"], "--room"), (["relay.join", "--rom", "x"], "--room"),
                        (["--nonsense"], "--nonsense")):
        done = whiply.ctl(*words)
        assert done.returncode == 2 and part in done.stderr, (words, done)


def test_a_refused_command_ends_with_1(whiply):
    done = whiply.ctl("enable", "nosuchplugin")
    assert done.returncode == 1 and "nosuchplugin" in done.stderr
    assert done.stdout == ""


def test_a_server_that_is_away_ends_with_3(whiply, tmp_path):
    done = subprocess.run([whiply.build / "bin" / "whiplyctl", "-s", tmp_path / "none.sock", "status"], capture_output=True, text=True, timeout=30)
    assert done.returncode == 3 and "whiplyd" in done.stderr


def test_help_lists_commands_by_plugin(whiply):
    told = whiply.ctl("--help").stdout
    assert "\nrelay\n" in told and "relay.say" in told and "\nserver\n" in told
    assert "--room" in whiply.ctl("help", "relay.join").stdout


def test_the_environment_names_the_socket(whiply):
    done = subprocess.run([whiply.build / "bin" / "whiplyctl", "version"], capture_output=True, text=True, timeout=30,
                          env={**os.environ, "WHIPLY_CONTROL": str(whiply.control)})
    assert done.returncode == 0, done.stderr


def test_restart_hub_waits_and_says_how_long(start):
    whiply = start()
    with WebSocket(whiply.http) as ws:
        old = whiply.children()["hub"]
        done = whiply.ctl("restart", "hub")
        assert done.returncode == 0, done.stderr
        assert re.match(r"the hub is back after [\d.]+ m?s$", done.stdout.strip()), done.stdout
        assert whiply.children()["hub"] != old
        assert whiply.ctl("status").returncode == 0
        assert ws.call("session.ping") is not None


def test_sessions_cannot_write_to_the_terminal(start):
    whiply = start()
    with WebSocket(whiply.http, headers={"User-Agent": "x\u009b2Jy"}):
        told = whiply.ctl("sessions").stdout
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", told), told


def completed(whiply, line, tmp_path):
    """What bash offers at the end of a line."""
    script = f"""
        source {ROOT}/contrib/completion/whiplyctl.bash
        COMP_WORDBREAKS=$' \\t\\n"\\'><=;|&(:'
        COMP_LINE=$1; COMP_POINT=${{#1}}
        IFS=' ' read -r -a COMP_WORDS <<< "${{1//=/ = }}"
        [[ $1 == *[\\ =] ]] && COMP_WORDS+=('')
        COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
        _whiplyctl
        printf '%s\\n' "${{COMPREPLY[@]}}"
    """
    path = f"{whiply.build / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(["bash", "-c", script, "bash", line], capture_output=True, text=True, timeout=30,
                          env={**os.environ, "PATH": path, "WHIPLY_CONTROL": str(whiply.control), "XDG_CACHE_HOME": str(tmp_path)})
    assert not done.stderr, done.stderr
    return done.stdout.split()


def test_the_shell_completes_from_the_live_table(whiply, tmp_path):
    assert "status" in completed(whiply, "whiplyctl st", tmp_path)
    assert "relay.say" in completed(whiply, "whiplyctl relay.", tmp_path)
    assert "--room" in completed(whiply, "whiplyctl relay.join --", tmp_path)
    assert completed(whiply, "whiplyctl nosuch.thing ", tmp_path) == []


def test_completion_is_silent_without_a_server(whiply, tmp_path):
    done = subprocess.run([whiply.build / "bin" / "whiplyctl", "--completions", "st"], capture_output=True, text=True, timeout=30,
                          env={**os.environ, "WHIPLY_CONTROL": str(tmp_path / "none"), "XDG_CACHE_HOME": str(tmp_path)})
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_watch_ends_after_so_many_times(whiply):
    done = whiply.ctl("watch", "-n", 2, "version")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert len(lines) % 2 == 0 and lines[:len(lines) // 2] == lines[len(lines) // 2:]
