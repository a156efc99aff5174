"""TLS as clients see it: versions, names, certificates that are replaced while the server runs."""
import signal
import ssl
import subprocess

import pytest
from wire import WebSocket, Wire, http, until

LISTENER = """, {{ name = "secure"; address = "127.0.0.1:PORT"; protocol = "http";
  tls = {{ certificates = ( {{ certificate = "{dir}/one.pem"; key = "{dir}/one.key"; }}, {{ certificate = "{dir}/two.pem"; key = "{dir}/two.key"; }} ); }}; }}"""


def make(folder, name, host):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={host}", "-days", "2",
                    "-addext", f"subjectAltName=DNS:{host}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.pem"],
                   check=True, capture_output=True)


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
