"""Does the site's memory stay as it is while a room is talked in? A room is looked at in Chromium while so many messages a second are said in it; after a
warm-up the heap and the nodes of the page are read every few seconds, each time after a collection. Exits with 1 if they grow.

    WHIPLY_BUILD=build /usr/bin/python3 tests/bench/site_soak.py --minutes 30
"""
import argparse
import pathlib
import statistics
import sys
import time

sys.path[:0] = [str(pathlib.Path(__file__).resolve().parent.parent / "browser")]

import conftest
from steps import LIMITS, PLUGINS, enter
from wire import WebSocket

WARM_UP = 5000          # messages; the page keeps 3000 of a room at most
GROWTH = 1.10           # of the last third over the first: what is noise


def measure(page):
    """Nodes that nobody has any more go in several collections, as script and page have a collector each."""
    while True:
        before = metrics_of(page)
        page.cdp("HeapProfiler.collectGarbage")
        after = metrics_of(page)
        if after["Nodes"] >= before["Nodes"]:
            return after["JSHeapUsedSize"], after["Nodes"], after["JSEventListeners"]


def metrics_of(page):
    return {one["name"]: one["value"] for one in page.cdp("Performance.getMetrics")["metrics"]}


def talk(ws, n, rate, first=0):
    """Says n messages, so many a second; returns when the last one is answered."""
    began = time.monotonic()
    calls = []
    for i in range(n):
        wait = began + i / rate - time.monotonic()
        if wait > 0:
            time.sleep(wait)    # the rate is what is measured
        calls.append(ws.post("chat.say", room="lobby", text=f"message {first + i} " + "of some length " * (i % 12)))
        if len(calls) >= 100:
            ws.answer_to(calls[-1])
            calls.clear()
    if calls:
        ws.answer_to(calls[-1])


def soak(page, ws, seconds, rate=50, every=5, warm_up=WARM_UP, say=print):
    """[(heap, nodes, listeners), …] after the warm-up."""
    page.cdp("Performance.enable")
    talk(ws, warm_up, 10 * rate)
    said, found = warm_up, []
    for _ in range(max(3, int(seconds / every))):
        talk(ws, int(rate * every), rate, said)
        said += int(rate * every)
        page.wait("return document.querySelector('.messages').textContent.includes(args[0])", f"message {said - 1} ")
        found.append(measure(page))
        say(f"{said} messages: heap {found[-1][0] / 1048576:.1f} MiB, {found[-1][1]} nodes, {found[-1][2]} listeners")
    return found


def grew(found):
    """By how much heap and nodes grew: the median of the last third over that of the first."""
    third = max(1, len(found) // 3)
    return tuple(statistics.median(one[i] for one in found[-third:]) / statistics.median(one[i] for one in found[:third]) for i in (0, 1, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--rate", type=float, default=50, help="messages a second (50)")
    options = parser.parse_args()
    if conftest.why_not():
        sys.exit(conftest.why_not())
    server = conftest.Whiply(hub=LIMITS, limits='messages = "100000/s burst 100000";', plugins=PLUGINS)
    browser = conftest.Browser()
    try:
        page = enter(browser, server, "looker")
        with WebSocket(server.http) as ws:
            ws.call("chat.join", room="lobby")
            heap, nodes, listeners = grew(soak(page, ws, options.minutes * 60, options.rate))
    finally:
        browser.end()
        server.stop()
    print(f"heap × {heap:.3f}, nodes × {nodes:.3f}, listeners × {listeners:.3f}")
    sys.exit(max(heap, nodes, listeners) > GROWTH)


if __name__ == "__main__":
    main()
