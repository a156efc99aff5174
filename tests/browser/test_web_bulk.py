"""Many things at once for moderators, seen before and taken back after; and appeals, from the one who was moderated to the answer."""
import pytest
from conftest import ROOT
from steps import confirm, enter, go, moderator, name_of, press_button, quiet, register, say, sees
from wire import WebSocket

MODERATION = f'moderation = {{ pack_folders = [ "{ROOT}/lua/packs" ]; filters = {{ }}; }};'


@pytest.fixture
def moderated(site):
    return site(MODERATION)


def choose_all(page, within):
    page.wait("const all = [...document.querySelectorAll(`${args[0]} input[type=checkbox]`)]; for (const one of all) if (!one.checked) one.click(); return all.length >= 3", within)


def test_reports_are_decided_together_after_a_look_and_undone_together(browser, moderated):
    mona = moderator(browser, moderated, "mona")
    bob = enter(browser, moderated, "bob")
    with WebSocket(moderated.http) as eve:
        eve.call("chat.join", room="lobby")
        for i in range(3):
            say(bob, f"cheap skins {i}")
            told = eve.call("chat.history", room="lobby", limit=1)["entries"][0]
            eve.call("moderation.report", id=told["id"], text=f"advertising {i}")
    go(mona, "moderation")
    sees(mona, "advertising 2", ".item")
    choose_all(mona, ".item")
    sees(mona, "3 chosen", ".bulk")
    mona.select(".bulk select", "redact")
    mona.wait("return document.querySelector('dialog select[name=reason]')")
    mona.click("dialog form .actions button:last-child")
    # What it would do is shown, and may be left.
    sees(mona, "Remove the message: 3 chosen", "dialog h2")
    assert mona.run("return [...document.querySelectorAll('dialog .preview li')].map((one) => one.textContent).every((text) => text.includes('cheap skins'))")
    mona.shot("moderation-preview")
    mona.run("document.querySelector('dialog .actions button').click()")
    mona.wait("return !document.querySelector('dialog')")
    assert not bob.run("return document.querySelector('.message.redacted')")
    choose_all(mona, ".item")
    mona.select(".bulk select", "redact")
    mona.wait("return document.querySelector('dialog select[name=reason]')")
    mona.click("dialog form .actions button:last-child")
    sees(mona, "Remove the message: 3 chosen", "dialog h2")
    confirm(mona)
    bob.wait("return document.querySelectorAll('.message.redacted').length === 3")
    sees(mona, "3 things are decided", "#notices")
    # One press takes all of it back, again after a look.
    press_button(mona, "Undo", "#notices")
    sees(mona, "Undo 3 actions?", "dialog h2")
    confirm(mona)
    bob.wait("return document.querySelectorAll('.message.redacted').length === 0 && document.querySelector('.messages').textContent.includes('cheap skins 2')")
    quiet(mona)
    quiet(bob)


def test_what_is_chosen_stays_so_while_others_report_claim_and_decide(browser, moderated):
    mona, max_ = moderator(browser, moderated, "mona"), moderator(browser, moderated, "maximilian")
    with WebSocket(moderated.http) as bob, WebSocket(moderated.http) as eve:
        def report(i):
            said = bob.call("chat.say", room="lobby", text=f"cheap skins {i}")
            eve.call("moderation.report", id=said["id"], text=f"advertising {i}")

        bob.call("chat.join", room="lobby")
        eve.call("chat.join", room="lobby")
        for i in range(3):
            report(i)
        for page in (mona, max_):
            go(page, "moderation")
            sees(page, "advertising 2", ".item")
        choose_all(mona, ".item")
        sees(mona, "3 chosen", ".bulk")
        mona.run("const all = [...document.querySelectorAll('.item')]; all[1].querySelector('select').focus(); window.kept = all[1]")
        report(3)
        sees(mona, "advertising 3", ".item")
        assert mona.run("return document.querySelector('.bulk').textContent.startsWith('3 chosen') && document.activeElement === window.kept.querySelector('select')")
    # What another moderator does is seen at once; who was at it goes on at what has its place.
    press_button(max_, "I deal with it", ".item:nth-child(2)")
    sees(mona, "maximilian deals with it", ".item:nth-child(2)")
    assert mona.run("const node = document.querySelector('.item:nth-child(2)'); return node !== window.kept && node.querySelector('input').checked && document.activeElement === node.querySelector('select')")
    press_button(max_, "Dismiss", ".item:nth-child(2)")
    sees(mona, "2 chosen", ".bulk")
    mona.wait("return document.querySelectorAll('.item').length === 3 && !document.querySelector('.page-body').textContent.includes('advertising 1')")
    assert mona.run("return document.querySelector('.item:nth-child(2)').contains(document.activeElement) && document.querySelector('.item:nth-child(2)').textContent.includes('advertising 2')")
    quiet(mona)
    quiet(max_)


