"""Modern IRC: channels, their modes, and who is in them."""
import time

import irc_client
import pytest


def names_of(lines):
    """Nicks, with their prefixes, of the lines 353 among these."""
    return [name for line in lines if line.verb == "353" for name in line.last.split()]


def modes_of(c, channel):
    return c.says(f"MODE {channel}", "324")[-1].params[2]


def owned(irc, *others):
    """A registered channel: (owner, name), and the others are in it."""
    owner = irc.signed("own")
    room = irc.room(owner)
    owner.send(f"CS REGISTER {room}")
    assert owner.expect("NOTICE").last.startswith("Done")
    for c in others:
        c.join(room)
        owner.expect("JOIN", room)
    return owner, room


# JOIN


def test_join_is_told_to_the_one_who_joins_then_topic_then_names(irc):
    """Modern IRC, JOIN message: a JOIN from the client, RPL_TOPIC (and none if there is none), then RPL_NAMREPLY and RPL_ENDOFNAMES."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.channel()
    got = a.join(room)
    assert [line.verb for line in got] == ["JOIN", "353", "366"]
    assert got[0].nick == a.nick and got[0].params == [room]
    a.send(f"TOPIC {room} :cake")
    a.expect("TOPIC")
    got = b.join(room)
    verbs = [line.verb for line in got]
    assert verbs[0] == "JOIN" and verbs[1] == "332" and verbs[-1] == "366"
    assert got[1].params[1:] == [room, "cake"]
    assert {name.lstrip("~@+") for name in names_of(got)} == {a.nick, b.nick}


def test_join_brings_who_set_the_topic_and_when(irc):
    """Modern IRC, JOIN and TOPIC messages: RPL_TOPICWHOTIME (333) SHOULD follow RPL_TOPIC."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    a.send(f"TOPIC {room} :cake")
    a.expect("TOPIC")
    line = [line for line in b.join(room) if line.verb == "333"][0]
    assert line.params[1] == room and line.params[2].partition("!")[0] == a.nick
    assert abs(int(line.params[3]) - time.time()) < 60
    assert b.says(f"TOPIC {room}", "333")[0].verb == "332"


def test_join_is_told_to_those_in_the_channel(irc):
    """Modern IRC, JOIN message: the server tells the members with the joining client as the source."""
    a, b = irc.client("ann"), irc.client("bob", user="bobby")
    room = irc.room(a)
    b.join(room)
    line = a.expect("JOIN", room)
    assert line.source.startswith(f"{b.nick}!") and "bobby@" in line.source


def test_several_channels_are_joined_at_once_with_keys_in_order(irc):
    """Modern IRC, JOIN message: <channel>{,<channel>} [<key>{,<key>}]."""
    a, b = irc.client("ann"), irc.client("bob")
    one, two, three = (irc.channel() for _ in range(3))
    a.send(f"JOIN {one},{two},{three}")
    assert {a.expect("366").params[1] for _ in range(3)} == {one, two, three}
    a.send(f"MODE {one} +k first", f"MODE {two} +k second")
    for _ in range(2):
        a.expect("MODE")
    b.send(f"JOIN {one},{two},{three} first,second")
    assert {b.expect("366").params[1] for _ in range(3)} == {one, two, three}


def test_joining_where_one_is_says_nothing(irc):
    """Modern IRC, JOIN message: joining again has no effect."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"JOIN {room}")
    assert a.ping() == []
    assert not [line for line in b.barrier(a, room) if line.verb == "JOIN"]


@pytest.mark.parametrize("name", ["nochannel", "&local", "#", "+modeless", "#a\x07b"])
def test_what_is_no_channel_cannot_be_joined(irc, name):
    """Modern IRC, JOIN message: ERR_NOSUCHCHANNEL (403) or ERR_BADCHANMASK (476, 479)."""
    c = irc.client()
    assert c.says(f"JOIN {name}", "403", "476", "479")


def test_channels_are_found_without_case_and_shown_as_they_are(irc):
    """Modern IRC, CASEMAPPING: channel names are compared by it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.channel("Room")
    a.join(room)
    b.send(f"JOIN {room.upper()}")
    assert b.expect("JOIN").params[0] == room
    b.send(f"PRIVMSG {room.lower()} :hi")
    assert a.expect("PRIVMSG").params[0] == room


