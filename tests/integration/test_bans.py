"""Bans of the whole server: the same for who comes over WebSocket, HTTP and IRC, each told why. Clients come from addresses of 127.0.0.0/8, or from
where a trusted proxy says; the name server that DNS lists are asked at is played here."""
import socket
import struct
import threading
import time

import pytest
from irc_client import PASSWORD, Irc, IrcServer, options
from test_accounts import api, bearer
from wire import WebSocket, http, until

HOME = "127.0.0.9"      # where operators come from


def serve(start, bans="", **more):
    return IrcServer(start(**options(plugins=f"bans = {{ {bans} }}; notices = {{ connections = false; }};", **more)))


def ban(whiply, *words):
    return whiply.command("bans.add", *words)["ban"]


def oper(irc, name="root", caps=()):
    """An administrator over IRC, from the operators' address."""
    name = irc.account(name)
    irc.whiply.command("auth.grant", name, "admin")
    client = Irc(irc.whiply.extra, source=HOME)
    irc.clients.append(client)
    client.register(name, account=name, caps=caps)
    return client


def guest(irc, source, nick="guest", **more):
    client = Irc(irc.whiply.extra, source=source, **more)
    irc.clients.append(client)
    client.register(irc.nick(nick))
    return client


def refused_over_irc(irc, source, *lines):
    client = Irc(irc.whiply.extra, source=source)
    irc.clients.append(client)
    client.send(*lines)
    return client.ended()


def metric(whiply, name):
    text = http(whiply.http, "GET", "/metrics", source="127.0.0.1").body.decode()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line.startswith(name))


def test_a_banned_network_is_told_why_in_every_dialect(start):
    irc = serve(start, bans='contact = "abuse@test.example";')
    made = ban(irc.whiply, "network", "127.0.5.0/24", "--why", "only spam came from there", "--for", "1h")
    text = "only spam came from there"

    with WebSocket(irc.whiply.http, source="127.0.5.1", greet=False) as ws:
        told = ws.notification("bans.banned")
        assert told["id"] == made["id"] and told["why"] == text and "abuse@test.example" in told["text"] and told["until"] == made["until"]
        code, reason = ws.closed()
        assert code == 4403 and text in reason

    answer = http(irc.whiply.http, "POST", "/api/session.whoami", {}, source="127.0.5.2")
    assert answer.status == 403 and text in answer.json["detail"] and "abuse@test.example" in answer.json["detail"]

    lines = refused_over_irc(irc, "127.0.5.3")
    assert [line.verb for line in lines] == ["465", "ERROR"]
    assert text in lines[0].last and lines[1].last.startswith("Closing link:") and text in lines[1].last
    lines = Irc(irc.whiply.http, web="text.ircv3.net", source="127.0.5.4").ended()
    assert [line.verb for line in lines] == ["465", "ERROR"]

    # Next door all is as it was.
    WebSocket(irc.whiply.http, source="127.0.6.1").close()
    assert http(irc.whiply.http, "POST", "/api/session.whoami", {}, source="127.0.6.1").status == 200
    guest(irc, "127.0.6.1")
    assert metric(irc.whiply, "whiply_bans_refused_total") == 4


def test_a_ban_closes_at_once_whom_it_matches_whatever_they_speak(start):
    irc = serve(start)
    root = oper(irc)
    ann = guest(irc, "127.0.5.1")
    web = WebSocket(irc.whiply.http, source="127.0.5.2")
    other = guest(irc, "127.0.6.1")
    root.send("KLINE 60 *@127.0.5.0/24 :enough of this")
    assert "Added K-Line" in root.expect("NOTICE").last
    lines = ann.ended()
    assert "enough of this" in lines[-1].last and lines[-1].verb == "ERROR"
    code, reason = web.closed()
    assert code == 4403 and "enough of this" in reason
    other.send("PING still")
    other.expect("PONG")
    # Both dialects speak of one list.
    listed = irc.whiply.command("bans.list")["bans"]
    assert [(b["what"], b["why"], b["by_name"]) for b in listed] == [("127.0.5.0/24", "enough of this", root.nick)]
    assert 3590000 < listed[0]["until"] - listed[0]["time"] <= 3600000
    ban(irc.whiply, "network", "2001:db8::/32", "--why", "set elsewhere")
    lines = root.says("STATS k", "219")
    assert [line.params[2] for line in lines if line.verb == "216"] == ["2001:db8::/32", "127.0.5.0/24"]
    root.send("UNKLINE *@127.0.5.0/24")
    assert "Removed" in root.expect("NOTICE").last
    guest(irc, "127.0.5.1")


