"""Who one is on the site: a guest who comes back, somebody who signed in just now and is not asked again, and signing in over another provider, to
its end, with a second server as the provider."""
import json
import pathlib

from steps import CHEAP, LIMITS, PASSWORD, enter, go, name_of, press_button, quiet, register, say, sees, url
from wire import http, until


def test_a_guest_is_the_same_after_a_reload_and_in_a_later_tab(browser, server):
    ann, bob = enter(browser, server, "ann"), enter(browser, server, "bob")
    page = enter(browser, server, "guest")
    first = name_of(page)
    page.fill(".composer textarea", "/nick Penelope")
    page.press("Enter")
    page.wait("return document.querySelector('.who bdi').textContent === 'Penelope'")
    say(page, "said before")
    ann.fill(".composer textarea", "/msg Penelope psst")
    ann.press("Enter")
    page.wait("return [...document.querySelectorAll('.side section a')].length > 2 || document.querySelectorAll('.side a .count.loud').length > 0")
    page.reload()
    page.wait("return document.querySelector('.who bdi')?.textContent === 'Penelope'")
    sees(page, "said before")
    # What was said before is still one's own, and the whisper is still there.
    page.wait("return document.querySelector('.message.own')?.textContent.includes('said before')")
    page.wait("return [...document.querySelectorAll('.side section')].some((one) => !one.hidden && one.textContent.includes(args[0]))", name_of(ann))
    # A tab that is opened later, when the first is closed.
    later = page.tab("later", url(server, "#/r/lobby"))
    page.close()
    later.wait("return document.querySelector('.who bdi')?.textContent === 'Penelope'")
    later.wait("return document.querySelector('.message.own')?.textContent.includes('said before')")
    sees(bob, "Penelope", ".people")
    assert first.startswith("guest-") and bob.run("return [...document.querySelectorAll('.people button')].filter((one) => one.textContent === 'Penelope').length") == 1
    # Another browser is somebody else, and a name that became an account's is given up.
    assert name_of(enter(browser, server, "other")) != "Penelope"
    http(server.http, "POST", "/api/auth.register", {"name": "Penelope", "password": PASSWORD})
    later.reload()
    later.wait("return document.querySelector('.who bdi')?.textContent.startsWith('guest-')")
    later.wait("return document.querySelector('.message.own')?.textContent.includes('said before')")
    quiet(later)


def test_a_guests_token_that_is_no_good_makes_another_guest(browser, server):
    page = enter(browser, server, "ann")
    before = name_of(page)
    page.run("localStorage.setItem('whiply.guest', JSON.stringify('whg_rubbish'))")
    page.reload()
    page.wait("return document.querySelector('.composer textarea') && document.querySelector('.who bdi')?.textContent.startsWith('guest-')")
    after = name_of(page)
    assert before != after
    page.reload()
    page.wait("return document.querySelector('.composer textarea') && document.querySelector('.who bdi')?.textContent === args[0]", after)
    quiet(page)


def test_who_signed_in_just_now_is_not_asked_for_the_password(browser, server):
    ann = enter(browser, server, "ann")
    register(ann, server, "annabel")
    go(ann, "account/security")
    press_button(ann, "Set one up", ".page-body")
    ann.wait("return document.querySelector('code.secret')")
    assert not ann.run("return document.querySelector('input[type=password]')")
    ann.fill(".box:nth-of-type(3) input[name=name]", "irssi")
    press_button(ann, "Make a password", ".page-body")
    ann.wait("return document.querySelector('dialog pre')?.textContent.length > 10")
    ann.click("dialog .primary")
    # Nor in another tab of the same browser.
    tab = ann.tab("tab", url(server, "#/account/security"))
    press_button(tab, "Set one up", ".page-body")
    tab.wait("return document.querySelector('code.secret')")
    quiet(ann)
    quiet(tab)


def test_who_signed_in_a_while_ago_is_asked(browser, site):
    server = site(auth='recent_time = "1s";')
    ann = enter(browser, server, "ann")
    register(ann, server, "annabel")
    until(lambda: not ann.run("return (await (await fetch('/api/auth.second_state')).json()).recent"), 20, "the sign-in to be of a while ago")
    go(ann, "account/security")
    press_button(ann, "Set one up", ".page-body")
    ann.wait("return document.querySelector('dialog input[name=password]')")
    ann.shot("asked-again")
    ann.fill("dialog input[name=password]", "not that one")
    ann.click("dialog .primary")
    sees(ann, "wrong", ".page-body .failure")
    press_button(ann, "Set one up", ".page-body")
    ann.wait("return document.querySelector('dialog input[name=password]')")
    ann.fill("dialog input[name=password]", PASSWORD)
    ann.click("dialog .primary")
    ann.wait("return document.querySelector('code.secret')")
    quiet(ann)


class School:
    """Another server of ours, as the provider; and a client of it for the first one. Cookies know no ports, so the two have different names."""

    def __init__(self, start, server):
        self.site = f"http://localhost:{server.http}"
        self.server = start(hub=LIMITS, limits="per_address = 5000;", plugins='sqlite = { }; mail = { }; audit = { }; chat = { }; web = { title = "School"; }; '
                            f'auth = {{ {CHEAP} site = "http://127.0.0.1:HTTP"; login_page = "/"; }};')
        self.url = f"http://127.0.0.1:{self.server.http}"
        made = self.server.command("auth.client_create", "--name", "tea-house", "--redirect_uris", json.dumps([f"{self.site}/auth/callback/school"]))
        secret = pathlib.Path(self.server.dir) / "secret"
        secret.write_text(made["client_secret"] + "\n")
        for name in ("zoe", "yan"):
            http(self.server.http, "POST", "/api/auth.register", {"name": name, "password": PASSWORD})
        server.again(f'fetch = {{ allow = [ "{self.url}" ]; }};', auth=f'providers = ( {{ name = "school"; label = "Our school"; issuer = "{self.url}"; client_id = "{made["client_id"]}"; '
                     f'client_secret_file = "{secret}"; }} ); login_page = "/"; ', host="localhost")

    def sign_in(self, page, name):
        """On the provider's own pages, which are the same site."""
        page.wait("return location.origin === args[0] && document.querySelector('input[name=password]')", self.url)
        page.fill("input[name=name]", name)
        page.fill("input[name=password]", PASSWORD)
        page.click("form button.primary")

    def agree(self, page):
        page.wait("return location.pathname === '/oauth/authorize' && document.querySelector('button[value=allow]')")
        page.click("button[value=allow]")

    def back(self, page):
        page.wait("return location.origin === args[0]", self.site)


