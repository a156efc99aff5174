"""What one person does on the site for themselves and for a room that is theirs: passkeys, export, blocks, notifications; settings, a key, invitations;
search, help, signs between colons. And whiply.js as a library, by the example of docs/web.md."""
import json
import re

from conftest import ROOT
from steps import confirm, enter, go, menu, name_of, press_button, press_in, quiet, register, say, sees

DOWNLOADED = """
    const made = URL.createObjectURL.bind(URL);
    URL.createObjectURL = (blob) => { window.saved = blob; return made(blob); };
    HTMLAnchorElement.prototype.click = function () { window.savedAs = this.download; };"""


def room_menu(page, label):
    page.wait("const one = document.querySelector('.head-actions button:last-child'); one?.click(); return one")
    menu(page, label)


def command(page, text):
    page.fill(".composer textarea", text)
    page.press("Enter")


def signed_out(page):
    go(page, "account")
    press_button(page, "Sign out", ".page-body")
    page.wait("return document.querySelector('.who bdi').textContent.startsWith('guest') && document.querySelector('input[name=password]')")


def test_a_passkey_is_made_and_signs_in(browser, site):
    # A passkey is for a name, not for an address.
    server = site(host="localhost")
    page = browser.open("ann", f"http://localhost:{server.http}/#/r/lobby")
    page.wait("return document.querySelector('.composer textarea')")
    register(page, server, "annabel")
    page.cdp("WebAuthn.enable")
    page.cdp("WebAuthn.addVirtualAuthenticator", options={"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True})
    go(page, "account/security")
    page.wait("return [...document.querySelectorAll('button')].some((one) => one.textContent === 'Add a passkey')")
    page.fill(".box:nth-of-type(2) input[name=name]", "this device")
    press_button(page, "Add a passkey", ".page-body")
    sees(page, "this device", ".box li")
    page.shot("passkeys")
    signed_out(page)
    press_button(page, "With a passkey", ".page-body")
    page.wait("return document.querySelector('.who bdi').textContent === 'annabel'")
    quiet(page)


def test_an_export_is_a_file_and_blocks_are_listed(browser, server):
    ann, bob = enter(browser, server, "ann"), enter(browser, server, "bob")
    bobs = name_of(bob)
    register(ann, server, "annabel")
    go(ann, "r/lobby")
    say(ann, "something of mine")
    command(ann, f"/block {bobs}")
    sees(ann, "is blocked", "#notices")
    go(ann, "account/privacy")
    sees(ann, bobs, ".box li")
    ann.run(DOWNLOADED)
    press_button(ann, "All that is kept of me", ".page-body")
    kept = ann.wait("return window.saved && await window.saved.text()")
    assert ann.run("return window.savedAs") == "whiply-export.json"
    assert "something of mine" in kept and "annabel" in kept and json.loads(kept)
    ann.shot("privacy")
    press_button(ann, "Unblock", ".box li")
    sees(ann, "You block nobody", ".box")
    # What is told of is chosen here, and asked of the browser.
    go(ann, "account/preferences")
    ann.select("select[name=notify]", "all")
    assert ann.run("return localStorage.getItem('whiply.notify')") == '"all"'
    quiet(ann)


def test_an_owner_sets_a_room_gives_it_a_key_and_invites(browser, server):
    ann = enter(browser, server, "ann", "den")
    register(ann, server, "annabel")
    bob = enter(browser, server, "bob")
    bobs = name_of(bob)
    go(ann, "r/den")
    room_menu(ann, "Keep this room, and own it")
    ann.wait("return document.querySelector('.badge.owner')")
    room_menu(ann, "Room settings")
    ann.wait("return document.querySelector('dialog select[name=access]')")
    ann.shot("room-settings")
    confirm(ann, topic="Bears only", access="key", key="honey", slow="0s")
    sees(ann, "Bears only", ".topic")
    # Who does not know the key is asked for it.
    go(bob, "rooms")
    bob.wait("return document.querySelector('input[name=search]')")
    bob.fill("input[name=search]", "den")
    bob.press("Enter")
    bob.wait("return document.querySelector('dialog input[name=key]')")
    bob.shot("room-key")
    confirm(bob, key="honey")
    bob.wait("return document.querySelector('.pane-head h1')?.textContent === 'den'")
    # Invited is who needs no key.
    eve = enter(browser, server, "eve")
    room_menu(ann, "Invite")
    confirm(ann, name=name_of(eve))
    press_button(eve, "Enter", "#notices")
    eve.wait("return document.querySelector('.pane-head h1')?.textContent === 'den'")
    # Sent out, with a reason.
    press_person(ann, bobs)
    menu(ann, "Send out")
    confirm(ann, reason="no bear")
    sees(bob, "no bear", "#notices")
    bob.wait("return document.querySelector('.room-cards')")
    quiet(ann)


def press_person(page, name):
    page.wait("const one = [...document.querySelectorAll('.people button')].find((one) => one.textContent === args[0]); one?.click(); return one", name)


def test_search_help_signs_and_the_way_back(browser, server):
    ann = enter(browser, server, "ann")
    say(ann, "the kettle is on")
    say(ann, "milk and sugar")
    ann.click("[aria-label='Search this room']")
    ann.wait("return document.activeElement?.name === 'query'")
    ann.fill("dialog input[name=query]", "kettle")
    ann.press("Enter")
    sees(ann, "the kettle is on", "dialog .result")
    ann.click("dialog .result")
    ann.wait("return document.querySelector('.message.found, .row.found')")
    command(ann, "/nick anneliese")
    ann.wait("return document.querySelector('.who bdi').textContent === 'anneliese'")
    command(ann, "/help")
    sees(ann, "/topic", "dialog dl")
    ann.shot("help")
    ann.press("Escape")
    # The keyboard is back where it was.
    ann.wait("return document.activeElement === document.querySelector('.composer textarea')")
    ann.fill(".composer textarea", ":tad")
    ann.wait("return document.querySelector('.choices li')?.textContent.includes('tada')")
    ann.press("Tab")
    assert ann.run("return document.querySelector('.composer textarea').value").startswith("🎉")
    ann.press("Enter")
    sees(ann, "🎉")
    # A menu gives the keyboard back to its button.
    ann.run("[...document.querySelectorAll('.head-actions button')].at(-1).focus()")
    ann.press("Enter")
    ann.wait("return document.activeElement?.getAttribute('role') === 'menuitem'")
    ann.press("Escape")
    ann.wait("return document.activeElement === document.querySelector('.head-actions button:last-child')")
    press_in(ann, "milk and sugar", "React")
    ann.wait("return document.activeElement?.closest('.signs-pick')")
    ann.press("ArrowRight")
    ann.press("Enter")
    ann.wait("return document.querySelector('.sign')")
    ann.wait("return document.activeElement?.closest('.message')?.textContent.includes('milk and sugar')")
    quiet(ann)


def test_the_example_of_the_library_works(browser, server):
    example = re.search(r"```js\n(.*?)```", (ROOT / "docs" / "web.md").read_text(), re.S).group(1)
    ann = enter(browser, server, "ann")
    example = example.replace("https://chat.example.org", f"http://127.0.0.1:{server.http}").replace("wss://chat.example.org", f"ws://127.0.0.1:{server.http}")
    imported = re.sub(r'import \{ (.*?) \} from "(.*?)";', r'const { \1 } = await import("\2");', example)
    ann.run(imported)
    sees(ann, "hello from a program")
    quiet(ann)


