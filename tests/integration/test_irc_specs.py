"""What the IRCv3 specifications ask of a server, specification by specification, as far as the other files do not show it already.
docs/irc-conformance.md says which test shows what."""
import re
import sqlite3
import ssl
import subprocess
import time

import irc_client
import pytest
from conftest import Whiply, free_ports
from irc_client import PASSWORD
from test_irc_accounts import begin, plain
from wire import until

TLS = """, {{ name = "tls"; address = "127.0.0.1:{port}"; protocol = "line"; dialect = "irc";
  tls = {{ certificates = ( {{ certificate = "{dir}/cert.pem"; key = "{dir}/key.pem"; }} ); }}; }}"""
IRC_OPTIONS = {"plugins": "profile = { };", "irc": 'relaymsg = true; icon = "https://irc.test/icon.png?a=b c";'}


def tokens(lines):
    return dict(token.partition("=")[::2] for line in lines if line.verb == "005" for token in line.params[1:-1])


def numbered(a, room, n):
    """Says so much in a room, and returns ids and times."""
    said = [a.ask(f"PRIVMSG {room} :message {i}")[0] for i in range(n)]
    return [line.tags["msgid"] for line in said], [line.tags["time"] for line in said]


# Capability negotiation


def test_end_after_registration_ends_nothing(irc):
    """capability-negotiation, CAP END: the server MUST ignore it after registration."""
    account = irc.account("ann")
    c = irc.client(caps=("sasl",))
    c.send("AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    c.send("CAP END", f"AUTHENTICATE {plain(account)}")
    assert c.expect("903")


def test_older_clients_are_told_on_one_line_without_values(irc):
    """capability-negotiation, Multiline replies, CAP LS Version: only for 302 may there be several lines, or values."""
    c = irc.raw()
    c.send("CAP LS", "PING end")
    lines = [line for line in c.until("PONG") if line.verb == "CAP"]
    assert len(lines) == 1 and len(lines[0].params) == 3 and "=" not in lines[0].last and len(lines[0].text.encode()) <= 510
    assert "sasl" in lines[0].last.split()


def test_newer_clients_are_told_that_more_lines_follow(irc):
    """capability-negotiation, Multiline replies: all but the last have a parameter of a star."""
    c = irc.raw()
    c.send("CAP LS 302", "PING end")
    lines = [line for line in c.until("PONG") if line.verb == "CAP"]
    assert [line.params[2] == "*" for line in lines] == [True] * (len(lines) - 1) + [False]
    assert all(len(line.text.encode()) <= 510 for line in lines)


def test_a_higher_version_is_remembered(irc):
    """capability-negotiation, CAP LS Version: the highest counts, whatever is asked for later; an unknown one is as the highest known."""
    c = irc.raw()
    c.send("CAP LS 307", "CAP LS 301", "CAP REQ :-cap-notify", "PING end")
    lines = [line for line in c.until("PONG") if line.verb == "CAP"]
    assert lines[-1].params[1] == "NAK"


def test_cap_notify_may_be_given_up_by_who_asked_for_it_alone(irc):
    """capability-negotiation, cap-notify: servers MUST allow clients that did not ask for 302 to disable it."""
    c = irc.client(caps=())
    c.send("CAP REQ :cap-notify", "CAP REQ :-cap-notify")
    assert c.expect("CAP", None, "ACK").last == "cap-notify"
    assert c.expect("CAP", None, "ACK").last == "-cap-notify"


def test_nothing_enabled_is_an_empty_list(irc):
    """capability-negotiation, CAP LIST: an empty parameter."""
    c = irc.client()
    c.send("CAP LIST")
    assert c.expect("CAP", None, "LIST").params[2:] == [""]


def test_what_is_not_enabled_may_be_disabled(irc):
    """capability-negotiation, CAP REQ: the server MUST go on as though it was enabled."""
    c = irc.client()
    c.send("CAP REQ :-server-time")
    assert c.expect("CAP", None, "ACK").last == "-server-time"


# message-tags


def test_of_a_tag_that_comes_twice_the_last_counts(irc):
    """message-tags, Format: implementations SHOULD disregard all but the final occurrence."""
    a = irc.modern("ann")
    a.send("@label=one;label=two PING x")
    assert a.expect("PONG").tags["label"] == "two"


def test_keys_of_tags_have_their_case(irc):
    """message-tags, Format: MUST treat tag key names as case-sensitive opaque identifiers."""
    a = irc.modern("ann")
    a.send("@LABEL=one PING x")
    assert "label" not in a.expect("PONG").tags


def test_unknown_keys_of_tags_are_no_error(irc):
    """message-tags, Format: MUST NOT reject a message for a key."""
    a = irc.modern("ann")
    a.send("@§=1;a/b.c=2;=3;+;;x PING x")
    assert a.expect("PONG")


def test_tags_of_clients_that_are_not_passed_on_are_named(irc):
    """message-tags, RPL_ISUPPORT Tokens: CLIENTTAGDENY says which client-only tags are blocked; the star is first."""
    a = irc.modern("ann")
    b = irc.modern("bob")
    room = irc.room(a, b)
    deny = tokens(a.ask("VERSION"))["CLIENTTAGDENY"].split(",")
    assert deny[0] == "*" and {"-typing", "-reply", "-draft/react", "-channel-context"} <= set(deny)
    a.send(f"@+example/thing=1 PRIVMSG {room} :hello")
    assert not any(key.startswith("+example") for key in b.expect("PRIVMSG", room).tags)


def test_tags_of_the_server_stand_before_those_of_clients(irc):
    """message-tags, Client-only tags: server-sent tags MUST be before client-only ones."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    ids, _ = numbered(a, room, 1)
    b.expect("PRIVMSG")
    a.send(f"@+reply={ids[0]} PRIVMSG {room} :yes", f"@+draft/react=x;+draft/reply={ids[0]} TAGMSG {room}")
    for verb in ("PRIVMSG", "TAGMSG"):
        keys = [tag.partition("=")[0] for tag in b.expect(verb, room).text[1:].split(" ")[0].split(";")]
        client = [key.startswith("+") for key in keys]
        assert any(client) and client == sorted(client), keys


def test_tagmsg_reaches_a_nick_and_several_targets(irc):
    """message-tags, TAGMSG: delivered to targets in the same way as PRIVMSG."""
    a, b, old = irc.modern("ann"), irc.modern("bob"), irc.client("old")
    room = irc.room(a, b, old)
    assert [line.verb for line in a.ask(f"@+typing=done TAGMSG {b.nick}")] != ["401"]
    a.send(f"PRIVMSG {b.nick} :hello")
    b.expect("PRIVMSG", b.nick)
    a.send(f"@+typing=active TAGMSG {b.nick}")
    got = b.expect("TAGMSG", b.nick)
    assert got.nick == a.nick and got.tags["+typing"] == "active"
    a.send(f"@+typing=done TAGMSG {room},{b.nick}")
    assert {b.expect("TAGMSG").params[0], b.expect("TAGMSG").params[0]} == {room, b.nick}
    assert a.expect("TAGMSG", room).nick == a.nick
    assert "TAGMSG" not in [line.verb for line in old.barrier(a, room)]


def test_tagmsg_to_nobody_is_an_error_as_of_privmsg(irc):
    """message-tags, TAGMSG: the errors are those of PRIVMSG."""
    a = irc.modern("ann")
    assert a.ask("@+typing=active TAGMSG nobodyhere")[0].verb == "401"
    assert a.ask("@+typing=active TAGMSG #nowhere-at-all")[0].verb in ("403", "404")


# message-ids


def test_history_has_the_ids_that_messages_had(irc):
    """message-ids: a message that is sent again SHOULD have its id; chathistory: it MUST. None begins with a colon or has a blank."""
    a = irc.modern("ann")
    room = irc.room(a)
    ids, times = numbered(a, room, 3)
    got = [line for line in a.ask(f"CHATHISTORY LATEST {room} * 10") if line.verb == "PRIVMSG"]
    assert [line.tags["msgid"] for line in got] == ids and [line.tags["time"] for line in got] == times
    assert all(re.fullmatch(r"[^: ][^ \r\n]*", one) for one in ids)


# labeled-response, batch


def test_labels_need_batches(irc):
    """labeled-response, Dependencies: batch MUST be negotiated; the order does not matter."""
    c = irc.client(caps=("labeled-response", "message-tags"))
    c.send("@label=x PING y")
    assert "label" not in c.expect("PONG").tags
    c.send("CAP REQ :batch", "@label=x PING y")
    assert c.expect("PONG").tags["label"] == "x"


def test_an_answer_that_is_a_batch_has_the_label_on_its_beginning(irc):
    """labeled-response, Tags: exactly one message has the label; a batch's beginning, of labeled-response or of a type that fits the whole."""
    a = irc.modern("ann")
    room = irc.room(a)
    numbered(a, room, 2)
    a.send(f"@label=history CHATHISTORY LATEST {room} * 5", f"@label=names NAMES {room}", "@label=motd MOTD")
    lines = []
    while not {"history", "names", "motd"} <= {line.tags.get("label") for line in lines}:
        lines.append(a.line())
    for label in ("history", "names"):
        having = [line for line in lines if line.tags.get("label") == label]
        assert len(having) == 1 and having[0].verb == "BATCH" and having[0].params[0][0] == "+"
    assert [line.params[1] for line in lines if line.tags.get("label") == "history"] == ["chathistory"]


def test_batches_are_ended_and_are_named_by_letters_and_digits(irc):
    """batch: every batch MUST be ended; references are of ASCII letters, digits and hyphens; the ends of a nested one name the outer."""
    a = irc.modern("ann", "draft/multiline", "draft/read-marker", "draft/extended-isupport")
    room = irc.channel()
    a.send(f"@label=one JOIN {room}", "@label=two VERSION", f"@label=three CHATHISTORY LATEST {room} * 5", "@label=four WHOIS " + a.nick)
    lines, begun, ended = [], {}, {}
    while not {"one", "two", "three", "four"} <= {line.tags.get("label") for line in lines} or begun.keys() != ended.keys():
        lines.append(a.line())
        if lines[-1].verb == "BATCH":
            (begun if lines[-1].params[0][0] == "+" else ended)[lines[-1].params[0][1:]] = lines[-1]
    assert len(begun) >= 5 and all(re.fullmatch(r"[A-Za-z0-9-]+", name) for name in begun)
    assert all(begun[name].tags.get("batch") == ended[name].tags.get("batch") for name in begun)
    for line in lines:
        if "batch" in line.tags:
            at = lines.index(line)
            assert lines.index(begun[line.tags["batch"]]) < at < lines.index(ended[line.tags["batch"]])


# multiline and batches of clients


def test_an_echo_of_several_lines_has_the_label_on_its_batch_alone(irc):
    """multiline, Labeled response: only the opening BATCH has the label."""
    a = irc.modern("ann", "draft/multiline")
    room = irc.room(a)
    a.send(f"@label=many BATCH +m draft/multiline {room}", f"@batch=m PRIVMSG {room} :one", f"@batch=m PRIVMSG {room} :two", "BATCH -m")
    first = a.expect("BATCH")
    assert first.params[1:] == ["draft/multiline", room] and first.tags["label"] == "many" and "msgid" in first.tags
    lines = a.until("BATCH")
    assert [line.last for line in lines[:-1]] == ["one", "two"] and not any("label" in line.tags for line in lines)


def test_who_knows_no_batches_of_lines_gets_them_singly_without_blank_ones(irc):
    """multiline, Fallback: no multiline BATCH, no blank lines, and the id on the first line alone."""
    a, plain_one = irc.modern("ann", "draft/multiline"), irc.client("old", caps=("message-tags",))
    room = irc.room(a, plain_one)
    a.send(f"BATCH +m draft/multiline {room}", f"@batch=m PRIVMSG {room} :one", f"@batch=m PRIVMSG {room} :", f"@batch=m PRIVMSG {room} :three", "BATCH -m")
    got = [line for line in plain_one.barrier(a, room) if line.verb in ("PRIVMSG", "BATCH")]
    assert [line.last for line in got] == ["one", "three"] and [("msgid" in line.tags) for line in got] == [True, False]


@pytest.mark.parametrize("lines, code, context", [
    ([f"@batch=m PRIVMSG ROOM :{'x' * 300}"] * 15, "MULTILINE_MAX_BYTES", ["4000"]),
    (["@batch=m PRIVMSG ROOM :x"] * 21, "MULTILINE_MAX_LINES", ["20"]),
    (["@batch=m PRIVMSG ROOM :x", "@batch=m PRIVMSG #other :x"], "MULTILINE_INVALID_TARGET", ["ROOM", "#other"]),
    (["@batch=m PRIVMSG ROOM :x", "@batch=m NOTICE ROOM :x"], "MULTILINE_INVALID", []),
    (["@batch=m PRIVMSG ROOM :x", "@batch=m;draft/multiline-concat PRIVMSG ROOM :"], "MULTILINE_INVALID", []),
    (["@batch=m PRIVMSG ROOM :", "@batch=m PRIVMSG ROOM :"], "MULTILINE_INVALID", []),
])
def test_batches_of_lines_fail_by_their_codes(irc, lines, code, context):
    """multiline, Errors: FAIL BATCH with the code and its parameters; nothing is delivered."""
    a = irc.modern("ann", "draft/multiline")
    room = irc.room(a)
    a.send(f"BATCH +m draft/multiline {room}", *[line.replace("ROOM", room) for line in lines], "BATCH -m")
    failed = a.expect("FAIL", "BATCH", code)
    assert failed.params[2:-1] == [room if word == "ROOM" else word for word in context]
    assert not [line for line in a.ping() if line.verb in ("PRIVMSG", "NOTICE", "FAIL")]


def test_a_batch_of_an_unknown_kind_and_all_in_it_is_ignored(irc):
    """client-batch, Errors: UNKNOWN_TYPE reference type, INVALID_REFTAG reference; what belongs to the batch is ignored."""
    a, b = irc.modern("ann", "draft/multiline"), irc.modern("bob")
    room = irc.room(a, b)
    a.send(f"BATCH +m example/thing {room}", f"@batch=m PRIVMSG {room} :lost", "BATCH -m")
    assert a.expect("FAIL", "BATCH", "UNKNOWN_TYPE").params[2:-1] == ["m", "example/thing"]
    a.send(f"BATCH +a_b draft/multiline {room}")
    assert a.expect("FAIL", "BATCH", "INVALID_REFTAG").params[2:-1] == ["a_b"]
    assert not [line for line in b.barrier(a, room) if line.verb == "PRIVMSG"]


# chathistory


def test_the_batch_names_the_target_as_it_is_written_here(irc):
    """chathistory, CHATHISTORY Command: the batch's parameter is the canonical name of the target."""
    a = irc.modern("ann")
    room = irc.room(a)
    numbered(a, room, 1)
    assert a.ask(f"CHATHISTORY LATEST {room.upper()} * 5")[0].params[1:] == ["chathistory", room]


def test_targets_are_channels_too(irc):
    """chathistory, TARGETS: channels and nicks whose latest message is between the times."""
    a, b = irc.modern("ann"), irc.modern("bob")
    busy, quiet = irc.room(a, b), irc.channel("quiet")
    a.join(quiet)
    numbered(a, busy, 2)
    ask = "CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10"
    assert [line.params[1] for line in a.ask(ask) if line.verb == "CHATHISTORY"] == [busy]
    a.ask(f"PRIVMSG {b.nick} :psst")
    assert [line.params[1] for line in a.ask(ask) if line.verb == "CHATHISTORY"] == [busy, b.nick]
    late = "CHATHISTORY TARGETS timestamp=2099-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10"
    assert not [line for line in a.ask(late) if line.verb == "CHATHISTORY"]


# read-marker


def test_the_mark_comes_with_join_before_the_end_of_names(irc):
    """read-marker, Command flows: after JOIN and before RPL_ENDOFNAMES; a star when nothing was read."""
    a = irc.modern("ann", "draft/read-marker")
    room = irc.channel()
    verbs = [line.verb for line in a.ask(f"JOIN {room}")]
    assert verbs.index("JOIN") < verbs.index("MARKREAD") < verbs.index("366")
    _, times = numbered(a, room, 2)
    a.ask(f"MARKREAD {room} timestamp={times[1]}")
    a.ask(f"PART {room}")
    b = irc.modern("bob", "draft/read-marker", "no-implicit-names")
    other = irc.channel()
    b.send(f"JOIN {other}")
    b.expect("JOIN", other)
    assert b.expect("MARKREAD", other).params[1] == "*"


def test_marks_are_set_read_and_never_go_back(irc):
    """read-marker, set and get command: the answer is the mark as it is; an older one is ignored."""
    a = irc.modern("ann", "draft/read-marker")
    room = irc.room(a)
    _, times = numbered(a, room, 3)
    assert a.ask(f"MARKREAD {room}")[0].params == [room, "*"]
    assert a.ask(f"MARKREAD {room} timestamp={times[2]}")[0].params == [room, f"timestamp={times[2]}"]
    assert a.ask(f"MARKREAD {room} timestamp={times[0]}")[0].params == [room, f"timestamp={times[2]}"]
    assert a.ask(f"MARKREAD {room}")[0].params == [room, f"timestamp={times[2]}"]


def test_a_mark_is_told_to_ones_other_clients_and_to_nobody_else(irc):
    """read-marker, Command flows and Description: all clients of the user are told; it MUST NOT be disclosed to others."""
    account = irc.account("ann")
    caps = irc_client.CAPS + ("draft/read-marker",)
    phone, desk = (irc.signed(account=account, caps=caps) for _ in range(2))
    other = irc.modern("bob", "draft/read-marker")
    room = irc.channel()
    phone.join(room)
    desk.join(room)
    other.join(room)
    _, times = numbered(phone, room, 1)
    phone.ask(f"MARKREAD {room} timestamp={times[0]}")
    assert desk.expect("MARKREAD", room).params[1] == f"timestamp={times[0]}" or desk.expect("MARKREAD", room, f"timestamp={times[0]}")
    assert not [line for line in other.barrier(phone, room) if line.verb == "MARKREAD" and line.params[1] != "*"]


@pytest.mark.parametrize("line, code", [
    ("MARKREAD", "NEED_MORE_PARAMS"), ("MARKREAD #x *", "INVALID_PARAMS"), ("MARKREAD #x timestamp=today", "INVALID_PARAMS"),
    ("MARKREAD #nowhere-at-all timestamp=2026-01-01T00:00:00.000Z", "INTERNAL_ERROR"),
])
def test_marks_fail_by_their_codes(irc, line, code):
    """read-marker, Errors and Warnings."""
    a = irc.modern("ann", "draft/read-marker")
    assert a.ask(line)[0].params[:2] == ["MARKREAD", code]


# Modern IRC: the order of things


def test_who_says_something_and_goes_is_heard_before(irc):
    """Modern IRC, Messages: lines of one client take effect in the order in which it sent them."""
    b = irc.modern("bob")
    room = irc.channel()
    b.join(room)
    for last in ("PART", "QUIT"):
        a = irc.client("ann")
        a.join(room)
        a.send(*[f"PRIVMSG {room} :word {i}" for i in range(10)], f"PART {room} :bye" if last == "PART" else "QUIT :bye")
        got = [(line.verb, line.last) for line in b.until(last) if line.nick == a.nick and line.verb != "JOIN"]
        assert [verb for verb, _ in got] == ["PRIVMSG"] * 10 + [last]
        assert [text for _, text in got][:-1] == [f"word {i}" for i in range(10)]


# message-redaction


def test_what_was_taken_back_is_not_in_history_and_is_told_to_those_who_asked(irc):
    """message-redaction, Command and Chat history: REDACT MUST NOT go to others; history excludes the message, or has the REDACT."""
    a, b, old = irc.modern("ann"), irc.modern("bob"), irc.client("old", caps=("message-tags",))
    room = irc.room(a, b, old)
    ids, _ = numbered(a, room, 2)
    assert a.ask(f"REDACT {room} {ids[0]} :oops")[0].params == [room, ids[0], "oops"]
    assert b.expect("REDACT", room, ids[0]).nick == a.nick
    assert "REDACT" not in [line.verb for line in old.barrier(a, room)]
    got = [line.tags["msgid"] for line in b.ask(f"CHATHISTORY LATEST {room} * 10") if line.verb == "PRIVMSG"]
    assert ids[0] not in got and ids[1] in got


# account-tag, bot


def test_everything_somebody_does_has_the_account_as_a_tag(irc):
    """account-tag: MUST be added to all commands sent by a user who is signed in, and MUST NOT to those of others."""
    watcher = irc.client("eve", caps=("account-tag", "message-tags", "echo-message", "away-notify", "setname", "extended-join", "invite-notify", "account-notify"))
    room = irc.channel()
    watcher.join(room)
    a = irc.signed("ann", caps=("message-tags", "setname"))
    b = irc.client("bob", caps=("message-tags",))
    other = irc.client("cid")
    a.join(room)
    watcher.send(f"MODE {room} +o {a.nick}")
    a.expect("MODE", room)
    b.join(room)
    a.send(f"TOPIC {room} :words", f"MODE {room} +v {b.nick}", f"INVITE {other.nick} {room}", "AWAY :tea", "SETNAME :Another", f"PRIVMSG {room} :hello",
           f"@+typing=active TAGMSG {room}", f"KICK {room} {b.nick} :out", f"PART {room} :bye", f"JOIN {room}", "QUIT :gone")
    seen = {}
    while "QUIT" not in seen:
        line = watcher.line()
        if line.nick == a.nick:
            seen.setdefault(line.verb, set()).add(line.tags.get("account"))
    assert set(seen) >= {"JOIN", "TOPIC", "MODE", "INVITE", "AWAY", "SETNAME", "PRIVMSG", "TAGMSG", "KICK", "PART", "QUIT"}
    assert {verb: tags for verb, tags in seen.items() if tags != {a.nick}} == {}
    assert "account" not in b.expect("KICK").tags


def test_what_a_bot_does_is_tagged_so(irc):
    """bot-mode: the tag `bot` without a value on commands of a bot, for message-tags alone; 335; the flag of WHO; ISUPPORT BOT."""
    a, b, old = irc.modern("ann"), irc.modern("bob"), irc.client("old", caps=("server-time",))
    room = irc.room(a, b, old)
    letter = tokens(a.ask("VERSION"))["BOT"]
    a.send(f"MODE {a.nick} +{letter}")
    a.expect("MODE", a.nick)
    a.send(f"PRIVMSG {room} :beep", f"TOPIC {room} :beep", f"PART {room}")
    for verb in ("PRIVMSG", "TOPIC", "PART"):
        assert b.expect(verb, room).tags.get("bot") == "", verb
    assert "bot" not in old.expect("PRIVMSG", room).tags
    assert "335" in [line.verb for line in b.ask(f"WHOIS {a.nick}")]
    assert letter in b.ask(f"WHO {a.nick}")[0].params[6]


# setname, chghost, away-notify, account-registration


def test_setname_is_silent_without_the_capability_and_fails_by_its_code(irc):
    """setname, Description and Errors: silent for who did not ask; INVALID_REALNAME for what is too long."""
    c = irc.client("old")
    c.send("SETNAME :Other Name")
    assert not [line for line in c.ping() if line.verb == "SETNAME"]
    a = irc.modern("ann")
    assert a.ask(f"SETNAME :{'x' * 200}")[0].params[:2] == ["SETNAME", "INVALID_REALNAME"]


def test_a_host_that_changes_is_told(irc):
    """chghost: when user or host change, to those who share a channel, and to oneself, with the old source."""
    account = irc.account("ann")
    a, b, old = irc.modern("guest", "sasl"), irc.modern("bob"), irc.client("old")
    room = irc.room(a, b, old)
    a.send("AUTHENTICATE PLAIN")
    a.expect("AUTHENTICATE")
    a.send(f"AUTHENTICATE {plain(account)}")
    got = b.expect("CHGHOST")
    assert got.source.endswith(".guest") and got.params[1].endswith(".account")
    assert b.expect("NICK", account).source.endswith(f"@{got.params[1]}")
    assert a.expect("CHGHOST").params == got.params
    a.send(f"PRIVMSG {room} :hello")
    assert b.expect("PRIVMSG", room).source == f"{account}!{got.params[0]}@{got.params[1]}"
    assert "CHGHOST" not in [line.verb for line in old.barrier(a, room)]


def test_ones_own_away_is_told_by_numerics_alone(irc):
    """away-notify: clients SHOULD NOT be sent AWAY of themselves."""
    a, b = irc.modern("ann"), irc.modern("bob")
    irc.room(a, b)
    a.send("AWAY :tea")
    assert a.expect("306") and b.expect("AWAY", nick=a.nick).last == "tea"
    assert "AWAY" not in [line.verb for line in a.ping()]


def test_registering_an_account_fails_by_its_codes(irc):
    """account-registration, Responses: NEED_NICK, ACCOUNT_EXISTS, BAD_ACCOUNT_NAME, WEAK_PASSWORD, ALREADY_AUTHENTICATED; no COMPLETE_CONNECTION_REQUIRED."""
    taken = irc.account("taken")
    c = begin(irc, "standard-replies", "batch", "draft/account-registration")
    c.send(f"REGISTER * * {PASSWORD}")
    assert c.expect("FAIL", "REGISTER", "NEED_NICK").params[2] == "*"
    c.send(f"NICK {irc.nick()}", f"REGISTER {taken} * {PASSWORD}")
    assert c.expect("FAIL", "REGISTER", "ACCOUNT_EXISTS").params[2] == taken
    c.send(f"REGISTER a!b * {PASSWORD}")
    assert c.expect("FAIL", "REGISTER", "BAD_ACCOUNT_NAME")
    c.send(f"REGISTER {irc.nick('weak')} * x")
    assert c.expect("FAIL", "REGISTER", "WEAK_PASSWORD")
    a = irc.signed("ann", caps=("standard-replies",))
    a.send(f"REGISTER * * {PASSWORD}")
    assert a.expect("FAIL", "REGISTER", "ALREADY_AUTHENTICATED").params[2] == "*"


def test_the_capability_says_what_registering_needs(irc):
    """account-registration, Capability: before-connect and custom-account-name."""
    from test_irc_caps import offered
    assert offered(irc.raw())["draft/account-registration"].split(",") == ["before-connect", "custom-account-name"]


# monitor, whox


def test_a_nick_is_on_the_monitor_list_once(irc):
    """monitor, MONITOR +: targets that are there MUST NOT be added again; what is no nick is left out."""
    a = irc.modern("ann")
    a.send("MONITOR + somebody,Somebody,no!nick", "MONITOR L")
    assert a.expect("732").last.split(",") == ["somebody"]
    assert a.until("733")[-1].verb == "733" and "732" not in [line.verb for line in a.skipped[-3:]]


def test_whox_has_the_token_and_exactly_the_fields(irc):
    """whox: fields in the order of the specification, none that were not asked for, unknown ones ignored, no 352; the token as it was given."""
    a = irc.modern("ann")
    got = a.ask(f"WHO {a.nick} %Zantu,42")
    assert [line.verb for line in got] == ["354", "315"]
    assert got[0].params[1:] == ["42", "user", a.nick, "0"]


# utf8-only, websocket, webirc, sts


def test_what_is_no_utf8_is_refused_by_the_command_that_it_was(irc):
    """utf8-only: FAIL command INVALID_UTF8, and nothing is relayed."""
    a = irc.modern("ann")
    room = irc.room(a)
    a.send_bytes(b"PRIVMSG " + room.encode() + b" :caf\xe9")
    assert a.expect("FAIL", "PRIVMSG", "INVALID_UTF8")
    a.send_bytes(b"@+x=1 topic " + room.encode() + b" :caf\xe9")
    assert a.expect("FAIL", "TOPIC", "INVALID_UTF8")
    a.send_bytes(b"\xff\xff x")
    assert a.expect("FAIL", "*", "INVALID_UTF8")


@pytest.mark.parametrize("asked", ["text.ircv3.net", "binary.ircv3.net"])
def test_both_subprotocols_are_spoken(irc, asked):
    """websocket: both MUST be supported; each message is one line without its end."""
    c = irc.raw(web=asked)
    c.register(irc.nick())
    assert c.ping() == []


def test_the_first_subprotocol_that_a_client_names_is_taken(irc):
    """websocket: in the client's order of preference."""
    from wire import WebSocket
    for first, second in (("text", "binary"), ("binary", "text")):
        with WebSocket(irc.whiply.http, protocols=f"{first}.ircv3.net, {second}.ircv3.net", greet=False) as ws:
            assert f"{first}.ircv3.net" in str(ws.answer.headers)


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    """A server with TLS, for which this machine is a gateway; (server, port, context)."""
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=irc.example",
                    "-addext", "subjectAltName=DNS:irc.example", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    port = free_ports(8)[-1]
    whiply = Whiply(**irc_client.options(irc='sts_port = 6697; webirc = ( { password = "gatewaysecret"; from = "127.0.0.1"; } );',
                                         listeners=TLS.format(port=port, dir=folder)))
    yield irc_client.IrcServer(whiply), port, ssl.create_default_context(cafile=str(folder / "cert.pem"))
    whiply.stop()


@pytest.mark.parametrize("tls, options, secure", [
    (True, "", False), (True, " :remote-port=9 local-port=7", False), (True, " :remote-port=9 secure=whatever", True), (True, " secure", True),
    (False, " secure", False),
])
def test_behind_a_gateway_a_client_is_secure_if_both_ways_are(gateway, tls, options, secure):
    """webirc, Options: secure only if the flag is sent and the gateway has TLS; options may have values."""
    server, port, context = gateway
    c = irc_client.Irc(port, tls=context, server_name="irc.example") if tls else server.raw()
    server.clients.append(c)
    c.send(f"WEBIRC gatewaysecret gate host 192.0.2.7{options}", "CAP LS 302", "PING end")
    words = " ".join(line.last for line in c.until("PONG") if line.verb == "CAP").split()
    assert ("sts=duration=2592000" in words) == secure and ("sts=port=6697" in words) != secure
    c.send("CAP END")
    c.register(server.nick("ann"))
    assert ("671" in [line.verb for line in c.says(f"WHOIS {c.nick}", "318")]) == secure
    server.leave()


def test_nobody_asks_for_sts(gateway):
    """sts: the capability can't be requested; and older clients are not told of it."""
    server, _, _ = gateway
    c = server.raw()
    c.send("CAP LS", "CAP REQ :sts")
    assert "sts" not in c.expect("CAP", None, "LS").last
    assert c.expect("CAP", None, "NAK")
    server.leave()


# typing, reply, react, channel-context


def test_a_reply_is_known_by_both_of_its_names(irc):
    """reply: +reply=msgid; clients of the draft say and hear +draft/reply."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    ids, _ = numbered(a, room, 1)
    for key in ("+reply", "+draft/reply"):
        a.send(f"@{key}={ids[0]} PRIVMSG {room} :{key}")
        while (got := b.expect("PRIVMSG", room)).last != key:
            pass
        assert got.tags["+reply"] == got.tags["+draft/reply"] == ids[0]


def test_reactions_come_to_queries_and_channels(irc):
    """react: +draft/react and +draft/unreact with +reply, to whom a PRIVMSG would go; without a message that is meant there is none."""
    a, b = irc.modern("ann"), irc.modern("bob")
    a.send(f"PRIVMSG {b.nick} :psst")
    said = b.expect("PRIVMSG", b.nick)
    for key in ("+draft/react", "+draft/unreact"):
        b.send(f"@{key}=x;+reply={said.tags['msgid']} TAGMSG {a.nick}")
        got = a.expect("TAGMSG", a.nick)
        assert got.tags[key] == "x" and got.tags["+draft/reply"] == said.tags["msgid"]
    assert b.ask(f"@+draft/react=x TAGMSG {a.nick}") == []


def test_a_query_may_name_its_channel(irc):
    """channel-context: +channel-context on PRIVMSG and NOTICE to a user, also when read again."""
    a, b = irc.modern("ann"), irc.modern("bob")
    room = irc.room(a, b)
    for key in ("+channel-context", "+draft/channel-context"):
        for verb in ("PRIVMSG", "NOTICE"):
            a.send(f"@{key}={room} {verb} {b.nick} :help")
            got = b.expect(verb, b.nick)
            assert got.tags["+channel-context"] == got.tags["+draft/channel-context"] == room
    assert {line.tags.get("+channel-context") for line in b.ask(f"CHATHISTORY LATEST {a.nick} * 10") if line.verb in ("PRIVMSG", "NOTICE")} == {room}
    a.send(f"@+channel-context=nochannel PRIVMSG {b.nick} :help")
    assert "+channel-context" not in b.expect("PRIVMSG", b.nick).tags


# relaymsg


def test_a_bridge_says_what_was_said_elsewhere(irc):
    """relaymsg: RELAYMSG channel name/network :text, from that name, with a tag of who passed it on; also when read again."""
    bridge, b, old = irc.signed("bridge", caps=irc_client.CAPS + ("draft/relaymsg",)), irc.modern("bob", "draft/relaymsg"), irc.client("old")
    irc.whiply.command("auth.grant", bridge.nick, "admin")
    room = irc.room(bridge, b, old)
    said = bridge.ask(f"RELAYMSG {room} dan/elsewhere :hello there")[0]
    assert said.verb == "PRIVMSG" and said.nick == "dan/elsewhere" and said.tags["draft/relaymsg"] == bridge.nick
    got = b.expect("PRIVMSG", room)
    assert (got.nick, got.last, got.tags["draft/relaymsg"], got.tags["msgid"]) == ("dan/elsewhere", "hello there", bridge.nick, said.tags["msgid"])
    assert "account" not in got.tags and old.expect("PRIVMSG", room).nick == "dan/elsewhere"
    assert [line.nick for line in b.ask(f"CHATHISTORY LATEST {room} * 5") if line.verb == "PRIVMSG"] == ["dan/elsewhere"]


def test_what_cannot_be_passed_on(irc):
    """relaymsg: PRIVS_NEEDED without the permission, INVALID_NICK for a name that has no separator or could be another's."""
    bridge, b = irc.signed("bridge", caps=irc_client.CAPS + ("draft/relaymsg",)), irc.modern("bob", "draft/relaymsg")
    irc.whiply.command("auth.grant", bridge.nick, "admin")
    room = irc.room(bridge, b)
    for name in ("dan", "/elsewhere", "dan/", "d!an/elsewhere", "@dan/elsewhere"):
        assert bridge.ask(f"RELAYMSG {room} {name} :hello")[0].params[:2] == ["RELAYMSG", "INVALID_NICK"], name
    assert b.ask(f"RELAYMSG {room} dan/elsewhere :hello")[0].params[:2] == ["RELAYMSG", "PRIVS_NEEDED"]


# no-implicit-names, extended-isupport, network-icon, pre-away


@pytest.mark.parametrize("name", ["no-implicit-names", "draft/no-implicit-names"])
def test_names_come_only_when_asked_for(irc, name):
    """no-implicit-names: no NAMES with JOIN; explicit ones as usual."""
    c = irc.modern("ann", name)
    room = irc.channel()
    assert [line.verb for line in c.ask(f"JOIN {room}")] == ["JOIN"]
    assert [line.verb for line in c.ask(f"NAMES {room}")] == ["353", "366"]


def test_isupport_is_always_in_its_batch(irc):
    """extended-isupport: with batch, every 005 is within a draft/isupport batch, also before registration and in the welcome; nothing else is in it."""
    c = irc.raw()
    c.send("CAP LS 302", "CAP REQ :batch draft/extended-isupport", "ISUPPORT", f"NICK {irc.nick()}", "USER u 0 * :r", "CAP END")
    lines = c.until("422", "376")
    c.send("VERSION")
    lines += c.ping()
    kinds = {line.params[0][1:]: line.params[1] for line in lines if line.verb == "BATCH" and line.params[0][0] == "+"}
    within = [line for line in lines if line.verb == "005"]
    assert list(kinds.values()) == ["draft/isupport"] * 3 and len(within) >= 6
    assert all(line.tags.get("batch") in kinds for line in within)
    assert {line.verb for line in lines if "batch" in line.tags} == {"005"}
    before = lines[:[line.verb for line in lines].index("001")]
    assert "005" in [line.verb for line in before] and all(line.params[0] == "*" for line in before if line.verb == "005")


def test_without_batches_isupport_is_plain(irc):
    """extended-isupport: the batch needs both capabilities."""
    for caps in ("draft/extended-isupport", "batch"):
        c = irc.client(caps=(caps,))
        c.send("ISUPPORT")
        assert {line.verb for line in c.ping()} == {"005"}


def test_the_network_has_an_icon(irc):
    """network-icon: draft/ICON is a URL; blanks and the like are escaped as ISUPPORT does."""
    assert tokens(irc.modern("ann").ask("VERSION"))["draft/ICON"] == "https://irc.test/icon.png?a\\x3Db\\x20c"


def test_absence_of_nobody_before_registration(irc):
    """pre-away: AWAY before registration; AWAY * says that the connection is as if it was not there."""
    account = irc.account("ann")
    phone = irc.raw()
    phone.send("CAP LS 302", "CAP REQ :draft/pre-away", "AWAY *")
    assert phone.expect("306")
    phone.send(f"PASS {account}:{PASSWORD}", f"NICK {account}", "USER u 0 * :r", "CAP END")
    phone.expect("001")
    other = irc.modern("bob")
    assert other.ask(f"PRIVMSG {account} :hello")[0].verb == "301"
    desk = irc.signed(account=account)
    assert [line.verb for line in other.ask(f"PRIVMSG {account} :hello")] == ["PRIVMSG"]
    desk.send("AWAY :tea")
    desk.expect("306")
    assert other.ask(f"PRIVMSG {account} :hello")[0].last == "tea"


# Modern IRC


def test_isupport_tokens_are_in_capitals_and_no_line_has_one_twice(irc):
    """Modern IRC, RPL_ISUPPORT: parameters are upper case, but for those of drafts; none is twice in a line."""
    for line in [line for line in irc.modern("ann").ask("VERSION") if line.verb == "005"]:
        names = [token.partition("=")[0] for token in line.params[1:-1]]
        assert len(names) == len(set(names)) and all(name.removeprefix("draft/").isupper() for name in names), names


def test_help_repeats_the_subject(irc):
    """Modern IRC, HELP: the subject is the one that was asked for, without its case, or a star."""
    a = irc.modern("ann")
    assert {line.params[1].lower() for line in a.ask("HELP privmsg")} == {"privmsg"}
    assert {line.params[1] for line in a.ask("HELP")} == {"*"}
    assert a.ask("HELP :a b")[0].params[1] == "*"


def test_answers_repeat_what_was_asked_for(irc):
    """Modern IRC, RPL_ENDOFWHOIS, RPL_ENDOFWHO: nick and mask as they were sent."""
    a = irc.modern("ann")
    assert a.ask(f"WHOIS {a.nick.upper()}")[-1].params[1] == a.nick.upper()
    assert a.ask(f"WHO {a.nick.upper()}")[-1].params[1] == a.nick.upper()


def test_only_oneself_and_operators_see_where_one_comes_from(irc):
    """Modern IRC, RPL_WHOISACTUALLY, RPL_WHOISHOST: not for others."""
    a, b = irc.modern("ann"), irc.modern("bob")
    assert {"338", "378"} <= {line.verb for line in a.ask(f"WHOIS {a.nick}")}
    assert not {"338", "378"} & {line.verb for line in b.ask(f"WHOIS {a.nick}")}


def test_a_list_is_whole_however_long_it_is(start):
    """Modern IRC, SAFELIST: LIST is not cut off, and nobody is closed for it; labeled-response: all of it is one batch."""
    options = irc_client.options()
    options["more"] += 'rates = ( { command = "chat.join"; rate = "10000/s burst 10000"; }, { command = "chat.rooms"; rate = "20/s burst 2"; } );'
    server = irc_client.IrcServer(start(**options))
    a = server.modern("ann")
    for i in range(450):
        if i % 90 == 0:
            c = server.client("many")
        c.send(f"JOIN #list{i:03}")
    c.ping()
    until(lambda: int([line for line in a.ask("LUSERS") if line.verb == "254"][0].params[1]) == 450, 30, "all channels to be there")
    got = a.ask("LIST")
    assert got[0].verb == "321" and got[-1].verb == "323"
    assert sorted(line.params[1] for line in got if line.verb == "322") == [f"#list{i:03}" for i in range(450)]
    assert [line.params[1] for line in a.ask("LIST #list44*") if line.verb == "322"] == [f"#list{i}" for i in range(440, 450)]
    server.leave()


# channel-rename


def test_a_channel_gets_another_name_and_all_of_it_stays(irc):
    """channel-rename, Messages: RENAME old new :reason to those who know it; members, modes, topic and log stay."""
    a, b = irc.modern("ann", "draft/channel-rename"), irc.modern("bob", "draft/channel-rename")
    web = irc.browser("web")
    room, new = irc.room(a, b), irc.channel("other")
    web.call("chat.join", room=room)
    a.ask(f"TOPIC {room} :words")
    a.ask(f"MODE {room} +m")
    ids, _ = numbered(a, room, 2)
    got = a.ask(f"RENAME {room} {new} :better")
    assert got[0].verb == "RENAME" and got[0].params == [room, new, "better"] and got[0].nick == a.nick
    assert b.expect("RENAME", room).params == [room, new, "better"]
    told = web.notification("chat.moved")
    assert (told["room"], told["to"], told["reason"]) == (room[1:], new[1:], "better")
    assert {nick.lstrip("~@") for line in b.ask(f"NAMES {new}") if line.verb == "353" for nick in line.last.split()} == {a.nick, b.nick, web.name}
    assert "m" in b.ask(f"MODE {new}")[0].params[2] and b.ask(f"TOPIC {new}")[0].last == "words"
    assert [line.tags["msgid"] for line in b.ask(f"CHATHISTORY LATEST {new} * 10") if line.verb == "PRIVMSG"] == ids
    a.send(f"PRIVMSG {new} :hello")
    assert b.expect("PRIVMSG", new).last == "hello"
    assert web.take(lambda m: m.get("method") == "chat.message" and m["params"]["text"] == "hello", "it")["params"]["room"] == new[1:]
    assert b.ask(f"PRIVMSG {room} :still there?")[0].verb in ("403", "404")
    old = irc.whiply.kill("hub")
    irc.whiply.hub_back(old)

    def names():
        return {nick.lstrip("~@") for line in b.ask(f"NAMES {new}") if line.verb == "353" for nick in line.last.split()}

    until(lambda: names() == {a.nick, b.nick, web.name}, 20, "the room to be read again")


def test_who_does_not_know_renames_leaves_and_enters(irc):
    """channel-rename, Fallback: PART with the reason, JOIN, topic, names; nothing when only the case changes."""
    a, old = irc.modern("ann", "draft/channel-rename"), irc.client("old")
    room, new = irc.room(a, old), irc.channel("other")
    a.ask(f"TOPIC {room} :words")
    a.ask(f"RENAME {room} {new} :better")
    assert old.expect("PART", room).params == [room, "better"] and old.expect("JOIN", new).nick == old.nick
    assert old.expect("332", None, new).last == "words" and old.expect("366", None, new)
    fresh, changed = irc.room(a, old, name="case"), None
    changed = fresh.replace("case", "CASE")
    assert a.ask(f"RENAME {fresh} {changed}")[0].params == [fresh, changed, ""]
    assert not [line for line in old.barrier(a, changed) if line.verb in ("PART", "JOIN")]


def test_a_registered_channel_keeps_its_roles_and_what_it_says_of_itself(irc):
    """channel-rename, Introduction: access lists and the like are kept."""
    a, b = irc.signed("ann", caps=irc_client.CAPS + ("draft/channel-rename",)), irc.signed("bob")
    room, new = irc.room(a, b), irc.channel("other")
    a.ask(f"CS REGISTER {room}")
    a.ask(f"MODE {room} +o {b.nick}")
    a.ask(f"METADATA {room} SET url :https://c.example")
    a.ask(f"RENAME {room} {new}")
    assert {"~" + a.nick, "@" + b.nick} <= {nick for line in a.ask(f"NAMES {new}") if line.verb == "353" for nick in line.last.split()}
    assert [line.last for line in a.ask(f"METADATA {new} GET url") if line.verb == "761"] == ["https://c.example"]
    for c in (a, b):
        c.send("QUIT")
        c.ended()
    again = irc.signed(account=a.nick)
    assert "~" + a.nick in again.join(new)[-2].last.split()


def test_renames_that_cannot_be(irc):
    """channel-rename, Errors: CHANNEL_NAME_IN_USE, CANNOT_RENAME (also twice within a minute), and 482, 442, 403, 461."""
    a, b = irc.modern("ann", "draft/channel-rename"), irc.modern("bob", "draft/channel-rename")
    room, there, new = irc.room(a, b), irc.room(b), irc.channel("other")
    assert b.ask(f"RENAME {room} {new}")[0].verb == "482"
    assert a.ask(f"RENAME {there} {new}")[0].verb == "442" and a.ask(f"RENAME #nowhere-at-all {new}")[0].verb == "403" and a.ask(f"RENAME {room}")[0].verb == "461"
    assert a.ask(f"RENAME {room} {there}")[0].params[:4] == ["RENAME", "CHANNEL_NAME_IN_USE", room, there]
    assert a.ask(f"RENAME {room} %local")[0].params[1] == "CANNOT_RENAME"
    assert a.ask(f"RENAME {room} {new}")[0].verb == "RENAME"
    assert a.ask(f"RENAME {new} {room}")[0].params[1] == "CANNOT_RENAME"


def test_who_comes_by_the_old_name_is_told_of_the_new_one(irc):
    """channel-rename, Channel redirection and Fallback: FAIL JOIN CHANNEL_RENAMED old new; 470 and the new channel for those who don't know renames."""
    a, knows, old = irc.modern("ann", "draft/channel-rename"), irc.modern("bob", "draft/channel-rename"), irc.modern("old")
    room, new = irc.room(a), irc.channel("other")
    a.ask(f"RENAME {room} {new}")
    got, = knows.ask(f"JOIN {room}")
    assert got.verb == "FAIL" and got.params[:4] == ["JOIN", "CHANNEL_RENAMED", room, new]
    assert knows.ask(f"JOIN {new}")[0].params[0] == new
    old.send(f"JOIN {room}")
    assert old.expect("470").params[1:3] == [room, new]
    assert old.expect("JOIN", new).nick == old.nick and old.expect("366", None, new)
    assert irc.browser().call("chat.join", room=room[1:])["room"] == new[1:]
    # Nobody makes another of that name meanwhile; and who is not to be found is not told of.
    assert a.ask(f"RENAME {irc.room(a)} {room}")[0].params[1] == "CHANNEL_NAME_IN_USE"
    a.ask(f"MODE {new} +i")
    assert irc.modern("cid", "draft/channel-rename").ask(f"JOIN {room}")[0].verb == "JOIN"


def test_a_rename_that_a_hub_did_not_survive_is_done_by_the_next(irc):
    """channel-rename, Introduction: membership is preserved, also when the hub dies behind the write: people end up in the renamed channel, and are told."""
    a, old = irc.modern("ann", "draft/channel-rename"), irc.client("old")
    web = irc.browser("web")
    room, new = irc.room(a, old), irc.channel("other")
    web.call("chat.join", room=room[1:])
    a.ask(f"MODE {room} +m")
    database = irc.whiply.state / "plugins" / "sqlite" / "whiply.db"
    with sqlite3.connect(database, timeout=20) as db:
        db.execute("INSERT INTO chat_moved (key, name, room, time, told, who, who_name, reason) SELECT key, name, id, ?, 0, 'x', ?, 'late' FROM chat_room WHERE key = ?",
                   (int(time.time() * 1000), a.nick, room[1:]))
        db.execute("UPDATE chat_room SET key = ?, name = ? WHERE key = ?", (new[1:], new[1:], room[1:]))
    db.close()
    was = irc.whiply.kill("hub")
    irc.whiply.hub_back(was)
    assert a.expect("RENAME", room).params == [room, new, "late"]
    assert old.expect("PART", room).last == "late" and old.expect("JOIN", new).nick == old.nick and old.expect("366", None, new)
    told = web.notification("chat.moved")
    assert (told["room"], told["to"]) == (room[1:], new[1:])
    assert {nick.lstrip("~@") for line in a.ask(f"NAMES {new}") if line.verb == "353" for nick in line.last.split()} == {a.nick, old.nick, web.name}
    assert "m" in a.ask(f"MODE {new}")[0].params[2]
    a.send(f"PRIVMSG {new} :here we are")
    assert old.expect("PRIVMSG", new).last == "here we are"
    assert web.take(lambda m: m.get("method") == "chat.message" and m["params"]["text"] == "here we are", "it")["params"]["room"] == new[1:]


# metadata


def meta(irc, name="nick", *caps, **more):
    return irc.modern(name, "draft/metadata-2", *caps, **more)


def test_what_one_says_of_oneself_is_set_read_listed_and_taken_away(irc):
    """metadata, SET, GET, LIST: 761 and 766; values in a batch `metadata` with the target; a key that is not set can't be removed."""
    a, b = meta(irc, "ann"), meta(irc, "bob")
    assert a.ask("METADATA * SET display-name :Ann of the Hill")[0].params == [a.nick, a.nick, "display-name", "*", "Ann of the Hill"]
    assert a.ask("METADATA * SET pronouns :she/her")[0].verb == "761"
    got = b.ask(f"METADATA {a.nick} GET display-name nothing pro!nouns")
    assert got[0].params[1:] == ["metadata", a.nick] and [line.verb for line in got[1:-1]] == ["761", "766", "FAIL"]
    assert got[3].params[1:3] == ["KEY_INVALID", "pro!nouns"]
    assert [line.params[2] for line in b.ask(f"METADATA {a.nick} LIST") if line.verb == "761"] == ["display-name", "pronouns"]
    assert a.ask("METADATA * SET pronouns")[0].params[:3] == [a.nick, a.nick, "pronouns"]
    assert a.ask("METADATA * SET pronouns")[0].params[1:4] == ["KEY_NOT_SET", a.nick, "pronouns"]
    assert [line.verb for line in b.ask(f"METADATA {a.nick} LIST")] == ["BATCH", "761", "BATCH"]


def test_metadata_fails_by_its_codes(irc):
    """metadata, Standard Replies: INVALID_TARGET, KEY_INVALID, VALUE_INVALID, SUBCOMMAND_INVALID, KEY_NO_PERMISSION, LIMIT_REACHED."""
    a, b = meta(irc, "ann"), meta(irc, "bob")
    room = irc.room(a, b)
    for line, code in (("METADATA nobodyhere LIST", "INVALID_TARGET"), ("METADATA #nowhere LIST", "INVALID_TARGET"), ("METADATA * SET KEY :x", "KEY_INVALID"),
                       (f"METADATA * SET key :{'x' * 300}", "VALUE_INVALID"), ("METADATA * FROB", "SUBCOMMAND_INVALID"),
                       (f"METADATA {b.nick} SET key :x", "KEY_NO_PERMISSION"), (f"METADATA {room} SET url :x", "KEY_NO_PERMISSION"),
                       (f"METADATA {b.nick} CLEAR", "KEY_NO_PERMISSION")):
        assert a.ask(line)[0].params[:2] == ["METADATA", code], line
    answers = [a.ask(f"METADATA * SET key{i} :x")[0] for i in range(21)]
    assert [line.verb for line in answers[:20]] == ["761"] * 20
    assert answers[20].params[1:3] == ["LIMIT_REACHED", a.nick]


def test_metadata_goes_before_registration(irc):
    """metadata, before-connect: who says so in the capability takes METADATA of oneself before registration, and shows it in the welcome."""
    c = irc.raw()
    c.send("CAP LS 302")
    offered = ""
    while not offered.endswith("|"):
        line = c.expect("CAP", None, "LS")
        offered += line.last + (" " if line.params[2] == "*" else "|")
    assert re.search(r"draft/metadata-2=before-connect,max-subs=\d+", offered), offered
    c.send("CAP REQ :draft/metadata-2 batch standard-replies", "METADATA * SUB avatar", "METADATA * SET avatar :https://a.example/x", "METADATA * GET avatar",
           "METADATA somebody LIST", "METADATA #room LIST")
    assert c.expect("770").params[1:] == ["avatar"]
    assert c.expect("761").params[1:] == ["*", "avatar", "*", "https://a.example/x"]
    assert c.expect("761").last == "https://a.example/x"
    for _ in range(2):
        assert c.expect("FAIL", "METADATA", "INVALID_TARGET")
    nick = irc.nick("ann")
    c.send(f"NICK {nick}", "USER u 0 * :r", "CAP END")
    assert c.expect("METADATA", nick).params[1:] == ["avatar", "*", "https://a.example/x"]
    c.nick = nick
    c.expect("422")
    c.send("METADATA * SUBS")
    assert c.expect("772").params[1:] == ["avatar"]


def test_all_of_it_is_taken_back_at_once(irc):
    """metadata, CLEAR: a batch with each key that was cleared."""
    a = meta(irc, "ann")
    for key in ("one", "two"):
        a.ask(f"METADATA * SET {key} :x")
    assert sorted(line.params[2] for line in a.ask("METADATA * CLEAR") if line.verb == "761") == ["one", "two"]
    assert [line.verb for line in a.ask("METADATA * LIST")] == ["BATCH", "BATCH"]


def test_keys_are_subscribed_to_and_no_more(irc):
    """metadata, SUB, UNSUB, SUBS: 770, 771, 772 in a batch; a key is there once; invalid ones are told, and too many."""
    a = meta(irc, "ann")
    got = a.ask("METADATA * SUB avatar $bad avatar website")
    assert [line.verb for line in got] == ["FAIL", "770"] and set(got[1].params[1:]) == {"avatar", "website"}
    got = a.ask("METADATA * SUBS")
    assert got[0].params[1:] == ["metadata-subs"] and got[1].params[1:] == ["avatar", "website"]
    assert a.ask("METADATA * UNSUB avatar never")[0].params[1:] == ["avatar", "never"]
    assert a.ask("METADATA * SUBS")[1].params[1:] == ["website"]
    got = a.ask("METADATA * SUB " + " ".join(f"k{i}" for i in range(11)))
    assert got[0].params[:3] == ["METADATA", "TOO_MANY_SUBS", "k9"] and got[1].params[1:] == [f"k{i}" for i in range(9)]
    assert [line.verb for line in meta(irc, "cid").ask("METADATA * SUBS")] == ["BATCH", "BATCH"]


def test_changes_are_told_to_those_who_subscribed(irc):
    """metadata, Notifications: to those who share a channel or monitor, for keys they subscribed to; not to who made the change."""
    a, b, far, none = meta(irc, "ann"), meta(irc, "bob"), meta(irc, "far"), irc.modern("old")
    room = irc.room(a, b, none)
    for c in (a, b):
        c.ask("METADATA * SUB status")
    far.ask("METADATA * SUB status")
    far.ask(f"MONITOR + {a.nick}")
    a.ask("METADATA * SET status :out for tea")
    a.ask("METADATA * SET other :unseen")
    for c in (b, far):
        got = c.expect("METADATA", a.nick)
        assert got.nick == a.nick and got.params[1:] == ["status", "*", "out for tea"]
    a.ask("METADATA * SET status")
    assert b.expect("METADATA", a.nick).params[1:] == ["status", "*"]
    assert not [line for line in a.ping() if line.verb == "METADATA"]
    assert not [line for line in b.barrier(a, room) + none.barrier(a, room) if line.verb == "METADATA"]


def test_who_enters_subscribes_or_syncs_is_told_what_there_is(irc):
    """metadata, Notifications, SYNC, SUB: on joining, on subscribing, on monitoring, and by SYNC, what there is of the keys."""
    a, b = meta(irc, "ann"), meta(irc, "bob")
    a.ask("METADATA * SET avatar :https://a.example/a.png")
    room = irc.room(a)
    b.ask("METADATA * SUB avatar")
    told = [line for line in b.ask(f"JOIN {room}") if line.verb == "METADATA"]
    assert [line.params for line in told] == [[a.nick, "avatar", "*", "https://a.example/a.png"]]
    for target in (room, a.nick):
        got = b.ask(f"METADATA {target} SYNC")
        assert got[0].params[1:] == ["metadata", target] and [line.params[:2] for line in got[1:-1]] == [[a.nick, "avatar"]]
    c = meta(irc, "cid")
    c.ask(f"JOIN {room}")
    assert [line.verb for line in c.ask("METADATA * SUB avatar")] == ["770", "METADATA"]
    d = meta(irc, "dan")
    d.ask("METADATA * SUB avatar")
    assert "METADATA" in [line.verb for line in d.ask(f"MONITOR + {a.nick}")]


def test_a_channel_says_something_of_itself(irc):
    """metadata, Keys on channels: set by those who run a registered channel, told to its members; kept with it."""
    a, b = irc.signed("ann", caps=irc_client.CAPS + ("draft/metadata-2",)), meta(irc, "bob")
    room = irc.room(a, b)
    a.ask(f"CS REGISTER {room}")
    b.ask("METADATA * SUB url")
    assert a.ask(f"METADATA {room} SET url :https://c.example")[0].params[1:] == [room, "url", "*", "https://c.example"]
    assert b.expect("METADATA", room).params[1:] == ["url", "*", "https://c.example"]
    assert b.ask(f"METADATA {room} SET url :mine")[0].params[1] == "KEY_NO_PERMISSION"
    assert [line.params[1:] for line in b.ask(f"METADATA {room} GET url") if line.verb == "761"] == [[room, "url", "*", "https://c.example"]]


def test_ones_own_metadata_comes_with_the_welcome(irc):
    """metadata, Notifications: a batch with one's own, before the end of the MOTD, if empty; what an account says of itself is kept."""
    account = irc.account("ann")
    a = irc.signed(account=account, caps=irc_client.CAPS + ("draft/metadata-2",))
    a.ask("METADATA * SET avatar :https://a.example/a.png")
    again = irc.raw()
    again.send("CAP LS 302", "CAP REQ :batch message-tags draft/metadata-2", f"PASS {account}:{PASSWORD}", f"NICK {account}", "USER u 0 * :r", "CAP END")
    lines = again.until("422")
    batch = next(line for line in lines if line.verb == "BATCH" and line.params[1:] == ["metadata", account])
    assert [line.params[1:] for line in lines if line.tags.get("batch") == batch.params[0][1:]] == [["avatar", "*", "https://a.example/a.png"]]


def test_a_browser_sets_and_sees_the_same(irc):
    """metadata, in every dialect: profile.set and profile.get, and profile.changed where one shares a room; also of who is away."""
    account = irc.account("ann")
    a, web = irc.signed(account=account, caps=irc_client.CAPS + ("draft/metadata-2",)), irc.browser("web")
    room = irc.room(a)
    web.call("chat.join", room=room)
    a.ask("METADATA * SUB avatar")
    web.call("profile.set", key="avatar", value="https://w.example/w.png")
    assert a.expect("METADATA", web.name).params[1:] == ["avatar", "*", "https://w.example/w.png"]
    a.ask("METADATA * SET pronouns :she/her")
    told = web.take(lambda m: m.get("method") == "profile.changed" and m["params"].get("name") == account, "the change")["params"]
    assert (told["key"], told["value"]) == ("pronouns", "she/her")
    assert web.call("profile.get", name=account)["values"] == {"pronouns": "she/her"}
    a.send("QUIT")
    a.ended()
    assert web.call("profile.get", name=account)["values"] == {"pronouns": "she/her"}
    assert web.refused("profile.set", key="NO", value="x")


# webpush


class PushService:
    """Takes what is posted, and answers with what it is told to."""

    def __init__(self):
        import http.server
        import threading
        outer, self.posted, self.status = self, [], 201

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                outer.posted.append((self.path, dict(self.headers), body))
                self.send_response(outer.status)
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, *args):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)
        self.thread.start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


