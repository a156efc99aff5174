"""Signaling against the whole server: frames that lie, come from nowhere, are too big or too many; TURN servers; hubs that are killed."""
import json
import re
import subprocess
import time

import pytest
import turn
from conftest import ROOT, Whiply
from wire import WebSocket, frame, http, until

SDP = "v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\nm=audio 5000 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 192.0.2.9\r\n"
HOST = "candidate:1 1 udp 2122260223 192.0.2.9 5000 typ host"
SRFLX = "candidate:2 1 udp 1686052607 198.51.100.7 5000 typ srflx raddr 192.0.2.9 rport 5000"
RELAY = "candidate:3 1 udp 41885439 203.0.113.9 50001 typ relay raddr 198.51.100.7 rport 5000"
PLUGINS = """sqlite = { }; chat = { }; signaling = { answer = "1s"; };
  matching = { queues = { strangers = { medium = "video"; blur = true; }; letters = { }; }; };"""


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(plugins=PLUGINS)
    yield whiply
    whiply.stop()


class Caller:
    """Somebody in a call."""

    def __init__(self, server, room):
        self.ws, self.room = WebSocket(server.http), room
        if room:
            self.ws.call("chat.join", room=room)
            self.join()

    def join(self):
        answer = self.ws.call("call.join", room=self.room)
        self.peer, self.generation = answer["peer"], answer["generation"]
        return answer

    def send(self, what, to, **more):
        return self.ws.call(f"call.{what}", room=self.room, to=to.peer, generation=to.generation, **more)


@pytest.fixture
def pair(server, request):
    room = "r" + str(abs(hash(request.node.name)) % 10**9)
    ann, bob = Caller(server, room), Caller(server, room)
    yield ann, bob
    ann.ws.close()
    bob.ws.close()


def nothing_but(caller, mark):
    """What the caller hears up to an event that we cause, without it."""
    heard = []
    while True:
        message = caller.ws.take(lambda m: "method" in m, "anything")
        if message["method"] == mark:
            return heard
        heard.append(message["method"])


def test_a_call_is_made(pair):
    ann, bob = pair
    joined = ann.ws.notification("call.joined")
    assert (joined["peer"], joined["starts"], joined["polite"]) == (bob.peer, False, False)
    bob.send("offer", ann, sdp=SDP)
    offer = ann.ws.notification("call.offer")
    assert offer == {"room": ann.room, "from": bob.peer, "generation": 1, "sdp": SDP}
    ann.send("answer", bob, sdp=SDP)
    assert bob.ws.notification("call.answer")["from"] == ann.peer
    assert bob.send("candidates", ann, candidates=[HOST, ""]) == {"passed": 2, "removed": 0}
    assert [c["candidate"] for c in ann.ws.notification("call.candidates")["candidates"]] == [HOST, ""]
    bob.ws.call("call.set", room=bob.room, hand=True)
    assert ann.ws.notification("call.state")["hand"] is True


def test_spoofed_frames_reach_nobody(server, pair):
    """Other rooms, others' ids, old generations, oneself, and who is in no call: one answer, and the target hears nothing."""
    ann, bob = pair
    eve = Caller(server, "elsewhere")
    with WebSocket(server.http) as guest:
        answers = set()
        for ws, room, to, generation in ((eve.ws, "elsewhere", ann.peer, 1), (eve.ws, ann.room, ann.peer, 1), (guest, ann.room, ann.peer, 1),
                                         (bob.ws, ann.room, "x" * 12, 1), (bob.ws, ann.room, ann.peer, 2), (bob.ws, ann.room, bob.peer, 1)):
            for what, more in (("offer", {"sdp": SDP}), ("answer", {"sdp": SDP}), ("candidates", {"candidates": [HOST]})):
                answers.add(json.dumps(ws.refused(f"call.{what}", room=room, to=to, generation=generation, **more)))
        assert len(answers) == 1, answers
        guest.call("chat.join", room=ann.room)
        assert "there is no such peer" in guest.refused("call.offer", room=ann.room, to=ann.peer, generation=1, sdp=SDP)["message"]
    bob.ws.call("call.set", room=bob.room, hand=True)
    assert not {"call.offer", "call.answer", "call.candidates"} & set(nothing_but(ann, "call.state"))
    eve.ws.close()


