"""Rule packs on the real server: packs from folders and by whiplyctl, killed helpers, every attack that a pack may try, and the tutorial of
docs/rules.md."""
import contextlib
import json
import re
import statistics
import subprocess
import threading
import time

import pytest
from conftest import BUILD, ROOT
from rules_server import attacks, document_packs, jailed, ready
from wire import WebSocket, http, until

LIMITS = 'messages = "100000/s burst 100000";'
RATES = 'command_rate = "100000/s"; account_rate = "100000/s"; address_rate = "100000/s";'
WORDS = """
pack { id = 'words', version = '1', api = 1, license = 'MIT' }
rule 'bad' { when = function(m) return m.text:find('badword', 1, true) end, act = { 'redact', reason = 'word' } }
rule 'slow' { when = function(m) while m.text == 'stay' do end end, act = 'flag' }
test 'it' { { say = 'badword', expect = 'redact' } }
"""


# Only packs judge here.
FILTERS = "filters = { " + " ".join(f'{name} = {{ mode = "off"; }};' for name in
                                    ("again", "near", "rate", "network-rate", "room-rate", "caps", "repeats", "repeated-words")) + " };"


@pytest.fixture
def server(start, tmp_path):
    """A server with an empty folder for packs."""
    def begin(moderation=""):
        whiply = start(limits=LIMITS, hub=RATES,
                       plugins=f'sqlite = {{ }}; chat = {{ rate = "1000/s burst 1000"; }}; moderation = {{ pack_folders = ["{tmp_path}"]; {FILTERS} raid = {{ mode = "off"; }}; {moderation} }};')
        ready(whiply)
        return whiply
    return begin


def write_pack(folder, name, text):
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "pack.lua").write_text(text)
    return folder / name


@contextlib.contextmanager
def speaker(whiply):
    """Somebody in the room r who does not own it: whoever moderates is not judged."""
    with WebSocket(whiply.http) as owner, WebSocket(whiply.http) as ws:
        owner.call("chat.join", room="r")
        ws.call("chat.join", room="r")
        yield ws


def refused(ws, text):
    assert "not published" in str(ws.refused("chat.say", room="r", text=text))


def test_messages_are_judged_and_a_killed_helper_comes_back(server, tmp_path):
    write_pack(tmp_path, "words", WORDS)
    whiply = server("packs = { words = { mode = \"live\"; }; };")
    with speaker(whiply) as ws:
        assert ws.call("chat.say", room="r", text="hello")["seq"] == 1
        refused(ws, "a badword")
        # A rule that does not end is ended, and the next message is judged.
        ws.call("chat.say", room="r", text="stay")
        refused(ws, "a badword")
        old = whiply.kill("helper rules")
        until(lambda: whiply.children().get("helper rules") not in (None, old) and jailed(whiply) == 2, 20, "another helper")
        ready(whiply)
        refused(ws, "a badword")
        assert ws.call("chat.say", room="r", text="goodbye")["seq"] == 3
        # A new hub has helpers of its own.
        hub = whiply.kill("hub")
        whiply.hub_back(hub)
        until(lambda: jailed(whiply) == 3, 20, "the new hub's helper")
        ready(whiply)
        refused(ws, "a badword")


def test_a_helper_that_is_stopped_is_killed_by_the_hub(server, tmp_path):
    write_pack(tmp_path, "words", WORDS)
    whiply = server('packs = { words = { mode = "live"; }; }; stuck = "500ms";')
    with speaker(whiply) as ws:
        refused(ws, "a badword")
        old = whiply.kill("helper rules", 19)
        # Nobody waits longer than the deadline, and what could not be judged passes.
        assert ws.call("chat.say", room="r", text="a badword")["seq"] == 1
        until(lambda: whiply.children().get("helper rules") not in (None, old), 20, "another helper")
        assert whiply.events("helper_ended")[0]["why"] == "it does not answer"
        ready(whiply)
        refused(ws, "a badword")


