"""Administrators change plugins' settings on the site: fields that suit them, what is wrong beside them, where a value comes from, and putting it back."""
import re

import pytest
from steps import axe_finds, enter, go, press_button, quiet, register, say, sees, settled


@pytest.fixture
def boss(browser, server):
    """A page of an administrator, before the settings of a plugin: boss(plugin)."""
    page = enter(browser, server, "boss")
    register(page, server, "boss")
    server.command("auth.grant", "boss", "admin")
    page.wait("return document.querySelector('.areas [href=\"#/admin\"]')")

    def to(plugin):
        go(page, f"admin/plugins/{plugin}")
        page.wait("return document.querySelector('form.settings') && document.querySelector('.page-body h2')?.textContent === `Settings of ${args[0]}`", plugin)
        return page

    to.page = page
    return to


def value(server, plugin, name):
    return next(one for one in server.command("server.settings", plugin)["settings"] if one["setting"] == name).get("value")


def at(name):
    """The field of a setting, by its id."""
    return "[id=\"setting-%s\"]" % name


def wrong(page, name):
    return page.run("return document.getElementById(`setting-${args[0]}-wrong`).textContent", name)


def save(page):
    press_button(page, "Save", "form.settings")


def test_a_setting_is_changed_refused_and_put_back(boss, server):
    page = boss("chat")
    assert page.run("return document.querySelector(args[0]).value", at("text")) == "4000"
    assert "the config file" in page.run("return document.querySelector('.page-body').textContent")
    assert "longest message" in page.run("return document.querySelector(args[0]).closest('.setting').textContent", at("text"))

    # Two at once, of which one is wrong: neither is taken, and the error stands where it belongs.
    page.fill(at("text"), "50")
    page.fill(at("lines"), "7")
    save(page)
    page.wait("return document.querySelector(args[0]).getAttribute('aria-invalid') === 'true'", at("text"))
    assert wrong(page, "text") == "has to be from 100 to 16000" and wrong(page, "lines") == ""
    assert page.run("return document.activeElement.id") == "setting-text"
    assert page.run("return document.querySelector(args[0]).value", at("lines")) == "7", "what was typed is still there"
    assert value(server, "chat", "lines") == 20
    page.shot("admin-settings-wrong")

    page.fill(at("text"), "9000")
    save(page)
    page.wait("return document.querySelector(args[0])?.value === '9000' && document.querySelector(args[0]).closest('.changed')", at("text"))
    assert value(server, "chat", "text") == "9000" and value(server, "chat", "lines") == 7
    # The config of this server has a rate; the page says where.
    assert re.search(r"From .*whiply\.conf, line \d+", page.run("return document.querySelector(args[0]).closest('.setting').textContent", at("rate")))
    page.fill(at("rate"), "5000/s burst 6000")
    save(page)
    sees(page, "line", f"{at('rate')} ~ div .from")
    page.wait("return /Changed here; .*whiply.conf, line \\d+ says 10000\\/s/.test(document.querySelector(args[0]).closest('.setting').textContent)", at("rate"))
    page.shot("admin-settings")

    page.run("document.querySelector('[aria-label=\"Put text back\"]').click()")
    page.wait("return document.querySelector('dialog .primary')")
    page.click("dialog .primary")
    page.wait("return document.querySelector(args[0])?.value === '4000'", at("text"))
    assert value(server, "chat", "text") == "4000" and value(server, "chat", "lines") == 7
    press_button(page, "Put everything back", "form.settings")
    page.wait("return document.querySelector('dialog .primary')")
    page.click("dialog .primary")
    page.wait("return document.querySelector('form.settings') && !document.querySelector('.changed')")
    assert value(server, "chat", "lines") == 20
    save(page)
    sees(page, "Nothing was changed.", "#notices")
    quiet(page, ["400"])


