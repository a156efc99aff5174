"""Certificates that are renewed while the server runs, without anybody telling it: in every way in which tools do that, and in some in
which they fail. Polling is as good as off (an hour) but where it is what is tested, so that it is the notice of a change that works."""
import datetime
import hashlib
import os
import socket
import ssl
import subprocess

import pytest
from test_tls import make, make_for_days, metric
from wire import WebSocket, http, until

LISTENER = """, {{ name = "secure"; address = "127.0.0.1:PORT"; protocol = "http";
  tls = {{ certificates = ( {pairs} ); }}; }}"""
PAIR = '{{ certificate = "{0}"; key = "{1}"; }}'


def fresh(folder, name="one", host="one.example", days=None):
    """A new pair in a folder of its own: (certificate, key)."""
    place = folder / f"made{len(list(folder.glob('made*')))}"
    place.mkdir()
    if days is None:
        make(place, name, host)
    else:
        make_for_days(place, name, host, *days)
    return place / f"{name}.pem", place / f"{name}.key"


def facts(certificate):
    """Serial and last day of a file, as openssl reads them."""
    said = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-serial", "-enddate"], check=True, capture_output=True, text=True).stdout
    serial, end = (line.partition("=")[2] for line in said.splitlines())
    when = datetime.datetime.strptime(end, "%b %d %H:%M:%S %Y %Z").replace(tzinfo=datetime.timezone.utc)
    return serial.lstrip("0"), when