def test_join_0_leaves_all_channels(irc):
    """Modern IRC, JOIN message: JOIN 0 parts from every channel."""
    a, b = irc.client("ann"), irc.client("bob")
    rooms = {irc.room(b, a), irc.room(b, a)}
    a.send("JOIN 0")
    assert {a.expect("PART").params[0] for _ in rooms} == rooms
    assert {b.expect("PART", nick=a.nick).params[0] for _ in rooms} == rooms


def test_too_many_channels_in_a_line_are_refused(irc):
    """Modern IRC, TARGMAX: JOIN takes at most that many."""
    c = irc.client()
    name = irc.channel()
    got = c.says(f"JOIN {','.join(f'{name}-{i}' for i in range(21))}", "407")
    assert got[-1].params[1].endswith("-20")


# PART


def test_part_is_told_to_all_with_the_reason_and_to_oneself(irc):
    """Modern IRC, PART message: the server tells the members, and the client itself, with the reason."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"PART {room} :off to bed")
    for c in (a, b):
        line = c.expect("PART", room)
        assert line.nick == a.nick and line.last == "off to bed"
    a.send(f"PRIVMSG {room} :still here?")
    assert a.expect("404")


def test_part_of_several_and_of_wrong_ones(irc):
    """Modern IRC, PART message: ERR_NOSUCHCHANNEL (403), ERR_NOTONCHANNEL (442)."""
    a, b = irc.client("ann"), irc.client("bob")
    room, other = irc.room(a), irc.room(b)
    a.send(f"PART {room},{other},{irc.channel()}")
    verbs = sorted(a.line().verb for _ in range(3))
    assert verbs == ["403", "442", "PART"]


# TOPIC


def test_a_topic_is_set_told_read_and_taken_away(irc):
    """Modern IRC, TOPIC message: RPL_NOTOPIC (331), TOPIC to the members, RPL_TOPIC (332); an empty topic clears it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    assert a.says(f"TOPIC {room}", "331")
    a.send(f"TOPIC {room} :all about cake")
    for c in (a, b):
        line = c.expect("TOPIC", room)
        assert line.nick == a.nick and line.last == "all about cake"
    assert b.says(f"TOPIC {room}", "332")[-1].last == "all about cake"
    a.send(f"TOPIC {room} :")
    assert b.expect("TOPIC", room).last == ""
    assert b.says(f"TOPIC {room}", "331")


def test_a_topic_is_set_only_by_those_who_may(irc):
    """Modern IRC, TOPIC message: ERR_CHANOPRIVSNEEDED (482), ERR_NOTONCHANNEL (442), ERR_NEEDMOREPARAMS (461)."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b)
    assert b.says(f"TOPIC {room} :mine", "482")
    assert c.says(f"TOPIC {room} :mine", "442", "403")
    assert c.says("TOPIC", "461")


# NAMES


def test_names_are_for_members_and_end_always(irc):
    """Modern IRC, NAMES message: RPL_ENDOFNAMES (366) also for channels that are not there or not to be seen."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    a.send(f"MODE {room} +s")
    a.expect("MODE")
    assert names_of(a.says(f"NAMES {room}", "366")) == [f"~{a.nick}"]
    assert names_of(b.says(f"NAMES {room}", "366")) == []
    assert b.says(f"NAMES {irc.channel()}", "366")
    assert b.says("NAMES", "366")


def test_names_of_a_secret_channel_has_the_sign_for_it(irc):
    """Modern IRC, RPL_NAMREPLY (353): = for public channels, @ for secret ones."""
    a = irc.client("ann")
    room = irc.room(a)
    assert a.says(f"NAMES {room}", "366")[0].params[1] == "="
    a.send(f"MODE {room} +s")
    a.expect("MODE")
    assert a.says(f"NAMES {room}", "366")[0].params[1] == "@"


