"""Masks, ranks and modes: what one sets holds for all, whichever dialect they speak, and is there when the hub or the server comes back."""
import time

import irc_client
import pytest
from test_irc_channels import modes_of, names_of, owned


def mask_list(c, room, letter, end):
    """What stands on a list: (mask, setter) for each."""
    at = 3 if letter in "yq" else 2
    return [(line.params[at], line.params[at + 1]) for line in c.says(f"MODE {room} +{letter}", end) if line.verb in ("346", "348", "367", "728")]


def isupport_of(c):
    c.send("ISUPPORT")
    return dict(token.partition("=")[::2] for line in c.ping() if line.verb == "005" for token in line.params[1:-1])


def host_of(c, nick):
    """user@host of somebody, as others see it."""
    return c.says(f"USERHOST {nick}", "302")[-1].last.partition("=")[2].lstrip("+-")


def seen(c, verb, *params):
    """It comes, or came already."""
    return [line for line in c.skipped if line.verb == verb and line.params[:len(params)] == list(params)] or c.expect(verb, *params)


# Lists


@pytest.mark.parametrize("letter, entry, end", [("b", "367", "368"), ("e", "348", "349"), ("I", "346", "347"), ("y", "728", "729")])
def test_a_mask_is_set_told_listed_and_taken_off(irc, letter, entry, end):
    """Modern IRC, MODE message, type A: RPL_BANLIST (367), RPL_EXCEPTLIST (348), RPL_INVEXLIST (346), each with mask, who and when; 728 has the letter."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +{letter} spam*!*@*")
    for c in (a, b):
        line = c.expect("MODE", room)
        assert line.nick == a.nick and line.params[1:] == [f"+{letter}", "spam*!*@*"]
    got = a.says(f"MODE {room} +{letter}", end)
    assert [line.verb for line in got if line.verb.isdigit()] == [entry, end]
    assert mask_list(a, room, letter, end) == [("spam*!*@*", a.nick)]
    assert abs(int(got[-2].params[-1]) - time.time()) < 60
    a.send(f"MODE {room} -{letter} SPAM*!*@*")
    assert b.expect("MODE", room).params[1:] == [f"-{letter}", "spam*!*@*"]
    assert mask_list(a, room, letter, end) == []


def test_a_banned_client_does_not_join_and_is_told_so(irc):
    """Modern IRC, Ban Channel Mode: ERR_BANNEDFROMCHAN (474)."""
    a, b = irc.client("ann"), irc.client("bob", user="bobby")
    room = irc.room(a)
    for mask in (f"{b.nick}!*@*", "*!bobby@*", f"*!*@{host_of(b, b.nick).partition('@')[2]}", f"{b.nick.upper()}", f"?{b.nick[1:]}!*bb*@*.guest", "$~a"):
        a.send(f"MODE {room} +b {mask}")
        a.expect("MODE", room, "+b")
        assert b.says(f"JOIN {room}", "474")[-1].params[1] == room
        a.send(f"MODE {room} -b {mask}")
        a.expect("MODE", room, "-b")
    assert b.join(room)


def test_a_banned_client_inside_does_not_speak_unless_excepted_or_voiced(irc):
    """Modern IRC, Ban and Ban Exception Channel Modes: ERR_CANNOTSENDTOCHAN (404); +e takes out of it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +b {b.nick}")
    b.expect("MODE", room, "+b")
    assert b.says(f"PRIVMSG {room} :hi", "404")
    a.send(f"MODE {room} +e *!*@*.guest")
    b.expect("MODE", room, "+e")
    b.send(f"PRIVMSG {room} :thanks")
    assert a.expect("PRIVMSG").last == "thanks"
    a.send(f"MODE {room} -e+v *!*@*.guest {b.nick}")
    b.expect("MODE", room, "+v")
    b.send(f"PRIVMSG {room} :aloud")
    assert a.expect("PRIVMSG").last == "aloud"


