"""IRCv3: capability negotiation, and what each capability changes. Each test names the specification that it holds the server to."""
import re

import irc_client
import pytest
from irc_client import CAPS, PASSWORD, unescape


def offered(c, version="302"):
    """Capabilities that the server lists, name to value."""
    c.send(f"CAP LS {version}".rstrip())
    found = {}
    while True:
        line = c.expect("CAP", None, "LS")
        for word in line.last.split():
            name, _, value = word.partition("=")
            found[name] = value
        if line.params[2] != "*" or len(line.params) == 3:
            return found


# Capability negotiation


def test_ls_suspends_registration_until_end(irc):
    """IRCv3 capability-negotiation, CAP LS: the server MUST NOT complete registration until CAP END."""
    c = irc.raw()
    c.send("CAP LS 302", f"NICK {irc.nick()}", "USER u 0 * :r", "PING a")
    assert "001" not in [line.verb for line in c.until("PONG")]
    c.send("CAP END")
    assert c.expect("001")


def test_req_alone_suspends_registration_too(irc):
    """IRCv3 capability-negotiation, CAP REQ: if a client requests a capability before registration, it is suspended."""
    c = irc.raw()
    c.send("CAP REQ :server-time", f"NICK {irc.nick()}", "USER u 0 * :r", "PING a")
    assert "001" not in [line.verb for line in c.until("PONG")]
    c.send("CAP END")
    assert c.expect("001")


def test_req_is_all_or_nothing(irc):
    """IRCv3 capability-negotiation, CAP NAK: the server MUST NOT make any change if it rejects one."""
    c = irc.client()
    c.send("CAP REQ :server-time no-such-thing")
    assert c.expect("CAP", None, "NAK").last == "server-time no-such-thing"
    c.send("CAP LIST")
    assert "server-time" not in c.expect("CAP", None, "LIST").last.split()


def test_req_with_a_minus_takes_it_off(irc):
    """IRCv3 capability-negotiation, CAP REQ: a dash disables."""
    c = irc.client(caps=("server-time",))
    c.send("CAP REQ :-server-time")
    assert c.expect("CAP", None, "ACK").last.strip() == "-server-time"
    c.send("CAP LIST")
    assert "server-time" not in c.expect("CAP", None, "LIST").last.split()


def test_list_has_what_is_on(irc):
    """IRCv3 capability-negotiation, CAP LIST: the capabilities that are enabled for the connection."""
    c = irc.client(caps=("server-time", "batch"))
    c.send("CAP LIST")
    on = set(c.expect("CAP", None, "LIST").last.split())
    assert {"server-time", "batch"} <= on
    assert on <= {"server-time", "batch", "cap-notify"}


def test_values_are_for_302_alone_and_names_never_have_them_in_req(irc):
    """IRCv3 capability-negotiation, CAP LS version: values MUST NOT be sent to clients that did not say 302."""
    c = irc.raw()
    assert not any(offered(c, "").values())
    d = irc.raw()
    values = offered(d)
    assert "PLAIN" in values["sasl"].split(",")
    assert re.fullmatch(r"max-bytes=\d+,max-lines=\d+", values["draft/multiline"])


def test_302_has_cap_notify_on(irc):
    """IRCv3 cap-notify: implicitly enabled by version 302, and then it MUST NOT be disabled."""
    c = irc.raw()
    offered(c)
    c.send("CAP REQ :-cap-notify")
    assert c.expect("CAP", None, "NAK")


def test_an_unknown_subcommand_is_410(irc):
    """IRCv3 capability-negotiation: ERR_INVALIDCAPCMD (410) with the subcommand."""
    c = irc.client()
    assert c.says("CAP FROB", "410")[-1].params[1] == "FROB"


def test_before_a_nick_replies_are_to_a_star(irc):
    """IRCv3 capability-negotiation: the client identifier is * when the nickname is not known."""
    c = irc.raw()
    c.send("CAP LS 302")
    assert c.expect("CAP").params[0] == "*"


def test_everything_that_is_offered_can_be_had(irc):
    """IRCv3 capability-negotiation: what is in LS can be requested (sts cannot: IRCv3 sts)."""
    c = irc.raw()
    for name in offered(c):
        if name == "sts":
            continue
        c.send(f"CAP REQ :{name}")
        assert c.expect("CAP").params[1] == "ACK", name


