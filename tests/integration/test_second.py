"""Second factors, bots and SASL against the whole server: signing in with codes over HTTP and WebSocket, keys that may only what they are for,
what survives a hub that is killed, and what is in the database. docs/accounts.md has a table of attacks that names the tests here."""
import base64
import hashlib
import hmac
import ssl
import subprocess
import time

import pytest
from conftest import Whiply, free_ports
from test_accounts import PASSWORD, US, api, bearer, cookie_of, plugins, register
from wire import WebSocket, Wire, http, until

SITE = 'site = "https://chat.example.org"; tries = 100; scram = true;'


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(plugins=plugins(SITE))
    yield whiply
    whiply.stop()


def code(secret, steps=0):
    """What the app shows, so many steps from now."""
    key = base64.b32decode(secret + "=" * (-len(secret) % 8))
    digest = hmac.digest(key, (int(time.time()) // 30 + steps).to_bytes(8, "big"), "sha1")
    at = digest[19] & 15
    return f"{(int.from_bytes(digest[at:at + 4], 'big') & 0x7fffffff) % 1000000:06}"


class Person:
    """An account with an app. A code is good once, so each sign-in uses the next one; three are good at any time."""

    def __init__(self, whiply, name):
        self.whiply, self.name = whiply, name
        self.tokens = register(whiply, name).json
        self.begin()

    def begin(self):
        me = bearer(self.tokens["token"])
        answer = api(self.whiply, "auth.totp_begin", {"password": PASSWORD}, me)
        assert answer.status == 200, answer.body
        self.secret = answer.json["secret"]
        if time.time() % 30 > 25:       # all that follows shall find the same three codes good
            until(lambda: time.time() % 30 < 5)
        answer = api(self.whiply, "auth.totp_confirm", {"code": code(self.secret, -1)}, me)
        assert answer.status == 200, answer.body
        self.recovery = answer.json["recovery_codes"]

    def ticket(self, **options):
        answer = http(self.whiply.http, "POST", "/api/auth.login", {"name": self.name, "password": PASSWORD}, **options)
        assert answer.status == 200, answer.body
        assert "set-cookie" not in answer.headers and set(answer.json) == {"second", "ticket", "expires"}
        return answer.json["ticket"]

    def shows(self, what, ticket=None, **options):
        body = {"ticket": ticket or self.ticket(**options), "code": what}
        # A client that is told to be slower is; what is wrong is not locked here, see `tries`.
        return until(lambda: (answer := http(self.whiply.http, "POST", "/api/auth.second", body, **options)).status != 429 and answer)


def test_over_http_a_code_is_asked_for_and_is_good_once(server):
    ann = Person(server, "ann")
    good = code(ann.secret)
    assert ann.shows("000000").status == 401
    answer = ann.shows(good)
    assert answer.status == 200, answer.body
    pair, flags = cookie_of(answer)
    assert pair.startswith("__Host-whiply=whs_") and "HttpOnly" in flags
    assert api(server, "auth.whoami", headers=bearer(answer.json["token"])).json["name"] == "ann"
    # The same code, seen over somebody's shoulder.
    assert ann.shows(good).status == 401
    assert ann.shows(code(ann.secret, -1)).status == 401
    assert ann.shows(code(ann.secret, 1)).status == 200


def test_over_websocket_a_ticket_is_its_sockets_alone(server):
    bea = Person(server, "bea")
    with WebSocket(server.http) as ws, WebSocket(server.http) as thief:
        before = ws.welcome["token"]
        ticket = ws.call("auth.login", name="bea", password=PASSWORD)["ticket"]
        assert ws.call("auth.whoami")["kind"] == "guest"
        thief.refused("auth.second", ticket=ticket, code=code(bea.secret))
        assert bea.shows(code(bea.secret), ticket).status == 401
        assert ws.call("auth.second", ticket=ticket, code=code(bea.secret))["name"] == "bea"
        event = ws.notification("session.identity")
        assert event["name"] == "bea" and event["token"] != before
        ws.refused("auth.second", ticket=ticket, code=code(bea.secret, 1))
        assert thief.call("auth.whoami")["kind"] == "guest"


def test_over_http_a_ticket_is_its_addresss_alone(server):
    cleo = Person(server, "cleo")
    ticket = cleo.ticket()
    assert cleo.shows(code(cleo.secret), ticket, source="127.0.0.9").status == 401
    assert cleo.shows(code(cleo.secret), ticket).status == 200
    assert cleo.shows(code(cleo.secret, 1), ticket).status == 401


def test_a_recovery_code_is_good_once_and_new_ones_void_the_old(server):
    dan = Person(server, "dan")
    answer = dan.shows(dan.recovery[0])
    assert answer.status == 200 and answer.json["recovery_left"] == 9
    assert dan.shows(dan.recovery[0]).status == 401
    fresh = api(server, "auth.recovery_codes", {"password": PASSWORD, "code": code(dan.secret)}, bearer(answer.json["token"])).json["recovery_codes"]
    assert dan.shows(dan.recovery[1]).status == 401
    assert dan.shows(fresh[1]).status == 200


def test_a_stolen_token_changes_no_factor(server):
    eve = Person(server, "eve")
    thief = bearer(eve.tokens["token"])
    for name, body in (("auth.totp_off", {"code": code(eve.secret)}), ("auth.recovery_codes", {"code": code(eve.secret)}), ("auth.passkey_begin", {}),
                       ("auth.app_password", {"name": "irssi"})):
        answer = api(server, name, body, thief)
        assert answer.status == 401 and "password" in answer.json["detail"], (name, answer.body)
    assert api(server, "auth.totp_off", {"password": PASSWORD, "code": "000000"}, thief).status == 401
    assert api(server, "auth.second_state", headers=thief).json["totp"]


def test_a_browsers_sign_in_counts_for_its_sessions_and_for_nobody_else(server):
    """Who signed in just now over HTTP, as browsers do, is not asked again on the WebSocket that the cookie opens."""
    answer = register(server, "gina")
    cookie, token = {"Cookie": cookie_of(answer)[0], **US}, bearer(answer.json["token"])
    other = {"Cookie": cookie_of(register(server, "hugo"))[0], **US}
    with WebSocket(server.http, headers=cookie) as ws, WebSocket(server.http, headers=token) as thief, WebSocket(server.http, headers=other) as hugo:
        assert ws.call("auth.second_state")["recent"] and not thief.call("auth.second_state")["recent"]
        # The second socket finds the cookie in the cache.
        with WebSocket(server.http, headers=cookie) as second:
            assert "secret" in second.call("auth.totp_begin")
        assert "secret" in ws.call("auth.totp_begin")
        assert "secret" in api(server, "auth.totp_begin", headers=cookie).json
        assert "password" in thief.refused("auth.totp_begin")["message"]
        # A socket that becomes somebody else with a token has shown nothing of theirs.
        assert hugo.call("auth.use", token=answer.json["token"])["name"] == "gina"
        assert "password" in hugo.refused("auth.totp_begin")["message"]
        server.hub_back(server.kill("hub"))
        assert "secret" in ws.call("auth.totp_begin")
        assert "password" in thief.refused("auth.totp_begin")["message"]
    # A cookie that is older opens a session as before, and that is asked.
    late = Whiply(plugins=plugins(SITE + ' recent_time = "1s";'))
    try:
        cookie = {"Cookie": cookie_of(register(late, "ida"))[0], **US}
        time.sleep(1.1)     # longer than recent_time: asking until it is over would be too often for the command
        assert "password" in api(late, "auth.totp_begin", headers=cookie).json["detail"]
        with WebSocket(late.http, headers=cookie) as ws:
            assert not ws.call("auth.second_state")["recent"]
            assert "password" in ws.refused("auth.totp_begin")["message"]
            assert "secret" in ws.call("auth.totp_begin", password=PASSWORD)
    finally:
        late.stop()


def test_an_operator_takes_factors_off_who_lost_them(server):
    fay = Person(server, "fay")
    server.command("auth.second_reset", "fay", "--why", "lost the phone")
    assert "token" in api(server, "auth.login", {"name": "fay", "password": PASSWORD}).json
    assert fay.recovery


def bot(whiply, owner, name, scopes):
    made = api(whiply, "auth.bot_create", {"name": name}, bearer(owner["token"]))
    assert made.status == 200, made.body
    key = api(whiply, "auth.key_create", {"bot": name, "scopes": scopes}, bearer(owner["token"]))
    assert key.status == 200, key.body
    return key.json


def test_a_bots_key_may_what_its_scopes_say(server):
    owner = register(server, "olga").json
    key = bot(server, owner, "olgabot", "relay.join relay.say auth.*")
    assert key["token"].startswith("whb_")
    me = bearer(key["token"])
    assert api(server, "auth.whoami", headers=me).json["name"] == "olgabot"
    for name in ("relay.leave", "auth.devices", "auth.revoke_all", "auth.bots", "auth.export", "auth.password"):
        body = {"auth.password": {"old": PASSWORD, "new": "another one 7"}, "relay.leave": {"room": "den"}}.get(name, {})
        assert api(server, name, body, me).status == 403, name
    with WebSocket(server.http, headers=me) as ws:
        assert ws.welcome["name"] == "olgabot"
        ws.call("relay.join", room="den")
        assert ws.refused("relay.leave", room="den")["data"]["code"] == "forbidden"
    # It is no cookie, no refresh token, and nothing to open a session with by command.
    assert api(server, "auth.whoami", headers={"Cookie": f"__Host-whiply={key['token']}", **US}).json["kind"] == "guest"
    assert api(server, "auth.refresh", {"refresh": key["token"]}).status == 401
    assert api(server, "auth.use", {"token": key["token"]}).status == 401


def test_a_revoked_key_closes_its_sockets(server):
    owner = register(server, "otto").json
    key = bot(server, owner, "ottobot", "*")
    other = api(server, "auth.key_create", {"bot": "ottobot", "scopes": "*"}, bearer(owner["token"])).json
    with WebSocket(server.http, headers=bearer(key["token"])) as a, WebSocket(server.http, headers=bearer(other["token"])) as b:
        assert a.call("auth.whoami")["name"] == "ottobot"
        assert api(server, "auth.key_revoke", {"key": key["key"]}, bearer(owner["token"])).status == 200
        assert a.closed()[0] == 4003
        assert b.call("auth.whoami")["name"] == "ottobot"
        assert api(server, "auth.whoami", headers=bearer(key["token"])).status == 401
        server.command("auth.disable", "otto")
        assert b.closed()[0] == 4003
    assert api(server, "auth.whoami", headers=bearer(other["token"])).status == 401


def test_export_has_all_of_it_and_erasing_leaves_none(server):
    gus = Person(server, "gus")
    me = bearer(gus.tokens["token"])
    key = bot(server, gus.tokens, "gusbot", "chat.*")
    app = api(server, "auth.app_password", {"name": "irssi", "password": PASSWORD}, me).json
    answer = api(server, "auth.export", headers=me)
    mine = answer.json["data"]["auth"]
    assert mine["second"] == {"totp": True, "totp_begun": False, "passkey": False, "recovery_left": 10}
    assert mine["bots"][0]["name"] == "gusbot" and mine["bot_keys"][0]["scopes"] == "chat.*"
    assert "irssi" in [device.get("name") for device in mine["devices"]]
    for secret in (gus.secret, *gus.recovery, key["token"], app["password"], hashlib.sha256(key["token"].encode()).hexdigest()):
        assert secret not in answer.body.decode()
    assert api(server, "auth.erase", {"password": PASSWORD}, me).status == 200
    assert api(server, "auth.whoami", headers=bearer(key["token"])).status == 401
    assert api(server, "auth.login", {"name": "gus", "password": PASSWORD}).status == 401


def stored(whiply):
    """All bytes of the database, its log among them."""
    return b"".join(path.read_bytes() for path in (whiply.state / "plugins" / "sqlite").iterdir() if path.is_file())


def test_the_database_and_the_log_give_no_secret_away(server):
    hal = Person(server, "hal")
    me = bearer(hal.tokens["token"])
    key = bot(server, hal.tokens, "halbot", "chat.*")["token"]
    app = api(server, "auth.app_password", {"name": "irssi", "password": PASSWORD}, me).json["password"]
    hal.shows(hal.recovery[9])
    raw = base64.b32decode(hal.secret + "=" * (-len(hal.secret) % 8))
    seal = server.state / "plugins" / "auth" / "seal.key"
    assert seal.stat().st_mode & 0o777 == 0o600
    data, log = stored(server), server.log()
    assert b"halbot" in data and "auth.recovery_used" in log
    sealing = seal.read_bytes()
    for form in (sealing, base64.b64encode(sealing)[:40], base64.urlsafe_b64encode(sealing)[:40], raw, base64.b64encode(raw)[:26],
                 base64.urlsafe_b64encode(raw)[:26], raw.hex().encode(), hal.secret.encode(), key.encode(), app.encode(), hal.recovery[3].encode(),
                 hal.recovery[3].replace("-", "").encode()):
        assert form not in data, form
    for text in (hal.secret, key, app, *hal.recovery, raw.hex()):
        assert text not in log


def test_factors_and_scopes_outlive_a_killed_hub(start):
    whiply = start(plugins=plugins(SITE))
    ivy = Person(whiply, "ivy")
    key = bot(whiply, ivy.tokens, "ivybot", "relay.join")
    used = code(ivy.secret)
    assert ivy.shows(used).status == 200
    ticket = ivy.ticket()
    with WebSocket(whiply.http, headers=bearer(key["token"])) as ws:
        ws.call("relay.join", room="den")
        whiply.hub_back(whiply.kill("hub"))
        # What was promised before is forgotten, what was used stays so.
        assert ivy.shows(code(ivy.secret, 1), ticket).status == 401
        assert ivy.shows(used).status == 401
        assert ivy.shows(code(ivy.secret, 1)).status == 200
        until(lambda: ws.refused("relay.leave", room="den")["data"]["code"] == "forbidden")
        assert api(whiply, "auth.key_revoke", {"key": key["key"]}, bearer(ivy.tokens["token"])).status == 200
        assert ws.closed()[0] == 4003


# SASL, as IRC clients use it.

LISTENERS = """, {{ name = "irc"; address = "127.0.0.1:PORT"; protocol = "line"; dialect = "irc"; tls = {{ {tls} }}; }},
  {{ name = "secure"; address = "127.0.0.1:{port}"; protocol = "http"; tls = {{ {tls} }}; }}"""
TLS = 'client_certificates = "optional"; certificates = ( {{ certificate = "{dir}/us.pem"; key = "{dir}/us.key"; }} );'


def certificate(folder, name):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={name}", "-days", "2",
                    "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"], check=True, capture_output=True)