@pytest.mark.parametrize("written", ["y {}", "q {}!*@*", "b ~q:{}", "b $m:{}", "b m:{}"])
def test_a_muted_client_joins_and_does_not_speak(irc, written):
    """The quiet list of Solanum (728, 729), and the forms in which others have it: InspIRCd's m:, UnrealIRCd's ~quiet:."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    a.send(f"MODE {room} +{written.format(b.nick)}")
    assert a.expect("MODE", room).params[1:] == ["+y", f"{b.nick}!*@*"]
    b.join(room)
    assert b.says(f"PRIVMSG {room} :hi", "404")
    assert mask_list(b, room, "q", "729") == [(f"{b.nick}!*@*", a.nick)]
    a.send(f"MODE {room} -{written.format(b.nick)}")
    b.expect("MODE", room, "-y")
    b.send(f"PRIVMSG {room} :hi")
    assert a.expect("PRIVMSG").last == "hi"


def test_an_invite_exception_enters_an_invite_only_channel(irc):
    """Modern IRC, Invite Exception Channel Mode: enters without an invitation; ERR_INVITEONLYCHAN (473) for others."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a)
    a.send(f"MODE {room} +iI {b.nick}")
    seen(a, "MODE", room, "+I")
    seen(a, "MODE", room, "+i")
    assert c.says(f"JOIN {room}", "473")
    assert b.join(room)


def test_extended_bans_ask_for_account_room_and_name(irc):
    """RPL_ISUPPORT EXTBAN: $a, $a:account, $j:channel, $r:name, and their opposites."""
    a, b = irc.client("ann"), irc.client("bob", real="Cake Eater")
    signed = irc.signed("sig")
    room, other = irc.room(a), irc.room(a, b)
    assert isupport_of(a)["EXTBAN"].startswith("$,")

    def banned(mask, *out):
        a.send(f"MODE {room} +b {mask}")
        a.expect("MODE", room, "+b")
        for c in (b, signed):
            got = c.says(f"JOIN {room}", "474", "366")[-1].verb
            assert got == ("474" if c in out else "366"), (mask, c.nick)
            if got == "366":
                c.send(f"PART {room}")
                c.expect("PART", room)
        a.send(f"MODE {room} -b {mask}")
        a.expect("MODE", room, "-b")

    banned("$a", signed)
    banned("$~a", b)
    banned(f"$a:{signed.nick[:3]}*", signed)
    banned("$r:cake*", b)
    banned(f"$j:{other}", b)
    banned(f"$~j:{other}", signed)
    assert a.says(f"MODE {room} +b $x", "696")[-1].params[1:4] == [room, "b", "$x"]


