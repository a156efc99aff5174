"""docs/installation.md as somebody follows it: its config serves, its commands do what they say, over the ports and with the links of
certbot. What would change the machine (packages, users, units) is not run here. And the manual page of the config, which is written by hand."""
import ctypes
import os
import pathlib
import pwd
import re
import shlex
import shutil
import socket
import ssl
import subprocess
import tempfile

import pytest
from conftest import BUILD, ROOT, free_ports
from test_accounts import PASSWORD
from test_tls import make
from wire import Wire, http, until

GUIDE = ROOT / "docs" / "installation.md"
RELEASE = ROOT / "build"
HOST = "chat.example.org"


def blocks(kind):
    return re.findall(rf"^```{kind}\n(.*?)^```", GUIDE.read_text(), re.S | re.M)


def trusting_nobody():
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


class Installed:
    """The server of the guide, with the folders below one of ours."""

    def __init__(self, folder, build):
        self.build, self.folder = build, folder
        self.web, self.irc = free_ports(2)
        self.tls = {"tls": trusting_nobody(), "server_name": HOST}
        live, archive = (folder / "etc" / "letsencrypt" / name / HOST for name in ("live", "archive"))
        for path in (live, archive, folder / "var" / "backups" / "whiply", folder / "var" / "lib", folder / "etc" / "whiply"):
            path.mkdir(parents=True)
        make(folder, "made", HOST)
        for name, made in (("fullchain", "made.pem"), ("privkey", "made.key")):
            (folder / made).rename(archive / f"{name}1.pem")
            (live / f"{name}.pem").symlink_to(f"../../archive/{HOST}/{name}1.pem")
        self.config = folder / "etc" / "whiply" / "whiply.conf"
        self.write(blocks("conf")[0])

    def here(self, text):
        return text.replace('"/var/', f'"{self.folder}/var/').replace('"/etc/', f'"{self.folder}/etc/').replace(" /var/", f" {self.folder}/var/")

    def write(self, text):
        text = self.here(text).replace('":443"', f'"127.0.0.1:{self.web}"').replace('":6697"', f'"127.0.0.1:{self.irc}"')
        # Nobody may be the user here; and passwords are hashed with less.
        assert 'user = "whiply";' in text
        self.config.write_text(text.replace('user = "whiply";', "").replace("auth = {", 'auth = { hash_memory = "64KiB"; hash_passes = 1;'))

    def check(self):
        return subprocess.run([self.build / "bin" / "whiplyd", "--check", "-c", self.config, "-L", self.build / "plugins" / ".libs"],
                              capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)

    def run(self, before=(), **options):
        self.log_file = open(self.folder / "log", "wb")
        self.process = subprocess.Popen([*before, self.build / "bin" / "whiplyd", "-c", self.config, "-L", self.build / "plugins" / ".libs"],
                                        stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file, cwd=self.folder, **options)
        until(lambda: '"serving"' in self.log(), 30, "the server to serve:\n" + self.log())

    def log(self):
        return (self.folder / "log").read_text()

    def ctl(self, *words):
        return subprocess.run([self.build / "bin" / "whiplyctl", "-s", self.folder / "var" / "lib" / "whiply" / "control.sock", *words],
                              capture_output=True, text=True, timeout=60)

    def stop(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.log_file.close()
        assert code == 0 and "Sanitizer" not in self.log(), self.log()[-4000:]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    it = Installed(tmp_path_factory.mktemp("machine"), BUILD)
    checked = it.check()
    assert checked.returncode == 0, checked.stdout + checked.stderr
    it.run()
    yield it
    it.stop()


def test_the_site_is_there_over_tls_and_ready(installed):
    page = http(installed.web, "GET", "/", **installed.tls)
    assert page.status == 200 and b"<html" in page.body
    assert http(installed.web, "GET", "/health/ready", **installed.tls).status == 200
    assert http(installed.web, "GET", "/metrics", **installed.tls).status in (401, 403)


def test_irc_is_there_over_tls_and_a_room_is_registered_as_written(installed):
    with Wire(installed.irc, **installed.tls) as irc:
        irc.send(b"NICK ircer\r\nUSER ircer 0 * :I\r\n")
        irc.until(b" 001 ircer ")
        irc.send("PRIVMSG NickServ :REGISTER one-long-word\r\n".encode())
        irc.until(b":Done")
        irc.send(b"JOIN #lobby\r\n")
        irc.until(b" JOIN #lobby")
        assert "`/msg ChanServ REGISTER #lobby`" in re.sub(r"\s+", " ", GUIDE.read_text())
        irc.send(b"PRIVMSG ChanServ :REGISTER #lobby\r\n")
        until(lambda: '"registered":true' in installed.ctl("chat.room", "lobby", "--json").stdout.replace(" ", ""), 20, "the room to be registered")


def test_the_link_of_the_log_makes_the_first_administrator(installed):
    link = re.search(r'"link":"(https://[^"]*)"', installed.log())[1]
    assert link.startswith(f"https://{HOST}/auth/first?token=")
    assert http(installed.web, "GET", link.removeprefix(f"https://{HOST}"), **installed.tls).status == 200


def test_every_command_of_the_guide_works(installed):
    registered = http(installed.web, "POST", "/api/auth.register", {"name": "ann", "password": PASSWORD}, **installed.tls)
    assert registered.status == 200, registered.body
    lines = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("whiplyctl")]
    assert len(lines) >= 10
    for line in lines:
        words = shlex.split(installed.here(line).split(" >")[0].replace("$(date +%F)", "2026-01-01"))
        done = installed.ctl(*words[1:])
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    assert (installed.folder / "var" / "backups" / "whiply" / "first.db").exists()
    until(lambda: list((installed.folder / "var" / "backups" / "whiply" / "segments").iterdir()), 30, "segments")
    assert (installed.folder / "var" / "lib" / "whiply" / "plugins" / "auth" / "seal.key").exists()
    assert "chat.example.org" in installed.ctl("status").stdout


