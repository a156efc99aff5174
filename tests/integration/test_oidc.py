"""Signing in over another provider, and being one, against the whole server: with oidc-provider, which somebody else wrote, and with a client
in Python that shares no line with us. docs/accounts.md has a table of attacks that names the tests here."""
import base64
import hashlib
import http.client
import json
import os
import re
import secrets
import shutil
import subprocess
import time
import urllib.parse

import pytest
from conftest import ROOT, Whiply, free_ports
from wire import WebSocket, until

NPM = ROOT / "build" / "npm"
CHEAP = 'hash_memory = "64KiB"; hash_passes = 1; registrations = 100000; insecure_cookie = true; login_page = "/login"; oauth_scopes = [ "relay" ];'
PASSWORD = "pass phrase 1"


def serve(settings="", fetch=""):
    """A server whose own address is its site."""
    whiply = Whiply(listeners=', { name = "site"; address = "127.0.0.1:PORT"; protocol = "http"; }',
                    plugins=f'sqlite = {{ }}; fetch = {{ {fetch} }}; auth = {{ {CHEAP} site = "http://127.0.0.1:PORT"; {settings} }};')
    whiply.site = f"http://127.0.0.1:{whiply.extra}"
    return whiply


class Page:
    def __init__(self, url, answer):
        self.url, self.status, self.body = url, answer.status, answer.read()
        self.headers = answer.headers
        self.location = urllib.parse.urljoin(url, answer.headers["location"]) if "location" in answer.headers else None

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


class Browser:
    """As much of one as signing in needs: cookies for each origin, and redirects that are followed one by one."""

    def __init__(self, user=""):
        self.cookies = {}
        self.user = user

    def ask(self, method, url, body=None, headers=()):
        parts = urllib.parse.urlsplit(url)
        headers = {"x-user": self.user, "Host": parts.netloc, **dict(headers)}
        jar = self.cookies.setdefault(parts.netloc, {})
        if jar:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in jar.items())
        if method == "POST":
            headers.setdefault("Origin", f"{parts.scheme}://{parts.netloc}")
            headers.setdefault("Sec-Fetch-Site", "same-origin")
        connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=20)
        connection.request(method, parts.path + ("?" + parts.query if parts.query else ""), body, headers)
        answer = connection.getresponse()
        for cookie in answer.headers.get_all("set-cookie") or []:
            name, _, value = cookie.split(";")[0].partition("=")
            jar[name.strip()] = value
            if not value or "Max-Age=0" in cookie:
                del jar[name.strip()]
        page = Page(url, answer)
        connection.close()
        return page

    def get(self, url, **headers):
        return self.ask("GET", url, headers=headers)

    def post(self, url, **fields):
        return self.ask("POST", url, urllib.parse.urlencode(fields), {"Content-Type": "application/x-www-form-urlencoded"})

    def call(self, site, command, **args):
        return self.ask("POST", f"{site}/api/{command}", json.dumps(args), {"Content-Type": "application/json"})

    def follow(self, page, until_url):
        """Goes where it is sent, until an address that begins so; that one is not opened."""
        for _ in range(12):
            assert page.location, (page.url, page.status, page.text[:500])
            if page.location.startswith(until_url):
                return page.location
            page = self.get(page.location)
        raise AssertionError("sent round and round")


def query_of(url):
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))


# Another provider


@pytest.fixture(scope="module")
def node():
    if shutil.which("node") is None:
        pytest.skip("there is no node: the package nodejs is missing")
    if not (NPM / "installed").exists():
        pytest.skip("oidc-provider is not installed: ./dev could not reach npm's registry, see build/npm/log")
    return "node"


class Idp:
    """oidc-provider, which knows the server as a client."""

    def __init__(self, node, redirects, alg="ES256", **more):
        self.port, = free_ports(1)
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.secret = secrets.token_urlsafe(24)
        client = {"client_id": "whiply", "client_secret": self.secret, "redirect_uris": redirects, **more.pop("client", {})}
        setup = {"port": self.port, "alg": alg, "client": client, **more}
        self.process = subprocess.Popen([node, ROOT / "tests" / "npm" / "provider.mjs", json.dumps(setup)], cwd=NPM, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True, env={**os.environ, "NODE_OPTIONS": ""})
        line = self.process.stdout.readline()
        while line and line != "ready\n":
            line = self.process.stdout.readline()
        assert line == "ready\n", "oidc-provider did not start"

    def stop(self):
        self.process.terminate()
        self.process.communicate(timeout=10)