def test_who_makes_a_channel_is_its_founder(irc):
    """Modern IRC, Founder Prefix: whoever creates a channel is its founder, and has the prefix ~."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    assert sorted(names_of(b.says(f"NAMES {room}", "366"))) == sorted([f"~{a.nick}", b.nick])


# LIST


def test_list_has_public_channels_with_counts_and_topics(irc):
    """Modern IRC, LIST message: RPL_LIST (322) with channel, members and topic; RPL_LISTEND (323); secret channels are left out."""
    a, b = irc.client("ann"), irc.client("bob")
    room, secret = irc.room(a, b), irc.room(a)
    a.send(f"TOPIC {room} :cake", f"MODE {secret} +s")
    a.expect("TOPIC")
    a.expect("MODE")
    rows = {line.params[1]: line.params[2:] for line in b.says("LIST", "323") if line.verb == "322"}
    assert rows[room] == ["2", "cake"]
    assert secret not in rows


def test_list_takes_a_mask_or_a_name(irc):
    """Modern IRC, LIST message: <channel> alone tells of it; ELIST M: masks."""
    a = irc.client("ann")
    room, other = irc.room(a, name="apples"), irc.room(a, name="pears")
    assert [line.params[1] for line in a.says(f"LIST {room}", "323") if line.verb == "322"] == [room]
    found = [line.params[1] for line in a.says("LIST *apple*", "323") if line.verb == "322"]
    assert room in found and other not in found


def test_list_of_a_name_is_that_one_and_masks_have_their_stars_anywhere(irc):
    """Modern IRC, LIST message; ELIST M: <channel> is no substring, and a mask is matched as a whole."""
    a = irc.client("ann")
    base = irc.channel("yard")
    for end in ("", "-north", "-south"):
        a.join(base + end)

    def found(mask):
        return {line.params[1].removeprefix(base) for line in a.says(f"LIST {mask}", "323") if line.verb == "322"}

    assert found(base) == {""}
    assert found(f"{base}-*th") == {"-north", "-south"}
    assert found(f"#*{base[3:]}*r?h") == {"-north"}
    assert found(f"{base},{base}-south") == {"", "-south"}
    assert found("#no-such-channel-*") == set()


def test_channels_of_one_client_have_their_limit(start):
    """Modern IRC, CHANLIMIT: ERR_TOOMANYCHANNELS (405) past what it tells."""
    options = irc_client.options()
    options["more"] += 'rates = ( { command = "chat.join"; rate = "10000/s burst 10000"; } );'
    server = irc_client.IrcServer(start(**options))
    a = server.client("ann")
    for i in range(100):
        a.send(f"JOIN #c{i}")
    for _ in range(100):
        a.expect("366")
    assert a.says("JOIN #onemore", "405")[-1].params[1] == "#onemore"
    a.send("PART #c0")
    a.expect("PART")
    a.join("#onemore")
    server.leave()


# KICK


def test_a_kick_is_told_to_all_and_ends_the_membership(irc):
    """Modern IRC, KICK message: the members and the one kicked are told, with the comment."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"KICK {room} {b.nick} :too loud")
    for one in (a, b, c):
        line = one.expect("KICK", room, b.nick)
        assert line.nick == a.nick and line.last == "too loud"
    assert not [line for line in c.barrier(a, room) if line.verb in ("PART", "QUIT")]
    b.send(f"PRIVMSG {room} :hm")
    assert b.expect("404")
    b.join(room)


def test_a_kick_names_who_did_it_with_its_whole_source(irc):
    """Modern IRC, KICK message: the message comes from the client who kicked, nick!user@host, as its other messages do."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    b.ping()
    a.send(f"PRIVMSG {room} :careful")
    source = b.expect("PRIVMSG").source
    a.send(f"KICK {room} {b.nick}")
    assert b.expect("KICK").source == source


def test_only_operators_kick_and_only_members_are_kicked(irc):
    """Modern IRC, KICK message: ERR_CHANOPRIVSNEEDED (482), ERR_USERNOTINCHANNEL (441), ERR_NOTONCHANNEL (442), ERR_NOSUCHCHANNEL (403)."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b)
    assert b.says(f"KICK {room} {a.nick} :no", "482")
    got = a.says(f"KICK {room} {c.nick} :no", "441")[-1]
    assert got.params[1:3] == [c.nick, room]
    assert c.says(f"KICK {room} {a.nick} :no", "442")
    assert c.says(f"KICK {irc.channel()} {a.nick} :no", "403")
    assert a.says(f"KICK {room}", "461")


# INVITE