def test_the_settings_of_letters_are_taken_by_a_reload(installed):
    letters = blocks("conf")[1]
    (installed.folder / "etc" / "whiply" / "mail-password").write_text("secret\n")
    main = blocks("conf")[0]
    assert main.count("mail = { };") == 1
    installed.write(main.replace("mail = { };", letters))
    assert installed.check().returncode == 0
    done = installed.ctl("reload")
    assert done.returncode == 0, done.stdout + done.stderr


def renew(it):
    """As certbot does it: new files, and the links lead to them."""
    live, archive = (it.folder / "etc" / "letsencrypt" / name / HOST for name in ("live", "archive"))
    make(it.folder, "renewed", HOST)
    for name, made in (("privkey", "renewed.key"), ("fullchain", "renewed.pem")):
        (it.folder / made).rename(archive / f"{name}2.pem")
        (live / f"{name}.pem").unlink()
        (live / f"{name}.pem").symlink_to(f"../../archive/{HOST}/{name}2.pem")


def test_a_renewal_as_certbot_does_it_is_taken(installed):
    renew(installed)
    until(lambda: installed.log().count('"certificate_renewed"') == 2, 20, "both listeners to have it")


def test_what_is_installed_finds_its_helper_in_bin(tmp_path_factory):
    """whiplyd is in an sbin, whiply-rules in the bin beside it."""
    # A short name: the control socket's path has a bound.
    tmp_path = tmp_path_factory.mktemp("bin")
    if not (RELEASE / "bin" / "whiplyd").exists():
        pytest.skip("there is no build without sanitizers")
    for folder, program in (("sbin", "whiplyd"), ("bin", "whiply-rules")):
        (tmp_path / "usr" / folder).mkdir(parents=True)
        shutil.copy(RELEASE / "bin" / program, tmp_path / "usr" / folder / program)
    it = Installed(tmp_path / "m", RELEASE)
    log = open(it.folder / "log", "wb")
    server = subprocess.Popen([tmp_path / "usr" / "sbin" / "whiplyd", "-c", it.config, "-L", RELEASE / "plugins" / ".libs"],
                              stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=it.folder)
    try:
        until(lambda: '"serving"' in it.log(), 30, "the server to serve")
        until(lambda: '"helper rules"' in it.log(), 20, "the judge of rule packs")
        # Edges are jailed here, as they are not where sanitizers or a log for debugging look on: they can still take a certificate.
        renew(it)
        until(lambda: '"certificates_in_force"' in it.log(), 20, "the edges to have it")
        assert http(it.web, "GET", "/health/ready", **it.tls).status == 200
        assert '"died"' not in it.log() and '"spawn_failed"' not in it.log(), it.log()
    finally:
        server.terminate()
        server.wait(30)
        log.close()


UNIT = (ROOT / "contrib" / "systemd" / "whiply.service").read_text()
ALLOW, EPERM, EQUAL, GREATER, MASKED = 0x7fff0000, 0x00050000 | 1, 4, 6, 7


class Compare(ctypes.Structure):
    _fields_ = [("argument", ctypes.c_uint), ("how", ctypes.c_int), ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]


def of_unit(key):
    return re.search(rf"^{key}=(.*)$", UNIT, re.M)[1].split()


def calls_of(word):
    """The system calls of a group, as this machine's systemd knows it."""
    if not word.startswith("@"):
        return {word}
    said = subprocess.run(["systemd-analyze", "syscall-filter", word], capture_output=True, text=True, timeout=30)
    assert said.returncode == 0, f"{word}: {said.stderr}"
    return set().union(*(calls_of(line.strip()) for line in said.stdout.splitlines()[1:] if line.strip() and not line.strip().startswith("#")))


