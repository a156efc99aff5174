"""Accounts over IRC: SASL, PASS, REGISTER, NickServ; nicks that belong to somebody; one person with many connections."""
import base64

import irc_client
import pytest
from conftest import Whiply
from irc_client import PASSWORD, options
from wire import WebSocket, http


def b64(text):
    return base64.b64encode(text.encode()).decode()


def plain(account, password=PASSWORD):
    return b64(f"\0{account}\0{password}")


def begin(irc, *caps, web=None):
    """A client that has asked for sasl."""
    c = irc.raw(web=web)
    c.send("CAP LS 302", f"CAP REQ :{' '.join(('sasl',) + caps)}")
    c.expect("CAP", None, "ACK")
    return c


def test_sasl_plain_signs_in_before_registration(irc):
    """IRCv3 sasl-3.1, AUTHENTICATE: PLAIN; + ; RPL_LOGGEDIN (900), RPL_SASLSUCCESS (903); then registration as the account."""
    account = irc.account("ann")
    c = begin(irc)
    c.send(f"NICK {irc.nick('other')}", "USER u 0 * :r", "AUTHENTICATE PLAIN")
    assert c.expect("AUTHENTICATE").params == ["+"]
    c.send(f"AUTHENTICATE {plain(account)}")
    line = c.expect("900")
    assert line.params[2] == account
    assert c.expect("903")
    c.send("CAP END")
    assert c.expect("001").params[0] == account


def test_sasl_before_nick_and_user(irc):
    """IRCv3 sasl-3.1: AUTHENTICATE may come before NICK and USER; numerics are addressed to * then."""
    account = irc.account("ann")
    c = begin(irc)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {plain(account)}")
    assert c.expect("900").params[0] == "*"
    c.expect("903")
    c.send(f"NICK {account}", "USER u 0 * :r", "CAP END")
    assert c.expect("001").params[0] == account


def test_a_wrong_password_is_904_and_may_be_tried_again(irc):
    """IRCv3 sasl-3.1: ERR_SASLFAIL (904); the client may go on without, or try again."""
    account = irc.account("ann")
    c = begin(irc)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {plain(account, 'wrong password')}")
    assert c.expect("904")
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {plain(account)}")
    assert c.expect("903")


def test_an_exchange_is_aborted(irc):
    """IRCv3 sasl-3.1: AUTHENTICATE * gives ERR_SASLABORTED (906)."""
    c = begin(irc)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send("AUTHENTICATE *")
    assert c.expect("906")


def test_an_unknown_mechanism_is_908_and_904(irc):
    """IRCv3 sasl-3.1: RPL_SASLMECHS (908) with what there is, and ERR_SASLFAIL (904)."""
    c = begin(irc)
    c.send("AUTHENTICATE NTLM-OF-OLD")
    assert "PLAIN" in c.expect("908").params[1].split(",")
    assert c.expect("904")


def test_pieces_of_400_bytes_are_put_together(irc):
    """IRCv3 sasl-3.1: messages of 400 bytes are followed by more; an exact multiple ends with +."""
    c = begin(irc)
    text = b64("\0nobody\0" + "x" * (300 * 2 - 8))
    assert len(text) == 800
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {text[:400]}", f"AUTHENTICATE {text[400:]}", "AUTHENTICATE +")
    assert c.expect("904")


def test_a_piece_that_is_too_long_is_905(irc):
    """IRCv3 sasl-3.1: ERR_SASLTOOLONG (905)."""
    c = begin(irc)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {'A' * 404}")
    assert c.expect("905")


@pytest.mark.parametrize("text", ["%%%%", "AAA", "=AAA", "A===", "AA=A"])
def test_what_is_no_base64_fails(irc, text):
    """IRCv3 sasl-3.1: ERR_SASLFAIL (904) for what cannot be read."""
    c = begin(irc)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {text}")
    assert c.expect("904")