def test_what_issue_and_modern_clients_expect_is_offered(irc):
    """IRCv3: the specifications that are ratified, and drafts that modern clients use."""
    got = set(offered(irc.raw()))
    assert {"account-notify", "account-tag", "away-notify", "batch", "cap-notify", "chghost", "echo-message", "extended-join", "extended-monitor",
            "invite-notify", "labeled-response", "message-tags", "multi-prefix", "sasl", "server-time", "setname", "standard-replies",
            "userhost-in-names", "draft/chathistory", "draft/multiline", "draft/message-redaction", "draft/event-playback"} <= got


# message-tags, server-time, msgid, account-tag


def test_tags_come_only_to_those_who_asked(irc):
    """IRCv3 message-tags: a server MUST NOT send tags to clients that did not negotiate a capability for them."""
    a, plain, timed = irc.modern("ann"), irc.client("bob"), irc.client("cid", caps=("server-time",))
    room = irc.room(a, plain, timed)
    a.send(f"PRIVMSG {room} :hi")
    assert plain.expect("PRIVMSG").tags == {}
    assert set(timed.expect("PRIVMSG").tags) == {"time"}


def test_the_time_is_utc_with_milliseconds(irc):
    """IRCv3 server-time: YYYY-MM-DDThh:mm:ss.sssZ."""
    a, b = irc.client("ann"), irc.client("bob", caps=("server-time",))
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :hi")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", b.expect("PRIVMSG").tags["time"])


def test_a_message_has_one_id_for_everybody_and_never_twice(irc):
    """IRCv3 message-ids: each msgid is unique, and the same for all who get the message."""
    a, b, c = irc.modern("ann"), irc.modern("bob"), irc.modern("cid")
    room = irc.room(a, b, c)
    seen = []
    for i in range(5):
        a.send(f"PRIVMSG {room} :{i}")
        ids = {one.expect("PRIVMSG").tags["msgid"] for one in (a, b, c)}
        assert len(ids) == 1
        seen += ids
    assert len(set(seen)) == 5
    for one in seen:
        assert re.fullmatch(r"[^: ][^ ]*", one)


def test_the_account_is_a_tag_of_those_who_have_one(irc):
    """IRCv3 account-tag: MUST be the account's name, and MUST NOT be there for who has none."""
    a, guest, b = irc.signed("ann"), irc.client("gus"), irc.client("bob", caps=("account-tag",))
    room = irc.room(b, a, guest)
    a.send(f"PRIVMSG {room} :hi")
    assert b.expect("PRIVMSG").tags["account"] == a.nick
    guest.send(f"PRIVMSG {room} :hi")
    assert "account" not in b.expect("PRIVMSG", nick=guest.nick).tags


def test_tags_of_clients_without_a_plus_are_not_relayed(irc):
    """IRCv3 message-tags: the server MUST drop tags without the client prefix that it does not know."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(f"@time=2011-01-01T00:00:00.000Z;msgid=mine;account=root;evil=1 PRIVMSG {room} :hi")
    tags = b.expect("PRIVMSG").tags
    assert not tags["time"].startswith("2011") and tags["msgid"] != "mine" and "account" not in tags and "evil" not in tags


def test_tags_that_are_too_long_are_417(irc):
    """IRCv3 message-tags, Size limit: client tags MUST NOT be more than 4094 bytes; the server answers ERR_INPUTTOOLONG (417)."""
    a = irc.modern("ann")
    room = irc.room(a)
    a.send(f"@+x={'y' * 5000} PRIVMSG {room} :hi")
    assert a.expect("417")


def test_long_tags_within_the_limit_leave_room_for_the_message(irc):
    """IRCv3 message-tags, Size limit: 4096 bytes of tags beside 512 of message."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(f"@+x={'y' * 4000} PRIVMSG {room} :{'z' * 400}")
    assert b.expect("PRIVMSG").last == "z" * 400


@pytest.mark.parametrize("value", ["a\\:b", "a\\sb", "a\\\\b", "a\\rb\\n", "end\\", "\\q", "=", ""])
def test_escapes_of_tags_are_read_and_written(irc, value):
    """IRCv3 message-tags, Escaping values: the label comes back as the same value."""
    a = irc.modern("ann")
    a.send(f"@label=x{value} PING p")
    line = a.expect("PONG")
    assert line.tags["label"] == "x" + unescape(value)


