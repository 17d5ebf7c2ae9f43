#!/usr/bin/env python3
"""Processes die at any time; nothing acknowledged is lost and the network goes on."""
import sys
import threading
import time

from harness import Devnet, arguments, case, run_cases, wait_for

PRIMARY_KILLS = 50


class Load:
    """One client that transfers a cent after another, each with a wait, and notes what was acknowledged."""

    def __init__(self, net):
        self.net = net
        self.acknowledged = []  # (monotonic time of first sending, tx id), in order
        self.stopping = False
        envelopes = net.folder / "load.bin"
        net.ok("bench", "sign", "--count", 20000, "--out", envelopes, "--dir", net.dir, limit=120)
        data = envelopes.read_bytes()
        self.envelopes = []
        at = 0
        while at < len(data):
            size = int.from_bytes(data[at:at + 4], "big")
            self.envelopes.append(data[at + 4:at + 4 + size])
            at += 4 + size
        self.thread = threading.Thread(target=self.go, daemon=True)

    def go(self):
        turn = 0
        for envelope in self.envelopes:
            answered = False
            sent = time.monotonic()
            while not self.stopping and not answered:
                turn += 1
                try:
                    status, body = self.net.http(turn % 4 + 1, "POST", "/v1/tx?wait=2s", envelope,
                                                 "application/x-protobuf", limit=3)
                except OSError:
                    continue
                if status == 200:
                    assert body["state"] == "committed", body
                    self.acknowledged.append((sent, body["tx_id"]))
                    answered = True
            if self.stopping:
                return

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join(30)

    def next_after(self, moment, limit):
        """Now, once a transaction that was first sent after `moment` is final."""
        def is_served():
            return bool(self.acknowledged) and self.acknowledged[-1][0] > moment
        wait_for(is_served, limit, "a transaction sent after that moment to be final")
        return time.monotonic()


def assert_all_there(net, acknowledged):
    for _, tx_id in acknowledged:
        found = net.get(1, f"/v1/tx/{tx_id}")
        assert found["state"] == "committed", found


@case("with one backup killed under load, commits go on")
def backup_killed(net, load):
    victim = net.primary() % 4 + 1
    moment = time.monotonic()
    net.kill(victim)
    load.next_after(moment, 5)
    load.next_after(time.monotonic(), 5)
    net.up()


@case(f"the primary is killed {PRIMARY_KILLS} times; the 99th percentile to the next commit is within 3 s")
def primary_killed(net, load):
    gaps = []
    for _ in range(PRIMARY_KILLS):
        wait_for(lambda: all(net.statuses().values()), 20, "all nodes up")
        head = net.height()
        wait_for(lambda: all(s and s["height"] >= head for s in net.statuses().values()), 20, "all nodes caught up")
        victim = net.primary()
        moment = time.monotonic()
        net.kill_at_once([victim])
        gaps.append(load.next_after(moment, 15) - moment)
        net.up()
    gaps.sort()
    p50, p99 = gaps[len(gaps) // 2], gaps[min(len(gaps) - 1, round(0.99 * (len(gaps) - 1)))]
    print(f"| primary kills {len(gaps)} | p50 {p50:.2f} s | p99 {p99:.2f} s | max {gaps[-1]:.2f} s |")
    assert p99 <= 3.0, gaps


@case("a paused node catches up once it is resumed")
def paused(net, load):
    victim = net.primary() % 4 + 1
    net.ok("devnet", "pause", victim, "--dir", net.dir)
    try:
        load.next_after(time.monotonic(), 10)
        load.next_after(time.monotonic(), 10)
    finally:
        net.ok("devnet", "resume", victim, "--dir", net.dir)
    head = net.height()
    wait_for(lambda: (net.status(victim) or {}).get("height", 0) >= head, 20, "the resumed node at the others' height")


@case("all four are killed at once under load: everything acknowledged is there, first commit within 5 s")
def blackout(net, load):
    for _ in range(3):
        before = len(load.acknowledged)
        wait_for(lambda: len(load.acknowledged) > before + 5, 20, "some load before the blackout")
        net.kill_at_once([1, 2, 3, 4])
        killed = time.monotonic()
        acknowledged = list(load.acknowledged)
        net.up()
        up = time.monotonic()
        first = load.next_after(killed, 15)
        print(f"| blackout | ready after {up - killed:.2f} s | first commit {max(0.0, first - up):.2f} s later |")
        assert first - up <= 5.0
        assert_all_there(net, acknowledged[-500:])


@case("at the end every acknowledged transaction is in one ledger that replays to the nodes' root")
def nothing_lost(net, load):
    load.stopping = True
    load.thread.join(30)
    status = net.wait_equal()
    ledger = net.folder / "ledger.aval"
    net.ok("audit", "export", "--out", ledger, limit=120)
    audit = net.ok("audit", "verify", ledger, limit=300)
    assert audit["state_root"] == status["state_root"]
    assert_all_there(net, load.acknowledged)
    print(f"| acknowledged {len(load.acknowledged)} | lost 0 | height {audit['height']} |")


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net, Load(net) as load:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        return run_cases(net=net, load=load)


if __name__ == "__main__":
    sys.exit(main())
