"""Modern IRC and IRCv3: who is here. WHO, WHOX, WHOIS, WHOWAS, MONITOR, AWAY, and the small queries."""
import pytest
from irc_client import PASSWORD


def row(lines, verb):
    return [line for line in lines if line.verb == verb][0].params


# WHO and WHOX


def test_who_of_a_channel_has_a_line_for_each(irc):
    """Modern IRC, WHO message: RPL_WHOREPLY (352): channel user host server nick flags :hopcount realname; RPL_ENDOFWHO (315)."""
    a, b = irc.client("ann", user="annie", real="Ann One"), irc.client("bob")
    room = irc.room(a, b)
    b.send("AWAY :gone")
    b.expect("306")
    lines = a.says(f"WHO {room}", "315")
    assert lines[-1].params[1] == room
    rows = {line.params[5]: line.params for line in lines if line.verb == "352"}
    assert set(rows) == {a.nick, b.nick}
    mine = rows[a.nick]
    assert mine[1] == room and mine[2] == "annie" and mine[4] == "irc.test" and mine[6] == "H~" and mine[7] == "0 Ann One"
    assert rows[b.nick][6] == "G"


def test_who_of_a_nick(irc):
    """Modern IRC, WHO message: a nick is an exact mask."""
    a, b = irc.client("ann"), irc.client("bob")
    lines = a.says(f"WHO {b.nick}", "315")
    assert [line.params[5] for line in lines if line.verb == "352"] == [b.nick]
    assert [line.verb for line in a.says(f"WHO {irc.nick('none')}", "315")] == ["315"]


def test_whox_gives_the_fields_that_were_asked_for_in_its_order(irc):
    """WHOX: 354 with the fields in the order tcuihsnfdlaor, and the token."""
    a = irc.signed("ann")
    room = irc.room(a)
    got = row(a.says(f"WHO {room} %nuact,42", "315"), "354")
    assert got[1:] == ["42", room, "user", a.nick, a.nick]
    guest = irc.client("gus", real="Gus the Guest")
    got = row(guest.says(f"WHO {guest.nick} %tnar,7", "315"), "354")
    assert got[1:] == ["7", guest.nick, "0", "Gus the Guest"]
    assert len(row(guest.says(f"WHO {guest.nick} %tcuihsnfdlaor,123", "315"), "354")) == 14


def test_who_of_a_secret_channel_is_for_its_members(irc):
    """Modern IRC, Secret Channel Mode: not shown to others."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    a.send(f"MODE {room} +s")
    a.expect("MODE")
    assert [line.verb for line in b.says(f"WHO {room}", "315")] == ["315"]


# WHOIS, WHOWAS


def test_whois_tells_who_somebody_is(irc):
    """Modern IRC, WHOIS message: 311, 319, 312, 317, 318, and 301 when they are away."""
    a, b = irc.client("ann", user="annie", real="Ann One"), irc.client("bob")
    room = irc.room(a, b)
    a.send("AWAY :at lunch")
    a.expect("306")
    lines = b.says(f"WHOIS {a.nick}", "318")
    assert row(lines, "311")[1:] == [a.nick, "annie", row(lines, "311")[3], "*", "Ann One"]
    assert row(lines, "319")[2].split() == [f"~{room}"]
    assert row(lines, "312")[2] == "irc.test"
    assert row(lines, "301")[2] == "at lunch"
    assert int(row(lines, "317")[2]) >= 0
    assert lines[-1].params[1] == a.nick


def test_whois_names_the_account(irc):
    """Modern IRC, RPL_WHOISACCOUNT (330); none for a guest."""
    a, b = irc.signed("ann"), irc.client("bob")
    assert row(b.says(f"WHOIS {a.nick}", "318"), "330")[1:3] == [a.nick, a.nick]
    assert "330" not in [line.verb for line in a.says(f"WHOIS {b.nick}", "318")]


def test_whois_hides_secret_channels_from_others(irc):
    """Modern IRC, WHOIS message: channels that the asker may not see are left out."""
    a, b = irc.client("ann"), irc.client("bob")
    room, secret = irc.room(a), irc.room(a)
    a.send(f"MODE {secret} +s")
    a.expect("MODE")
    assert secret not in str(b.says(f"WHOIS {a.nick}", "318")) and secret in str(a.says(f"WHOIS {a.nick}", "318"))
    assert room in str(b.says(f"WHOIS {a.nick}", "318"))


def test_whois_of_nobody(irc):
    """Modern IRC, WHOIS message: ERR_NOSUCHNICK (401), then RPL_ENDOFWHOIS (318); ERR_NONICKNAMEGIVEN (431)."""
    a = irc.client("ann")
    assert [line.verb for line in a.says(f"WHOIS {irc.nick('none')}", "318")] == ["401", "318"]
    assert a.says("WHOIS", "431")


def test_whois_with_a_server_in_front(irc):
    """Modern IRC, WHOIS message: WHOIS target nick."""
    a, b = irc.client("ann"), irc.client("bob")
    assert row(a.says(f"WHOIS irc.test {b.nick}", "318"), "311")[1] == b.nick
    assert row(a.says(f"WHOIS {b.nick} {b.nick}", "318"), "311")[1] == b.nick


def test_the_signon_time_is_the_clients(irc):
    """Modern IRC, RPL_WHOISIDLE (317): the time when the client signed on."""
    import time
    a = irc.client("ann")
    assert abs(int(row(a.says(f"WHOIS {a.nick}", "318"), "317")[3]) - time.time()) < 15


def test_addresses_are_for_oneself(irc):
    """Nobody's address is shown: RPL_WHOISACTUALLY (338) goes to the person itself and to operators."""
    a, b = irc.client("ann"), irc.client("bob")
    assert "338" in [line.verb for line in a.says(f"WHOIS {a.nick}", "318")]
    assert "127.0.0.1" not in str(b.says(f"WHOIS {a.nick}", "318"))


