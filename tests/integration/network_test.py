#!/usr/bin/env python3
"""Real validators whose links a proxy spoils, and outsiders at their ports: the network stays safe and comes back."""
import contextlib
import os
import socket
import sys
import threading
import time

from fault_proxy import FaultProxy
from harness import Devnet, arguments, case, holds_for, run_cases, wait_for
from load import Load, full_load, full_rate, one_history, post_all, rate, signed

ALL = [1, 2, 3, 4]
HEAL_LIMIT = 10  # seconds from the healing of a partition to the first block on the side that had none
OUTSIDER_MEMORY = 64 << 20
FLAP = 0.2  # seconds that the flapping link is up, and down
OFFERED = 200  # transactions a second, over all nodes
MEASURED = 5  # seconds of each measured rate
PIECE = 64  # bytes at most that are passed on at a time
PIECES = 50_000  # that pass through them
MISSED = 1500  # transactions that are caught up through narrow links


def through_proxy(net):
    """Restarts the network with every validator dialling the others through a proxy."""
    nodes = net.nodes()
    proxy = FaultProxy({node["index"]: node["peer_port"] for node in nodes})

    def dial_the_proxy(node, config):
        config["p2p"]["overrides"] = [f"{peer['member']}=127.0.0.1:{proxy.between(node['index'], peer['index']).port}"
                                      for peer in nodes if peer["index"] != node["index"]]
    net.configure(dial_the_proxy)
    assert all(link.accepted for link in proxy.links.values()), "a validator went past the proxy"
    return proxy


def heights(net, indexes):
    return {index: (net.status(index) or {}).get("height") for index in indexes}


def unlinked(net, index, peers):
    """Whether the node itself holds none of these links."""
    members = {node["index"]: node["member"] for node in net.nodes()}
    shown = {peer["member"]: peer["connected"] for peer in net.status(index)["peers"]}
    return not any(shown[members[peer]] for peer in peers)


def commits(load, count, limit):
    before = len(load.acknowledged)
    wait_for(lambda: len(load.acknowledged) >= before + count, limit, f"{count} more commits")


@contextlib.contextmanager
def serving(load, indexes):
    """The client asks these validators alone."""
    load.targets = list(indexes)
    try:
        yield
    finally:
        load.targets = ALL


def healed(net, proxy, load, waiting):
    """Heals; the seconds until every node of `waiting` has a block that it had not before."""
    before = heights(net, waiting)
    moment = time.monotonic()
    proxy.heal()
    for index in waiting:
        wait_for(lambda index=index: (heights(net, [index])[index] or 0) > before[index], HEAL_LIMIT * 3,
                 f"a block on node {index} after the partition")
    took = time.monotonic() - moment
    load.next_after(time.monotonic(), 20)
    net_is_whole(net)
    return took


def net_is_whole(net):
    wait_for(lambda: all(s and all(p["connected"] for p in s["peers"]) for s in net.statuses().values()), 20,
             "every link up")


def isolate(net, proxy, load, alone):
    """The others go on without this node, which finalises nothing; then it comes back."""
    others = [index for index in ALL if index != alone]
    proxy.partition([alone], others)
    wait_for(lambda: unlinked(net, alone, others), 10, "the lone node without links")
    with serving(load, others):
        frozen = heights(net, [alone])
        commits(load, 5, 30)
        assert heights(net, [alone]) == frozen, "a minority made a block final"
        return healed(net, proxy, load, [alone])


@case("NW-04 a lone backup finalises nothing while the others go on, and is back within 10 s")
def isolated_backup(net, load, proxy):
    assert isolate(net, proxy, load, net.primary() % 4 + 1) <= HEAL_LIMIT


@case("NW-04 a lone primary is replaced, finalises nothing, and is back within 10 s")
def isolated_primary(net, load, proxy):
    assert isolate(net, proxy, load, net.primary()) <= HEAL_LIMIT


def nothing_final(net, indexes):
    """For three seconds. Votes that had arrived before the cut may first complete the blocks then under way: the
    load's one client has one transaction on its way, so two blocks at most, and within a second."""
    first = max(heights(net, indexes).values())
    holds_for(1, lambda: max(heights(net, indexes).values()) <= first + 2, f"more than was under way at {first}")
    frozen = heights(net, indexes)
    print(f"| without a quorum | heights {sorted(frozen.values())} | when cut off {first} |")
    holds_for(3, lambda: heights(net, indexes) == frozen, "a block became final without a quorum")


