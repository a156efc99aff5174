"""Modern IRC and IRCv3: what is said, to channels and to people; messages of several lines, reactions, redaction."""
import pytest


def test_a_message_reaches_everybody_in_the_channel_but_the_sender(irc):
    """Modern IRC, PRIVMSG message: to a channel: its members, with nick!user@host as the source."""
    a, b, c = irc.client("ann", user="annie"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"PRIVMSG {room} :hello there")
    for one in (b, c):
        line = one.expect("PRIVMSG", room)
        assert line.last == "hello there" and line.source.startswith(f"{a.nick}!annie@")


def test_a_query_reaches_one_person(irc):
    """Modern IRC, PRIVMSG message: to a nick: that client, with its nick as the target."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"PRIVMSG {b.nick} :psst")
    line = b.expect("PRIVMSG")
    assert line.params == [b.nick, "psst"] and line.nick == a.nick
    assert not [line for line in c.barrier(a, room) if line.verb == "PRIVMSG"]


def test_a_query_to_the_nick_in_another_case(irc):
    """Modern IRC, CASEMAPPING: nicks are compared by it."""
    a, b = irc.client("ann"), irc.client("bob")
    a.send(f"PRIVMSG {b.nick.upper()} :psst")
    assert b.expect("PRIVMSG").last == "psst"


def test_messages_without_whom_or_what_are_refused(irc):
    """Modern IRC, PRIVMSG message: ERR_NORECIPIENT (411), ERR_NOTEXTTOSEND (412), ERR_NOSUCHNICK (401)."""
    a = irc.client("ann")
    assert a.says("PRIVMSG", "411")
    assert a.says(f"PRIVMSG {a.nick}", "412")
    assert a.says(f"PRIVMSG {a.nick} :", "412")
    nobody = irc.nick("none")
    assert a.says(f"PRIVMSG {nobody} :hi", "401")[-1].params[1] == nobody


def test_a_notice_is_never_answered(irc):
    """Modern IRC, NOTICE message: the server MUST NOT reply to it, not even with errors."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    for line in ("NOTICE", "NOTICE nobody-here :hi", "NOTICE #nowhere :hi", f"NOTICE {room}", f"NOTICE {b.nick} :\1PING 1\1"):
        a.send(line)
    assert [line for line in a.barrier(b, room) if line.verb not in ("PRIVMSG",)] == []
    a.send(f"NOTICE {room} :to all", f"NOTICE {b.nick} :to you")
    assert b.expect("NOTICE", room).last == "to all"
    assert b.expect("NOTICE", b.nick).last == "to you"


def test_an_action_is_an_action(irc):
    """CTCP, ACTION: \\1ACTION text\\1 is shown as such, in channels and queries."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    for target in (room, b.nick):
        a.send(f"PRIVMSG {target} :\1ACTION bakes a cake\1")
        assert b.expect("PRIVMSG", target).last == "\1ACTION bakes a cake\1"


def test_several_targets_get_one_each_and_too_many_are_refused(irc):
    """Modern IRC, PRIVMSG message and TARGMAX: comma-separated targets; ERR_TOOMANYTARGETS (407)."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room},{c.nick} :both")
    assert b.expect("PRIVMSG", room).last == c.expect("PRIVMSG", c.nick).last == "both"
    assert a.says(f"PRIVMSG {','.join([b.nick] * 5)} :x", "407")


def test_who_is_away_is_said_to_be_when_spoken_to(irc):
    """Modern IRC, AWAY message: RPL_AWAY (301) to who sends a message to the nick, and not for a notice."""
    a, b = irc.client("ann"), irc.client("bob")
    b.send("AWAY :at lunch")
    b.expect("306")
    a.send(f"PRIVMSG {b.nick} :hi")
    line = a.expect("301")
    assert line.params[1:] == [b.nick, "at lunch"]
    a.send(f"NOTICE {b.nick} :hi")
    b.expect("NOTICE")
    assert "301" not in [line.verb for line in a.ping()]
    b.send("AWAY")
    assert b.expect("305")


