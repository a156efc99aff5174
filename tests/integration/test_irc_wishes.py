"""What those who run other IRC servers ask for in vain, each shown: signing in by OIDC and by app passwords, WebSocket behind a proxy, certificates
that are replaced under clients, a rehash that fails and changes nothing, thousands of connections, figures, slow mode."""
import signal
import ssl
import subprocess

import irc_client
from conftest import Whiply, free_ports
from irc_client import PASSWORD, Irc, IrcServer
from test_irc_accounts import b64, begin, plain
from test_oidc import CHEAP, Client, person
from wire import http, until

TLS = """, {{ name = "tls"; address = "127.0.0.1:{port}"; protocol = "line"; dialect = "irc";
  tls = {{ certificates = ( {{ certificate = "{dir}/cert.pem"; key = "{dir}/key.pem"; }} ); }}; }}"""
CROWD = 2000


def certificate(folder):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=irc.example",
                    "-addext", "subjectAltName=DNS:irc.example", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)


def bearer(c, token):
    c.send("AUTHENTICATE OAUTHBEARER")
    c.expect("AUTHENTICATE")
    text = b64(f"n,,\1auth=Bearer {token}\1\1")
    for at in range(0, len(text), 400):
        c.send(f"AUTHENTICATE {text[at:at + 400]}")
    if len(text) % 400 == 0:
        c.send("AUTHENTICATE +")


def test_an_ordinary_client_signs_in_by_oidc(tmp_path):
    """Sign-in by OIDC: a token that this server's own OpenID provider gave to an app opens IRC by OAUTHBEARER, and no more once it is taken back."""
    port = free_ports(12)[-1]
    whiply = serve_irc(port)
    try:
        app, browser = Client(whiply, "ircapp"), person(whiply, "ann")
        tokens = app.exchange(app.code(browser, scope="openid profile offline_access chat")).json
        c = Irc(port)
        c.send("CAP LS 302", "CAP REQ :sasl")
        c.expect("CAP", None, "ACK")
        bearer(c, tokens["access_token"])
        assert c.expect("900").params[2] == "ann"
        c.send("NICK anything", "USER u 0 * :r", "CAP END")
        assert c.expect("001").params[0] == "ann"
        c.join("#lobby")
        c.send("PRIVMSG #lobby :signed in from elsewhere", "PING end")
        assert "404" not in [line.verb for line in c.until("PONG")]
        app.post("revocation_endpoint", token=tokens["refresh_token"])
        assert any(line.verb == "ERROR" for line in c.ended())
    finally:
        whiply.stop()


def serve_irc(port):
    """A server whose own address is its site, with IRC beside it."""
    whiply = Whiply(listeners=f', {{ name = "site"; address = "127.0.0.1:PORT"; protocol = "http"; }}, {{ name = "irc"; address = "127.0.0.1:{port}"; '
                              'protocol = "line"; dialect = "irc"; }',
                    plugins='sqlite = { }; mail = { }; audit = { }; fetch = { }; auth = { %s site = "http://127.0.0.1:PORT"; }; chat = { }; irc = { name = "irc.test"; };' %
                            CHEAP.replace('"relay"', '"relay", "chat"'))
    whiply.site = f"http://127.0.0.1:{whiply.extra}"
    return whiply


def test_a_password_of_its_own_from_the_web_page_signs_in(irc):
    """Sign-in with a second factor: an app password, made on the web, is what a client is given; the account's own then does not do."""
    name = irc.account("ann")
    token = http(irc.whiply.http, "POST", "/api/auth.login", {"name": name, "password": PASSWORD}).json["token"]
    made = http(irc.whiply.http, "POST", "/api/auth.app_password", {"name": "phone", "password": PASSWORD}, {"Authorization": f"Bearer {token}"})
    assert made.status == 200, made.body
    secret = next(value for key, value in made.json.items() if key in ("password", "token", "secret") and isinstance(value, str))
    c = begin(irc)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {plain(name, secret)}")
    assert c.expect("900").params[2] == name


def test_behind_a_proxy_the_client_is_seen(start):
    """WebSocket behind a proxy: what a trusted peer says of the client's address counts, by X-Forwarded-For or PROXY, and from others it does not."""
    options = irc_client.options(listener='proxy = "any"; trusted = [ "127.0.0.1" ];', web='forwarded = "x-forwarded-for"; trusted = [ "127.0.0.1" ];')
    server = IrcServer(start(**options))

    def address_of(c):
        return [line for line in c.says(f"WHOIS {c.nick}", "318") if line.verb == "338"][0].params[2]

    web = server.raw(web="text.ircv3.net", headers={"X-Forwarded-For": "198.51.100.1, 192.0.2.9"})
    web.register("webby")
    assert address_of(web) == "192.0.2.9"
    plain_one = server.raw()
    plain_one.wire.send(b"PROXY TCP4 192.0.2.7 127.0.0.1 5000 6667\r\n")
    plain_one.register("proxied")
    assert address_of(plain_one) == "192.0.2.7"
    server.leave()
    stranger = IrcServer(start(**irc_client.options(web='forwarded = "x-forwarded-for"; trusted = [ "10.9.9.9" ];')))
    web = stranger.raw(web="text.ircv3.net", headers={"X-Forwarded-For": "192.0.2.9"})
    web.register("webby")
    assert address_of(web) == "127.0.0.1"
    stranger.leave()


