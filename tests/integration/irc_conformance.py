#!/usr/bin/python3
"""Puts the tables of docs/irc-conformance.md together from the first sentences of the tests: `specification, section: behaviour`.
Run it to print them; test_docs.py compares."""
import ast
import pathlib
import re

HERE = pathlib.Path(__file__).parent
# In the order in which one reads them. What is called otherwise in the tests stands behind.
SPECIFICATIONS = {
    "Modern IRC": (), "capability-negotiation": ("cap-notify",), "message-tags": (), "message-ids": (), "server-time": (), "labeled-response": (), "batch": (),
    "client-batch": (), "echo-message": (), "multiline": (), "chathistory": ("event-playback",), "read-marker": (), "message-redaction": (), "standard-replies": (),
    "sasl-3.1": ("RFC 7628",), "sasl-3.2": (), "account-registration": (), "setname": (), "chghost": (), "account-notify": (), "account-tag": (), "away-notify": (),
    "pre-away": (), "extended-join": (), "invite-notify": (), "multi-prefix": (), "userhost-in-names": (), "no-implicit-names": (), "monitor": (), "extended-monitor": (),
    "whox": ("WHOX",), "bot-mode": (), "typing": (), "react": (), "reply": (), "channel-context": (), "channel-rename": (), "relaymsg": (), "webpush": (), "metadata": (),
    "extended-isupport": (), "network-icon": (), "sts": (), "webirc": ("WEBIRC",), "websocket": ("WebSocket",), "utf8-only": ("UTF8ONLY",), "CTCP": (),
}
OTHERS = "This server"


def tests():
    """(specification, behaviour, test) of every test of IRC."""
    known = {name: specification for specification, others in SPECIFICATIONS.items() for name in (specification, *others)}
    for path in sorted(HERE.glob("test_irc_*.py")):
        for node in ast.parse(path.read_text()).body:
            if not isinstance(node, ast.FunctionDef) or not node.name.startswith("test_"):
                continue
            said = " ".join((ast.get_docstring(node) or node.name[5:].replace("_", " ")).split())
            head = re.match(r"(?:IRCv3 )?([A-Za-z0-9. -]+?)(?: \([^)]*\))?[,:] ", said)
            name = known.get(head[1]) if head else None
            yield name or OTHERS, said[head.end():] if name else said, node.name


def tables():
    rows = list(tests())
    for specification in (*SPECIFICATIONS, OTHERS):
        of = [row for row in rows if row[0] == specification]
        if not of:
            continue
        yield f"### {specification}\n\n| behaviour | test |\n|---|---|\n"
        for _, behaviour, test in of:
            yield f"| {behaviour} | `{test}` |\n".replace("<", "&lt;")
        yield "\n"


def text():
    return "".join(tables()).rstrip("\n") + "\n"


if __name__ == "__main__":
    print(text(), end="")