KEYS = "p256dh=BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4;auth=BTBZMqHH6r4Tts7J_aSIgg"


@pytest.fixture
def pushing(start):
    service = PushService()
    server = irc_client.IrcServer(start(**irc_client.options(
        plugins=f'fetch = {{ allow = [ "{service.url}" ]; }}; push = {{ contact = "mailto:push@irc.test"; }};')))
    yield server, service
    server.leave()
    service.stop()


def test_who_is_away_is_told_of_queries_and_what_is_gone_is_forgotten(pushing):
    """webpush, REGISTER: VAPID in ISUPPORT; a query to an account that is not connected is sent sealed and signed; 410 ends a registration; who is here is sent nothing."""
    server, service = pushing
    caps = irc_client.CAPS + ("draft/webpush",)
    a, b = server.signed("ann", caps=caps), server.modern("bob")
    key = tokens(a.ask("VERSION"))["VAPID"]
    assert len(key) == 87
    assert a.ask(f"WEBPUSH REGISTER {service.url}/one {KEYS}")[0].params == ["REGISTER", f"{service.url}/one"]
    b.ask(f"PRIVMSG {a.nick} :while here")
    a.send("QUIT")
    a.ended()
    b.ask(f"PRIVMSG {a.nick} :while away")
    until(lambda: service.posted, 20, "the push message")
    path, headers, body = service.posted[0]
    assert path == "/one" and headers["Content-Encoding"] == "aes128gcm" and headers["TTL"] == "86400" and headers["Authorization"].endswith(f"k={key}")
    assert headers["Authorization"].startswith("vapid t=") and body[16:21] == b"\0\0\x10\0\x41" and b"while" not in body
    service.status = 410
    b.ask(f"PRIVMSG {a.nick} :once more")
    until(lambda: len(service.posted) == 2, 20, "the next push message")
    again = server.signed(account=a.nick, caps=caps)

    def registrations():
        from wire import http
        token = http(server.whiply.http, "POST", "/api/auth.login", {"name": a.nick, "password": PASSWORD}).json["token"]
        return http(server.whiply.http, "POST", "/api/push.list", {}, {"Authorization": f"Bearer {token}"}).json["registrations"]

    until(lambda: registrations() == [], 20, "the registration to be forgotten")
    assert again.ask(f"WEBPUSH REGISTER {service.url}/two {KEYS}")[0].verb == "WEBPUSH" and len(registrations()) == 1
    assert again.ask(f"WEBPUSH UNREGISTER {service.url}/two")[0].params == ["UNREGISTER", f"{service.url}/two"] and registrations() == []


