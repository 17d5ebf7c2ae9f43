#!/usr/bin/env python3
"""Four real validators in hardship: no file descriptors left, a crowd of hostile clients, a greedy one, half of a
processor."""
import base64
import collections
import contextlib
import os
import pathlib
import resource
import signal
import socket
import statistics
import sys
import threading
import time

from crowd import Crowd
from harness import case, has_ended, wait_for
from hostile_peer import field, varint
from load import finals, full_load, one_history, post_all, rate, run_cases_under_load, signed

MEASURED = 4  # seconds of each measured rate
HOSTILE_CLIENTS = 1000
HOSTILE_RATE = 500  # requests a second, of all of them
HOSTILE_ADDRESS = "127.0.0.2"  # the honest client is at another one
REQUESTS_OF_A_CLIENT = 125  # a second at one node, where it is set
CROWD_MEMORY = 128 << 20
ENVELOPE_MAX = 64 << 10  # as the ledger's parameters allow
SHARE_OF_A_MEMBER = 4000  # transactions pending at one node
SLICE = 0.1  # seconds that the slowed node runs, and rests
SLOWED = 20
DESCRIPTORS = 128
LEVEL = 2  # blocks that a node may be behind and count as level with the others
SUBMIT = "/v1/tx?wait=2s"


def api_ports(net):
    return [node["api_port"] for node in net.nodes()]


def p99(values):
    return sorted(values)[round(0.99 * (len(values) - 1))]


def measured(load, seconds=MEASURED):
    """Of the one honest client: transactions that become final in a second, and the 99th percentile of their time;
    the whole time when none did."""
    first = len(load.took)
    return rate(load, seconds), p99(load.took[first:] or [seconds])


# --- no file descriptors ------------------------------------------------------------------------------

@contextlib.contextmanager
def descriptors_of(pid, limit):
    """The running process may have this many open files."""
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (limit, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, before)


@contextlib.contextmanager
def held_by_clients(port, count):
    """Connections over which each client has asked once, and which it keeps."""
    with contextlib.ExitStack() as stack:
        for _ in range(count):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
            client.sendall(b"GET /v1/version HTTP/1.1\r\nHost: node\r\n\r\n")
        yield


def as_seen_by(net, other, index):
    """Whether a node holds a link to this one, and the height it was told over that."""
    member = next(node["member"] for node in net.nodes() if node["index"] == index)
    return next((peer["connected"], peer["height"]) for peer in net.status(other)["peers"] if peer["member"] == member)


@case("ST-24 a node whose clients take every file descriptor keeps its links and blocks, and answers again once they leave")
def no_descriptors(net, load):
    """Early in the life of the network, when the database has no new file to open for a long time."""
    victim, other = 3, 1
    node = net.nodes()[victim - 1]
    open_files = pathlib.Path(f"/proc/{node['pid']}/fd")
    load.targets = [index for index in load.targets if index != victim]
    try:
        with descriptors_of(node["pid"], DESCRIPTORS), held_by_clients(node["api_port"], 2 * DESCRIPTORS):
            wait_for(lambda: len(list(open_files.iterdir())) == DESCRIPTORS, 10, "no descriptor left")
            _, before = as_seen_by(net, other, victim)
            for _ in range(20):
                load.next_after(time.monotonic(), 10)
            wait_for(lambda: as_seen_by(net, other, victim) > (True, before + 10), 10, "its blocks, over its old link")
            assert len(list(open_files.iterdir())) == DESCRIPTORS
        wait_for(lambda: net.status(victim), 2, "an answer of the node")
    finally:
        load.targets = sorted([*load.targets, victim])
    assert not has_ended(node["pid"]) and net.nodes()[victim - 1]["pid"] == node["pid"]


# --- a crowd of hostile clients -----------------------------------------------------------------------

def read_varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value, shift, at = value | (byte & 0x7F) << shift, shift + 7, at + 1
        if byte < 0x80:
            return value, at


def body_of(envelope):
    """The signed bytes of a canonical envelope, and the signatures behind them."""
    size, at = read_varint(envelope, 1)
    return envelope[at:at + size], envelope[at + size:]