def test_a_source_is_what_the_server_knows(server, pair):
    """A frame that names its own source is refused; over PeerJS, where clients do name one, it is replaced."""
    ann, bob = pair
    assert "from" in bob.ws.refused("call.offer", room=bob.room, to=ann.peer, generation=1, sdp=SDP, **{"from": ann.peer})["message"]
    tickets = [person.ws.call("call.ticket", room=ann.room) for person in pair]
    sockets = [WebSocket(server.http, path=f"/peerjs/peerjs?key=peerjs&id={t['id']}&token={t['token']}&version=1.5.5", protocols=None, greet=False) for t in tickets]
    for ws in sockets:
        assert ws.message() == {"type": "OPEN"}
    forged = {"type": "OFFER", "src": tickets[0]["id"], "dst": tickets[0]["id"], "payload": {"sdp": {"type": "offer", "sdp": SDP}, "type": "data", "connectionId": "dc"}}
    sockets[1].send(frame(1, json.dumps(forged).encode()))
    got = sockets[0].message()
    assert (got["src"], got["payload"]) == (tickets[1]["id"], forged["payload"])
    for text in ("{", json.dumps({"type": "EXPIRE", "dst": tickets[0]["id"]}), json.dumps({"type": "OPEN", "dst": tickets[0]["id"]})):
        sockets[1].send(frame(1, text.encode()))
    sockets[1].send(frame(1, json.dumps({"type": "LEAVE", "dst": tickets[0]["id"]}).encode()))
    assert sockets[0].message()["type"] == "LEAVE"
    for ws in sockets:
        ws.close()


def strangers(server):
    one, other = Caller(server, None), Caller(server, None)
    for caller in (one, other):
        caller.ws.call("match.enqueue", queue="strangers")
    for caller in (one, other):
        started = caller.ws.notification("match.started")
        assert (started["medium"], started["relay"], started["blur"]) == ("video", True, True)
        caller.match, caller.room = started["match"], started["room"]
        answer = caller.join()
        assert (answer["relay"], answer["blur"]) == (True, True)
    return one, other


def test_candidates_of_strangers_are_removed_until_both_agree(server):
    one, other = strangers(server)
    everything = SDP + f"a={HOST}\r\na={SRFLX}\r\na={RELAY}\r\n"
    other.send("offer", one, sdp=everything)
    sdp = one.ws.notification("call.offer")["sdp"]
    assert "203.0.113.9" in sdp and not re.search(r"192\.0\.2\.9|198\.51\.100\.7", sdp)
    assert other.send("candidates", one, candidates=[HOST, SRFLX, RELAY, "candidate:4 1 udp 1 a1b2.local 5000 typ host"]) == {"passed": 1, "removed": 3}
    got = json.dumps(one.ws.notification("call.candidates"))
    assert "203.0.113.9" in got and "192.0.2.9" not in got and "198.51.100.7" not in got and ".local" not in got
    assert one.ws.call("call.ice_servers", room=one.room)["policy"] == "relay"
    one.ws.call("match.reveal", match=one.match)
    assert other.ws.notification("match.reveals")
    assert other.send("candidates", one, candidates=[HOST])["removed"] == 1
    other.ws.call("match.reveal", match=one.match)
    assert one.ws.notification("match.revealed")
    assert other.send("candidates", one, candidates=[HOST]) == {"passed": 1, "removed": 0}
    assert one.ws.call("call.status", room=one.room)["blur"] is False
    for caller in (one, other):
        caller.ws.close()


def test_whoever_is_skipped_can_be_reached_no_more(server):
    one, other = strangers(server)
    other.send("offer", one, sdp=SDP)
    one.ws.call("match.skip", match=one.match)
    assert "no such peer" in other.ws.refused("call.candidates", room=other.room, to=one.peer, generation=1, candidates=[RELAY])["message"]
    assert other.ws.notification("call.left")["peer"] == one.peer
    for caller in (one, other):
        caller.ws.close()


def test_a_match_of_text_has_no_calls(server):
    with WebSocket(server.http) as ann, WebSocket(server.http) as bob:
        for ws in (ann, bob):
            ws.call("match.enqueue", queue="letters")
        assert "no calls" in ann.refused("call.join", room=ann.notification("match.started")["room"])["message"]


def test_floods_of_64_kib_are_refused_and_hurt_nobody(server, pair):
    ann, bob = pair
    cleo = Caller(server, ann.room)
    cleo.send("offer", ann, sdp=SDP)
    assert ann.ws.notification("call.offer")["from"] == cleo.peer
    ann.send("answer", cleo, sdp=SDP)
    for _ in range(6):
        assert "sdp" in cleo.ws.refused("call.offer", room=ann.room, to=ann.peer, generation=1, sdp="a" * 65000)["message"]
        assert "1 KiB" in cleo.ws.refused("call.candidates", room=ann.room, to=ann.peer, generation=1, candidates=["c" * 65000])["message"]
    ann.send("offer", bob, sdp=SDP)
    assert bob.ws.notification("call.offer")["from"] == ann.peer
    bob.ws.call("call.set", room=bob.room, hand=True)
    assert not {"call.offer", "call.candidates"} & set(nothing_but(ann, "call.state"))