def test_tagmsg_is_for_those_with_tags(irc):
    """IRCv3 message-tags, TAGMSG: MUST NOT be sent to clients without message-tags."""
    a, b, plain = irc.modern("ann"), irc.modern("bob"), irc.client("cid")
    room = irc.room(a, b, plain)
    a.send(f"@+typing=active TAGMSG {room}")
    line = b.expect("TAGMSG", room)
    assert line.nick == a.nick and line.tags["+typing"] == "active"
    assert not [line for line in plain.barrier(a, room) if line.verb == "TAGMSG"]


def test_typing_is_told_and_ends(irc):
    """IRCv3 typing (client tag): active, and done; it is not stored."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(f"@+typing=active TAGMSG {room}")
    assert b.expect("TAGMSG").tags["+typing"] == "active"
    a.send(f"@+typing=done TAGMSG {room}")
    assert b.expect("TAGMSG").tags["+typing"] == "done"
    assert not [line for line in b.ask(f"CHATHISTORY LATEST {room} * 10") if line.verb == "TAGMSG"]


# labeled-response, batch, echo-message


def test_one_line_of_answer_has_the_label(irc):
    """IRCv3 labeled-response: a single response MUST have the label tag."""
    c = irc.modern()
    c.send("@label=abc PING x")
    line = c.line()
    assert line.verb == "PONG" and line.tags["label"] == "abc"


def test_no_answer_is_an_ack(irc):
    """IRCv3 labeled-response: ACK when there is normally no response."""
    c = irc.modern()
    c.send("@label=abc PONG x")
    line = c.line()
    assert line.verb == "ACK" and line.tags["label"] == "abc" and line.source == "irc.test"


def test_several_lines_are_a_batch_with_the_label(irc):
    """IRCv3 labeled-response: several messages MUST be in a batch of type labeled-response; the tag is on its start alone."""
    c = irc.modern()
    c.send("@label=abc WHOIS " + c.nick)
    got = [c.line()]
    assert got[0].verb == "BATCH" and got[0].params[1] == "labeled-response" and got[0].tags["label"] == "abc"
    name = got[0].params[0][1:]
    while got[-1].params[0] != f"-{name}":
        got.append(c.line())
    for line in got[1:-1]:
        assert line.tags["batch"] == name and "label" not in line.tags
    assert [line.verb for line in got[1:-1]][0] == "311" and [line.verb for line in got[1:-1]][-1] == "318"


def test_errors_have_the_label(irc):
    """IRCv3 labeled-response: errors are responses."""
    c = irc.modern()
    for line, verb in (("FROB", "421"), ("JOIN", "461"), ("NICK", "431"), ("MODE nobody-here +i", "401"), ("PRIVMSG #nowhere :x", None)):
        got = c.ask(line)
        assert got and (verb is None or got[0].verb == verb), (line, got)


def test_a_join_is_one_batch_with_its_names(irc):
    """IRCv3 labeled-response: also what comes later, when the command is done, is in the response."""
    c = irc.modern()
    verbs = [line.verb for line in c.ask(f"JOIN {irc.channel()}")]
    assert verbs[0] == "JOIN" and verbs[-1] == "366"


def test_without_the_capability_labels_are_ignored(irc):
    """IRCv3 labeled-response: labels count only for clients that negotiated it."""
    c = irc.client(caps=("message-tags",))
    c.send("@label=abc PING x")
    assert "label" not in c.expect("PONG").tags


def test_long_labels_are_not_cut_into_others(irc):
    """IRCv3 labeled-response: labels are at most 64 bytes; a client's own is not changed."""
    c = irc.modern()
    c.send(f"@label={'l' * 64} PING x")
    assert c.expect("PONG").tags["label"] == "l" * 64


def test_an_echo_is_what_others_see_with_the_label(irc):
    """IRCv3 echo-message, labeled-response: the echo of a labelled message has the label, and the message's id and time."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    for verb in ("PRIVMSG", "NOTICE"):
        a.send(f"@label=me {verb} {room} :hi there")
        echo, seen = a.expect(verb), b.expect(verb)
        assert echo.tags.pop("label") == "me"
        assert (echo.source, echo.params, echo.tags) == (seen.source, seen.params, seen.tags)


def test_an_echo_of_a_query_is_to_the_other(irc):
    """IRCv3 echo-message: also of messages to a nick."""
    a, b = irc.modern("ann"), irc.modern("bob")
    echo = a.ask(f"PRIVMSG {b.nick} :psst")[0]
    assert echo.nick == a.nick and echo.params == [b.nick, "psst"]
    assert b.expect("PRIVMSG").params == [b.nick, "psst"]


def test_without_the_capability_there_is_no_echo(irc):
    """IRCv3 echo-message: only clients that negotiated it hear themselves."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :hi")
    b.expect("PRIVMSG")
    assert not [line for line in a.barrier(b, room) if line.verb == "PRIVMSG"]


