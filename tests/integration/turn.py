"""coturn with the configuration that whiply ships, and a small TURN client to ask it."""
import base64
import hashlib
import hmac
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

from conftest import ROOT, free_ports
from wire import until

COOKIE = 0x2112A442
SECRET = "north"


def why_not():
    return None if shutil.which("turnserver") else "there is no turnserver: ./dev install-deps test"


class Coturn:
    """The shipped configuration, on loopback; what differs from it is `changes`, lines that stand instead of those with the same key.
    `certificate`: a file with it and its key, for TLS."""

    def __init__(self, folder, changes=(), certificate=None):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.port, self.tls = free_ports(2)
        text = (ROOT / "contrib" / "coturn" / "turnserver.conf").read_text()
        own = [f"listening-port={self.port}", f"tls-listening-port={self.tls}", "listening-ip=127.0.0.1", "relay-ip=127.0.0.1", f"static-auth-secret={SECRET}",
               *([f"cert={certificate}", f"pkey={certificate}"] if certificate else ["no-tls"]), "no-dtls", f"pidfile={self.folder}/pid", f"log-file={self.folder}/log", "simple-log", f"userdb={self.folder}/db", *changes]
        for line in own:
            text = re.sub(rf"^{re.escape(line.split('=')[0])}\b.*\n", "", text, flags=re.M)
        text = re.sub(r"^(cert|pkey|external-ip|syslog)\b.*\n", "", text, flags=re.M)
        self.config = self.folder / "turnserver.conf"
        self.config.write_text(text + "\n".join(own) + "\n")
        self.process = subprocess.Popen(["turnserver", "-c", self.config], cwd=self.folder, stdin=subprocess.DEVNULL,
                                        stdout=open(self.folder / "out", "wb"), stderr=subprocess.STDOUT)
        until(lambda: self.answers(), 20, "coturn to answer")

    def answers(self):
        assert self.process.poll() is None, (self.folder / "out").read_text()
        with Turn(self.port, timeout=0.3) as client:
            try:
                return client.ask(3, [(0x19, b"\x11\0\0\0")])[0] == 0x113
            except OSError:
                return False

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def credentials(secret=SECRET, user="someone", expires=None):
    name = f"{int(expires or time.time() + 600)}:{user}"
    return name, base64.b64encode(hmac.new(secret.encode(), name.encode(), hashlib.sha1).digest()).decode()


class Turn:
    """One client of a TURN server over UDP."""

    def __init__(self, port, timeout=5):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.settimeout(timeout)
        self.socket.connect(("127.0.0.1", port))
        self.user = self.realm = self.nonce = self.key = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def ask(self, method, attributes):
        """(type, {attribute: value}) of the answer."""
        attributes = list(attributes)
        if self.key:
            attributes += [(6, self.user.encode()), (0x14, self.realm), (0x15, self.nonce)]
        body = b"".join(struct.pack(">HH", kind, len(value)) + value + b"\0" * (-len(value) % 4) for kind, value in attributes)
        head = struct.pack(">HHI", method, len(body) + (24 if self.key else 0), COOKIE) + os.urandom(12)
        if self.key:
            body += struct.pack(">HH", 8, 20) + hmac.new(self.key, head + body, hashlib.sha1).digest()
        self.socket.send(head + body)
        while True:
            answer = self.socket.recv(2048)
            if answer[8:20] == head[8:20]:
                break
        kind, n = struct.unpack(">HH", answer[:4])
        found, at = {}, 20
        while at < 20 + n:
            key, size = struct.unpack(">HH", answer[at:at + 4])
            found[key] = answer[at + 4:at + 4 + size]
            at += 4 + size + -size % 4
        return kind, found

    def allocate(self, user, password):
        """0, or the error."""
        kind, found = self.ask(3, [(0x19, b"\x11\0\0\0")])
        assert kind == 0x113 and error(found) == 401, (kind, found)
        self.user, self.realm, self.nonce = user, found[0x14], found[0x15]
        self.key = hashlib.md5(user.encode() + b":" + self.realm + b":" + password.encode()).digest()
        kind, found = self.ask(3, [(0x19, b"\x11\0\0\0")])
        return 0 if kind == 0x103 else error(found)

    def permit(self, address):
        """May what is relayed go there? 0, or the error."""
        if ":" in address:
            raw = b"\0\2" + struct.pack(">H", 9) + bytes(a ^ b for a, b in zip(socket.inet_pton(socket.AF_INET6, address), struct.pack(">I", COOKIE) + b"\0" * 12))
        else:
            raw = b"\0\1" + struct.pack(">H", 9 ^ (COOKIE >> 16)) + struct.pack(">I", struct.unpack(">I", socket.inet_aton(address))[0] ^ COOKIE)
        kind, found = self.ask(8, [(0x12, raw)])
        return 0 if kind == 0x108 else error(found)


def error(found):
    return found[9][2] % 8 * 100 + found[9][3] if 9 in found else -1