def test_a_flood_of_offers_is_slowed_down(pair):
    ann, bob = pair
    errors = []
    for _ in range(60):
        answer = bob.ws.answer_to(bob.ws.post("call.offer", room=bob.room, to=ann.peer, generation=1, sdp=SDP + "a=" + "x" * 3000 + "\r\n"))
        if "error" in answer:
            errors.append(answer["error"]["data"])
    assert errors and all(error["retry_ms"] > 0 for error in errors), errors


def test_a_half_open_pair_runs_out(pair):
    ann, bob = pair
    bob.send("offer", ann, sdp=SDP)
    assert bob.ws.notification("call.expired") == {"room": bob.room, "peer": ann.peer}
    assert ann.ws.notification("call.expired") == {"room": bob.room, "peer": bob.peer}
    assert "no offer" in ann.ws.refused("call.answer", room=ann.room, to=bob.peer, generation=1, sdp=SDP)["message"]
    bob.send("offer", ann, sdp=SDP)
    ann.send("answer", bob, sdp=SDP)


def test_a_lost_connection_comes_back_to_its_call(server, pair):
    ann, bob = pair
    token = bob.ws.welcome["token"]
    bob.ws.socket.close()
    assert ann.ws.take(lambda m: m.get("method") == "call.state" and m["params"]["away"], "bob to be away")
    bob.ws = WebSocket(server.http)
    bob.ws.call("session.resume", token=token)
    resumed = bob.ws.notification("call.resumed")
    assert (resumed["peer"], resumed["generation"]) == (bob.peer, 2)
    told = ann.ws.notification("call.peer_resumed")
    assert (told["peer"], told["generation"], told["starts"]) == (bob.peer, 2, False)
    bob.generation = 2
    ann.send("offer", bob, sdp=SDP)
    assert bob.ws.notification("call.offer")


def test_a_hub_that_is_killed_leaves_the_call_and_has_it_restarted(start):
    server = start(plugins=PLUGINS)
    ann, bob = Caller(server, "lobby"), Caller(server, "lobby")
    bob.send("offer", ann, sdp=SDP)
    ann.send("answer", bob, sdp=SDP)
    server.hub_back(server.kill("hub"))
    for caller, other, starts in ((ann, bob, False), (bob, ann, True)):
        told = caller.ws.notification("call.resumed")
        assert (told["peer"], [p["peer"] for p in told["peers"]], told["peers"][0]["starts"]) == (caller.peer, [other.peer], starts)
        caller.generation = told["generation"]
    assert ann.generation == bob.generation == 2
    bob.send("offer", ann, sdp=SDP)
    ann.send("answer", bob, sdp=SDP)
    assert bob.ws.notification("call.answer")
    for caller in (ann, bob):
        caller.ws.close()


# What docs/signaling.md says

DOC = (ROOT / "docs" / "signaling.md").read_text()


def test_the_documents_dialogue_happens_as_written(start, tmp_path):
    (tmp_path / "turn-secret").write_text("secret\n")
    config = re.search(r"```\nplugins = \{\n(.*?)\n\};\n```", DOC, re.S)[1].replace("/etc/whiply", str(tmp_path))
    server = start(plugins=config)
    known = {"SDP": SDP, "CANDIDATE": HOST}
    with WebSocket(server.http) as ann, WebSocket(server.http) as bob:
        who, numbers = {"ann": ann, "bob": bob}, {}
        for ws in (ann, bob):
            ws.call("chat.join", room="lobby")
        for line in re.search(r"```text\n(.*?)```", DOC, re.S)[1].splitlines():
            name, direction, shown = line[:3], line[3], json.loads(line[5:])
            if direction == ">":
                params = json.loads(re.sub(r'"(ANN|BOB|SDP|CANDIDATE)"', lambda m: json.dumps(known[m[1]]), json.dumps(shown["params"])))
                numbers[name, shown["id"]] = who[name].post(shown["method"], **params)
                continue
            if "id" in shown:
                got, shown = who[name].answer_to(numbers[name, shown["id"]])["result"], shown["result"]
                if "peer" in got:
                    known[name.upper()] = got["peer"]
            else:
                got, shown = who[name].notification(shown["method"]), shown["params"]
            assert set(got) == set(shown), (line, got)
            for key, value in shown.items():
                if isinstance(value, (bool, int)) and key != "ttl":
                    assert got[key] == value, (line, got)
                elif isinstance(value, list) and value and isinstance(value[0], dict):
                    assert [set(item) for item in got[key]] == [set(item) for item in value], (line, got)