def test_who_may_change_and_see_lists(irc):
    """Modern IRC, MODE message: ERR_CHANOPRIVSNEEDED (482), ERR_NOTONCHANNEL (442); exceptions are shown to those who keep order."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b)
    assert b.says(f"MODE {room} +b x", "482")
    assert b.says(f"MODE {room} b", "368")
    assert b.says(f"MODE {room} e", "482") and b.says(f"MODE {room} I", "482")
    assert c.says(f"MODE {room} b", "442")
    a.send(f"MODE {room} +h {b.nick}")
    b.expect("MODE", room, "+h")
    b.send(f"MODE {room} +b x")
    assert a.expect("MODE", room, "+b").nick == b.nick
    assert b.says(f"MODE {room} e", "349")
    assert b.says(f"MODE {room} +e x", "482")


def test_a_list_that_is_full_is_said_to_be(irc):
    """Modern IRC, MAXLIST and ERR_BANLISTFULL (478)."""
    a = irc.client("ann")
    room = irc.room(a)
    web = irc.browser()
    told = isupport_of(a)
    letters, most = told["MAXLIST"].split(":")
    assert set(letters) == set(told["CHANMODES"].split(",")[0]) and told["EXCEPTS"] == "e" and told["INVEX"] == "I"
    web.call("chat.join", room=room)
    # The rate of the command would take too long: what fills the list is said by several.
    clients = [a] + [irc.client("op") for _ in range(5)]
    for c in clients[1:]:
        c.join(room)
        a.send(f"MODE {room} +o {c.nick}")
        c.expect("MODE", room, "+o", c.nick)
    for i in range(int(most)):
        c = clients[i // 36]
        c.send(f"MODE {room} +b x{i}")
        c.expect("MODE", room, "+b", f"x{i}!*@*")
    got = clients[5].says(f"MODE {room} +b one-more", "478")[-1]
    assert got.params[1:3] == [room, "b"]


# JSON and IRC


def test_a_ban_of_irc_holds_for_json_and_the_other_way(irc):
    """A list is the room's: whoever sets it, everybody sees it and nobody on it enters."""
    a, op = irc.client("ann"), irc.browser("op")
    room = irc.room(a)
    name = room[1:]
    op.call("chat.join", room=name)
    a.send(f"MODE {room} +o {op.name}")
    assert op.notification("chat.role")["role"] == "moderator"
    bad = irc.browser("bad")
    a.send(f"MODE {room} +b {bad.name}")
    told = op.notification("chat.mask")
    assert (told["kind"], told["mask"], told["on"], told["by"]) == ("ban", f"{bad.name}!*@*", True, a.nick)
    assert bad.answer_to(bad.post("chat.join", room=name))["error"]["data"]["code"] == "forbidden"
    b = irc.client("bob")
    mask = op.call("chat.ban", room=name, who=b.nick, why="noise")["mask"]
    line = a.expect("MODE", room, "+b", mask)
    assert line.nick == op.name
    assert b.says(f"JOIN {room}", "474")
    assert (mask, op.name) in mask_list(a, room, "b", "368")
    op.call("chat.unban", room=name, who=b.nick)
    a.expect("MODE", room, "-b", mask)
    b.join(room)
    op.call("chat.kick", room=name, name=b.nick, ban=True, reason="again")
    assert b.expect("MODE", room, "+b", mask) and b.expect("KICK", room, b.nick).last == "again"
    assert b.says(f"JOIN {room}", "474")


@pytest.mark.parametrize("letters, rules", [
    ("+R", {"enter": "registered"}), ("+H", {"past": "moderators"}), ("+T", {"notices": False}), ("+c", {"colours": "stripped"}),
    ("-t", {"topics": "all"}), ("+l 12", {"limit": 12}), ("+f 5:10", {"flood": "5/10s"}), ("+j 3:60", {"joins": "3/60s"}),
])
def test_a_mode_is_a_rule_and_a_rule_is_a_mode(irc, letters, rules):
    """Modern IRC, MODE message: what is set is told, read by RPL_CHANNELMODEIS (324), and undone; the same rule set over JSON is told as the same mode."""
    a, op = irc.client("ann"), irc.browser("op")
    room = irc.room(a)
    name, sign, letter = room[1:], letters[0], letters[1]
    off = {"enter": "all", "past": "all", "notices": True, "colours": "kept", "topics": "moderators", "limit": 0, "flood": "0", "joins": "0"}
    op.call("chat.join", room=name)
    a.send(f"MODE {room} +q {op.name}")
    op.notification("chat.role")
    a.expect("MODE", room, "+q")
    a.send(f"MODE {room} {letters}")
    shown = a.expect("MODE", room).params[1:]
    assert shown == letters.split()
    told = op.notification("chat.rules")["rules"]
    assert {key: told[key] for key in rules} == rules
    modes = a.says(f"MODE {room}", "324")[-1].params
    assert (letter in modes[2]) == (sign == "+") and letters.split()[1:] == modes[3:]
    back = "-" if sign == "+" else "+"
    a.send(f"MODE {room} {back}{letter}")
    a.expect("MODE", room, f"{back}{letter}")
    assert modes_of(a, room) == "+Cnt"
    op.call("chat.set", room=name, **rules)
    line = a.expect("MODE", room)
    assert line.nick == op.name and line.params[1:] == letters.split()
    op.call("chat.set", room=name, **{key: off[key] for key in rules})
    assert a.expect("MODE", room).params[1] == f"{back}{letter}"


