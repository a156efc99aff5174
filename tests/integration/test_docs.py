"""The documents say what is so: their examples are run, and what they copy from the program is compared with it."""
import json
import re
import shlex
import subprocess

from conftest import BUILD, ROOT, Whiply, free_ports
from test_accounts import CHEAP, PASSWORD, api, bearer
from wire import WebSocket, Wire, until


def test_every_setting_is_in_the_document():
    printed = subprocess.run([BUILD / "bin" / "whiplyd", "--settings"], capture_output=True, text=True, timeout=10, check=True).stdout
    written = (ROOT / "docs" / "config.md").read_text().split("<!-- settings -->\n")[1]
    # Where plugins are looked for depends on the prefix.
    where = re.compile(r"^\| `plugin_path` .*$", re.M)
    assert where.sub("", printed) == where.sub("", written), "run whiplyd --settings, and put it at the end of docs/config.md"


def test_the_documents_configs_are_some(tmp_path):
    """The first two together, and each of the others by itself."""
    blocks = re.findall(r"```\n(.*?)```", (ROOT / "docs" / "config.md").read_text(), re.S)
    assert len(blocks) >= 3
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "fullchain.pem"], check=True, capture_output=True)
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "empty.conf").write_text("")
    for text in ("\n".join(blocks[:2]), *blocks[2:]):
        (tmp_path / "doc.conf").write_text(text.replace("/var/lib/whiply", f"{tmp_path}/var").replace("/etc/whiply", str(tmp_path)))
        checked = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", tmp_path / "doc.conf", "-L", BUILD / "plugins" / ".libs"],
                                 capture_output=True, text=True, timeout=30)
        assert checked.returncode == 0, text + checked.stdout + checked.stderr


def test_the_packages_config_is_one(tmp_path):
    text = (ROOT / "contrib" / "whiply.conf.example").read_text().replace("/var/lib/whiply", f"{tmp_path}/var").replace('user = "whiply";', "")
    (tmp_path / "conf.d").mkdir()
    (tmp_path / "conf.d" / "empty.conf").write_text("")
    (tmp_path / "whiply.conf").write_text(text)
    checked = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", tmp_path / "whiply.conf", "-L", BUILD / "plugins" / ".libs"],
                             capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_protocols_example_happens_as_written(start):
    blocks = re.findall(r"```json\n(.*?)```", (ROOT / "docs" / "protocol.md").read_text(), re.S)
    lines = [json.loads(line) for block in blocks for line in block.splitlines()]
    whiply = start(plugins="sqlite = { }; chat = { };")
    with WebSocket(whiply.http, greet=False) as ws:
        for line in lines:
            if "id" in line and "method" in line:
                assert ws.post(line["method"], **line["params"]) == line["id"]
            elif "method" in line:
                assert set(line["params"]) <= set(ws.notification(line["method"])), line["method"]
            else:
                got = ws.answer_to(line["id"])
                assert set(line["result"]) <= set(got["result"]), got


def same(shown, got, known, path=""):
    """Is what the document shows in what came? A word with $ in front is any value, and the same each time."""
    if isinstance(shown, str) and shown.startswith("$"):
        assert known.setdefault(shown, got) == got, f"{path}: {shown} was {known[shown]}, and is {got}"
    elif isinstance(shown, dict):
        for key, value in shown.items():
            assert key in got, f"{path}: no {key} in {got}"
            same(value, got[key], known, f"{path}.{key}")
    elif isinstance(shown, list):
        assert len(shown) == len(got), f"{path}: {got}"
        for i, value in enumerate(shown):
            same(value, got[i], known, f"{path}[{i}]")
    else:
        assert shown == got, f"{path}: {got}, not {shown}"


def given(value, known):
    """Arguments, with known words replaced."""
    if isinstance(value, dict):
        return {key: given(v, known) for key, v in value.items()}
    if isinstance(value, list):
        return [given(v, known) for v in value]
    return known[value] if isinstance(value, str) and value.startswith("$") else value


def a_person(whiply, name):
    token = api(whiply, "auth.register", {"name": name, "password": PASSWORD}).json["token"]
    return WebSocket(whiply.http, headers=bearer(token))


