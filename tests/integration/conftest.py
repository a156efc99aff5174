"""A running whiply for each test that wants one.

`whiply` is a server with the default settings that the tests of one file share; `start(...)` begins one of its own, with
what a test needs in its config. Either is stopped at the end and must have ended cleanly, with no sanitizer's report in its log.
"""
import collections
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import irc_client
import pytest
from wire import http, until

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / os.environ.get("WHIPLY_BUILD", "build-asan")

CONFIG = """
state = "{state}";
edges = {edges};
listeners = (
  {{ name = "web"; address = "127.0.0.1:{http}"; protocol = "http"; {web} }},
  {{ name = "line"; address = "127.0.0.1:{line}"; protocol = "line"; dialect = "plain"; {lines} }}
  {listeners}
);
log = {{ level = "debug"; format = "json"; }};
limits = {{ {limits} }};
http = {{ {http_section} }};
websocket = {{ {websocket} }};
hub = {{ {hub} }};
{more}
plugins = {{ relay = {{ }}; metrics = {{ }}; {plugins} }};
"""


GIVEN = collections.deque(maxlen=1000)      # ports that nobody may listen on yet, and that are somebody's


def free_ports(n):
    """Ports that nobody listens on, below those that the kernel gives to clients, and none that was given of late. Those who test at the same time have
    each a range of their own: between here and the server's listening anybody could take one."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw7").removeprefix("gw")) % 8
    first, held, ports = 12000 + worker * 2250, [], []
    start = (os.getpid() * 97 + int(time.monotonic() * 1000)) % 2250
    for port in (first + (start + i) % 2250 for i in range(2250)):
        if port in GIVEN:
            continue
        s = socket.socket()
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            s.close()
            continue
        held.append(s)
        ports.append(port)
        if len(ports) == n:
            break
    for s in held:
        s.close()
    GIVEN.extend(ports)
    return ports


def plugin_beside(folder, name):
    """A folder with the built plugins and, compiled, that of this folder which is called so."""
    shutil.copytree(BUILD / "plugins" / ".libs", folder / "plugins", symlinks=False)
    subprocess.run(["gcc", "-std=c11", "-D_GNU_SOURCE", "-shared", "-fPIC", "-I", ROOT / "include", "-o", folder / "plugins" / f"{name}.so",
                    ROOT / "tests" / "integration" / f"{name}.c"], check=True)
    return folder / "plugins"


class Whiply:
    """One server process tree."""

    def __init__(self, build=BUILD, edges=1, web="", lines="", listeners="", limits="", http="", websocket="", hub="", more="", plugins="",
                 environment=None, descriptors=(), wait=True, library=None, state=None,
                 code=0):
        self.build = build
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="whiply-"))
        self.code = code                # what it has to end with
        self.state = state or self.dir / "var"
        self.http, self.line, self.extra = free_ports(3)
        self.sections = dict(edges=edges, web=web, lines=lines, listeners=listeners, limits=limits, http_section=http,
                             websocket=websocket, hub=hub, more=more, plugins=plugins)
        self.config = self.dir / "whiply.conf"
        self.configure()
        self.log_path = self.dir / "log"
        self.control = self.state / "control.sock"
        self.environment = {**os.environ, **(environment or {})}
        self.library = library or build / "plugins" / ".libs"
        self.log_file = open(self.log_path, "ab")
        self.run(descriptors)
        if wait:
            self.wait()

    def run(self, descriptors=()):
        """Starts it; again, when it was ended before."""
        self.began = time.monotonic()
        self.process = subprocess.Popen([self.build / "bin" / "whiplyd", "-c", self.config, "-L", self.library],
                                        stdin=subprocess.DEVNULL, stdout=self.log_file, stderr=self.log_file, env=self.environment,
                                        cwd=self.dir, pass_fds=descriptors)

    def configure(self, **changes):
        """Writes the config file, with some sections changed."""
        self.sections.update({"http_section" if key == "http" else key: text for key, text in changes.items()})
        self.config.write_text(CONFIG.format(state=self.state, http=self.http, line=self.line, **self.sections).replace(":HTTP", f":{self.http}").replace("PORT", str(self.extra)))

    def ready(self):
        assert self.process.poll() is None, f"whiplyd ended with {self.process.returncode}:\n{self.log()[-4000:]}"
        try:
            return http(self.http, "GET", "/health/ready").status == 200
        except (OSError, AssertionError):
            return False

    def wait(self, limit=20):
        until(self.ready, limit, "whiply to be ready; its log:\n" + self.log()[-3000:])

    def log(self):
        return self.log_path.read_text(errors="replace")

    def events(self, name):
        """The log lines of one event, parsed."""
        found = []
        for line in self.log().splitlines():
            if f'"{name}"' in line:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue
                if event.get("event") == name:
                    found.append(event)
        return found

    def ctl(self, *words):
        return subprocess.run([self.build / "bin" / "whiplyctl", "-s", self.control, *map(str, words)], capture_output=True, text=True,
                              timeout=30, env={**self.environment, "NO_COLOR": "1"})

    def command(self, name, *words):
        """Runs a command over the control socket and returns its result."""
        done = self.ctl(name, "--json", *words)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def children(self):
        """{title: pid} of the processes that the keeper has now."""
        found = {}
        for path in pathlib.Path("/proc").iterdir():
            if not path.name.isdigit():
                continue
            try:
                stat = (path / "stat").read_text()
                title = (path / "cmdline").read_bytes().split(b"\0")[0].decode()
            except OSError:
                continue
            fields = stat[stat.rindex(")") + 2:].split()
            if int(fields[1]) == self.process.pid and fields[0] != "Z":
                found[title.removeprefix("whiplyd: ")] = int(path.name)
        return found

    def kill(self, title, number=signal.SIGKILL):
        """Kills one of our own children by its title, and returns its pid."""
        pid = self.children()[title]
        os.kill(pid, number)
        return pid

    def hub_back(self, old, limit=20):
        """Waits until another hub than `old` serves."""
        until(lambda: self.children().get("hub") not in (None, old), limit, "another hub")
        self.wait(limit)

    def end(self):
        """Ends it in order; run() starts it again."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                raise AssertionError("whiplyd did not end at SIGTERM:\n" + self.log()[-4000:])

    def stop(self):
        self.end()
        self.log_file.close()
        log = self.log()
        assert not re.search(r"AddressSanitizer|LeakSanitizer|runtime error:", log), log[-8000:]
        assert self.process.returncode == self.code, f"ended with {self.process.returncode}:\n{log[-4000:]}"
        shutil.rmtree(self.dir, ignore_errors=True)


@pytest.fixture(scope="module")
def whiply():
    server = Whiply()
    yield server
    server.stop()


@pytest.fixture
def start(request):
    servers = []

    def begin(**options):
        servers.append(Whiply(**options))
        return servers[-1]

    yield begin
    for server in servers:
        server.stop()


@pytest.fixture(scope="module")
def irc_whiply(request):
    """A server of IRC that the tests of one file share; the file's IRC_OPTIONS, if it has them, are its options."""
    server = Whiply(**irc_client.options(**getattr(request.module, "IRC_OPTIONS", {})))
    yield irc_client.IrcServer(server)
    server.stop()


@pytest.fixture
def irc(irc_whiply):
    yield irc_whiply
    irc_whiply.leave()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Shows the end of the server's log beside a failure."""
    report = (yield).get_result()
    if report.failed and call.when == "call":
        for value in getattr(item, "funcargs", {}).values():
            value = getattr(value, "whiply", value)
            if isinstance(value, Whiply):
                report.sections.append(("whiply's log", value.log()[-6000:]))
