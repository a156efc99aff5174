"""IRCv3 chathistory (draft): what was said, read again; for channels and for queries."""
import re
import time

import pytest


@pytest.fixture(scope="module")
def talk(irc_whiply):
    """A channel in which ten things were said: (reader, channel, ids, times)."""
    a, b = irc_whiply.modern("ann"), irc_whiply.modern("bob")
    kept = list(irc_whiply.clients)
    irc_whiply.clients.clear()
    room = irc_whiply.room(a, b)
    ids, times = [], []
    for i in range(10):
        a.send(f"PRIVMSG {room} :line {i}")
        line = b.expect("PRIVMSG")
        ids.append(line.tags["msgid"])
        times.append(line.tags["time"])
        # Times are in milliseconds, and each line has to have one of its own.
        end = time.monotonic() + 0.002
        while time.monotonic() < end:
            pass
    yield b, room, ids, times
    for c in kept:
        c.close()


def numbers(lines):
    return [int(line.last.split()[1]) for line in lines if line.verb == "PRIVMSG" and line.last.startswith("line ")]


def test_latest(talk):
    """chathistory, LATEST: the most recent messages, oldest first; with a mark, only newer ones."""
    b, room, ids, times = talk
    assert numbers(b.ask(f"CHATHISTORY LATEST {room} * 3")) == [7, 8, 9]
    assert numbers(b.ask(f"CHATHISTORY LATEST {room} msgid={ids[7]} 50")) == [8, 9]
    assert numbers(b.ask(f"CHATHISTORY LATEST {room} timestamp={times[7]} 50")) == [8, 9]


def test_before(talk):
    """chathistory, BEFORE: up to that many before the mark, and not the mark."""
    b, room, ids, times = talk
    assert numbers(b.ask(f"CHATHISTORY BEFORE {room} msgid={ids[5]} 3")) == [2, 3, 4]
    assert numbers(b.ask(f"CHATHISTORY BEFORE {room} timestamp={times[5]} 3")) == [2, 3, 4]
    assert numbers(b.ask(f"CHATHISTORY BEFORE {room} msgid={ids[0]} 3")) == []


def test_after(talk):
    """chathistory, AFTER: up to that many after the mark, and not the mark."""
    b, room, ids, times = talk
    assert numbers(b.ask(f"CHATHISTORY AFTER {room} msgid={ids[5]} 3")) == [6, 7, 8]
    assert numbers(b.ask(f"CHATHISTORY AFTER {room} timestamp={times[5]} 3")) == [6, 7, 8]
    assert numbers(b.ask(f"CHATHISTORY AFTER {room} msgid={ids[9]} 3")) == []


def test_around(talk):
    """chathistory, AROUND: messages on both sides, with the mark itself."""
    b, room, ids, _ = talk
    got = numbers(b.ask(f"CHATHISTORY AROUND {room} msgid={ids[5]} 5"))
    assert got == [3, 4, 5, 6, 7]


def test_between(talk):
    """chathistory, BETWEEN: from the first mark towards the second, neither of them; the direction says which end the limit keeps."""
    b, room, ids, times = talk
    assert numbers(b.ask(f"CHATHISTORY BETWEEN {room} msgid={ids[2]} msgid={ids[6]} 50")) == [3, 4, 5]
    assert numbers(b.ask(f"CHATHISTORY BETWEEN {room} msgid={ids[2]} msgid={ids[8]} 2")) == [3, 4]
    assert numbers(b.ask(f"CHATHISTORY BETWEEN {room} msgid={ids[8]} msgid={ids[2]} 2")) == [6, 7]
    assert numbers(b.ask(f"CHATHISTORY BETWEEN {room} timestamp={times[2]} timestamp={times[6]} 50")) == [3, 4, 5]
    assert numbers(b.ask(f"CHATHISTORY BETWEEN {room} timestamp={times[6]} timestamp={times[2]} 50")) == [3, 4, 5]


def test_it_comes_in_a_batch_with_ids_and_times(talk):
    """chathistory, Batches: type chathistory with the target; messages have time and msgid as they had."""
    b, room, ids, times = talk
    got = b.ask(f"CHATHISTORY LATEST {room} * 2")
    assert got[0].verb == "BATCH" and got[0].params[1:] == ["chathistory", room]
    lines = [line for line in got if line.verb == "PRIVMSG"]
    assert [line.tags["msgid"] for line in lines] == ids[-2:]
    assert [line.tags["time"] for line in lines] == times[-2:]
    assert all(line.tags["batch"] == got[0].params[0][1:] for line in lines)


