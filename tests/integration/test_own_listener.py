"""Administrators and moderators on listeners of their own: the same account, the same token, the same commands, over the public listener and over
theirs. Nobody gets further over the public one than a member, whatever way is tried."""
import irc_client
import pytest
from conftest import Whiply
from irc_client import Irc
from wire import WebSocket, http, until

PASSWORD = "pass-phrase-1"
TOKEN = ("more", 'tokens = { bot = { sha256 = "5e884898da28047151d0e56f8dc6292773603d0d6aabbdd62a11ef721d1542d8"; roles = [ "admin" ]; }; };')
RUNGS = ["guest", "member", "moderator", "admin"]


def options(desk="admin_listeners = [ \"desk\" ]; moderator_listeners = [ \"desk\" ];", **more):
    made = irc_client.options(hub=desk, plugins="bans = { }; moderation = { filters = { }; };", **more)
    made["listeners"] = ', { name = "desk"; address = "127.0.0.1:PORT"; protocol = "http"; }'
    made["more"] += TOKEN[1]
    return made


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(**options())
    yield whiply
    whiply.stop()


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def account(server, name, role):
    answer = http(server.http, "POST", "/api/auth.register", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.body
    if role:
        server.command("auth.grant", name, role)
    return bearer(answer.json["token"])


def test_every_command_above_a_member_is_refused_at_the_public_listener_and_not_listed(server):
    """Of each command of each plugin, with the strongest role there is, over WebSocket and HTTP."""
    boss = account(server, "boss", "admin")
    rows = [row for row in server.command("server.commands")["commands"] if "local" not in row["flags"]]
    above = {row["name"] for row in rows if RUNGS.index(row["allow"]) >= RUNGS.index("moderator")}
    assert len(above) > 60
    for headers in boss, bearer("password"):
        listed = {row["name"] for row in http(server.http, "POST", "/api/server.commands", {}, headers).json["commands"]}
        assert not listed & above
        assert {row["name"] for row in rows} - above <= listed
        assert above <= {row["name"] for row in http(server.extra, "POST", "/api/server.commands", {}, headers).json["commands"]}
        for name in above:
            answer = http(server.http, "POST", f"/api/{name}", {}, headers)
            assert answer.status == 403 and "not served over this listener" in answer.json["detail"], (name, answer.body)
    for name in above:
        with WebSocket(server.http, headers=boss) as ws:
            error = ws.refused(name)
            assert error["data"]["code"] == "forbidden" and "not served over this listener" in error["message"], (name, error)


def test_they_are_served_over_their_own(server):
    boss, mona = account(server, "bossa", "admin"), account(server, "mona", "moderator")
    assert http(server.extra, "POST", "/api/server.status", {}, boss).status == 200
    assert http(server.extra, "GET", "/api/session.list", None, bearer("password")).status == 200
    with WebSocket(server.extra, headers=boss) as ws:
        assert ws.call("session.whoami")["reach"] == "admin"
        assert ws.call("server.status")["edges"] == 1
    assert http(server.extra, "POST", "/api/moderation.queue", {}, mona).status == 200
    # And nobody gets further there than its role.
    assert http(server.extra, "POST", "/api/server.status", {}, mona).status == 403
    assert http(server.extra, "POST", "/api/server.status", {}).status == 403


def test_signing_in_again_or_going_on_elsewhere_gets_nobody_in(server):
    account(server, "roger", "admin")
    with WebSocket(server.http) as ws:
        ws.call("auth.login", name="roger", password=PASSWORD)
        assert ws.call("session.whoami")["reach"] == "member"
        assert "not served" in ws.refused("server.plugins")["message"]
    # A session of the desk goes on over the public listener, and back.
    desk = WebSocket(server.extra)
    desk.call("auth.login", name="roger", password=PASSWORD)
    token = desk.notification("session.identity")["token"]
    assert desk.call("server.plugins")["plugins"]
    public = WebSocket(server.http)
    token = public.call("session.resume", token=token)["token"]
    assert public.call("session.whoami")["name"] == "roger"
    assert "not served" in public.refused("server.plugins")["message"]
    assert "may not grant" in public.refused("auth.grant", name="roger", role="moderator")["message"]
    back = WebSocket(server.extra)
    back.call("session.resume", token=token)
    assert back.call("server.plugins")["plugins"]


def test_a_header_or_a_path_does_not_make_it_the_other_listener(server):
    boss = account(server, "hank", "admin")
    for headers in ({"Host": f"127.0.0.1:{server.extra}"}, {"Forwarded": f"host=127.0.0.1:{server.extra}"}, {"X-Forwarded-Port": str(server.extra)}):
        assert http(server.http, "POST", "/api/server.status", {}, {**boss, **headers}).status in (400, 403)
    for path in "/api/server.status?listener=desk", "/api//server.status", "/api/server%2estatus", "/api/./server.status":
        answer = http(server.http, "POST", path, {}, boss)
        assert answer.status in (400, 403, 404), path


def test_operators_of_irc_are_members_there(server):
    account(server, "ollie", "admin")
    account(server, "victim", None)
    c = Irc(server.http, web="text.ircv3.net")
    c.send("NICK oscar", "USER o 0 * :o")
    c.expect("001")
    c.send(f"OPER ollie {PASSWORD}")
    assert "not served at this address" in c.expect("491").last
    for line in "KLINE 60 *@203.0.113.0/24 :x", "DLINE 203.0.113.7 :x", "RESV *x :x", "KILL oscar :x", "REHASH", "WALLOPS :x", "TESTLINE 203.0.113.7":
        c.send(line)
        assert "not served" in c.expect("481").last, line
    assert server.command("bans.list")["bans"] == []
    desk = Irc(server.extra, web="text.ircv3.net")
    desk.send("NICK olga", "USER o 0 * :o")
    desk.expect("001")
    desk.send(f"OPER ollie {PASSWORD}")
    desk.expect("381")
    desk.send("DLINE 203.0.113.7 :x")
    until(lambda: server.command("bans.list")["bans"])
    server.command("bans.remove", "--kind", "network", "--what", "203.0.113.7")


def test_another_hub_and_a_reload_keep_it_so(start):
    whiply = start(edges=1, **options(desk=""))
    boss = account(whiply, "boss", "admin")
    ws, desk = WebSocket(whiply.http, headers=boss), WebSocket(whiply.extra, headers=boss)
    assert ws.call("server.status") and desk.call("server.status")
    # From the reload on, also for who is there already.
    whiply.configure(hub='admin_listeners = [ "desk" ];')
    assert whiply.ctl("reload").returncode == 0
    assert "not served" in ws.refused("server.status")["message"]
    assert desk.call("server.status")
    old = whiply.kill("hub")
    whiply.hub_back(old)
    for one in ws, desk:
        one.notification("session.recovered")
    assert "not served" in ws.refused("server.status")["message"]
    assert desk.call("server.status")
    # Listeners change their order: connections of the edge that is drained are still of the listener that they came over, also for another hub.
    whiply.configure(web='', listeners=whiply.sections["listeners"] + f', {{ name = "more"; address = "unix:{whiply.dir}/m.sock"; protocol = "http"; }}')
    text = whiply.config.read_text()
    first, second = text.index('{ name = "web"'), text.index('{ name = "desk"')
    web, other = text[first:text.index("}", first) + 1], text[second:text.index("}", second) + 1]
    whiply.config.write_text(text.replace(web, "WEB").replace(other, web).replace("WEB", other))
    assert whiply.ctl("reload").returncode == 0, whiply.log()[-2000:]
    assert "not served" in ws.refused("server.status")["message"]
    assert desk.call("server.status")
    old = whiply.children()["hub"]
    whiply.kill("hub")
    whiply.hub_back(old)
    for one in ws, desk:
        one.notification("session.recovered")
    assert "not served" in ws.refused("server.status")["message"]
    assert desk.call("server.status")


def test_a_listener_that_is_not_there_is_an_error_before_it_shuts_everybody_out(start):
    whiply = start(**options())
    whiply.configure(hub='admin_listeners = [ "dseks" ];')
    done = whiply.ctl("reload")
    assert done.returncode == 1 and 'there is no listener called "dseks"' in done.stderr, done.stderr
    assert http(whiply.http, "POST", "/api/server.status", {}, bearer("password")).status == 403
    assert whiply.command("server.status")["edges"] == 1