def press_over(page):
    press_button(page, "Over Our school", ".page-body")


def test_an_oidc_button_leads_to_the_provider_and_back_signed_in(browser, server, start):
    school = School(start, server)
    page = browser.open("zoe", f"{school.site}/#/account")
    sees(page, "Over Our school", ".page-body button")
    page.shot("oidc-button")
    press_over(page)
    sees(page, "Sign in here first", "#notices")
    page.shot("oidc-provider")
    school.sign_in(page, "zoe")
    school.agree(page)
    school.back(page)
    page.wait("return document.querySelector('.who bdi')?.textContent === 'zoe'")
    page.wait("return document.querySelector('.composer textarea')")
    page.shot("oidc-signed-in")
    # It stays so, and changing how one signs in asks for nothing: there is no password.
    page.reload()
    page.wait("return document.querySelector('.who bdi')?.textContent === 'zoe'")
    go(page, "account/security")
    press_button(page, "Set one up", ".page-body")
    page.wait("return document.querySelector('code.secret')")
    # Out, and over the provider in again: now nobody is asked anything.
    go(page, "account")
    press_button(page, "Sign out", ".page-body")
    page.wait("return document.querySelector('.who bdi').textContent.startsWith('guest')")
    press_over(page)
    page.wait("return location.origin === args[0] && document.querySelector('.who bdi')?.textContent === 'zoe'", school.site)
    quiet(page)
    # A name that is taken here is asked for anew.
    http(server.http, "POST", "/api/auth.register", {"name": "yan", "password": PASSWORD})
    other = browser.open("yan", f"{school.site}/#/account")
    press_over(other)
    school.sign_in(other, "yan")
    school.agree(other)
    school.back(other)
    other.wait("return location.hash.startsWith('#/account/finish/') && document.querySelector('.page-body input[name=name]')")
    other.shot("oidc-finish")
    other.fill(".page-body input[name=name]", "yannick")
    other.click(".page-body form button.primary")
    other.wait("return document.querySelector('.who bdi')?.textContent === 'yannick'")
    quiet(other)


def test_a_provider_is_linked_to_an_account_and_unlinked(browser, server, start):
    school = School(start, server)
    page = browser.open("ann", f"{school.site}/#/r/lobby")
    page.wait("return document.querySelector('.composer textarea')")
    register(page, server, "annabel")
    go(page, "account/devices")
    press_button(page, "Link Our school", ".page-body")
    school.sign_in(page, "zoe")
    school.agree(page)
    school.back(page)
    sees(page, "It is linked now", "#notices")
    page.wait("return location.hash === '#/account/devices' && [...document.querySelectorAll('.box li')].some((one) => one.textContent.startsWith('school'))")
    page.shot("oidc-linked")
    go(page, "account")
    press_button(page, "Sign out", ".page-body")
    page.wait("return document.querySelector('.who bdi').textContent.startsWith('guest')")
    press_over(page)
    page.wait("return location.origin === args[0] && document.querySelector('.who bdi')?.textContent === 'annabel'", school.site)
    go(page, "account/devices")
    page.wait("const one = [...document.querySelectorAll('.box li')].find((one) => one.textContent.startsWith('school'))?.querySelector('button'); one?.click(); return one")
    page.wait("return [...document.querySelectorAll('.box button')].some((one) => one.textContent === 'Link Our school')")
    quiet(page)


def test_who_refuses_at_the_provider_is_told_so_and_stays_a_guest(browser, server, start):
    school = School(start, server)
    page = browser.open("zoe", f"{school.site}/#/account")
    press_over(page)
    school.sign_in(page, "zoe")
    page.wait("return document.querySelector('button[value=deny]')")
    page.click("button[value=deny]")
    # The notice goes away by itself, so it is looked for from the first moment on.
    page.wait("return location.origin === args[0] && document.querySelector('#notices .error')", school.site)
    page.wait("return document.querySelector('.who bdi')?.textContent.startsWith('guest')")


def test_another_device_is_signed_out_from_here(browser, server):
    ann, phone = enter(browser, server, "ann"), enter(browser, server, "phone")
    register(ann, server, "annabel")
    go(phone, "account")
    phone.fill("input[name=name]", "annabel")
    phone.fill("input[name=password]", PASSWORD)
    phone.click("form button.primary")
    phone.wait("return document.querySelector('.who bdi').textContent === 'annabel'")
    go(ann, "account/devices")
    ann.wait("return document.querySelectorAll('.box li').length === 2 && [...document.querySelectorAll('.badge')].some((one) => one.textContent === 'this one')")
    ann.shot("devices")
    press_button(ann, "Sign out", ".box li")
    phone.wait("return document.querySelector('.who bdi').textContent.startsWith('guest')")
    sees(phone, "device", "#notices")
    ann.wait("return document.querySelectorAll('.box li').length === 1 && document.querySelector('.who bdi').textContent === 'annabel'")
    quiet(ann)
