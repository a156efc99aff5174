"""What is hostile never runs: the corpus of hostile.py through every field that others see, and every page that shows them. Beside rooms, which
test_web.py has: names of people, devices, programs, lists; reasons, reports, notes, statements, appeals; packs, their files and
their errors; strangers' interests; what a provider or another page says in the address."""
import json

import pytest
from conftest import ROOT
from hostile import HARMED, HOSTILE
from steps import PASSWORD, enter, go, name_of, press_button, quiet, register, say, sees, url
from wire import WebSocket, http

MODERATION = f'moderation = {{ pack_folders = [ "{ROOT}/lua/packs" ]; filters = {{ }}; text_commands = false; }};'
SHORT = [text for text in HOSTILE if "\n" not in text and len(text) <= 60]


def unharmed(page, area=None):
    if area is not None:
        go(page, area)
    assert page.run(HARMED) == [], area


def bearer(server, name):
    answer = http(server.http, "POST", "/api/auth.register", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.body
    return answer.json["token"]


def test_in_ones_own_account(browser, site):
    server = site(MODERATION)
    ann = enter(browser, server, "ann")
    register(ann, server, "annabel")
    for text in SHORT:
        # Each sign-in is a device, called what it likes.
        http(server.http, "POST", "/api/auth.login", {"name": "annabel", "password": PASSWORD, "device": text}, headers={"User-Agent": text.encode("ascii", "ignore").decode()})
        ann.run("await fetch('/api/auth.app_password', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ name: args[0] }) })", text)
    unharmed(ann, "account/devices")
    sees(ann, "onerror", ".page-body")
    for area in ("account", "account/security", "account/privacy", "account/statements", "account/preferences", "rooms", "mentions", "strangers"):
        unharmed(ann, area)
    # What the address says: from a provider, from another page.
    for i, text in enumerate(SHORT):
        page = browser.open(f"address{i}", url(server, f"#error={json.dumps(text)[1:-1]}")) if i < 6 else None
        if page:
            page.wait("return document.querySelector('#notices .notice')")
            unharmed(page)
            page.close()
    for address in ("?return_to=javascript:window.pwned=1", "?return_to=//evil.example/", "?return_to=/%5Cevil.example", "?return_to=https://evil.example/", "embed?room=<script>&theme=<img>",
                    "#/r/%3Cscript%3Ewindow.pwned=1%3C/script%3E", "#/<img src=x onerror=window.pwned=1>", "#/account/second/<script>", "#/moderation/person/<script>"):
        page = browser.open("address", url(server, address))
        page.wait("return document.querySelector('.side') || document.querySelector('#app')")
        unharmed(page)
        assert page.run("return location.host") == f"127.0.0.1:{server.http}"
        page.close()
    quiet(ann, but=("429",))


def unfiltered(server):
    """Everything gets through that is no filter's business here."""
    for one in server.command("moderation.filters")["filters"]:
        server.command("moderation.filter_set", "--filter", one["filter"], "--mode", "off")


def test_in_what_moderators_see(browser, site):
    server = site(MODERATION)
    unfiltered(server)
    mona = enter(browser, server, "mona")
    register(mona, server, "mona")
    server.command("auth.grant", "mona", "admin")
    mona.wait("return document.querySelector('.areas [href=\"#/moderation\"]')")
    eve = enter(browser, server, "eve")
    register(eve, server, "evelyn")
    with WebSocket(server.http) as bob, WebSocket(server.http, headers={"Authorization": f"Bearer {bearer(server, 'bob')}"}) as carl:
        for ws in (bob, carl):
            ws.call("chat.join", room="lobby")
        for i, text in enumerate(HOSTILE):
            told = bob.call("chat.say", room="lobby", text=f"{text} {i}")
            carl.answer_to(carl.post("moderation.report", id=told["id"], text=text))
    call = """const answer = await fetch(`/api/${args[0]}`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(args[1]) }); return answer.status"""
    assert mona.run(call, "moderation.reason_set", {"key": "own", "text": HOSTILE[1], "ground": HOSTILE[0]}) == 200
    assert mona.run(call, "moderation.warn", {"who": "evelyn", "text": HOSTILE[1], "reason": "own"}) == 200
    for text in SHORT:
        mona.run(call, "moderation.note", {"who": "evelyn", "text": text})
        mona.run(call, "moderation.warn", {"who": "evelyn", "text": text})
        mona.run(call, "moderation.list_add", {"name": "words", "entries": [text]})
        mona.run(call, "auth.grant", {"name": "evelyn", "role": "voice", "room": text, "why": text})
    # A pack: its files' names, its rules, reasons, settings and errors.
    hostile = HOSTILE[1].replace('"', "'")
    pack = f'''pack {{ id = "my-pack", version = "1.0.0", api = 1, license = "{hostile}", settings = {{ words = {{ type = "words", default = {{ "{hostile}" }} }} }} }}
rule "bad-word" {{ on = "message", when = function(m) return {{ word = "{hostile}" }} end, act = {{ "hold", reason = "{hostile}" }} }}
'''
    put = mona.run("""const out = []; for (const files of args[0]) { const answer = await fetch('/api/moderation.pack_put', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ files, mode: 'live' }) });
        out.push(answer.status); } return out""", [{"pack.lua": pack, f"{HOSTILE[1]}.lua": "return 1"}, {f"../{HOSTILE[0]}": "x", "pack.lua": pack}, {"pack.lua": pack}])
    assert put[1] != 200
    go(eve, "r/lobby")
    eve.fill(".composer textarea", HOSTILE[1])
    eve.press("Enter")
    for area in ("moderation", "moderation/log", "moderation/person/evelyn", "moderation/packs", "moderation/packs/my-pack", "moderation/filters", "moderation/trial/my-pack"):
        unharmed(mona, area)
    sees(mona, "", ".page-body")
    # The editor shows what the jail said of a source that is nothing but such texts.
    go(mona, "moderation/editor")
    for text in HOSTILE:
        mona.fill("textarea.source", f'error("{text}")'.replace("\n", " "))
        press_button(mona, "Run its tests", ".page-body")
        mona.wait("return document.querySelector('.page-body [role=status] pre')?.textContent !== window.before && (window.before = document.querySelector('.page-body [role=status] pre').textContent, true)", limit=20)
        unharmed(mona)
    # Who it was done to reads it all, and appeals.
    unharmed(eve, "account/statements")
    sees(eve, "onerror", ".page-body")
    press_button(eve, "Appeal", ".page-body")
    eve.wait("return document.querySelector('dialog textarea[name=text]')")
    eve.fill("dialog textarea[name=text]", HOSTILE[1])
    eve.click("dialog form .actions button:last-child")
    sees(eve, "Somebody else", "#notices")
    unharmed(mona, "moderation")
    unharmed(eve, "r/lobby")
    quiet(mona, but=("403", "400", "404", "409", "422", "413", "429"))
    quiet(eve)


def test_in_what_strangers_and_rooms_tell(browser, server):
    ann = browser.open("ann", url(server, "#/strangers"))
    ann.wait("return document.querySelector('input[name=interests]')")
    ann.fill("input[name=interests]", "<img src=x onerror=window.pwned=1>")
    ann.click("form button.primary")
    with WebSocket(server.http) as bob:
        bob.call("match.enqueue", queue="talk", attributes={"interests": ["<img src=x onerror=window.pwned=1>"]})
        told = bob.notification("match.started")
        ann.wait("return document.querySelector('.meeting .composer textarea')")
        for text in HOSTILE:
            bob.call("chat.say", room=told["room"], text=text)
        sees(ann, "onerror", ".meeting")
        unharmed(ann)
        bob.call("match.leave", match=told["match"])
    sees(ann, "has left", "#notices")
    unharmed(ann)
    # Reasons of those who come, go and send out; invitations; replies and threads; pins and search; whispers.
    eve = enter(browser, server, "eve", "den")
    with WebSocket(server.http) as bob, WebSocket(server.http) as carl:
        bob.call("chat.join", room="den")
        for text in SHORT:
            carl.call("chat.join", room="den")
            carl.call("chat.leave", room="den", reason=text)
        first = bob.call("chat.say", room="den", text=HOSTILE[0])
        bob.call("chat.say", room="den", text=HOSTILE[1], reply=first["id"])
        for text in HOSTILE:
            bob.answer_to(bob.post("chat.whisper", to=name_of(eve), text=text))
            bob.answer_to(bob.post("chat.poll", room="den", question=text, options=[text, "no"]))
        bob.call("chat.say", room="den", text="so much for that")
    sees(eve, "so much for that")
    eve.fill(".composer textarea", "/thread")
    eve.press("Enter")
    eve.wait("return document.querySelector('.thread .message')")
    unharmed(eve)
    eve.fill(".composer textarea", "/search onerror")
    eve.press("Enter")
    sees(eve, "onerror", "dialog .result")
    unharmed(eve)
    eve.press("Escape")
    eve.run("[...document.querySelectorAll('.side section:not(.areas) a')].at(-1).click()")
    eve.wait("return [...document.querySelectorAll('.message')].length > 3 && !location.hash.includes('den')")
    unharmed(eve)
    unharmed(eve, "mentions")
    quiet(eve)
    quiet(ann)


@pytest.mark.parametrize("theme", ["<script>", "dark\" onload=\"window.pwned=1"])
def test_in_what_the_browser_keeps(browser, server, theme):
    """Settings, drafts and a guest's token are read back from the browser: whoever wrote them, they are texts."""
    page = enter(browser, server, "ann")
    page.run("for (const key of ['theme', 'language', 'draft.lobby', 'notify', 'match.values', 'closed', 'guest', 'rooms']) localStorage.setItem(`whiply.${key}`, JSON.stringify(args[0]));"
             "localStorage.setItem('whiply.rooms', '{')", theme)
    page.reload()
    page.wait("return document.querySelector('.composer textarea')")
    assert page.run("return document.documentElement.dataset.theme") == "auto"
    assert page.run("return document.querySelector('.composer textarea').value") == theme
    unharmed(page)
    say(page, "all is well")