def test_a_new_certificate_is_taken_and_nobody_is_cut_off(start, tmp_path):
    """Certificate reload without an operator: what renews certificates sends SIGHUP; new clients get the new one, old clients stay."""
    certificate(tmp_path)
    port = free_ports(8)[-1]
    whiply = start(**irc_client.options(listeners=TLS.format(port=port, dir=tmp_path)))
    old = Irc(port, tls=ssl.create_default_context(cafile=str(tmp_path / "cert.pem")), server_name="irc.example")
    old.register("old")
    certificate(tmp_path)
    whiply.process.send_signal(signal.SIGHUP)
    context = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))

    def is_new():
        try:
            Irc(port, tls=context, server_name="irc.example").close()
            return True
        except ssl.SSLError:
            return False

    until(is_new, 20, "the new certificate")
    assert old.ping() == []
    old.close()


def test_a_rehash_that_fails_changes_nothing_and_says_why(start):
    """A failed REHASH: every error is told, with file and line, and all is as it was; one that succeeds holds at once."""
    whiply = start(**irc_client.options(irc='motd = "old"; crowd = 50;'))
    server = IrcServer(whiply)
    oper = server.client("oper")
    name = server.account("boss")
    whiply.command("auth.grant", name, "oper")
    oper.send(f"OPER {name} {PASSWORD}")
    oper.expect("381")
    good = dict(whiply.sections)
    bad = good["plugins"].replace('motd = "old";', 'motd = "new"; netwrok = "x";').replace("crowd = 50;", 'crowd = "many";')
    whiply.configure(plugins=bad)
    oper.send("REHASH")
    oper.expect("382")
    said = []
    while not said or "nothing was changed" not in said[-1]:
        said.append(oper.expect("NOTICE").last)
    text = "\n".join(said)
    assert "netwrok" in text and "network" in text and "crowd" in text and f"{whiply.config}:" in text, text
    assert [line.last for line in oper.says("MOTD", "376") if line.verb == "372"] == ["- old"]
    whiply.configure(plugins=good["plugins"].replace('motd = "old";', 'motd = "new";'))
    oper.send("REHASH")
    assert "holds" in oper.expect("NOTICE").last
    assert [line.last for line in oper.says("MOTD", "376") if line.verb == "372"] == ["- new"]
    server.leave()


def test_two_thousand_connections_slow_nobody_down(start):
    """2,000 connections: what one asks is answered as fast as when nobody else is there, and each is really in."""
    whiply = start(**irc_client.options(chat='rate = "100000/s burst 100000";'))
    server = IrcServer(whiply)
    a, b = server.modern("ann"), server.modern("bob")
    room = server.room(a, b)

    def work():
        """CPU of hub and edge for a hundred messages, in milliseconds: what others do on this machine does not count."""
        pids = [pid for title, pid in whiply.children().items() if "hub" in title or "edge" in title]

        def spent():
            return sum(int(open(f"/proc/{pid}/schedstat").read().split()[0]) for pid in pids) / 1e6

        before = spent()
        for i in range(100):
            a.ask(f"PRIVMSG {room} :{i}")
            b.expect("PRIVMSG", room)
        return spent() - before

    for c in (a, b):
        c.send("PING warm")
        c.expect("PONG")
    alone = min(work() for _ in range(3))
    others = []
    for i in range(0, CROWD, 100):
        some = [server.raw() for _ in range(100)]
        for j, c in enumerate(some):
            c.send(f"NICK many{i + j}", "USER u 0 * :r")
        for c in some:
            c.until("422")
        others += some
    assert int([line for line in a.ask("LUSERS") if line.verb == "265"][0].params[1]) >= CROWD
    crowded = min(work() for _ in range(3))
    assert crowded < 2 * alone + 5, (alone, crowded)
    others[-1].send("PRIVMSG many0 :hello")
    assert others[0].expect("PRIVMSG", "many0").last == "hello"
    server.leave()


def test_figures_of_irc_are_for_prometheus(irc):
    """Prometheus figures: clients, lines by verb, and what every command has, as /metrics gives them."""
    def figures():
        page = http(irc.whiply.http, "GET", "/metrics")
        assert page.status == 200
        return dict(line.rsplit(" ", 1) for line in page.body.decode().splitlines() if line and line[0] != "#")

    before = figures()
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    for _ in range(3):
        a.ask(f"PRIVMSG {room} :hello")
    after = figures()
    assert float(after["whiply_irc_clients"]) == float(before["whiply_irc_clients"]) + 2
    line = 'whiply_irc_lines_total{verb="PRIVMSG"}'
    assert float(after[line]) == float(before.get(line, 0)) + 3
    assert any(name.startswith("whiply_chat_entries_total") for name in after)
    assert any("chat.say" in name for name in after)


def test_slow_mode_slows_everybody_alike(irc):
    """Slow mode: one message in so many seconds, for IRC and browsers; those with a role are free of it."""
    a, b, web = irc.modern("ann"), irc.modern("bob"), irc.browser("web")
    room = irc.room(a, b)
    web.call("chat.join", room=room)
    a.send(f"MODE {room} +S 600")
    b.expect("MODE", room)
    assert b.ask(f"PRIVMSG {room} :one")[0].verb == "PRIVMSG"
    refused = b.ask(f"PRIVMSG {room} :two")
    assert refused[0].verb == "404" and "slow" in refused[0].last
    web.call("chat.say", room=room, text="one")
    assert web.refused("chat.say", room=room, text="two")["data"]["code"] == "too_fast"
    assert all(a.ask(f"PRIVMSG {room} :{i}")[0].verb == "PRIVMSG" for i in range(3))
