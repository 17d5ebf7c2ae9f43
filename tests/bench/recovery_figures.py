#!/usr/bin/env python3
"""How long a network of real processes takes to recover: prints for each row of the goals the trials, p50, p99, the
maximum and a histogram, with the machine's calibrator on top. On a shared machine figures mean something only
beside the calibrator. Rows that cannot be measured are printed as open, with the reason."""
import argparse
import contextlib
import dataclasses
import json
import os
import pathlib
import re
import subprocess
import sys
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "integration"))

from epoch_test import agree, all_in_epoch  # noqa: E402
from harness import Devnet, wait_for  # noqa: E402
from load import Load, assert_one_history, blackout, kill_primary  # noqa: E402
from network_test import commits, heights, net_is_whole, serving, through_proxy, unlinked  # noqa: E402

SMALL_BLOCKS = {"batch_envelopes_max": 1, "block_batches_max": 1, "pipeline_window": 64}  # a block for a transaction
ALL = [1, 2, 3, 4]
BINS = 8


@dataclasses.dataclass
class Row:
    """What was measured of one goal, in seconds, and the goal: the most that p50, p99 or the maximum may be."""
    what: str
    goal: dict
    seconds: list = dataclasses.field(default_factory=list)
    note: str = ""

    def figure(self, name):
        share = {"p50": 0.5, "p99": 0.99, "max": 1.0}[name]
        return sorted(self.seconds)[round(share * (len(self.seconds) - 1))]

    def is_met(self):
        return all(self.figure(name) <= most for name, most in self.goal.items())

    def print(self):
        figures = " ".join(f"{name}={self.figure(name):.2f}" for name in ("p50", "p99", "max"))
        goal = ",".join(f"{name}<={most:g}" for name, most in self.goal.items())
        print(f"{self.what}: trials={len(self.seconds)} {figures} s goal={goal} {'met' if self.is_met() else 'MISSED'}"
              f"{' (' + self.note + ')' if self.note else ''}")
        for line in histogram(self.seconds):
            print(f"    {line}")
        sys.stdout.flush()


