#!/usr/bin/env python3
"""Validators, keys and parameters change while transactions go on: no process is stopped for it."""
import json
import sys
import time

from harness import case, wait_for
from load import one_history, run_cases_under_load

BANKS = ["bank-a", "bank-b", "bank-c", "bank-d"]
GAP_MAX = 4.0  # s; a view change of a one-second timeout with its first retransmissions


def epoch_of(net, index):
    status = net.status(index)
    return status["epoch"] if status else -1


def all_in_epoch(net, epoch, indexes):
    wait_for(lambda: all(epoch_of(net, index) == epoch for index in indexes), 20, f"nodes {indexes} in epoch {epoch}")


def agree(net, proposal, voters):
    for bank in voters:
        net.ok("gov", "vote", proposal, "--as", bank)


class Gaps:
    """The longest time between two acknowledged transactions while it is open."""

    def __init__(self, load, what):
        self.load, self.what = load, what

    def __enter__(self):
        self.first = len(self.load.acknowledged)
        self.load.next_after(time.monotonic(), 5)
        return self

    def __exit__(self, *failure):
        if failure[0]:
            return
        self.load.next_after(time.monotonic(), 5)
        times = [sent for sent, _ in self.load.acknowledged[self.first:]]
        longest = max(b - a for a, b in zip(times, times[1:]))
        print(f"| {self.what} | {len(times)} acknowledged | longest gap {longest:.2f} s |")
        assert longest <= GAP_MAX, longest


@case("a node that was away while the keys of all the others were replaced learns them from the epochs that they show")
def finds_others(net, load):
    net.kill(2)
    load.targets = [1, 3, 4]
    for epoch, index in enumerate(load.targets, start=1):
        net.replace_keys(index)
        all_in_epoch(net, epoch, load.targets)
    net.up()
    all_in_epoch(net, 3, [2])
    assert "proves the keys of epoch 3" in net.log(2), "node 2 found the others in another way"
    net.replace_keys(2)
    all_in_epoch(net, 4, [1, 2, 3, 4])
    load.targets = [1, 2, 3, 4]


@case("GV-01 a fifth bank joins with a genesis whose keys are all replaced: member, observer, readiness, vote")
def joins(net, load):
    with Gaps(load, "four become five"):
        added = net.ok("devnet", "add", "--dir", net.dir)
        net.ok("gov", "propose", "admit", added["member_file"], "--id", "admit-e", "--as", "bank-a")
        agree(net, "admit-e", ["bank-b", "bank-c"])
        net.ok("gov", "propose", "seat", added["seat_file"], "--id", "seat-e", "--as", "bank-b")
        shown = net.ok("gov", "show", "seat-e")
        assert shown["words"].startswith("give bank-e a seat without a vote"), shown
        agree(net, "seat-e", ["bank-c", "bank-d"])
        all_in_epoch(net, 5, [1, 2, 3, 4])
        net.up()
        all_in_epoch(net, 5, [5])
        assert "proves the keys of epoch 5" in net.log(5), "node 5 found the others in another way"
        status, body = net.http(5, "POST", "/v1/tx", load.envelopes[-1], "application/x-protobuf")
        assert status == 503 and "no vote" in body["detail"], (status, body)
        net.ok("gov", "ready", "--as", "bank-e", "--node", net.url(5), "--vote-key", net.dir / "node-5" / "vote.pem")
        net.ok("gov", "propose", "promote", "bank-e", "--id", "promote-e", "--as", "bank-c")
        agree(net, "promote-e", ["bank-a", "bank-d"])
        all_in_epoch(net, 6, [1, 2, 3, 4, 5])
        load.targets = [1, 2, 3, 4, 5]
    validators = net.ok("gov", "show")["validators"]
    assert (validators["epoch"], validators["voters"], validators["quorum"]) == (6, 5, 4), validators