def test_settings_commands_events_and_metrics_are_in_the_document():
    source = "".join(path.read_text() for path in (ROOT / "plugins" / "signaling").glob("[!t]*.c"))
    table = source[source.index("struct wh_setting signaling_settings[]"):]
    declared = re.findall(r'^\t\{ "(\w+)", WH_', table[:table.index("};")], re.M)
    assert declared == re.findall(r"^\| `(\w+)` \|[^|]*\| [^|]* \|$", DOC[DOC.index("## For operators"):], re.M)
    for name in set(re.findall(r'^\t\{ "(call\.\w+)"', source, re.M)) | set(re.findall(r'"(call\.\w+)", items', source)) | set(re.findall(r'"(whiply_signaling_\w+)"', source)):
        assert f"`{name}" in DOC or f" {name}`" in DOC, name


# PeerJS

def test_pages_of_peerjs(server):
    answer = http(server.http, "GET", "/peerjs/peerjs/id?ts=1&version=1.5.5", headers={"Origin": "https://elsewhere.example"})
    assert answer.status == 200 and re.fullmatch(rb"[a-z2-7]{24}", answer.body), answer.body
    assert answer.headers.get("access-control-allow-origin") == "*", answer.headers
    assert http(server.http, "GET", "/peerjs/other/id").status == 401
    assert http(server.http, "GET", "/peerjs/peerjs/peers").status == 401
    assert http(server.http, "GET", "/peerjs/peerjs").status == 426


def test_without_its_ticket_no_client_of_peerjs_comes_in(server, pair):
    for query, kind in (("key=other&id=a&token=b", "INVALID-KEY"), ("key=peerjs&id=a&token=b", "ERROR"), ("key=peerjs&id=..&token=b", "ERROR"), ("", "INVALID-KEY")):
        with WebSocket(server.http, path=f"/peerjs/peerjs?{query}", protocols=None, greet=False) as ws:
            assert ws.message()["type"] == kind


def test_a_client_of_peerjs_does_not_notice_that_the_hub_died(start):
    server = start(plugins=PLUGINS)
    ann, bob = Caller(server, "lobby"), Caller(server, "lobby")
    tickets = [person.ws.call("call.ticket", room="lobby") for person in (ann, bob)]
    sockets = [WebSocket(server.http, path=f"/peerjs/peerjs?key=peerjs&id={t['id']}&token={t['token']}", protocols=None, greet=False) for t in tickets]
    for ws in sockets:
        assert ws.message() == {"type": "OPEN"}
    server.hub_back(server.kill("hub"))
    sockets[1].send(frame(1, json.dumps({"type": "LEAVE", "dst": tickets[0]["id"]}).encode()))
    assert sockets[0].message()["src"] == tickets[1]["id"]
    for ws in (*sockets, ann.ws, bob.ws):
        ws.close()


# TURN

needs_coturn = pytest.mark.skipif(turn.why_not() is not None, reason=turn.why_not() or "")


@pytest.fixture(scope="module")
def coturn(tmp_path_factory):
    server = turn.Coturn(tmp_path_factory.mktemp("coturn"), [f"static-auth-secret={turn.SECRET}"])
    yield server
    server.stop()


def turn_settings(port, secrets, name="one"):
    listed = ", ".join(f'"{secret}"' for secret in secrets)
    return f'{{ name = "{name}"; urls = [ "turn:127.0.0.1:{port}?transport=udp", "turn:127.0.0.1:{port}?transport=tcp" ]; secrets = [ {listed} ]; }}'


