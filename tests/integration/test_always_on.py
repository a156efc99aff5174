"""Accounts that stay in their rooms without a connection."""
import time

from conftest import Whiply
from irc_client import PASSWORD, Irc, IrcServer, options
from wire import WebSocket, until

IRC_OPTIONS = dict(irc="replay = 50;", chat='always = 3; always_idle = "1h"; idle = "10s";')


def browser(irc, account):
    ws = WebSocket(irc.whiply.http)
    irc.clients.append(ws)
    ws.call("auth.login", name=account, password=PASSWORD)
    return ws


def names(c, room):
    return sorted(name.lstrip("~@+") for line in c.says(f"NAMES {room}", "366") if line.verb == "353" for name in line.last.split())


def stay(irc, account=None, user="desk"):
    """A client of an account that is always on."""
    account = account or irc.account("ann")
    c = irc.client(account, exact=True, account=account, user=user)
    c.send("PRIVMSG NickServ :SET ALWAYS-ON ON")
    assert "Done" in c.expect("NOTICE").last
    return account, c


def soon(c, room, expected):
    """Asks until they are the members; not oftener than one may."""
    for _ in range(20):
        if names(c, room) == expected:
            return
        time.sleep(0.25)
    raise AssertionError(f"{names(c, room)}, not {expected}")


def off(c):
    c.send("NICKSERV SET ALWAYS-ON OFF")
    assert "Done" in c.expect("NOTICE").last


def test_who_is_always_on_stays_when_the_last_client_goes(irc):
    """NAMES, WHO and chat.members show who stays, as away; nobody is told that they went."""
    account, a = stay(irc)
    b = irc.client("bob", caps=("away-notify",))
    room = irc.room(a, b)
    a.send("QUIT :bye")
    a.ended()
    assert b.expect("AWAY", nick=account).last == "is not connected"
    assert "QUIT" not in [line.verb for line in b.skipped]
    assert names(b, room) == sorted([account, b.nick])
    flags = {line.params[5]: line.params[6] for line in b.says(f"WHO {room}", "315") if line.verb == "352"}
    assert flags[account].startswith("G") and flags[b.nick].startswith("H"), flags
    ws = irc.browser()
    ws.call("chat.join", room=room[1:])
    members = ws.call("chat.members", room=room[1:])["members"]
    assert [m.get("away", False) for m in members if m["name"] == account] == [True]
    # And comes back without entering.
    again = irc.client(account, exact=True, account=account)
    assert again.expect("366", None, room)
    assert b.expect("AWAY", nick=account).params == []
    assert "JOIN" not in [line.verb for line in b.skipped if line.nick == account]
    off(again)


def test_each_client_reads_what_it_missed(irc):
    """What one of the clients has read another has not; each is told what came since it went, once."""
    account, desk = stay(irc)
    b = irc.client("bob")
    room = irc.room(desk, b)
    phone = irc.client(account, exact=True, account=account, user="phone")
    phone.expect("366", None, room)
    b.send(f"PRIVMSG {room} :to both")
    for c in desk, phone:
        c.expect("PRIVMSG", room)
    phone.send("QUIT")
    phone.ended()
    b.ping()
    b.send(f"PRIVMSG {room} :to the desk")
    desk.expect("PRIVMSG", room)
    desk.send("QUIT")
    desk.ended()
    b.ping()
    b.send(f"PRIVMSG {room} :to nobody", f"PRIVMSG {room} :nor this")
    b.ping()

    def missed(user):
        c = irc.client(account, exact=True, account=account, user=user)
        c.expect("366", None, room)
        mark = f"mark of {user}"
        b.send(f"PRIVMSG {room} :{mark}")
        got = []
        while not got or got[-1] != mark:
            got.append(c.expect("PRIVMSG", room).last)
        return c, got[:-1]

    desk, got = missed("desk")
    assert got == ["to nobody", "nor this"]
    phone, got = missed("phone")
    assert got == ["to the desk", "to nobody", "nor this", "mark of desk"]
    # A browser of the same account finds out by itself.
    web = browser(irc, account)
    rooms = web.call("chat.presence", device="phone")["rooms"]
    assert [(r["room"], r["heard"] < r["seq"]) for r in rooms] == [(room[1:], True)]
    off(phone)


def test_leaving_on_one_client_leaves_on_all_and_for_good(irc):
    """Who says PART has left, on each client."""
    account, desk = stay(irc)
    b = irc.client("bob")
    room = irc.room(desk, b)
    phone = irc.client(account, exact=True, account=account, user="phone")
    phone.expect("366", None, room)
    desk.send(f"PART {room} :enough")
    assert phone.expect("PART", room, nick=account)
    assert b.expect("PART", room, nick=account)
    assert names(b, room) == [b.nick]
    for c in desk, phone:
        c.send("QUIT")
        c.ended()
    assert names(b, room) == [b.nick]
    back = irc.client(account, exact=True, account=account)
    back.ping()
    assert names(b, room) == [b.nick]
    off(back)


def test_who_is_away_can_be_sent_out(irc):
    """An operator sends out who is there without a connection."""
    b = irc.modern("bob")
    account, a = stay(irc)
    room = irc.room(b, a)
    a.send("QUIT")
    a.ended()
    ws = irc.browser()
    ws.call("chat.join", room=room[1:])
    until(lambda: [m for m in ws.call("chat.members", room=room[1:])["members"] if m.get("away")] or time.sleep(0.6), 5, "them to be away")
    b.send(f"KICK {room} {account} :gone too long")
    assert ws.notification("chat.left")["name"] == account
    assert account not in names(b, room)
    back = irc.client(account, exact=True, account=account)
    back.ping()
    assert account not in names(b, room)
    off(back)