def test_an_invitation_is_told_to_both_and_lets_in(irc):
    """Modern IRC, INVITE message: RPL_INVITING (341) to the one, INVITE to the other, who may then enter an invite-only channel."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a)
    a.send(f"MODE {room} +i")
    a.expect("MODE")
    assert b.says(f"JOIN {room}", "473")
    a.send(f"INVITE {b.nick} {room}")
    assert a.expect("341").params[1:] == [b.nick, room]
    line = b.expect("INVITE")
    assert line.nick == a.nick and line.params == [b.nick, room]
    b.join(room)
    assert c.says(f"JOIN {room}", "473")


def test_invitations_that_cannot_be(irc):
    """Modern IRC, INVITE message: ERR_NOSUCHNICK (401), ERR_USERONCHANNEL (443), ERR_NOTONCHANNEL (442), ERR_CHANOPRIVSNEEDED (482), 461."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b)
    assert a.says(f"INVITE {irc.nick('none')} {room}", "401")
    assert a.says(f"INVITE {b.nick} {room}", "443")[-1].params[1:3] == [b.nick, room]
    assert c.says(f"INVITE {b.nick} {room}", "442", "403")
    a.send(f"MODE {room} +i")
    a.expect("MODE")
    assert b.says(f"INVITE {c.nick} {room}", "482")
    assert a.says(f"INVITE {b.nick}", "461")


def test_one_reads_where_one_was_asked_to_come(irc):
    """Modern IRC, INVITE message: without parameters RPL_INVITELIST (336) for each channel that one was asked into, and RPL_ENDOFINVITELIST (337)."""
    a, b = irc.client("ann"), irc.client("bob")
    one, two = irc.room(a), irc.room(a)
    for room in one, two:
        a.says(f"INVITE {b.nick} {room}", "341")
    assert sorted(line.params[1] for line in b.says("INVITE", "337") if line.verb == "336") == sorted([one, two])
    b.join(two)
    assert [line.params[1] for line in b.says("INVITE", "337") if line.verb == "336"] == [one]
    assert "336" not in [line.verb for line in a.says("INVITE", "337")]


# MODE


def test_the_modes_of_a_channel_are_read(irc):
    """Modern IRC, MODE message: RPL_CHANNELMODEIS (324) and RPL_CREATIONTIME (329)."""
    a = irc.client("ann")
    room = irc.room(a)
    got = a.says(f"MODE {room}", "329")
    assert got[-2].params[1:] == [room, "+Cnt"]
    assert abs(int(got[-1].params[2]) - time.time()) < 60


@pytest.mark.parametrize("letter", "ismM")
def test_a_mode_is_set_told_read_and_taken_away(irc, letter):
    """Modern IRC, MODE message: a change is told to the members as a MODE from who made it; type D modes have no parameter."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +{letter}")
    line = a.expect("MODE", room)
    assert line.nick == a.nick and line.params[1] == f"+{letter}"
    assert letter in b.expect("MODE", room).params[1].split("-")[0]
    assert letter in modes_of(b, room)
    a.send(f"MODE {room} -{letter}")
    a.expect("MODE", room, f"-{letter}")
    b.expect("MODE", room)
    assert letter not in modes_of(b, room)


def test_a_change_of_mode_names_only_what_changed(irc):
    """Modern IRC, MODE message: the server tells the modes that were changed, and no others."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +m")
    assert b.expect("MODE", room).params[1:] == ["+m"]
    a.send(f"MODE {room} +i")
    assert b.expect("MODE", room).params[1:] == ["+i"]
    a.send(f"MODE {room} -m")
    assert b.expect("MODE", room).params[1:] == ["-m"]


def test_several_modes_in_a_line(irc):
    """Modern IRC, MODE message: letters of several modes, each taking its parameter in turn."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"MODE {room} +mvv {b.nick} {c.nick}")
    for _ in range(3):
        a.expect("MODE", room)
    b.send(f"PRIVMSG {room} :I may")
    assert a.expect("PRIVMSG").last == "I may"
    c.send(f"PRIVMSG {room} :so may I")
    assert a.expect("PRIVMSG").last == "so may I"


def test_a_key_is_needed_and_read_only_inside(irc):
    """Modern IRC, Key Channel Mode: ERR_BADCHANNELKEY (475); the key is not told to those outside."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a)
    a.send(f"MODE {room} +k sesame")
    a.expect("MODE", room)
    assert b.says(f"JOIN {room}", "475")[-1].params[1] == room
    assert b.says(f"JOIN {room} wrong", "475")
    b.join(room, "sesame")
    assert "k" in modes_of(b, room)
    got = c.says(f"MODE {room}", "324")[-1]
    assert "sesame" not in got.text
    a.send(f"MODE {room} -k sesame")
    a.expect("MODE", room)
    c.join(room)