# What the modes do


def test_a_full_channel_is_not_joined(irc):
    """Modern IRC, Client Limit Channel Mode: ERR_CHANNELISFULL (471)."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    assert a.says(f"MODE {room} +l", "696", "461") and a.says(f"MODE {room} +l x", "696")
    a.send(f"MODE {room} +l 1")
    a.expect("MODE", room)
    assert b.says(f"JOIN {room}", "471")[-1].params[1] == room
    a.send(f"MODE {room} -l")
    a.expect("MODE", room, "-l")
    assert b.join(room)


def test_a_channel_for_accounts_is_not_joined_by_guests(irc):
    """ERR_NEEDREGGEDNICK (477), as Solanum and InspIRCd have it."""
    a, b, signed = irc.client("ann"), irc.client("bob"), irc.signed("sig")
    room = irc.room(a)
    a.send(f"MODE {room} +R")
    a.expect("MODE", room)
    assert b.says(f"JOIN {room}", "477")[-1].params[1] == room
    assert signed.join(room)


def test_joins_are_throttled(irc):
    """ERR_THROTTLE (480), as Solanum has it: +j."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a)
    assert a.says(f"MODE {room} +j x", "696")
    a.send(f"MODE {room} +j 1:3600")
    a.expect("MODE", room)
    b.join(room)
    assert c.says(f"JOIN {room}", "480")[-1].params[1] == room


def test_a_flood_is_stopped(irc):
    """+f: who says more is told ERR_CANNOTSENDTOCHAN (404); operators are not counted."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +f 2:3600")
    b.expect("MODE", room)
    b.send(f"PRIVMSG {room} :one", f"PRIVMSG {room} :two", f"PRIVMSG {room} :three")
    assert b.expect("404").params[1] == room
    assert [a.expect("PRIVMSG").last for _ in range(2)] == ["one", "two"]
    for i in range(4):
        a.send(f"PRIVMSG {room} :mine{i}")
        assert b.expect("PRIVMSG").last == f"mine{i}"


def test_colours_are_stripped_and_notices_refused(irc):
    """+c and +T, as other servers have them."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +cT")
    assert b.expect("MODE", room).params[1] == "+Tc"
    b.send(f"PRIVMSG {room} :\x0304,02red\x03 and \x02bold\x0f")
    assert a.expect("PRIVMSG").last == "red and bold"
    b.send(f"NOTICE {room} :beep")
    assert not [line for line in a.barrier(b, room) if line.verb == "NOTICE"]


def test_the_topic_is_anybodys_without_t(irc):
    """Modern IRC, Protected Topic Mode."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    assert b.says(f"TOPIC {room} :mine", "482")
    a.send(f"MODE {room} -t")
    b.expect("MODE", room, "-t")
    b.send(f"TOPIC {room} :mine")
    assert a.expect("TOPIC", room).last == "mine"


def test_history_is_hidden_with_h(irc):
    """+H: CHATHISTORY is for those who keep order."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a)
    a.ask(f"PRIVMSG {room} :cake")
    a.ask(f"MODE {room} +H")
    b.join(room)
    assert "cake" not in str(b.ask(f"CHATHISTORY LATEST {room} * 10"))
    assert "cake" in str(a.ask(f"CHATHISTORY LATEST {room} * 10"))


