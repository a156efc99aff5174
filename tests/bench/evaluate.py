#!/usr/bin/env python3
"""How well the built-in filters and the rule packs in lua/packs tell spam from talk, and whether they stop a raid.

    tests/bench/evaluate.py DIR [--check] [--half 0|1] [--misses]

DIR has texts, one a line: *spam.txt are spam, *ham.txt are talk, and *.ascii.txt are logs of channels ("[12:34] <nick> text"), which are talk too. It
prints tables in Markdown. --check ends with 1 when talk is hit too often or the raid gets through. --half looks at every other text only, so that one half
can be tuned on and the other one judged. Texts of DIR are shown by --misses alone.

Spam comes from newcomers: each text from an account of its own that is new. Talk is judged twice: as said by people who are known (a month, 100
messages), and as said by newcomers, which is the hardest that it can be.
"""
import argparse
import collections
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
START = 1767225600000
MOST_HAM = 0.005  # of talk of people who are known
MOST_PASSED = 3  # messages of a raid
KNOWN = {"trust": "known", "age": "30d", "messages": 100}
NEW = {"trust": "new"}
# What these say of newcomers is a policy, whatever they write: they are counted apart from what looks at texts.
GATES = {"link-gate/link-from-new-account", "filters/new-links", "filters/new-files", "filters/new-speech", "filters/hidden-links"}
LINE = re.compile(r"^(?:\S+ \S+ )?\[(\d\d):(\d\d)(?::(\d\d))?\] <([^>]+)> ?(.*)$")


