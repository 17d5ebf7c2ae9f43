#!/usr/bin/env python3
"""One of four real validators turns on the others with its own key: it floods them, and asks for more than it may have."""
import json
import sys
import time

from harness import Devnet, arguments, case, run_cases, wait_for
from hostile_peer import PROTOCOL, HostilePeer, fetch_final, vote
from load import Load, assert_all_there

HOSTILE = 4
VICTIMS = 3  # all others have a link to it
SECONDS = 6
ANSWERS_MB_PER_MINUTE = 60  # of each node, in place of 6,000: 1 MiB a second
MEMORY = 64 << 20


def rate(load, seconds):
    """Transactions that become final in a second, of one client."""
    before, begun = len(load.acknowledged), time.monotonic()
    wait_for(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the time of measuring to pass")
    return (len(load.acknowledged) - before) / (time.monotonic() - begun)


def chain_of(net):
    status = net.status(1)
    return bytes.fromhex(status["chain_id"]), status["epoch"], status["height"]


@case("NW-12 a validator that floods the others with votes that nobody signed costs them at most half of their rate")
def flood(net, load):
    calm = rate(load, SECONDS)
    chain_id, epoch, height = chain_of(net)
    before = {index: net.status(index)["rss_bytes"] for index in (1, 2, 3)}
    votes = [(PROTOCOL, vote(chain_id, HOSTILE - 1, epoch, height + turn)) for turn in range(1, 201)]
    with HostilePeer(net, HOSTILE, lambda: votes) as peer:
        begun = time.monotonic()
        flooded = rate(load, SECONDS)
        per_second = peer.sent / (time.monotonic() - begun)
    grown = max(net.status(index)["rss_bytes"] - before[index] for index in (1, 2, 3))
    print(f"| flood of one validator | {per_second:.0f} frames/s | {calm:.0f} final/s before, {flooded:.0f} with it | "
          f"memory +{grown >> 20} MiB |")
    log = (net.dir / "node-1" / "avald.log").read_text(errors="replace")
    assert "no link to bank-d for 10 s: too many of its messages do not hold" in log, log[-2000:]
    assert flooded >= calm / 2, (calm, flooded)
    assert grown <= MEMORY, grown


@case("NW-16 a validator that asks for blocks without an end is given its budget and no more")
def amplification(net, load):
    questions = [(PROTOCOL, fetch_final(1))]
    with HostilePeer(net, HOSTILE, lambda: questions) as peer:
        wait_for(lambda: peer.received > 1 << 20, 20, "the first answers")
        received, begun = peer.received, time.monotonic()
        flooded = rate(load, SECONDS)
        took = time.monotonic() - begun
        per_second = (peer.received - received) / took / VICTIMS
    print(f"| asks on and on | {peer.sent} questions over {peer.links} links | {per_second / 2**20:.2f} MiB/s to each link |")
    assert per_second <= (ANSWERS_MB_PER_MINUTE << 20) / 60 * 1.5, per_second
    assert flooded > 0


@case("at the end the three agree, and every acknowledged transaction is there")
def one_root(net, load):
    load.stopping = True
    load.thread.join(30)
    net.up()
    net.wait_equal(60)
    assert_all_there(net, load.acknowledged)


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net:
        for node in net.nodes():
            path = net.dir / f"node-{node['index']}" / "node.json"
            config = json.loads(path.read_text())
            config["p2p"]["answers_mb_per_minute"] = ANSWERS_MB_PER_MINUTE
            path.write_text(json.dumps(config))
        net.ok("devnet", "down", "--dir", net.dir)
        net.up()
        with Load(net) as load:
            wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
            load.targets = [1, 2, 3]
            net.kill(HOSTILE)
            load.next_after(time.monotonic(), 10)
            return run_cases(net=net, load=load)


if __name__ == "__main__":
    sys.exit(main())