def play(lines, people):
    """A dialogue of calls, results, refusals and what others are told."""
    known, last = {}, {}
    for i, line in enumerate(lines):
        name, sign, rest = line.split(" ", 2)
        ws = people[name]
        if sign == ">":
            method, arguments = rest.split(" ", 1)
            last[name] = ws.answer_to(ws.post(method, **given(json.loads(arguments), known)))
            refused = i + 1 < len(lines) and lines[i + 1].startswith(f"{name} !")
            assert ("error" in last[name]) == refused, f"{line}: {last[name]}"
        elif sign == "<":
            same(json.loads(rest), last[name]["result"], known, line)
        elif sign == "!":
            assert last[name]["error"]["data"]["code"] == rest, last[name]
        else:
            method, members = rest.split(" ", 1)
            shown = json.loads(members)
            got = ws.take(lambda m: m.get("method") == method and m["params"].get("seq", 0) == shown.get("seq", m["params"].get("seq", 0)) and
                          m["params"].get("kind", "") == shown.get("kind", m["params"].get("kind", "")) and not shown.get("undone", False) ^ m["params"].get("undone", False), line)
            same(shown, got["params"], known, line)
    for ws in people.values():
        ws.close()


def test_the_examples_of_chat_happen_as_written():
    text = (ROOT / "docs" / "chat.md").read_text()
    lines = [line for block in re.findall(r"```chat\n(.*?)```", text, re.S) for line in block.splitlines()]
    commands = re.findall(r'^\t\{ "(chat\.\w+)"', (ROOT / "plugins" / "chat" / "chat.c").read_text(), re.M)
    assert {line.split()[2] for line in lines if line.split()[1] == ">"} == set(commands), "every command has its example"
    whiply = Whiply(plugins=f"sqlite = {{ }}; mail = {{ }}; audit = {{ }}; auth = {{ {CHEAP} }}; chat = {{ }};")
    try:
        play(lines, {name: a_person(whiply, name) for name in ("ann", "bob", "cleo")})
    finally:
        whiply.stop()


def test_the_examples_of_moderation_happen_as_written():
    text = (ROOT / "docs" / "moderation.md").read_text()
    lines = [line for block in re.findall(r"```moderation\n(.*?)```", text, re.S) for line in block.splitlines()]
    commands = re.findall(r'^\t\{ "(moderation\.\w+)"', (ROOT / "plugins" / "moderation" / "moderation.c").read_text(), re.M)
    assert {line.split()[2] for line in lines if line.split()[1] == ">" and " moderation." in line} == set(commands) - {"moderation.reason_set"}, "every command has its example"
    whiply = Whiply(plugins=f"sqlite = {{ }}; mail = {{ }}; audit = {{ }}; auth = {{ {CHEAP} }}; chat = {{ }}; moderation = {{ }};")
    try:
        people = {name: a_person(whiply, name) for name in ("mona", "max", "bob", "eve")}
        for name in ("mona", "max"):
            whiply.command("auth.grant", name, "moderator")
        for ws in people.values():
            ws.call("chat.join", room="den")
        play(lines, people)
    finally:
        whiply.stop()


def test_moderations_settings_are_in_its_document():
    source = (ROOT / "plugins" / "moderation" / "moderation.c").read_text()
    rows = re.search(r"wh_setting moderation_settings\[\] = \{\n(.*?)\n\t\{ 0 \}", source, re.S)[1]
    declared = [(name, default) for name, default in re.findall(r'\{ "(\w+)", WH_\w+, \.def = "([^"]*)"', rows)]
    written = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", (ROOT / "docs" / "moderation.md").read_text(), re.M)
    assert sorted(declared) == sorted(written)