def fields(message):
    """Number and value of each field; bytes or a number."""
    at = 0
    while at < len(message):
        tag, at = read_varint(message, at)
        value, at = read_varint(message, at)
        if tag & 7 == 2:
            value, at = message[at:at + value], at + value
        yield tag >> 3, value


def member_of(envelope):
    return dict(fields(body_of(envelope)[0]))[2].decode()


def tampered(envelope):
    return envelope[:-1] + bytes([envelope[-1] ^ 1])


def largest(envelope):
    """The same command again and again, up to the size that is just taken; the signatures fit no more."""
    body, signatures = body_of(envelope)
    command = field(6, dict(fields(body))[6])
    room = ENVELOPE_MAX - len(envelope) - 2 * len(varint(ENVELOPE_MAX))
    return field(1, body + command * (room // len(command))) + signatures


def reference_taken(net):
    """An envelope under a client reference that is in the ledger with another body."""
    issue = ("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--currency", "EUR", "--client-ref",
             f"taken-{net.height()}")
    net.ok(*issue, "--amount", "1.00")
    return base64.b64decode(net.ok(*issue, "--amount", "2.00", "--dry-run")["envelope"])


def hostile_kinds(net, load):
    wait_for(lambda: len(load.acknowledged) >= 100, 30, "some transactions to send again")
    unsent = load.envelopes[-400:]
    return {"wrong signature": (SUBMIT, [tampered(each) for each in unsent[:200]], False),
            "duplicate": (SUBMIT, load.envelopes[:100], False),
            "reference taken": (SUBMIT, [reference_taken(net)], False),
            "largest": (SUBMIT, [largest(each) for each in unsent[200:240]], False)}


EXPECTED = {"wrong signature": "403", "duplicate": "200", "reference taken": "409", "largest": "403"}


def beside_a_crowd(net, load, kinds, per_second):
    """What the honest client has, and what the hostile ones were answered."""
    before = [status["rss_bytes"] for status in net.statuses().values()]
    with Crowd(api_ports(net), HOSTILE_CLIENTS, kinds, per_second, HOSTILE_ADDRESS) as crowd:
        finals_per_second, slowest = measured(load)
        grown = max(status["rss_bytes"] - rss for status, rss in zip(net.statuses().values(), before))
    print(f"| {HOSTILE_CLIENTS} hostile clients | {crowd.per_second:.0f} requests/s | {finals_per_second:.0f} final/s "
          f"of the honest one, p99 {slowest * 1000:.0f} ms | memory +{grown >> 20} MiB | {crowd.answers} |")
    for kind, status in EXPECTED.items():
        assert crowd.answers[kind].get(status), (kind, crowd.answers)
        assert set(crowd.answers[kind]) <= {status, "503"}, (kind, crowd.answers)
    assert grown <= CROWD_MEMORY, grown
    return finals_per_second, slowest


def half_is_left(net, load, per_second):
    """Of what the honest client has without the hostile ones, and a quarter of its speed."""
    kinds = hostile_kinds(net, load)
    alone, beside = [], []
    for _ in range(3):  # in turns, since what a machine gives changes from one moment to the next
        alone.append(measured(load))
        print("| no hostile clients | {:.0f} final/s of the honest one, p99 {:.3f} s |".format(*alone[-1]))
        beside.append(beside_a_crowd(net, load, kinds, per_second))
    after = max(measured(load)[0] for _ in range(2))
    (calm, calm_p99), (with_them, with_them_p99) = (map(statistics.median, zip(*each)) for each in (alone, beside))
    assert after >= calm / 2, (calm, after)
    assert with_them >= calm / 2, (alone, beside)
    assert with_them_p99 <= calm_p99 * 4, (alone, beside)


@case(f"CL-05 {HOSTILE_CLIENTS} clients with {HOSTILE_RATE} hostile requests a second leave an honest one half of its rate")
def hostile_clients(net, load):
    half_is_left(net, load, HOSTILE_RATE)


@contextlib.contextmanager
def clients_limited(net, per_second):
    """The nodes run with this `api.requests_per_second`."""
    net.configure(lambda _, config: config["api"].update(requests_per_second=per_second))
    try:
        yield
    finally:
        net.configure(lambda _, config: config["api"].pop("requests_per_second"))


@case(f"CL-05 {HOSTILE_CLIENTS} clients that ask as fast as they are answered, where {REQUESTS_OF_A_CLIENT} requests a second "
      "are a client's share, leave an honest one at another address half of its rate")
def hasty_clients(net, load):
    with clients_limited(net, REQUESTS_OF_A_CLIENT):
        half_is_left(net, load, 0)


# --- a greedy client ----------------------------------------------------------------------------------

@contextlib.contextmanager
def paused(net, indexes):
    pids = [node["pid"] for node in net.nodes() if node["index"] in indexes]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@case("AP-13 a member with its share of a node pending gets 429 with Retry-After, and other members are still served")
def share_of_a_member(net, load):
    by_member = collections.defaultdict(list)
    for envelope in signed(net, 4 * SHARE_OF_A_MEMBER + 400):
        by_member[member_of(envelope)].append(envelope)
    greedy, modest, *_ = by_member.values()
    with paused(net, [3, 4]):  # nothing becomes final, so all stay pending
        answers = post_all(net, 1, greedy[:SHARE_OF_A_MEMBER + 50])
        other = post_all(net, 1, modest[:1])
    taken = [body["tx_id"] for status, body, _ in answers if status == 202]
    refused = [(status, body.get("code"), headers.get("Retry-After")) for status, body, headers in answers[len(taken):]]
    assert SHARE_OF_A_MEMBER - 10 <= len(taken) <= SHARE_OF_A_MEMBER, len(taken)
    assert set(refused) == {(429, "quota", "1")}, set(refused)
    assert other[0][0] == 202, other
    for tx_id in (taken[-1], other[0][1]["tx_id"]):
        wait_for(lambda tx_id=tx_id: net.get(1, f"/v1/tx/{tx_id}")["state"] == "committed", 60,
                 "what was taken to be final")


# --- half of a processor ------------------------------------------------------------------------------

@contextlib.contextmanager
def half_of_the_time(pid):
    """The process runs and rests by turns."""
    ending = threading.Event()

    def alternate():
        while not ending.is_set():
            os.kill(pid, signal.SIGSTOP)
            ending.wait(SLICE)
            os.kill(pid, signal.SIGCONT)
            ending.wait(SLICE)

    thread = threading.Thread(target=alternate, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join(5)
        os.kill(pid, signal.SIGCONT)


def lag(net, index):
    """Blocks that this node is behind the others."""
    heights = {i: status["height"] for i, status in net.statuses().items() if status}
    return max(heights.values()) - heights.get(index, 0)


@case(f"CL-15 a node that runs half of the time under full load, for {SLOWED} s, does not fall behind for ever")
def half_of_a_processor(net, load):
    victim = net.primary() % 4 + 1
    pid = next(node["pid"] for node in net.nodes() if node["index"] == victim)
    lags = []
    with full_load(net):
        begun, first, start = time.monotonic(), finals(net), net.height()
        with half_of_the_time(pid):
            while time.monotonic() < begun + SLOWED:
                lags.append(lag(net, victim))
        blocks, per_second = net.height() - start, (finals(net) - first) / SLOWED
        moment = time.monotonic()
        wait_for(lambda: lag(net, victim) <= LEVEL, 20, "the node at the others' height")
        took = time.monotonic() - moment
    half = len(lags) // 2
    print(f"| runs half of the time | {per_second:.0f} final/s, {blocks} blocks | behind by at most {max(lags[:half])} "
          f"blocks in the first half, {max(lags[half:])} in the second | level {took:.2f} s after |")
    assert min(lags[-half // 2:]) <= LEVEL, lags  # again and again it is where the others are


case("at the end every node's ledger replays to one root and holds all that was acknowledged")(one_history)


if __name__ == "__main__":
    sys.exit(run_cases_under_load(__doc__))
