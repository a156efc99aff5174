"""What the benchmarks need of the machine: processes that end with us, their CPU and memory, ports, and the load client."""
import contextlib
import ctypes
import json
import os
import pathlib
import pwd
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = ROOT / "build"
PROGRAMS = BUILD / "tests" / "bench"

PR_SET_PDEATHSIG = 1
LIBC = ctypes.CDLL(None)


class Failure(Exception):
    """Something did not go as a benchmark needs it; the text says what."""


def die_with_us():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


@contextlib.contextmanager
def awake():
    """Keeps the processors from sleeping, with processes that run when nothing else does. To wake one that sleeps takes a virtual machine up to 40 us, and is
    counted as CPU of whoever wakes it: where little runs at a time that would be most of what is measured. They end by themselves after five minutes."""
    program = "import os, time; os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0)); end = time.monotonic() + 300\nwhile time.monotonic() < end: pass"
    idlers = []
    for core in os.sched_getaffinity(0):
        idlers.append(subprocess.Popen([sys.executable, "-c", program], preexec_fn=lambda core=core: (os.sched_setaffinity(0, {core}), die_with_us())))
    try:
        yield
    finally:
        for idler in idlers:
            idler.kill()
            idler.wait()


def port_is_free(port):
    with socket.socket() as s:
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


_last_port = 11000 + os.getpid() % 900 * 20


def free_port():
    """A port below those that the kernel gives to clients; each is given out once, so that nothing lingers on it."""
    global _last_port
    while True:
        _last_port = _last_port + 1 if _last_port < 32000 else 11000
        if port_is_free(_last_port):
            return _last_port


def parents():
    """{pid: parent's pid} of the whole machine."""
    found = {}
    for path in pathlib.Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                stat = (path / "stat").read_text()
            except OSError:
                continue
            found[int(path.name)] = int(stat[stat.rindex(")") + 2:].split()[1])
    return found


def family(pid):
    """A process and its descendants."""
    tree, parent_of = {pid}, parents()
    grew = True
    while grew:
        more = {p for p, parent in parent_of.items() if parent in tree} - tree
        tree |= more
        grew = bool(more)
    return sorted(tree)


def title(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].decode()
    except OSError:
        return ""


def cpu_ns(pids):
    """CPU time of these processes, each thread counted. schedstat is exact; the ticks of stat are what older kernels have."""
    total = 0
    for pid in pids:
        try:
            tasks = list(pathlib.Path(f"/proc/{pid}/task").iterdir())
        except OSError:
            continue
        for task in tasks:
            try:
                try:
                    total += int((task / "schedstat").read_text().split()[0])
                except FileNotFoundError:
                    fields = (task / "stat").read_text().rsplit(")", 1)[1].split()
                    total += (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")
            except OSError:
                continue
    return total


def memory_bytes(pids):
    """User memory that belongs to these processes: anonymous, and shared memory by its share. Program files are not in it."""
    total = 0
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        values = {line.split(":")[0]: int(line.split()[1]) for line in text.splitlines()[1:]}
        total += (values["Pss_Anon"] + values["Pss_Shmem"]) * 1024
    return total


def descriptors(pids):
    """How many descriptors these processes have open: the only sign of a close that a client who does not read can not see."""
    total = 0
    for pid in pids:
        try:
            total += len(os.listdir(f"/proc/{pid}/fd"))
        except OSError:
            continue
    return total


class Process:
    """A program in a temp folder of its own, that never outlives us. Peers run as nobody when we are root."""
    running = []

    def __init__(self, name, as_nobody=True):
        self.name = name
        self.as_nobody = as_nobody and os.geteuid() == 0
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="whiply-bench-"))
        self.process = None
        Process.running.append(self)

    def run(self, *command):
        more = {}
        if self.as_nobody:
            nobody = pwd.getpwnam("nobody")
            for path in [self.dir, *self.dir.rglob("*")]:
                os.chown(path, nobody.pw_uid, nobody.pw_gid)
            more = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen([str(word) for word in command], cwd=self.dir, stdin=subprocess.DEVNULL, stdout=log,
                                            stderr=log, preexec_fn=die_with_us, **more)

    @property
    def pids(self):
        return family(self.process.pid)

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def log(self):
        return (self.dir / "log").read_text(errors="replace")

    def wait_for_port(self, port, limit=10):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            if not self.alive():
                raise Failure(f"{self.name} ended with {self.process.returncode}: {self.log()[-600:].strip()}")
            with socket.socket() as s:
                if s.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.005)
        raise Failure(f"{self.name} does not listen after {limit} s: {self.log()[-600:].strip()}")

    def stop(self):
        if self in Process.running:
            Process.running.remove(self)
        if self.process is not None:
            descendants = family(self.process.pid) if self.alive() else []
            if self.alive():
                self.process.terminate()
                try:
                    self.process.wait(5)
                except subprocess.TimeoutExpired:
                    for pid in descendants:
                        try:
                            os.kill(pid, signal.SIGKILL)
                        except ProcessLookupError:
                            pass
            self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def stop_all():
        for process in list(Process.running):
            process.stop()


class Load:
    """The load client, driven line by line. Each answer is a dict; README.md says what its numbers are."""
    running = []

    def __init__(self, proto, port, **options):
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        self.process = subprocess.Popen([PROGRAMS / "load", f"--proto={proto}", f"--port={port}", *words], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True, bufsize=1, preexec_fn=die_with_us)
        Load.running.append(self)

    def tell(self, command):
        try:
            self.process.stdin.write(command + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise Failure(f"the load client has ended, before: {command}") from None

    def answer(self, limit=60):
        if not select.select([self.process.stdout], [], [], limit)[0]:
            raise Failure(f"the load client does not answer within {limit} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failure("the load client has ended")
        answer = json.loads(line)
        if "error" in answer:
            raise Failure(f"load: {answer['error']}")
        return answer

    def do(self, command, limit=60):
        self.tell(command)
        return self.answer(limit)

    def connect(self, n, rate=0, limit=120, at_least=None):
        """Connects `n` clients more and returns how many there are; that must be `at_least` so many, or all."""
        before = self.do("status")["ready"]
        done = self.do(f"connect {n} {rate}", limit)
        if done["ready"] - before < (n if at_least is None else at_least):
            raise Failure(f"only {done['ready'] - before} of {n} clients were let in ({done['refused']} refused, {done['closed']} closed)")
        return done["ready"]

    def publisher(self, room):
        done = self.do(f"publisher {room}")
        if done["stuck"]:
            raise Failure("the publisher was not let in")

    def join(self, room, n, seconds=0):
        done = self.do(f"join {room} {n} {seconds}", seconds + 120)
        if seconds == 0 and done["members"] < n:
            raise Failure(f"only {done['members']} of {n} clients could join ({done['refused']} refused)")
        return done

    def stop(self):
        if self in Load.running:
            Load.running.remove(self)
        if self.process.poll() is None:
            try:
                self.process.stdin.close()
            except BrokenPipeError:
                pass
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    @staticmethod
    def stop_all():
        for load in list(Load.running):
            load.process.kill()
            load.process.wait()
        Load.running.clear()
