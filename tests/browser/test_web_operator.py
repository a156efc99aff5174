"""The pages for who runs the server, in a browser against the real one: listeners and certificates, the log as it comes, bans with a look at whom
they hit, replacing an edge with its progress, and a listener of their own."""
import subprocess

import pytest
from steps import LIMITS, PLUGINS, administrator, axe_finds, confirm, enter, go, name_of, press_button, quiet, register, say, sees
from wire import until

BANS = "bans = { };"
SECURE = """, {{ name = "secure"; address = "127.0.0.1:PORT"; protocol = "http"; tls = {{ certificates = ( {{ certificate = "{0}/one.pem"; key = "{0}/one.key"; }} ); }}; }}"""


@pytest.fixture
def run_by(site):
    """A server with bans."""
    return site(BANS)


def make_certificate(folder, days):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", str(days), "-subj", "/CN=one.example", "-addext", "subjectAltName=DNS:one.example,DNS:two.example",
                    "-keyout", folder / "one.key", "-out", folder / "one.pem"], check=True, capture_output=True)


def test_listeners_say_what_they_serve_and_who_is_there(browser, start, tmp_path):
    make_certificate(tmp_path, 5)
    server = start(listeners=SECURE.format(tmp_path), hub=LIMITS, plugins=PLUGINS)
    boss = administrator(browser, server)
    go(boss, "admin/listeners")
    sees(boss, f"127.0.0.1:{server.http}", "table")
    rows = boss.run("return [...document.querySelectorAll('tbody tr')].map((row) => [...row.cells].map((cell) => cell.innerText))")
    web = next(row for row in rows if row[0].startswith("web"))
    assert "WebSocket" in web[1] and "administrators" in web[2] and "json of server" in web[3].replace("\n", " ") and int(web[4]) >= 1, web
    line = next(row for row in rows if row[0].startswith("line"))
    assert "Lines" in line[1] and "plain of relay" in line[3].replace("\n", " "), line
    secure = next(row for row in rows if row[0].startswith("secure"))
    assert "TLS" in secure[1], secure
    # The certificate, with what one compares it by; it ends in less than two weeks.
    sees(boss, "one.example, two.example", ".page-body .box")
    digest = subprocess.run(["openssl", "x509", "-in", tmp_path / "one.pem", "-noout", "-fingerprint", "-sha256"], check=True, capture_output=True, text=True).stdout.partition("=")[2]
    sees(boss, digest.strip().replace(":", "").lower(), ".page-body .box")
    assert "in 4 days" in boss.run("return document.querySelector('.page-body .box .failure').textContent") or "in 5 days" in boss.run("return document.querySelector('.page-body .box .failure').textContent")
    boss.shot("admin-listeners")
    quiet(boss)


def test_the_log_is_read_chosen_and_followed(browser, run_by):
    boss = administrator(browser, run_by)
    go(boss, "admin/logs")
    sees(boss, "serving", ".log")
    # What comes appears by itself, at the end, once.
    assert run_by.ctl("reload").returncode == 0
    sees(boss, "reloaded", ".log")
    boss.wait("return [...document.querySelectorAll('.log-line')].filter((line) => line.textContent.includes('reloaded')).length >= 3")
    boss.shot("admin-log")
    boss.select("select[name=process]", "keeper")
    boss.wait("return document.querySelector('.log-line') && [...document.querySelectorAll('.log-process')].every((one) => one.textContent === 'keeper')")
    boss.fill("input[name=match]", "SERVING")
    press_button(boss, "Find", ".page-body")
    boss.wait("return document.querySelectorAll('.log-line').length === 1")
    boss.fill("input[name=match]", "")
    boss.select("select[name=process]", "")
    sees(boss, "reloaded", ".log")
    # The hub is killed: what was said before is there still, and what comes as well.
    run_by.hub_back(run_by.kill("hub"))
    sees(boss, "SIGKILL", ".log")
    assert run_by.ctl("reload").returncode == 0
    boss.wait("const all = [...document.querySelectorAll('.log-line')], died = all.findIndex((one) => one.textContent.includes('SIGKILL')); return all.slice(died).some((one) => one.textContent.includes('reloaded'))")
    seen = boss.run("return [...document.querySelectorAll('.log-line')].map((one) => one.textContent)")
    assert len(seen) == len(set(seen)) or len(seen) - len(set(seen)) < 3, "lines are shown twice"
    # Lines are text, whoever had them written.
    assert boss.run("return document.querySelectorAll('.log script, .log img, .log a').length") == 0
    # Without following nothing comes.
    boss.click("input[name=follow]")
    boss.wait("return document.querySelector('[role=status]:not(.connection)').textContent.match(/line/) && !document.querySelector('[role=status]:not(.connection)').textContent.includes('by themselves')")
    n = boss.run("return document.querySelectorAll('.log-line').length")
    assert run_by.ctl("reload").returncode == 0
    boss.run("return new Promise((done) => setTimeout(done, 1000))")
    assert boss.run("return document.querySelectorAll('.log-line').length") == n
    quiet(boss)