def test_ending_negotiation_ends_the_exchange(irc):
    """IRCv3 sasl-3.1: CAP END before it is complete aborts it (906), and registration goes on."""
    c = begin(irc)
    nick = irc.nick()
    c.send(f"NICK {nick}", "USER u 0 * :r", "AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send("CAP END")
    assert c.expect("001").params[0] == nick
    assert "906" in [line.verb for line in c.skipped]


def test_signed_in_twice_is_907_or_goes_on(irc):
    """IRCv3 sasl-3.1: ERR_SASLALREADY (907) when one is signed in."""
    account = irc.account("ann")
    c = begin(irc)
    for verb in ("903", "907"):
        c.send("AUTHENTICATE PLAIN")
        if verb == "903":
            c.expect("AUTHENTICATE")
            c.send(f"AUTHENTICATE {plain(account)}")
        assert c.expect(verb)


def test_sasl_after_registration(irc):
    """IRCv3 sasl-3.2: clients may authenticate again after registration; others see the sign-in."""
    account = irc.account("ann")
    c = irc.client("guest", caps=("sasl",))
    b = irc.client("bob")
    irc.room(c, b)
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {plain(account)}")
    assert c.expect("903")
    assert b.expect("NICK", account).nick == c.nick


def test_sasl_over_websocket(irc):
    """IRCv3 WebSocket, sasl: the same there."""
    account = irc.account("ann")
    c = begin(irc, web="text.ircv3.net")
    c.send(f"NICK {account}", "USER u 0 * :r", "AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send(f"AUTHENTICATE {plain(account)}", "CAP END")
    assert c.expect("001").params[0] == account


def test_oauthbearer_takes_a_token_of_the_site(irc):
    """RFC 7628, OAUTHBEARER: sign-in for ordinary clients with a token from the web."""
    account = irc.account("ann")
    token = http(irc.whiply.http, "POST", "/api/auth.login", {"name": account, "password": PASSWORD}).json["token"]
    c = begin(irc)
    c.send("AUTHENTICATE OAUTHBEARER")
    c.expect("AUTHENTICATE")
    text = b64(f"n,,\1auth=Bearer {token}\1\1")
    while text:
        c.send(f"AUTHENTICATE {text[:400]}")
        text = text[400:]
    assert c.expect("900").params[2] == account


def test_pass_signs_in(irc):
    """Modern IRC, PASS message: here account:password, for clients without SASL; wrong is 464 and the end."""
    account = irc.account("ann")
    c = irc.raw()
    c.send(f"PASS {account}:{PASSWORD}", f"NICK {irc.nick()}", "USER u 0 * :r")
    assert c.expect("001").params[0] == account
    d = irc.raw()
    d.send(f"PASS {account}:wrong", "NICK x", "USER u 0 * :r")
    lines = d.ended()
    assert "464" in [line.verb for line in lines] and lines[-1].verb == "ERROR"


def test_register_makes_an_account(irc):
    """IRCv3 account-registration (draft): REGISTER SUCCESS account :text, and one is signed in."""
    c = irc.client("new", caps=("draft/account-registration", "standard-replies"))
    c.send(f"REGISTER * * {PASSWORD}")
    assert c.expect("REGISTER").params[:2] == ["SUCCESS", c.nick]
    d = irc.client(c.nick, exact=True, account=c.nick)
    assert d.nick == c.nick


def test_register_names_what_is_wrong(irc):
    """IRCv3 account-registration (draft), Errors: ACCOUNT_EXISTS, BAD_ACCOUNT_NAME, WEAK_PASSWORD, ALREADY_AUTHENTICATED, NEED_MORE_PARAMS."""
    account = irc.account("ann")
    c = irc.client("new", caps=("draft/account-registration", "standard-replies"))
    c.send(f"REGISTER {account} * {PASSWORD}")
    assert c.expect("FAIL").params[:3] == ["REGISTER", "ACCOUNT_EXISTS", account]
    c.send(f"REGISTER {irc.nick('weak')} * 123")
    assert c.expect("FAIL").params[:2] == ["REGISTER", "WEAK_PASSWORD"]
    c.send(f"REGISTER not/a/name * {PASSWORD}")
    assert c.expect("FAIL").params[:2] == ["REGISTER", "BAD_ACCOUNT_NAME"]
    d = irc.signed("dan", caps=("standard-replies",))
    d.send(f"REGISTER * * {PASSWORD}")
    assert d.expect("FAIL").params[:2] == ["REGISTER", "ALREADY_AUTHENTICATED"]


def test_register_before_registration(irc):
    """IRCv3 account-registration (draft), before-connect: REGISTER before the connection is registered."""
    c = irc.raw()
    c.send("CAP LS 302", "CAP REQ :draft/account-registration standard-replies")
    assert "before-connect" in [word for word in c.expect("CAP", None, "LS").last.split() if word.startswith("draft/account-registration")][0]
    nick = irc.nick()
    c.send(f"NICK {nick}", "USER u 0 * :r", f"REGISTER * * {PASSWORD}")
    assert c.expect("REGISTER").params[:2] == ["SUCCESS", nick]
    c.send("CAP END")
    assert c.expect("001").params[0] == nick


def test_nickserv_and_chanserv_as_of_old(irc):
    """Services without services: NickServ REGISTER and IDENTIFY, ChanServ REGISTER and OP; by message and by command."""
    c = irc.client("new")
    c.send(f"PRIVMSG NickServ :REGISTER {PASSWORD}")
    assert c.expect("NOTICE", nick="NickServ").last.startswith("Done")
    d = irc.client("dan")
    d.send(f"NS IDENTIFY {c.nick} {PASSWORD}")
    d.expect("NOTICE", nick="NickServ")
    e = irc.client("eve")
    e.send(f"NICKSERV IDENTIFY {c.nick} wrong")
    assert not e.expect("NOTICE", nick="NickServ").last.startswith("Done")
    room = irc.room(c)
    c.send(f"PRIVMSG ChanServ :REGISTER {room}")
    assert c.expect("NOTICE", nick="ChanServ").last.startswith("Done")
    other = irc.signed("oli")
    other.join(room)
    c.send(f"CS OP {room} {other.nick}")
    assert other.expect("MODE", room).params[1:] == ["+o", other.nick]
    c.send("NS", "CS")
    assert c.expect("NOTICE", nick="NickServ") and c.expect("NOTICE", nick="ChanServ")


# Nicks that belong to somebody


def test_the_nick_of_an_account_is_nobody_elses(irc):
    """Reserved nicks: a guest cannot take the name of an account, be they here or not, nor one that looks like it."""
    account = irc.account("alice")
    c = irc.raw()
    c.send(f"NICK {account}", "USER u 0 * :r")
    assert c.expect("433")
    c.send(f"NICK {account.replace('l', '1')}")
    assert c.expect("433")


def test_who_signs_in_has_the_nick_of_the_account(irc):
    """Nick equals account: a signed-in client cannot have another nick."""
    c = irc.signed("ann")
    assert c.says(f"NICK {irc.nick('other')}", "447")


def test_the_owner_gets_the_nick_though_somebody_has_it(irc):
    """Ghost and regain: who signs in needs neither; nobody else can have the nick."""
    account = irc.account("ann")
    one = irc.signed(account=account)
    two = irc.signed(account=account)
    assert one.nick == two.nick == account


# One person, many connections


def test_two_connections_are_one_member(irc):
    """One person, many connections: one in NAMES, one JOIN, and a PART or QUIT only with the last."""
    account = irc.account("ann")
    phone = irc.signed(account=account)
    b = irc.client("bob")
    room = irc.room(b, phone)
    desk = irc.signed(account=account)
    # The rooms of the other connection are there by themselves.
    assert desk.expect("JOIN").params[0] == room
    desk.expect("366")
    names = [name.lstrip("~@+") for line in b.says(f"NAMES {room}", "366") if line.verb == "353" for name in line.last.split()]
    assert names.count(account) == 1
    phone.send("QUIT")
    phone.ended()
    assert not [line for line in b.barrier(desk, room) if line.verb in ("JOIN", "PART", "QUIT")]
    desk.send("QUIT :all gone")
    assert b.expect("QUIT", nick=account)


def test_what_one_connection_says_the_other_sees(irc):
    """One person, many connections: the desk sees what the phone says, once."""
    account = irc.account("ann")
    phone, desk = irc.signed(account=account), irc.signed(account=account)
    b = irc.client("bob")
    room = irc.room(b, phone)
    if not [line for line in desk.ping() + desk.skipped if line.verb == "366"]:
        desk.join(room)
    phone.send(f"PRIVMSG {room} :from the phone")
    assert desk.expect("PRIVMSG", room).last == "from the phone"
    assert b.expect("PRIVMSG", room).last == "from the phone"
    assert not [line for line in phone.barrier(b, room) if line.verb == "PRIVMSG"]


def test_away_on_one_is_not_away(irc):
    """One person, many connections: away only when all are."""
    account = irc.account("ann")
    phone, desk = irc.signed(account=account), irc.signed(account=account)
    b = irc.client("bob")
    phone.send("AWAY :on the train")
    phone.expect("306")
    assert "301" not in [line.verb for line in b.says(f"WHOIS {account}", "318")]
    desk.send("AWAY :asleep")
    desk.expect("306")
    assert "301" in [line.verb for line in b.says(f"WHOIS {account}", "318")]


def test_a_browser_and_an_irc_client_of_one_account_are_one_person(irc):
    """Accounts are accounts: the same person in two dialects."""
    account = irc.account("ann")
    token = http(irc.whiply.http, "POST", "/api/auth.login", {"name": account, "password": PASSWORD}).json["token"]
    c, b = irc.signed(account=account), irc.client("bob")
    room = irc.room(c, b)
    with WebSocket(irc.whiply.http, headers={"Authorization": f"Bearer {token}"}) as ws:
        ws.call("chat.join", room=room[1:])
        ws.call("chat.say", room=room[1:], text="from the browser")
        assert c.expect("PRIVMSG", room).last == "from the browser"
        assert b.expect("PRIVMSG", room).nick == account
        b.send(f"PRIVMSG {account} :to all of you")
        assert c.expect("PRIVMSG", account).last == "to all of you"


def test_revoking_the_account_closes_its_connections(irc):
    """Accounts are accounts: signing out everywhere ends the IRC connections too."""
    account = irc.account("ann")
    c = irc.signed(account=account)
    token = http(irc.whiply.http, "POST", "/api/auth.login", {"name": account, "password": PASSWORD}).json["token"]
    http(irc.whiply.http, "POST", "/api/auth.revoke_all", {}, {"Authorization": f"Bearer {token}"})
    assert c.ended()[-1].verb == "ERROR"


def test_passwords_are_in_no_log(irc):
    """Secrets are not logged, whatever way they came."""
    account = irc.account("ann")
    secret = "very-secret-words-1"
    c = irc.client("new")
    c.send(f"NS REGISTER {secret}", f"NS IDENTIFY {account} {secret}x", f"OPER {account} {secret}y")
    c.expect("NOTICE", nick="NickServ")
    c.expect("464")
    d = begin(irc)
    d.send("AUTHENTICATE PLAIN", f"AUTHENTICATE {plain(account, secret + 'z')}")
    d.expect("904")
    log = irc.whiply.log()
    assert secret not in log and plain(account, secret + "z") not in log


def test_without_accounts_all_are_guests(start):
    """A server without plugins/auth: guests choose nicks; SASL is not offered; NickServ says so."""
    options = irc_client.options()
    options["plugins"] = 'sqlite = { }; chat = { }; irc = { name = "irc.test"; };'
    server = irc_client.IrcServer(start(**options))
    a, b = server.client("ann"), server.client("bob")
    room = server.room(a, b)
    a.send(f"PRIVMSG {room} :hi", f"PRIVMSG {b.nick} :you")
    assert b.expect("PRIVMSG", room).last == "hi" and b.expect("PRIVMSG", b.nick).last == "you"
    c = server.raw()
    c.send("CAP LS 302")
    assert not [word for word in c.expect("CAP").last.split() if word.startswith("sasl")]
    a.send("NS IDENTIFY x y")
    assert "no accounts" in a.expect("NOTICE", nick="NickServ").last
    server.leave()


# Where a nick need not be the account's name


@pytest.fixture(scope="module")
def free(request):
    """A server with `nick_is_account = false`."""
    whiply = Whiply(**options(irc="nick_is_account = false;", chat='always_idle = "1h";', plugins="bans = { };"))
    server = irc_client.IrcServer(whiply)
    yield server
    server.leave()
    whiply.stop()


def test_who_is_signed_in_chooses_a_nick(free):
    """Nick equals account by option: off, the nick is what was asked for; 330, account-tag and extended-join have the account."""
    account, caps = free.account("ann"), irc_client.CAPS
    nick, other = free.nick("nick"), free.nick("other")
    b = free.modern("bob")
    c = free.client(nick, exact=True, account=account, caps=caps)
    assert c.nick == nick
    room = free.room(b)
    c.send(f"JOIN {room}")
    joined = b.expect("JOIN", room, nick=nick)
    assert joined.params[1] == account and joined.tags["account"] == account
    whois = {line.verb: line for line in b.ask(f"WHOIS {nick}")}
    assert whois["330"].params[1:3] == [nick, account]
    assert b.ask(f"WHOIS {account}")[0].verb == "401"
    c.send(f"NICK {other}")
    assert b.expect("NICK", other).nick == nick and c.expect("NICK", other)
    b.send(f"PRIVMSG {other} :to your nick")
    assert c.expect("PRIVMSG", other).last == "to your nick"
    # All connections of an account are one person, with one nick.
    phone = free.client(free.nick("phone"), exact=True, account=account, caps=caps)
    assert phone.nick == other
    old = free.whiply.kill("hub")
    free.whiply.hub_back(old)
    assert {line.verb: line for line in b.ask(f"WHOIS {other}")}["330"].params[2] == account
    c.send(f"PRIVMSG {room} :still me")
    assert b.expect("PRIVMSG", room).nick == other
    free.leave()


def test_nicks_of_accounts_stay_reserved(free):
    """Reserved nicks: with the option off too, nobody takes an account's name, what looks like it, or what a ban reserves."""
    ann, bob = free.account("annie"), free.account("bobby")
    c = free.signed(account=ann, caps=irc_client.CAPS)
    assert c.nick == ann
    for nick in (bob, bob.upper(), f"{bob}_", "nickserv", "a..b"):
        assert c.ask(f"NICK {nick}")[0].verb == "433", nick
    free.whiply.ctl("bans.add", "reserved", "boss*")
    assert c.ask("NICK bossy")[0].verb == "433"
    taken = free.modern("guest")
    assert c.ask(f"NICK {taken.nick}")[0].verb == "433"
    guest = free.raw()
    guest.send(f"NICK {ann}", "USER u 0 * :r")
    assert guest.expect("433")
    # At registration, where it can't be had, the nick is the account's.
    d = free.client(bob.replace("b", "p"), exact=True, account=bob)
    assert d.nick in (bob, bob.replace("b", "p"))
    e = free.client(ann, exact=True, account=free.account("eve"))
    assert e.nick != ann
    free.leave()


def test_the_nick_of_the_account_is_regained(free):
    """NickServ GHOST and REGAIN: the account's name is the nick again; other connections are closed."""
    account = free.account("ghost")
    c = free.client(free.nick("away"), exact=True, account=account, caps=irc_client.CAPS)
    more = free.client("x", exact=True, account=account)
    c.send("NS REGAIN")
    assert c.expect("NICK", account) and more.expect("NICK", account)
    assert "Done" in c.expect("NOTICE", nick="NickServ").last
    c.send("NS GHOST")
    assert "1 of your other" in c.expect("NOTICE", nick="NickServ").last
    assert more.ended()
    free.leave()
    g = free.modern("guest")
    was = g.nick
    g.send(f"NS IDENTIFY {account} {PASSWORD}")
    assert "Done" in g.expect("NOTICE", nick="NickServ").last
    assert [line.params[1] for line in g.ask(f"WHOIS {was}") if line.verb == "330"] == [was]
    g.send(f"NS REGAIN {account} {PASSWORD}")
    assert g.expect("NICK", account).nick == was
    free.leave()


def test_a_guest_gives_way_to_the_account_of_that_name(irc):
    """Reserved nicks: a guest that has the name when an account of it comes is shown with a number behind it."""
    web = irc.browser("late")
    name = web.name
    answer = http(irc.whiply.http, "POST", "/api/auth.register", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.body
    b = irc.modern("bob")
    assert b.ask(f"WHOIS {name}")[0].params[3].endswith(".guest")
    c = irc.signed(account=name)
    assert c.nick == name
    assert b.ask(f"WHOIS {name}")[0].params[3].endswith(".account")
    assert b.ask(f"WHOIS {name}_2")[0].params[3].endswith(".guest")