def test_whowas_remembers_who_left(irc):
    """Modern IRC, WHOWAS message: RPL_WHOWASUSER (314), RPL_ENDOFWHOWAS (369); ERR_WASNOSUCHNICK (406)."""
    a, b = irc.client("ann", user="annie", real="Ann One"), irc.client("bob")
    irc.room(a, b)
    a.send("QUIT")
    b.expect("QUIT")
    lines = b.says(f"WHOWAS {a.nick}", "369")
    assert row(lines, "314")[1:3] == [a.nick, "annie"] and row(lines, "314")[5] == "Ann One"
    assert [line.verb for line in b.says(f"WHOWAS {irc.nick('none')}", "369")] == ["406", "369"]
    assert b.says("WHOWAS", "431")


# Small queries


def test_ison_and_userhost(irc):
    """Modern IRC, USERHOST: RPL_USERHOST (302); RFC 2812, ISON: RPL_ISON (303)."""
    a, b = irc.client("ann", user="annie"), irc.client("bob")
    none = irc.nick("none")
    assert set(a.says(f"ISON {b.nick} {none} {a.nick}", "303")[-1].last.split()) == {a.nick, b.nick}
    b.send("AWAY :x")
    b.expect("306")
    got = a.says(f"USERHOST {a.nick} {b.nick} {none}", "302")[-1].last.split()
    assert got[0].startswith(f"{a.nick}=+annie@") and got[1].startswith(f"{b.nick}=-")


def test_away_and_back(irc):
    """Modern IRC, AWAY message: RPL_NOWAWAY (306), RPL_UNAWAY (305)."""
    a = irc.client("ann")
    assert a.says("AWAY :gone", "306") and a.says("AWAY", "305") and a.says("AWAY :", "305")


def test_away_before_registration(irc):
    """IRCv3 pre-away (draft): AWAY may be said before registration is complete."""
    c, b = irc.raw(), irc.client()
    c.send("AWAY :not yet")
    nick = irc.nick()
    c.register(nick)
    assert row(b.says(f"WHOIS {nick}", "318"), "301")[2] == "not yet"


# MONITOR


def test_monitor_tells_comings_and_goings(irc):
    """IRCv3 monitor: RPL_MONONLINE (730) and RPL_MONOFFLINE (731), at once and when it changes."""
    a = irc.client("ann")
    later = irc.nick("later")
    assert a.says(f"MONITOR + {later}", "731")[-1].last == later
    b = irc.client(later, exact=True, user="bobby")
    line = a.expect("730")
    assert line.last.startswith(f"{later}!bobby@")
    b.send("QUIT")
    assert a.expect("731").last == later


def test_monitor_hears_of_nicks_that_change(irc):
    """IRCv3 monitor: a change of nick is a going and a coming."""
    a, b = irc.client("ann"), irc.client("bob")
    new = irc.nick("new")
    a.send(f"MONITOR + {b.nick},{new}")
    a.expect("730")
    a.expect("731")
    b.send(f"NICK {new}")
    assert a.expect("731").last == b.nick
    assert a.expect("730").last.startswith(f"{new}!")


def test_monitor_lists_shows_and_clears(irc):
    """IRCv3 monitor: L (732, 733), S, - and C."""
    a, b = irc.client("ann"), irc.client("bob")
    none = irc.nick("none")
    a.send(f"MONITOR + {b.nick},{none}")
    a.expect("731")
    assert {nick for line in a.says("MONITOR L", "733") if line.verb == "732" for nick in line.last.split(",")} == {b.nick, none}
    a.send("MONITOR S")
    assert a.expect("730").last.startswith(f"{b.nick}!") and a.expect("731").last == none
    a.send(f"MONITOR - {none}")
    assert {nick for line in a.says("MONITOR L", "733") if line.verb == "732" for nick in line.last.split(",")} == {b.nick}
    a.send("MONITOR C")
    assert [line.verb for line in a.says("MONITOR L", "733")] == ["733"]


def test_the_monitor_list_has_its_limit(irc):
    """IRCv3 monitor: ERR_MONLISTFULL (734) with the limit that MONITOR in ISUPPORT tells."""
    a = irc.client("ann")
    for i in range(10):
        a.send("MONITOR + " + ",".join(f"m{i}{k}" for k in range(10)))
    assert a.says("MONITOR + onemore", "734")[-1].params[1] == "100"


