"""Calls in rooms, four people at most: devices, a microphone that is off, a screen that is shown; and strangers, from what they look for to what they
do with each other, with pictures that are blurred until both agree."""
import pytest
from steps import enter, name_of, press_button, quiet, say, sees, url
from wire import until

CONNECTED = "return document.querySelectorAll('.tile').length === args[0] && ![...document.querySelectorAll('.tile figcaption')].some((one) => /connecting/.test(one.textContent))"
SEEN = "const video = document.querySelector('.tile:not(.own) video'); return video?.videoWidth > 0 && !video.closest('.tile').classList.contains('dark')"
QUEUES = """queues = {
  talk = { medium = "video"; blur = true; relay = false; accept = "60s"; rules = ( { name = "interests"; kind = "share"; any_after = "8s"; },
    { name = "language"; kind = "equal"; any_after = "9s"; }, { name = "medium"; kind = "equal"; hard = true; } ); }; };"""


def call(page):
    page.click("[aria-label=Call]")
    page.wait("return document.querySelector('.call .tile.own')")


def test_four_are_in_a_call_and_a_fifth_is_told(browser, server):
    pages = [enter(browser, server, name) for name in ("ann", "bob", "cleo", "dan")]
    for n, page in enumerate(pages):
        call(page)
        for one in pages[:n + 1]:
            one.wait(CONNECTED, n + 1)
    pages[0].shot("call-of-four")
    eve = enter(browser, server, "eve")
    eve.click("[aria-label=Call]")
    eve.wait("return document.querySelector('#notices .error')")
    assert not eve.run("return document.querySelector('.call')")
    # One leaves: there is room for another.
    pages[3].click("[aria-label='Leave the call']")
    for page in pages[:3]:
        page.wait(CONNECTED, 3)
    call(eve)
    for page in (*pages[:3], eve):
        page.wait(CONNECTED, 4)
    for page in pages:
        quiet(page)


def test_a_microphone_is_off_a_screen_is_shown_and_devices_are_chosen(browser, server):
    ann, bob = enter(browser, server, "ann"), enter(browser, server, "bob")
    call(ann)
    call(bob)
    for page in (ann, bob):
        page.wait(CONNECTED, 2)
    # Off for oneself and for the others.
    ann.click("[aria-label=Microphone]")
    bob.wait("return document.querySelector('.tile:not(.own) [aria-label=\"microphone off\"]')")
    ann.click("[aria-label=Microphone]")
    bob.wait("return !document.querySelector('.tile:not(.own) [aria-label=\"microphone off\"]')")
    # A screen: a picture that is drawn stands for it, as there is none here.
    ann.run("""const canvas = document.createElement('canvas'); canvas.width = 640; canvas.height = 360; const paint = canvas.getContext('2d');
        setInterval(() => { paint.fillStyle = `hsl(${Date.now() / 20 % 360} 80% 50%)`; paint.fillRect(0, 0, 640, 360); }, 100);
        navigator.mediaDevices.getDisplayMedia = async () => window.screen_ = canvas.captureStream(10)""")
    ann.click("[aria-label='Show the screen']")
    bob.wait("return document.querySelector('.tile:not(.own) [aria-label=\"shows the screen\"]')")
    bob.wait("const video = document.querySelector('.tile:not(.own) video'); return video.videoWidth === 640 && video.videoHeight === 360")
    bob.shot("call-screen")
    # Ended by the browser's own button.
    ann.run("const [track] = window.screen_.getVideoTracks(); track.stop(); track.dispatchEvent(new Event('ended'))")
    bob.wait("return !document.querySelector('.tile:not(.own) [aria-label=\"shows the screen\"]')")
    # Devices: which is used is marked, and another is taken.
    ann.click("[aria-label=Camera]")
    bob.wait(SEEN)
    ann.click("[aria-label=Devices]")
    ann.wait("return document.querySelectorAll('[role=menuitemradio]').length >= 3")
    ann.shot("call-devices")
    assert ann.run("return [...document.querySelectorAll('[role=menuitemradio][aria-checked=true]')].length") >= 2
    other = ann.run("const one = [...document.querySelectorAll('[role=menuitemradio][aria-checked=false]')].find((one) => one.textContent.startsWith('Microphone')); const text = one?.textContent; one?.click(); return text")
    assert other
    ann.wait("document.querySelector('[aria-label=Devices]').click(); const one = [...document.querySelectorAll('[role=menuitemradio]')].find((one) => one.textContent === args[0])?.getAttribute('aria-checked'); return one === 'true' || (document.querySelector('.menu-pop')?.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' })), false)", other)
    quiet(ann)
    quiet(bob)


def test_a_moderator_takes_somebody_out_of_a_call(browser, server):
    mona, bob = enter(browser, server, "mona"), enter(browser, server, "bob")    # whoever is there first owns the room
    for page in (mona, bob):
        call(page)
    for page in (mona, bob):
        page.wait(CONNECTED, 2)
    assert not bob.run("return document.querySelector('.tile .icon-button')")
    mona.shot("call-moderated")
    mona.click(f"[aria-label='Take {name_of(bob)} out of the call']")
    sees(bob, "You were taken out of the call.", "#notices .error")
    bob.wait("return !document.querySelector('.call')")
    mona.wait("return document.querySelectorAll('.tile').length === 1")
    quiet(mona)
    quiet(bob)


