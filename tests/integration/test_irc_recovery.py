"""The hub dies while IRC and JSON clients talk: none is disconnected, no message is lost or doubled, and all is as it was."""
import base64
import os
import signal
import time

import pytest
from irc_client import PASSWORD
from wire import until



def names_of(c, room):
    return sorted(name for line in c.says(f"NAMES {room}", "366") if line.verb == "353" for name in line.last.split())


def kill(irc):
    old = irc.whiply.kill("hub")
    irc.whiply.hub_back(old)


def test_membership_modes_and_roles_are_as_before(irc):
    """What a channel was before: members, prefixes, modes, key, topic."""
    a, b, c = irc.modern("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    a.send(f"MODE {room} +o {b.nick}", f"MODE {room} +v {c.nick}", f"TOPIC {room} :cake", f"MODE {room} +mS 7", f"MODE {room} +k sesame")
    b.expect("MODE", room, "+k")
    before = names_of(b, room), b.says(f"MODE {room}", "329")[-2].params, b.says(f"TOPIC {room}", "333")[-1].params
    assert before[0] == sorted([f"~{a.nick}", f"@{b.nick}", f"+{c.nick}"])
    kill(irc)
    until(lambda: names_of(b, room), 10, "the room to be read again")
    assert (names_of(b, room), b.says(f"MODE {room}", "329")[-2].params, b.says(f"TOPIC {room}", "333")[-1].params) == before
    c.send(f"PRIVMSG {room} :I have a voice")
    assert b.expect("PRIVMSG", room).last == "I have a voice"
    late = irc.client("late")
    assert late.says(f"JOIN {room}", "475", "366")[-1].verb == "475"
    b.send(f"KICK {room} {c.nick}")
    assert c.expect("KICK", room, c.nick)


def test_a_client_is_who_it_was(irc):
    """What a client was before: nick, user, realname, account, capabilities, modes, away, monitors; and it is not greeted again."""
    account = irc.account("ann")
    a, b = irc.modern(account, exact=True, account=account), irc.client("bob")
    room = irc.room(b, a)
    a.ask(f"MODE {a.nick} +Bw")
    a.ask("AWAY :at lunch")
    a.ask("SETNAME :Anna K")
    later = irc.nick("later")
    a.ask(f"MONITOR + {later}")
    before = [str(line) for line in b.says(f"WHOIS {a.nick}", "318") if line.verb not in ("317",)]
    kill(irc)
    # Rooms are read again one by one; a message waits for its own.
    b.send(f"PRIVMSG {room} :hi")
    assert "time" in a.expect("PRIVMSG").tags
    assert [str(line) for line in b.says(f"WHOIS {a.nick}", "318") if line.verb not in ("317",)] == before
    assert set(a.ask(f"MODE {a.nick}")[0].params[1]) == set("+Brw")
    assert "001" not in [line.verb for line in a.skipped + b.skipped]
    irc.client(later, exact=True)
    assert a.expect("730", None).last.startswith(later)


def test_a_client_that_registers_meanwhile_gets_in(irc):
    """What is half done goes on: NICK and USER before, CAP END after."""
    c = irc.raw()
    nick = irc.nick()
    c.send("CAP LS 302", f"NICK {nick}", "USER u 0 * :r")
    c.expect("CAP")
    c.ping()
    kill(irc)
    c.send("CAP END")
    assert c.expect("001").params[0] == nick


def test_nobody_is_told_that_anybody_came_or_went(irc):
    """A hub that dies is no QUIT and no JOIN."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    kill(irc)
    assert [line.verb for line in b.barrier(a, room)] == []
    assert [line.verb for line in a.barrier(b, room)] == []


@pytest.mark.parametrize("times", [3])
def test_messages_are_neither_lost_nor_doubled_nor_in_another_order(irc, times):
    """The hub is killed while three IRC clients and a browser talk; what was acknowledged is seen by all, once, in one order."""
    people = [irc.modern("p"), irc.modern("p"), irc.modern("w", web="text.ircv3.net")]
    ws = irc.browser()
    room = irc.room(*people)
    ws.call("chat.join", room=room[1:])
    said, calls = [], []
    for turn in range(times):
        for i in range(5):
            for c in people:
                text = f"{c.nick} {turn} {i}"
                c.send(f"@label=m{turn}-{i} PRIVMSG {room} :{text}")
                said.append(text)
            calls.append((ws.post("chat.say", room=room[1:], text=f"web {turn} {i}", nonce=f"n{turn}-{i}"), f"web {turn} {i}"))
            if i == 2:
                old = irc.whiply.kill("hub")
        irc.whiply.hub_back(old)
    # Who was not answered because the hub died asks again, with the same nonce; one on IRC finds out by its echo.
    for i, (_, text) in enumerate(calls):
        ws.call("chat.say", room=room[1:], text=text, nonce=f"n{i // 5}-{i % 5}")
    for c in people:
        c.ask(f"PRIVMSG {room} :end of {c.nick}")
    orders = []
    for c in people:
        got = [line for line in c.skipped if line.verb == "PRIVMSG"]
        while sum(line.last.startswith("end of") for line in got) < len(people) - 1:
            got.append(c.expect("PRIVMSG", room))
        orders.append([(line.tags["msgid"], line.nick, line.last) for line in got if not line.last.startswith("end of")])
    history = [(line.tags["msgid"], line.nick, line.last) for line in people[0].ask(f"CHATHISTORY LATEST {room} * 100")
               if line.verb == "PRIVMSG" and not line.last.startswith("end of")]
    assert orders[0] == orders[1] == orders[2] == history
    ids, texts = [one[0] for one in history], [one[2] for one in history]
    assert ids == sorted(set(ids))
    assert len(set(texts)) == len(texts), "doubled"
    assert {text for _, text in calls} <= set(texts)
    for c in people:
        own = [text for text in texts if text.startswith(f"{c.nick} ")]
        assert own == sorted(own, key=lambda text: [int(x) for x in text.split()[1:]])
    # Who heard its echo is not in vain.
    for c in people:
        assert {line.last for line in c.skipped if line.verb == "PRIVMSG" and line.tags.get("label", "").startswith("m")} <= set(texts)


def test_a_query_and_its_history_survive(irc):
    """Whispers are kept as rooms are."""
    a, b = irc.modern("ann"), irc.modern("bob")
    a.ask(f"PRIVMSG {b.nick} :before")
    b.expect("PRIVMSG")
    kill(irc)
    b.ask(f"PRIVMSG {a.nick} :after")
    assert a.expect("PRIVMSG", a.nick).last == "after"
    assert [line.last for line in a.ask(f"CHATHISTORY LATEST {b.nick} * 10") if line.verb == "PRIVMSG"] == ["before", "after"]


def test_sasl_can_be_begun_again(irc):
    """An exchange ends with its hub: the client tries again."""

    account = irc.account("ann")
    c = irc.raw()
    c.send("CAP LS 302", "CAP REQ :sasl", "AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE")
    kill(irc)
    c.send("AUTHENTICATE *", "AUTHENTICATE PLAIN")
    c.expect("AUTHENTICATE", "+")
    c.send("AUTHENTICATE " + base64.b64encode(f"\0{account}\0{PASSWORD}".encode()).decode())
    assert c.expect("903")


def test_a_quit_while_the_hub_is_away_is_told_afterwards(irc):
    """Who leaves while there is no hub has left, and so has who left when its hub had no time left to hear of it."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    room = irc.room(a, b, c)
    pid = irc.whiply.children()["hub"]
    os.kill(pid, signal.SIGSTOP)
    c.close()
    time.sleep(0.2)
    os.kill(pid, signal.SIGKILL)
    a.close()
    irc.whiply.hub_back(pid)
    assert {b.expect("QUIT").nick, b.expect("QUIT").nick} == {a.nick, c.nick}
    # The room may still be read anew.
    until(lambda: names_of(b, room) or time.sleep(0.5), 10, "the room to be there")
    assert names_of(b, room) == [b.nick]
    # And that is all: another hub is not told of them again.
    b.skipped.clear()
    kill(irc)
    late = irc.client("late")
    late.join(room)
    b.expect("JOIN", room, nick=late.nick)
    assert "QUIT" not in [line.verb for line in b.skipped + b.barrier(late, room)]
