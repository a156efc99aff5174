"""Measures whiply beside a floor and the peers that Debian packages. README.md says what is measured and how to read it.

All servers of a comparison run at once and are measured in turns, in short slices; what is told is the median of the slices.
Times and CPU are noisy on a shared machine: trust the ratios within one run.
"""
import argparse
import json
import os
import pathlib
import signal
import statistics
import subprocess
import sys
import threading
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "integration"))

import endings
import floods
import kills
import logins
import rooms
import servers
import store
import table
from machine import BUILD, Failure, Load, Process, awake, cpu_ns, descriptors, memory_bytes
from wire import WebSocket, http

FULL = dict(rounds=9, slice=0.3, members=1000, rate=2.0, rate_rounds=3, join=10000, join_seconds=10, idle=10000, edges=1, http=2.0, starts=5, kill=10000,
            seconds=4.0, edge_queue=64 << 20, store_rounds=3, store_seconds=6, store_rows=100000, rooms=50, room=200, room_rate=10, room_calm=3, floods=0.22)
QUICK = dict(rounds=3, slice=0.1, members=600, rate=0.4, rate_rounds=1, join=1000, join_seconds=2, idle=1000, edges=1, http=0.15, starts=2, kill=1000,
             seconds=1.0, edge_queue=4 << 20, store_rounds=3, store_seconds=2, store_rows=30000, rooms=10, room=60, room_rate=10, room_calm=3, floods=0.3)


