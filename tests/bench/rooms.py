"""Many rooms, each with browsers and IRC clients: `rooms` of bench.py. One publisher says so many messages a second to each room, first as many as make the
deliveries that are asked for, which two cores with their clients can just do, and then fewer, for the latency. The floor, with the members of one room and the
messages of all, does as many deliveries a second in the same run."""
import statistics

import servers
from machine import Failure, Load, cpu_ns

PLUGINS = 'chat = { rate = "10000000/s burst 10000000"; }; sqlite = { }; irc = { };'


def measure(bench):
    rooms, each, rate, calm, rounds = (bench.size[key] for key in ("rooms", "room", "room_rate", "room_calm", "rate_rounds"))
    seconds = max(bench.size["rate"], 1)
    bench.say(f"{rooms} rooms of {each}, half of them on IRC, {rate} and {calm} messages a second each")
    try:
        with servers.mixed(PLUGINS) as server, Load("chat", server.http, sample=4) as web, Load("irc", server.line, sample=4, source=2) as irc, \
                servers.floor() as floor, Load("floor", floor.port, sample=4, source=3) as bare:
            half = rooms * each // 2
            web.connect(half)
            web.publisher(f"r%{rooms}")
            irc.connect(half)
            web.join(f"r%{rooms}", half)
            irc.join(f"r%{rooms}", half)
            bare.connect(each)
            bare.publisher("r")
            bare.join("r", each)
            full = [one(server, web, irc, floor, bare, rooms, rate, seconds) for _ in range(rounds)]
            slow = [one(server, web, irc, floor, bare, rooms, calm, seconds) for _ in range(rounds)]
    except (Failure, OSError, AssertionError) as failure:
        bench.failed["rooms"] = str(failure)
        return

    def median(samples, key):
        return statistics.median(sample[key] for sample in samples)

    bench.figure("rooms: deliveries a second", median(full, "s"), f"of {rooms * each * rate:,}", least=0.98 * rooms * each * rate)
    bench.figure("rooms: deliveries missing", sum(s["missing"] for s in full + slow), "", most=0)
    bench.figure("rooms: deliveries out of order", sum(s["disorder"] for s in full + slow), "", most=0)
    bench.figure("rooms: CPU a delivery", median(full, "us"), "µs")
    bench.figure("rooms: CPU a delivery", median(full, "ratio"), "× floor")
    bench.figure("rooms: p95 at that rate", max(median(full, "web_p95"), median(full, "irc_p95")), "ms")
    bench.figure(f"rooms: p95 of the floor at {rooms * each * calm:,} a second", median(slow, "floor_p95"), "ms")
    bench.figure("rooms: p95 of browsers above it", median(slow, "web_p95") - median(slow, "floor_p95"), "ms", most=10)
    bench.figure("rooms: p95 of IRC clients above it", median(slow, "irc_p95") - median(slow, "floor_p95"), "ms", most=10)


def one(server, web, irc, floor, bare, rooms, rate, seconds):
    before = cpu_ns(floor.pids)
    least = bare.do(f"rate {rooms * rate} {seconds}", seconds + 30)
    floor_us = (cpu_ns(floor.pids) - before) / max(least["deliveries"], 1) / 1000
    before = cpu_ns(server.pids)
    irc.tell(f"listen {seconds + 1}")
    done = web.do(f"rate {rooms * rate} {seconds}", seconds + 30)
    heard = irc.answer(seconds + 30)
    deliveries = done["deliveries"] + heard["deliveries"]
    us = (cpu_ns(server.pids) - before) / max(deliveries, 1) / 1000
    # The rooms have each as many of the one kind as of the other; the publisher hears all of them, and is no member that counts here.
    owed = done["expected"] - done["sent"]
    lost = done["expected"] - done["deliveries"] + owed - heard["deliveries"] if done["sent"] % rooms == 0 else 0
    return {"us": us, "ratio": us / floor_us, "s": deliveries / done["seconds"], "missing": abs(lost) + done["missing"] + heard["missing"],
            "disorder": done["disorder"] + heard["disorder"], "floor_p95": least["p95_us"] / 1000, "web_p95": done["p95_us"] / 1000,
            "irc_p95": heard["p95_us"] / 1000}