def beside(node, tmp_path_factory, alg="ES256", allowed=True, **more):
    """A provider and a server that signs people in over it."""
    folder = tmp_path_factory.mktemp("idp")
    # The site's port is not known before the server is there, so the provider comes to know it last: settings are read anew.
    whiply = serve()
    idp = Idp(node, [f"{whiply.site}/auth/callback/idp"], alg, **more)
    (folder / "secret").write_text(idp.secret + "\n")
    allow = f'allow = [ "{idp.issuer}" ];' if allowed else ""
    whiply.configure(plugins=f'sqlite = {{ }}; fetch = {{ {allow} }}; auth = {{ {CHEAP} site = "http://127.0.0.1:PORT"; providers = ( {{ name = "idp"; '
                             f'issuer = "{idp.issuer}"; client_id = "whiply"; client_secret_file = "{folder}/secret"; label = "The other one"; }} ); }};')
    assert whiply.ctl("reload").returncode == 0
    until(lambda: Browser().call(whiply.site, "auth.providers").json["providers"], what="the provider")
    return whiply, idp


@pytest.fixture(scope="module")
def pair(node, tmp_path_factory):
    whiply, idp = beside(node, tmp_path_factory)
    yield whiply, idp
    idp.stop()
    whiply.stop()


def begin(browser, whiply, command="auth.provider_begin", **args):
    answer = browser.call(whiply.site, command, provider="idp", **args)
    assert answer.status == 200, answer.text
    return answer.json


def sign_in(whiply, user, **args):
    """A browser goes all the way. Returns it, and where it ended."""
    browser = Browser(user)
    url = begin(browser, whiply, **args)["url"]
    ended = browser.follow(browser.get(url), f"{whiply.site}/login")
    return browser, ended


def test_a_browser_signs_in_over_another_provider(pair):
    whiply, idp = pair
    assert Browser().call(whiply.site, "auth.providers").json["providers"] == [{"name": "idp", "label": "The other one"}]
    browser, ended = sign_in(whiply, "zoe")
    assert ended == f"{whiply.site}/login#signed_in=1"
    who = browser.call(whiply.site, "auth.whoami").json
    assert (who["kind"], who["name"]) == ("account", "zoe")
    again, _ = sign_in(whiply, "zoe")
    assert again.call(whiply.site, "auth.whoami").json["account"] == who["account"]
    other, _ = sign_in(whiply, "yan")
    assert other.call(whiply.site, "auth.whoami").json["account"] != who["account"]


@pytest.mark.parametrize("alg", ["RS256", "EdDSA"])
def test_id_tokens_of_each_algorithm_are_verified(node, tmp_path_factory, alg):
    # Without userinfo: the name stands in the ID token.
    whiply, idp = beside(node, tmp_path_factory, alg, conform=False)
    try:
        browser, _ = sign_in(whiply, "al")
        assert browser.call(whiply.site, "auth.whoami").json["name"] == "al"
    finally:
        idp.stop()
        whiply.stop()


def test_an_app_signs_in_with_a_ticket_and_its_proof(pair):
    whiply, _ = pair
    with WebSocket(whiply.http) as app, WebSocket(whiply.http) as thief:
        begun = app.call("auth.provider_begin", provider="idp")
        browser = Browser("app-user")
        ended = browser.follow(browser.get(begun["url"]), f"{whiply.site}/login")
        ticket = ended.partition("#ticket=")[2]
        assert ticket.startswith("whv_")
        assert thief.refused("auth.provider_ticket", ticket=ticket)["code"]
        other = thief.call("auth.provider_begin", provider="idp")
        assert thief.refused("auth.provider_ticket", ticket=ticket, proof=other["proof"])
        assert app.call("auth.provider_ticket", ticket=ticket, proof=begun["proof"])["name"] == "app-user"
        assert app.call("auth.whoami")["kind"] == "account"
    # The browser that was only on the way is nobody.
    assert browser.call(whiply.site, "auth.whoami").json["kind"] == "guest"


def test_another_browser_cannot_finish_what_one_began(pair):
    whiply, _ = pair
    attacker, victim = Browser("attacker"), Browser("victim")
    begin(victim, whiply)
    url = begin(attacker, whiply)["url"]
    back = attacker.follow(attacker.get(url), f"{whiply.site}/auth/callback/idp")
    # The attacker has the victim open the last address: it must not sign the victim in to the attacker's account.
    page = victim.get(back)
    assert page.status == 400 and "another browser" in page.text
    assert victim.call(whiply.site, "auth.whoami").json["kind"] == "guest"
    # And it is used up.
    assert attacker.get(back).status == 400
    # One policy, the page's own: a browser would obey a second one as well.
    policy, = page.headers.get_all("content-security-policy")
    assert policy.startswith("default-src 'none';")


