"""The servers that are measured, each started in the foreground on a free loopback port with its limits raised: whiply, the
floor, and the peers that Debian packages, when they are installed."""
import os
import shutil

from machine import BUILD, PROGRAMS, Failure, Process, free_port

FLOOR_BYTES = 256   # near to what whiply sends over WebSocket for a payload of 128 bytes

WHIPLY = """
state = "{dir}/var";
edges = {edges};
listeners = (
  {{ name = "web"; address = "127.0.0.1:{http}"; protocol = "http"; }},
  {{ name = "line"; address = "127.0.0.1:{line}"; protocol = "line"; dialect = "{dialect}"; }}
);
{rates}
log = {{ level = "{level}"; format = "json"; }};
limits = {{ {limits} }};
hub = {{ {hub} }};
websocket = {{ ping = "10m"; }};
line = {{ idle_timeout = "1h"; }};
plugins = {{ relay = {{ }}; {plugins} }};
"""
RAISED = """connections = 1000000; per_address = 1000000; messages = "10000000/s burst 10000000";
  bytes = "1000000000/s burst 1000000000"; queue = "16MiB";"""

RAISED_RATES = 'rates = ( { command = "*"; rate = "10000000/s burst 10000000"; } );'
CHAT = 'sqlite = { }; chat = { rate = "1000000/s burst 1000000"; }; irc = { };'
RAISED_HUB = " ".join(f'{name} = "10000000/s burst 10000000";' for name in ("command_rate", "account_rate", "address_rate"))

INSPIRCD = """
<server name="bench.local" description="bench" network="bench" id="00B">
<admin name="b" email="b@localhost" nick="b">
<bind address="127.0.0.1" port="{port}" type="clients">
<connect name="all" allow="*" timeout="60" pingfreq="3600" hardsendq="1000000000" softsendq="1000000000" recvq="1000000000"
  threshold="1000000000" commandrate="1000000000" fakelag="no" localmax="1000000" globalmax="1000000" useconnectban="no"
  resolvehostnames="no" maxchans="10">
<performance softlimit="1000000" somaxconn="4096" quietbursts="yes">
<dns server="127.0.0.1" timeout="1">
<path configdir="{dir}" datadir="{dir}" logdir="{dir}" runtimedir="{dir}">
<log method="file" type="*" level="default" target="{dir}/inspircd.log">
"""

NGIRCD = """
[Global]
Name = bench.local
Info = bench
AdminInfo1 = bench
Listen = 127.0.0.1
Ports = {port}
MotdPhrase = bench
[Limits]
MaxConnections = 0
MaxConnectionsIP = 0
MaxJoins = 0
MaxNickLength = 20
MaxPenaltyTime = 0
PingTimeout = 3600
PongTimeout = 3600
[Options]
DNS = no
Ident = no
PAM = no
IncludeDir = {dir}
"""

MOSQUITTO = """
listener {port} 127.0.0.1
allow_anonymous true
persistence false
set_tcp_nodelay true
max_queued_messages 0
max_connections -1
sys_interval 0
log_dest none
"""

NATS = """
host: "127.0.0.1"
port: {port}
max_connections: 1000000
max_pending: 1GB
write_deadline: "60s"
ping_interval: "1h"
"""

REDIS = """
bind 127.0.0.1
port {port}
protected-mode no
save ""
appendonly no
maxclients 1000000
tcp-backlog 4096
timeout 0
client-output-buffer-limit pubsub 0 0 0
dir {dir}
"""

NGINX = """
daemon off;
master_process off;
pid {dir}/pid;
error_log {dir}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3; uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  keepalive_requests 1000000000;
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ default_type application/json; return 200 '{{"status":"ok"}}'; }} }}
}}
"""


def program(name):
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class Server(Process):
    """One server. `proto` and `port` are what the load client needs."""

    def __init__(self, name, proto, as_nobody=True):
        super().__init__(name, as_nobody)
        self.proto = proto
        self.port = free_port()
        self.window = 32    # connects, or joins, that one process of the load client has under way

    def config(self, text, **more):
        path = self.dir / "config"
        path.write_text(text.format(port=self.port, dir=self.dir, **more))
        return path