def test_a_reaction_is_told_to_all_and_echoed(irc):
    """IRCv3 react (client tag): +draft/react with +draft/reply; echo-message holds for TAGMSG."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :cake?")
    id = b.expect("PRIVMSG").tags["msgid"]
    a.expect("PRIVMSG")
    b.send(f"@+draft/reply={id};+draft/react=\U0001f370 TAGMSG {room}")
    line = a.expect("TAGMSG", room)
    assert line.nick == b.nick and line.tags["+draft/react"] == "\U0001f370" and line.tags["+draft/reply"] == id
    assert b.expect("TAGMSG", room).tags["+draft/react"] == "\U0001f370"
    b.send(f"@+draft/reply={id};+draft/unreact=\U0001f370 TAGMSG {room}")
    assert a.expect("TAGMSG", room).tags["+draft/unreact"] == "\U0001f370"


def test_a_reply_names_what_it_answers(irc):
    """IRCv3 reply (client tag): +draft/reply is relayed with the message."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :who's there?")
    id = b.expect("PRIVMSG").tags["msgid"]
    b.send(f"@+draft/reply={id} PRIVMSG {room} :me")
    a.expect("PRIVMSG", nick=a.nick)
    assert a.expect("PRIVMSG", nick=b.nick).tags["+draft/reply"] == id


# extended-join, account-notify, away-notify, setname, chghost, invite-notify, multi-prefix, userhost-in-names


def test_extended_join_has_account_and_realname(irc):
    """IRCv3 extended-join: JOIN channel account :realname; * for no account. Also one's own JOIN."""
    b = irc.client("bob", caps=("extended-join",))
    room = irc.room(b)
    a = irc.client("ann", real="Ann of Cleves", caps=("extended-join",))
    assert a.join(room)[0].params == [room, "*", "Ann of Cleves"]
    assert b.expect("JOIN", nick=a.nick).params == [room, "*", "Ann of Cleves"]
    d = irc.signed("dan")
    d.join(room)
    assert b.expect("JOIN", nick=d.nick).params[1] == d.nick
    plain = irc.client()
    assert plain.join(room)[0].params == [room]


def test_away_is_told_to_those_who_asked(irc):
    """IRCv3 away-notify: AWAY :text when somebody in a common channel goes, AWAY when they come back."""
    a, b, plain = irc.client("ann"), irc.client("bob", caps=("away-notify",)), irc.client("cid")
    room = irc.room(a, b, plain)
    a.send("AWAY :at lunch")
    line = b.expect("AWAY")
    assert line.nick == a.nick and line.params == ["at lunch"]
    a.send("AWAY")
    assert b.expect("AWAY").params == []
    assert not [line for line in plain.barrier(b, room) if line.verb == "AWAY"]


def test_who_joins_away_is_told_to_be(irc):
    """IRCv3 away-notify: the server MUST send AWAY after the JOIN of a client that is away."""
    b = irc.client("bob", caps=("away-notify",))
    room = irc.room(b)
    a = irc.client("ann")
    a.send("AWAY :gone")
    a.expect("306")
    a.join(room)
    b.expect("JOIN", nick=a.nick)
    assert b.expect("AWAY", nick=a.nick).last == "gone"


def test_setname_is_told_to_oneself_and_others(irc):
    """IRCv3 setname: SETNAME :realname to the client and those in common channels with the capability."""
    a, b, plain = irc.modern("ann"), irc.modern("bob"), irc.client("cid")
    room = irc.room(a, b, plain)
    a.send("SETNAME :Anna Karenina")
    for c in (a, b):
        line = c.expect("SETNAME")
        assert line.nick == a.nick and line.last == "Anna Karenina"
    assert not [line for line in plain.barrier(b, room) if line.verb == "SETNAME"]
    assert b.ask(f"WHOIS {a.nick}")[0].last == "Anna Karenina"
    assert a.ask(f"SETNAME :{'x' * 200}")[0].params[:2] == ["SETNAME", "INVALID_REALNAME"]


