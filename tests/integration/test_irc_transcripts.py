"""One room, three ways in: JSON-RPC over WebSocket, IRC over TLS, IRC over WebSocket. What each was told is put into the same words,
and has to be the same, in the same order, whoever did it."""
import ssl
import subprocess

import irc_client
import pytest

TLS = """, {{ name = "tls"; address = "127.0.0.1:{port}"; protocol = "line"; dialect = "irc";
  tls = {{ certificates = ( {{ certificate = "{dir}/cert.pem"; key = "{dir}/key.pem"; }} ); }}; }}"""


@pytest.fixture(scope="module")
def three(tmp_path_factory):
    """(server, browser, IRC over TLS, IRC over WebSocket), not in a room yet."""
    from conftest import Whiply, free_ports
    folder = tmp_path_factory.mktemp("tls")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=irc.example",
                    "-addext", "subjectAltName=DNS:irc.example", "-days", "2", "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    port = free_ports(8)[-1]
    whiply = Whiply(**irc_client.options(irc="sts_port = 6697;", listeners=TLS.format(port=port, dir=folder)))
    server = irc_client.IrcServer(whiply)
    context = ssl.create_default_context(cafile=str(folder / "cert.pem"))
    extra = ("draft/event-playback",)
    tls = irc_client.Irc(port, tls=context, server_name="irc.example")
    tls.register("tess", caps=irc_client.CAPS + extra)
    web = irc_client.Irc(whiply.http, web="text.ircv3.net")
    web.register("walt", caps=irc_client.CAPS + extra)
    browser = server.browser("json")
    server.clients += [tls, web]
    yield server, browser, tls, web
    server.leave()
    whiply.stop()


def of_json(message):
    """What a notification says, in common words; None: nothing that the others are told."""
    p, name = message["params"], message["method"]
    if name == "chat.message":
        return ("said", p["from"], p["text"], p["id"], "act" if p.get("act") else "notice" if p.get("notice") else "say", p.get("reply", ""))
    if name == "chat.edited":
        return ("edited", p["from"], p["text"], p["target"])
    if name == "chat.redacted":
        return ("redacted", p["from"], p["target"], p.get("reason", ""))
    if name in ("chat.reacted", "chat.unreacted"):
        return (name[5:], p["from"], p["emoji"], p["target"])
    if name == "chat.topic":
        return ("topic", p["from"], p["topic"])
    if name == "chat.joined":
        return ("joined", p["name"])
    if name == "chat.left":
        return ("kicked", p["name"], p["by"]) if "by" in p else ("left", p["name"])
    if name == "chat.typing":
        return ("typing", p["name"], p["on"])
    if name == "chat.role":
        return ("role", p["by"], p["name"], p["role"], p["on"])
    return None


def of_irc(line):
    """The same of a line."""
    who, tags = line.nick, line.tags
    if line.verb in ("PRIVMSG", "NOTICE"):
        text = line.last
        if text.startswith("[edited] "):
            return ("edited", who, text[9:], tags["+draft/reply"])
        if text.startswith("\1ACTION "):
            return ("said", who, text[8:-1], tags["msgid"], "act", tags.get("+draft/reply", ""))
        return ("said", who, text, tags["msgid"], "notice" if line.verb == "NOTICE" else "say", tags.get("+draft/reply", ""))
    if line.verb == "REDACT":
        return ("redacted", who, line.params[1], line.params[2] if len(line.params) > 2 else "")
    if line.verb == "TAGMSG" and "+typing" in tags:
        return ("typing", who, tags["+typing"] == "active")
    if line.verb == "TAGMSG":
        kind = "reacted" if "+draft/react" in tags else "unreacted"
        return (kind, who, tags["+draft/react" if kind == "reacted" else "+draft/unreact"], tags["+draft/reply"])
    if line.verb == "TOPIC":
        return ("topic", who, line.last)
    if line.verb == "JOIN":
        return ("joined", who)
    if line.verb == "PART":
        return ("left", who)
    if line.verb == "KICK":
        return ("kicked", line.params[1], who)
    if line.verb == "MODE":
        letter = line.params[1]
        return ("role", who, line.params[2], {"q": "owner", "o": "moderator", "v": "voice"}[letter[1]], letter[0] == "+")
    return None


def does(c, line):
    """Sends a line, and reads to the end of its answer; all of it stays for the transcript."""
    label = f"t{next(c.labels)}"
    tags, rest = (line[1:].split(" ", 1)[0] + ";", line.split(" ", 1)[1]) if line.startswith("@") else ("", line)
    c.send(f"@{tags}label={label} {rest}")
    batch = None
    while True:
        got = c.line()
        c.skipped.append(got)
        if got.tags.get("label") == label:
            if got.verb != "BATCH":
                return got
            batch = got.params[0][1:]
        elif got.verb == "BATCH" and got.params[0] == f"-{batch}":
            return got


