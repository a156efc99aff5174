"""Modern IRC: messages as such, and connecting. Each test names the section of the specification that it holds the server to."""
import re
import socket

import irc_client
import pytest
from irc_client import Line


def test_registration_is_welcomed_with_001_to_005_then_lusers_and_motd(irc):
    """Modern IRC, Connection Setup: the server MUST send 001 to 004 and at least one 005, then LUSERS, then the MOTD or 422."""
    c = irc.raw()
    nick = irc.nick()
    got = [line.verb for line in c.register(nick)]
    assert got[:4] == ["001", "002", "003", "004"]
    tail = got[4:]
    assert tail[0] == "005" and tail[-1] == "422"
    while tail[0] == "005":
        tail.pop(0)
    assert tail[:2] == ["251", "254"] and "255" in tail


def test_the_welcome_names_the_client_and_numerics_are_addressed_to_it(irc):
    """Modern IRC, Numeric Replies: a numeric comes from the server and its first parameter is the client's nickname."""
    c = irc.raw()
    nick = irc.nick()
    for line in c.register(nick):
        assert line.source == "irc.test"
        assert line.params[0] == nick
        assert len(line.verb) == 3


def test_before_a_nick_a_numeric_is_addressed_to_a_star(irc):
    """Modern IRC, Numeric Replies: the client's name is an asterisk before it is known."""
    c = irc.raw()
    c.send("LIST")
    assert c.line().params[0] == "*"


def test_nothing_but_registering_goes_before_registration(irc):
    """Modern IRC, ERR_NOTREGISTERED (451)."""
    c = irc.raw()
    for line in ("JOIN #a", "PRIVMSG #a :b", "WHOIS a", "MODE #a"):
        assert c.says(line, "451")[-1].params[0] == "*"


def test_a_nick_that_is_in_use_is_refused_and_another_goes(irc):
    """Modern IRC, NICK message: ERR_NICKNAMEINUSE (433), and the client may go on with another."""
    a = irc.client()
    c = irc.raw()
    c.send(f"NICK {a.nick.upper()}", "USER u 0 * :r")
    assert c.expect("433").params[1] == a.nick.upper()
    nick = irc.nick()
    c.send(f"NICK {nick}")
    assert c.expect("001").params[0] == nick


@pytest.mark.parametrize("nick", ["#chan", "1st", ":x", "a,b", "a*b", "a?b", "a!b", "a@b", "a$b", "&a", "~a", "@a", "+a", "a:b"])
def test_nicks_that_could_be_something_else_are_refused(irc, nick):
    """Modern IRC, Clients: nicknames MUST NOT contain space, comma, * ? ! @ and MUST NOT start with $ : or what prefixes a channel."""
    c = irc.raw()
    c.send(f"NICK x{nick}" if nick[0] == ":" else f"NICK {nick}")
    assert c.line().verb in ("432", "433")


def test_a_nick_that_the_server_does_not_like_is_one_that_clients_try_another_for(irc):
    """Modern IRC, ERR_NICKNAMEINUSE (433): names obey the rules of accounts; after 433 clients try another, after 432 they give up."""
    c = irc.raw()
    c.send(f"NICK {irc.nick('edge')}..x", "USER u 0 * :r")
    assert c.expect("433")
    nick = irc.nick()
    c.send(f"NICK {nick}")
    assert c.expect("001").params[0] == nick


def test_guests_have_the_nicks_that_irc_knows(irc):
    """Modern IRC, Clients: nicks may have brackets and the like, and underscores at their ends; others find them, browsers too."""
    a, ws = irc.modern("ann"), irc.browser()
    room = irc.room(a)
    ws.call("chat.join", room=room[1:])
    for shape in ("[{}]", "{}_", "_{}", "`{}`", "^{}|away", "{{{}}}", "\\{}"):
        nick = shape.format(irc.nick("bob"))
        b = irc.modern(nick, exact=True)
        assert b.nick == nick
        b.join(room)
        assert a.expect("JOIN", room, nick=nick)
        assert a.ask(f"WHOIS {nick}")[0].params[1] == nick
        a.send(f"PRIVMSG {nick} :psst")
        assert b.expect("PRIVMSG", nick).last == "psst"
        b.send(f"PRIVMSG {room} :from {nick}")
        assert ws.take(lambda m: m.get("method") == "chat.message" and m["params"]["text"] == f"from {nick}", "it")["params"]["from"] == nick
        a.send(f"KICK {room} {nick} :next")
        assert b.expect("KICK", room, nick)


