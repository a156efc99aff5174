"""The site as a thing to load: what the first screen is made of, what is left when there is no network, that it can be installed, that it stands in other
sites' pages where it may; and whiply.js against a server that is played, for what a real one seldom does."""
import http.server
import json
import re
import threading

import pytest
from conftest import ROOT
from steps import enter, go, quiet, register, say, sees, url

SITE = ROOT / "plugins" / "web" / "www"


def imports(path):
    """What a module says at its head that it needs."""
    return {(path.parent / name).resolve() for name in re.findall(r'^import (?:[^"]*? from )?"(\.[^"]+)";', path.read_text(), re.M)}


def test_what_the_first_screen_needs_is_named_in_the_page():
    """The whole graph of modules that are read before a room is shown: with it the browser fetches them all at once, and not one after the other."""
    main = SITE / "js" / "main.js"
    needed, left = set(), [main, *((main.parent / name).resolve() for name in re.findall(r'import\("(\.[^"]+)"\)', main.read_text()))]
    while left:
        path = left.pop()
        if path not in needed:
            needed.add(path)
            left += imports(path)
    page = (SITE / "index.html").read_text()
    named = [SITE / name for name in re.findall(r'<(?:link rel="modulepreload" href|script type="module" src)="(js/[^"]+)"', page)]
    assert len(named) == len(set(named))
    assert set(named) == needed, sorted(path.name for path in set(named) ^ needed)
    # Few, and no more than it takes.
    assert len(needed) <= 21 and sum(path.stat().st_size for path in needed) < 105_000, (len(needed), sum(path.stat().st_size for path in needed))


def test_files_are_small_and_say_what_they_are():
    for path in [*SITE.rglob("*.js"), *SITE.rglob("*.css")]:
        text = path.read_text()
        assert text.startswith("/*") and len(text.splitlines()) <= 450, path


def test_without_a_network_the_page_opens_and_says_so(browser, server):
    page = enter(browser, server, "ann")
    say(page, "said before")
    page.wait("return (await navigator.serviceWorker.ready).active?.state === 'activated'")
    page.wait("const cache = await caches.open('shell-2'); return (await cache.keys()).length > 25 && await cache.match('/')")
    assert not page.run("const cache = await caches.open('shell-2'); return (await cache.keys()).some(({ url }) => url.includes('/api/'))")
    page.offline()
    page.wait("return /no network/.test(document.querySelector('.connection').textContent) && !document.querySelector('.connection').hidden")
    page.fill(".composer textarea", "said without a network")
    page.press("Enter")
    page.wait("return document.querySelector('.message.sending .waits')?.textContent.startsWith('Waits')")
    page.shot("offline")
    page.offline(False)
    page.wait("document.querySelector('.connection button')?.click(); return document.querySelector('.connection').hidden && !document.querySelector('.message.sending')")
    sees(page, "said without a network")
    # Opened anew without a network: the shell is there, and it does not pretend.
    page.offline()
    page.reload()
    page.wait("return document.querySelector('.side') && /no network|can't be reached/.test(document.querySelector('.connection')?.textContent)")
    page.shot("offline-reload")
    page.offline(False)
    page.wait("document.querySelector('.connection button')?.click(); return document.querySelector('.composer textarea')")
    sees(page, "said without a network")
    quiet(page, but=("WebSocket", "ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to load resource"))


def test_it_can_be_installed(browser, server):
    page = enter(browser, server, "ann")
    page.wait("return (await navigator.serviceWorker.ready).active")
    manifest = page.run("const { href } = document.querySelector('link[rel=manifest]'); return [await (await fetch(href)).json(), (await fetch(href)).headers.get('content-type')]")
    assert manifest[0]["start_url"] and manifest[0]["display"] == "standalone" and manifest[0]["icons"] and "manifest" in manifest[1]
    errors = page.cdp("Page.getInstallabilityErrors")["installabilityErrors"]
    assert not [one for one in errors if one["errorId"] != "in-incognito"], errors
    found = page.cdp("Page.getAppManifest")
    assert not found["errors"], found["errors"]


def test_a_push_message_is_shown_where_nobody_looks(browser, server):
    page = enter(browser, server, "ann", own=True)
    page.wait("return (await navigator.serviceWorker.ready).active?.state === 'activated'")
    page.step("push", data=json.dumps({"event": "chat.message", "room": "lobby", "id": "19b76da800000000", "from": "<b>bob</b>", "text": "<img src=x onerror=window.pwned=1> come here"}))
    told = page.run("return (await (await navigator.serviceWorker.ready).getNotifications()).map(({ title, body, data }) => [title, body, data.hash])")
    assert told == [["<b>bob</b> · lobby", "<img src=x onerror=window.pwned=1> come here", "#/r/lobby/19b76da800000000"]], told
    quiet(page)