def served(whiply, host="one.example"):
    """The certificate that a new client is shown: the SHA-256 of it."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection(("127.0.0.1", whiply.extra), 10) as plain, context.wrap_socket(plain, server_hostname=host) as secured:
        return hashlib.sha256(secured.getpeercert(True)).hexdigest()


def of_file(path):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(path.read_text())).hexdigest()


def trusting_nobody():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def until_served(whiply, digest, host="one.example"):
    until(lambda: served(whiply, host) == digest, 20, "the new certificate")


class Served:
    """A server with a pair at `certificate` and `key`."""

    def __init__(self, start, certificate, key, watch="1h", pairs=(), **options):
        self.certificate, self.key = certificate, key
        rows = ", ".join(PAIR.format(*pair) for pair in ((certificate, key), *pairs))
        self.whiply = start(listeners=LISTENER.format(pairs=rows), more=f'tls = {{ watch = "{watch}"; }};', **options)
        # The keeper looks for changes from its first turn on.
        until(lambda: self.whiply.events("certificate"), 10, "the line of the log")

    def refused(self):
        return self.whiply.events("certificate_refused")

    def gauge(self, name="refused", certificate=None):
        return metric(self.whiply, f'whiply_tls_certificate_{name}{{listener="secure",file="{certificate or self.certificate}"}}')


@pytest.fixture
def one(start, tmp_path):
    make(tmp_path, "one", "one.example")
    return Served(start, tmp_path / "one.pem", tmp_path / "one.key")


def test_a_pair_that_is_renamed_over_the_old_is_taken_and_nobody_is_disconnected(one, tmp_path):
    whiply = one.whiply
    assert served(whiply) == of_file(one.certificate)
    with WebSocket(whiply.extra, tls=trusting_nobody(), server_name="one.example") as old:
        certificate, key = fresh(tmp_path)
        (serial, end), digest = facts(certificate), of_file(certificate)
        key.rename(one.key)
        certificate.rename(one.certificate)
        until_served(whiply, digest)
        assert old.call("session.ping") is not None
    said = whiply.events("certificate_renewed")[-1]
    assert said["serial"].lstrip("0") == serial and said["listener"] == "secure" and said["names"] == "one.example"
    assert said["expires"].startswith(end.strftime("%Y-%m-%dT%H:%M:%S"))
    until(lambda: one.gauge("expires_timestamp_seconds") == end.timestamp(), 10, "the metric")
    assert metric(whiply, "whiply_tls_certificate_renewals_total") == 1
    assert [row for row in http(whiply.http, "GET", "/metrics").body.decode().splitlines() if row.startswith("whiply_tls_certificate_info{") and serial in row]
    row = whiply.command("status")["certificates"][0]
    assert row["state"] == "good" and row["expires_at"] == end.timestamp() * 1000 and row["newer_refused"] == ""
    assert not one.refused()


def test_links_that_are_switched_as_certbot_does_it(start, tmp_path):
    live, archive = tmp_path / "live" / "one.example", tmp_path / "archive" / "one.example"
    live.mkdir(parents=True)
    archive.mkdir(parents=True)
    digests = []
    for number in (1, 2, 3):
        certificate, key = fresh(tmp_path)
        digests.append(of_file(certificate))
        certificate.rename(archive / f"fullchain{number}.pem")
        key.rename(archive / f"privkey{number}.pem")

    def switch(number):
        for name in ("privkey", "fullchain"):
            (live / "fresh").symlink_to(f"../../archive/one.example/{name}{number}.pem")
            (live / "fresh").rename(live / f"{name}.pem")

    switch(1)
    it = Served(start, live / "fullchain.pem", live / "privkey.pem")
    assert served(it.whiply) == digests[0]
    for number in (2, 3):
        switch(number)
        until_served(it.whiply, digests[number - 1])
    assert not it.refused()


def test_a_folder_that_is_switched_as_clusters_do_it(start, tmp_path):
    """Files are links through `..data`, which is a link to a folder and is switched as a whole."""
    place, digests = tmp_path / "mounted", []
    for version in ("v1", "v2"):
        (place / version).mkdir(parents=True)
        certificate, key = fresh(tmp_path)
        digests.append(of_file(certificate))
        certificate.rename(place / version / "tls.crt")
        key.rename(place / version / "tls.key")
    (place / "..data").symlink_to("v1")
    for name in ("tls.crt", "tls.key"):
        (place / name).symlink_to(f"..data/{name}")
    it = Served(start, place / "tls.crt", place / "tls.key")
    assert served(it.whiply) == digests[0]
    (place / "fresh").symlink_to("v2")
    (place / "fresh").rename(place / "..data")
    until_served(it.whiply, digests[1])


def test_files_that_are_written_in_place(one, tmp_path):
    certificate, key = fresh(tmp_path)
    one.certificate.write_bytes(certificate.read_bytes())
    one.key.write_bytes(key.read_bytes())
    until_served(one.whiply, of_file(certificate))


def test_a_key_of_another_certificate_is_not_taken_until_its_certificate_comes(one, tmp_path):
    whiply, before = one.whiply, of_file(one.certificate)
    certificate, key = fresh(tmp_path)
    key.rename(one.key)
    until(one.refused, 20, "the warning")
    said = one.refused()[0]
    assert "does not belong to the certificate" in said["why"] and "the old one serves on" in said["hint"]
    assert said["certificate"] == str(one.certificate) and said["key"] == str(one.key) and said["level"] == "warn"
    assert served(whiply) == before
    until(lambda: one.gauge() == 1, 10, "the metric")
    assert "does not belong" in whiply.command("status")["certificates"][0]["newer_refused"]
    # Who comes later gets the old pair as well: an edge, and a hub that has to be told.
    whiply.kill("edge 0")
    until(lambda: "edge 0" in whiply.children(), 10, "another edge")
    whiply.wait()
    assert served(whiply) == before
    whiply.hub_back(whiply.kill("hub"))
    until(lambda: one.gauge() == 1, 10, "the metric of another hub")
    digest = of_file(certificate)
    certificate.rename(one.certificate)
    until_served(whiply, digest)
    until(lambda: one.gauge() == 0, 10, "the metric")
    assert len(one.refused()) == 1
    whiply.kill("edge 0")
    until(lambda: "edge 0" in whiply.children(), 10, "another edge")
    whiply.wait()
    assert served(whiply) == digest


@pytest.mark.parametrize("half", ["certificate", "key"])
def test_a_file_that_is_half_written_is_not_taken(one, tmp_path, half):
    before = of_file(one.certificate)
    certificate, key = fresh(tmp_path)
    parts = {"certificate": certificate.read_bytes(), "key": key.read_bytes()}
    whole = parts[half]
    for name, path in (("certificate", one.certificate), ("key", one.key)):
        path.write_bytes(parts[name][:len(parts[name]) // 2] if name == half else parts[name])
    until(one.refused, 20, "the warning")
    assert served(one.whiply) == before
    getattr(one, half).write_bytes(whole)
    until_served(one.whiply, of_file(certificate))


def test_a_file_that_is_gone_is_told_and_waited_for(one, tmp_path):
    before = of_file(one.certificate)
    one.certificate.unlink()
    until(one.refused, 20, "the warning")
    assert f"{one.certificate} does not exist" in one.refused()[0]["why"]
    assert served(one.whiply) == before
    certificate, key = fresh(tmp_path)
    digest = of_file(certificate)
    key.rename(one.key)
    certificate.rename(one.certificate)
    until_served(one.whiply, digest)


@pytest.mark.parametrize("days,word", [((-9, -2), "has expired on"), ((2, 9), "is not valid before")])
def test_a_pair_out_of_its_time_is_not_taken_unless_an_operator_says_so(one, tmp_path, days, word):
    before = of_file(one.certificate)
    certificate, key = fresh(tmp_path, days=days)
    digest = of_file(certificate)
    key.rename(one.key)
    certificate.rename(one.certificate)
    until(one.refused, 20, "the warning")
    assert word in one.refused()[0]["why"]
    assert served(one.whiply) == before
    assert one.whiply.ctl("reload").returncode == 0
    until_served(one.whiply, digest)


def test_one_pair_is_taken_while_another_is_not(start, tmp_path):
    make(tmp_path, "one", "one.example")
    make(tmp_path, "two", "two.example")
    it = Served(start, tmp_path / "one.pem", tmp_path / "one.key", pairs=[(tmp_path / "two.pem", tmp_path / "two.key")])
    before = of_file(tmp_path / "two.pem")
    (tmp_path / "two.key").write_text("nothing\n")
    certificate, key = fresh(tmp_path)
    digest = of_file(certificate)
    key.rename(it.key)
    certificate.rename(it.certificate)
    until_served(it.whiply, digest)
    until(it.refused, 20, "the warning")
    assert "there is no private key in" in it.refused()[0]["why"]
    assert served(it.whiply, "two.example") == before
    until(lambda: it.gauge(certificate=tmp_path / "two.pem") == 1, 10, "the metric")
    assert it.gauge() == 0


def test_a_change_that_nobody_is_told_of_is_found_by_looking(start, tmp_path):
    """As on a network file system: here through a hard link from a folder that is not watched."""
    make(tmp_path, "one", "one.example")
    it = Served(start, tmp_path / "one.pem", tmp_path / "one.key", watch="200ms")
    certificate, key = fresh(tmp_path)
    (tmp_path / "aside").mkdir()
    for path, bytes in ((it.certificate, certificate.read_bytes()), (it.key, key.read_bytes())):
        os.link(path, tmp_path / "aside" / path.name)
        (tmp_path / "aside" / path.name).write_bytes(bytes)
    until_served(it.whiply, of_file(certificate))


def watched(whiply):
    """How many descriptors of inotify the keeper has."""
    place = f"/proc/{whiply.process.pid}/fd"
    return sum(os.readlink(f"{place}/{number}") == "anon_inode:inotify" for number in os.listdir(place))


def test_nothing_is_watched_when_it_is_not_wanted(start, tmp_path):
    make(tmp_path, "one", "one.example")
    it = Served(start, tmp_path / "one.pem", tmp_path / "one.key", watch="0")
    assert watched(it.whiply) == 0
    certificate, key = fresh(tmp_path)
    digest = of_file(certificate)
    key.rename(it.key)
    certificate.rename(it.certificate)
    assert it.whiply.ctl("reload").returncode == 0
    until_served(it.whiply, digest)
    assert not it.whiply.events("certificate_renewed")
    # And watched again as soon as it is wanted.
    it.whiply.configure(more='tls = { watch = "1h"; };')
    assert it.whiply.ctl("reload").returncode == 0
    until(lambda: watched(it.whiply) == 1, 10, "the watch")
    certificate, key = fresh(tmp_path)
    digest = of_file(certificate)
    key.rename(it.key)
    certificate.rename(it.certificate)
    until_served(it.whiply, digest)


def test_a_certificate_whose_end_is_near_is_told_of(start, tmp_path):
    make_for_days(tmp_path, "one", "one.example", -85, 5)
    it = Served(start, tmp_path / "one.pem", tmp_path / "one.key")
    until(lambda: it.whiply.events("certificate_expires"), 10, "the warning")
    said = it.whiply.events("certificate_expires")[0]
    assert said["days"] in (4, 5) and said["file"] == str(it.certificate) and "renew it" in said["hint"]
    # It is new, and short by intention.
    certificate, key = fresh(tmp_path, days=(0, 5))
    digest = of_file(certificate)
    key.rename(it.key)
    certificate.rename(it.certificate)
    until_served(it.whiply, digest)
    assert len(it.whiply.events("certificate_expires")) == 1


def test_many_renewals_leave_nothing_behind(one, tmp_path):
    """Descriptors of the keeper are as many as before."""
    count = lambda: len(os.listdir(f"/proc/{one.whiply.process.pid}/fd"))
    before = count()
    for _ in range(5):
        certificate, key = fresh(tmp_path)
        digest = of_file(certificate)
        key.rename(one.key)
        certificate.rename(one.certificate)
        until_served(one.whiply, digest)
    until(lambda: count() == before, 10, f"{before} descriptors, as before: {count()}")