def test_what_is_around_a_name_makes_no_other_name_of_it(irc):
    """Reserved nicks: nobody is called like an account, or like the server, with brackets or underscores around it."""
    account = irc.account("carol")
    for nick in (f"[{account}]", f"{account}_", f"{account[:3]}[{account[3:]}]", "[admin]", "_nickserv_", "[]", "___"):
        c = irc.raw()
        c.send(f"NICK {nick}", "USER u 0 * :r")
        assert c.expect("433").params[1] == nick, nick


def test_no_nick_is_431(irc):
    """Modern IRC, NICK message: ERR_NONICKNAMEGIVEN (431)."""
    c = irc.raw()
    c.send("NICK")
    assert c.expect("431")
    c.send("NICK :")
    assert c.expect("431")


def test_a_change_of_nick_is_told_to_oneself_and_to_those_in_the_same_channel_once(irc):
    """Modern IRC, NICK message: the server tells the client, and clients who share a channel with it, with its old name as the source."""
    a, b = irc.client("ann"), irc.client("bob")
    one = irc.room(a, b)
    two = irc.room(a, b)
    old, new = a.nick, irc.nick("new")
    a.send(f"NICK {new}")
    for c in (a, b):
        line = c.expect("NICK", new)
        assert line.nick == old
    a.nick = new
    assert not [line for line in b.barrier(a, one) if line.verb == "NICK"]
    assert two


def test_the_case_of_ones_own_nick_may_change(irc):
    """Modern IRC, NICK message: a change of case alone is a change, and nobody else's nick."""
    a = irc.client("ann")
    a.send(f"NICK {a.nick.upper()}")
    assert a.expect("NICK").params[0] == a.nick.upper()


def test_nicks_are_compared_by_the_casemapping_that_is_told(irc):
    """Modern IRC, CASEMAPPING: ascii folds A to Z and nothing else."""
    a = irc.client("Nick")
    c = irc.raw()
    c.send(f"NICK {a.nick.lower()}", "USER u 0 * :r")
    assert c.expect("433")


def test_a_nick_is_cut_to_nicklen(irc):
    """Modern IRC, NICKLEN: the most that a nick can be; the server may cut a longer one."""
    c = irc.raw()
    welcome = c.register("n" * 60)
    isupport = " ".join(" ".join(line.params[1:-1]) for line in welcome if line.verb == "005")
    most = int(re.search(r"NICKLEN=(\d+)", isupport)[1])
    assert welcome[0].params[0] == "n" * most


def test_user_twice_and_pass_late_are_462(irc):
    """Modern IRC, USER and PASS messages: ERR_ALREADYREGISTERED (462)."""
    c = irc.client()
    assert c.says("USER a 0 * :b", "462")
    assert c.says("PASS abc", "462")


def test_user_needs_four_parameters(irc):
    """Modern IRC, USER message: ERR_NEEDMOREPARAMS (461)."""
    c = irc.raw()
    c.send("USER a 0 *")
    assert c.expect("461").params[1] == "USER"
    c.send("USER")
    assert c.expect("461").params[1] == "USER"


def test_the_realname_may_have_blanks_and_is_shown(irc):
    """Modern IRC, USER message: the realname may contain spaces."""
    a = irc.client("ann", real="Ann of the North")
    assert a.says(f"WHOIS {a.nick}", "318")[0].last == "Ann of the North"