def test_push_is_turned_on_and_off_where_it_is_chosen(browser, site):
    server = site('fetch = { }; push = { contact = "mailto:ann@example.org"; };')
    page = enter(browser, server, "ann")
    register(page, server, "annabel")
    page.wait("return (await navigator.serviceWorker.ready).active?.state === 'activated'")
    # The browser's push service is on the internet: what it would give is played.
    page.run("""
        const pair = await crypto.subtle.generateKey({ name: 'ECDH', namedCurve: 'P-256' }, true, ['deriveBits']), raw = await crypto.subtle.exportKey('raw', pair.publicKey);
        const text = (bytes) => btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\\+/g, '-').replace(/\\//g, '_').replace(/=+$/, '');
        const made = { endpoint: 'https://push.example.org/one', toJSON: () => ({ endpoint: made.endpoint, keys: { p256dh: text(raw), auth: text(crypto.getRandomValues(new Uint8Array(16))) } }), unsubscribe: async () => { window.made = null; } };
        PushManager.prototype.subscribe = async ({ applicationServerKey }) => { window.key = applicationServerKey; window.made = made; return made; };
        PushManager.prototype.getSubscription = async () => window.made ?? null;
        Notification.requestPermission = async () => 'granted';""")
    go(page, "account/preferences")
    page.wait("return document.querySelector('.box input[type=checkbox]:not(:disabled)')")
    page.click(".box input[type=checkbox]")
    page.wait("return (await (await fetch('/api/push.list')).json()).registrations.length === 1")
    assert page.run("return window.key") == page.run("return (await (await fetch('/api/push.key')).json()).key")
    page.shot("preferences")
    page.wait("return document.querySelector('.box input[type=checkbox]:not(:disabled)')?.checked")
    page.click(".box input[type=checkbox]")
    page.wait("return (await (await fetch('/api/push.list')).json()).registrations.length === 0 && window.made === null")
    quiet(page)