def test_who_does_not_agree_there_is_told_so_here(pair):
    whiply, _ = pair
    browser, ended = sign_in(whiply, "")
    assert "#error=" in ended and "agree" in urllib.parse.unquote(ended)
    assert browser.call(whiply.site, "auth.whoami").json["kind"] == "guest"


def test_a_browser_links_and_unlinks(pair):
    whiply, _ = pair
    browser = Browser("lin-there")
    assert browser.call(whiply.site, "auth.register", name="lin", password=PASSWORD).status == 200
    url = begin(browser, whiply, "auth.link_begin", return_to="/settings")["url"]
    assert browser.follow(browser.get(url), f"{whiply.site}/settings") == f"{whiply.site}/settings#linked=1"
    assert [link["provider"] for link in browser.call(whiply.site, "auth.links").json["links"]] == ["idp"]
    other, _ = sign_in(whiply, "lin-there")
    assert other.call(whiply.site, "auth.whoami").json["name"] == "lin"
    assert other.call(whiply.site, "auth.unlink", provider="idp").status == 200
    third, _ = sign_in(whiply, "lin-there")
    assert third.call(whiply.site, "auth.whoami").json["name"] != "lin"


def test_a_name_that_is_taken_is_asked_for_anew(pair):
    whiply, _ = pair
    assert Browser().call(whiply.site, "auth.register", name="tom", password=PASSWORD).status == 200
    browser, ended = sign_in(whiply, "tom")
    ticket = ended.partition("#finish=")[2]
    assert ticket
    assert browser.call(whiply.site, "auth.provider_finish", ticket=ticket, name="tom").status == 409
    assert Browser().call(whiply.site, "auth.provider_finish", ticket=ticket, name="tommy").status == 401
    assert browser.call(whiply.site, "auth.provider_finish", ticket=ticket, name="tommy").json["name"] == "tommy"


def test_a_provider_on_a_private_address_has_to_be_allowed(node, tmp_path_factory):
    whiply, idp = beside(node, tmp_path_factory, allowed=False)
    try:
        answer = Browser().call(whiply.site, "auth.provider_begin", provider="idp")
        assert answer.status == 503
        assert whiply.events("fetch_refused")
    finally:
        idp.stop()
        whiply.stop()


def test_nothing_secret_of_the_way_is_logged(pair):
    whiply, idp = pair
    browser, _ = sign_in(whiply, "quiet")
    # The token of the first administrator is told by the log, and by nothing else.
    log = "\n".join(line for line in whiply.log().splitlines() if '"first_admin"' not in line)
    assert idp.secret not in log
    for cookie in browser.cookies[urllib.parse.urlsplit(whiply.site).netloc].values():
        assert cookie not in log
    assert not re.search(r"wh[a-z]_[A-Za-z0-9_-]{40}", log)
    assert "code=" not in log


# Being a provider


P = 2**256 - 2**224 + 2**192 + 2**96 - 1
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296, 0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)