def test_a_server_password_is_asked_of_guests(start):
    """Modern IRC, PASS message: ERR_PASSWDMISMATCH (464), after which the connection MUST be closed."""
    server = irc_client.IrcServer(start(**irc_client.options(irc='password = "open sesame";')))
    c = server.raw()
    c.send("NICK a", "USER a 0 * :a")
    assert "464" in [line.verb for line in c.ended()]
    c = server.raw()
    c.send("PASS :wrong", "NICK a", "USER a 0 * :a")
    assert "464" in [line.verb for line in c.ended()]
    server.client("ann", password="open sesame")
    server.leave()


def test_ping_is_answered_with_its_token(irc):
    """Modern IRC, PING message: the server MUST answer with PONG and the same token."""
    c = irc.client()
    got = c.says("PING :a token of words", "PONG")[-1]
    assert got.params == ["irc.test", "a token of words"]
    assert c.says("PING", "461")[-1].params[1] == "PING"


def test_ping_is_answered_before_registration(irc):
    """Modern IRC, PING message: clients may ask while they register."""
    c = irc.raw()
    c.send("PING one")
    assert c.expect("PONG").last == "one"


def test_quit_is_answered_with_error_and_the_connection_ends(irc):
    """Modern IRC, QUIT message: the server acknowledges with ERROR and closes the connection."""
    c = irc.client()
    c.send("QUIT :gone fishing")
    lines = c.ended()
    assert lines[-1].verb == "ERROR"


def test_quit_is_told_once_to_those_in_the_same_channels_with_the_reason(irc):
    """Modern IRC, QUIT message: to clients who share a channel; the reason of a client is prefixed with "Quit: "."""
    a, b, c = irc.client("ann"), irc.client("bob"), irc.client("cid")
    irc.room(a, b)
    both = irc.room(a, b, c)
    a.send("QUIT :gone fishing")
    line = b.expect("QUIT", nick=a.nick)
    assert line.last == "Quit: gone fishing"
    after = b.barrier(c, both)
    assert not [line for line in after + c.skipped if line.verb == "PART" or (line.verb == "QUIT" and line.nick == a.nick)]
    assert [line.nick for line in c.ping() + c.skipped if line.verb == "QUIT"] == [a.nick] or c.skipped


def test_a_connection_that_breaks_is_a_quit(irc):
    """Modern IRC, QUIT message: the server tells of a client whose connection was lost."""
    a, b = irc.client("ann"), irc.client("bob")
    irc.room(a, b)
    a.close()
    assert b.expect("QUIT", nick=a.nick).last


def test_an_unknown_command_is_421(irc):
    """Modern IRC, ERR_UNKNOWNCOMMAND (421): with the command."""
    c = irc.client()
    assert c.says("FROBNICATE now", "421")[-1].params[1] == "FROBNICATE"


def test_commands_are_read_without_their_case(irc):
    """Modern IRC, Message Format: clients SHOULD send upper case, and servers take either."""
    c = irc.client()
    assert c.says("ping abc", "PONG")[-1].last == "abc"


def test_a_blank_line_is_ignored(irc):
    """Modern IRC, Message Format: empty messages are silently ignored."""
    c = irc.client()
    c.send("", "   ", "PING a")
    assert c.line().verb == "PONG"


def test_lines_may_end_with_lf_alone(irc):
    """Modern IRC, Message Format: servers SHOULD be able to handle a message that ends in a single LF."""
    c = irc.client()
    c.wire.send(b"PING a\nPING b\r\n")
    assert [c.line().last, c.line().last] == ["a", "b"]


def test_a_source_of_a_client_is_ignored(irc):
    """Modern IRC, Source: clients MUST NOT send one, and nobody becomes another by it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f":{b.nick}!x@y PRIVMSG {room} :who am I")
    assert b.expect("PRIVMSG", room).nick == a.nick


def test_the_last_parameter_goes_with_and_without_its_colon(irc):
    """Modern IRC, Parameters: <middle> and <trailing> are equal once they are read."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} word", f"PRIVMSG {room} :word", f"PRIVMSG {room} ::)")
    assert [b.expect("PRIVMSG").last for _ in range(3)] == ["word", "word", ":)"]