def test_a_ban_is_looked_at_added_found_and_lifted(browser, run_by):
    boss, bob = administrator(browser, run_by), enter(browser, run_by, "bob")
    bobs = name_of(bob)
    go(boss, "admin/bans")
    sees(boss, "There are no such bans", ".page-body")
    boss.select("form.stack select[name=kind]", "name")
    boss.fill("form.stack input[name=what]", f"{bobs[:-2]}*")
    boss.fill("form.stack input[name=why]", "<b>enough</b>")
    press_button(boss, "Look whom it would hit", ".page-body")
    # The question says whom it hits; nobody is banned before it is answered.
    sees(boss, bobs, "dialog li")
    sees(boss, "It closes 1 session now", "dialog")
    boss.shot("admin-ban")
    assert run_by.command("bans.list")["bans"] == []
    boss.click("dialog .actions button[type=button]")
    assert run_by.command("bans.list")["bans"] == []
    press_button(boss, "Look whom it would hit", ".page-body")
    confirm(boss)
    sees(boss, "<b>enough</b>", ".page-body table")
    sees(bob, "<b>enough</b>", "#notices")
    boss.fill("[role=search] input[name=find]", "nothing like it")
    press_button(boss, "Find", "[role=search]")
    sees(boss, "There are no such bans", ".page-body")
    boss.fill("[role=search] input[name=find]", "enough")
    press_button(boss, "Find", "[role=search]")
    sees(boss, "<b>enough</b>", ".page-body table")
    boss.shot("admin-bans")
    # A network that is one's own is asked about in words.
    boss.select("form.stack select[name=kind]", "network")
    boss.fill("form.stack input[name=what]", "127.0.0.0/8")
    press_button(boss, "Look whom it would hit", ".page-body")
    sees(boss, "It hits yourself", "dialog")
    boss.click("dialog .actions button[type=button]")
    boss.fill("form.stack input[name=what]", "no network")
    press_button(boss, "Look whom it would hit", ".page-body")
    sees(boss, "no network", ".page-body .failure")
    press_button(boss, "Lift", ".page-body")
    confirm(boss)
    sees(boss, "There are no such bans", ".page-body")
    assert run_by.command("bans.list")["bans"] == []
    quiet(boss)


def test_an_edge_is_replaced_with_its_progress_and_called_off(browser, run_by):
    boss, bob = administrator(browser, run_by), enter(browser, run_by, "bob")
    bobs = name_of(bob)
    go(boss, "admin")
    sees(boss, "edge 0", ".page-body table")
    sees(boss, "Memory of hub", ".page-body")
    press_button(boss, "Replace", ".page-body table")
    sees(boss, "connections are open there now", "dialog")
    boss.shot("admin-drain-question")
    confirm(boss, within="10m")
    boss.wait("return document.querySelector('progress')")
    sees(boss, "may go on for", ".page-body table")
    say(bob, "I am still here")
    boss.shot("admin-drain")
    press_button(boss, "Call it off", ".page-body table")
    sees(boss, "for as long as they last", ".page-body table")
    # Then in earnest: whoever is told comes back as who they were.
    press_button(boss, "Set the time", ".page-body table")
    confirm(boss, within="0s")
    bob.wait("return document.querySelector('.connection:not([hidden])')")
    bob.wait("return document.querySelector('.connection').hidden")
    assert name_of(bob) == bobs
    say(bob, "and again")
    boss.wait("return !document.querySelector('progress') && document.querySelector('.page-body table')")
    quiet(boss, but=("WebSocket",))


