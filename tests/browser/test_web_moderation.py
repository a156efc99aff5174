"""The site's pages for moderators, against the real plugin: the queue, what was done and undone, people, rule packs that are written, tried and
set here, filters. A second browser is who is moderated."""
import pytest
from conftest import ROOT
from steps import axe_finds, confirm, enter, go, menu, moderator, name_of, press_button, press_in, quiet, say, sees

MODERATION = f'moderation = {{ pack_folders = [ "{ROOT}/lua/packs" ]; packs = {{ link-gate = {{ mode = "shadow"; }}; }}; filters = {{ }}; }};'


@pytest.fixture
def moderated(site):
    return site(MODERATION)


def test_a_report_is_claimed_decided_and_undone(browser, moderated):
    mona = moderator(browser, moderated)
    bob, eve = enter(browser, moderated, "bob"), enter(browser, moderated, "eve")
    bobs = name_of(bob)
    say(bob, "cheap skins here")
    sees(eve, "cheap skins here")
    press_in(eve, "cheap skins here", "More")
    menu(eve, "Report")
    confirm(eve, text="again and again")
    sees(eve, "Thank you", "#notices")
    go(mona, "moderation")
    sees(mona, "again and again", ".item")
    mona.shot("moderation-queue")
    press_button(mona, "I deal with it", ".item")
    sees(mona, "mona deals with it", ".item")
    mona.select(".item select", "redact")
    confirm(mona)
    sees(mona, "Nothing waits", ".page-body")
    bob.wait("return document.querySelector('.message.redacted')")
    # What was done is in the log, and is undone after a look at it.
    go(mona, "moderation/log")
    sees(mona, "Remove the message", ".deed")
    mona.shot("moderation-log")
    press_button(mona, "Undo", ".deed")
    sees(mona, "Undo 1 action?", "dialog h2")
    sees(mona, bobs, "dialog")
    confirm(mona)
    sees(mona, "It is undone", "#notices")
    sees(bob, "cheap skins here")
    bob.wait("return !document.querySelector('.message.redacted')")
    # The person: a note, a warning, a time out.
    go(mona, f"moderation/person/{bobs}")
    sees(mona, bobs, ".page-body h2")
    mona.fill("textarea[name=text]", "knows better")
    press_button(mona, "Save", ".page-body")
    sees(mona, "knows better", ".page-body .box li")
    press_button(mona, "Warn", ".page-body")
    confirm(mona, text="mind your words")
    sees(bob, "mind your words", "#notices")
    press_button(mona, "Time out", ".page-body")
    confirm(mona, **{"for": "10m"})
    sees(mona, "Time out", ".deed")
    mona.shot("moderation-person")
    bob.fill(".composer textarea", "but")
    bob.press("Enter")
    bob.wait("return document.querySelector('.message.failed')")
    quiet(mona)
    quiet(eve)


def test_a_pack_is_written_tried_set_live_and_holds_a_message(browser, moderated):
    boss = moderator(browser, moderated, "boss", "admin")
    bob = enter(browser, moderated, "bob")
    say(bob, "good morning")
    go(boss, "moderation/packs")
    sees(boss, "link-gate", ".page-body table")
    boss.shot("moderation-packs")
    # A mistake is shown at its line.
    go(boss, "moderation/editor")
    source = boss.run("return document.querySelector('textarea.source').value")
    boss.fill("textarea.source", source.replace("when = function(m)", "when = function(m"))
    press_button(boss, "Run its tests", ".page-body")
    line = boss.wait("const bad = document.querySelector('.gutter .bad'); return bad && [...bad.parentElement.children].indexOf(bad) + 1")
    assert 7 <= line <= 9, line
    boss.shot("moderation-editor-error")
    # Without it the tests pass, and it goes live.
    boss.fill("textarea.source", source)
    press_button(boss, "Run its tests", ".page-body")
    sees(boss, "All tests passed", ".page-body")
    boss.select("select[name=mode]", "live")
    boss.shot("moderation-editor")
    press_button(boss, "Put it in place", ".page-body")
    boss.wait("return location.hash === '#/moderation/packs/my-pack'")
    sees(boss, "bad-word", ".page-body table")
    # It holds what it is about.
    bob.fill(".composer textarea", "visit our casino")
    bob.press("Enter")
    bob.wait("return document.querySelector('.message.held, .message.failed')")
    bob.shot("held")
    sees(bob, "waits for a moderator")
    go(boss, "moderation")
    sees(boss, "visit our casino", ".item")
    sees(boss, "my-pack@1.0.0", ".item")
    press_button(boss, "Publish", ".item")
    bob.wait("return [...document.querySelectorAll('.message:not(.failed):not(.held)')].some((one) => one.textContent.includes('visit our casino'))")
    # What it would have done to the room, with a chart.
    go(boss, "moderation/trial/my-pack")
    boss.fill("input[name=room]", "lobby")
    press_button(boss, "Backtest", ".page-body")
    boss.wait("return document.querySelector('.bars')?.getAttribute('aria-label').includes('bad-word: 1')")
    boss.shot("moderation-backtest")
    # Set back to shadow; the editor shows what is there.
    go(boss, "moderation/packs/my-pack")
    sees(boss, "bad-word", ".page-body table")
    boss.select(".page-body .line select", "shadow")
    sees(boss, "Saved", "#notices")
    boss.shot("moderation-pack")
    go(boss, "moderation/editor/my-pack")
    boss.wait("return document.querySelector('textarea.source').value.includes('\"bad-word\"')")
    say(bob, "the casino again")
    quiet(boss)
    quiet(bob)


