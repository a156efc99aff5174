"""TLS as clients see it: versions, names, certificates that are replaced while the server runs."""
import datetime
import hashlib
import signal
import socket
import ssl
import subprocess

import pytest
from conftest import BUILD, plugin_beside
from wire import WebSocket, Wire, http, read_answer, until

LISTENER = """, {{ name = "secure"; address = "127.0.0.1:PORT"; protocol = "http";
  tls = {{ certificates = ( {{ certificate = "{dir}/one.pem"; key = "{dir}/one.key"; }}, {{ certificate = "{dir}/two.pem"; key = "{dir}/two.key"; }} ); }}; }}"""


def make(folder, name, host, lasting=("-days", "2"), key=("-nodes",)):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", *key, "-subj", f"/CN={host}", *lasting,
                    "-addext", f"subjectAltName=DNS:{host}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                   check=True, capture_output=True)


def make_for_days(folder, name, host, begins, ends):
    """A certificate that is valid from `begins` to `ends` days from now: `req` knows none but those that begin today."""
    make(folder, name, host)
    (folder / "index").write_text("")
    (folder / "ca.conf").write_text(f"[ca]\ndefault_ca = d\n[d]\ndatabase = {folder}/index\nnew_certs_dir = {folder}\nrand_serial = yes\n"
                                    "default_md = sha256\npolicy = p\n[p]\ncommonName = supplied\n")
    day = lambda n: (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days=n)).strftime("%y%m%d%H%M%SZ")
    subprocess.run(["openssl", "req", "-new", "-key", folder / f"{name}.key", "-subj", f"/CN={host}", "-out", folder / "request"], check=True,
                   capture_output=True)
    subprocess.run(["openssl", "ca", "-batch", "-notext", "-selfsign", "-config", folder / "ca.conf", "-keyfile", folder / f"{name}.key", "-startdate",
                    day(begins), "-enddate", day(ends), "-in", folder / "request", "-out", folder / f"{name}.pem"], check=True, capture_output=True)


def check(folder, listener=None, more=""):
    """What `whiplyd --check` says of a config whose third line is a listener with one.pem and one.key."""
    path = folder / "checked.conf"
    path.write_text(f'state = "{folder}/var";\nlisteners = (\n  ' + (listener or f"""{{ name = "secure"; address = "127.0.0.1:1"; protocol = "http";
    tls = {{ certificates = ( {{ certificate = "{folder}/one.pem"; key = "{folder}/one.key"; }} ); }}; }}""") + f"\n);\n{more}\n")
    done = subprocess.run([BUILD / "bin" / "whiplyd", "--check", "-c", path, "-L", BUILD / "plugins" / ".libs"], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=30)
    return done.returncode, done.stdout + done.stderr


def trusting(folder, **options):
    context = ssl.create_default_context()
    for path in folder.glob("*.pem"):
        context.load_verify_locations(path)
    context.set_alpn_protocols(["http/1.1"])
    for key, value in options.items():
        setattr(context, key, value)
    return context


@pytest.fixture
def secure(start, tmp_path):
    make(tmp_path, "one", "one.example")
    make(tmp_path, "two", "two.example")
    return start(listeners=LISTENER.format(dir=tmp_path)), tmp_path


def test_each_name_has_its_certificate_and_both_versions_work(secure):
    whiply, folder = secure
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        for host in ("one.example", "two.example"):
            context = trusting(folder, minimum_version=version, maximum_version=version)
            with Wire(whiply.extra, tls=context, server_name=host) as wire:
                assert wire.socket.selected_alpn_protocol() == "http/1.1"
                assert ("commonName", host) in [pair for row in wire.socket.getpeercert()["subject"] for pair in row]


def test_old_versions_are_refused(secure):
    whiply, folder = secure
    context = trusting(folder)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        Wire(whiply.extra, tls=context, server_name="one.example")