def test_many_blanks_between_parameters_are_one(irc):
    """Modern IRC, Message Format: parameters are parted by one or more spaces."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG    {room}     :two  blanks")
    assert b.expect("PRIVMSG").last == "two  blanks"


def test_a_line_that_is_too_long_is_417_and_nobody_sees_part_of_it(irc):
    """IRCv3 message-tags, Size limit: a server MUST answer with ERR_INPUTTOOLONG (417) and not cut it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(f"PRIVMSG {room} :{'x' * 20000}")
    assert a.expect("417")
    a.send(f"PRIVMSG {room} :after")
    assert b.expect("PRIVMSG").last == "after"


def test_no_line_of_the_server_is_longer_than_512_bytes(irc):
    """Modern IRC, Message Format: messages MUST NOT be longer than 512 bytes with CR LF, tags not counted."""
    a, b = irc.client("ann", real="r" * 150), irc.client("bob", caps=("server-time", "message-tags"))
    room = irc.room(a, b, name="c" * 50)
    a.send(f"PRIVMSG {room} :{'€' * 140}", f"TOPIC {room} :{'ß' * 200}", f"PART {room} :{'z' * 400}")
    seen = [*b.until("PART"), *b.says(f"WHOIS {a.nick}", "318"), *b.says("LIST", "323"), *b.says("VERSION", "005")]
    for line in seen:
        body = line.text.split(" ", 1)[1] if line.text.startswith("@") else line.text
        assert len(body.encode()) <= 510, body
    words = "".join(line.last for line in seen if line.verb == "PRIVMSG")
    assert words == "€" * 140


def test_what_is_not_utf8_is_refused_and_nobody_sees_it(irc):
    """IRCv3 UTF8ONLY: the server MUST NOT relay such lines, and answers FAIL <command> INVALID_UTF8 (or a notice)."""
    a, b = irc.modern("ann"), irc.client("bob")
    room = irc.room(a, b)
    assert "UTF8ONLY" in isupport_of(b)
    a.send_bytes(b"PRIVMSG " + room.encode() + b" :caf\xe9")
    fail = a.expect("FAIL")
    assert fail.params[1] == "INVALID_UTF8"
    b.send_bytes(b"PRIVMSG " + room.encode() + b" :caf\xe9")
    assert "UTF" in b.expect("NOTICE").last
    a.send(f"PRIVMSG {room} :café")
    assert b.expect("PRIVMSG").last == "café"


def test_a_nul_in_a_line_is_refused(irc):
    """Modern IRC, Message Format: NUL is not allowed within messages."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send_bytes(b"PRIVMSG " + room.encode() + b" :a\0b")
    a.send(f"PRIVMSG {room} :after")
    assert b.expect("PRIVMSG").last == "after"


def isupport_of(c):
    """The tokens that the server tells a client, name to value."""
    c.send("VERSION", "PING isupport")
    tokens = {}
    while (line := c.line()).verb != "PONG":
        if line.verb == "005":
            for token in line.params[1:-1]:
                name, _, value = token.partition("=")
                tokens[name] = value
    return tokens


def test_isupport_has_at_most_13_tokens_a_line_and_ends_in_words(irc):
    """Modern IRC, RPL_ISUPPORT (005): at most 13 tokens, then the human-readable text."""
    c = irc.raw()
    lines = [line for line in c.register(irc.nick()) if line.verb == "005"]
    assert lines
    for line in lines:
        assert 1 <= len(line.params) - 2 <= 13
        assert line.last == "are supported by this server"
        for token in line.params[1:-1]:
            assert re.fullmatch(r"-?[A-Z0-9]+(=\S*)?", token), token


def test_isupport_is_true_of_modes_and_limits(irc):
    """Modern IRC, RPL_ISUPPORT Parameters: CHANMODES, PREFIX, CHANTYPES, TOPICLEN, KICKLEN, AWAYLEN, CHANNELLEN as the server keeps them."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    told = isupport_of(a)
    assert told["CASEMAPPING"] == "ascii" and told["CHANTYPES"] == "#" and told["NETWORK"] == "TestNet"
    a.send(f"TOPIC {room} :{'t' * 450}")
    a.expect("TOPIC")
    assert len(b.expect("TOPIC").last) == int(told["TOPICLEN"])
    b.send(f"AWAY :{'w' * 480}")
    b.expect("306")
    a.send(f"WHOIS {b.nick}")
    # A line has an end of its own, which can come before the limit.
    assert len(a.expect("301").last) == int(told["AWAYLEN"])
    longest = "#" + "l" * (int(told["CHANNELLEN"]) - 1)
    assert a.join(longest)
    assert a.says(longest.join(["JOIN ", "l"]), "403", "479")
    a.send(f"KICK {room} {b.nick} :{'k' * 400}")
    assert len(b.expect("KICK").last) == int(told["KICKLEN"])