def test_what_is_being_written_stays_when_another_changes_the_pack(browser, moderated):
    boss = moderator(browser, moderated, "boss", "admin")
    go(boss, "moderation/packs/link-gate")
    sees(boss, "min_age", ".page-body label")
    boss.wait("const field = [...document.querySelectorAll('.page-body label')].find((one) => one.textContent === 'min_age')?.querySelector('input'); if (field) { field.focus(); field.value = '2'; } return field")
    before = boss.run("return document.querySelector('.page-body .line select').value")
    moderated.command("moderation.pack_mode", "link-gate", "off")
    boss.wait("return document.querySelector('.page-body .line select').value === 'off'")
    assert before == "shadow" and boss.run("return document.activeElement.value") == "2"
    boss.press("h")
    boss.press("Enter")
    sees(boss, "Saved", "#notices")
    assert {one["name"]: one["value"] for one in moderated.command("moderation.pack", "link-gate")["settings"]}["min_age"] == "2h"
    # What is refused is not shown as if it were so.
    boss.run("window.asked = document.querySelector('.page-body .line select'); asked.append(new Option('nonsense')); asked.value = 'nonsense'; asked.dispatchEvent(new Event('change'))")
    boss.wait("return asked.value === 'off'")
    quiet(boss)


def test_filters_and_lists_are_set(browser, moderated):
    boss = moderator(browser, moderated, "boss", "admin")
    go(boss, "moderation/filters")
    sees(boss, "words", ".page-body table")
    boss.shot("moderation-filters")
    which = boss.run("const one = document.querySelector('.page-body table select'); return [one.getAttribute('aria-label'), one.value]")
    wanted = "off" if which[1] != "off" else "shadow"
    boss.select(f".page-body select[aria-label='{which[0]}']", wanted)
    sees(boss, "Saved", "#notices")
    assert {one["filter"]: one["mode"] for one in moderated.command("moderation.filters")["filters"]}[which[0]] == wanted
    boss.fill("form input[name=name]", "rude")
    press_button(boss, "Make a list", ".page-body")
    sees(boss, "rude", ".page-body .box li")
    press_button(boss, "Add", ".page-body .box li")
    confirm(boss, entries="blockhead\nnincompoop")
    sees(boss, "2 entries", ".page-body .box li")
    quiet(boss)


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing_on_the_moderators_pages(browser, moderated, theme):
    boss = moderator(browser, moderated, "boss", "admin")
    boss.run("document.documentElement.dataset.theme = args[0]", theme)
    bob = enter(browser, moderated, "bob")
    say(bob, "cheap skins here")
    bob.close()
    go(boss, "r/lobby")
    sees(boss, "cheap skins here")
    press_in(boss, "cheap skins here", "More")
    menu(boss, "Report")
    confirm(boss, text="again and again")
    found = []
    for area, text in (("moderation", "again and again"), ("moderation/log", ""), ("moderation/person/boss", "boss"), ("moderation/packs", "link-gate"), ("moderation/packs/link-gate", "link-gate"),
                       ("moderation/editor", ""), ("moderation/trial/link-gate", ""), ("moderation/filters", "repeat"), ("account/statements", "")):
        go(boss, area)
        sees(boss, text, ".page-body")
        found += axe_finds(boss, area)
        boss.size(360, 640)
        assert boss.run("return document.documentElement.scrollWidth") <= 360, area
        boss.size(900, 600)
    assert not found, "\n".join(found)