def shut_in(calls):
    """What the unit's filter, its address families and MemoryDenyWriteExecute do to the process that calls this."""
    library = ctypes.CDLL("libseccomp.so.2", use_errno=True)
    library.seccomp_init.restype = ctypes.c_void_p
    number = lambda name: library.seccomp_syscall_resolve_name(name.encode())

    def rule(filter, action, name, *compares):
        array = (Compare * max(len(compares), 1))(*compares)
        assert library.seccomp_rule_add_array(ctypes.c_void_p(filter), action, number(name), len(compares), array) == 0

    def load(filter):
        assert library.seccomp_load(ctypes.c_void_p(filter)) == 0
        library.seccomp_release(ctypes.c_void_p(filter))

    families = [int(getattr(socket, name)) for name in of_unit("RestrictAddressFamilies")]
    finer = library.seccomp_init(ALLOW)
    for family in range(max(families)):
        if family not in families:
            rule(finer, EPERM, "socket", Compare(0, EQUAL, family, 0))
    rule(finer, EPERM, "socket", Compare(0, GREATER, max(families), 0))
    rule(finer, EPERM, "mmap", Compare(2, MASKED, 6, 6))
    rule(finer, EPERM, "mprotect", Compare(2, MASKED, 4, 4))
    load(finer)
    listed = library.seccomp_init(EPERM)
    for name in calls:
        if number(name) >= 0:
            rule(listed, ALLOW, name)
    load(listed)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd to ask what its groups of system calls are")
@pytest.mark.skipif(os.getuid() != 0, reason="only root can give up what the unit takes from root")
def test_everything_works_within_the_bounds_of_the_unit():
    if not (RELEASE / "bin" / "whiplyd").exists():
        pytest.skip("there is no build without sanitizers")
    if not all(path.stat().st_mode & 0o001 for path in RELEASE.resolve().parents):
        pytest.skip("the tree lies where nobody may not go")
    calls = set().union(*(calls_of(word) for word in of_unit("SystemCallFilter")))
    capabilities = ",".join("+" + name.removeprefix("CAP_").lower() for name in of_unit("CapabilityBoundingSet"))
    nobody = pwd.getpwnam("nobody")
    machine = pathlib.Path(tempfile.mkdtemp(prefix="whiply-unit-"))
    machine.chmod(0o755)
    it = Installed(machine, RELEASE)
    it.config.write_text('user = "nobody";\n' + it.config.read_text())
    for name in ("live", "archive"):
        (it.folder / "etc" / "letsencrypt" / name).chmod(0o700)
    os.chown(it.folder / "var" / "backups" / "whiply", nobody.pw_uid, nobody.pw_gid)
    it.run(before=["setpriv", f"--bounding-set=-all,{capabilities}", "--no-new-privs"], preexec_fn=lambda: shut_in(calls))
    try:
        assert http(it.web, "GET", "/", **it.tls).status == 200
        until(lambda: it.log().count('"jailed"') == 2, 20, "the judges of rule packs")
        renew(it)
        until(lambda: '"certificates_in_force"' in it.log(), 20, "the edges to have the new certificate")
        assert http(it.web, "GET", "/health/ready", **it.tls).status == 200
        assert it.ctl("store.backup", str(it.folder / "var" / "backups" / "whiply" / "one.db")).returncode == 0
        registered = http(it.web, "POST", "/api/auth.register", {"name": "ann", "password": PASSWORD}, **it.tls)
        assert registered.status == 200, registered.body
        assert '"died"' not in it.log(), it.log()
    finally:
        it.stop()
        shutil.rmtree(machine)


SECTIONS = {"": "SETTINGS OF THE SERVER", "log": "LOG", "listeners": "LISTENERS", "listeners.tls": "LISTENERS", "limits": "LIMITS", "http": "HTTP",
            "websocket": "WEBSOCKET", "line": "LINES", "tls": "TLS", "hub": "HUB", "roles.NAME": "ROLES", "rates": "RATES", "tokens.NAME": "TOKENS"}


def test_the_manual_page_has_every_setting_with_its_default():
    printed = subprocess.run([BUILD / "bin" / "whiplyd", "--settings"], capture_output=True, text=True, timeout=10, check=True).stdout
    manual = dict(re.findall(r"^\.Sh ([A-Z ]+)\n(.*?)(?=^\.Sh |\Z)", (ROOT / "docs" / "man" / "whiply.conf.5").read_text(), re.S | re.M))
    missing, group = [], ""
    for line in printed.splitlines():
        head = re.match(r"### `([\w.]+)`", line)
        row = re.match(r"\| `(\w+)` \| ([^|]+) \| (`([^`]*)`)?", line)
        if head:
            group = head[1]
        if not row or group == "listeners.tls.certificates" or row[2] == "group" or row[2].startswith("groups") or row[2].startswith("list of groups"):
            continue
        name, default = row[1], "" if row[1] == "plugin_path" else row[4] or ""
        shown = re.search(rf"^\.It Ic {name} Pq (.*)$", manual.get(SECTIONS[group], ""), re.M)
        if not shown or (default and not re.search(rf"default {re.escape(default)}(;|$)", shown[1])):
            missing.append(f"{group}.{name} {default}")
    assert not missing