def test_nothing_is_an_empty_batch(irc):
    """chathistory, Batches: an empty batch MUST be sent when there are no messages."""
    a = irc.modern("ann")
    room = irc.room(a)
    got = a.ask(f"CHATHISTORY LATEST {room} * 10")
    assert [line.verb for line in got] == ["BATCH", "BATCH"] and got[0].params[1:] == ["chathistory", room]


def test_the_limit_is_told_and_kept(talk):
    """chathistory, ISUPPORT CHATHISTORY: the most messages of one request; more are not given."""
    b, room, _, _ = talk
    tokens = dict(token.partition("=")[::2] for line in b.ask("VERSION") if line.verb == "005" for token in line.params[1:-1])
    assert int(tokens["CHATHISTORY"]) == 100
    assert set(tokens["MSGREFTYPES"].split(",")) == {"msgid", "timestamp"}
    assert len(numbers(b.ask(f"CHATHISTORY LATEST {room} * 100000"))) == 10


@pytest.mark.parametrize("request_line, code", [
    ("CHATHISTORY LATEST {room} *", "INVALID_PARAMS"),
    ("CHATHISTORY LATEST {room} * many", "INVALID_PARAMS"),
    ("CHATHISTORY LATEST {room} * 0", "INVALID_PARAMS"),
    ("CHATHISTORY BEFORE {room} yesterday 10", "INVALID_PARAMS"),
    ("CHATHISTORY BEFORE {room} timestamp=yesterday 10", "INVALID_PARAMS"),
    ("CHATHISTORY FROB {room} * 10", "INVALID_PARAMS"),
    ("CHATHISTORY BEFORE {room} seq=12 10", "INVALID_MSGREFTYPE"),
    ("CHATHISTORY LATEST #nowhere * 10", "INVALID_TARGET"),
])
def test_requests_that_cannot_be(talk, request_line, code):
    """chathistory, Errors and Warnings: FAIL CHATHISTORY with INVALID_PARAMS, INVALID_MSGREFTYPE, INVALID_TARGET."""
    b, room, _, _ = talk
    line = b.ask(request_line.format(room=room))[0]
    assert line.verb == "FAIL" and line.params[0] == "CHATHISTORY"
    assert code is None or line.params[1] == code


def test_who_is_not_in_the_channel_reads_nothing(irc):
    """chathistory, Security: only those who may; INVALID_TARGET says no more than that."""
    a, c = irc.modern("ann"), irc.modern("cid")
    room = irc.room(a)
    a.send(f"PRIVMSG {room} :secret")
    a.expect("PRIVMSG")
    got = c.ask(f"CHATHISTORY LATEST {room} * 10")
    assert got[0].params[1] == "INVALID_TARGET" and "secret" not in str(got)


def test_queries_have_history_on_both_sides(irc):
    """chathistory: a nick is a target; the messages are those in both directions, and nobody else's."""
    a, b, c = irc.modern("ann"), irc.modern("bob"), irc.modern("cid")
    a.send(f"PRIVMSG {b.nick} :line 1")
    b.expect("PRIVMSG")
    b.send(f"PRIVMSG {a.nick} :line 2")
    a.expect("PRIVMSG", a.nick)
    for reader, other in ((a, b), (b, a)):
        got = reader.ask(f"CHATHISTORY LATEST {other.nick} * 10")
        assert numbers(got) == [1, 2]
        assert [line.params[0] for line in got if line.verb == "PRIVMSG"] == [b.nick, a.nick]
    assert numbers(c.ask(f"CHATHISTORY LATEST {a.nick} * 10")) == []


