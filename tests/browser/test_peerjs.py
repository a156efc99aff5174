"""The client of PeerJS as npm has it, unchanged, with an id and a ticket of ours."""
import shutil

import pytest
from conftest import FOLDER, NPM, ROOT, why_not

DIST = NPM / "node_modules" / "peerjs" / "dist" / "peerjs.min.js"


@pytest.fixture
def site(served, tmp_path):
    if why_not() or not DIST.exists():
        pytest.skip(why_not() or "there is no peerjs in build/npm: ./dev test installs it from npm")
    folder = tmp_path / "site"
    shutil.copytree(FOLDER / "peerjs", folder)
    shutil.copy(DIST, folder)
    shutil.copy(ROOT / "docs" / "examples" / "call" / "call.js", folder)
    return served(folder, plugins="sqlite = { }; chat = { }; signaling = { };")


def come(browser, server, name):
    page = browser.open(name, f"http://127.0.0.1:{server.http}/pages/index.html")
    page.wait("return window.ready")
    return page


def test_a_stock_client_talks_shows_itself_and_outlives_the_hub(browser, site):
    ann, bob = come(browser, site, "ann"), come(browser, site, "bob")
    a, b = ann.run("return come()"), bob.run("return come()")
    assert not a.startswith("error") and not b.startswith("error"), (a, b)
    bob.run("talk(args[0])", a)
    bob.wait("return heard.includes('hello yourself')")
    assert ann.run("return heard") == ["hello"]
    assert bob.run("return show(args[0])", a) == "audio,video"
    site.hub_back(site.kill("hub"))
    ann.run("talk(args[0])", b)
    ann.wait("return heard.includes('hello yourself')")
    ann.run("talk('nobody')")
    ann.wait("return heard.includes('error peer-unavailable')")
    # As a client does whose network was away: the same id, the same token.
    bob.run("peer.disconnect(); await new Promise((resolve) => setTimeout(resolve, 200)); peer.reconnect(); await new Promise((resolve) => peer.on('open', resolve))")
    ann.run("heard.length = 0; talk(args[0])", b)
    ann.wait("return heard.includes('hello yourself')")


def test_without_its_ticket_a_stock_client_is_told_so(browser, site):
    ann = come(browser, site, "ann")
    assert ann.run("return come({ token: 'guess' })") == "error server-error"
    assert ann.run("return come({ key: 'other' })") == "error invalid-key"
    taken = ann.run("return come()")
    assert ann.run("return come({ id: args[0] })", taken) == "error unavailable-id"
    ann.run("window.stray = new Peer({ host: location.hostname, port: location.port, path: '/peerjs' }); stray.on('error', (error) => heard.push(`stray ${error.type}`))")
    ann.wait("return heard.includes('stray server-error')")