def test_packs_come_and_go_by_command(server, tmp_path):
    whiply = server()
    mine = write_pack(tmp_path, "words", WORDS)
    put = whiply.command("moderation.pack_put", "--files", f"@{mine}", "--mode", "live")
    assert put == {"pack": "words", "version": "1", "mode": "live"}
    with speaker(whiply) as ws:
        refused(ws, "a badword")
        (mine / "pack.lua").write_text(WORDS.replace("version = '1'", "version = '2'").replace("'badword', 1", "'worse', 1"))
        failed = whiply.ctl("moderation.pack_put", "--files", f"@{mine}")
        assert failed.returncode != 0 and "the pack's own tests fail" in failed.stdout + failed.stderr
        refused(ws, "a badword")
        (mine / "pack.lua").write_text(WORDS.replace("version = '1'", "version = '2'").replace("badword", "worse"))
        whiply.command("moderation.pack_put", "--files", f"@{mine}")
        until(lambda: whiply.command("moderation.pack", "words")["state"] == "loaded", 20, "the new version")
        ws.call("chat.say", room="r", text="a badword")
        refused(ws, "what is worse")
        # The next hub knows it.
        whiply.hub_back(whiply.kill("hub"))
        until(lambda: jailed(whiply) >= 2, 20, "the new hub's helper")
        ready(whiply)
        refused(ws, "what is worse")
        assert [v["version"] for v in whiply.command("moderation.pack", "words")["versions"]] == ["2", "1"]


class Pings:
    """Somebody else's calls, one after the other, all the time: how long each takes, in ms."""

    def __init__(self, whiply):
        self.took, self.going = [], True
        self.ws = WebSocket(whiply.http)
        self.ws.call("chat.join", room="elsewhere")
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    def run(self):
        while self.going:
            began = time.monotonic()
            self.ws.call("chat.room", room="elsewhere")
            self.took.append((time.monotonic() - began) * 1000)
            time.sleep(0.005)

    def end(self):
        self.going = False
        self.thread.join()
        self.ws.close()

    def p99(self, since, until=None):
        return statistics.quantiles(self.took[since:until], n=100)[98]


def turns(whiply):
    """{upper bound in s: turns of the hub's loop that took no longer}."""
    page = http(whiply.http, "GET", "/metrics").body.decode()
    return {float(bound): int(float(n)) for bound, n in re.findall(r'whiply_hub_turn_seconds_bucket\{[^}]*le="([^"]+)"[^}]*\} (\S+)', page)}


def turn_p99(before, after):
    counts = sorted((bound, after[bound] - before.get(bound, 0)) for bound in after)
    return next(bound for bound, n in counts if n >= 0.99 * counts[-1][1])


def test_every_attack_ends_in_time_the_hub_goes_on_and_the_next_message_is_judged(server, request):
    """Every attack of core/rules/test_attacks.c, and 200 more that are put together at random, each as a pack that is live."""
    whiply = server("rule_share = 0;")
    packs = attacks(260)
    # A moderator who shuts people up would be told of each; here somebody waits behind each.
    pings = Pings(whiply)
    waited, ran = [], 0
    try:
        time.sleep(3)
        rest, rest_turns = len(pings.took), turns(whiply)
        with speaker(whiply) as ws:
            for number, text in enumerate(packs, 1):
                # What a rule wrote that ends well may stay: the tests beside the engine look at that.
                text = text.replace("error('it left something')", "")
                pack = {"pack.lua": text.replace("version = '1'", f"version = '{number}'").replace("act = 'hold'", "act = 'redact'")}
                put = whiply.ctl("moderation.pack_put", "--files", json.dumps(pack), "--mode", "live")
                if put.returncode != 0:
                    continue    # Lua does not even compile it
                ran += 1
                began = time.monotonic()
                ws.answer_to(ws.post("chat.say", room="r", text="a badword that is attacked with https://a.com/x"))
                waited.append((time.monotonic() - began) * 1000)
                refused(ws, "a quiet badword")
                whiply.command("moderation.pack_remove", "evil")
        during, during_turns = len(pings.took), turns(whiply)
    finally:
        pings.end()
    calm, busy = pings.p99(0, rest), pings.p99(rest, during)
    calm_turn, busy_turn = turn_p99({}, rest_turns), turn_p99(rest_turns, during_turns)
    print(f"{ran} attacks: the longest took {max(waited):.0f} ms, the median {statistics.median(waited):.1f} ms; another's calls p99 {calm:.1f} ms at rest, "
          f"{busy:.1f} ms meanwhile; turns of the hub p99 {calm_turn * 1000:.2f} ms at rest, {busy_turn * 1000:.2f} ms meanwhile; "
          f"{jailed(whiply) - 1} helpers were ended")
    assert ran >= 250
    # The deadline is 250 ms; the rest is a busy machine's.
    assert max(waited) < 250 + 2000, max(waited)
    assert statistics.median(waited) < 250
    # The hub waits for nobody: at most what two more processes on two processors make of it.
    assert busy_turn <= max(10 * calm_turn, 0.01)
    assert busy < 10 * calm + 50