def test_taking_a_key_away_does_not_open_what_invitation_closes(irc):
    """Modern IRC, Channel Modes: each mode is by itself; -k leaves +i as it was."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    a.send(f"MODE {room} +i")
    a.expect("MODE")
    a.send(f"MODE {room} -k x")
    a.ping()
    assert b.says(f"JOIN {room}", "473")


def test_in_a_moderated_channel_only_a_voice_speaks(irc):
    """Modern IRC, Moderated Channel Mode: ERR_CANNOTSENDTOCHAN (404) without voice."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +m")
    b.expect("MODE")
    b.send(f"PRIVMSG {room} :hm")
    assert b.expect("404").params[1] == room
    a.send(f"MODE {room} +v {b.nick}")
    line = b.expect("MODE", room)
    assert line.nick == a.nick and line.params[1:] == ["+v", b.nick]
    b.send(f"PRIVMSG {room} :thanks")
    assert a.expect("PRIVMSG").last == "thanks"
    a.send(f"MODE {room} -v {b.nick}")
    assert b.expect("MODE", room).params[1:] == ["-v", b.nick]
    b.send(f"PRIVMSG {room} :hm")
    assert b.expect("404")


def test_operators_make_operators(irc):
    """Modern IRC, Operator Prefix: +o gives it, -o takes it; the members are told."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"MODE {room} +o {b.nick}")
    for one in (a, b, c):
        assert one.expect("MODE", room).params[1:] == ["+o", b.nick]
    assert f"@{b.nick}" in names_of(c.says(f"NAMES {room}", "366"))
    b.send(f"KICK {room} {c.nick} :tried it")
    assert c.expect("KICK", room)
    a.send(f"MODE {room} -o {b.nick}")
    assert b.expect("MODE", room).params[1:] == ["-o", b.nick]
    assert b.says(f"TOPIC {room} :x", "482")


def test_owners_of_a_registered_channel_have_their_prefix_and_roles_last(irc):
    """Modern IRC, Founder Prefix (~, +q): PREFIX tells it; a registered channel keeps roles when all have left."""
    friend = irc.signed("friend")
    owner, room = owned(irc, friend)
    owner.send(f"MODE {room} +o {friend.nick}")
    assert friend.expect("MODE", room).params[1:] == ["+o", friend.nick]
    assert sorted(names_of(owner.says(f"NAMES {room}", "366"))) == sorted([f"~{owner.nick}", f"@{friend.nick}"])
    for c in (owner, friend):
        c.send(f"PART {room}")
        c.expect("PART")
    stranger = irc.client()
    assert names_of(stranger.join(room)) == [stranger.nick]
    friend.join(room)
    assert f"@{friend.nick}" in names_of(stranger.says(f"NAMES {room}", "366"))
    assert "P" in modes_of(stranger, room)


def test_modes_that_may_not_be_set(irc):
    """Modern IRC, MODE message: ERR_CHANOPRIVSNEEDED (482), ERR_UNKNOWNMODE (472), ERR_NOSUCHNICK (401), ERR_NOSUCHCHANNEL (403), 461."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    assert b.says(f"MODE {room} +m", "482")
    assert b.says(f"MODE {room} +o {b.nick}", "482")
    assert a.says(f"MODE {room} +X", "472")[-1].params[1] == "X"
    assert a.says(f"MODE {room} +ӂ", "472")[-1].params[1] == "ӂ"     # a character, not a byte of it
    assert a.says(f"MODE {room} +o {irc.nick('none')}", "401", "441")
    assert a.says(f"MODE {irc.channel()} +m", "403")
    assert a.says("MODE", "461")
    assert a.says(f"MODE {room} +o", "461", "696")


def test_a_mask_list_is_read(irc):
    """Modern IRC, MODE message: a type A mode without a parameter lists: 367 and 368, 348 and 349, 346 and 347."""
    a = irc.client("ann")
    room = irc.room(a)
    assert a.says(f"MODE {room} b", "368")[-1].params[1] == room
    assert a.says(f"MODE {room} +e", "349")
    assert a.says(f"MODE {room} +I", "347")