def test_what_cannot_be_registered(pushing):
    """webpush, Errors: INVALID_PARAMS for what is no endpoint or no key, FORBIDDEN for guests; an address within the network is never connected to."""
    server, service = pushing
    a, guest = server.signed("ann", caps=irc_client.CAPS + ("draft/webpush",)), server.modern("guest", "draft/webpush")
    for line in (f"WEBPUSH REGISTER nonsense {KEYS}", f"WEBPUSH REGISTER {service.url}/x p256dh=AAAA;auth=BBBB", "WEBPUSH FROB https://x.example", f"WEBPUSH REGISTER {service.url}/x"):
        assert a.ask(line)[0].params[:2] == ["WEBPUSH", "INVALID_PARAMS"], line
    assert guest.ask(f"WEBPUSH REGISTER {service.url}/x {KEYS}")[0].params[:2] == ["WEBPUSH", "FORBIDDEN"]
    other = PushService()
    assert a.ask(f"WEBPUSH REGISTER {other.url}/in {KEYS}")[0].verb == "WEBPUSH"
    assert a.ask(f"WEBPUSH REGISTER {service.url}/out {KEYS}")[0].verb == "WEBPUSH"
    a.send("QUIT")
    a.ended()
    guest.ask(f"PRIVMSG {a.nick} :hello")
    until(lambda: service.posted, 20, "the one that is allowed")
    assert other.posted == []
    other.stop()