def test_namelen_is_what_setname_takes(irc):
    """IRCv3 setname: NAMELEN MUST be told when setname is offered."""
    a = irc.modern("ann")
    tokens = " ".join(" ".join(line.params) for line in a.ask("VERSION"))
    most = int(re.search(r"NAMELEN=(\d+)", tokens)[1])
    assert a.ask(f"SETNAME :{'x' * most}")[0].last == "x" * most


def test_a_sign_in_is_told_to_those_who_asked(irc):
    """IRCv3 account-notify: ACCOUNT name to oneself and those in common channels, when somebody signs in."""
    a, b, plain = irc.modern("ann"), irc.client("bob", caps=("account-notify",)), irc.client("cid")
    room = irc.room(a, b, plain)
    name = irc.account("acc")
    a.send(f"NS IDENTIFY {name} {PASSWORD}")
    line = b.expect("ACCOUNT")
    assert line.params == [name] and line.nick in (a.nick, name)
    assert not [line for line in plain.barrier(b, room) if line.verb == "ACCOUNT"]


def test_invitations_are_told_to_those_who_may_invite(irc):
    """IRCv3 invite-notify: INVITE target channel to members with the capability, not to the target alone."""
    a, b, c = irc.modern("ann"), irc.modern("bob"), irc.client("cid")
    room = irc.room(a, b)
    a.send(f"INVITE {c.nick} {room}")
    assert b.expect("INVITE", c.nick, room).nick == a.nick


def test_all_prefixes_or_the_highest(irc):
    """IRCv3 multi-prefix: all prefixes of a member, highest first, in NAMES and WHO."""
    a, b = irc.client("ann", caps=("multi-prefix",)), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"MODE {room} +ov {b.nick} {b.nick}")
    b.expect("MODE", room, "+v")
    names = [line.last for line in a.says(f"NAMES {room}", "366") if line.verb == "353"]
    assert f"@+{b.nick}" in names[0].split()


def test_userhosts_are_in_names(irc):
    """IRCv3 userhost-in-names: prefix nick!user@host."""
    a = irc.client("ann", user="annie", caps=("userhost-in-names",))
    names = [line.last for line in a.join(irc.channel()) if line.verb == "353"]
    assert re.fullmatch(rf"~{re.escape(a.nick)}!annie@\S+", names[0])


def test_names_can_be_left_out(irc):
    """IRCv3 no-implicit-names (draft): JOIN brings no 353 and 366; NAMES does."""
    a = irc.client("ann", caps=("draft/no-implicit-names",))
    room = irc.channel()
    a.send(f"JOIN {room}")
    a.expect("JOIN")
    assert not [line for line in a.ping() if line.verb in ("353", "366")]
    assert a.says(f"NAMES {room}", "366")[0].verb == "353"


def test_isupport_is_had_before_registration(irc):
    """IRCv3 extended-isupport (draft): the ISUPPORT command, before registration is complete."""
    c = irc.raw()
    c.send("CAP LS 302", "CAP REQ :draft/extended-isupport batch")
    c.expect("CAP", None, "ACK")
    c.send("ISUPPORT")
    assert "CHANTYPES=#" in c.expect("005").params


# Standard replies


def test_standard_replies_are_fail_command_code(irc):
    """IRCv3 standard-replies: FAIL <command> <code> [<context>] :<description>; a notice for those who did not ask for them."""
    a, plain = irc.modern("ann"), irc.client("bob")
    line = a.ask("CHATHISTORY LATEST #nowhere * 10")[0]
    assert line.verb == "FAIL" and line.params[0] == "CHATHISTORY" and line.params[1] == "INVALID_TARGET" and "#nowhere" in line.params
    plain.send("CHATHISTORY LATEST #nowhere * 10")
    assert "INVALID_TARGET" in plain.expect("NOTICE").last


# STS


def test_sts_tells_the_port_in_the_clear(start):
    """IRCv3 sts: port on insecure connections; MUST NOT be requested; not for clients without 302."""
    server = irc_client.IrcServer(start(**irc_client.options(irc="sts_port = 6697;")))
    c = server.raw()
    assert offered(c)["sts"] == "port=6697"
    c.send("CAP REQ :sts")
    assert c.expect("CAP", None, "NAK")
    assert "sts" not in offered(server.raw(), "")
    server.leave()


def test_the_usual_capabilities_together(irc):
    """IRCv3: a client with all of them registers, joins and talks."""
    a = irc.modern("ann", "draft/multiline", "draft/event-playback", "extended-monitor", "userhost-in-names", "draft/extended-isupport")
    assert a.join(irc.channel()) and CAPS