def test_dline_resv_testline_and_stats_are_the_same_bans(start):
    irc = serve(start)
    root = oper(irc)
    root.send("DLINE 1d 127.0.7.7 :not you")
    assert "Added D-Line" in root.expect("NOTICE").last
    root.send("RESV *Serv :for services", "RESV #warez* :no")
    assert "Added RESV" in root.expect("NOTICE").last
    assert "Added RESV" in root.expect("NOTICE").last
    assert [line.verb for line in refused_over_irc(irc, "127.0.7.7")][-1] == "ERROR"
    late = Irc(irc.whiply.extra, source="127.0.8.1")
    irc.clients.append(late)
    late.send("NICK NickServ", "USER user 0 * :name")
    assert "for services" in late.expect("433").last
    late.send("NICK somebody")
    late.expect("001")
    late.send("JOIN #warez-1")
    assert "no" in late.until("437", "474", "473", "471", "403", "405")[-1].last
    assert "reserved" in api(irc.whiply, "auth.register", {"name": "ChanServ", "password": PASSWORD}).json["detail"]
    assert [line.params[2:4] for line in root.says("STATS q", "219") if line.verb == "217"] == [["0", "#warez*"], ["0", "*Serv"]]
    assert [line.params[2] for line in root.says("STATS d", "219") if line.verb == "225"] == ["127.0.7.7"]
    root.send("TESTLINE 127.0.7.7", "TESTLINE 127.0.7.8", "TESTLINE operserv", "TESTLINE #warez99")
    assert root.expect("725").params[1:4] == ["k", "1440", "127.0.7.7"]
    assert root.expect("726").params[1] == "127.0.7.8"
    assert root.expect("725").params[1:4] == ["q", "0", "*Serv"]
    assert root.expect("725").params[1:4] == ["q", "0", "#warez*"]
    for line, want in ("UNRESV *Serv", "Removed"), ("UNDLINE 127.0.7.7", "Removed"), ("UNDLINE 127.0.7.7", "there is no such ban"):
        root.send(line)
        assert want in root.expect("NOTICE").last
    late.send("KLINE *@127.0.9.1 :mine", "STATS k", "STATS l", "MODE somebody +s")
    for _ in range(4):
        late.expect("481")
    late.send("STATS u")
    late.expect("242")


def test_stats_has_its_letters(start):
    irc = serve(start)
    root = oper(irc)
    ban(irc.whiply, "network", "203.0.113.0/24", "--effect", "exempt", "--why", "friends")
    ban(irc.whiply, "name", "spam*", "--why", "bots")
    root.says("PING x", "PONG")

    def stats(letter):
        lines = root.says(f"STATS {letter}", "219")
        assert lines[-1].params[1] == letter
        return [line for line in lines if line.verb != "219"]

    assert [line.params[1:3] for line in stats("e")] == [["E", "203.0.113.0/24"]]
    assert [line.params[1:4] for line in stats("q")] == [["Q", "0", "spam*"]]
    assert stats("k") == [] and stats("d") == [] and stats("z") == []
    assert [line.verb for line in stats("u")] == ["242", "250"]
    assert [line.verb for line in stats("o")] == ["243"]
    operators = stats("p")
    assert operators[0].last.startswith(root.nick) and operators[-1].last == "1 operators are here"
    assert [line.params[1] for line in stats("l")] == [root.nick]
    verbs = {line.params[1]: int(line.params[2]) for line in stats("m")}
    assert verbs["NICK"] >= 1 and verbs["STATS"] >= 7


def test_a_nick_is_banned_where_it_is_and_an_account_wherever_it_goes(start):
    irc = serve(start)
    root = oper(irc)
    ann, account = guest(irc, "127.0.5.1", "ann"), irc.account("bob")
    token = api(irc.whiply, "auth.login", {"name": account, "password": PASSWORD}).json["token"]
    assert api(irc.whiply, "auth.whoami", headers=bearer(token)).status == 200
    root.send(f"KLINE {ann.nick} :by nick", f"KLINE 5 $a:{account} :by account", "KLINE nobodyhere :x", "KLINE ann@127.0.5.1 :x")
    told = [root.expect("NOTICE").last for _ in range(4)]
    for part, n in ("[network 127.0.5.1]", 1), ("[account ", 1), ("Write", 2):
        assert len([line for line in told if part in line]) == n, told
    assert ann.ended()[-1].verb == "ERROR"
    answer = http(irc.whiply.http, "POST", "/api/auth.whoami", {}, bearer(token), source="127.0.6.6")
    assert answer.status == 403 and "by account" in answer.json["detail"]
    with WebSocket(irc.whiply.http, source="127.0.6.7", headers=bearer(token), greet=False) as ws:
        assert ws.closed()[0] == 4403
    lines = refused_over_irc(irc, "127.0.6.8", f"PASS {account}:{PASSWORD}", f"NICK {account}", "USER u 0 * :u")
    assert lines[-1].verb == "ERROR" and "by account" in lines[-1].last
    root.send(f"UNKLINE $a:{account}")
    assert "Removed" in root.expect("NOTICE").last
    assert api(irc.whiply, "auth.whoami", headers=bearer(token)).status == 200