def test_ones_own_modes_are_set_and_read_and_those_of_others_not(irc):
    """Modern IRC, User Modes: RPL_UMODEIS (221), ERR_USERSDONTMATCH (502), ERR_UMODEUNKNOWNFLAG (501)."""
    a, b = irc.client("ann"), irc.client("bob")
    a.send(f"MODE {a.nick} +iw")
    assert a.expect("MODE", a.nick).params[1] == "+i+w" or a.skipped is not None
    assert set(a.says(f"MODE {a.nick}", "221")[-1].params[1]) == set("+iw")
    a.send(f"MODE {a.nick} -w")
    a.expect("MODE", a.nick)
    assert set(a.says(f"MODE {a.nick}", "221")[-1].params[1]) == set("+i")
    assert a.says(f"MODE {b.nick} +i", "502")
    assert a.says(f"MODE {irc.nick('none')} +i", "401")
    assert a.says(f"MODE {a.nick} +ӂ", "501")[-1].params[1] == "ӂ"
    assert a.says("STATS ӂ", "219")[-1].params[1] == "*"
    assert a.says(f"MODE {a.nick} +Q", "501")


def test_nobody_outside_speaks_in_a_channel(irc):
    """Modern IRC, No External Messages (+n): ERR_CANNOTSENDTOCHAN (404); ERR_NOSUCHCHANNEL (403) when there is none."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    b.send(f"PRIVMSG {room} :hi")
    assert b.expect("404").params[1] == room
    assert b.says(f"PRIVMSG {irc.channel()} :hi", "403", "404")


def test_a_channel_ends_with_its_last_member_unless_it_is_registered(irc):
    """Modern IRC, Channels: a channel ceases to exist when the last client leaves it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a)
    a.send(f"TOPIC {room} :old times")
    a.expect("TOPIC")
    a.send(f"PART {room}")
    a.expect("PART")
    got = b.join(room)
    assert "332" not in [line.verb for line in got]
    assert names_of(got) == [f"~{b.nick}"]
    b.send(f"TOPIC {room} :new times")
    assert b.expect("TOPIC")
    owner, kept = owned(irc)
    owner.send(f"TOPIC {kept} :old times")
    owner.expect("TOPIC")
    owner.send(f"PART {kept}")
    owner.expect("PART")
    assert [line.last for line in b.join(kept) if line.verb == "332"] == ["old times"]


def test_slow_mode_is_a_mode(irc):
    """Modes of this server: +S seconds, slow mode; shown by its number."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +S 30")
    b.expect("MODE", room)
    assert b.says(f"MODE {room}", "324")[-1].params[2:] == ["+CntS", "30"]
    b.send(f"PRIVMSG {room} :one", f"PRIVMSG {room} :two")
    assert b.expect("404").params[1] == room
    a.send(f"PRIVMSG {room} :mods may", f"PRIVMSG {room} :speak on", f"MODE {room} -S")
    b.expect("MODE", room)
    assert modes_of(b, room) == "+Cnt"


def test_a_browser_in_the_channel_sees_and_is_seen(irc):
    """Rooms are channels: joins, topics and messages pass between IRC and JSON."""
    ws = irc.browser()
    a = irc.client("ann")
    room = irc.channel()
    ws.call("chat.join", room=room[1:])
    assert sorted(name.lstrip("~") for name in names_of(a.join(room))) == sorted([a.nick, ws.name])
    assert ws.notification("chat.joined")["name"] == a.nick
    ws.call("chat.say", room=room[1:], text="hello from the web")
    line = a.expect("PRIVMSG", room)
    assert line.nick == ws.name and line.last == "hello from the web"
    a.send(f"PRIVMSG {room} :hello from irc")
    while ws.notification("chat.message")["text"] != "hello from irc":
        pass
    ws.call("chat.topic", room=room[1:], topic="both")
    assert a.expect("TOPIC", room).last == "both"
    ws.call("chat.leave", room=room[1:])
    assert a.expect("PART", room).nick == ws.name


def test_in_a_large_channel_comings_are_told_in_batches_and_none_is_lost(start):
    """Rooms above `crowd`: joins and parts are told now and then; each client still hears of each."""
    server = irc_client.IrcServer(start(**irc_client.options(chat='crowd = 5; crowd_every = "100ms";')))
    first = server.client("first")
    room = server.room(first)
    others = [server.client("other") for _ in range(12)]
    for c in others:
        c.join(room)
    joined = {first.expect("JOIN", room).nick for _ in others}
    assert joined == {c.nick for c in others}
    server.leave()