def test_targets_lists_with_whom(irc):
    """chathistory, TARGETS: those with messages between two times, each with the time of the latest, in a batch draft/chathistory-targets."""
    a, b, c = irc.modern("ann"), irc.modern("bob"), irc.modern("cid")
    for other in (b, c):
        a.send(f"PRIVMSG {other.nick} :hi")
        other.expect("PRIVMSG")
    got = a.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10")
    assert got[0].params[1] == "draft/chathistory-targets"
    rows = [line.params for line in got if line.verb == "CHATHISTORY"]
    assert {row[1] for row in rows} >= {b.nick, c.nick}
    assert all(row[0] == "TARGETS" and re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", row[2]) for row in rows)
    assert a.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2020-01-02T00:00:00.000Z 10")[1].verb == "BATCH"


def test_targets_are_the_earliest_first(irc):
    """chathistory, TARGETS: ordered by time, ascending."""
    a, b, c = irc.modern("ann"), irc.modern("bob"), irc.modern("cid")
    for other in (c, b):
        a.send(f"PRIVMSG {other.nick} :hi")
        other.expect("PRIVMSG")
        end = time.monotonic() + 0.002
        while time.monotonic() < end:
            pass
    got = a.ask("CHATHISTORY TARGETS timestamp=2020-01-01T00:00:00.000Z timestamp=2100-01-01T00:00:00.000Z 10")
    order = [line.params[1] for line in got if line.verb == "CHATHISTORY"]
    assert order.index(c.nick) < order.index(b.nick)


def test_events_come_to_who_asked(irc):
    """IRCv3 event-playback (draft): without it only PRIVMSG and NOTICE; with it also TOPIC, TAGMSG and the like."""
    plain, events = irc.modern("ann"), irc.modern("bob", "draft/event-playback")
    room = irc.room(plain, events)
    plain.send(f"PRIVMSG {room} :line 1", f"TOPIC {room} :cake")
    id = events.expect("PRIVMSG").tags["msgid"]
    events.expect("TOPIC")
    events.ask(f"@+draft/reply={id};+draft/react=:) TAGMSG {room}")
    assert {line.verb for line in plain.ask(f"CHATHISTORY LATEST {room} * 10")} == {"BATCH", "PRIVMSG"}
    verbs = [line.verb for line in events.ask(f"CHATHISTORY LATEST {room} * 10") if line.verb != "BATCH"]
    assert verbs == ["PRIVMSG", "TOPIC", "TAGMSG"] or verbs == ["PRIVMSG", "TOPIC"]


def test_notices_and_actions_are_kept_as_such(irc):
    """chathistory: messages are played back as they were."""
    a = irc.modern("ann")
    room = irc.room(a)
    a.ask(f"NOTICE {room} :line 1")
    a.ask(f"PRIVMSG {room} :\1ACTION waves\1")
    got = [(line.verb, line.last) for line in a.ask(f"CHATHISTORY LATEST {room} * 10") if line.verb != "BATCH"]
    assert got == [("NOTICE", "line 1"), ("PRIVMSG", "\1ACTION waves\1")]


def test_without_batches_it_comes_line_by_line(irc):
    """chathistory: the batch is for those who negotiated it."""
    a, b = irc.client("ann"), irc.client("bob", caps=("draft/chathistory", "server-time"))
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :line 1")
    b.expect("PRIVMSG")
    b.send(f"CHATHISTORY LATEST {room} * 10")
    line = b.expect("PRIVMSG")
    assert line.last == "line 1" and "batch" not in line.tags


def test_replay_is_for_clients_that_cannot_ask(start):
    """A bouncer's replay, by option: who enters is told the last messages, with their times; who can ask is not."""
    import irc_client
    server = irc_client.IrcServer(start(**irc_client.options(irc="replay = 3;")))
    a = server.modern("ann")
    room = server.room(a)
    for i in range(5):
        a.ask(f"PRIVMSG {room} :line {i}")
    old, new = server.client("old", caps=("server-time",)), server.modern("new")
    old.join(room)
    lines = [old.expect("PRIVMSG") for _ in range(3)]
    assert numbers(lines) == [2, 3, 4] and all("time" in line.tags for line in lines)
    new.join(room)
    assert not [line for line in new.barrier(a, room) if line.verb == "PRIVMSG"]
    server.leave()


def test_history_is_of_people_as_they_were(irc):
    """chathistory: the source is who said it, under the nick of then, also when they are gone."""
    a, b = irc.client("ann"), irc.modern("bob")
    room = irc.room(b, a)
    a.send(f"PRIVMSG {room} :line 1")
    b.expect("PRIVMSG")
    a.send("QUIT")
    b.expect("QUIT")
    line = [line for line in b.ask(f"CHATHISTORY LATEST {room} * 10") if line.verb == "PRIVMSG"][0]
    assert line.nick == a.nick


def test_a_lone_search_of_a_deaf_room_costs_little(irc):
    """chathistory: marks that no message has are places all the same."""
    a = irc.modern("ann")
    room = irc.room(a)
    a.ask(f"PRIVMSG {room} :line 1")
    assert numbers(a.ask(f"CHATHISTORY BEFORE {room} timestamp=2099-01-01T00:00:00.000Z 10")) == [1]
    assert numbers(a.ask(f"CHATHISTORY AFTER {room} timestamp=2020-01-01T00:00:00.000Z 10")) == [1]
    assert numbers(a.ask(f"CHATHISTORY AFTER {room} msgid=ffffffffffffffff 10")) == []