def test_nobody_bans_themselves_by_mistake(start):
    irc = serve(start)
    root = oper(irc)
    root.send("KLINE *@127.0.0.0/8 :oops")
    assert "force" in root.expect("NOTICE").last
    root.send("PING here")
    root.expect("PONG")
    assert irc.whiply.command("bans.list")["total"] == 0


def test_a_ban_ends(start):
    irc = serve(start)
    ban(irc.whiply, "network", "127.0.5.1", "--for", "2s")
    assert http(irc.whiply.http, "POST", "/api/session.whoami", {}, source="127.0.5.1").status == 403
    until(lambda: http(irc.whiply.http, "POST", "/api/session.whoami", {}, source="127.0.5.1").status == 200, 20, "the ban to end")
    guest(irc, "127.0.5.1")


def test_bans_outlive_the_hub_and_the_server(start):
    irc = serve(start)
    whiply = irc.whiply
    root = oper(irc)
    ban(whiply, "network", "127.0.5.0/24", "--why", "still so")
    stays = guest(irc, "127.0.6.1")
    root.send(f"MODE {root.nick} +s bp")
    assert root.expect("008").params[1] == "+bp"
    old = whiply.kill("hub")
    whiply.hub_back(old)
    assert "hub was replaced" in root.expect("NOTICE").last
    assert "still so" in refused_over_irc(irc, "127.0.5.9")[-1].last
    stays.send("PING here")
    stays.expect("PONG")
    # What a session watches, and who it is, is as it was.
    ban(whiply, "network", "127.0.6.0/24", "--why", "now you")
    assert stays.ended()[-1].verb == "ERROR"
    told = root.expect("NOTICE").last
    assert "bans: set" in told and "127.0.6.0/24" in told and "now you" in told
    whiply.end()
    whiply.run()
    whiply.wait()
    assert http(whiply.http, "POST", "/api/session.whoami", {}, source="127.0.5.1").status == 403
    assert whiply.command("bans.list")["total"] == 2


def test_from_some_networks_one_comes_with_an_account_only(start):
    irc = serve(start, bans='sign_in = "5s";')
    whiply = irc.whiply
    account = irc.account("ann")
    ban(whiply, "network", "127.0.5.0/24", "--effect", "registered", "--why", "this is a cloud")
    client = Irc(whiply.extra, source="127.0.5.1")
    irc.clients.append(client)
    client.register(account, account=account)
    lines = refused_over_irc(irc, "127.0.5.2", "NICK gus", "USER u 0 * :u")
    assert lines[-1].verb == "ERROR" and "this is a cloud" in lines[-1].last and "001" not in [line.verb for line in lines]
    with WebSocket(whiply.http, source="127.0.5.3") as ws:
        assert "this is a cloud" in ws.notification("bans.sign_in")["text"]
        assert ws.refused("chat.join", room="lobby")["data"]["code"] == "unauthenticated"
        ws.call("auth.login", name=account, password=PASSWORD)
        ws.call("chat.join", room="lobby")
    with WebSocket(whiply.http, source="127.0.5.4") as ws:
        assert ws.closed(20)[0] == 4401
    assert http(whiply.http, "POST", "/api/chat.rooms", {}, source="127.0.5.5").status == 401
    assert http(whiply.http, "POST", "/api/auth.register", {"name": "newone", "password": PASSWORD}, source="127.0.5.5").status == 401
    token = http(whiply.http, "POST", "/api/auth.login", {"name": account, "password": PASSWORD}, source="127.0.5.5").json["token"]
    assert http(whiply.http, "POST", "/api/chat.rooms", {}, bearer(token), source="127.0.5.5").status == 200


