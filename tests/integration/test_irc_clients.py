"""Clients that nobody here wrote: irssi and WeeChat of Debian, irc-framework of npm. Each signs in by SASL, joins, speaks, hears, and reads
what was said before: by CHATHISTORY where it can ask, by the server's replay where it cannot."""
import json
import os
import pty
import select
import shutil
import subprocess
import threading

import irc_client
import pytest
from conftest import ROOT
from irc_client import PASSWORD
from wire import until

NPM = ROOT / "build" / "npm"
IRC_OPTIONS = dict(irc="replay = 10;")
# These start slowly on a busy machine.
PATIENCE = 40


def missing(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed: ./dev install-deps test")


@pytest.fixture
def channel(irc):
    """Somebody in a registered channel in which something was said: (client, channel)."""
    friend = irc.signed("friend", caps=irc_client.CAPS)
    room = irc.room(friend)
    friend.send(f"CS REGISTER {room}")
    friend.expect("NOTICE")
    friend.ask(f"TOPIC {room} :about cake")
    friend.ask(f"PRIVMSG {room} :said before")
    return friend, room


class Terminal:
    """A program on a terminal of its own, whose screen is thrown away."""

    def __init__(self, *command, **environment):
        self.main, side = pty.openpty()
        self.process = subprocess.Popen([str(word) for word in command], stdin=side, stdout=side, stderr=side, start_new_session=True,
                                        env={**os.environ, "TERM": "vt100", "LINES": "40", "COLUMNS": "160", **environment})
        os.close(side)
        self.screen = b""
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        while True:
            try:
                ready, _, _ = select.select([self.main], [], [], 1)
                data = os.read(self.main, 65536) if ready else None
            except OSError:
                return
            if data == b"":
                return
            self.screen += data or b""

    def type(self, line):
        os.write(self.main, line.encode() + b"\r")

    def stop(self, last):
        self.type(last)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(3)
        os.close(self.main)


IRSSI = """
servers = ( {{ address = "127.0.0.1"; chatnet = "test"; port = "{port}"; autoconnect = "yes"; use_tls = "no"; }} );
chatnets = {{ test = {{ type = "IRC"; nick = "{nick}"; sasl_mechanism = "PLAIN"; sasl_username = "{nick}"; sasl_password = "{password}"; }}; }};
channels = ( {{ name = "{channel}"; chatnet = "test"; autojoin = "yes"; }} );
settings = {{ core = {{ real_name = "irssi of Debian"; user_name = "irssi"; nick = "{nick}"; }};
  "fe-common/core" = {{ autolog = "yes"; autolog_path = "{folder}/log/$0.log"; autolog_level = "ALL"; }}; "irc/core" = {{ cmds_max_at_once = "50"; }}; }};
"""


@missing("irssi")
def test_irssi(irc, channel, tmp_path):
    friend, room = channel
    nick = irc.account("issi")
    (tmp_path / "log").mkdir()
    (tmp_path / "config").write_text(IRSSI.format(port=irc.whiply.extra, nick=nick, password=PASSWORD, channel=room, folder=tmp_path))
    irssi = Terminal("irssi", "--home", tmp_path, "--config", tmp_path / "config")
    try:
        join = friend.expect("JOIN", room, nick=nick, limit=PATIENCE)
        assert join.params[1] == nick and join.params[2] == "irssi of Debian", "signed in by SASL"
        log = tmp_path / "log" / f"{room}.log"

        def reads(text):
            until(lambda: log.exists() and text in log.read_text(errors="replace"), PATIENCE, f"{text} in irssi; {irssi.screen[-1500:]!r}")

        reads("said before")
        friend.ask(f"PRIVMSG {room} :hello irssi")
        reads("hello irssi")
        irssi.type(f"/msg {room} hello from irssi")
        assert friend.expect("PRIVMSG", room, nick=nick).last == "hello from irssi"
        irssi.type("/me waves")
        irssi.type(f"/query {friend.nick} psst")
        friend.expect("PRIVMSG", friend.nick, "psst", nick=nick)
        irssi.type(f"/whois {friend.nick}")
        irssi.type(f"/topic {room} mine")
        irssi.type(f"/names {room}")
        friend.ask(f"MODE {room} +o {nick}")
        friend.ask(f"TOPIC {room} :all about irssi")
        reads("all about irssi")
        irssi.type("/quit bye")
        assert "bye" in friend.expect("QUIT", nick=nick).last
    finally:
        irssi.stop("/quit")


@missing("irssi")
def test_irssi_gets_in_when_its_nick_is_somebody_elses(irc, channel, tmp_path):
    friend, room = channel
    taken = irc.client("taken")
    (tmp_path / "log").mkdir()
    config = IRSSI.format(port=irc.whiply.extra, nick=taken.nick, password="", channel=room, folder=tmp_path)
    (tmp_path / "config").write_text(config.replace('sasl_mechanism = "PLAIN";', ""))
    irssi = Terminal("irssi", "--home", tmp_path, "--config", tmp_path / "config")
    try:
        join = friend.expect("JOIN", room, limit=PATIENCE)
        assert join.nick != taken.nick and join.params[2] == "irssi of Debian"
    finally:
        irssi.stop("/quit")


@missing("weechat-headless")
def test_weechat(irc, channel, tmp_path):
    friend, room = channel
    nick = irc.account("wee")
    commands = [f"/server add test 127.0.0.1/{irc.whiply.extra} -notls", "/set irc.server_default.capabilities \"*\"",
                "/set fifo.file.path ${weechat_data_dir}/fifo", "/set irc.look.smart_filter off",
                "/set irc.server.test.sasl_mechanism plain", f"/set irc.server.test.sasl_username {nick}", f"/set irc.server.test.sasl_password {PASSWORD}",
                f"/set irc.server.test.nicks {nick}", "/set irc.server.test.realname WeeChat of Debian", "/set logger.file.flush_delay 0",
                f"/set irc.server.test.autojoin \"{room}\"", "/set irc.server.test.tls off", "/connect test"]
    words = ["weechat-headless", "-d", tmp_path]
    for command in commands:
        words += ["-r", command]
    with open(tmp_path / "out", "wb") as out:
        process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    fifo = tmp_path / "fifo"

    def told():
        return "".join(path.read_text(errors="replace") for path in (tmp_path / "logs").glob("*.weechatlog")) if (tmp_path / "logs").is_dir() else ""

    def reads(text):
        until(lambda: text in told(), PATIENCE, f"{text} in WeeChat, which has {told()[-3000:]}")

    def say(buffer, text):
        with open(fifo, "w") as f:
            f.write(f"{buffer} *{text}\n")

    try:
        join = friend.expect("JOIN", room, nick=nick, limit=PATIENCE)
        assert join.params[1] == nick and join.params[2] == "WeeChat of Debian", "signed in by SASL"
        reads("said before")
        friend.ask(f"PRIVMSG {room} :hello weechat")
        reads("hello weechat")
        until(fifo.exists, PATIENCE, "the fifo of WeeChat")
        say(f"irc.test.{room}", "hello from weechat")
        assert friend.expect("PRIVMSG", room, nick=nick).last == "hello from weechat"
        say(f"irc.test.{room}", f"/msg {friend.nick} psst")
        assert friend.expect("PRIVMSG", friend.nick, nick=nick).last == "psst"
        friend.ask(f"TOPIC {room} :all about weechat")
        reads("all about weechat")
        say(f"irc.test.{room}", "/away -all at lunch")
        assert friend.expect("AWAY", nick=nick).last == "at lunch"
        say(f"irc.test.{room}", "/quit bye")
        assert "bye" in friend.expect("QUIT", nick=nick).last
        process.wait(20)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


class Framework:
    """tests/npm/irc.mjs."""

    def __init__(self, **options):
        self.process = subprocess.Popen(["node", ROOT / "tests" / "npm" / "irc.mjs", json.dumps(options)], cwd=NPM, text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, env={**os.environ, "NODE_OPTIONS": "", "NODE_PATH": str(NPM / "node_modules")})
        self.events = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.events.append(json.loads(line))

    def do(self, verb, *args):
        self.process.stdin.write(json.dumps({"verb": verb, "args": args}) + "\n")
        self.process.stdin.flush()

    def sees(self, event, **wanted):
        def find():
            return [e for e in list(self.events) if e["event"] == event and all(e.get(key) == value for key, value in wanted.items())]
        return until(find, PATIENCE, f"{event} {wanted} among {self.events[-20:]}")[0]

    def stop(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.reader.join(3)


@pytest.mark.skipif(not (NPM / "node_modules" / "irc-framework").is_dir(), reason="irc-framework is not installed: ./dev could not reach npm's registry")
def test_irc_framework(irc, channel):
    friend, room = channel
    nick = irc.account("frame")
    where = {"host": "127.0.0.1", "port": irc.whiply.extra}
    c = Framework(nick=nick, username="frame", account={"account": nick, "password": PASSWORD}, **where)
    try:
        c.sees("loggedin", account=nick)
        c.sees("registered", nick=nick)
        c.do("join", room)
        c.sees("join", channel=room, nick=nick)
        assert friend.expect("JOIN", room, nick=nick).params[1] == nick
        assert f"q/{friend.nick}" in c.sees("userlist", channel=room)["nicks"]
        c.sees("topic", channel=room, topic="about cake")
        c.do("raw", f"CHATHISTORY LATEST {room} * 50")
        assert "said before" in c.sees("history")["texts"]
        c.do("say", room, "hello from irc-framework")
        heard = friend.expect("PRIVMSG", room, nick=nick)
        assert heard.last == "hello from irc-framework"
        echo = c.sees("message", text="hello from irc-framework", target=room)
        assert echo["tags"]["msgid"] == heard.tags["msgid"] and echo["tags"]["time"] == heard.tags["time"]
        friend.ask(f"PRIVMSG {room} :hello framework")
        c.sees("message", nick=friend.nick, text="hello framework", type="privmsg")
        friend.ask(f"PRIVMSG {nick} :\1ACTION whispers\1")
        c.sees("message", nick=friend.nick, text="whispers", type="action", target=nick)
        c.do("support", "CHATHISTORY")
        assert str(c.sees("support")["value"]) == "100" and "labeled-response" in c.sees("support")["caps"]
        c.do("quit", "bye")
        assert "bye" in friend.expect("QUIT", nick=nick).last
        c.sees("close")
    finally:
        c.stop()