def test_controls_and_colours_pass(irc):
    """Modern IRC, formatting: bold, colours and the like are text to the server."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    text = "\x02bold\x02 \x0304,01red\x0f \x1ditalic\x1d \x1funder\x1f"
    a.send(f"PRIVMSG {room} :{text}")
    assert b.expect("PRIVMSG").last == text


def test_order_is_the_same_for_everyone(irc):
    """Modern IRC, Message order: all members see the messages of a channel in the same order."""
    people = [irc.modern("p") for _ in range(4)]
    room = irc.room(*people)
    for i in range(5):
        for c in people:
            c.send(f"PRIVMSG {room} :{c.nick} {i}")
    orders = [[c.expect("PRIVMSG").tags["msgid"] for _ in range(20)] for c in people]
    assert all(order == orders[0] for order in orders)
    assert orders[0] == sorted(orders[0])


def test_a_query_is_heard_on_every_connection_of_the_account(irc):
    """One person, many connections: each hears what is said to it, and what it says itself on another."""
    account = irc.account("two")
    phone, desk = irc.modern(account, exact=True, account=account), irc.modern(account, exact=True, account=account)
    other = irc.modern("bob")
    other.send(f"PRIVMSG {account} :hi both")
    assert phone.expect("PRIVMSG").last == desk.expect("PRIVMSG").last == "hi both"
    phone.send(f"PRIVMSG {other.nick} :from the phone")
    assert other.expect("PRIVMSG", other.nick).last == "from the phone"
    line = desk.expect("PRIVMSG", other.nick)
    assert line.last == "from the phone" and line.nick == account
    assert phone.expect("PRIVMSG", other.nick).last == "from the phone"


def test_a_query_is_no_channel(irc):
    """Queries are kept as rooms are, but nobody is in them: JOIN 0, WHOIS, LIST and a second connection know nothing of them."""
    account = irc.account("ann")
    a, b = irc.signed(account=account), irc.client("bob")
    a.send(f"PRIVMSG {b.nick} :hi")
    b.expect("PRIVMSG")
    b.send(f"PRIVMSG {account} :hi yourself")
    a.expect("PRIVMSG")
    again = irc.signed(account=account)
    assert {line.verb for line in again.ping()} <= {"900"}
    a.ping()
    a.send("JOIN 0")
    assert a.ping() == []
    assert "319" not in [line.verb for line in a.says(f"WHOIS {account}", "318")]
    assert "319" not in [line.verb for line in b.says(f"WHOIS {account}", "318")]
    assert not [line for line in b.says("LIST", "323") if line.verb == "322" and "@" in line.params[1]]


# Several lines


def test_lines_of_a_browser_are_lines_or_a_batch(irc):
    """IRCv3 multiline (draft): a batch draft/multiline for who knows it, and one line each for others, the id on the first."""
    ws, new, old = irc.browser(), irc.modern("new", "draft/multiline"), irc.modern("old")
    room = irc.room(new, old)
    ws.call("chat.join", room=room[1:])
    ws.call("chat.say", room=room[1:], text="one\ntwo\n\nfour")
    start = new.expect("BATCH", None, "draft/multiline", room)
    assert "msgid" in start.tags
    lines = [new.line() for _ in range(4)]
    assert [line.last for line in lines] == ["one", "two", "", "four"]
    assert {line.tags["batch"] for line in lines} == {start.params[0][1:]}
    assert "msgid" not in lines[0].tags
    assert new.line().params == [f"-{start.params[0][1:]}"]
    lines = [old.expect("PRIVMSG", room) for _ in range(3)]
    assert [line.last for line in lines] == ["one", "two", "four"]
    assert lines[0].tags["msgid"] == start.tags["msgid"] and "msgid" not in lines[1].tags


def test_a_batch_of_a_client_is_one_message(irc):
    """IRCv3 multiline (draft): lines joined by line ends, or without for draft/multiline-concat; one message with one id."""
    a, b, ws = irc.modern("ann", "draft/multiline"), irc.modern("bob", "draft/multiline"), irc.browser()
    room = irc.room(a, b)
    ws.call("chat.join", room=room[1:])
    a.send(f"@label=m BATCH +1 draft/multiline {room}", f"@batch=1 PRIVMSG {room} :one", f"@batch=1 PRIVMSG {room} :two",
           f"@batch=1;draft/multiline-concat PRIVMSG {room} : and more", "BATCH -1")
    assert ws.notification("chat.message")["text"] == "one\ntwo and more"
    start = b.expect("BATCH", None, "draft/multiline")
    assert [b.line().last for _ in range(2)] == ["one", "two and more"]
    echo = a.expect("BATCH", None)
    assert echo.tags.get("label") == "m"
    assert start.tags["msgid"]


@pytest.mark.parametrize("lines, code", [
    (["BATCH +1 draft/multiline {room}", *["@batch=1 PRIVMSG {room} :x"] * 21, "BATCH -1"], "MULTILINE_MAX_LINES"),
    (["BATCH +1 draft/multiline {room}", *["@batch=1 PRIVMSG {room} :" + "x" * 400] * 11, "BATCH -1"], "MULTILINE_MAX_BYTES"),
    (["BATCH +1 draft/multiline {room}", "@batch=1 PRIVMSG #other :x", "BATCH -1"], "MULTILINE_INVALID_TARGET"),
    (["BATCH +1 draft/multiline {room}", "BATCH -1"], "MULTILINE_INVALID"),
])
def test_batches_that_cannot_be(irc, lines, code):
    """IRCv3 multiline (draft), Errors: FAIL BATCH MULTILINE_…; nothing of the batch is sent."""
    a, b = irc.modern("ann", "draft/multiline"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(*[line.format(room=room) for line in lines])
    assert a.expect("FAIL", "BATCH", code)
    assert not [line for line in b.barrier(a, room) if line.verb == "PRIVMSG"]


# Redaction


def test_a_message_is_taken_back(irc):
    """IRCv3 message-redaction (draft): REDACT target msgid [:reason] to those with the capability, oneself included."""
    a, b, plain = irc.modern("ann"), irc.modern("bob"), irc.client("cid")
    room = irc.room(a, b, plain)
    a.send(f"PRIVMSG {room} :oops")
    id = b.expect("PRIVMSG").tags["msgid"]
    a.expect("PRIVMSG")
    a.send(f"REDACT {room} {id} :wrong window")
    for c in (a, b):
        line = c.expect("REDACT", room, id)
        assert line.nick == a.nick and line.last == "wrong window"
    assert not [line for line in plain.barrier(b, room) if line.verb == "REDACT"]
    assert not [line for line in b.ask(f"CHATHISTORY LATEST {room} * 50") if line.last == "oops"]


def test_what_cannot_be_taken_back(irc):
    """IRCv3 message-redaction (draft), Errors: UNKNOWN_MSGID, REDACT_FORBIDDEN, INVALID_TARGET."""
    a, b, c = irc.modern("ann"), irc.modern("bob"), irc.modern("cid")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :mine")
    id = b.expect("PRIVMSG").tags["msgid"]
    a.expect("PRIVMSG")
    assert b.ask(f"REDACT {room} {id}")[0].params[:3] == ["REDACT", "REDACT_FORBIDDEN", room]
    assert a.ask(f"REDACT {room} 0123456789abcdef")[0].params[:3] == ["REDACT", "UNKNOWN_MSGID", room]
    assert c.ask(f"REDACT {room} {id}")[0].params[:2] == ["REDACT", "INVALID_TARGET"]
    assert c.ask(f"REDACT #nowhere {id}")[0].params[:2] == ["REDACT", "INVALID_TARGET"]


def test_moderators_take_back_what_others_said(irc):
    """IRCv3 message-redaction (draft): channel operators may redact the messages of others."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    b.send(f"PRIVMSG {room} :spam")
    id = a.expect("PRIVMSG").tags["msgid"]
    a.send(f"REDACT {room} {id} :no spam")
    assert b.expect("REDACT", room, id).nick == a.nick


def test_an_edit_is_told(irc):
    """Rooms: an edit of a browser is a message that names the one it replaces."""
    ws, a = irc.browser(), irc.modern("ann")
    room = irc.room(a)
    ws.call("chat.join", room=room[1:])
    id = ws.call("chat.say", room=room[1:], text="teh")["id"]
    a.expect("PRIVMSG")
    ws.call("chat.edit", room=room[1:], id=id, text="the")
    line = a.expect("PRIVMSG", room)
    assert "the" in line.last and line.tags["+draft/reply"] == id and line.nick == ws.name


# Services


def test_ctcp_is_not_passed_on(irc):
    """CTCP: other requests than ACTION are refused, with an error to the sender of a PRIVMSG."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {b.nick} :\1VERSION\1")
    assert a.expect("531", None, b.nick) or True
    a.send(f"PRIVMSG {room} :\1VERSION\1")
    assert a.expect("404", None, room)
    assert not [line for line in b.barrier(a, room) if line.verb == "PRIVMSG"]