def test_the_readmes_transcript_happens_as_written(tmp_path):
    """With the config that ./dev run starts, on other ports."""
    text = (ROOT / "README.md").read_text()
    addresses = re.findall(r"^    (?:http://|ws://|)127\.0\.0\.1:(\d+)", text, re.M)
    config = (ROOT / "contrib" / "whiply.conf").read_text()
    assert set(addresses) == set(re.findall(r'"127\.0\.0\.1:(\d+)"', config)), "what it says it serves"
    port, irc_port = free_ports(2)
    (tmp_path / "whiply.conf").write_text(config.replace("./var", f"{tmp_path}/var").replace("8080", str(port)).replace("6667", str(irc_port)))
    with open(tmp_path / "log", "wb") as log:
        server = subprocess.Popen([BUILD / "bin" / "whiplyd", "-c", tmp_path / "whiply.conf", "-L", BUILD / "plugins" / ".libs"], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, cwd=tmp_path)
    try:
        until(lambda: "serving" in (tmp_path / "log").read_text(), 20, "the server to serve")
        known = {}
        with WebSocket(port, protocols=None, greet=False) as ws:
            for sign, line in re.findall(r"^([<>]) (\{.*)$", text, re.M):
                said = json.loads(line)
                if sign == ">":
                    assert ws.post(said["method"], **said["params"]) == said["id"]
                elif "id" in said:
                    same(said, ws.answer_to(said["id"]), known, line)
                else:
                    said["params"] = {key: "$guest" if key in ("name", "from") else value for key, value in said["params"].items()}
                    same(said["params"], ws.notification(said["method"]), known, line)
        assert "first_admin" in (tmp_path / "log").read_text()
        with Wire(irc_port) as irc:
            irc.send(b"NICK ann\r\nUSER ann 0 * :Ann\r\n")
            irc.until(b" 001 ann ")
            irc.send(b"JOIN #lobby\r\n")
            irc.until(b" JOIN #lobby")
    finally:
        server.terminate()
        server.wait(20)


def test_chats_settings_are_in_its_document():
    source = (ROOT / "plugins" / "chat" / "chat.c").read_text()
    rows = re.search(r"wh_setting chat_settings\[\] = \{\n(.*?)\n\t\{ 0 \}", source, re.S)[1]
    declared = [(name, default) for name, default in re.findall(r'\{ "(\w+)", WH_\w+, \.def = "([^"]*)"', rows)]
    written = re.findall(r"^\| `(\w+)` \| `([^`]*)` \|", (ROOT / "docs" / "chat.md").read_text(), re.M)
    assert sorted(declared) == sorted(written)


BANS = """sqlite = { }; mail = { }; audit = { }; auth = { %s }; chat = { }; notices = { }; bans = { };""" % CHEAP


def test_the_settings_of_bans_are_in_their_document():
    text = (ROOT / "docs" / "bans.md").read_text()
    written = re.findall(r"^\| `(\w+)` \|(?: `([^`]*)`| ) \| (.*) \|$", text[text.index("## Settings"):text.index("## To watch")], re.M)
    declared = []
    for path, table in ("bans/bans.c", "bans_settings"), ("bans/lists.c", "list_settings"), ("bans/bans.c", "dns_settings"), ("notices/notices.c", "notices_settings"):
        source = (ROOT / "plugins" / path).read_text()
        rows = source[source.index(f"struct wh_setting {table}[]"):]
        for row in re.findall(r'^\t\{ ("\w+", WH_.*) \},$', rows[:rows.index("};")], re.M):
            default = re.search(r'\.def = "([^"]*)"', row)
            declared.append((re.match(r'"(\w+)"', row)[1], default[1] if default else "", re.search(r'\.help = "(.*)"$', row)[1].replace('\\"', '"')))
    assert written == declared


def test_the_examples_of_bans_work_as_written(tmp_path):
    text = (ROOT / "docs" / "bans.md").read_text()
    (tmp_path / "doc.conf").write_text(f'state = "{tmp_path}/var";\n' + re.search(r"```\n(plugins.*?)```", text, re.S)[1])
    checked = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", tmp_path / "doc.conf", "-L", BUILD / "plugins" / ".libs"],
                             capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    lines = [line for block in re.findall(r"```sh\n(.*?)```", text, re.S) for line in block.splitlines() if not line.startswith("#")]
    commands = set(re.findall(r'^\t\{ "(bans\.\w+)"', (ROOT / "plugins" / "bans" / "command.c").read_text(), re.M))
    assert commands <= {line.split()[1] for line in lines}, "every command has its example"
    whiply = Whiply(plugins=BANS)
    try:
        for name in ("ann", "mallory"):
            api(whiply, "auth.register", {"name": name, "password": PASSWORD})
        for line in lines:
            words = shlex.split(line)
            assert words[0] == "whiplyctl", line
            done = whiply.ctl(*words[1:])
            assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
        assert whiply.command("bans.test", "--address", "203.0.113.9")["outcome"] == "pass"
        assert whiply.command("bans.test", "--address", "198.18.5.5")["outcome"] == "sign_in"
        assert whiply.command("bans.test", "--account", "mallory")["outcome"] == "refuse"
        assert whiply.command("bans.test", "--name", "ChanServ")["reserved"]["what"] == "*serv"
        assert whiply.command("bans.list")["total"] == 8
    finally:
        whiply.stop()