def test_a_log_is_tried_beside_the_judging(server, tmp_path):
    write_pack(tmp_path, "words", WORDS)
    whiply = server()
    with speaker(whiply) as ws:
        for i in range(130):
            ws.call("chat.say", room="r", text=f"a badword {i}" if i % 10 == 0 else f"hello {i}")
        got = whiply.command("moderation.backtest", "words", "--room", "r", "--samples", "1")
        rule = next(r for r in got["rules"] if r["rule"] == "bad")
        assert got["events"] == 130 and not got["more"]
        assert (rule["evaluated"], rule["hits"], rule["users"], rule["did"]) == (130, 13, 1, {"redact": 13})
        assert rule["samples"][0]["text"] == "a badword 0"
        # The same from a file, by the author's tool.
        assert {"p50_ns", "p99_ns", "agreed", "alone", "trusted", "upheld", "failed"} <= set(rule)


def tutorial():
    """The live part of docs/rules.md: its commands, and what they have to say."""
    text = (ROOT / "docs" / "rules.md").read_text()
    return re.findall(r"^    \$ whiplyctl (.*)$", text, re.M)


def test_the_tutorial_goes_from_nothing_to_a_rule_that_is_live(server, tmp_path):
    whiply = server()
    pack = write_pack(tmp_path, "no-shouting", document_packs()[0])
    commands = tutorial()
    assert [c.split()[0] for c in commands] == ["moderation.pack_put", "moderation.pack", "moderation.backtest", "moderation.pack_mode",
                                               "moderation.pack_set", "moderation.rollback", "moderation.pack_mode"]
    said = iter(commands)

    def follow():
        done = whiply.ctl(*next(said).replace("@no-shouting", f"@{pack}").replace("lobby", "r").split())
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    with speaker(whiply) as ws:
        for text in ("hello", "WHY DOES NOBODY ANSWER ME", "never mind"):
            ws.call("chat.say", room="r", text=text)
        assert "shadow" in follow()
        ws.call("chat.say", room="r", text="I SAID WHY DOES NOBODY ANSWER ME")
        until(lambda: whiply.command("moderation.pack", "no-shouting")["table"][0]["hits"] == 1, 20, "a hit in shadow")
        assert "shouting" in follow()
        assert "WHY DOES NOBODY" in follow()
        assert "live" in follow()
        follow()
        (pack / "pack.lua").write_text(document_packs()[0].replace("1.0.0", "1.0.1"))
        whiply.command("moderation.pack_put", "--files", f"@{pack}")
        assert "1.0.0" in follow()
        assert "off" in follow()
        # And the author's way with the same log, as the document's shell has it.
        shell = re.search(r"```sh\n(.*?)```", (ROOT / "docs" / "rules.md").read_text(), re.S)[1].replace("lobby", "r --limit 2")
        control = tmp_path / "bin" / "whiplyctl"
        control.parent.mkdir()
        control.write_text(f'#!/bin/sh\nexec "{BUILD}/bin/whiplyctl" -s "{whiply.control}" "$@"\n')
        control.chmod(0o755)
        done = subprocess.run(["sh", "-eu", "-c", shell], cwd=tmp_path, env={**whiply.environment, "PATH": f"{control.parent}:/usr/bin:/bin"},
                              capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert len((tmp_path / "last-week.jsonl").read_text().splitlines()) > 1
        done = subprocess.run([BUILD / "bin" / "whiply-rules", "backtest", pack, "--log", tmp_path / "last-week.jsonl"], capture_output=True, text=True, timeout=60)
        assert "WHY DOES NOBODY ANSWER ME" in done.stdout and done.stderr == "", done.stdout + done.stderr


def test_the_packs_of_the_document_pass_their_tests(tmp_path):
    blocks = document_packs()
    assert len(blocks) == 2
    for number, block in enumerate(blocks):
        pack = write_pack(tmp_path, str(number), block)
        done = subprocess.run([BUILD / "bin" / "whiply-rules", "test", pack], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and "ok 1 - " in done.stdout, done.stdout + done.stderr


def test_the_config_of_the_document_is_one(tmp_path):
    block = re.search(r"```\n(plugins = \{ moderation.*?)```", (ROOT / "docs" / "rules.md").read_text(), re.S)[1]
    config = tmp_path / "whiply.conf"
    config.write_text(block.replace("plugins = {", "plugins = { sqlite = { }; chat = { }; fetch = { };"))
    done = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", config, "-L", BUILD / "plugins" / ".libs"], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_moderators_did_is_agreed_with(server, tmp_path):
    write_pack(tmp_path, "words", WORDS)
    whiply = server()
    with speaker(whiply) as ws, WebSocket(whiply.http) as other:
        other.call("chat.join", room="r")
        for text in ("hello", "a badword", "another badword"):
            ws.call("chat.say", room="r", text=text)
        other.call("chat.say", room="r", text="what is a badword?")
        name = next(e["from"] for e in ws.call("chat.history", room="r")["entries"] if e.get("text") == "hello")
        whiply.command("moderation.timeout", "--who", name, "--room", "r", "--for", "1m")
        got = whiply.command("moderation.backtest", "words", "--room", "r")
        rule = next(r for r in got["rules"] if r["rule"] == "bad")
        assert (got["events"], got["deeds"], got["deeds_found"]) == (4, 3, 2)
        assert (rule["hits"], rule["users"], rule["agreed"], rule["alone"], rule["upheld"]) == (3, 2, 2, 1, 0)


HOLD = """
pack { id = 'hold', version = '1', api = 1, license = 'MIT' }
rule 'look' { on = { 'message', 'edit' }, when = function(m) return m.text:find('look', 1, true) end, act = { 'hold', reason = 'word' } }
test 'it' { { say = 'look', expect = 'hold' }, { edit = 'look', before = 'x', expect = 'hold' } }
"""


def test_a_backtest_sees_what_moderators_took_away_and_what_never_appeared(server, tmp_path):
    write_pack(tmp_path, "words", WORDS)
    write_pack(tmp_path, "hold", HOLD)
    whiply = server("packs = { hold = { mode = \"live\"; }; };")
    with speaker(whiply) as ws:
        ws.call("chat.say", room="r", text="hello")
        bad = ws.call("chat.say", room="r", text="the first badword")["id"]
        own = ws.call("chat.say", room="r", text="a badword that I regret")["id"]
        ws.call("chat.redact", room="r", id=own)
        whiply.command("moderation.redact", "--room", "r", "--id", bad)
        ws.refused("chat.say", room="r", text="look, a badword")
        held = whiply.command("moderation.queue")["items"][0]
        assert held["text"] == "look, a badword"
        whiply.command("moderation.decide", "--items", json.dumps([held["item"]]), "--decision", "deny")
        assert "badword" not in str(ws.call("chat.history", room="r"))
        # By the name as it was written, too.
        got = whiply.command("moderation.backtest", "words", "--room", "R", "--samples", "5")
        rule = next(r for r in got["rules"] if r["rule"] == "bad")
        assert got["events"] == 3
        assert [s["text"] for s in rule["samples"]] == ["the first badword", "look, a badword"]
        assert (rule["hits"], rule["agreed"], rule["alone"]) == (2, 2, 0)
        # And the author's tool sees the same in the log that a moderator gets.
        log, after = tmp_path / "r.jsonl", []
        with open(log, "w") as out:
            while True:
                page = whiply.ctl("--json", "moderation.room_log", "r", "--limit", "2", *after)
                assert page.returncode == 0, page.stderr
                out.write(page.stdout.strip() + "\n")
                if "next" not in json.loads(page.stdout):
                    break
                after = ["--after", json.loads(page.stdout)["next"]]
        done = subprocess.run([BUILD / "bin" / "whiply-rules", "backtest", tmp_path / "words", "--json", "--log", log], capture_output=True, text=True, timeout=60)
        again = next(r for r in json.loads(done.stdout)["rules"] if r["rule"] == "bad")
        assert (again["hits"], again["agreed"]) == (2, 2), done.stdout


def test_an_edit_that_a_pack_holds_waits_and_the_rule_sees_what_it_said_before(server, tmp_path):
    write_pack(tmp_path, "hold", HOLD.replace("m.text:find('look', 1, true)", "m.before:find('old', 1, true) and m.text:find('look', 1, true)"))
    (tmp_path / "hold" / "pack.lua").write_text((tmp_path / "hold" / "pack.lua").read_text().replace("{ say = 'look', expect = 'hold' }, ", "").replace("before = 'x'", "before = 'old'"))
    whiply = server("packs = { hold = { mode = \"live\"; }; };")
    with speaker(whiply) as ws:
        said = ws.call("chat.say", room="r", text="old words")["id"]
        assert "waits for a moderator" in str(ws.refused("chat.edit", room="r", id=said, text="look here"))
        assert "old words" in str(ws.call("chat.history", room="r"))
        held = whiply.command("moderation.queue")["items"][0]
        assert (held["edit"], held["before"], held["text"], held["message"]) == (True, "old words", "look here", said)
        whiply.command("moderation.decide", "--items", json.dumps([held["item"]]), "--decision", "approve")
        until(lambda: "look here" in str(ws.call("chat.history", room="r")), 20, "the edit")
        # It says something else now: the rule has nothing against it.
        ws.call("chat.edit", room="r", id=said, text="look there")