class Bench:
    def __init__(self, options):
        self.options = options
        self.size = dict(QUICK if options.quick else FULL)
        if options.connections:
            self.size["idle"] = options.connections
            self.size["kill"] = min(options.connections, 18000)     # what one edge and one worker hold
        if options.members:
            self.size["members"] = options.members
        self.names = [n for n in servers.ALL if (not options.only or n.split()[0].lower() in options.only) and
                      (not options.quick or options.only or n in servers.QUICK)]
        self.rows = {name: {} for name in self.names}
        self.failed = {}
        self.figures = []

    def say(self, text):
        print(f"==> {text}", file=sys.stderr, flush=True)

    def figure(self, what, got, unit="", most=None, least=None):
        """A number that stands for itself; with a bound it is checked."""
        bound = most if most is not None else least
        ok = None if bound is None else got <= most if most is not None else got >= least
        self.figures.append(dict(what=what, got=got, unit=unit, bound=bound, most=most is not None, ok=ok))

    def each(self, what, measure):
        """Runs measure(name) for every server; one that fails is left out, and said so."""
        for name in self.names:
            self.say(f"{what}: {name}")
            try:
                measure(name)
            except Failure as failure:
                self.failed[f"{name}, {what}"] = str(failure)

    # Fan-out and latency: all servers at once, in turns.

    def fanout(self):
        running, samples = {}, {}   # samples has who is well
        n = self.size["members"]

        def begin(name):
            server = servers.ALL[name]()
            load = Load(server.proto, server.port, window=server.window, sample=4)
            running[name] = server, load
            load.connect(n)
            load.publisher("r")
            load.join("r", n)
            samples[name] = []

        self.each("fan-out", begin)
        for turn in range(self.size["rounds"]):
            self.say(f"fan-out and latency, round {turn + 1} of {self.size['rounds']}")
            for name, (server, load) in running.items():
                if name not in samples:
                    continue
                try:
                    sample = {"one": self.slice(server, load, f"fanout 1 {self.size['slice']}"),
                              "many": self.slice(server, load, f"fanout 32 {self.size['slice']}")}
                    if turn < self.size["rate_rounds"]:
                        sample["rate"] = self.slice(server, load, f"rate 10 {self.size['rate']}")
                    samples[name].append(sample)
                except Failure as failure:
                    self.failed[f"{name}, fan-out"] = str(failure)
                    del samples[name]
        for server, load in running.values():
            load.stop()
            server.stop()
        for name, ours in samples.items():
            self.rows[name] |= self.summary(ours)
            for key in ("one", "many"):
                if "floor" in samples:
                    self.rows[name][f"{key}_floor"] = self.ratio(key, ours, samples["floor"])
                if "whiply ws" in samples:
                    self.rows[name][f"{key}_ours"] = self.ratio(key, samples["whiply ws"], ours)

    def slice(self, server, load, command):
        pids = server.pids
        before = cpu_ns(pids)
        done = load.do(command)
        cpu = cpu_ns(pids) - before
        if done["stuck"]:
            raise Failure(f"messages stopped arriving ({command}: {done['deliveries']} of {done['expected']})")
        if done["missing"] or done["disorder"] or done["deliveries"] != done["expected"]:
            raise Failure(f"{command}: {done['deliveries']} of {done['expected']} deliveries came; of {done['checked']} checked "
                          f"{done['missing']} were missing, {done['disorder']} out of order")
        return {"us": cpu / done["deliveries"] / 1000, "s": done["deliveries"] / done["seconds"], "wire": done["bytes"] / done["deliveries"],
                "p50": done["p50_us"] / 1000, "p95": done["p95_us"] / 1000, "p99": done["p99_us"] / 1000}

    @staticmethod
    def ratio(key, ours, theirs):
        """The median of the rounds' ratios: what slows the machine for some seconds slows both of a round."""
        return statistics.median(a[key]["us"] / b[key]["us"] for a, b in zip(ours, theirs))

    @staticmethod
    def summary(samples):
        def median(kind, key):
            return statistics.median(sample[kind][key] for sample in samples if kind in sample)

        return dict(one_us=median("one", "us"), one_s=median("one", "s"), many_us=median("many", "us"), many_s=median("many", "s"),
                    p50_ms=median("rate", "p50"), p95_ms=median("rate", "p95"), p99_ms=median("rate", "p99"), wire_bytes=median("one", "wire"))

    def check_fanout(self):
        floor, ours, inspircd = (self.rows.get(name, {}) for name in ("floor", "whiply ws", "InspIRCd"))
        if "one_floor" not in ours:
            return
        self.figure("fan-out, 1 in flight, CPU", ours["one_floor"], "× floor", most=1.3)
        self.figure("fan-out, 32 in flight, CPU", ours["many_floor"], "× floor", most=3.0)
        self.figure("delivery p95 above the floor's", ours["p95_ms"] - floor["p95_ms"], "ms", most=10)
        chat = self.rows.get("whiply chat", {})
        if "one_floor" in chat:
            self.figure("chat: fan-out, 1 in flight, CPU", chat["one_floor"], "× floor")
            self.figure("chat: fan-out, 32 in flight, CPU", chat["many_floor"], "× floor")
            self.figure("chat: deliveries a second", chat["many_s"], "", least=100000 if not self.options.quick else None)
            self.figure("chat: delivery p95 above the floor's", chat["p95_ms"] - floor["p95_ms"], "ms", most=10)
        if "one_ours" in inspircd:
            # In a small room InspIRCd is nearer to the floor, and short slices are noisy: --quick tells, and does not judge.
            judge = not self.options.quick
            self.figure("fan-out, 1 in flight, CPU", inspircd["one_ours"], "× InspIRCd", most=0.85 if judge else None)
            self.figure("fan-out, 32 in flight, CPU", inspircd["many_ours"], "× InspIRCd", most=0.6 if judge else None)

    # Joining, and holding.

    @staticmethod
    def at_least(name, n):
        """ngIRCd loses one in some thousands when they come fast; that is not what is measured."""
        return n if name.startswith(("whiply", "floor")) else n * 99 // 100

    def join(self):
        def measure(name):
            n = self.size["join"]
            with awake(), servers.ALL[name]() as server, Load(server.proto, server.port, window=server.window) as load:
                n = load.connect(n, at_least=self.at_least(name, n))
                before = cpu_ns(server.pids)
                done = load.join("r", n, self.size["join_seconds"])
                self.rows[name] |= dict(join_us=(cpu_ns(server.pids) - before) / max(done["members"], 1) / 1000, join_n=done["members"])

        self.each("join", measure)
        if "join_us" in self.rows.get("whiply ws", {}):
            self.figure(f"joining a room of {self.size['join']:,}, CPU", self.rows["whiply ws"]["join_us"], "µs", most=20)
        if "join_us" in self.rows.get("whiply chat", {}):
            self.figure(f"chat: joining a room of {self.size['join']:,}, CPU", self.rows["whiply chat"]["join_us"], "µs")

    @staticmethod
    def ours(name, edges):
        return servers.whiply_chat(edges) if name.endswith("chat") else servers.whiply("plain" if name.endswith("line") else "ws", edges=edges)

    def idle(self):
        def measure(name):
            ours = name.startswith("whiply")
            n = self.size["idle"] if ours or self.size["idle"] <= 19000 else 19000
            edges = (n + 18999) // 19000
            with self.ours(name, edges) if ours else servers.ALL[name]() as server:
                self.rows[name] |= self.hold(server, n, self.at_least(name, n))

        self.each("idle", measure)
        row = self.rows.get("whiply ws", {})
        if "idle_bytes" in row:
            self.figure(f"user memory of one of {row['idle_n']:,} idle connections", row["idle_bytes"], "bytes", most=2048)

    def hold(self, server, n, at_least):
        first = min(200, n // 2)
        with Load(server.proto, server.port, window=server.window, workers=(n + 18499) // 18500) as load:
            first = load.connect(first, at_least=first * at_least // n)
            pids = server.pids
            before = memory_bytes(pids)
            n = load.connect(n - first, limit=300, at_least=at_least - first)
            grown = memory_bytes(pids) - before
            time.sleep(0.2 if self.options.quick else 2)
            left = load.do("status")
            if left["open"] != n:
                raise Failure(f"of {n} idle connections {n - left['open']} were closed")
            return dict(idle_bytes=grown / (n - first), idle_n=n)

    def many(self):
        """150,000 connections on eight edges."""
        n, edges = self.options.connections or (4000 if self.options.quick else 150000), 2 if self.options.quick else 8
        self.say(f"{n:,} idle connections on {edges} edges")
        try:
            with servers.whiply("ws", edges=edges) as server:
                row = self.hold(server, n, n)
                with WebSocket(server.http) as ws:
                    ws.call("relay.join", room="r")
        except (Failure, OSError, AssertionError) as failure:
            self.failed["many"] = str(failure)
            return
        self.figure("idle WebSocket connections on one node", row["idle_n"], "", least=4000 if self.options.quick else 150000)
        self.figure("user memory of one of them", row["idle_bytes"], "bytes", most=2048)

    # What only whiply is asked.

    def start(self):
        self.say("cold start")
        times = {"http": [], "welcome": [], "message": []}
        try:
            for _ in range(self.size["starts"]):
                began = time.monotonic()
                with servers.whiply(wait=False) as server:
                    self.start_once(server, began, times)
        except (Failure, OSError, AssertionError) as failure:
            self.failed["start"] = str(failure)
            return
        self.figure("cold start to the first HTTP answer", statistics.median(times["http"]) * 1000, "ms", most=200)
        self.figure("cold start to the first WebSocket welcome", statistics.median(times["welcome"]) * 1000, "ms", most=200)
        self.figure("cold start to the first message heard", statistics.median(times["message"]) * 1000, "ms", most=250)

    @staticmethod
    def start_once(server, began, times):
        while True:
            try:
                if http(server.http, "GET", "/health/ready").status == 200:
                    break
            except (OSError, AssertionError):
                pass
            if not server.alive() or time.monotonic() - began > 10:
                raise Failure(f"whiplyd does not serve: {server.log()[-600:].strip()}")
            time.sleep(0.001)
        times["http"].append(time.monotonic() - began)
        with WebSocket(server.http) as ws:
            times["welcome"].append(time.monotonic() - began)
            ws.call("relay.join", room="r")
            ws.call("relay.say", room="r", text="hello")
            ws.notification("relay.message")
            times["message"].append(time.monotonic() - began)

    def http(self):
        cases = [("nginx, return 200", servers.nginx, "GET /health/live"), ("whiply, answer of an edge", servers.whiply, "GET /health/live"),
                 ("whiply, API command", servers.whiply, "POST /api/session.ping")]
        running, costs = [], {}
        for what, make, request in cases:
            try:
                server = make()
                load = Load("http", server.http if hasattr(server, "http") else server.port, sample=1)
                load.connect(64)
                running.append((what, request, server, load))
            except Failure as failure:
                self.failed[what] = str(failure)
        for turn in range(self.size["rounds"]):
            self.say(f"HTTP, round {turn + 1}")
            for what, request, server, load in running:
                before = cpu_ns(server.pids)
                done = load.do(f"ask {self.size['http']} {request}")
                if done["errors"] or not done["acked"]:
                    self.failed[what] = f"{done['errors']} of {done['acked']} answers to {request} were no 2xx"
                    continue
                costs.setdefault(what, []).append((cpu_ns(server.pids) - before) / done["acked"] / 1000)
        for _, _, server, load in running:
            load.stop()
            server.stop()
        costs = {what: statistics.median(values) for what, values in costs.items()}
        nginx = costs.get(cases[0][0])
        for what, bound in (cases[0][0], None), (cases[1][0], 1.5), (cases[2][0], 3.0):
            if what in costs:
                self.figure(f"HTTP: {what}, CPU", costs[what], "µs")
                if nginx and bound:
                    self.figure(f"HTTP: {what}, CPU", costs[what] / nginx, "× nginx", most=bound)

    def kill(self):
        endings.kill(self)

    def kills(self):
        """The hub is killed a hundred times while browsers and IRC clients speak."""
        n, each = (15, 8) if self.options.quick else (100, 20)
        self.say(f"{n} hubs killed under load")
        try:
            with servers.whiply("irc", plugins=kills.PLUGINS, more=kills.HEALTHY) as server:
                def hub():
                    return endings.children(server).get("hub")

                world = kills.World(server.http, server.line, lambda: os.kill(hub(), signal.SIGKILL), hub, each)
                world.run(n)
                done = world.judge()
                world.close()
                deaths, aside = len(endings.hub_deaths(server)), len(endings.events(server, "record_set_aside"))
        except (Failure, OSError, AssertionError, kills.Wrong) as failure:
            self.failed["kills"] = str(failure)
            return
        for example in done["examples"]:
            print(f"    {example}", file=sys.stderr)
        self.figure("kills: hubs that were killed", deaths, f"in {done['seconds']:.0f} s", least=n)
        self.figure("kills: messages that were acknowledged", done["acked"], f"of {done['said']}", least=n)
        self.figure("kills: messages that were refused and asked again", done["refused"], "")
        self.figure("kills: records set aside", aside, "", most=0)
        names = {"closed": "connections closed", "lost": "acknowledged messages that are not in the log", "doubled": "messages there twice",
                 "unheard": "messages of the log that somebody did not hear", "disorder": "messages out of order",
                 "told otherwise": "other things that somebody was told", "rooms changed": "members, ranks, modes, topics that changed"}
        for what, number in done["wrong"].items():
            self.figure(f"kills: {names[what]}", number, "", most=0)

    def rooms(self):
        rooms.measure(self)

    def floods(self):
        floods.measure(self)

    def stall(self):
        endings.stall(self)

    def store(self):
        store.measure(self)

    def judge(self):
        """The round trip of a verdict with ten packs, in turns with a process that sends back what it gets: what that takes is the machine's. Asker and
        helper are on one core, and then wherever they are put: to wake another core takes a virtual machine up to 40 µs, which is no judging."""
        self.say("verdicts of ten rule packs, 10,000 a second")
        cores = os.sched_getaffinity(0)
        one = self.verdicts("on one core", {min(cores)})
        with awake():
            across = self.verdicts("across cores", cores)
        if one is None or across is None:
            return
        echo, packs, most = one["echo"], one["ten packs"], None if self.options.quick else 1
        self.figure("verdict: packs that were asked", min(packs["packs"], across["ten packs"]["packs"]), "", least=10)
        # 20 µs where an echo takes 5.7, as it does here when nobody else is about.
        self.figure("verdict on one core: median", packs["p50_us"] / echo["p50_us"], "× an echo's", most=3.5)
        self.figure("verdict on one core: p99", packs["p99_us"] / 1000, "ms", most=most)
        self.figure("verdict across cores: median beyond an echo's", across["ten packs"]["p50_us"] - across["echo"]["p50_us"], "µs", most=20)
        self.figure("verdict across cores: p99", across["ten packs"]["p99_us"] / 1000, "ms", most=most)
        pipeline = packs["asker_cpu_us"] + packs["helper_cpu_us"]
        self.figure("verdict: CPU of a message, both ends", pipeline, "µs")
        self.figure("verdict: that against sending it to a room of 100", pipeline / one["room_cpu_us"], "×", most=0.2)

    def verdicts(self, where, cores):
        done = subprocess.run([BUILD / "core" / "rules" / "bench_judge", "--json", pathlib.Path(__file__).resolve().parents[2] / "lua" / "packs",
                               "1" if self.options.quick else "5"], capture_output=True, text=True, timeout=120, preexec_fn=lambda: os.sched_setaffinity(0, cores))
        if done.returncode != 0:
            self.failed["judge"] = done.stderr[-500:]
            return None
        got = json.loads(done.stdout)
        for name in "echo", "no packs", "ten packs":
            self.figure(f"verdict {where}, {name}: round trip, median", got[name]["p50_us"], "µs")
            self.figure(f"verdict {where}, {name}: round trip, p99", got[name]["p99_us"] / 1000, "ms")
        return got

    def flood(self):
        """One address connects and speaks as fast as it can, while the members of a room, from many addresses, hear each other."""
        self.say("flood from one address")
        limits = 'per_address = 64; accept_rate_per_address = "100/s burst 100"; flood = "2s";'
        n, seconds = self.size["members"], self.size["seconds"]
        try:
            with servers.whiply("ws", limits=limits, hub="") as server, Load("ws", server.port, sample=1, per_source=40) as load:
                load.connect(n, rate=2000)
                load.publisher("r")
                load.join("r", n)
                before = load.do(f"rate 10 {seconds}")
                with Load("ws", server.port, source=2, per_source=1000000) as flood:
                    flood.do("connect 200")
                    flood.do("join flood 200")
                    thread = threading.Thread(target=lambda: flood.do(f"flood flood {seconds + 1}"))
                    thread.start()
                    during = load.do(f"rate 10 {seconds}")
                    thread.join()
                    end = flood.do("status")
        except (Failure, OSError, AssertionError) as failure:
            self.failed["flood"] = str(failure)
            return
        self.figure("flood: p95 of the others before", before["p95_us"] / 1000, "ms")
        self.figure("flood: p95 of the others meanwhile", during["p95_us"] / 1000, "ms", most=before["p95_us"] / 1000 + 50)
        self.figure("flood: deliveries to others that are missing", during["expected"] - during["deliveries"], "", most=0)
        self.figure("flood: connections of the flooder refused or closed", end["closed"] + end["refused"], "", least=1)

    def slow(self):
        """A tenth of the members stop reading."""
        self.say("members that stop reading")
        n = self.size["members"]
        memory_most = closed = 0
        limits = servers.RAISED.replace('queue = "16MiB"', 'queue = "256KiB"')
        try:
            with servers.whiply("ws", limits=limits) as server, Load("ws", server.port, sample=1) as load:
                load.connect(n)
                load.publisher("r")
                load.join("r", n)
                before = load.do(f"rate 10 {self.size['rate']}")
                memory = memory_bytes(server.pids)
                stalled = load.do(f"stall {n // 10}")["stalled"]
                open_before = descriptors(server.pids)
                # The kernel holds some MB for each before the server sees that anyone is slow.
                for _ in range(8):
                    load.do(f"fanout 32 {self.size['seconds']}")
                    memory_most = max(memory_most, memory_bytes(server.pids) - memory)
                    closed = open_before - descriptors(server.pids)
                    if closed >= stalled:
                        break
                during = load.do(f"rate 10 {self.size['rate']}")
        except (Failure, OSError, AssertionError) as failure:
            self.failed["slow"] = str(failure)
            return
        self.figure("slow members: p95 of the others before", before["p95_us"] / 1000, "ms")
        self.figure("slow members: p95 of the others then", during["p95_us"] / 1000, "ms", most=before["p95_us"] / 1000 + 10)
        self.figure("slow members: deliveries to others that are missing", during["expected"] - during["deliveries"], "", most=0)
        self.figure("slow members that were closed", closed, f"of {stalled}", least=stalled)
        self.figure("slow members: memory that their queues took", memory_most / 2**20, "MiB", most=0.256 * stalled + 16)

    def logins(self):
        """More logins than two cores can hash."""
        self.say("500 logins a second")
        try:
            with servers.whiply("ws", limits=logins.LIMITS, hub=logins.HUB, plugins=logins.PLUGINS) as server:
                done = logins.run(server.http, seconds=3 if self.options.quick else 10, accounts=25 if self.options.quick else 100)
        except (Failure, OSError, AssertionError, logins.Wrong) as failure:
            self.failed["logins"] = str(failure)
            return

        def of(table, *keys):
            return sum(n for (who, what), n in table.items() if (who in keys or what in keys))

        surplus = of(done["refused"], "busy")
        self.figure("logins: offered a second", done["rate"], "", least=490)
        self.figure("logins: the loop's p99 at rest (session.ping and back)", done["rest"][1], "ms")
        self.figure("logins: the loop's p99 meanwhile", done["load"][1], "ms", most=20)
        self.figure("logins: p99 of the hub's turns is below", done["turn_ms"], "ms", most=20)
        self.figure("logins: right ones let in, median time", done["took_ms"], "ms")
        self.figure("logins: let in", of(done["statuses"], 200), f"of {done['sent']}", least=1)
        self.figure("logins: surplus told to come back (429, Retry-After)", surplus, "", least=1)
        self.figure("logins: answers that are neither 200, 401 nor 429", sum(n for (_, s), n in done["statuses"].items() if s not in (200, 401, 429)), "", most=0)
        self.figure("logins: wrong passwords let in", sum(n for (who, s), n in done["statuses"].items() if s == 200 and who != "right"), "", most=0)
        self.figure("logins: right passwords called wrong, or locked", done["statuses"].get(("right", 401), 0) +
                    sum(n for (who, kind), n in done["refused"].items() if who == "right" and kind != "busy"), "", most=0)
        self.figure("logins: afterwards locked, of those who did not fail", len(done["not_in"]) + len(done["strangers_not_in"]), "", most=0)

    def self_test(self):
        """Does the yardstick see what it must see? A floor that burns CPU is slower by just that; one that loses is found out."""
        self.say("the yardstick itself")
        seconds, costs = 0.3, {0: [], 3000: []}
        for _ in range(2 if self.options.quick else 3):
            for slow_ns, found in costs.items():
                with servers.floor(slow_ns) as server, Load("floor", server.port) as load:
                    load.connect(300)
                    load.publisher("r")
                    load.join("r", 300)
                    found.append(self.slice(server, load, f"fanout 32 {seconds}")["us"])
        difference = statistics.median(costs[3000]) - statistics.median(costs[0])
        self.figure("self: CPU of 3 µs more that is seen", difference, "µs", least=2.7)
        self.figure("self: the same", difference, "µs", most=3.6)
        with servers.floor(0, lose=1001) as server, Load("floor", server.port, sample=1) as load:
            load.connect(300)
            load.publisher("r")
            load.join("r", 300)
            done = load.do(f"rate 200 {seconds}")
        self.figure("self: lost deliveries, of which", done["expected"] - done["deliveries"], "", least=1)
        self.figure("self: were found missing by number", done["missing"] - (done["expected"] - done["deliveries"]), "off", most=0)

    def check_all(self):
        return [f for f in self.figures if f["ok"] is False]


BENCHES = ["fanout", "join", "idle", "many", "http", "start", "kill", "kills", "rooms", "flood", "floods", "slow", "stall", "store", "logins", "judge",
           "self"]
ORDER = ["self", *(b for b in BENCHES if b != "self")]


def arguments():
    parser = argparse.ArgumentParser(prog="./dev bench", description="Measures whiply beside a floor and the peers that are installed.")
    parser.add_argument("what", nargs="*", metavar="WHAT", help=f"any of {' '.join(BENCHES)} (rate is part of fanout); all when none is named")
    parser.add_argument("--quick", action="store_true", help="small numbers, under a minute")
    parser.add_argument("--check", action="store_true", help="end with 1 when a figure is missed or whiply could not be measured")
    parser.add_argument("--connections", type=int, metavar="N", help="idle, many, kill: how many")
    parser.add_argument("--members", type=int, metavar="N", help="fanout, flood, slow, stall: how many")
    parser.add_argument("--only", type=lambda s: s.lower().split(","), metavar="NAMES", help="servers by their first word, as in floor,whiply,redis")
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    parser.add_argument("--limit", type=int, default=1800, metavar="S", help="give up after so many seconds (1800)")
    parser.add_argument("--peers", action="store_true", help="install the peers first (done by ./dev)")
    options = parser.parse_args()
    unknown = [w for w in options.what if w not in BENCHES and w != "rate"]
    if unknown:
        parser.error(f"there is no benchmark '{unknown[0]}'; there are {' '.join(BENCHES)}")
    return options


def end(number, _):
    raise KeyboardInterrupt if number != signal.SIGALRM else Failure("the time is over (--limit)")


def main():
    options = arguments()
    bench = Bench(options)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGALRM):
        signal.signal(number, end)
    signal.alarm(options.limit)
    began = time.monotonic()
    try:
        for what in [b for b in ORDER if not options.what or b in options.what or (b == "fanout" and "rate" in options.what)]:
            {"self": bench.self_test}.get(what, getattr(bench, what, None))()
        bench.check_fanout()
    except Failure as failure:
        bench.failed["bench"] = str(failure)
    except KeyboardInterrupt:
        bench.failed["bench"] = "interrupted"
    finally:
        signal.alarm(0)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        Load.stop_all()
        Process.stop_all()
    table.show(bench.rows, bench.failed)
    table.show_figures(bench.figures)
    if options.json:
        table.write_json(options.json, dict(servers=bench.rows, failed=bench.failed, figures=bench.figures, size=bench.size))
    missed = bench.check_all()
    ours = [name for name in bench.failed if name.startswith("whiply") or name.split(",")[0] in BENCHES or name in ("bench", "floor")]
    print(f"\n{time.monotonic() - began:.0f} s; {len(bench.figures) - len(missed)} figures, {len(missed)} missed, {len(bench.failed)} not measured")
    if options.check and (missed or ours):
        return 1
    return 1 if "bench" in bench.failed else 0


if __name__ == "__main__":
    sys.exit(main())