def transcript_of_json(ws, end):
    """Everything up to the message `end`."""
    got = []
    while True:
        message = ws.waiting.pop(0) if ws.waiting else ws.message()
        if "method" in message and (said := of_json(message)):
            if said[:1] == ("said",) and said[2] == end:
                return got
            got.append(said)


def transcript_of_irc(c, end):
    got = []
    while True:
        try:
            line = c.skipped.pop(0) if c.skipped else c.line()
        except TimeoutError as late:
            raise AssertionError(got) from late
        said = of_irc(line)
        if said:
            if said[:1] == ("said",) and said[2] == end:
                return got
            got.append(said)


def test_three_ways_into_a_room_see_the_same(three):
    """Issue 4, what it must show, 1: messages, edits, redactions, reactions, topics and joins, in the same order."""
    server, ws, tls, web = three
    room = server.channel()
    name = room[1:]
    tls.join(room)
    web.join(room)
    ws.call("chat.join", room=name)
    tls.expect("JOIN", nick=web.nick)
    for c in (tls, web):
        c.expect("JOIN", nick=ws.name)
        c.skipped.clear()
    ws.waiting.clear()
    other = server.modern("other")

    # Everybody does something of each kind; acknowledged before the next begins, so that the order is known.
    ids = {}
    ids["web"] = ws.call("chat.say", room=name, text="from the browser")["id"]
    ids["tls"] = does(tls, f"PRIVMSG {room} :from irc over tls").tags["msgid"]
    ids["walt"] = does(web, f"PRIVMSG {room} :from irc over websocket").tags["msgid"]
    other.join(room)
    ws.call("chat.edit", room=name, id=ids["web"], text="from the browser, mended")
    does(tls, f"TOPIC {room} :cake and more")
    does(tls, f"@+draft/reply={ids['web']};+draft/react=\U0001f370 TAGMSG {room}")
    ws.call("chat.react", room=name, id=ids["tls"], emoji="\U0001f44d")
    does(web, f"@+draft/reply={ids['tls']} PRIVMSG {room} :I answer you")
    ws.call("chat.say", room=name, text="and so do I", reply=ids["tls"])
    ws.call("chat.act", room=name, text="waves")
    does(web, f"PRIVMSG {room} :\1ACTION waves back\1")
    does(tls, f"NOTICE {room} :noticed")
    does(web, f"REDACT {room} {ids['walt']} :typo")
    ws.call("chat.redact", room=name, id=ids["web"])
    does(tls, f"MODE {room} +v {other.nick}")
    does(other, f"PRIVMSG {room} :zażółć gęślą jaźń \U0001f600")
    does(tls, f"KICK {room} {other.nick} :enough")
    other.join(room)
    does(other, f"PART {room}")
    does(tls, f"PRIVMSG {room} :that is all")

    seen = [transcript_of_json(ws, "that is all"), transcript_of_irc(tls, "that is all"), transcript_of_irc(web, "that is all")]
    # One hears oneself in another way: a browser by the answer to its call, unless it asked for events.
    for i, who in enumerate((ws.name, tls.nick, web.nick)):
        others = [[one for one in transcript if one[1] != who] for transcript in seen]
        assert others[i] == [one for one in others[(i + 1) % 3] if one[1] != who]
    full = seen[1]
    assert [one[0] for one in full] == ["said", "said", "said", "joined", "edited", "topic", "reacted", "reacted", "said", "said", "said", "said", "said",
                                        "redacted", "redacted", "role", "said", "kicked", "joined", "left"]
    assert full == seen[2]
    history = [said for line in tls.ask(f"CHATHISTORY LATEST {room} * 100") if (said := of_irc(line)) and said[0] == "said"]
    live = [one for one in full if one[0] == "said" and one[3] not in (ids["walt"], ids["web"])]
    assert [one[3] for one in history[:-1]] == [one[3] for one in live]


def test_sts_over_tls_tells_for_how_long(three):
    """IRCv3 sts: duration on secure connections, in seconds; port on others."""
    server, _, tls, _ = three
    tls.send("CAP LS 302")
    words = []
    while True:
        line = tls.expect("CAP", None, "LS")
        words += line.last.split()
        if line.params[2] != "*":
            break
    assert "sts=duration=2592000" in words
    c = server.raw()
    c.send("CAP LS 302", "PING end")
    assert "sts=port=6697" in " ".join(line.last for line in c.until("PONG")).split()


def test_whois_says_who_is_connected_over_tls(three):
    """Modern IRC, RPL_WHOISSECURE (671): for a client over a secure connection."""
    server, _, tls, _ = three
    other = server.client("other")
    assert "671" in [line.verb for line in other.says(f"WHOIS {tls.nick}", "318")]
    assert "671" not in [line.verb for line in tls.says(f"WHOIS {other.nick}", "318")]