def test_a_key_and_other_modes_are_told_with_their_parameters_in_order(irc):
    """Modern IRC, MODE message: parameters stand in the order of their letters."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +lS-t+k 20 7 sesame")
    got = b.expect("MODE", room).params[1:]
    assert got == ["+Slk-t", "7", "20", "*"]
    assert b.says(f"MODE {room}", "324")[-1].params[2:] == ["+CnSlk", "7", "20", "*"]
    a.send(f"MODE {room} -k+t-S x")
    assert b.expect("MODE", room).params[1:] == ["+t-Sk", "*"]


# Ranks


def test_ranks_have_prefixes_and_each_may_what_is_below(irc):
    """Modern IRC, PREFIX and Channel Membership Prefixes: q a o h v are ~ & @ % +."""
    clients = [irc.client(name) for name in ("own", "adm", "op", "half", "voice", "none")]
    a = clients[0]
    room = irc.room(*clients)
    assert isupport_of(a)["PREFIX"] == "(qaohv)~&@%+"
    for letter, c in zip("aohv", clients[1:5]):
        a.send(f"MODE {room} +{letter} {c.nick}")
        for one in clients:
            one.expect("MODE", room, f"+{letter}", c.nick)
    assert set(names_of(a.says(f"NAMES {room}", "366"))) == {prefix + c.nick for prefix, c in zip(["~", "&", "@", "%", "+", ""], clients)}
    _, adm, op, half, voice, none = clients
    assert op.says(f"MODE {room} +m", "482") and half.says(f"MODE {room} +o {none.nick}", "482") and voice.says(f"KICK {room} {none.nick}", "482")
    adm.send(f"MODE {room} +m")
    none.expect("MODE", room, "+m")
    half.send(f"PRIVMSG {room} :I may", f"TOPIC {room} :mine")
    assert none.expect("PRIVMSG").last == "I may" and none.expect("TOPIC").last == "mine"
    assert half.says(f"KICK {room} {op.nick}", "482") and op.says(f"KICK {room} {adm.nick}", "482")
    half.send(f"KICK {room} {voice.nick},{none.nick} :both")
    assert voice.expect("KICK", room, voice.nick).last == "both" and none.expect("KICK", room, none.nick).nick == half.nick
    # A half-operator may speak and enter whatever holds for others.
    half.send(f"PART {room}")
    half.expect("PART")
    a.send(f"MODE {room} +b *")
    a.expect("MODE", room, "+b")
    assert none.says(f"JOIN {room}", "474") and half.join(room)


def test_all_prefixes_in_names_who_and_whois(irc):
    """IRCv3 multi-prefix: all prefixes of a member, highest first, in NAMES, WHO and WHOIS; without it the highest."""
    a, b, c = irc.client("ann", caps=("multi-prefix",)), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"MODE {room} +vho {b.nick} {b.nick} {b.nick}")
    b.expect("MODE", room, "+o")
    assert f"@%+{b.nick}" in names_of(a.says(f"NAMES {room}", "366"))
    assert f"@{b.nick}" in names_of(c.says(f"NAMES {room}", "366"))
    flags = {line.params[5]: line.params[6] for line in a.says(f"WHO {room}", "315") if line.verb == "352"}
    assert flags[b.nick] == "H@%+"
    assert [line.last for line in a.says(f"WHOIS {b.nick}", "318") if line.verb == "319"] == [f"@%+{room}"]
    a.send(f"MODE {room} -o {b.nick}")
    b.expect("MODE", room, "-o")
    assert f"%+{b.nick}" in names_of(a.says(f"NAMES {room}", "366"))


def test_a_message_to_a_prefix_reaches_those_of_it_and_above(irc):
    """Modern IRC, STATUSMSG: to @#channel is told to operators and above, and shown so."""
    a, b, c = irc.modern("ann"), irc.client("bob"), irc.client("cid")
    web = irc.browser()
    room = irc.room(a, b, c)
    web.call("chat.join", room=room)
    for client in (a, b, c):
        client.expect("JOIN", room, nick=web.name)
    a.send(f"MODE {room} +o {b.nick}", f"MODE {room} +v {web.name}")
    c.expect("MODE", room, "+v")
    assert set(isupport_of(a)["STATUSMSG"]) == set("~&@%+")
    c.send(f"PRIVMSG @{room} :ops only")
    line = b.expect("PRIVMSG")
    assert line.params == [f"@{room}", "ops only"] and line.nick == c.nick
    assert a.expect("PRIVMSG", f"@{room}").last == "ops only"
    echo = a.ask(f"PRIVMSG +{room} :voices")[-1]
    assert echo.params == [f"+{room}", "voices"] and b.expect("PRIVMSG", f"+{room}")
    assert web.notification("chat.aside")["text"] == "voices"
    assert not [line for line in c.barrier(a, room) if line.verb == "PRIVMSG"]
    c.send(f"PRIVMSG ~{room} :\x01ACTION waves\x01")
    assert a.expect("PRIVMSG", f"~{room}").last == "\x01ACTION waves\x01"
    out = irc.client("out")
    assert out.says(f"PRIVMSG @{room} :hi", "404")[-1].params[1] == f"@{room}"


