#!/usr/bin/env python3
"""Processes die at any time; nothing acknowledged is lost and the network goes on."""
import sys
import time

from harness import case, wait_for
from load import assert_all_there, one_history, run_cases_under_load

PRIMARY_KILLS = 50


@case("with one backup killed under load, commits go on")
def backup_killed(net, load):
    victim = net.primary() % 4 + 1
    moment = time.monotonic()
    net.kill(victim)
    load.next_after(moment, 5)
    load.next_after(time.monotonic(), 5)
    net.up()


@case(f"CL-01 the primary is killed {PRIMARY_KILLS} times; the 99th percentile to the next commit is within 3 s")
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


@case("CL-19 all four are killed at once under load: everything acknowledged is there, first commit within 5 s")
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


case("at the end every acknowledged transaction is in one ledger that replays to the nodes' root")(one_history)


if __name__ == "__main__":
    sys.exit(run_cases_under_load(__doc__))