@pytest.fixture
def elsewhere(tmp_path):
    """Another site, on a port of its own: elsewhere(html) serves it and returns its origin."""
    servers = []

    def serve(html):
        class Page(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = html().encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *words):
                pass

        one = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Page)
        servers.append(one)
        threading.Thread(target=one.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{one.server_port}"

    yield serve
    for one in servers:
        one.shutdown()
        one.server_close()


def test_one_line_puts_a_room_into_another_sites_page_where_it_may(browser, site, elsewhere):
    page_of = lambda: f'<!doctype html><title>elsewhere</title><h1>News</h1><script src="{url(server)}embed.js" data-room="lobby" data-theme="dark" data-title="Talk" async></script>'
    friend, stranger = elsewhere(page_of), elsewhere(page_of)
    server = site(changes=[("http://127.0.0.1:PORT", friend)])
    ann = enter(browser, server, "ann")
    page = browser.open("friend", friend)
    page.wait("return document.querySelector('iframe')")
    assert page.run("const frame = document.querySelector('iframe'); return [frame.title, frame.previousElementSibling.tagName]") == ["Talk", "SCRIPT"]

    def inside(script):
        return page.frame("iframe", script)

    for _ in range(200):
        if inside("return document.querySelector('.composer textarea') !== null"):
            break
        page.run("await new Promise((done) => setTimeout(done, 100))")
    assert inside("return document.documentElement.dataset.theme") == "dark"
    say(ann, "for the other site")
    for _ in range(100):
        if inside("return document.querySelector('.messages').textContent.includes('for the other site')"):
            break
        page.run("await new Promise((done) => setTimeout(done, 100))")
    else:
        raise AssertionError("what is said is not shown in the frame")
    page.shot("embed-elsewhere")
    # Where it may not, the browser shows nothing of it.
    other = browser.open("stranger", stranger)
    other.wait("return document.querySelector('iframe')")
    other.wait("return performance.getEntriesByType('resource').length > 0")
    until_refused = [line for _ in range(50) for line in (other.run("await new Promise((done) => setTimeout(done, 100)); return 0"), *other.console()) if "frame-ancestors" in str(line)]
    assert until_refused, other.console()
    quiet(page)


FAKE = """
    const sockets = [];
    class Fake extends EventTarget {
        constructor(url, protocol) { super(); Object.assign(this, { url: String(url), protocol, sent: [] }); sockets.push(this); }
        send(text) { this.sent.push(JSON.parse(text)); }
        close(code = 1000, reason = '') { this.onclose?.({ code, reason }); }
        says(message) { this.onmessage?.({ data: JSON.stringify({ jsonrpc: '2.0', ...message }) }); }
        welcome(token = 't1', name = 'guest-1') { this.says({ method: 'session.welcome', params: { kind: 'guest', id: 'g1', name, roles: '', token } }); }
    }
    const timers = [], later = globalThis.setTimeout, soon = () => new Promise((done) => later(done, 0));
    globalThis.WebSocket = Fake;
    globalThis.setTimeout = (run, ms) => { timers.push({ run, ms }); return timers.length; };
    globalThis.clearTimeout = (id) => { if (timers[id - 1]) timers[id - 1].run = null; };
    const { Client, nonce, CallError } = await import('/js/whiply.js');
    const client = new Client('/ws'), heard = [];
    for (const name of ['state', 'ready', 'me', 'refused'])
        client.on(name, (value) => heard.push([name, value]));
"""


def play(page, script):
    """In a page of its own, as the browser's clock and sockets are replaced there."""
    return page.run(FAKE + script)


@pytest.fixture
def bare(browser, server):
    """A page of the site without the site."""
    count = iter(range(100))

    def fresh():
        page = browser.open(f"bare{next(count)}", url(server, "js/whiply.js"))
        return page

    return fresh


def test_numbers_times_and_plurals_are_those_of_the_language(bare):
    page = bare()
    told = page.run("""
        const i18n = await import('/js/i18n.js'), out = {};
        for (const name of ['en', 'de', 'ar']) {
            await i18n.loadLanguage(name);
            out[name] = [...[1, 2, 3, 11, 100].map((n) => i18n.t('chat.members_n', { n })), i18n.number(1234567.5), i18n.duration(90061000), i18n.relative(Date.now() - 172800000),
                i18n.day(Date.UTC(2026, 10, 21, 12)), document.documentElement.dir, Object.fromEntries(i18n.languageNames()).fr];
        }
        return out""")
    assert told["en"][:3] == ["1 person", "2 people", "3 people"] and told["en"][5:8] == ["1,234,567.5", "1 day, 1 hour", "2 days ago"], told["en"]
    assert told["en"][8:] == ["Saturday, November 21", "ltr", "French"], told["en"]
    assert told["de"][:2] == ["1 Person", "2 Personen"] and told["de"][5:8] == ["1.234.567,5", "1 Tag, 1 Stunde", "vorgestern"] and told["de"][8:] == ["Samstag, 21. November", "ltr", "Französisch"], told["de"]
    # Arabic has six forms, and its own words for one and two.
    assert told["ar"][:2] == ["شخص واحد", "شخصان"] and len(set(told["ar"][:5])) == 5 and told["ar"][9:] == ["rtl", "الفرنسية"], told["ar"]


def test_the_library_waits_longer_each_time_with_jitter_and_as_the_server_says(bare):
    waits = play(bare(), """
        client.open();
        const waits = [];
        for (let i = 0; i < 12; i++) {
            sockets.at(-1).close(1006);
            const { run, ms } = timers.at(-1);
            waits.push(ms);
            run();
        }
        sockets.at(-1).close(1012, 'resume in 1234 ms');
        return [...waits, timers.at(-1).ms]""")
    assert waits.pop() == 1234
    assert all(250 <= one <= 30000 for one in waits) and waits[0] <= 500 and 15000 <= waits[-1] <= 30000, waits
    # Twice as long each time, with up to half of it taken off by chance, until the longest is reached.
    assert all(a < b for a, b in zip(waits, waits[2:7])) and len(set(waits)) == len(waits), waits


def test_the_library_calls_again_what_has_a_nonce_and_nothing_else(bare):
    told = play(bare(), """
        client.open();
        sockets[0].welcome();
        await soon();
        const once = client.call('chat.react', {}).then(() => 'done', (error) => error.code), twice = client.call('chat.say', { text: 'x', nonce: nonce() });
        sockets[0].close(1006);
        const held = client.call('chat.say', { text: 'later', nonce: nonce() }, { wait: Infinity });
        client.retryNow();
        sockets[1].welcome('t2');
        await soon();
        const [resume] = sockets[1].sent;
        sockets[1].says({ id: 'resume', result: { kind: 'guest', id: 'g1', name: 'guest-1', roles: '', token: 't3', rooms: ['lobby'] } });
        await soon();
        const again = sockets[1].sent.slice(1).map(({ method, params }) => [method, params.text]);
        for (const { id } of sockets[1].sent.slice(1))
            sockets[1].says({ id, result: { seq: 1 } });
        return [await once, resume.method, resume.params.token, again, (await twice).seq, (await held).seq, heard.filter(([name]) => name === 'ready').map(([, how]) => how.resumed)]""")
    assert told == ["interrupted", "session.resume", "t1", [["chat.say", "x"], ["chat.say", "later"]], 1, 1, [False, True]], told


def test_the_library_greets_before_anything_is_sent_and_survives_a_greeting_that_fails(bare):
    told = play(bare(), """
        const greeted = [];
        const other = new Client('/ws', { greet: async (call, me) => { greeted.push(me.name); await call('auth.guest', { token: 'kept' }); } });
        const early = other.call('chat.join', { room: 'lobby' });
        other.open();
        const socket = sockets.at(-1);
        socket.welcome();
        await soon();
        const first = socket.sent.map(({ method }) => method);
        socket.says({ method: 'session.identity', params: { kind: 'guest', id: 'g0', name: 'Zed', roles: 'guest', token: 't9' } });
        socket.says({ id: socket.sent[0].id, result: {} });
        await soon();
        const then = socket.sent.map(({ method }) => method), name = other.me.name;
        socket.says({ id: socket.sent[1].id, result: { epoch: 1 } });
        await early;
        /* The next time it is refused: one is whom the server says. */
        other.reopen();
        const next = sockets.at(-1);
        next.welcome('t5', 'guest-2');
        await soon();
        next.says({ id: next.sent[0].id, error: { code: -32000, message: 'no', data: { code: 'forbidden' } } });
        await soon();
        return [greeted, first, then, name, other.state, other.me.name]""")
    assert told == [["guest-1", "guest-2"], ["auth.guest"], ["auth.guest", "chat.join"], "Zed", "ready", "guest-2"], told


def test_the_library_holds_what_is_said_until_one_is_back_in_the_room(bare):
    told = play(bare(), """
        let enter;
        client.on('ready', ({ hold }) => {
            hold(new Promise((resolve) => { enter = resolve; }));
            client.call('chat.join', { room: 'lobby' }).catch(() => {});
        });
        client.call('chat.say', { text: 'one', nonce: nonce() }).catch(() => {});
        client.open();
        sockets[0].welcome();
        await soon();
        client.call('chat.say', { text: 'two', nonce: nonce() }).catch(() => {});
        client.call('chat.rooms').catch(() => {});
        await soon();
        const before = sockets[0].sent.map(({ method }) => method);
        enter();
        await soon();
        return [before, sockets[0].sent.slice(before.length).map(({ params }) => params.text)]""")
    assert told == [["chat.join", "chat.rooms"], ["one", "two"]], told


def test_the_library_ends_a_call_that_nobody_answers_and_finds_a_dead_peer(bare):
    told = play(bare(), """
        client.open();
        sockets[0].welcome();
        await soon();
        const asked = client.call('chat.history', {}).catch((error) => [error instanceof CallError, error.code]);
        timers.findLast(({ ms }) => ms === 30000).run();
        const first = await asked;
        /* Quiet for long: it is asked, and when no answer comes the connection is given up. */
        sockets[0].says({ method: 'chat.message', params: {} });
        timers.findLast(({ ms, run }) => ms === 25000 && run).run();
        const pinged = sockets[0].sent.at(-1).method;
        timers.findLast(({ ms, run }) => ms === 10000 && run).run();
        await soon();
        await soon();
        return [first, pinged, client.state, heard.at(-1)[0]]""")
    assert told == [[True, "interrupted"], "session.ping", "waiting", "state"], told


def test_what_is_read_page_by_page(browser, server):
    """More goes on with what was looked for, whatever stands in the filters by then; reading again shows as much as before; a failure leaves it."""
    page = enter(browser, server, "ann")
    told = page.run("""
        const { paged } = await import("/js/form.js"), asked = [], drawn = [];
        let wanted = "tea", broken = false;
        const app = { try: (promise) => promise.catch(() => undefined) };
        const ask = async ({ find }, before) => {
            asked.push(`${find} ${before?.next ?? 0}`);
            if (broken)
                throw new Error("gone");
            const from = before?.next ?? 0;
            return { items: [from, from + 1], next: from < 6 ? from + 2 : undefined };
        };
        const { more, find, again, soon } = paged({ app, ask, filters: () => ({ find: wanted }), items: ({ items }) => items, draw: (all) => drawn.push(all.join("")) });
        const settled = async (n) => { while (drawn.length < n) await new Promise((resolve) => setTimeout(resolve, 10)); };
        await find();
        wanted = "milk";
        more.click();
        await settled(2);
        await again();
        soon(); soon(); soon();
        await settled(4);
        broken = true;
        await again();
        broken = false;
        more.click(); await settled(5);
        more.click(); await settled(6);
        const end = more.hidden;
        // What is looked for anew is not mixed with an answer that comes late.
        again();
        await find();
        await new Promise((resolve) => setTimeout(resolve, 300));
        return { asked, drawn, end };
    """)
    assert told["drawn"] == ["01", "0123", "0123", "0123", "012345", "01234567", "01"] and told["end"]
    assert told["asked"][:9] == ["tea 0", "tea 2", "tea 0", "tea 2", "tea 0", "tea 2", "tea 0", "tea 4", "tea 6"] and told["asked"][-1] == "milk 0", told["asked"]
    quiet(page)