@case("GV-07 every bank's vote and TLS key is replaced, and none of the old ones votes again")
def keys(net, load):
    with Gaps(load, "ten keys replaced"):
        for index in [1, 2, 3, 4, 5]:
            net.replace_keys(index)
            all_in_epoch(net, 6 + index, [1, 2, 3, 4, 5])
            wait_for(lambda index=index: net.status(index)["ready"], 20, f"node {index} ready with its new keys")
    net.refused("gov", "rotate", "--as", "bank-a", "--vote-key", net.dir / "node-1" / "vote.pem", code="AVKU")


@case("GV-14 a parameter changes for everybody at one height, and one that is out of bounds is refused")
def parameters(net, load):
    with Gaps(load, "another window"):
        net.ok("gov", "propose", "set", "pipeline_window=8", "--id", "window-8", "--as", "bank-e")
        assert net.ok("gov", "show", "window-8")["words"] == "set pipeline_window from 4 to 8"
        agree(net, "window-8", ["bank-a", "bank-b", "bank-c"])
        all_in_epoch(net, 12, [1, 2, 3, 4, 5])
    net.refused("gov", "propose", "set", "pipeline_window=65", "--as", "bank-a")
    assert net.ok("gov", "show")["parameters"]["pipeline_window"] == 8


@case("a node that was away for several epochs, in which its own keys were replaced, comes back and votes")
def returns(net, load):
    net.kill(2)
    with Gaps(load, "two epochs pass without node 2"):
        net.replace_keys(2)
        all_in_epoch(net, 13, [1, 3, 4, 5])
        net.ok("gov", "propose", "set", "pipeline_window=6", "--id", "window-6", "--as", "bank-a")
        agree(net, "window-6", ["bank-c", "bank-d", "bank-e"])
        all_in_epoch(net, 14, [1, 3, 4, 5])
    net.up()
    all_in_epoch(net, 14, [2])
    net.kill(3)  # four of five are a quorum: now node 2 has to vote
    load.next_after(time.monotonic(), 10)
    net.up()


@case("a bank that has lost its data directory gets other keys, begins with the genesis that knows neither, and votes")
def begins_anew(net, load):
    net.kill(2)
    net.replace_keys(2)
    all_in_epoch(net, 15, [1, 3, 4, 5])
    net.ok("devnet", "wipe", 2, "--dir", net.dir)
    path = net.dir / "node-2" / "node.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "join": True}))
    started = net.run("devnet", "up", "--dir", net.dir)
    if started.code != 0:  # on its way it has met signatures of the key before, which it has to give up
        assert "vote key is used elsewhere" in started.out, started
        net.up()
    all_in_epoch(net, 15, [2])
    wait_for(lambda: net.status(2)["ready"], 20, "node 2 ready")
    net.kill(3)  # four of five are a quorum: now node 2 has to vote
    load.next_after(time.monotonic(), 10)
    net.up()


@case("all nodes are killed in a later epoch and come back in it")
def blackout(net, load):
    net.kill_at_once([1, 2, 3, 4, 5])
    killed = time.monotonic()
    net.up()
    load.next_after(killed, 15)
    all_in_epoch(net, 15, [1, 2, 3, 4, 5])


@case("GV-02 a bank leaves, also one whose node is dead, and the others go on as four")
def leaves(net, load):
    load.targets = [1, 2, 3, 4]
    net.kill(5)
    net.left.add(5)
    with Gaps(load, "five become four"):
        net.ok("gov", "propose", "remove", "bank-e", "--id", "remove-e", "--as", "bank-a")
        agree(net, "remove-e", ["bank-b", "bank-c", "bank-d"])
        all_in_epoch(net, 16, [1, 2, 3, 4])
    validators = net.ok("gov", "show")["validators"]
    assert (validators["voters"], validators["quorum"]) == (4, 3), validators
    net.refused("gov", "propose", "remove", "bank-d", "--as", "bank-a", code="AVTF")
    assert [seat["standing"] for seat in validators["seats"]] == ["voter"] * 4 + ["left"]


case("at the end every acknowledged transaction is in one ledger that replays to the nodes' root")(one_history)


if __name__ == "__main__":
    sys.exit(run_cases_under_load(__doc__))