@pytest.fixture
def apart(start):
    """A server whose administrators have a listener of their own, and moderators too."""
    made = start(listeners=', { name = "desk"; address = "127.0.0.1:PORT"; protocol = "http"; }',
                 hub=LIMITS + ' admin_listeners = [ "desk" ]; moderator_listeners = [ "desk" ];', limits='per_address = 5000; messages = "100000/s burst 100000";', plugins=PLUGINS + "moderation = { filters = { }; };")
    return made


def test_administrators_have_an_address_of_their_own(browser, apart):
    page = enter(browser, apart, "boss")
    register(page, apart, "boss")
    apart.command("auth.grant", "boss", "admin")
    until(lambda: apart.command("auth.grants", "--name", "boss")["grants"])
    page.reload()
    page.wait("return document.querySelector('.who bdi')?.textContent === 'boss'")
    # Over the public address nothing of it is offered, and asking for it by its address says why.
    assert not page.run("return document.querySelector('.areas [href=\"#/admin\"], .areas [href=\"#/moderation\"]')")
    for area in "admin", "admin/logs", "admin/bans", "moderation", "moderation/packs":
        go(page, area)
        sees(page, "served at another address", ".page-body")
        assert page.run("return document.querySelectorAll('.tabs a').length") <= 1
    page.shot("admin-elsewhere")
    assert not axe_finds(page, "admin")
    quiet(page)
    # Over theirs all is there.
    desk = browser.open("desk", f"http://127.0.0.1:{apart.extra}/#/account")
    desk.wait("return document.querySelector('form input[name=password]')")
    desk.fill("form input[name=name]", "boss")
    desk.fill("form input[name=password]", "a fine pass phrase")
    desk.click("form button.primary")
    desk.wait("return document.querySelector('.areas [href=\"#/admin\"]') && document.querySelector('.areas [href=\"#/moderation\"]')")
    go(desk, "admin/listeners")
    sees(desk, "up to members", "table")
    sees(desk, "up to administrators", "table")
    quiet(desk, but=("401",))


@pytest.mark.parametrize("theme", ["light", "dark", "contrast"])
def test_axe_finds_nothing_on_the_operators_pages(browser, run_by, theme):
    run_by.command("bans.add", "network", "203.0.113.0/24", "--why", "spam", "--note", "asked them")
    boss = administrator(browser, run_by, f"axe{theme}")
    boss.run("localStorage.setItem('whiply.theme', JSON.stringify(args[0]))", theme)
    boss.reload()
    boss.wait("return document.querySelector('.areas [href=\"#/admin\"]')")
    run_by.command("server.drain", "--edge", "0", "--within", "10m")
    found = []
    for area, text in (("admin", "edge 0"), ("admin/listeners", "web"), ("admin/logs", "serving"), ("admin/bans", "203.0.113.0")):
        go(boss, area)
        sees(boss, text, ".page-body")
        found += axe_finds(boss, area)
    press_button(boss, "Lift", ".page-body")
    boss.wait("return document.querySelector('dialog')")
    found += axe_finds(boss, "a question")
    assert not found, "\n".join(found)


def test_they_fit_a_telephone_in_every_language(browser, run_by):
    run_by.command("bans.add", "network", "2001:db8:1234:5678::/64", "--why", "a reason that is rather long, as reasons of networks tend to be", "--for", "30d")
    boss = administrator(browser, run_by, viewport={"width": 360, "height": 640})
    run_by.command("server.drain", "--edge", "0", "--within", "10m")
    for language in "en", "de", "ar":
        boss.run("localStorage.setItem('whiply.language', JSON.stringify(args[0]))", language)
        boss.reload()
        boss.wait("return document.documentElement.lang === args[0] && document.querySelector('.areas [href=\"#/admin\"]')", language)
        for area in "admin", "admin/listeners", "admin/logs", "admin/bans":
            go(boss, area)
            boss.wait("return document.querySelector('table, .log-line')")
            wide = boss.run("return document.documentElement.scrollWidth")
            assert wide <= 360, (language, area, wide)
            boss.shot(f"operator-{language}-{area.replace('/', '-')}-360")
    quiet(boss)