def test_motd_lusers_version_time_admin_info_help_links_stats_answer(irc):
    """Modern IRC, Server Queries and Commands: each with the numerics that it names."""
    c = irc.client()
    assert c.says("MOTD", "422", "376")
    counts = c.says("LUSERS", "266")
    assert [line.verb for line in counts] == ["251", "254", "255", "265", "266"]
    assert 1 <= int(counts[-1].params[1]) <= int(counts[-1].params[2]), "more now than at most"
    assert c.says("VERSION", "351")[-1].params[2] == "irc.test"
    assert re.match(r"\d{4}-\d\d-\d\dT", c.says("TIME", "391")[-1].last)
    assert c.says("ADMIN", "423", "259")
    assert [line.verb for line in c.says("INFO", "374")][0] == "371"
    assert [line.verb for line in c.says("HELP", "706")][0] == "704"
    assert [line.verb for line in c.says("HELP PRIVMSG", "706")] == ["704", "705", "706"]
    assert c.says("HELP nonesuch", "524")
    assert [line.verb for line in c.says("LINKS", "365")] == ["364", "365"]
    assert [line.verb for line in c.says("STATS u", "219")] == ["242", "250", "219"]


def test_the_motd_is_told_line_by_line(start):
    """Modern IRC, MOTD message: 375, 372 for each line, 376."""
    server = irc_client.IrcServer(start(**irc_client.options(irc='motd = "one\\n\\nthree"; admin = "ann@example.org";')))
    c = server.raw()
    welcome = c.register("ann")
    motd = [line for line in welcome if line.verb in ("375", "372", "376")]
    assert [line.verb for line in motd] == ["375", "372", "372", "372", "376"]
    assert [line.last for line in motd[1:-1]] == ["- one", "- ", "- three"]
    assert [line.verb for line in c.says("ADMIN", "259")] == ["256", "259"]
    server.leave()