@pytest.fixture
def meeting(site):
    before = 'queues = { talk = { rules = ( { name = "interests"; kind = "share"; any_after = "8s"; } ); }; };'
    return site(changes=[(before, QUEUES)])


@pytest.fixture
def strangers(browser, meeting):
    """Two who look for somebody with pictures, and are proposed to each other."""
    pages = [browser.open(name, url(meeting, "#/strangers"), viewport={"width": 1280, "height": 720}) for name in ("ann", "bob")]
    for page in pages:
        look(page)
    return pages


def look(page, medium="video"):
    page.wait("return document.querySelector('input[name=interests]')")
    page.fill("input[name=interests]", "Chess, tea")
    page.select("select[name=language]", "de")
    page.select("select[name=medium]", medium)
    page.click("form button.primary")


def accept(*pages):
    for page in pages:
        press_button(page, "Accept", ".page-body")
    for page in pages:
        page.wait("return document.querySelector('.meeting .composer textarea')")


def test_strangers_choose_accept_see_each_other_blurred_and_agree_to_be_seen(strangers):
    ann, bob = strangers
    for page in strangers:
        sees(page, "Somebody was found", ".page-body")
    ann.shot("strangers-found")
    accept(ann, bob)
    for page in strangers:
        page.wait(CONNECTED, 2)
        page.wait(SEEN)
        page.wait("return document.querySelector('.tile:not(.own)').classList.contains('blurred') && getComputedStyle(document.querySelector('.tile:not(.own) video')).filter.startsWith('blur')")
    say(ann, "hello stranger")
    sees(bob, "hello stranger")
    # The talk is beside the pictures, not below.
    assert bob.run("const call = document.querySelector('.call').getBoundingClientRect(), talk = document.querySelector('.meeting').getBoundingClientRect(); return talk.left >= call.right - 1 && talk.top < call.bottom")
    bob.shot("strangers-video")
    press_button(ann, "Show ourselves", ".meeting-bar")
    sees(bob, "would like to be seen", "#notices")
    assert bob.run("return document.querySelector('.tile:not(.own)').classList.contains('blurred')")
    press_button(bob, "Show ourselves", ".meeting-bar")
    for page in strangers:
        page.wait("return !document.querySelector('.tile.blurred')")
        page.wait(CONNECTED, 2)
    bob.shot("strangers-revealed")
    quiet(ann)
    quiet(bob)


def test_who_declines_is_left_alone_and_the_other_waits_in_front(strangers):
    ann, bob = strangers
    for page in strangers:
        sees(page, "Somebody was found", ".page-body")
    press_button(ann, "Decline", ".page-body")
    ann.wait("return document.querySelector('input[name=interests]')")
    bob.wait("return document.querySelector('.spinner') && [...document.querySelectorAll('.page-body button')].some((one) => one.textContent === 'Wait no longer')")
    sees(bob, "wait again", "#notices")
    press_button(bob, "Wait no longer", ".page-body")
    bob.wait("return document.querySelector('input[name=interests]')")
    # Who wants text meets nobody who wants pictures.
    look(ann, "text")
    look(bob, "video")
    for page in strangers:
        sees(page, "Waiting", ".page-body h2")
        sees(page, "waiting", ".page-body")
    ann.shot("strangers-waiting")
    quiet(ann)
    quiet(bob)


def test_a_stranger_is_reported_with_what_was_said_and_blocked(strangers, meeting):
    ann, bob = strangers
    accept(ann, bob)
    say(bob, "what a rude word")
    sees(ann, "what a rude word")
    press_button(ann, "Report", ".meeting-bar")
    ann.wait("return document.querySelector('dialog select[name=reason]')")
    ann.select("dialog select[name=reason]", "abuse")
    ann.fill("dialog textarea[name=text]", "rude")
    ann.shot("strangers-report")
    ann.click("dialog .danger")
    sees(ann, "moderators will look", "#notices")
    report = until(lambda: meeting.command("match.reports")["reports"], 20, "the report")[0]
    assert report["reason"] == "abuse" and [line["text"] for line in report["lines"]] == ["what a rude word"]
    press_button(ann, "Never meet again", ".meeting-bar")
    sees(ann, "is blocked", "#notices")
    press_button(ann, "Next", ".meeting-bar")
    # Notices go by themselves, so this one is looked for first.
    sees(bob, "has left", "#notices")
    press_button(bob, "Next", ".meeting-bar")
    # That match is over for both: they are asked again whom they look for, and are not brought together again.
    for page in strangers:
        look(page)
    for page in strangers:
        page.wait("return document.querySelector('.spinner')")
    # A match would have been proposed to both with the second wish.
    assert ann.run("return document.querySelector('.spinner') !== null")
    quiet(ann)
    quiet(bob)
