"""Accounts against the whole server: tokens and cookies over HTTP and WebSocket, what a browser's page of another site may not do,
revoking, and what survives a hub that is killed. docs/accounts.md has a table of attacks that names the tests here."""
import threading
import time
import urllib.parse

import pytest
from conftest import Whiply
from wire import WebSocket, http, until

CHEAP = 'hash_memory = "64KiB"; hash_passes = 1; registrations = 100000;'
PASSWORD = "pass phrase 1"
US = {"Origin": "http://test.example"}
EVIL = {"Origin": "https://evil.example"}


def plugins(settings="", cost=CHEAP):
    return f"sqlite = {{ }}; mail = {{ }}; audit = {{ }}; auth = {{ {cost} {settings} }};"


@pytest.fixture(scope="module")
def server():
    whiply = Whiply(plugins=plugins())
    yield whiply
    whiply.stop()


def api(whiply, name, body=None, headers=(), method="POST"):
    return http(whiply.http, method, f"/api/{name}", {} if body is None else body, headers)


def bearer(token):
    return {"Authorization": f"Bearer {token}"}


def register(whiply, name):
    answer = api(whiply, "auth.register", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.body
    return answer


def cookie_of(answer):
    pair, *rest = [part.strip() for part in answer.headers["set-cookie"].split(";")]
    return pair, rest


def login(whiply, name, **more):
    return WebSocket(whiply.http), api(whiply, "auth.login", {"name": name, "password": PASSWORD, **more}).json


def test_a_bearer_token_is_somebody_over_http_and_websocket(server):
    tokens = register(server, "bea").json
    assert api(server, "auth.whoami", headers=bearer(tokens["token"])).json["name"] == "bea"
    with WebSocket(server.http, headers=bearer(tokens["token"])) as ws:
        assert ws.welcome["name"] == "bea"
        assert ws.call("auth.whoami")["account"] == tokens["account"]


def test_a_bad_bearer_token_is_refused(server):
    tokens = register(server, "bad").json
    for token in ("rubbish", tokens["token"][:-1] + ("y" if tokens["token"][-1] == "x" else "x"), tokens["refresh"], "whs_" + "A" * 49):
        answer = api(server, "auth.whoami", headers=bearer(token))
        assert answer.status == 401, token
        assert "www-authenticate" in answer.headers
        with WebSocket(server.http, headers=bearer(token), greet=False) as ws:
            assert ws.closed()[0] == 4401


def test_a_cookie_is_for_browsers_and_hidden_from_scripts(server):
    pair, flags = cookie_of(register(server, "cora"))
    name, value = pair.split("=", 1)
    assert name == "__Host-whiply" and value.startswith("whs_")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(flags)
    assert api(server, "auth.whoami", headers={"Cookie": pair, **US}).json["name"] == "cora"
    with WebSocket(server.http, headers={"Cookie": pair, **US}) as ws:
        assert ws.call("auth.whoami")["name"] == "cora"
    # What is in the cookie opens nothing as a bearer token, and the other way round.
    assert api(server, "auth.whoami", headers=bearer(value)).status == 401


def test_a_page_of_another_site_does_nothing_with_the_cookie(server):
    pair, _ = cookie_of(register(server, "carl"))
    for headers in (EVIL, {}, {"Sec-Fetch-Site": "cross-site", **US}, {"Origin": "null"}, {"Origin": "http://test.example.evil.example"}):
        answer = api(server, "auth.revoke_all", headers={"Cookie": pair, **headers})
        assert answer.status == 403, headers
    assert api(server, "auth.whoami", headers={"Cookie": pair, **US}).json["name"] == "carl"


def test_a_page_of_another_site_opens_no_websocket(server):
    pair, _ = cookie_of(register(server, "cleo"))
    for origin in ("https://evil.example", "http://test.example.evil.example", "https://test.example:81", "null"):
        with WebSocket(server.http, headers={"Cookie": pair, "Origin": origin}, greet=False) as ws:
            assert not ws.accepted, origin
            assert ws.answer.status == 403


def test_a_bad_cookie_makes_a_guest_and_is_taken_away(server):
    answer = api(server, "auth.whoami", headers={"Cookie": "__Host-whiply=whs_rubbish", **US})
    assert answer.json["kind"] == "guest"
    pair, flags = cookie_of(answer)
    assert pair == "__Host-whiply=" and "Max-Age=0" in flags
    assert "set-cookie" not in api(server, "auth.whoami").headers


def test_a_token_in_the_url_is_nobodys(server):
    token = register(server, "uma").json["token"]
    for query in (f"access_token={token}", f"token={token}"):
        answer = http(server.http, "GET", f"/api/auth.whoami?{query}")
        assert answer.status != 200 or answer.json["kind"] == "guest"
        with WebSocket(server.http, path=f"/ws?{query}") as ws:
            assert ws.call("auth.whoami")["kind"] == "guest"


def test_no_secret_is_logged(server):
    tokens = register(server, "lola").json
    api(server, "auth.whoami", headers=bearer(tokens["token"]))
    api(server, "auth.refresh", {"refresh": tokens["refresh"]})
    api(server, "auth.login", {"name": "lola", "password": PASSWORD})
    log = server.log()
    assert "auth.signed_in" in log
    for secret in (tokens["token"], tokens["refresh"], PASSWORD):
        assert secret not in log


def test_a_guest_that_signs_in_keeps_its_rooms_and_gets_a_new_resume_token(server):
    register(server, "rita")
    with WebSocket(server.http) as ws:
        before = ws.welcome["token"]
        ws.call("relay.join", room="den")
        ws.call("auth.login", name="rita", password=PASSWORD)
        event = ws.notification("session.identity")
        assert event["kind"] == "account" and event["name"] == "rita"
        assert event["token"] != before
        assert ws.call("session.whoami")["rooms"] == ["den"]
        # What the guest was given opens the session no more.
        with WebSocket(server.http) as thief:
            thief.refused("session.resume", token=before)
        after = event["token"]
    with WebSocket(server.http) as ws:
        assert ws.call("session.resume", token=after)["name"] == "rita"
        assert ws.call("auth.whoami")["name"] == "rita"


def test_revoking_closes_sockets_and_ends_tokens(server):
    register(server, "rosa")
    _, one = login(server, "rosa")
    _, two = login(server, "rosa")
    with WebSocket(server.http, headers=bearer(one["token"])) as a, WebSocket(server.http, headers=bearer(two["token"])) as b:
        devices = b.call("auth.devices")["devices"]
        assert len(devices) == 3 and sum(d["this"] for d in devices) == 1
        b.call("auth.revoke", device=one["device"])
        assert a.closed()[0] == 4003
        assert api(server, "auth.whoami", headers=bearer(one["token"])).status == 401
        assert api(server, "auth.refresh", {"refresh": one["refresh"]}).status == 401
        assert b.call("auth.whoami")["name"] == "rosa"
        b.call("auth.revoke_all")
        assert b.closed()[0] == 4003


def test_logging_out_over_http_clears_the_cookie_and_closes_the_sockets(server):
    pair, _ = cookie_of(register(server, "lena"))
    with WebSocket(server.http, headers={"Cookie": pair, **US}) as ws:
        answer = api(server, "auth.logout", headers={"Cookie": pair, **US})
        assert answer.status == 200
        assert cookie_of(answer)[0] == "__Host-whiply="
        assert ws.closed()[0] == 4003
    assert api(server, "auth.whoami", headers={"Cookie": pair, **US}).json["kind"] == "guest"


def test_a_refresh_token_is_good_once(server):
    tokens = register(server, "rufus").json
    fresh = api(server, "auth.refresh", {"refresh": tokens["refresh"]}).json
    again = api(server, "auth.refresh", {"refresh": tokens["refresh"]}).json
    assert fresh["token"] == again["token"] and fresh["refresh"] == again["refresh"]
    assert api(server, "auth.whoami", headers=bearer(tokens["token"])).status == 401
    assert api(server, "auth.whoami", headers=bearer(fresh["token"])).json["name"] == "rufus"


def test_a_role_reaches_an_open_socket_at_once(server):
    tokens = register(server, "mona").json
    with WebSocket(server.http, headers=bearer(tokens["token"])) as ws:
        assert ws.refused("auth.accounts")["data"]["code"] == "forbidden"
        server.command("auth.grant", "mona", "moderator")
        assert "moderator" in ws.notification("session.identity")["roles"]
        assert ws.call("auth.accounts")["accounts"]
        assert api(server, "auth.accounts", headers=bearer(tokens["token"])).status == 200
        server.command("auth.ungrant", "mona", "moderator")
        assert ws.refused("auth.accounts")["data"]["code"] == "forbidden"
        assert api(server, "auth.accounts", headers=bearer(tokens["token"])).status == 403


def test_the_operator_makes_accounts_without_becoming_one(server):
    made = server.command("auth.register", "opal", PASSWORD)
    assert made["name"] == "opal" and "token" not in made
    assert api(server, "auth.login", {"name": "opal", "password": PASSWORD}).status == 200


def test_the_first_administrator_is_made_once(start):
    whiply = start(plugins=plugins())
    token = until(lambda: whiply.events("first_admin"))[0]["token"]
    tokens = register(whiply, "first").json
    other = register(whiply, "other").json
    assert api(whiply, "auth.first_admin", {"token": "whl_wrong"}, bearer(tokens["token"])).status == 403
    assert api(whiply, "auth.first_admin", {"token": token}, bearer(tokens["token"])).status == 200
    assert api(whiply, "auth.accounts", headers=bearer(tokens["token"])).status == 200
    assert api(whiply, "auth.first_admin", {"token": token}, bearer(other["token"])).status == 403


def test_the_link_of_the_log_makes_the_first_administrator_once(start):
    """As a browser does: the page, and its form. What is wrong is said on the page, and the link stays good."""
    whiply = start(plugins=plugins('site = "http://chat.example";'))
    link = until(lambda: whiply.events("first_admin"))[0]["link"]
    assert link.startswith("http://chat.example/auth/first?token=whl_")
    path, token = link.removeprefix("http://chat.example"), link.split("=")[1]

    def post(**fields):
        return http(whiply.http, "POST", "/auth/first", urllib.parse.urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"})

    page = http(whiply.http, "GET", path)
    assert page.status == 200 and f'value="{token}"' in page.body.decode() and "<script" not in page.body.decode()
    assert post(token="whl_wrong", name="root", password=PASSWORD).status == 403
    short = post(token=token, name="<b>first", password="x")
    assert short.status == 400 and "&lt;b&gt;first" in short.body.decode()
    assert api(whiply, "auth.login", {"name": "root", "password": PASSWORD}).status == 401
    assert post(token=token, name="chief", password=PASSWORD).status == 200
    signed_in = api(whiply, "auth.login", {"name": "chief", "password": PASSWORD}).json
    assert api(whiply, "auth.accounts", headers=bearer(signed_in["token"])).status == 200
    assert post(token=token, name="second", password=PASSWORD).status == 403
    assert api(whiply, "auth.login", {"name": "second", "password": PASSWORD}).status == 401


def test_who_has_an_account_becomes_the_first_administrator_with_it(start):
    whiply = start(plugins=plugins())
    token = until(lambda: whiply.events("first_admin"))[0]["token"]
    register(whiply, "early")

    def post(password):
        fields = urllib.parse.urlencode(dict(token=token, name="early", password=password))
        return http(whiply.http, "POST", "/auth/first", fields.encode(), {"Content-Type": "application/x-www-form-urlencoded"}).status

    assert post("pass phrase 2") == 401
    assert post(PASSWORD) == 200


def test_a_killed_hub_signs_nobody_out_and_what_was_revoked_stays_so(start):
    whiply = start(plugins=plugins())
    tokens = register(whiply, "kate").json
    gone = api(whiply, "auth.login", {"name": "kate", "password": PASSWORD}).json
    whiply.command("auth.grant", "kate", "moderator")
    with WebSocket(whiply.http, headers=bearer(tokens["token"])) as ws, WebSocket(whiply.http, headers=bearer(gone["token"])) as b:
        ws.call("relay.join", room="den")
        b.call("auth.whoami")
        whiply.hub_back(whiply.kill("hub"))
        who = ws.call("auth.whoami")
        assert who["name"] == "kate" and who["device"] == tokens["device"] and "moderator" in who["roles"]
        assert api(whiply, "auth.whoami", headers=bearer(tokens["token"])).json["name"] == "kate"
        # The new hub knows which socket came with which device.
        ws.call("auth.revoke", device=gone["device"])
        assert b.closed()[0] == 4003
        whiply.hub_back(whiply.kill("hub"))
        assert ws.call("auth.whoami")["name"] == "kate"
        assert api(whiply, "auth.whoami", headers=bearer(gone["token"])).status == 401
        # Grants still reach a socket that has lived through it.
        whiply.command("auth.ungrant", "kate", "moderator")
        until(lambda: ws.call("auth.whoami")["roles"] == "member")


def test_an_account_that_was_disabled_while_the_hub_was_away_is_signed_out(start):
    whiply = start(plugins=plugins())
    tokens = register(whiply, "dora").json
    with WebSocket(whiply.http, headers=bearer(tokens["token"])) as ws:
        ws.call("auth.whoami")
        whiply.command("auth.disable", "dora")
        assert ws.closed()[0] == 4003
        whiply.hub_back(whiply.kill("hub"))
    assert api(whiply, "auth.whoami", headers=bearer(tokens["token"])).status == 401
    assert api(whiply, "auth.login", {"name": "dora", "password": PASSWORD}).status == 403


def test_a_surplus_of_logins_is_told_to_wait_and_locks_nobody_out(start):
    """More logins than can be hashed: some are answered with 429 and Retry-After, none of them counts as a failure."""
    whiply = start(plugins=plugins('hashing = 2;', cost='hash_memory = "19MiB"; hash_passes = 2; registrations = 1000;'),
                   limits="per_address = 1000;", hub='address_rate = "10000/s burst 10000"; call_timeout = "60s";')
    for i in range(4):
        until(lambda i=i: api(whiply, "auth.register", {"name": f"crowd{i}x", "password": PASSWORD}).status == 200, 30)
    answers = []

    def one(i):
        answers.append(api(whiply, "auth.login", {"name": f"crowd{i % 4}x", "password": PASSWORD}))

    threads = [threading.Thread(target=one, args=(i,)) for i in range(40)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    codes = [a.status for a in answers]
    assert set(codes) <= {200, 429} and 200 in codes and 429 in codes, codes
    assert all(int(a.headers["retry-after"]) >= 1 for a in answers if a.status == 429)
    for i in range(4):
        until(lambda i=i: api(whiply, "auth.login", {"name": f"crowd{i}x", "password": PASSWORD}).status == 200, 60)


def test_an_unknown_name_costs_as_much_as_a_wrong_password(start):
    """Medians over the same server, with a real cost: what differs is far below what a hash takes."""
    whiply = start(plugins=plugins('tries = 100;', cost='hash_memory = "19MiB"; hash_passes = 2;'),
                   hub='address_rate = "10000/s burst 10000"; call_timeout = "60s";')
    register(whiply, "known")

    def took(name):
        began = time.monotonic()
        answer = api(whiply, "auth.login", {"name": name, "password": "pass phrase 2"})
        assert answer.status == 401, answer.body
        return time.monotonic() - began

    pairs = [(took("known"), took("unknown")) for _ in range(9)]
    known = sorted(a for a, _ in pairs)[4]
    unknown = sorted(b for _, b in pairs)[4]
    assert 0.5 < known / unknown < 2, (known, unknown)


def test_guests_may_be_shut_out(start):
    whiply = start(plugins=plugins("guests = false;"))
    with WebSocket(whiply.http) as ws:
        assert ws.refused("relay.join", room="den")["data"]["code"] == "unauthenticated"
        ws.call("auth.register", name="gina", password=PASSWORD)
        ws.call("relay.join", room="den")


def test_what_is_done_to_accounts_is_in_the_audit_log(server):
    made = register(server, "audrey").json
    assert api(server, "auth.login", {"name": "audrey", "password": "pass phrase 2"}).status == 401
    server.command("auth.grant", "audrey", "greeter", "--why", "kind")
    assert api(server, "auth.revoke_all", headers=bearer(made["token"])).status == 200

    def actions():
        entries = server.command("audit.list", "--limit", 100)["entries"]
        return {entry["action"]: entry for entry in entries if made["account"] in (entry.get("who"), entry.get("on"))}

    found = until(lambda: len(got := actions()) >= 4 and got)
    assert {"auth.signed_in", "auth.login_failed", "auth.granted", "auth.revoked"} <= set(found)
    assert found["auth.granted"]["why"] == "kind"
    assert server.command("audit.verify")["ok"]
    assert "127.0.0.1" not in str(found)


def test_an_erased_person_leaves_the_audit_log_right_and_without_their_name(server):
    made = register(server, "erwin").json
    assert api(server, "auth.login", {"name": "erwin", "password": "pass phrase 2"}).status == 401
    server.command("auth.grant", "erwin", "greeter", "--why", "kind to all")
    assert api(server, "auth.erase", {"password": PASSWORD}, bearer(made["token"])).status == 200

    def left():
        return server.command("audit.list", "--limit", 200)["entries"]

    until(lambda: any(entry["action"] == "audit.erased" and entry["on"] == made["account"] for entry in left()))
    entries = left()
    assert "erwin" not in str(entries) and "kind to all" not in str(entries)
    # What was done, and when, is still there.
    assert {"auth.login_failed", "auth.granted"} <= {entry["action"] for entry in entries if entry.get("on") == made["account"]}
    checked = server.command("audit.verify")
    assert checked["ok"] and checked["erased"] > 0
