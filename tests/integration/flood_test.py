#!/usr/bin/env python3
"""One of four real validators turns on the others with its own key: it floods them, and asks for more than it may have."""
import contextlib
import ssl
import sys
import time

from harness import Devnet, arguments, case, run_cases, wait_for
from hostile_peer import PROTOCOL, HostilePeer, SlowPeer, dialled, fetch_final, vote
from load import Load, assert_all_there, rate

HOSTILE = 4
VICTIMS = 3  # all others have a link to it
SECONDS = 6
ANSWERS_MB_PER_MINUTE = 60  # of each node, in place of 6,000: 1 MiB a second
MEMORY = 64 << 20
FRAME_MAX = 10  # seconds that a frame may take from its first byte to its last


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
    log = net.log(1)
    alarms = log.count("no link to bank-d for 10 s: it sends signatures that do not verify")
    assert 1 <= alarms <= 1 + SECONDS // 10, log[-2000:]
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


def standing(net):
    """The view of each honest node, and which of them it holds a link to."""
    honest = {node["member"] for node in net.nodes() if node["index"] != HOSTILE}
    statuses = [net.status(index) for index in (1, 2, 3)]
    return [(s["view"], sorted(p["member"] for p in s["peers"] if p["connected"] and p["member"] in honest))
            for s in statuses]


@case("NW-10 a validator whose valid frame trickles in loses its links at the frame's deadline, and nobody else feels it")
def drip_feed(net, load):
    calm, before = rate(load, SECONDS), standing(net)
    chain_id, epoch, height = chain_of(net)
    frames = [(PROTOCOL, vote(chain_id, HOSTILE - 1, epoch, height + 1))]
    with SlowPeer(net, HOSTILE, lambda: frames) as peer:
        wait_for(lambda: peer.links >= VICTIMS, 10, "the links of all three")
        dripped = rate(load, SECONDS)
        wait_for(lambda: len(peer.borne) >= VICTIMS, FRAME_MAX * 2, "the three links to be closed")
        borne = sorted(peer.borne[:VICTIMS])
    print(f"| a byte a second | links closed after {', '.join(f'{seconds:.2f}' for seconds in borne)} s | "
          f"{calm:.0f} final/s before, {dripped:.0f} with it |")
    assert all(abs(seconds - FRAME_MAX) <= FRAME_MAX / 10 for seconds in borne), borne
    assert dripped >= calm * 0.8, (calm, dripped)
    assert standing(net) == before


def links_with(net, member):
    return [peer["connected"] for index in (1, 2, 3) for peer in net.status(index)["peers"] if peer["member"] == member]


def refusal(net, caller, called, version):
    """Why this caller's handshake failed; None when it got a link, which it holds until the true one takes its place back."""
    try:
        with dialled(net, caller, called, version) as link:
            address = "{}:{}".format(*link.getsockname())
            wait_for(lambda: f"link to bank-a at {address} is up" in net.log(called), 5, "the link up")
            with contextlib.suppress(OSError):
                while link.recv(1 << 16):
                    pass
    except ssl.SSLError as failure:
        return failure.reason
    return None


@case("NW-13 a validator that offers TLS 1.2 at most gets no link, dialled or dialling; with TLS 1.3 the same one gets it")
def old_tls(net, load):
    with HostilePeer(net, HOSTILE, list, ssl.TLSVersion.TLSv1_2) as peer:
        wait_for(lambda: len(peer.failures) >= VICTIMS * 2, 10, "handshakes that fail")
        assert set(peer.failures) == {"UNSUPPORTED_PROTOCOL"} and peer.links == 0, (peer.failures, peer.links)
        assert links_with(net, "bank-d") == [False] * VICTIMS
    with HostilePeer(net, HOSTILE, list):
        wait_for(lambda: links_with(net, "bank-d") == [True] * VICTIMS, 10, "the links of all three")
    assert refusal(net, 1, 2, ssl.TLSVersion.TLSv1_2) == "TLSV1_ALERT_PROTOCOL_VERSION"
    assert refusal(net, 1, 2, ssl.TLSVersion.TLSv1_3) is None
    wait_for(lambda: all(len(links) == VICTIMS - 1 for _, links in standing(net)), 10, "the links of the three")


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
        net.configure(lambda _, config: config["p2p"].update(answers_mb_per_minute=ANSWERS_MB_PER_MINUTE))
        with Load(net) as load:
            wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
            load.targets = [1, 2, 3]
            net.kill(HOSTILE)
            load.next_after(time.monotonic(), 10)
            return run_cases(net=net, load=load)


if __name__ == "__main__":
    sys.exit(main())