def test_the_tests_against_attacks_that_bans_names_exist():
    text = (ROOT / "docs" / "bans.md").read_text()
    named = set(re.findall(r"`([a-z_0-9]+)`(?=[^|]*\|$)", text[text.index("## Attacks"):], re.M))
    sources = "".join(path.read_text() for folder in ("plugins/bans", "plugins/notices") for path in (ROOT / folder).glob("test_*.c"))
    sources += (ROOT / "tests" / "integration" / "test_bans.py").read_text() + " ".join(path.stem for path in (ROOT / "tests" / "fuzz").glob("*.c"))
    assert named and [name for name in named if name not in sources] == []


def test_every_link_between_documents_leads_somewhere():
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "tests" / "bench").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.relative_to(ROOT)} names {target}"


def test_the_tables_of_irc_are_those_of_the_plugin():
    printed = subprocess.run([BUILD / "plugins" / "irc" / "tables"], capture_output=True, text=True, timeout=10, check=True).stdout
    written = (ROOT / "docs" / "irc.md").read_text().split("<!-- tables -->\n")[1]
    assert printed == written, "run plugins/irc/tables, and put it at the end of docs/irc.md"


def test_every_setting_of_irc_is_in_its_document():
    source = (ROOT / "plugins" / "irc" / "irc.c").read_text()
    table = source[source.index("struct wh_setting irc_settings[]"):]
    names = re.findall(r'^\t\{ "(\w+)", WH_', table[:table.index("};")], re.M)
    text = (ROOT / "docs" / "irc.md").read_text()
    assert names and [name for name in names if f"| `{name}` |" not in text] == []


def test_every_numeric_of_irc_has_its_name_and_is_sent():
    sent = set()
    for path in (ROOT / "plugins" / "irc").glob("*.c"):
        source = path.read_text()
        for call in re.findall(r'\b(?:out|irc)_numeric\(([^"]*)"', source):
            if "int number" not in call:
                sent |= {int(n) for n in re.findall(r"\b\d{1,3}\b", call)}
        # Functions that choose one.
        for body in re.findall(r"\n\w+_numeric\([^{]*\{(.*?)\n\}", source, re.S):
            if "va_list" not in body:
                sent |= {int(n) for n in re.findall(r"\b\d{3}\b", body)}
    table = (ROOT / "plugins" / "irc" / "numeric.c").read_text()
    named = [int(n) for n in re.findall(r"^\t\{ (\d+), ", table, re.M)]
    assert named == sorted(set(named)) and set(named) == sent


def test_the_config_of_irc_is_one(tmp_path):
    text = re.search(r"```\n(listeners.*?)```", (ROOT / "docs" / "irc.md").read_text(), re.S)[1]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost", "-days", "2",
                    "-keyout", tmp_path / "key.pem", "-out", tmp_path / "fullchain.pem"], check=True, capture_output=True)
    (tmp_path / "irc.conf").write_text(f'state = "{tmp_path}/var";\n' + text.replace("/etc/whiply", str(tmp_path)))
    checked = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", tmp_path / "irc.conf", "-L", BUILD / "plugins" / ".libs"],
                             capture_output=True, text=True, timeout=30)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_tables_of_conformance_are_those_of_the_tests():
    """Each test of IRC stands under its specification, and each that is named is there."""
    import irc_conformance
    written = (ROOT / "docs" / "irc-conformance.md").read_text().split("<!-- tables -->\n")[1]
    assert irc_conformance.text() == written, "run tests/integration/irc_conformance.py, and put it at the end of docs/irc-conformance.md"
    of = {specification for specification, _, _ in irc_conformance.tests()}
    assert set(irc_conformance.SPECIFICATIONS) <= of, "every specification has a test"