def test_monitor_finds_browsers_too(irc):
    """IRCv3 monitor: whoever has a nick is online."""
    a, ws = irc.client("ann"), irc.browser()
    assert a.says(f"MONITOR + {ws.name}", "730")[-1].last.startswith(ws.name)


def test_extended_monitor_tells_of_away_and_account(irc):
    """IRCv3 extended-monitor: AWAY, ACCOUNT and SETNAME of monitored nicks, also without a common channel."""
    a = irc.client("ann", caps=("extended-monitor", "away-notify", "setname"))
    b = irc.modern("bob")
    a.says(f"MONITOR + {b.nick}", "730")
    b.send("AWAY :gone", "SETNAME :Robert")
    assert a.expect("AWAY", nick=b.nick).last == "gone"
    assert a.expect("SETNAME", nick=b.nick).last == "Robert"


def test_extended_monitor_tells_of_hosts_and_accounts(irc):
    """extended-monitor: CHGHOST and ACCOUNT of monitored nicks, for those with chghost and account-notify, also without a common channel."""
    a, b = irc.client("ann", caps=("extended-monitor", "chghost", "account-notify")), irc.modern("bob")
    a.says(f"MONITOR + {b.nick}", "730")
    b.send(f"NS REGISTER {PASSWORD}")
    assert a.expect("CHGHOST", nick=b.nick).params[1].endswith(".account")
    assert a.expect("ACCOUNT", nick=b.nick).params == [b.nick]


# Bots, operators


def test_a_bot_says_so(irc):
    """IRCv3 bot-mode: the mode that BOT names; RPL_WHOISBOT (335); the flag in WHO."""
    a, b = irc.client("ann"), irc.client("bob")
    a.send(f"MODE {a.nick} +B")
    a.expect("MODE")
    room = irc.room(a, b)
    assert "335" in [line.verb for line in b.says(f"WHOIS {a.nick}", "318")]
    flags = {line.params[5]: line.params[6] for line in b.says(f"WHO {room}", "315") if line.verb == "352"}
    assert "B" in flags[a.nick] and "B" not in flags[b.nick]


def test_operators_are_so_by_role(irc):
    """Modern IRC, OPER message: RPL_YOUREOPER (381), ERR_PASSWDMISMATCH (464), ERR_NOOPERHOST (491); 313 in WHOIS, * in WHO."""
    boss = irc.account("boss")
    irc.whiply.command("auth.grant", boss, "oper")
    a, b = irc.client("ann"), irc.client("bob")
    assert a.says(f"OPER {boss} wrong", "464")
    plain = irc.account("plain")
    c = irc.client("cid")
    assert c.says(f"OPER {plain} {PASSWORD}", "491")
    assert a.says(f"OPER {boss} {PASSWORD}", "381")
    assert "313" in [line.verb for line in b.says(f"WHOIS {boss}", "318")]
    assert b.says("OPER", "461")


def test_what_operators_may_others_may_not(irc):
    """Modern IRC, KILL, REHASH, WALLOPS: ERR_NOPRIVILEGES (481); an operator's KILL closes all connections with an ERROR."""
    boss = irc.account("boss")
    irc.whiply.command("auth.grant", boss, "oper")
    op, a, b = irc.signed(account=boss), irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    for line in (f"KILL {b.nick} :no", "REHASH", "WALLOPS :hear"):
        assert a.says(line, "481")
    a.send(f"MODE {a.nick} +w")
    a.expect("MODE")
    op.send("WALLOPS :hear ye")
    assert a.expect("WALLOPS").last == "hear ye"
    op.send(f"KILL {b.nick} :spam")
    lines = b.ended()
    assert lines[-1].verb == "ERROR" and "spam" in lines[-1].last
    assert a.expect("QUIT", nick=b.nick)
    assert room and op.says(f"KILL {irc.nick('none')} :x", "401")


@pytest.mark.parametrize("mode", ["i"])
def test_the_invisible_are_found_by_those_who_share_a_channel(irc, mode):
    """Modern IRC, Invisible User Mode: seen in channels that are shared."""
    a, b = irc.client("ann"), irc.client("bob")
    a.send(f"MODE {a.nick} +{mode}")
    a.expect("MODE")
    room = irc.room(a, b)
    assert a.nick in str(b.says(f"WHO {room}", "315"))


def test_lists_of_people_are_told_so_often_and_no_oftener(irc):
    """RPL_TRYAGAIN (263): who asks for WHO and NAMES all the time is told to wait; others are answered."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    got = []
    for _ in range(40):
        a.send(f"WHO {room}", f"NAMES {room}")
        got += [a.until("315", "263")[-1].verb, a.until("366", "263")[-1].verb]
    assert got[:50] == ["315", "366"] * 25 and got.count("263") >= 5, got
    assert b.says(f"WHO {room}", "315", "263")[-1].verb == "315"