# Several at once


def test_a_line_has_as_many_modes_as_it_says(irc):
    """Modern IRC, MODES: so many modes with a parameter in a line."""
    a = irc.client("ann")
    room = irc.room(a)
    most = int(isupport_of(a)["MODES"])
    masks = [f"x{i}" for i in range(most + 1)]
    a.send(f"MODE {room} +{'b' * len(masks)} {' '.join(masks)}")
    assert a.expect("696").params[2] == "b"
    for mask in masks[:-1]:
        seen(a, "MODE", room, "+b", f"{mask}!*@*")
    assert [mask for mask, _ in mask_list(a, room, "b", "368")] == [f"{mask}!*@*" for mask in masks[:-1]]


def test_too_many_are_not_kicked_at_once(irc):
    """Modern IRC, KICK message and TARGMAX: several nicks between commas, up to the bound; ERR_TOOMANYTARGETS (407)."""
    a, *others = (irc.client(name) for name in ("ann", "one", "two", "tri", "for", "fiv"))
    room = irc.room(a, *others)
    most = int(isupport_of(a)["TARGMAX"].partition("KICK:")[2].partition(",")[0])
    a.send(f"KICK {room} {','.join(c.nick for c in others)} :away")
    for c in others[:most]:
        assert c.expect("KICK", room, c.nick).last == "away"
    assert a.expect("407").params[1] == others[most].nick


def test_list_takes_users_times_and_what_is_not_wanted(irc):
    """Modern IRC, ELIST: C, M, N, T and U."""
    a, b = irc.client("ann"), irc.client("bob")
    base = irc.channel("elist")
    one, two = f"{base}-one", f"{base}-two"
    for room in (one, two):
        a.join(room)
    b.join(two)
    a.send(f"TOPIC {one} :cake")
    a.expect("TOPIC")
    assert set(isupport_of(a)["ELIST"]) == set("CMNTU") and "SAFELIST" in isupport_of(a)

    def listed(asked):
        return {line.params[1] for line in a.says(f"LIST {asked}", "323") if line.verb == "322"}

    mine = f"{base}*"
    assert listed(mine) == {one, two}
    assert listed(f"{mine},>1") == {two} and listed(f"{mine},<2") == {one}
    assert listed(f"{mine},!*-one") == {two}
    assert listed(f"{mine},C<10") == {one, two} and listed(f"{mine},C>10") == set()
    assert listed(f"{mine},T<10") == {one} and listed(f"{mine},T>10") == set()
    assert two in listed(">1") and one not in listed(">1")


# User modes


def test_r_and_z_say_what_is_so_and_cannot_be_set(irc):
    """Modern IRC, User Modes: r is who is signed in; RPL_MYINFO (004) names the modes that there are."""
    a, signed = irc.client("ann"), irc.signed("sig")
    assert a.says(f"MODE {a.nick}", "221")[-1].params[1] == "+"
    assert signed.says(f"MODE {signed.nick}", "221")[-1].params[1] == "+r"
    a.send(f"MODE {a.nick} +rZ")
    assert a.ping() == []
    assert a.says(f"MODE {a.nick}", "221")[-1].params[1] == "+"