def floor(slow_ns=0, lose=0, size=FLOOR_BYTES):
    if not (PROGRAMS / "floor").exists():
        raise Failure("the floor is not built; run this as ./dev bench")
    server = Server("floor", "floor", as_nobody=False)
    server.run(PROGRAMS / "floor", server.port, size, slow_ns, lose)
    server.wait_for_port(server.port)
    return server


def whiply(proto="ws", edges=1, limits=RAISED, hub=RAISED_HUB, wait=True, level="warn", daemon=None, library=None, plugins="", more=""):
    irc = proto == "irc"
    daemon = daemon or BUILD / "bin" / "whiplyd"
    if not daemon.exists() or not (BUILD / "plugins" / ".libs" / "relay.so").exists():
        raise Failure("whiplyd or its plugin relay is not built")
    server = Server("whiply", proto, as_nobody=False)
    server.http, server.line = server.port, free_port()
    config = server.config(WHIPLY, http=server.http, line=server.line, edges=edges, limits=limits, hub=hub, level=level,
                           dialect="irc" if irc else "plain", rates=(RAISED_RATES if irc else "") + more, plugins=plugins + (CHAT if irc else ""))
    server.run(daemon, "-c", config, "-L", library or BUILD / "plugins" / ".libs")
    if proto in ("plain", "irc"):
        server.port = server.line
    if wait:
        server.wait_for_port(server.port)
    return server


def mixed(plugins, limits=RAISED, hub=RAISED_HUB, rates=RAISED_RATES, level="warn"):
    """Browsers at `http` and IRC clients at `line`, with these plugins, and as many edges as a machine of two cores has."""
    server = Server("whiply", "chat", as_nobody=False)
    server.http, server.line = server.port, free_port()
    config = server.config(WHIPLY, http=server.http, line=server.line, edges=2, limits=limits, hub=hub, level=level, dialect="irc", rates=rates,
                           plugins=plugins)
    server.run(BUILD / "bin" / "whiplyd", "-c", config, "-L", BUILD / "plugins" / ".libs")
    server.wait_for_port(server.port)
    return server


def whiply_chat(edges=1):
    """The plugin chat, with its log on the disk."""
    return whiply("chat", edges=edges, plugins='sqlite = { }; chat = { rate = "10000000/s burst 10000000"; };')


def _peer(name, proto, binary, text, command):
    path = program(binary)
    if path is None:
        raise Failure(f"{binary} is not installed")
    server = Server(name, proto)
    config = server.config(text)
    server.run(path, *command(config))
    server.wait_for_port(server.port)
    return server


def inspircd():
    server = _peer("InspIRCd", "irc", "inspircd", INSPIRCD, lambda c: ["--nofork", "--nopid", "--config", c])
    server.window = 1000    # it lets new clients in once a second
    return server


def ngircd():
    return _peer("ngIRCd", "irc", "ngircd", NGIRCD, lambda c: ["-n", "-f", c])


def nats():
    return _peer("NATS", "nats", "nats-server", NATS, lambda c: ["-c", c])


def mosquitto():
    return _peer("Mosquitto", "mqtt", "mosquitto", MOSQUITTO, lambda c: ["-c", c])


def redis():
    return _peer("Redis", "redis", "redis-server", REDIS, lambda c: [c])


def nginx():
    return _peer("nginx", "http", "nginx", NGINX, lambda c: ["-c", c, "-e", "stderr"])


# In the order of the table.
ALL = {
    "floor": floor,
    "whiply ws": lambda: whiply("ws"),
    "whiply chat": whiply_chat,
    "whiply line": lambda: whiply("plain"),
    "whiply irc": lambda: whiply("irc"),
    "InspIRCd": inspircd,
    "ngIRCd": ngircd,
    "Redis": redis,
    "NATS": nats,
    "Mosquitto": mosquitto,
}
QUICK = ["floor", "whiply ws", "whiply chat", "whiply line", "whiply irc", "InspIRCd", "Redis"]