def histogram(values):
    """Bars of equal width, which is 1, 2 or 5 times a power of ten."""
    widths = [step * 10.0 ** power for power in range(-3, 4) for step in (1, 2, 5)]
    width = next((each for each in widths if (max(values) - min(values)) / each < BINS - 1), widths[-1])
    counts = {}
    for value in values:
        counts[int(value / width)] = counts.get(int(value / width), 0) + 1
    for number in range(min(counts), max(counts) + 1):
        count = counts.get(number, 0)
        bar = "#" * -(-40 * count // max(counts.values()))
        yield f"{number * width:8.3f} s |{bar} {count}" if count else f"{number * width:8.3f} s |"


# --- networks -----------------------------------------------------------------------------------------

@contextlib.contextmanager
def under_load(aval, parameters=None):
    with Devnet(aval, parameters=parameters) as net, Load(net) as load:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        yield net, load
        assert_one_history(net, load)


def whole_and_level(net):
    net_is_whole(net)
    head = net.height()
    wait_for(lambda: all(s and s["ready"] and s["height"] >= head for s in net.statuses().values()), 60,
             "all nodes ready and caught up")


# --- the rows -----------------------------------------------------------------------------------------

def primary(options):
    row = Row("primary killed -> next commit", {"p50": 1.5, "p99": 3, "max": 5})
    with under_load(options.aval) as (net, load):
        row.seconds = [kill_primary(net, load) for _ in range(options.trials["primary"])]
    return [row]


def all_killed(options):
    row = Row("all killed -> first commit after a quorum is up", {"max": 5})
    with under_load(options.aval) as (net, load):
        for _ in range(options.trials["blackout"]):
            before = len(load.acknowledged)
            commits(load, 5, 20)
            row.seconds.append(blackout(net, load)[0])
            assert len(load.acknowledged) > before
    row.note = f"of {len(load.acknowledged)} acknowledged none lost"
    return [row]


def isolated(net, proxy, load, alone):
    """Cuts one node off for some commits of the others; the seconds from healing until it has what they had then."""
    others = [index for index in ALL if index != alone]
    proxy.partition([alone], others)
    wait_for(lambda: unlinked(net, alone, others), 10, "the lone node without links")
    with serving(load, others):
        commits(load, 20, 60)
        head = net.height()
        moment = time.monotonic()
        proxy.heal()
        wait_for(lambda: (heights(net, [alone])[alone] or 0) >= head, 60, "the lone node at the others' height")
        took = time.monotonic() - moment
    net_is_whole(net)
    return took


def partition(options):
    row = Row("partition healed -> lone node caught up", {"p99": 10})
    with Devnet(options.aval) as net, contextlib.closing(through_proxy(net)) as proxy, Load(net) as load:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        row.seconds = [isolated(net, proxy, load, turn % 4 + 1) for turn in range(options.trials["partition"])]
        assert_one_history(net, load)
    return [row]


def make_chain(net, nodes, blocks):
    """So many blocks by these nodes, with one transaction each: the load is told of no other node. Returns blocks a
    second."""
    folder = net.folder / f"only-{len(nodes)}"
    folder.mkdir(exist_ok=True)
    kept = [node for node in net.nodes() if node["index"] in nodes]
    (folder / "devnet.json").write_text(json.dumps({"nodes": kept}))
    first, started = net.height(), time.monotonic()
    while net.height() < first + blocks:
        count = min(5000, first + blocks - net.height())
        net.ok("bench", "run", "--dir", folder, "--count", count, "--connections", 16, limit=600)
    return (net.height() - first) / (time.monotonic() - started)


def caught_up(net, index):
    """Starts the killed node; the seconds until it has what the others have now."""
    head = net.height()
    moment = time.monotonic()
    child = net.start_by_hand(index)
    try:
        wait_for(lambda: (net.status(index) or {}).get("height", 0) >= head, 300, "the node at the others' height")
        return time.monotonic() - moment
    finally:
        child.kill()
        child.wait(10)


def votes_again(net, load):
    """With one backup paused nothing is final without the restarted one: the seconds from its start to a commit."""
    whole_and_level(net)
    leader = net.primary()
    victim, paused, other = [index for index in ALL if index != leader]
    with serving(load, [leader, other]):
        net.kill_at_once([victim])
        net.ok("devnet", "pause", paused, "--dir", net.dir)
        moment = time.monotonic()
        child = net.start_by_hand(victim)
        try:
            took = load.next_after(moment, 60) - moment
        finally:
            child.kill()
            child.wait(10)
            net.ok("devnet", "resume", paused, "--dir", net.dir)
            net.up()
    return took


def chain(options):
    behind = min(options.behind, options.blocks)
    catch_up = Row(f"catch-up of {behind} blocks by a node that was down", {"max": 30})
    restart = Row("restart -> votes again", {"max": 3})
    with Devnet(options.aval, parameters=SMALL_BLOCKS) as net:
        if options.blocks > behind:
            make_chain(net, ALL, options.blocks - behind)
        for _ in range(options.trials["catch-up"]):
            net.kill_at_once([4])
            rate = make_chain(net, ALL[:3], behind)
            catch_up.seconds.append(caught_up(net, 4))
            net.up()
        catch_up.note = f"made by the three others at {rate:.0f} blocks a second; {net.height()} blocks in all"
        with Load(net) as load:
            restart.seconds = [votes_again(net, load) for _ in range(options.trials["restart"])]
        restart.note = f"with {net.height()} blocks; the goal is for 100000"
    return [catch_up, restart]


def join(net, voters):
    """One more validator, by the governance that every bank goes through; the epoch that it votes in first."""
    banks = [node["member"] for node in net.nodes()]
    quorum = (voters + (voters - 1) // 3) // 2 + 1
    epoch = net.status(1)["epoch"]
    added = net.ok("devnet", "add", "--dir", net.dir)
    bank, index = added["member"], added["index"]
    for number, change in enumerate((["admit", added["member_file"]], ["seat", added["seat_file"]], ["promote", bank])):
        if change[0] == "promote":
            net.up()
            all_in_epoch(net, epoch + 1, [index])
            net.ok("gov", "ready", "--as", bank, "--node", net.url(index), "--vote-key",
                   net.dir / f"node-{index}" / "vote.pem")
        net.ok("gov", "propose", *change, "--id", f"{bank}-{number}", "--as", banks[0])
        agree(net, f"{bank}-{number}", banks[1:quorum])
    all_in_epoch(net, epoch + 2, [node["index"] for node in net.nodes()])


def bad_primaries(options):
    row = Row("both primaries of views v and v+1 killed at once, of seven -> next commit", {"max": 7})
    with Devnet(options.aval) as net:
        for voters in (4, 5, 6):
            join(net, voters)
        with Load(net) as load:
            load.targets = [node["index"] for node in net.nodes()]
            wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
            for _ in range(options.trials["bad-primaries"]):
                whole_and_level(net)
                leader = net.primary()
                moment = time.monotonic()
                net.kill_at_once([leader, leader % 7 + 1])
                row.seconds.append(load.next_after(moment, 60) - moment)
                net.up()
            assert_one_history(net, load)
    return [row]


LARGE_BLOCKS = 64  # what aval-large-state makes


def snapshot(options):
    """Four banks with a large state; a fifth joins by their snapshot, from its start to ready."""
    row = Row(f"a node joins by a snapshot of {options.snapshot_mib} MiB -> caught up", {"max": 120})
    interval = LARGE_BLOCKS + 40
    with Devnet(options.aval, parameters={"snapshot_interval_blocks": interval}) as net:
        net.ok("devnet", "down", "--dir", net.dir)
        subprocess.run([options.aval.parent / "aval-large-state", net.dir, str(options.snapshot_mib)], check=True,
                       timeout=1200)
        net.up()
        added = net.ok("devnet", "add", "--dir", net.dir)
        for number, change in enumerate((["admit", added["member_file"]], ["seat", added["seat_file"]])):
            net.ok("gov", "propose", *change, "--id", f"joins-{number}", "--as", "bank-a")
            agree(net, f"joins-{number}", ["bank-b", "bank-c"])
        with Load(net):  # not for longer, or later snapshots would take the place of this one
            wait_for(lambda: net.height() >= interval, 60, "the height of the snapshot")
        taken = [net.dir / f"node-{index}" / "data" / "snapshots" / f"{interval:010}" for index in ALL]
        wait_for(lambda: all(each.exists() for each in taken), 600, "the snapshot at all four nodes")
        logs = [(net.dir / f"node-{index}" / "avald.log").read_text() for index in ALL]
        row.note = "taken in " + ", ".join(re.findall(rf"snapshot of height {interval} taken in (\d+) ms", log)[0] for log in logs) + " ms"
        begun = time.monotonic()
        process = net.start_by_hand(added["index"])
        try:
            wait_for(lambda: (net.status(added["index"]) or {}).get("ready"), 600, "the new node ready")
            row.seconds.append(time.monotonic() - begun)
            assert net.status(added["index"])["first_height"] == interval + 1
        finally:
            process.kill()
            process.wait()
    return [row]


OPEN = {
    "inclusion with f hostile, throughput under attack": "the product has no hostile mode for real processes; "
                                                        "`aval-sim attack` judges both in virtual time",
}
ROWS = {"primary": primary, "blackout": all_killed, "partition": partition, "chain": chain,
        "bad-primaries": bad_primaries, "snapshot": snapshot}
TRIALS = {"primary": 30, "blackout": 10, "partition": 8, "catch-up": 1, "restart": 5, "bad-primaries": 5}


def trials_of(text):
    name, _, count = text.partition("=")
    if name not in TRIALS or not count.isdigit() or int(count) < 1:
        raise argparse.ArgumentTypeError(f"{text}: one of {', '.join(TRIALS)} with =NUMBER behind it")
    return name, int(count)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--aval", type=pathlib.Path, default=ROOT / "build/release/bin/aval")
    parser.add_argument("--rows", nargs="+", choices=ROWS, default=list(ROWS), help="these alone")
    parser.add_argument("--trials", nargs="+", type=trials_of, default=[], metavar="ROW=N",
                        help=f"instead of {' '.join(f'{name}={count}' for name, count in TRIALS.items())}")
    parser.add_argument("--blocks", type=int, default=10_000, help="length of the chain of the restart row")
    parser.add_argument("--behind", type=int, default=10_000, help="blocks that the catch-up row has to fetch")
    parser.add_argument("--snapshot-mib", type=int, default=1024, help="state that the snapshot row makes")
    parser.add_argument("--check", action="store_true", help="a goal that is missed fails the run")
    options = parser.parse_args()
    options.trials = {**TRIALS, **dict(options.trials)}
    return options


def calibrate(aval):
    with Devnet(aval) as net:
        machine = net.ok("bench", "run", "--count", 200, "--dir", net.dir)["calibrator"]
    verifies, sync_ms = machine["verifies_per_second_per_core"], machine["fdatasync_p50_us"] / 1000
    print(f"calibrator: V = {verifies} P-256 verifications/s per core, fdatasync p50 {sync_ms:.2f} ms, "
          f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores", flush=True)


def main():
    options = arguments()
    started = time.monotonic()
    calibrate(options.aval)
    rows, failed = [], 0
    for name in options.rows:
        try:
            for row in ROWS[name](options):
                row.print()
                rows.append(row)
        except Exception:  # the other rows are still measured
            failed += 1
            print(f"FAIL {name}\n{traceback.format_exc()}", flush=True)
    for what, reason in OPEN.items():
        print(f"{what}: open, {reason}")
    missed = sum(not row.is_met() for row in rows)
    print(f"stage=recovery-figures rows={len(rows)} missed={missed} failed={failed} open={len(OPEN)} "
          f"seconds={time.monotonic() - started:.0f}")
    return 1 if failed or (options.check and missed) else 0


if __name__ == "__main__":
    sys.exit(main())