def test_choices_lists_flags_secrets_and_groups_have_fields_of_their_own(boss, server):
    page = boss("irc")
    page.fill(at("password"), "a secret word")
    page.run("document.querySelector(args[0]).click()", at("relaymsg"))
    page.fill(at("motd"), "Be kind")
    save(page)
    page.wait("return document.querySelector(args[0])?.placeholder.startsWith('It is set')", at("password"))
    assert page.run("return document.querySelector(args[0]).value", at("password")) == ""
    assert "a secret word" not in page.run("return document.documentElement.outerHTML")
    assert page.run("return document.querySelector(args[0]).checked", at("relaymsg"))
    assert value(server, "irc", "relaymsg") is True and value(server, "irc", "motd") == "Be kind"
    page.select(at("casemapping"), "precis")
    save(page)
    sees(page, "In force when the plugin is loaded anew: casemapping", "#notices")

    page = boss("web")
    page.fill(at("embed"), "https://one.example\nhttps://two.example")
    save(page)
    page.wait("return document.querySelector(args[0])?.closest('.changed')", at("embed"))
    assert value(server, "web", "embed") == ["https://one.example", "https://two.example"]
    # What only the plugin itself can refuse.
    page.fill(at("embed"), "https://one.example/with/a/path")
    save(page)
    sees(page, "refuses its new settings and goes on with the old ones", ".settings > .failure")
    assert value(server, "web", "embed") == ["https://one.example", "https://two.example"]

    page = boss("matching")
    sees(page, "A change ends matching for a moment", ".page-body")
    assert page.run("return document.querySelector(args[0]).disabled", at("queues.talk.score"))
    press_button(page, "Add to queues")
    page.wait("return document.querySelector('dialog input[name=name]')")
    page.fill("dialog input[name=name]", "duel")
    page.click("dialog .primary")
    page.wait("return document.querySelector(args[0])", at("queues.duel.size"))
    page.fill(at("queues.duel.accept"), "20s")
    save(page)
    page.wait("return document.querySelector(args[0])?.value === '20s'", at("queues.duel.accept"))
    assert value(server, "matching", "queues") == ["talk", "duel"]
    press_button(page, "Put all of queues.duel back")
    page.wait("return document.querySelector('dialog .primary')")
    page.click("dialog .primary")
    page.wait("return document.querySelector('form.settings') && !document.querySelector(args[0])", at("queues.duel.size"))
    quiet(page, ["400"])


def test_plugins_are_turned_off_and_on_and_stay_so(boss, server):
    page = boss.page
    go(page, "admin/plugins")
    sees(page, "relay", ".page-body table")
    row = "const row = [...document.querySelectorAll('.page-body tr')].find((one) => one.querySelector('b')?.textContent === 'relay'); "
    page.run(row + "[...row.querySelectorAll('button')].find((one) => one.textContent === 'Turn off').click()")
    page.wait("return document.querySelector('dialog .danger')")
    page.click("dialog .danger")
    page.wait(row + "return row?.textContent.includes('disabled') && row.textContent.includes('changed here')")
    server.end()
    server.run()
    server.wait()
    # The page is back as well, and draws nothing anew any more.
    go(page, "r/lobby")
    page.wait("return document.querySelector('.composer textarea')")
    say(page, "back again")
    assert {one["name"]: one["state"] for one in server.command("server.plugins")["plugins"]}["relay"] == "disabled"
    go(page, "admin/plugins")
    page.wait(row + "return [...(row?.querySelectorAll('button') ?? [])].some((one) => one.textContent === 'Turn on')")
    page.run(row + "[...row.querySelectorAll('button')].find((one) => one.textContent === 'Turn on').click()")
    page.wait(row + "return row?.textContent.includes('open') && !row.textContent.includes('changed here')")
    # Those that lie about are offered.
    page.wait("const row = [...document.querySelectorAll('.page-body tr')].find((one) => one.querySelector('b')?.textContent === 'profile'); "
              "const turn = row?.textContent.includes('available') && row.querySelector('button'); turn && turn.click(); return turn")
    page.wait("const row = [...document.querySelectorAll('.page-body tr')].find((one) => one.querySelector('b')?.textContent === 'profile'); return row?.textContent.includes('open')")
    assert {one["name"]: one["state"] for one in server.command("server.plugins")["plugins"]}["profile"] == "open"


def test_axe_finds_nothing_in_the_settings_and_they_fit_a_telephone(boss, server):
    found = []
    for plugin in "chat", "matching", "irc":
        page = boss(plugin)
        settled(page, f"admin/plugins/{plugin}")
        found += axe_finds(page, plugin)
    assert found == []
    page.size(360, 640)
    page.wait("return document.documentElement.scrollWidth <= 360 && document.querySelector('.page-body').scrollWidth <= 360")
    page.shot("admin-settings-360")
    page.run("localStorage.setItem('whiply.language', '\"ar\"')")
    page.reload()
    page.wait("return document.documentElement.dir === 'rtl' && document.querySelector('form.settings')")
    page.wait("return document.querySelector('.page-body').scrollWidth <= 360")
    page.shot("admin-settings-ar")