def point_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and (a[1] + b[1]) % P == 0:
        return None
    slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P) if a == b else (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def point_times(k, a):
    sum_ = None
    while k:
        if k & 1:
            sum_ = point_add(sum_, a)
        a = point_add(a, a)
        k >>= 1
    return sum_


def b64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def verify_es256(token, jwks):
    """The claims of a token, if a key of the JWKS signed it."""
    head, body, signature = token.split(".")
    header = json.loads(b64(head))
    assert header["alg"] == "ES256"
    key, = [k for k in jwks["keys"] if k["kid"] == header["kid"]]
    r, s = int.from_bytes(b64(signature)[:32], "big"), int.from_bytes(b64(signature)[32:], "big")
    e = int.from_bytes(hashlib.sha256(f"{head}.{body}".encode()).digest(), "big")
    w = pow(s, -1, N)
    q = int.from_bytes(b64(key["x"]), "big"), int.from_bytes(b64(key["y"]), "big")
    x, _ = point_add(point_times(e * w % N, G), point_times(r * w % N, q))
    assert x % N == r, "the signature is wrong"
    return json.loads(b64(body))


class Client:
    """Another site: registered by the operator, and then only what OpenID Connect says."""

    def __init__(self, whiply, name, *more):
        self.redirect = "http://127.0.0.1:1/cb"
        made = whiply.command("auth.client_create", "--name", name, "--redirect_uris", f'["{self.redirect}"]', *more)
        self.id, self.secret = made["client_id"], made.get("client_secret")
        self.whiply = whiply
        self.about = Browser().get(f"{whiply.site}/.well-known/openid-configuration").json
        assert self.about["issuer"] == whiply.site

    def post(self, endpoint, **fields):
        browser = Browser()
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        if self.secret:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        else:
            fields["client_id"] = self.id
        connection = http.client.HTTPConnection("127.0.0.1", self.whiply.extra, timeout=20)
        connection.request("POST", urllib.parse.urlsplit(self.about[endpoint]).path, urllib.parse.urlencode(fields), headers)
        page = Page(self.about[endpoint], connection.getresponse())
        connection.close()
        assert browser.cookies == {} and "set-cookie" not in page.headers
        return page

    def authorize(self, **more):
        self.verifier = secrets.token_urlsafe(48)
        self.state, self.nonce = secrets.token_urlsafe(16), secrets.token_urlsafe(16)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")
        fields = {"response_type": "code", "client_id": self.id, "redirect_uri": self.redirect, "scope": "openid profile offline_access relay",
                  "state": self.state, "nonce": self.nonce, "code_challenge": challenge, "code_challenge_method": "S256", **more}
        return f"{self.about['authorization_endpoint']}?{urllib.parse.urlencode(fields)}"

    def code(self, browser, **more):
        """The person agrees, if asked. Returns the code."""
        page = browser.get(self.authorize(**more))
        if page.status == 200:
            page = agree(browser, page)
        assert page.status == 303, page.text
        assert page.location.startswith(self.redirect + "?")
        back = query_of(page.location)
        assert back["state"] == self.state and back["iss"] == self.about["issuer"]
        return back["code"]

    def exchange(self, code, **more):
        return self.post("token_endpoint", **{"grant_type": "authorization_code", "code": code, "redirect_uri": self.redirect,
                                              "code_verifier": self.verifier, **more})

    def refresh(self, token):
        return self.post("token_endpoint", grant_type="refresh_token", refresh_token=token)


def agree(browser, page, decision="allow"):
    fields = dict(re.findall(r'name="([a-z_]+)" value="([^"]*)"', page.text))
    fields = {name: value.replace("&amp;", "&") for name, value in fields.items()}
    target = re.search(r'action="([^"]+)"', page.text)[1]
    return browser.post(urllib.parse.urljoin(page.url, target), **{**fields, "decision": decision})


def person(whiply, name):
    browser = Browser()
    answer = browser.call(whiply.site, "auth.register", name=name, password=PASSWORD)
    assert answer.status == 200, answer.text
    return browser


def whoami(whiply, token):
    return Browser().ask("GET", f"{whiply.site}/api/auth.whoami", headers={"Authorization": f"Bearer {token}"})


@pytest.fixture(scope="module")
def provider():
    whiply = serve()
    yield whiply
    whiply.stop()


def test_another_site_signs_somebody_in(provider):
    client, browser = Client(provider, "site"), person(provider, "ann")
    page = browser.get(client.authorize())
    assert page.status == 200 and "<script" not in page.text and "ann" in page.text
    policy, = page.headers.get_all("content-security-policy")
    assert "default-src 'none'" in policy and "form-action 'self' http://127.0.0.1:1" in policy and "frame-ancestors 'none'" in policy
    tokens = client.exchange(client.code(browser)).json
    assert tokens["token_type"] == "Bearer" and 0 < tokens["expires_in"] <= 3600
    jwks = Browser().get(client.about["jwks_uri"]).json
    claims = verify_es256(tokens["id_token"], jwks)
    assert (claims["iss"], claims["aud"], claims["nonce"], claims["name"]) == (provider.site, client.id, client.nonce, "ann")
    assert abs(claims["iat"] - time.time()) < 30 and claims["exp"] > time.time()
    info = Browser().ask("GET", client.about["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"})
    assert info.json["sub"] == claims["sub"] and info.json["preferred_username"] == "ann"
    assert whoami(provider, tokens["access_token"]).json["name"] == "ann"
    # Such a token is a client's: it says what it may say, and nothing of the account is in its hands.
    said = Browser().ask("POST", f"{provider.site}/api/auth.revoke_all", "{}", {"Authorization": f"Bearer {tokens['access_token']}",
                                                                                "Content-Type": "application/json"})
    assert said.status == 403


def test_a_token_of_another_site_speaks_over_websocket(provider):
    client, browser = Client(provider, "talks"), person(provider, "wes")
    tokens = client.exchange(client.code(browser)).json
    with WebSocket(provider.http, headers={"Authorization": f"Bearer {tokens['access_token']}"}) as ws:
        assert ws.welcome["name"] == "wes"
        assert ws.refused("auth.devices")
        client.post("revocation_endpoint", token=tokens["refresh_token"])
        assert ws.closed()[0] == 4003
    assert whoami(provider, tokens["access_token"]).status == 401


def test_a_token_of_another_site_survives_the_hub(start):
    whiply = serve()
    try:
        client, browser = Client(whiply, "stays"), person(whiply, "sue")
        tokens = client.exchange(client.code(browser)).json
        with WebSocket(whiply.http, headers={"Authorization": f"Bearer {tokens['access_token']}"}) as ws:
            whiply.hub_back(whiply.kill("hub"))
            assert ws.call("auth.whoami")["name"] == "sue"
            assert ws.refused("auth.devices")
            # What was revoked meanwhile stays so, and so do the keys.
            jwks = Browser().get(client.about["jwks_uri"]).json
            assert verify_es256(tokens["id_token"], jwks)["name"] == "sue"
            assert client.refresh(tokens["refresh_token"]).status == 200
    finally:
        whiply.stop()


def test_a_code_works_once_with_its_verifier_at_its_address(provider):
    client, browser = Client(provider, "codes"), person(provider, "cod")
    code = client.code(browser)
    assert client.exchange(code, code_verifier=secrets.token_urlsafe(48)).json["error"] == "invalid_grant"
    assert client.exchange(code).status == 400
    code = client.code(browser)
    assert client.exchange(code, redirect_uri="http://127.0.0.1:1/other").status == 400
    code = client.code(browser)
    tokens = client.exchange(code).json
    assert client.exchange(code).status == 400
    assert whoami(provider, tokens["access_token"]).status == 401
    # The person is still who they were.
    assert browser.call(provider.site, "auth.whoami").json["name"] == "cod"


def test_a_refresh_token_that_comes_back_ends_all(provider):
    client, browser = Client(provider, "refreshes"), person(provider, "ron")
    tokens = client.exchange(client.code(browser)).json
    second = client.refresh(tokens["refresh_token"]).json
    assert client.refresh(tokens["refresh_token"]).json["refresh_token"] == second["refresh_token"]
    third = client.refresh(second["refresh_token"]).json
    assert whoami(provider, third["access_token"]).status == 200
    assert client.refresh(tokens["refresh_token"]).json["error"] == "invalid_grant"
    for token in (tokens, second, third):
        assert whoami(provider, token["access_token"]).status == 401
        assert client.refresh(token["refresh_token"]).status == 400


def test_a_page_of_another_site_agrees_to_nothing(provider):
    client, browser = Client(provider, "framed"), person(provider, "fay")
    page = browser.get(client.authorize())
    assert page.headers["x-frame-options"] == "DENY"
    fields = {name: value.replace("&amp;", "&") for name, value in re.findall(r'name="([a-z_]+)" value="([^"]*)"', page.text)}
    form = urllib.parse.urlencode({**fields, "decision": "allow"})
    evil = {"Content-Type": "application/x-www-form-urlencoded", "Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}
    assert browser.ask("POST", client.about["authorization_endpoint"], form, evil).status == 403
    # Nor does another person with the form, or the person with another form.
    other = person(provider, "gus")
    assert agree(other, page).status == 403
    page.body = page.body.replace(b"offline_access", b"email")
    assert agree(browser, page).status == 403
    assert agree(browser, browser.get(client.authorize()), "deny").location.startswith(client.redirect + "?error=access_denied")


def test_a_device_without_a_browser_is_let_in(provider):
    client, browser = Client(provider, "tv"), person(provider, "dan")
    begun = client.post("device_authorization_endpoint", scope="openid profile relay").json
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": begun["device_code"]}
    assert client.post("token_endpoint", **grant).json["error"] == "authorization_pending"
    assert client.post("token_endpoint", **grant).json["error"] == "slow_down"
    page = browser.get(begun["verification_uri_complete"])
    assert begun["user_code"] in page.text and "tv" in page.text
    assert agree(browser, page).status == 200
    tokens = client.post("token_endpoint", **grant).json
    assert whoami(provider, tokens["access_token"]).json["name"] == "dan"
    assert "refresh_token" not in tokens
    assert client.post("token_endpoint", **grant).json["error"] == "invalid_grant"
    # By command as well, from any client.
    begun = client.post("device_authorization_endpoint", scope="openid").json
    assert browser.call(provider.site, "auth.device_show", code=begun["user_code"].lower()).json["name"] == "tv"
    assert browser.call(provider.site, "auth.device_approve", code=begun["user_code"], allow=False).status == 200
    assert client.post("token_endpoint", **{**grant, "device_code": begun["device_code"]}).json["error"] == "access_denied"


def test_introspection_answers_those_who_may_ask(provider):
    client, browser = Client(provider, "asks"), person(provider, "ivy")
    tokens = client.exchange(client.code(browser)).json
    about = client.post("introspection_endpoint", token=tokens["access_token"]).json
    assert about["active"] and about["username"] == "ivy" and about["client_id"] == client.id and "relay" in about["scope"].split()
    assert Client(provider, "stranger").post("introspection_endpoint", token=tokens["access_token"]).json == {"active": False}
    assert Client(provider, "resource", "--introspects").post("introspection_endpoint", token=tokens["access_token"]).json["active"]
    assert Client(provider, "public", "--public").post("introspection_endpoint", token=tokens["access_token"]).status == 403
    client.post("revocation_endpoint", token=tokens["access_token"])
    assert client.post("introspection_endpoint", token=tokens["access_token"]).json == {"active": False}
    client.secret = "whc_wrong"
    assert client.post("introspection_endpoint", token=tokens["access_token"]).status == 401


def test_a_person_sees_and_takes_back_what_was_allowed(provider):
    client, browser = Client(provider, "leaves"), person(provider, "liv")
    tokens = client.exchange(client.code(browser)).json
    consent, = browser.call(provider.site, "auth.consents").json["consents"]
    assert (consent["client"], consent["name"]) == (client.id, "leaves")
    assert browser.call(provider.site, "auth.consent_revoke", client=client.id).status == 200
    assert whoami(provider, tokens["access_token"]).status == 401
    assert browser.get(client.authorize()).status == 200


def test_one_server_signs_people_in_over_another(provider, tmp_path):
    there, here = provider, serve()
    try:
        made = there.command("auth.client_create", "--name", "the-other-site", "--redirect_uris",
                             f'["{here.site}/auth/callback/there"]')
        (tmp_path / "secret").write_text(made["client_secret"])
        here.configure(plugins=f'sqlite = {{ }}; fetch = {{ allow = [ "{there.site}" ]; }}; auth = {{ {CHEAP} site = "http://127.0.0.1:PORT"; '
                               f'providers = ( {{ name = "there"; issuer = "{there.site}"; client_id = "{made["client_id"]}"; '
                               f'client_secret_file = "{tmp_path}/secret"; }} ); }};')
        assert here.ctl("reload").returncode == 0
        browser = person(there, "eve")
        until(lambda: Browser().call(here.site, "auth.providers").json["providers"], what="the provider")
        url = browser.call(here.site, "auth.provider_begin", provider="there").json["url"]
        page = agree(browser, browser.get(url))
        assert browser.follow(page, f"{here.site}/login") == f"{here.site}/login#signed_in=1"
        assert browser.call(here.site, "auth.whoami").json["name"] == "eve"
    finally:
        here.stop()


def test_signed_tokens_are_for_services_that_are_listed():
    whiply = serve('audiences = [ "radio" ];')
    try:
        browser = person(whiply, "tia")
        token = browser.call(whiply.site, "auth.token", audience="radio", expires="5m").json["token"]
        jwks = Browser().get(f"{whiply.site}/.well-known/jwks.json")
        claims = verify_es256(token, jwks.json)
        assert (claims["aud"], claims["name"]) == ("radio", "tia") and claims["exp"] - claims["iat"] == 300
        assert browser.call(whiply.site, "auth.token", audience="bank").status == 403
        kid = whiply.command("auth.signing_rotate")["kid"]
        keys = Browser().get(f"{whiply.site}/.well-known/jwks.json").json["keys"]
        assert [key["kid"] for key in keys][0] == kid and len(keys) == 2
        assert all("d" not in key for key in keys)
    finally:
        whiply.stop()