def judge_log(build, events, packs, filters=True, everything=True):
    """Each event's verdicts."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as log:
        for event in events:
            log.write(json.dumps(event) + "\n")
        log.flush()
        flags = [] if filters else ["--no-filters"]
        flags += ["--all"] if everything else []
        out = subprocess.run([build / "tests/bench/judge_log", *flags, log.name, *packs], stdout=subprocess.PIPE, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def read(folder, half):
    """(spam texts, talk: a list of lists of (seconds, nick, text))"""
    spam, talk = [], []
    for path in sorted(folder.glob("*.txt")):
        lines = [line for line in path.read_text(errors="replace").splitlines() if line.strip()]
        if half is not None:
            lines = lines[half::2]
        if path.name.endswith(".ascii.txt"):
            log, day, last, same = [], 0, 0, 0
            for line in lines:
                found = LINE.match(line)
                if not found:
                    continue
                hour, minute, second, nick, text = found.groups()
                at = int(hour) * 3600 + int(minute) * 60 + int(second or 0)
                # Only the time of day is told, and people write in the order of the log.
                day += at + 43200 < last
                same = same + 1 if at == last else 0
                last = at
                # Where only the minute is told, its lines follow each other.
                log.append((day * 86400 + at + (min(same * 3, 59) if second is None else 0), nick, text))
            talk.append(log)
        elif path.name.endswith("spam.txt"):
            spam += lines
        elif path.name.endswith("ham.txt"):
            talk.append([(i * 20, f"person{i}", text) for i, text in enumerate(lines)])
    return spam, talk


def events_of_spam(spam):
    return [{"time": START + i * 60000, "room": "lobby", "seq": i + 1, "from": f"spammer{i}", "text": text, "label": "spam", **NEW}
            for i, text in enumerate(spam)]


def events_of_talk(talk, person):
    events = []
    for number, log in enumerate(talk):
        events += [{"time": START + number * 30 * 86400000 + at * 1000, "room": f"room{number}", "seq": i + 1, "from": f"{nick}-{number}", "text": text,
                    "label": "ham", "bot": nick.lower().endswith("bot"), **({} if person is NEW else person)} for i, (at, nick, text) in enumerate(log)]
    return events


SWAPS = {"a": "4@а", "e": "3е", "i": "1!і", "o": "0о", "s": "5$ѕ", "t": "7", "l": "1|", "c": "с", "p": "р", "x": "х", "y": "у"}


def mutated(text, rng):
    """The text as raiders change it: words swapped, dropped or added, leet, look-alike letters, doubled letters, other case."""
    words = text.split()
    for _ in range(rng.randrange(1, 4)):
        a, b = rng.randrange(len(words)), rng.randrange(len(words))
        words[a], words[b] = words[b], words[a]
    if rng.random() < 0.4:
        words.insert(rng.randrange(len(words)), rng.choice(["lol", "guys", "now", "!!", "wow", "really"]))
    if rng.random() < 0.3:
        words.pop(rng.randrange(len(words)))
    out = []
    for char in " ".join(words):
        if char.lower() in SWAPS and rng.random() < 0.25:
            char = rng.choice(SWAPS[char.lower()])
        elif rng.random() < 0.02:
            char = char + "\u200b"
        elif rng.random() < 0.05:
            char = char.upper()
        out.append(char)
    return "".join(out) + rng.choice(["", "!", "!!", " 🎉", " ✅"])


PASTA = [
    "Join the biggest giveaway of the year, everybody gets a free skin today, hurry up before it is over",
    "our new server is so much better than this one, come over and bring all of your friends with you",
    "the people who run this place are lying to you and everybody should leave it right now",
    "I earn a lot of money each week from my phone, write to me privately and I will show you how",
]


def events_of_raid(talk, seed):
    """Fifty accounts come within a minute into a room where people talk, and each says two mutated copies of a text."""
    rng = random.Random(seed)
    events = []
    pasta = PASTA[seed % len(PASTA)]
    log = max(talk, key=len)[:400]
    for at, nick, text in log:
        events.append({"time": START + at * 1000, "room": "lobby", "from": nick, "text": text, "label": "ham", **KNOWN})
    middle = events[len(events) // 2]["time"]
    for n in range(50):
        joined = middle + rng.randrange(60000)
        events.append({"time": joined, "room": "lobby", "from": f"raider{n}", "on": "join", "label": "join", **NEW})
        for _ in range(2):
            events.append({"time": joined + rng.randrange(500, 60000), "room": "lobby", "from": f"raider{n}", "text": mutated(pasta, rng), "label": "raid", **NEW})
    events.sort(key=lambda e: e["time"])
    for i, event in enumerate(events):
        event["seq"] = i + 1
    return events


def rules_hit(verdicts):
    counts = collections.Counter()
    for verdict in verdicts:
        counts.update(set(verdict["hits"]))
    return counts


def share(part, whole):
    return f"{100 * part / whole:.1f} %" if whole else "–"


def any_of(verdicts, rules):
    return sum(1 for v in verdicts if any(rules(hit) for hit in v["hits"]))


def row(name, of, new, known):
    hits, ham = any_of(of, name[1]), any_of(known, name[1])
    ham_new = any_of(new, name[1])
    precision = share(hits, hits + ham) if hits + ham else "–"
    precision_new = share(hits, hits + ham_new) if hits + ham_new else "–"
    print(f"| {name[0]} | {hits} | {share(hits, len(of))} | {ham} | {share(ham, len(known))} | {precision} | {ham_new} | {share(ham_new, len(new))} | {precision_new} |")
    return ham / max(1, len(known)), ham_new / max(1, len(new))


def table(build, spam, talk, packs, misses):
    of_spam = judge_log(build, events_of_spam(spam), packs)
    known = judge_log(build, events_of_talk(talk, KNOWN), packs)
    new = judge_log(build, events_of_talk(talk, NEW), packs)
    shipped_known = judge_log(build, events_of_talk(talk, KNOWN), packs, everything=False)
    print(f"{len(of_spam)} texts of spam, each by a newcomer; {len(known)} texts of talk, by known people and again by newcomers.\n")
    print("| | spam hit | recall | talk hit, known | | precision | talk hit, newcomers | | precision |")
    print("|---|---|---|---|---|---|---|---|---|")
    worst = row(("**all of it**", lambda hit: True), of_spam, new, known)
    row(("**without gates**", lambda hit: hit not in GATES), of_spam, new, known)
    row(("**packs**", lambda hit: not hit.startswith(("filters/", "raid/"))), of_spam, new, known)
    row(("**filters**", lambda hit: hit.startswith("filters/")), of_spam, new, known)
    rules = rules_hit(of_spam) + rules_hit(new) + rules_hit(known)
    for rule in sorted(rules):
        row((rule, lambda hit, rule=rule: hit == rule), of_spam, new, known)
    live = any_of(shipped_known, lambda hit: True)
    print(f"\nWith filters in their shipped modes, {live} of {len(known)} texts of known people are hit ({share(live, len(known))}).")
    if misses:
        for verdict, event in zip(known, events_of_talk(talk, KNOWN)):
            if verdict["hits"]:
                print("HAM", verdict["hits"], event["text"][:200])
        for verdict, event in zip(new, events_of_talk(talk, NEW)):
            if set(verdict["hits"]) - GATES:
                print("NEW", verdict["hits"], event["text"][:200])
        for verdict, event in zip(of_spam, events_of_spam(spam)):
            if not verdict["hits"]:
                print("MISS", event["text"][:300])
    return worst[0]


def raids(build, talk, packs, seeds=range(4), ways=None):
    """Were all stopped after at most MOST_PASSED messages, what came through swept, and nobody else hit? `ways`: (name, packs, with filters)."""
    ways = ways or (("filters", [], True), ("packs", packs, False), ("both", packs, True))
    print("\n| raid | judged by | messages | came through | of them swept | talk hit or swept |")
    print("|---|---|---|---|---|---|")
    good = True
    for seed in seeds:
        for name, judges, filters in ways:
            events = events_of_raid(talk, seed)
            verdicts = judge_log(build, events, judges, filters=filters, everything=False)
            label = {event["seq"]: event["label"] for event in events}
            passed = {e["seq"] for e, v in zip(events, verdicts) if e["label"] == "raid" and not v["stopped"]}
            swept = {seq for v in verdicts for seq in v["sweep"]}
            ham = sum(1 for e, v in zip(events, verdicts) if e["label"] == "ham" and v["stopped"]) + sum(1 for seq in swept if label[seq] == "ham")
            total = sum(1 for e in events if e["label"] == "raid")
            print(f"| {seed + 1} | {name} | {total} | {len(passed)} | {len(passed & swept)} | {ham} |")
            good &= len(passed) <= MOST_PASSED and passed <= swept and ham == 0
    return good


def shipped_packs():
    return sorted(path.parent for path in (ROOT / "lua/packs").glob("*/pack.lua"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--misses", action="store_true")
    parser.add_argument("--half", type=int, choices=(0, 1))
    args = parser.parse_args()
    packs = shipped_packs()
    spam, talk = read(args.dir, args.half)
    if not spam or not talk:
        sys.exit(f"{args.dir} has no *spam.txt and *ham.txt")
    ham = table(args.build, spam, talk, packs, args.misses)
    stopped = raids(args.build, talk, packs)
    if args.check and (ham > MOST_HAM or not stopped):
        sys.exit(f"missed: {100 * ham:.2f} % of talk hit (at most {100 * MOST_HAM} %), raids " + ("stopped" if stopped else "not stopped"))


if __name__ == "__main__":
    main()