# Nicks


def test_nicks_are_the_same_by_precis_if_that_is_chosen(start):
    """Modern IRC, CASEMAPPING: with `casemapping = "precis"` the token says so, and width and case of all letters count for nothing (RFC 8265)."""
    server = irc_client.IrcServer(start(more=irc_client.ROLES, listeners=irc_client.LISTENER.format(irc="", more=""),
                                        plugins='sqlite = { }; chat = { }; irc = { name = "irc.test"; casemapping = "precis"; };'))
    a, b = server.client("Änne", exact=True), server.client("bob", exact=True)
    assert tokens(a.says("VERSION", "PONG") if False else (a.send("VERSION"), a.ping())[1])["CASEMAPPING"] == "precis"
    for nick in ("änne", "ÄNNE", "A\u0308nne", "\uff22ob"):
        c = server.raw()
        c.send(f"NICK {nick}", "USER u 0 * :r")
        assert c.expect("433"), nick
    b.send("PRIVMSG äNNE :hello")
    assert a.expect("PRIVMSG").last == "hello"
    b.send("ISON änne")
    assert b.expect("303").last == "Änne"
    server.leave()


def test_old_words_for_a_nick_that_is_ones_own(irc):
    """NickServ, REGAIN and GHOST: signing in is all it takes; GHOST closes one's own other connections."""
    account = irc.account("ann")
    guest = irc.modern("guest")
    guest.send(f"NS GHOST {account}")
    assert "REGAIN" in guest.expect("NOTICE").last
    guest.send(f"NS REGAIN {account} {PASSWORD}")
    assert guest.expect("NICK", account)
    other = irc.signed(account=account)
    guest.send("NS GHOST")
    assert any(line.verb == "ERROR" for line in other.ended())
    assert guest.ping() is not None
