"""Two browsers that never met: matched, seeing and hearing each other, and what comes between. With docs/examples/call as their page."""
import pytest
import turn
from conftest import ROOT, why_not
from wire import until

EXAMPLE = ROOT / "docs" / "examples" / "call"
PLUGINS = """sqlite = { }; chat = { };
  matching = { queues = { talk = { medium = "video"; relay = %s; }; }; };
  signaling = { %s };"""

# What is measured of a call with one other: frames that were decoded, words that came, the longest silence between two of them.
MEASURE = """
  const peer = [...call.peers.values()][0]
  if (peer.words === undefined) {
    Object.assign(peer, { words: 0, silence: 0, at: performance.now(), restarts: 0 })
    peer.channel.onmessage = () => {
      peer.silence = Math.max(peer.silence, performance.now() - peer.at)
      peer.at = performance.now()
      peer.words++
    }
    const say = () => { if (peer.channel.readyState === 'open') peer.channel.send('tick'); if (peer.channel.readyState !== 'closed') setTimeout(say, 100) }
    say()
    peer.broken = 0
    peer.pc.addEventListener('connectionstatechange', () => { peer.broken += ['failed', 'closed'].includes(peer.pc.connectionState) ? 1 : 0 })
  }
  let frames = 0, kinds = new Set(), bytes = 0
  const stats = await peer.pc.getStats()
  for (const s of stats.values()) {
    if (s.type === 'inbound-rtp' && s.kind === 'video') frames = s.framesDecoded
    if (s.type === 'inbound-rtp' && s.kind === 'audio') bytes = s.bytesReceived
    if (s.type === 'transport' && s.selectedCandidatePairId) {
      const pair = stats.get(s.selectedCandidatePairId)
      kinds.add(stats.get(pair.localCandidateId).candidateType).add(stats.get(pair.remoteCandidateId).candidateType)
    }
  }
  return { state: peer.pc.connectionState, frames, audio: bytes, words: peer.words, silence: peer.silence, broken: peer.broken, kinds: [...kinds],
           width: peer.picture.videoWidth, with: peer.name, peer: peer.peer }
"""


def open_page(browser, server, name, own=False):
    page = browser.open(name, f"http://127.0.0.1:{server.http}/pages/index.html", own=own)
    page.wait("return window.ready")
    page.called = page.run("return line.welcome.name")
    return page


def enqueue(*pages):
    for page in pages:
        page.click("#wait")


def measure(page):
    return page.run(MEASURE)


def in_call(*pages, but=None):
    """Until the pages are in a call, with somebody else than in match `but`, and what they see moves: what is measured of each."""
    for page in pages:
        page.wait("return window.call && call.peers.size === 1 && call.match !== args[0] && [...call.peers.values()][0].channel?.readyState === 'open'", but)
    for page in pages:
        measure(page)       # from now on it says words, too
    return [flows(page) for page in pages]


def flows(page, more=10):
    """Until so many more frames and words came."""
    before = measure(page)

    def grown():
        now = measure(page)
        return now if now["frames"] >= before["frames"] + more and now["words"] >= before["words"] + more and now["audio"] > before["audio"] else None

    return until(grown, 60, f"{page.name} to see and hear more than {before}")


def story(browser, server, check):
    """Matched, seen, skipped, matched with others, reported."""
    ann, bob = open_page(browser, server, "ann", own=True), open_page(browser, server, "bob", own=True)
    enqueue(ann, bob)
    for seen, other in zip(in_call(ann, bob), (bob, ann)):
        assert (seen["with"], seen["width"]) == (other.called, 320)
        check(seen)
    ann.shot("call-ann")
    first = ann.run("return call.match")
    cleo = open_page(browser, server, "cleo")
    enqueue(cleo)
    ann.click("#next")
    for seen, other in zip(in_call(ann, cleo, but=first), (cleo, ann)):
        assert seen["with"] == other.called
        check(seen)
    bob.wait("return call.peers.size === 0")
    second = cleo.run("return call.match")
    ann.run("await line.call('chat.say', { room: call.room, text: 'what a rude word' })")
    cleo.run("await line.call('match.report', { match: call.match, reason: 'abuse', text: 'rude' })")
    report = server.command("match.reports")["reports"][0]
    assert (report["match"], report["reason"], [line["text"] for line in report["lines"]]) == (second, "abuse", ["what a rude word"])
    cleo.run("await line.call('match.leave', { match: call.match })")
    ann.wait("return call.peers.size === 0")
    for page in (ann, bob, cleo):
        assert not [line for line in page.console() if line.startswith("pageerror")], page.console()


def test_two_are_matched_see_each_other_skip_meet_others_and_one_is_reported(browser, served):
    server = served(EXAMPLE, plugins=PLUGINS % ("false", ""))
    story(browser, server, lambda seen: None)


@pytest.mark.skipif(turn.why_not() is not None, reason=turn.why_not() or "")
def test_the_same_through_a_relay_and_no_address_but_the_relays(browser, served, tmp_path):
    """coturn with the shipped configuration, but that here the peers are on loopback, which it denies."""
    if why_not():
        pytest.skip(why_not())
    coturn = turn.Coturn(tmp_path / "coturn", ["allow-loopback-peers", "denied-peer-ip=10.0.0.0-10.255.255.255"])
    try:
        server = served(EXAMPLE, plugins=PLUGINS % ("true", f'turn = ( {{ name = "one"; urls = [ "turn:127.0.0.1:{coturn.port}?transport=udp" ]; '
                                                            f'secrets = [ "{turn.SECRET}" ]; }} ); relays = [ "127.0.0.0/8" ];'))

        def check(seen):
            assert seen["kinds"] == ["relay"], seen

        story(browser, server, check)
    finally:
        coturn.stop()


def test_neither_notices_that_the_hub_is_killed_in_the_call_or_in_the_queue(browser, served):
    server = served(EXAMPLE, plugins=PLUGINS % ("false", ""))
    ann, bob = open_page(browser, server, "ann", own=True), open_page(browser, server, "bob", own=True)
    enqueue(ann)
    until(lambda: server.command("match.queues")["queues"][0]["waiting"] == 1, 30, "ann to wait")
    server.hub_back(server.kill("hub"))
    enqueue(bob)
    peers = [seen["peer"] for seen in in_call(ann, bob)]
    for page in (ann, bob):
        page.run("line.addEventListener('call.resumed', () => window.resumed = (window.resumed ?? 0) + 1); window.answers = 0;"
                 "[...call.peers.values()][0].pc.addEventListener('signalingstatechange', (event) => window.answers += event.target.signalingState === 'stable')")
    server.hub_back(server.kill("hub"))
    for page, peer in zip((ann, bob), peers):
        page.wait("return window.resumed === 1 && window.answers >= 1")
        seen = flows(page)
        assert (seen["peer"], seen["state"], seen["broken"]) == (peer, "connected", 0)
        assert seen["silence"] < 10000, seen
    ann.shot("call-after-the-hub-was-killed")
    # And the call can still be left, and another be made.
    ann.click("#next")
    bob.wait("return call.peers.size === 0")


def test_a_connection_that_is_lost_comes_back_to_its_call(browser, served):
    server = served(EXAMPLE, plugins=PLUGINS % ("false", ""))
    ann, bob = open_page(browser, server, "ann"), open_page(browser, server, "bob")
    enqueue(ann, bob)
    in_call(ann, bob)
    bob.run("line.addEventListener('call.resumed', () => window.resumed = true); line.lose()")
    bob.wait("return window.resumed")
    for page in (ann, bob):
        assert flows(page)["broken"] == 0
