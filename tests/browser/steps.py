"""What people do on the site, for the tests of it: a server with everything, opening a page, saying something, pressing a button by its words."""
import json
import re

from conftest import NPM

CHEAP = 'hash_memory = "64KiB"; hash_passes = 1; registrations = 100000; insecure_cookie = true;'
PLUGINS = """sqlite = { }; mail = { }; audit = { }; auth = { %s site = "http://127.0.0.1:HTTP"; }; chat = { rate = "10000/s burst 10000"; };
  irc = { name = "irc.test"; }; matching = { queues = { talk = { rules = ( { name = "interests"; kind = "share"; any_after = "8s"; } ); }; }; };
  signaling = { }; web = { title = "Tea house"; embed = [ "http://127.0.0.1:PORT" ]; };""" % CHEAP
IRC = ', { name = "irc"; address = "127.0.0.1:PORT"; protocol = "line"; dialect = "irc"; }'
LIMITS = 'account_rate = "100000/s burst 100000"; address_rate = "100000/s burst 100000"; command_rate = "10000/s burst 10000";'
PASSWORD = "a fine pass phrase"


def settings(more="", auth="", host="127.0.0.1", changes=()):
    """PLUGINS with more of them, more settings of auth, another name of the site, and texts replaced: pairs of before and after."""
    text = (PLUGINS + more).replace("127.0.0.1:HTTP", f"{host}:HTTP").replace("auth = {", "auth = { " + auth)
    for before, after in changes:
        assert before in text, before
        text = text.replace(before, after)
    return text


def url(server, path=""):
    return f"http://127.0.0.1:{server.http}/{path}"


def enter(browser, server, name, room="lobby", **more):
    page = browser.open(name, url(server, f"#/r/{room}"), **more)
    page.wait("return document.querySelector('.composer textarea')")
    return page


def name_of(page):
    return page.run("return document.querySelector('.who bdi').textContent")


def say(page, text, shown=None):
    """Says something; `shown`: how it begins on the page, where that is not as it was typed."""
    page.fill(".composer textarea", text)
    page.press("Enter")
    page.wait("return [...document.querySelectorAll('.message')].some((m) => m.textContent.includes(args[0]) && !m.classList.contains('sending'))", shown or text[:60])


def sees(page, text, selector=".messages"):
    page.wait("return [...document.querySelectorAll(args[0])].some((node) => node.textContent.includes(args[1]))", selector, text)


def message(page, text, script):
    """Runs a script with `node`, the message that has the text, as soon as it is there."""
    page.wait("return [...document.querySelectorAll('.message')].some((one) => one.textContent.includes(args[0]))", text)
    return page.run("const node = [...document.querySelectorAll('.message')].find((one) => one.textContent.includes(args[0])); " + script, text)


def press_in(page, text, label):
    """A button of a message."""
    message(page, text, f"node.querySelector('[aria-label={json.dumps(label)}]').click()")


def press_button(page, text, within="body"):
    page.wait("const one = [...document.querySelectorAll(`${args[1]} button`)].find((one) => one.textContent === args[0] && !one.disabled); one?.click(); return one", text, within)


def settled(page, area):
    """The view of an area is there, with what it reads, and nothing of it moves."""
    page.wait("return document.querySelector('main')?.dataset.area === args[0] && !document.querySelector('.page-body .more:not(button), .page-body [aria-busy]') && document.getAnimations().every((one) => !one.effect.getComputedTiming().iterations || one.effect.getComputedTiming().iterations === Infinity || one.playState === 'finished')", f"#/{area}")


def menu(page, label):
    page.wait("return [...document.querySelectorAll('[role=menuitem]')].some((one) => one.textContent === args[0])", label)
    page.run("[...document.querySelectorAll('[role=menuitem]')].find((one) => one.textContent === args[0]).click()", label)


def register(page, server, name):
    page.run("location.hash = '#/account/register'")
    page.wait("return document.querySelector('input[name=mail]')")
    page.fill("input[name=name]", name)
    page.fill("input[name=password]", PASSWORD)
    page.click("form button.primary")
    page.wait("return document.querySelector('.who bdi')?.textContent === args[0]", name)


def moderator(browser, server, name="mona", role="moderator", area="moderation", **more):
    """A page of a new account with that role."""
    page = enter(browser, server, name, **more)
    register(page, server, name)
    server.command("auth.grant", name, role)
    page.wait("return document.querySelector(`.areas [href='#/${args[0]}']`)", area)
    return page


def administrator(browser, server, name="boss", role="admin", **more):
    return moderator(browser, server, name, role, "admin", **more)


def go(page, area):
    page.run("location.hash = args[0]", f"#/{area}")
    settled(page, area)


def confirm(page, **values):
    """Fills a dialog and agrees to it."""
    page.wait("return document.querySelector('dialog form .actions button:last-child')")
    for name, value in values.items():
        chosen = page.run("return document.querySelector(`dialog [name=${args[0]}]`).tagName", name) == "SELECT"
        (page.select if chosen else page.fill)(f"dialog [name={name}]", value)
    page.click("dialog form .actions button:last-child")
    page.wait("return !document.querySelector('dialog')")


def quiet(page, but=()):
    """Nothing went wrong in the page."""
    bad = [line for line in page.console() if re.match(r"(pageerror|error|[45]\d\d):", line) and not any(one in line for one in but)]
    assert not bad, bad


def axe_finds(page, area):
    """What axe-core, of WCAG 2.2 AA and its good practice, has against the page as it is."""
    if not page.run("return window.axe !== undefined"):
        page.run((NPM / "node_modules" / "axe-core" / "axe.min.js").read_text())
    result = page.run("const { violations } = await axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }); "
                      "return violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => `${node.html.slice(0, 150)} ${node.failureSummary}`).join(' | ')}`)")
    return [f"{area}: {one}" for one in result]
