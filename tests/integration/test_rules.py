"""whiply-rules as a helper of the real server: begun by the keeper, asked by a plugin, killed, and there again."""
import re
import subprocess

import pytest
from conftest import BUILD, ROOT, plugin_beside
from wire import WebSocket, until


@pytest.fixture(scope="session")
def judges(tmp_path_factory):
    return plugin_beside(tmp_path_factory.mktemp("judges"), "judges")


def jailed(whiply):
    return len([e for e in whiply.events("jailed") if e["process"] == "helper rules"])


def refused(ws, text):
    assert "a rule does not want it" in str(ws.refused("relay.say", room="r", text=text))


def test_messages_are_judged_and_a_killed_helper_comes_back(start, judges):
    whiply = start(library=judges, plugins="judges = { };")
    until(lambda: jailed(whiply) == 1, 20, "the helper to be in its jail")
    with WebSocket(whiply.http) as ws:
        ws.call("relay.join", room="r")
        assert ws.call("relay.say", room="r", text="hello")["seq"] == 1
        refused(ws, "a badword")
        # A rule that does not end is ended, and the next message is judged.
        ws.call("relay.say", room="r", text="stay")
        refused(ws, "a badword")
        old = whiply.kill("helper rules")
        until(lambda: whiply.children().get("helper rules") not in (None, old) and jailed(whiply) == 2, 20, "another helper")
        refused(ws, "a badword")
        assert ws.call("relay.say", room="r", text="goodbye")["seq"] == 3
        # A new hub has a helper of its own.
        hub = whiply.kill("hub")
        whiply.hub_back(hub)
        until(lambda: jailed(whiply) == 3, 20, "the new hub's helper")
        refused(ws, "a badword")


def test_the_packs_of_the_document_pass_their_tests(tmp_path):
    blocks = re.findall(r"```lua\n(.*?)```", (ROOT / "docs" / "rules.md").read_text(), re.S)
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        pack = tmp_path / str(number)
        pack.mkdir()
        (pack / "pack.lua").write_text(block)
        done = subprocess.run([BUILD / "bin" / "whiply-rules", "test", pack], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "ok 1 - " in done.stdout, done.stdout + done.stderr
