"""The benchmark `kills` in short: hubs die under load, and nobody is disconnected, loses, or hears twice or in another order."""
import os
import signal
import sys

from conftest import ROOT
from irc_client import options

sys.path.insert(0, str(ROOT / "tests" / "bench"))

import kills

RATES = 'rates = ( { command = "*"; rate = "10000000/s burst 10000000"; } );'


def test_hubs_that_are_killed_under_load_cost_nobody_anything(start):
    settings = options(chat='rate = "10000/s burst 10000";', hub='command_rate = "100000/s burst 100000";',
                       limits='messages = "10000/s burst 10000"; queue = "16MiB";')
    settings["more"] += kills.HEALTHY + RATES
    whiply = start(**settings)

    def hub():
        return whiply.children().get("hub")

    world = kills.World(whiply.http, whiply.extra, lambda: os.kill(hub(), signal.SIGKILL), hub, each=6)
    world.run(5)
    done = world.judge()
    world.close()
    assert not any(done["wrong"].values()), done
    assert done["acked"] > 20 and done["refused"] == 0, done
    assert len([e for e in whiply.events("died") if e["child"] == "hub" and "SIGKILL" in str(e)]) == 5
    assert not whiply.events("record_set_aside")