@needs_coturn
def test_credentials_of_ours_are_good_at_coturn_and_wrong_ones_are_not(start, coturn):
    server = start(plugins=f'signaling = {{ probe = "1s"; turn = ( {turn_settings(coturn.port, ["south", turn.SECRET])} ); }}; sqlite = {{ }}; chat = {{ }};')
    with_ours = Caller(server, "lobby")
    # Of two secrets the one counts that coturn takes.
    until(lambda: server.command("call.servers")["servers"][0]["state"] == "well", 20, "the probe to go well")
    assert server.command("call.servers")["servers"][0]["secret"] == 2
    given = with_ours.ws.call("call.ice_servers", room="lobby")
    assert given["policy"] == "all" and 0 < given["ttl"] <= 600
    ours = given["servers"][0]
    assert len(ours["urls"]) == 2 and with_ours.ws.welcome["name"] not in ours["username"]
    for user, password, expected in ((ours["username"], ours["credential"], 0), (ours["username"], "wrong", 401), (*turn.credentials("south"), 401),
                                     (*turn.credentials(expires=time.time() - 60), 401)):
        with turn.Turn(coturn.port) as client:
            assert client.allocate(user, password) == expected
    with_ours.ws.close()


@needs_coturn
def test_each_way_to_a_server_is_asked_and_one_that_does_not_work_is_not_given(start, tmp_path):
    pem = tmp_path / "turn.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=turn", "-days", "2",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", pem, "-out", tmp_path / "cert.pem"], check=True, capture_output=True)
    pem.write_text(pem.read_text() + (tmp_path / "cert.pem").read_text())
    coturn = turn.Coturn(tmp_path / "coturn", certificate=pem)
    urls = [f"turn:127.0.0.1:{coturn.port}", f"turn:127.0.0.1:{coturn.port}?transport=tcp", f"turns:127.0.0.1:{coturn.tls}?transport=tcp"]
    listed = ", ".join(f'"{url}"' for url in urls)
    options = {"plugins": f'signaling = {{ probe = "1s"; turn = ( {{ name = "one"; urls = [ {listed} ]; secrets = [ "{turn.SECRET}" ]; }} ); }}; sqlite = {{ }}; chat = {{ }};'}
    try:
        server = start(**options, environment={"SSL_CERT_FILE": str(tmp_path / "cert.pem")})
        until(lambda: [url["state"] for url in server.command("call.servers")["servers"][0]["urls"]] == ["well"] * 3, 30, "all ways to be well")
        # A machine that does not trust the certificate, as a browser would not.
        server = start(**options, environment={"SSL_CERT_FILE": "/dev/null", "SSL_CERT_DIR": str(tmp_path / "none")})
        until(lambda: [url["state"] for url in server.command("call.servers")["servers"][0]["urls"]] == ["well", "well", "unwell"], 30, "one way to be unwell")
        one = server.command("call.servers")["servers"][0]
        assert one["state"] == "well" and "certificate" in one["urls"][2]["why"]
        caller = Caller(server, "lobby")
        assert caller.ws.call("call.ice_servers", room="lobby")["servers"][0]["urls"] == urls[:2]
        caller.ws.close()
    finally:
        coturn.stop()


@needs_coturn
def test_the_shipped_configuration_relays_to_nobody_inside(coturn):
    with turn.Turn(coturn.port) as client:
        assert client.allocate(*turn.credentials()) == 0
        assert client.permit("8.8.8.8") == 0
        for inside in ("127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.1", "224.0.0.1", "255.255.255.255"):
            assert client.permit(inside) == 403, inside
        for inside in ("::1", "fd00::1", "::ffff:127.0.0.1"):
            assert client.permit(inside) != 0, inside


@needs_coturn
def test_a_server_that_went_away_is_given_to_nobody_who_could_have_another(start, tmp_path):
    well, ill = turn.Coturn(tmp_path / "well"), turn.Coturn(tmp_path / "ill")
    third = turn.Coturn(tmp_path / "third")
    try:
        listed = ", ".join(turn_settings(c.port, [turn.SECRET], name) for c, name in ((well, "well"), (ill, "ill"), (third, "third")))
        server = start(plugins=f'signaling = {{ probe = "1s"; turn = ( {listed} ); }}; sqlite = {{ }}; chat = {{ }};')
        caller = Caller(server, "lobby")
        until(lambda: all(s["state"] == "well" for s in server.command("call.servers")["servers"]), 20, "all to be well")
        ill.stop()
        until(lambda: [s["state"] for s in server.command("call.servers")["servers"]] == ["well", "unwell", "well"], 30, "one to be unwell")
        given = caller.ws.call("call.ice_servers", room="lobby")["servers"]
        assert len(given) == 2 and str(ill.port) not in json.dumps(given)
        assert re.search(r'whiply_signaling_turn_well\{[^}]*server="ill"[^}]*\} 0', http(server.http, "GET", "/metrics").body.decode())
        caller.ws.close()
    finally:
        for c in (well, ill, third):
            if c.process.poll() is None:
                c.stop()