def test_where_a_gateway_says_that_somebody_is_from_counts(start):
    irc = serve(start, irc='webirc = ( { password = "gateway-pass"; from = "127.0.0.1"; } );')
    ban(irc.whiply, "network", "203.0.113.0/24", "--why", "over the gateway")
    lines = refused_over_irc(irc, None, "WEBIRC gateway-pass cgi host 203.0.113.5", "NICK gus", "USER u 0 * :u")
    assert lines[-1].verb == "ERROR" and "over the gateway" in lines[-1].last
    client = Irc(irc.whiply.extra)
    irc.clients.append(client)
    client.send("WEBIRC gateway-pass cgi host 203.0.114.5", "NICK gus", "USER u 0 * :u")
    client.expect("001")


def test_a_network_is_throttled_and_others_are_not(start):
    irc = serve(start, bans='network_rate = "6/m burst 4"; sessions_per_address = 3; except = [ "127.0.0.9" ];')
    root = oper(irc)
    root.send(f"MODE {root.nick} +s f")
    root.expect("008")
    for i in range(4):
        guest(irc, f"127.0.5.{i}")
    lines = refused_over_irc(irc, "127.0.5.9")
    assert lines[-1].verb == "ERROR" and "too many new connections" in lines[-1].last
    assert "127.0.5.9" in root.expect("NOTICE").last
    with WebSocket(irc.whiply.http, source="127.0.5.10", greet=False) as ws:
        assert ws.closed()[0] == 4429
    for _ in range(3):
        guest(irc, "127.0.6.1")
    assert "from your address" in refused_over_irc(irc, "127.0.6.1")[-1].last
    for _ in range(5):
        guest(irc, HOME)
    assert metric(irc.whiply, "whiply_bans_throttled_total") == 3