@pytest.fixture(scope="module")
def irc(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sasl")
    certificate(folder, "us")
    certificate(folder, "kim")
    port = free_ports(500)[-1]     # those before are the server's own
    whiply = Whiply(plugins=plugins(SITE) + " chat = { }; irc = { };", listeners=LISTENERS.format(port=port, tls=TLS.format(dir=folder)))
    whiply.secure = port
    yield whiply, folder
    whiply.stop()


def showing(folder, name=None):
    """TLS with a certificate of one's own."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if name:
        context.load_cert_chain(folder / f"{name}.pem", folder / f"{name}.key")
    return context


class Irc(Wire):
    """An IRC client that signs in before it registers."""

    def __init__(self, irc, shows=None):
        whiply, folder = irc
        super().__init__(whiply.extra, tls=showing(folder, shows))
        self.say("CAP LS 302", "NICK irc-kim", "USER kim 0 * :Kim")
        self.offered = line = self.told("CAP")
        while " LS * :" in line:
            line = self.told("CAP")
            self.offered += line
        self.say("CAP REQ :sasl")

    def say(self, *lines):
        self.send("".join(f"{line}\r\n" for line in lines).encode())

    def told(self, *numbers):
        """The next of these replies, as text."""
        while True:
            line = self.line()
            if any(f" {number} " in line or line.startswith(f"{number} ") for number in numbers):
                return line

    def begins(self, mechanism):
        self.say(f"AUTHENTICATE {mechanism}")
        assert self.told("AUTHENTICATE", "904", "908").endswith("+")

    def answers(self, data):
        self.say("AUTHENTICATE " + (base64.b64encode(data).decode() or "+"))

    def plain(self, name, password):
        self.begins("PLAIN")
        self.answers(f"\0{name}\0{password}".encode())
        return self.told("903", "904")


def test_irc_signs_in_with_a_password_or_where_that_is_not_enough_an_app_password(irc):
    whiply, _ = irc
    register(whiply, "jan")
    with Irc(irc) as client:
        assert "sasl=PLAIN" in client.offered and "EXTERNAL" not in client.offered
        assert " 903 " in client.plain("jan", PASSWORD)
    kim = Person(whiply, "kim")
    me = bearer(kim.tokens["token"])
    with Irc(irc) as client:
        answer = client.plain("kim", PASSWORD)
        assert " 904 " in answer and "auth.app_password" in answer
        assert " 904 " in client.plain("kim", "pass phrase 2")
        made = api(whiply, "auth.app_password", {"name": "irssi", "password": PASSWORD}, me).json
        assert " 903 " in client.plain("kim", made["password"])
        assert api(whiply, "auth.revoke", {"device": made["device"]}, me).status == 200
        assert client.rest() is not None       # closed
    with Irc(irc) as client:
        assert " 904 " in client.plain("kim", made["password"])


def test_irc_signs_in_with_the_certificate_that_tls_was_shown(irc):
    whiply, folder = irc
    lea = register(whiply, "lea").json
    with Irc(irc, shows="kim") as client:
        assert "EXTERNAL" in client.offered
        client.begins("EXTERNAL")
        client.answers(b"")
        assert " 904 " in client.told("903", "904")
    # Who has its key adds it, over a connection that shows it, and signs in with nothing else from then on.
    shown = {"tls": showing(folder, "kim")}
    made = http(whiply.secure, "POST", "/api/auth.certificate_add", {"password": PASSWORD}, bearer(lea["token"]), **shown)
    assert made.status == 200, made.body
    with Irc(irc, shows="kim") as client:
        client.begins("EXTERNAL")
        client.answers(b"")
        assert " 900 " in (told := client.told("900", "904")) and " lea " in told
        assert api(whiply, "auth.revoke", {"device": made.json["device"]}, bearer(lea["token"])).status == 200
        client.rest()       # closed
    with Irc(irc, shows="kim") as client:
        client.begins("EXTERNAL")
        client.answers(b"")
        assert " 904 " in client.told("903", "904")
    # Nobody adds a certificate that the connection has not shown.
    pem = ssl.PEM_cert_to_DER_cert((folder / "kim.pem").read_text())
    answer = api(whiply, "auth.certificate_add", {"fingerprint": hashlib.sha256(pem).hexdigest(), "password": PASSWORD}, bearer(lea["token"]))
    assert answer.status == 409, answer.body
    with Irc(irc) as client:
        client.begins("EXTERNAL")
        client.answers(b"")
        assert " 904 " in client.told("903", "904")


def scram(client, name, password):
    client.begins("SCRAM-SHA-256")
    bare = f"n={name},r=clientnonce1234567890"
    client.answers(f"n,,{bare}".encode())
    first = base64.b64decode(client.told("AUTHENTICATE").split(" ")[-1]).decode()
    nonce, salt, rounds = (part.split("=", 1)[1] for part in first.split(","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(salt), int(rounds))
    key = hmac.digest(salted, b"Client Key", "sha256")
    text = f"{bare},{first},c=biws,r={nonce}".encode()
    proof = bytes(a ^ b for a, b in zip(key, hmac.digest(hashlib.sha256(key).digest(), text, "sha256")))
    client.answers(f"c=biws,r={nonce},p={base64.b64encode(proof).decode()}".encode())
    answer = client.told("AUTHENTICATE", "904")
    if "904" in answer:
        return answer
    server = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), text, "sha256")
    assert base64.b64decode(answer.split(" ")[-1]).decode() == f"v={base64.b64encode(server).decode()}"
    client.answers(b"")
    return client.told("903", "904")


def test_irc_signs_in_by_scram(irc):
    whiply, _ = irc
    register(whiply, "mia")
    with Irc(irc) as client:
        assert " 904 " in scram(client, "mia", "pass phrase 2")
        assert " 904 " in scram(client, "nobody", PASSWORD)
        assert " 903 " in scram(client, "mia", PASSWORD)


def test_irc_keeps_a_bot_to_the_scopes_of_its_key(irc):
    whiply, _ = irc
    owner = register(whiply, "nora").json
    key = bot(whiply, owner, "norabot", "chat.join chat.who chat.history")
    with Irc(irc) as client:
        assert " 903 " in client.plain("norabot", key["token"])
        client.say("CAP END")
        client.told("001")
        client.say("JOIN #den")
        client.told("JOIN")
        client.say("PRIVMSG #den :hello")
        assert "scopes of your key" in client.told("404", "PRIVMSG", "NOTICE", "FAIL")