def test_plain_http_on_a_tls_port_gets_nothing(secure):
    whiply, _ = secure
    with Wire(whiply.extra) as wire:
        wire.send(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        assert b"HTTP/" not in wire.rest()


def test_commands_and_websocket_work_over_tls(secure):
    whiply, folder = secure
    context = trusting(folder)
    assert http(whiply.extra, "POST", "/api/session.ping", {}, tls=context, server_name="one.example").status == 200
    with WebSocket(whiply.extra, tls=context, server_name="two.example") as ws:
        ws.call("relay.join", room="r")
        assert ws.call("relay.say", room="r", text="x" * 3000)["seq"] == 1
        assert ws.notification("relay.message")["text"] == "x" * 3000


def test_a_new_certificate_serves_new_clients_and_old_ones_stay(secure):
    whiply, folder = secure
    with WebSocket(whiply.extra, tls=trusting(folder), server_name="one.example") as old:
        before = (folder / "one.pem").read_bytes()
        make(folder, "one", "one.example")
        assert (folder / "one.pem").read_bytes() != before
        whiply.process.send_signal(signal.SIGHUP)

        def is_new():
            try:
                Wire(whiply.extra, tls=trusting(folder), server_name="one.example").close()
                return True
            except ssl.SSLError:
                return False

        until(is_new, 10, "the new certificate")
        assert old.call("session.ping") is not None


def test_a_certificate_that_is_not_there_is_refused_and_the_old_one_stays(secure):
    whiply, folder = secure
    (folder / "one.pem").rename(folder / "gone")
    done = whiply.ctl("reload")
    assert done.returncode == 1 and "one.pem" in done.stdout + done.stderr
    (folder / "gone").rename(folder / "one.pem")
    Wire(whiply.extra, tls=trusting(folder), server_name="one.example").close()


def test_check_refuses_a_key_that_is_not_the_certificates(tmp_path):
    make(tmp_path, "one", "one.example")
    assert check(tmp_path)[0] == 0
    make(tmp_path, "two", "two.example")
    (tmp_path / "two.key").rename(tmp_path / "one.key")
    code, said = check(tmp_path)
    assert code == 1
    assert f"{tmp_path}/checked.conf:4: key: listener secure: the private key in {tmp_path}/one.key does not belong to the certificate in " in said


def test_check_refuses_what_is_no_certificate_and_what_is_no_key(tmp_path):
    for name, word in (("one.pem", "there is no certificate in"), ("one.key", "there is no private key in")):
        make(tmp_path, "one", "one.example")
        (tmp_path / name).write_text("nothing\n")
        code, said = check(tmp_path)
        assert code == 1 and f":4: " in said and f"listener secure: {word} {tmp_path}/{name}" in said
        assert said.count("\n") == 1, "each fault is told once"


def test_check_asks_nobody_for_the_password_of_a_key(tmp_path):
    make(tmp_path, "one", "one.example", key=("-passout", "pass:secret"))
    code, said = check(tmp_path)
    assert code == 1 and "has a password" in said


def test_check_warns_of_a_certificate_whose_time_is_over_or_has_not_come(tmp_path):
    for days, word in (((-9, -2), "has expired on"), ((2, 9), "is not valid before")):
        make_for_days(tmp_path, "one", "one.example", *days)
        code, said = check(tmp_path)
        assert code == 0 and "ok" in said
        assert f"{tmp_path}/checked.conf:4: warning: certificate: listener secure: {tmp_path}/one.pem {word} 2" in said


def test_check_finds_what_only_an_edge_knows(tmp_path):
    code, said = check(tmp_path, '{ name = "a"; address = "127.0.0.1:1"; protocol = "http"; proxy = "any"; }')
    assert code == 1 and ":3: trusted: a: whose word is to count?" in said
    make(tmp_path, "one", "one.example")
    code, said = check(tmp_path, more='tls = { ciphers = "nonsense"; };')
    assert code == 1 and "listener secure: settings of TLS" in said


def test_a_reload_refuses_a_key_that_is_not_the_certificates_and_the_old_one_stays(secure):
    whiply, folder = secure
    (folder / "one.key").rename(folder / "kept")
    make(folder, "three", "one.example")
    (folder / "three.pem").unlink()
    (folder / "three.key").rename(folder / "one.key")
    done = whiply.ctl("reload")
    assert done.returncode == 1 and "does not belong to the certificate" in done.stdout + done.stderr
    Wire(whiply.extra, tls=trusting(folder), server_name="one.example").close()
    (folder / "kept").rename(folder / "one.key")
    make_for_days(folder, "one", "one.example", -9, -2)
    assert whiply.ctl("reload").returncode == 0
    assert [event for event in whiply.events("config_warning") if "has expired" in event["text"]]


def fingerprint(path):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


@pytest.fixture(scope="session")
def certified(tmp_path_factory):
    """A plugin that knows people by their certificates."""
    return plugin_beside(tmp_path_factory.mktemp("certified"), "certified")


def test_a_client_certificate_says_who_it_is_over_http_and_websocket(start, certified, tmp_path):
    make(tmp_path, "one", "one.example")
    make(tmp_path, "two", "two.example")
    make(tmp_path, "me", "me.example")
    whiply = start(listeners=LISTENER.format(dir=tmp_path).replace("tls = {", 'tls = { client_certificates = "optional";'), library=certified,
                   plugins="certified = { };")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        context = trusting(tmp_path, minimum_version=version, maximum_version=version)
        reach = {"tls": context, "server_name": "one.example"}
        assert http(whiply.extra, "GET", "/api/session.whoami", **reach).json["kind"] == "guest"
        context.load_cert_chain(tmp_path / "me.pem", tmp_path / "me.key")
        me = {"kind": "account", "id": fingerprint(tmp_path / "me.pem")}
        for answer in (http(whiply.extra, "GET", "/api/session.whoami", **reach).json,
                       http(whiply.extra, "POST", "/api/session.whoami", {}, **reach).json):
            assert {key: answer[key] for key in me} == me
        assert http(whiply.extra, "POST", "/api/session.whoami", {}, {"Origin": "https://evil.example"}, **reach).status == 403
        with WebSocket(whiply.extra, **reach) as ws:
            assert ws.welcome["id"] == me["id"]
            # Requests of one connection are those of its certificate, and another hub is told of it anew.
            with Wire(whiply.extra, **reach) as wire:
                old = whiply.kill("hub")
                whiply.hub_back(old)
                wire.send(b"GET /api/session.whoami HTTP/1.1\r\nHost: one.example\r\n\r\n")
                assert read_answer(wire).json["id"] == me["id"]
            assert ws.call("session.whoami")["id"] == me["id"]


def test_who_has_to_show_a_certificate_and_does_not_is_cut_off(start, tmp_path):
    make(tmp_path, "one", "one.example")
    make(tmp_path, "two", "two.example")
    whiply = start(listeners=LISTENER.format(dir=tmp_path).replace("tls = {", 'tls = { client_certificates = "required";'))
    context = trusting(tmp_path)
    with pytest.raises((OSError, AssertionError)):
        http(whiply.extra, "GET", "/health/live", tls=context, server_name="one.example")
    context.load_cert_chain(tmp_path / "two.pem", tmp_path / "two.key")
    assert http(whiply.extra, "GET", "/health/live", tls=context, server_name="one.example").status == 200


def metric(whiply, line):
    """A number of the metrics page, by everything that stands before it."""
    rows = http(whiply.http, "GET", "/metrics").body.decode().splitlines()
    return next((float(row.rpartition(" ")[2]) for row in rows if row.startswith(line + " ")), 0)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_session_goes_on_at_another_edge_than_issued_its_ticket(start, tmp_path, version):
    make(tmp_path, "one", "one.example")
    make(tmp_path, "two", "two.example")
    whiply = start(edges=2, listeners=LISTENER.format(dir=tmp_path))
    context = trusting(tmp_path, minimum_version=version, maximum_version=version)

    def ask(session=None):
        """Asks once, going on with a session; returns the session that it was."""
        with socket.create_connection(("127.0.0.1", whiply.extra), 10) as plain:
            with context.wrap_socket(plain, server_hostname="one.example", session=session) as secured:
                secured.sendall(b"GET /health/live HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
                while secured.recv(4096):
                    pass
                return secured.session, secured.session_reused

    session, reused = ask()
    assert not reused
    # The kernel spreads connections by their port: of forty, each edge gets some, and only one of the edges issued the ticket.
    assert all(ask(session)[1] for _ in range(40))
    resumed = [f'whiply_edge_tls_handshakes_total{{edge="{edge}",result="resumed"}}' for edge in (0, 1)]
    until(lambda: sum(metric(whiply, row) for row in resumed) == 40)
    assert all(metric(whiply, row) > 0 for row in resumed)
    # What the edges know of each other's tickets is in the config alone: those that are started anew know it too.
    for edge in (0, 1):
        whiply.kill(f"edge {edge}")
    until(lambda: {"edge 0", "edge 1"} <= set(whiply.children()), 10, "new edges")
    whiply.wait()
    assert ask(session)[1]


def test_no_more_handshakes_are_under_way_than_the_limit_and_silence_ends_them(start, tmp_path):
    make(tmp_path, "one", "one.example")
    make(tmp_path, "two", "two.example")
    whiply = start(listeners=LISTENER.format(dir=tmp_path), limits="handshakes = 2;", more='tls = { handshake_timeout = "6s"; };')
    context = trusting(tmp_path)
    refused = 'whiply_edge_refused_total{edge="0",reason="handshakes"}'
    with Wire(whiply.extra) as one, Wire(whiply.extra) as two:
        # Both are counted before the third comes: they were accepted in this order.
        with Wire(whiply.extra) as three:
            assert three.rest() == b""
        until(lambda: metric(whiply, refused) >= 1, 10, "the metric")
        # Those of other listeners are no handshakes.
        assert http(whiply.http, "GET", "/health/live").status == 200
        assert one.rest() == b"" and two.rest() == b"", "who says nothing is cut off"
    assert http(whiply.extra, "GET", "/health/live", tls=context, server_name="one.example").status == 200