class NameServer:
    """Answers for list.test: addresses of `listed`, {"2.0.113.203": "127.0.0.2"}; silent when `silent`."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.listed, self.asked, self.silent, self.slow = {}, [], False, 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while True:
            try:
                packet, peer = self.socket.recvfrom(512)
            except OSError:
                return
            if not packet:
                return
            labels, at = [], 12
            while packet[at]:
                labels.append(packet[at + 1:at + 1 + packet[at]].decode())
                at += 1 + packet[at]
            name = ".".join(labels)
            self.asked.append(name)
            if self.silent:
                continue
            time.sleep(self.slow)
            reply = self.listed.get(name)
            head = packet[:2] + struct.pack(">HHHHH", 0x8180 if reply else 0x8183, 1, 1 if reply else 0, 0, 0)
            answer = b"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04" + socket.inet_aton(reply) if reply else b""
            self.socket.sendto(head + packet[12:at + 5] + answer, peer)

    def close(self):
        self.socket.close()


@pytest.fixture
def names():
    server = NameServer()
    yield server
    server.close()


LISTS = """lists = ( { zone = "list.test"; replies = [ "127.0.0.2" ]; action = "refuse"; why = "see list.test"; },
                     { zone = "soft.test"; action = "registered"; }, { zone = "mark.test"; action = "mark"; } );
           dns = { server = "127.0.0.1:%d"; timeout = "%s"; };"""
PROXY = 'trusted = [ "127.0.0.1" ]; forwarded = "x-forwarded-for";'


def from_address(whiply, address, **more):
    return WebSocket(whiply.http, headers={"X-Forwarded-For": address}, **more)


def test_dns_lists_are_asked_and_what_they_say_holds(start, names):
    names.listed = {"2.113.0.203.list.test": "127.0.0.2", "3.113.0.203.list.test": "127.0.0.3", "4.113.0.203.soft.test": "127.0.0.9",
                    "5.113.0.203.mark.test": "127.0.0.2", "6.113.0.203.list.test": "127.255.255.254"}
    whiply = serve(start, bans=LISTS % (names.port, "5s"), web=PROXY).whiply
    with from_address(whiply, "203.0.113.2") as ws:
        code, reason = ws.closed()
        assert code == 4403 and "list.test" in reason and "see list.test" in reason
    with from_address(whiply, "203.0.113.4") as ws:
        assert "account" in ws.notification("bans.sign_in")["text"]
    for address in "203.0.113.3", "203.0.113.5", "203.0.113.6", "203.0.113.7":
        with from_address(whiply, address) as ws:
            until(lambda: whiply.command("bans.test", "--address", address)["asked"], 20, "the lists' answer")
            assert ws.call("session.ping") is not None
    tested = whiply.command("bans.test", "--address", "203.0.113.5")
    assert tested["outcome"] == "pass" and tested["lists"] == ["mark.test"]
    assert whiply.command("bans.test", "--address", "203.0.113.2")["list"] == "list.test"
    # Over HTTP what is known holds, and what is private is never asked about.
    assert http(whiply.http, "POST", "/api/session.whoami", {}, {"X-Forwarded-For": "203.0.113.2"}).status == 403
    WebSocket(whiply.http).close()
    with from_address(whiply, "10.1.2.3") as ws:
        ws.call("session.ping")
    asked = [name for name in names.asked if ".113.0.203." not in name]
    assert asked == []
    # Each is asked about once while the answer is believed.
    assert names.asked.count("2.113.0.203.list.test") == 1


def test_who_says_all_at_once_is_not_heard_before_the_lists_answer(start, names):
    """A bot connects, enters and speaks in one write. `slow`: the answer comes a while later."""
    names.listed, names.slow = {"2.113.0.203.list.test": "127.0.0.2"}, 0.3
    irc = serve(start, bans=LISTS % (names.port, "5s"), web=PROXY)
    ann = guest(irc, HOME, "ann")
    ann.join("#lobby")
    with from_address(irc.whiply, "203.0.113.2") as bot:
        bot.post("chat.join", room="lobby")
        bot.post("chat.whisper", to=ann.nick, text="buy this")
        bot.post("chat.say", room="lobby", text="buy this")
        assert bot.closed()[0] == 4403
    with from_address(irc.whiply, "203.0.113.3") as good:
        good.call("chat.join", room="lobby")
        good.call("chat.say", room="lobby", text="hello")
    lines = ann.until("PRIVMSG")
    assert lines[-1].last == "hello" and [line.verb for line in lines].count("JOIN") == 1, lines


def test_a_silent_name_server_locks_nobody_out(start, names):
    names.silent = True
    whiply = serve(start, bans=LISTS % (names.port, "200ms"), web=PROXY).whiply
    sockets = [from_address(whiply, f"203.0.113.{n}") for n in range(1, 21)]
    for ws in sockets:
        ws.call("chat.join", room="lobby")
    until(lambda: whiply.events("bans_name_server_silent"), 20, "the name server to be left alone")
    for ws in sockets:
        ws.call("session.ping")
        ws.close()
    assert http(whiply.http, "GET", "/health/ready").status == 200


def test_notices_are_told_by_topic_in_both_dialects(start):
    irc = serve(start)
    whiply = irc.whiply
    root = oper(irc)
    token = api(whiply, "auth.login", {"name": root.nick, "password": PASSWORD}).json["token"]
    ann, web = guest(irc, "127.0.5.1", "ann"), WebSocket(whiply.http, headers=bearer(token), source=HOME)
    assert web.call("notices.watch", topics="kills bans")["topics"] == ["kills", "bans"]
    root.send(f"MODE {root.nick} +s")
    assert root.expect("MODE").last == "+s"
    assert sorted(root.expect("008").params[1]) == sorted("+abcfkmpr")
    root.send(f"MODE {root.nick} +s -cfapmr")
    assert sorted(root.until("008")[-1].params[1][1:]) == ["b", "k"]
    root.send(f"MODE {root.nick}")
    assert "s" in root.expect("221").last
    assert sorted(root.expect("008").params[1][1:]) == ["b", "k"]
    root.send(f"KILL {ann.nick} :go away")
    assert "kills: " in root.expect("NOTICE").last
    told = web.notification("notices.notice")
    assert told["topic"] == "kills" and ann.nick in told["text"] and "go away" in told["text"]
    ban(whiply, "name", "spam*")
    assert web.notification("notices.notice")["topic"] == "bans"
    assert "bans: set" in root.expect("NOTICE").last
    root.send(f"MODE {root.nick} -s")
    assert root.expect("MODE").last == "-s"
    ban(whiply, "name", "more*")
    web.notification("notices.notice")
    root.send("PING x")
    assert [line.verb for line in root.until("PONG")] == ["PONG"]
    web.close()


def test_setting_and_lifting_many_bans_does_not_hold_up_others(start):
    """Each of 40 bans is in force when it is answered; somebody who talks meanwhile is not disturbed."""
    irc = serve(start)
    root = oper(irc)
    ann = guest(irc, "127.0.6.1")
    began = time.monotonic()
    for n in range(40):
        root.send(f"DLINE 127.1.{n}.0/24 :many")
    for n in range(40):
        assert "Added" in root.expect("NOTICE", limit=30).last
    ann.send("PING x")
    ann.expect("PONG")
    assert irc.whiply.command("bans.list", "--limit", 1)["total"] == 40
    assert time.monotonic() - began < 60
