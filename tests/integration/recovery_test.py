#!/usr/bin/env python3
"""Processes die at any time; nothing acknowledged is lost and the network goes on."""
import os
import signal
import subprocess
import sys
import time

from harness import case, wait_for
from load import assert_all_there, assert_one_history, blackout, kill_primary, run_cases_under_load

# How many of which kind; AVAL_KILLS in the environment asks for another number in all.
KILLS = int(os.environ.get("AVAL_KILLS", "200"))
PRIMARY_KILLS = KILLS // 4
BLACKOUTS = max(1, KILLS // 64)
STARTS_OF_ALL = KILLS // 7
STARTS_OF_ONE = max(0, KILLS - 1 - PRIMARY_KILLS - 4 * BLACKOUTS - 4 * STARTS_OF_ALL)
ALL = [1, 2, 3, 4]


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
    gaps = sorted(kill_primary(net, load) for _ in range(PRIMARY_KILLS))
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
def all_killed(net, load):
    for _ in range(BLACKOUTS):
        before = len(load.acknowledged)
        wait_for(lambda before=before: len(load.acknowledged) > before + 5, 20, "some load before the blackout")
        first, acknowledged = blackout(net, load)
        print(f"| blackout | first commit {first:.2f} s after a quorum was up |")
        assert first <= 5.0
        assert_all_there(net, acknowledged[-500:])


def killed_in_start(net, indexes, moment):
    """Starts these nodes, and kills them after so many seconds, wherever their start has come to by then."""
    children = [net.start_by_hand(index) for index in indexes]
    try:
        children[0].wait(moment)
    except subprocess.TimeoutExpired:
        pass
    finally:
        for child in children:
            child.kill()
        ends = [child.wait(10) for child in children]
    assert ends == [-signal.SIGKILL] * len(children), f"a node ended by itself: {ends}"
    net.kills += len(children)


def time_to_answer(net, indexes):
    """Seconds that these nodes take until one of them answers; they are killed then."""
    started = time.monotonic()
    children = [net.start_by_hand(index) for index in indexes]
    try:
        wait_for(lambda: any(net.status(index) for index in indexes), 30, "a started node to answer")
    finally:
        for child in children:
            child.kill()
            child.wait(10)
    net.kills += len(children)
    return time.monotonic() - started


def kill_in_starts(net, indexes, times):
    """At moments spread evenly from the first one to that of the first answer."""
    if times == 0:
        return
    net.kill_at_once(indexes)
    span = time_to_answer(net, indexes)
    for turn in range(times - 2):  # two were killed already: the running ones and the measured ones
        killed_in_start(net, indexes, span * turn / times)
    net.up()
    print(f"| killed in their start {times * len(indexes)} | at moments up to {span:.2f} s |")


@case("a backup is killed at every moment of its start; the others go on, and it comes back whole")
def killed_while_starting(net, load):
    victim = net.primary() % 4 + 1
    kill_in_starts(net, [victim], STARTS_OF_ONE)
    load.next_after(time.monotonic(), 20)
    head = net.height()
    wait_for(lambda: (net.status(victim) or {}).get("height", 0) >= head, 30, "it at the others' height")


@case("all four are killed at every moment of their start: everything acknowledged is there, and commits go on")
def all_killed_while_starting(net, load):
    acknowledged = list(load.acknowledged)
    kill_in_starts(net, ALL, STARTS_OF_ALL)
    load.next_after(time.monotonic(), 20)
    assert_all_there(net, acknowledged[-500:])


@case(f"after {KILLS} kills every acknowledged transaction is in one ledger that replays to the nodes' root")
def one_history(net, load):
    audit = assert_one_history(net, load)
    print(f"| kill -9 {net.kills} | acknowledged {len(load.acknowledged)} | lost 0 | height {audit['height']} |")
    assert net.kills >= KILLS, f"{net.kills} of {KILLS} kills"


if __name__ == "__main__":
    sys.exit(run_cases_under_load(__doc__))