def test_no_whispers_from_guests_with_r(irc):
    """+R of oneself, as Solanum has it: ERR_CANTSENDTOUSER (531) for guests; the account's other clients know."""
    account = irc.account("sig")
    signed, again = irc.signed(account=account), irc.signed(account=account)
    b, friend = irc.client("bob"), irc.signed("friend")
    signed.send(f"MODE {signed.nick} +R")
    assert signed.expect("MODE", signed.nick).params[1] == "+R"
    assert b.says(f"PRIVMSG {signed.nick} :hi", "531")
    friend.send(f"PRIVMSG {signed.nick} :hi")
    assert signed.expect("PRIVMSG").last == "hi"
    assert "R" in again.says(f"MODE {again.nick}", "221")[-1].params[1]
    signed.send(f"MODE {signed.nick} -R")
    signed.expect("MODE", signed.nick, "-R")
    b.send(f"PRIVMSG {signed.nick} :hello")
    assert signed.expect("PRIVMSG").last == "hello"


def test_the_invisible_are_not_found_by_strangers(irc):
    """RFC 2812, 3.6.1 and Modern IRC, Invisible User Mode: not in WHO of a channel that is not shared, nor their channels in WHOIS; LUSERS counts them."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, c)
    assert a.nick in str(b.says(f"WHO {room}", "315"))
    a.send(f"MODE {a.nick} +i")
    a.expect("MODE")
    got = str(b.says(f"WHO {room}", "315"))
    assert a.nick not in got and c.nick in got
    assert a.nick in str(c.says(f"WHO {room}", "315"))
    assert not [line for line in b.says(f"WHOIS {a.nick}", "318") if line.verb == "319"]
    assert [line for line in c.says(f"WHOIS {a.nick}", "318") if line.verb == "319"]
    assert int(b.says("LUSERS", "266")[0].last.split()[5]) >= 1
    irc.room(a, b)
    assert a.nick in str(b.says(f"WHO {room}", "315"))


# What outlives


def test_lists_ranks_and_modes_outlive_the_hub_and_the_server(start):
    """A registered room's lists, ranks and rules are there after a crash of the hub and after a restart; a loose room's after the crash."""
    whiply = start(**irc_client.options())
    server = irc_client.IrcServer(whiply)
    owner = server.signed("own")
    friend, b = server.signed("friend"), server.client("bob")
    room, loose = server.room(owner, friend, b), server.room(owner, b)
    owner.send(f"CS REGISTER {room}")
    assert owner.expect("NOTICE").last.startswith("Done")
    owner.send(f"MODE {room} +hv {friend.nick} {friend.nick}", f"MODE {room} +bey bad* $a:good* loud*", f"MODE {room} +lcf-t 50 5:10",
               f"MODE {loose} +bl bad* 9")
    for letter in "bl":
        seen(b, "MODE", loose, f"+{letter}")

    def state(c, channel):
        return {letter: mask_list(c, channel, letter, end) for letter, end in (("b", "368"), ("e", "349"), ("y", "729"))}, \
            c.says(f"MODE {channel}", "324")[-1].params[2:]
    before, before_loose = state(owner, room), state(owner, loose)
    assert before[0] == {"b": [("bad*!*@*", owner.nick)], "e": [("$a:good*", owner.nick)], "y": [("loud*!*@*", owner.nick)]}
    assert before[1] == ["+CnPcfl", "5:10", "50"]
    old = whiply.kill("hub")
    whiply.hub_back(old)
    owner.send(f"PRIVMSG {room} :still here", f"PRIVMSG {loose} :and here")
    b.expect("PRIVMSG", room)
    b.expect("PRIVMSG", loose)
    assert (state(owner, room), state(owner, loose)) == (before, before_loose)
    bad = server.client("bad")
    assert bad.says(f"JOIN {room}", "474") and bad.says(f"JOIN {loose}", "474")
    server.leave()
    whiply.end()
    whiply.run()
    whiply.wait()
    owner = server.client(owner.nick, exact=True, account=owner.nick)
    friend = server.client(friend.nick, exact=True, account=friend.nick, caps=("multi-prefix",))
    owner.join(room)
    friend.join(room)
    assert state(owner, room) == before
    assert f"%+{friend.nick}" in names_of(friend.says(f"NAMES {room}", "366"))
    bad = server.client("bad")
    assert bad.says(f"JOIN {room}", "474")
    server.leave()