def without_quorum(net, load, proxy, *groups):
    proxy.partition(*groups)
    wait_for(lambda: all(unlinked(net, index, [p for p in ALL if p not in group])
                         for group in groups for index in group), 10, "the groups apart")
    nothing_final(net, ALL)
    took = healed(net, proxy, load, ALL)
    assert took <= HEAL_LIMIT, took


@case("NW-04 two halves finalise nothing, and the whole goes on within 10 s")
def halves(net, load, proxy):
    without_quorum(net, load, proxy, [1, 2], [3, 4])


@case("NW-04 three parts finalise nothing, and the whole goes on within 10 s")
def three_parts(net, load, proxy):
    without_quorum(net, load, proxy, [1], [2], [3, 4])


@case("NW-05 partitions come and go; the 99th percentile from healing to the lone node's next block is within 10 s")
def partition_loop(net, load, proxy, cycles):
    took = sorted(isolate(net, proxy, load, turn % 4 + 1) for turn in range(cycles))
    p50, p99 = took[len(took) // 2], took[round(0.99 * (len(took) - 1))]
    print(f"| partition heals {cycles} | p50 {p50:.2f} s | p99 {p99:.2f} s | max {took[-1]:.2f} s |")
    assert p99 <= HEAL_LIMIT, took


@case("CL-21 each of the twelve directed links falls silent in turn, and commits go on")
def one_way(net, load, proxy):
    for sender in ALL:
        for receiver in ALL:
            if sender != receiver:
                way = proxy.direction(sender, receiver)
                proxy.call(lambda way=way: setattr(way, "black_hole", True))
                load.next_after(time.monotonic(), 20)
                proxy.heal()
    net_is_whole(net)


@case(f"CL-23 of {OFFERED} transactions a second four fifths go on while the link of primary and backup flaps every 200 ms")
def flapping(net, load, proxy):
    primary = net.primary()
    backup = primary % 4 + 1
    alone = rate(load, MEASURED)
    with proxy.flapping(primary, backup, FLAP):
        alone_flapped = rate(load, MEASURED)
    with serving(load, [index for index in ALL if index != backup]), full_load(net, OFFERED):
        calm = full_rate(net, MEASURED)
        with proxy.flapping(primary, backup, FLAP) as flaps:
            flapped = full_rate(net, MEASURED)
    print(f"| a link that flaps | cut {flaps[0]} times | {calm:.0f} final/s before, {flapped:.0f} with it | "
          f"of one client that asks the nodes in turn {alone:.0f} before, {alone_flapped:.0f} with it |")
    net_is_whole(net)
    assert flapped >= calm * 0.8, (calm, flapped)


def header_at(net, index, height):
    block = net.get(index, f"/v1/blocks/{height}")
    return block["hash"], block["header"]


@case("NW-19 least socket buffers and pieces of a few bytes change no byte: a node catches up through them to one root")
def narrow_links(net, load, proxy):
    others = [index for index in ALL if index != net.primary() % 4 + 1]
    alone = (set(ALL) - set(others)).pop()
    to_miss = signed(net, MISSED)
    with serving(load, others):
        net.kill_at_once([alone])
        answers = post_all(net, others[0], to_miss)
        assert {answer[0] for answer in answers} == {202}, answers[-1]
        wait_for(lambda: net.get(others[0], f"/v1/tx/{answers[-1][1]['tx_id']}")["state"] == "committed", 30,
                 "what the node is to miss to be final")
        proxy.narrow(alone, PIECE)
        pieces, begun = proxy.pieces(), time.monotonic()
        net.up()
        head = net.height()
        wait_for(lambda: (net.status(alone) or {}).get("height", 0) >= head, 60, "the node at the others' height")
        wait_for(lambda: proxy.pieces() >= pieces + PIECES, 60, f"{PIECES} pieces")
        head = net.height()
        wait_for(lambda: (net.status(alone) or {}).get("height", 0) >= head, 30, "the node to keep up")
    print(f"| narrow links | {proxy.pieces() - pieces} pieces of 1 to {PIECE} bytes | "
          f"caught up and went on in {time.monotonic() - begun:.1f} s |")
    headers = [header_at(net, index, head) for index in ALL]
    assert all(header == headers[0] for header in headers), headers
    proxy.heal()
    net_is_whole(net)


@case("NW-07 a link that takes nothing any more is noticed within 10 s, and memory stays bounded")
def black_hole(net, load, proxy):
    one, other = 1, 2
    before = net.status(one)["rss_bytes"]
    for sender, receiver in ((one, other), (other, one)):
        way = proxy.direction(sender, receiver)
        proxy.call(lambda way=way: setattr(way, "black_hole", True))
    wait_for(lambda: unlinked(net, one, [other]) and unlinked(net, other, [one]), 10, "the dead link given up")
    commits(load, 5, 30)
    grown = net.status(one)["rss_bytes"] - before
    assert grown <= OUTSIDER_MEMORY, grown
    proxy.heal()
    net_is_whole(net)


@case("CL-26 below a quorum nothing is final; with it the network goes on without an operator")
def below_quorum(net, load):
    net.kill_at_once([3, 4])
    wait_for(lambda: unlinked(net, 1, [3, 4]) and unlinked(net, 2, [3, 4]), 10, "the killed nodes missed")
    nothing_final(net, [1, 2])
    net.up()
    load.next_after(time.monotonic(), 20)
    net_is_whole(net)


@contextlib.contextmanager
def outsiders(port, count, first_bytes):
    """Connections that say a little and stay; closed at the end."""
    sockets = []
    try:
        for _ in range(count):
            with contextlib.suppress(OSError):  # refused at the door: as good as closed
                sockets.append(socket.create_connection(("127.0.0.1", port), timeout=5))
                sockets[-1].sendall(first_bytes)
        yield sockets
    finally:
        for one in sockets:
            one.close()


def is_closed(connection):
    connection.setblocking(False)
    try:
        return connection.recv(4096) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


@case("NW-06 half-open handshakes are closed within 10 s, and peers and memory do not feel them")
def half_open(net, load):
    before = net.status(1)["rss_bytes"]
    with outsiders(net.nodes()[0]["peer_port"], 500, b"\x16\x03\x01") as held:
        moment = time.monotonic()
        commits(load, 3, 20)
        wait_for(lambda: all(is_closed(one) for one in held), 12, "every half-open handshake closed")
        print(f"| half-open handshakes {len(held)} | all closed after {time.monotonic() - moment:.1f} s |")
    assert net.status(1)["rss_bytes"] - before <= OUTSIDER_MEMORY
    net_is_whole(net)


@case("NW-11 a flood of connections does not keep a peer from linking again within 5 s")
def connect_flood(net, load, proxy):
    port = net.nodes()[1]["peer_port"]
    flooding = threading.Event()
    opened = []

    def flood():
        while not flooding.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                opened.append(1)

    thread = threading.Thread(target=flood, daemon=True)
    thread.start()
    try:
        proxy.cut(1, 2)
        wait_for(lambda: unlinked(net, 1, [2]), 10, "the link gone")
        proxy.join(1, 2)
        moment = time.monotonic()
        wait_for(lambda: not unlinked(net, 1, [2]), 5, "the link again, the flood notwithstanding")
        took = time.monotonic() - moment
        commits(load, 3, 20)
    finally:
        flooding.set()
        thread.join(5)
    print(f"| connect flood {len(opened)} connections | link again after {took:.2f} s |")


@case("NW-20 garbage and cut greetings at both ports harm nobody")
def garbage(net, load):
    pids = [node["pid"] for node in net.nodes()]
    for node in net.nodes():
        for port in (node["peer_port"], node["api_port"]):
            for size in (0, 1, 5, 100, 4096, 70000):
                with outsiders(port, 5, os.urandom(size)):
                    pass
    commits(load, 3, 20)
    assert [node["pid"] for node in net.nodes()] == pids and all(net.statuses().values())
    net_is_whole(net)


case("at the end every node's ledger replays to one root and holds all that was acknowledged")(one_history)


def main():
    options = arguments(__doc__)
    cycles = int(os.environ.get("AVAL_PARTITION_CYCLES", "8"))
    with Devnet(options.aval) as net, contextlib.closing(through_proxy(net)) as proxy, Load(net) as load:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        return run_cases(net=net, load=load, proxy=proxy, cycles=cycles)


if __name__ == "__main__":
    sys.exit(main())