def test_what_was_done_is_chosen_and_undone_together_and_a_sweep_is_seen_before(browser, moderated):
    mona = moderator(browser, moderated, "mona")
    bob = enter(browser, moderated, "bob")
    name = name_of(bob)
    for i in range(3):
        say(bob, f"rubbish {i}")
    go(mona, f"moderation/person/{name}")
    press_button(mona, "Sweep", ".page-body")
    sees(mona, "Remove 3 messages", "dialog h2")
    mona.shot("moderation-sweep")
    confirm(mona)
    bob.wait("return document.querySelectorAll('.message.redacted').length === 3")
    for text in ("one", "two", "three"):
        press_button(mona, "Warn", ".page-body")
        confirm(mona, text=text)
        sees(bob, text, "#notices")
    go(mona, "moderation/log")
    mona.wait("return document.querySelectorAll('.deed').length >= 4")
    press_button(mona, "Undo all of this", ".deed")
    mona.wait("return document.querySelector('dialog h2')")
    confirm(mona)
    bob.wait("return document.querySelectorAll('.message.redacted').length === 0")
    go(mona, "moderation/log")
    mona.wait("const all = [...document.querySelectorAll('.deed:not(.undone)')].filter((one) => one.querySelector('b').textContent === 'Warn'); for (const one of all) if (!one.querySelector('input').checked) one.querySelector('input').click(); return all.length === 3")
    press_button(mona, "Undo", ".bulk")
    sees(mona, "Undo 3 actions?", "dialog h2")
    mona.shot("moderation-undo-many")
    confirm(mona)
    mona.wait("return [...document.querySelectorAll('.deed.undone')].filter((one) => one.querySelector('b').textContent === 'Warn').length === 3")
    quiet(mona)


def test_an_appeal_is_answered_by_somebody_else(browser, moderated):
    mona, max_ = moderator(browser, moderated, "mona"), moderator(browser, moderated, "maximilian")
    eve = enter(browser, moderated, "eve")
    register(eve, moderated, "evelyn")
    go(eve, "r/lobby")
    say(eve, "good evening")
    go(mona, "moderation/person/evelyn")
    press_button(mona, "Mute", ".page-body")
    confirm(mona, text="that was enough")
    sees(eve, "that was enough", "#notices")
    go(eve, "account/statements")
    sees(eve, "Decided by a person", ".page-body")
    eve.shot("statement")
    press_button(eve, "Appeal", ".page-body")
    eve.wait("return document.querySelector('dialog textarea[name=text]')")
    eve.fill("dialog textarea[name=text]", "it was my little brother")
    eve.click("dialog form .actions button:last-child")
    sees(eve, "Somebody else will look", "#notices")
    # Not by who did it.
    go(mona, "moderation")
    sees(mona, "my little brother", ".item")
    press_button(mona, "Grant", ".item")
    sees(mona, "about what you did yourself", "#notices")
    go(max_, "moderation")
    sees(max_, "my little brother", ".item")
    max_.shot("appeal")
    press_button(max_, "Grant", ".item")
    sees(max_, "Nothing waits", ".page-body")
    go(eve, "r/lobby")
    say(eve, "thank you")
    quiet(eve)
    quiet(max_)