def test_a_server_allows_so_many_and_only_accounts(irc):
    """`always` accounts may be always on; guests may not."""
    guest = irc.browser()
    assert guest.refused("chat.presence", always=True)["data"]["code"] == "forbidden"
    web = [browser(irc, irc.account("full")) for _ in range(4)]
    for ws in web[:3]:
        assert ws.call("chat.presence", always=True)["always"]
    assert web[3].refused("chat.presence", always=True)["data"]["code"] == "full"
    assert web[3].call("chat.presence") == {"always": False, "allowed": True, "rooms": []}
    for ws in web[:3]:
        assert not ws.call("chat.presence", always=False)["always"]


def test_they_are_members_after_the_hub_and_the_server_were_replaced():
    """Membership, ranks and unread counts are kept in the store; a room that nobody registered lasts as long as they stay."""
    whiply = Whiply(**options(irc="replay = 50;", chat='always_idle = "1h"; idle = "10s";'))
    irc = IrcServer(whiply)
    try:
        account, a = stay(irc)
        room = irc.room(a)
        a.send(f"TOPIC {room} :still here")
        a.expect("TOPIC")
        a.send("QUIT")
        a.ended()
        b = irc.client("bob")
        b.join(room)
        assert names(b, room) == sorted([account, b.nick])
        old = whiply.kill("hub")
        whiply.hub_back(old)
        b.send(f"PRIVMSG {room} :for you, {account}")
        soon(b, room, sorted([account, b.nick]))
        irc.leave()
        whiply.end()
        whiply.run()
        whiply.wait()
        c = irc.client("cid")
        lines = c.join(room)
        assert [line.last for line in lines if line.verb == "332"] == ["still here"]
        assert f"~{account}" in [name for line in c.says(f"NAMES {room}", "366") if line.verb == "353" for name in line.last.split()]
        back = irc.client(account, exact=True, account=account, user="desk")
        back.expect("366", None, room)
        assert back.expect("PRIVMSG", room).last == f"for you, {account}"
        off(back)
        irc.leave()
    finally:
        whiply.stop()


def test_an_account_that_is_erased_stays_nowhere(irc):
    """Erasing takes the membership too."""
    account, a = stay(irc)
    b = irc.client("bob")
    room = irc.room(a, b)
    web = browser(irc, account)
    web.post("auth.erase", password=PASSWORD)
    soon(b, room, [b.nick])


def test_they_are_present_like_anybody_else(irc):
    """Present without a connection: WHOIS, ISON, USERHOST, WHO, MONITOR and LIST know who stays, as away, and a message to them says so."""
    account, a = stay(irc)
    b = irc.client("bob", caps=("labeled-response", "batch", "extended-monitor", "away-notify"))
    room = irc.room(a, b, irc.client("cid"))
    b.ask(f"PART {room}")
    assert b.ask(f"MONITOR + {account}")[0].verb == "730"
    a.send("QUIT")
    a.ended()
    assert b.expect("AWAY", nick=account).last == "is not connected"
    assert "731" not in [line.verb for line in b.skipped]
    whois = {line.verb: line for line in b.ask(f"WHOIS {account}")}
    assert whois["311"].params[1] == account and whois["330"].params[2] == account and whois["301"].last == "is not connected"
    assert whois["319"].last == f"~{room}", whois["319"]
    assert b.ask(f"ISON {account}")[0].last == account
    assert b.ask(f"USERHOST {account}")[0].last.startswith(f"{account}=-")
    assert b.ask("MONITOR S")[0].verb == "730"
    assert [line.params[6] for line in b.ask(f"WHO {account}") if line.verb == "352"] == ["G"]
    assert [line.params[2] for line in b.ask(f"LIST {room}") if line.verb == "322"] == ["2"]
    answer = b.ask(f"PRIVMSG {account} :when you are back")
    assert [line.verb for line in answer] == ["301"]
    assert b.ask(f"INVITE {account} {room}")[0].verb in ("442", "443")
    # A guest can't have the nick meanwhile.
    c = irc.raw()
    c.send(f"NICK {account}", "USER u 0 * :r")
    assert c.expect("433")
    again = irc.client(account, exact=True, account=account)
    assert b.expect("AWAY", nick=account).params == []
    again.expect("366", None, room)
    assert "301" not in [line.verb for line in b.ask(f"WHOIS {account}")]
    off(again)
    again.send("QUIT")
    again.ended()
    assert b.expect("731").last == account
    assert b.ask(f"ISON {account}")[0].last == ""


def test_who_is_gone_for_a_moment_is_not_away():
    """`away_after`: the others hear nothing of who is back in time."""
    whiply = Whiply(**options(chat='always_idle = "1h"; away_after = "1h";'))
    irc = IrcServer(whiply)
    try:
        account, a = stay(irc)
        b = irc.client("bob", caps=("labeled-response", "batch", "away-notify"))
        room = irc.room(a, b)
        a.send("QUIT")
        a.ended()
        assert "301" not in [line.verb for line in b.ask(f"WHOIS {account}")]
        assert [line.params[6] for line in b.ask(f"WHO {account}") if line.verb == "352"] == ["H"]
        back = irc.client(account, exact=True, account=account)
        back.expect("366", None, room)
        assert not [line for line in b.barrier(back, room) if line.verb in ("AWAY", "JOIN")]
        irc.leave()
    finally:
        whiply.stop()
