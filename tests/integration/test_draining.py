"""Draining over the commands: one edge and all, what is told of it meanwhile, another time, and calling it off."""
import time

from wire import WebSocket, http, until


def processes(whiply):
    return {one["process"]: one for one in whiply.command("server.status")["keeper"]["processes"] if "process" in one}


def draining(whiply):
    return {number: one for number, one in processes(whiply).items() if one.get("draining")}


def is_open(whiply, process):
    return next((one["open"] for one in whiply.command("server.status")["connections"] if one["process"] == process), None)


def test_an_edge_is_drained_with_its_progress_and_called_off(start):
    whiply = start(edges=1)
    clients = [WebSocket(whiply.http) for _ in range(3)]
    told = whiply.command("server.drain", "--edge", "0", "--within", "20s")
    old = told["edges"][0]["process"]
    assert told == {"within_ms": 20000, "edges": [{"edge": 0, "process": old}]}
    one = until(lambda: draining(whiply).get(old), what="it to be drained")
    assert one["name"] == "edge 0" and 0 < one["left_ms"] <= 20000
    until(lambda: is_open(whiply, old) == 3, what="its connections to be told")
    # Whoever comes now comes to the other.
    fresh = WebSocket(whiply.http)
    until(lambda: sum(one["open"] for one in whiply.command("server.status")["connections"] if one["process"] != old) >= 1)
    assert is_open(whiply, old) == 3
    clients.pop().close()
    until(lambda: is_open(whiply, old) == 2, what="one to be gone")
    # Called off: no time is left to wait for, and they go on past the time that they had.
    assert whiply.command("server.drain.keep", "--process", old) == {"edges": [{"edge": 0, "process": old}]}
    assert "left_ms" not in draining(whiply)[old]
    assert whiply.command("server.drain", "--process", old, "--within", "1s")["edges"] == [{"edge": 0, "process": old}]
    whiply.command("server.drain.keep")
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for ws in clients:
            ws.call("session.ping")
        time.sleep(0.1)
    # It ends with the last.
    for ws in clients:
        ws.close()
    until(lambda: old not in processes(whiply), 20, "the old edge to end")
    assert fresh.call("session.ping")


def test_all_are_drained_and_told_to_come_again(start):
    whiply = start(edges=2)
    clients = [WebSocket(whiply.http) for _ in range(8)]
    before = set(processes(whiply))
    drained = {one["process"] for one in whiply.command("server.drain", "--within", "1s")["edges"]}
    assert len(drained) == 2 and drained <= before
    for ws in clients:
        code, reason = ws.closed(20)
        assert code == 1012 and "resume in " in reason
    done = whiply.ctl("server.drain.keep")
    assert done.returncode == 1 and ("told to go" in done.stderr or "no such edge" in done.stderr), done.stderr
    assert http(whiply.http, "GET", "/health/ready").status == 200
    back = WebSocket(whiply.http)
    assert back.call("session.resume", token=clients[0].welcome["token"])
    for ws in clients:
        ws.close()
    until(lambda: not drained & set(processes(whiply)), 20, "the old edges to end")


def test_who_is_no_edge_is_not_drained(start):
    whiply = start(edges=1)
    hub = next(number for number, one in processes(whiply).items() if one["name"] == "hub")
    for words in (("--edge", "7"), ("--process", "4000"), ("--process", hub)):
        done = whiply.ctl("server.drain", *words)
        assert done.returncode == 1 and "there is no such edge" in done.stderr, (words, done.stderr)
    assert whiply.ctl("server.drain.keep").returncode == 1