def test_flooding_is_slowed_or_refused_and_does_not_harm_others(irc):
    """Modern IRC, Flood control: the server may take what is too much from nobody but the one that sends it."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    a.send(*[f"PRIVMSG {room} :flood {i}" for i in range(100)])
    got = [a.expect("404", None, room) for _ in range(3)]
    assert all(line.last for line in got)
    b.send("PING a")
    assert b.expect("PONG")
    heard = [line.last for line in b.skipped if line.verb == "PRIVMSG"]
    assert heard == [f"flood {i}" for i in range(len(heard))]


def test_a_client_over_websocket_gets_a_line_a_message_without_line_ends(irc):
    """IRCv3 WebSocket: each message is one line without CR LF; text.ircv3.net is text frames, binary.ircv3.net is binary ones."""
    for protocol in ("text.ircv3.net", "binary.ircv3.net"):
        c = irc.raw(web=protocol)
        assert c.wire.answer.headers["sec-websocket-protocol"] == protocol
        c.register(irc.nick())
        other = irc.client()
        room = irc.room(c, other)
        c.send(f"PRIVMSG {room} :hello")
        assert other.expect("PRIVMSG").last == "hello"
        other.send(f"PRIVMSG {room} :zoë")
        assert c.expect("PRIVMSG").last == "zoë"


def test_a_websocket_client_may_send_a_line_end_and_it_is_no_second_line(irc):
    """IRCv3 WebSocket: clients MUST NOT include CR LF, and a server SHOULD be able to cope with one at the end."""
    c = irc.raw(web="text.ircv3.net")
    c.register(irc.nick())
    c.send("PING a\r\n")
    assert c.expect("PONG").last == "a"
    c.send("PING b\r\nPING c")
    lines = [str(line) for line in c.ping()]
    assert not any(line.endswith("PONG irc.test c") for line in lines)


def test_a_text_websocket_is_never_sent_what_is_no_utf8(irc):
    """IRCv3 WebSocket, text.ircv3.net: text frames are UTF-8; a message that is cut is cut between characters."""
    c = irc.raw(web="text.ircv3.net")
    c.register(irc.nick())
    other = irc.client()
    room = irc.room(other, c)
    other.send(f"TOPIC {room} :{'€' * 150}")
    assert set(c.expect("TOPIC").last) == {"€"}


def test_a_nick_of_a_browser_is_found_and_cannot_be_taken(irc):
    """Modern IRC, Clients: a nickname belongs to one client at a time; browsers are clients like others."""
    ws = irc.browser()
    c = irc.raw()
    c.send(f"NICK {ws.name}", "USER u 0 * :r")
    assert c.expect("433")
    other = irc.client()
    assert other.says(f"WHOIS {ws.name}", "318")[0].params[1] == ws.name


def test_webirc_is_taken_from_a_known_gateway_and_refused_from_others(start):
    """WEBIRC (IRCv3 extension webirc): the first command; the real address counts from then on; an unknown gateway is closed."""
    server = irc_client.IrcServer(start(**irc_client.options(irc='webirc = ( { password = "gatewaysecret"; from = "127.0.0.1"; } );')))
    c = server.raw()
    c.send("WEBIRC wrongsecret gate host 192.0.2.7")
    assert any(line.verb == "ERROR" for line in c.ended())
    c = server.raw()
    c.send("WEBIRC gatewaysecret gate host 192.0.2.7")
    c.register("ann")
    assert c.says("WHOIS ann", "318") and [line for line in c.says("WHOIS ann", "318") if line.verb == "338"][0].params[2] == "192.0.2.7"
    server.leave()


def test_before_registration_bytes_of_another_protocol_do_no_harm(irc):
    """Modern IRC, Server security: HTTP posted at the IRC port runs nothing."""
    c = irc.raw()
    c.wire.send(b"POST / HTTP/1.1\r\nHost: x\r\n\r\nNICK evil\r\nUSER e 0 * :e\r\nJOIN #evil\r\n")
    assert c.line().verb in ("421", "451", "ERROR")


def test_lines_of_the_server_survive_a_slow_reader(irc):
    """Modern IRC, Message Format: whatever a client reads late comes whole and in order."""
    a, b = irc.client("ann"), irc.client("bob")
    room = irc.room(a, b)
    b.wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    for i in range(15):
        a.send(f"PRIVMSG {room} :{i} {'x' * 300}")
    assert [b.expect("PRIVMSG").last.split()[0] for _ in range(15)] == [str(i) for i in range(15)]


def test_a_line_is_parsed_as_the_tests_think():
    line = Line("@time=2026-01-01T00:00:00.000Z;x=a\\:b\\sc :n!u@h PRIVMSG #a :b :c")
    assert line.tags["x"] == "a;b c" and line.nick == "n" and line.params == ["#a", "b :c"]
