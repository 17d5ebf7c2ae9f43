#!/usr/bin/env python3
"""A validator that cannot prove its own votes any more, or has lost its ledger with them, never votes with its key again; it
follows, and comes back under another one."""
import shutil
import subprocess
import sys
import time

from harness import case, wait_for
from load import one_history, run_cases_under_load

RECOVERY_NEEDED = 76


def data_of(net, index):
    return net.dir / f"node-{index}" / "data"


def ends_with(net, index, code):
    process = net.start_by_hand(index)
    try:
        assert process.wait(30) == code, process.returncode
    finally:
        process.kill()


def comes_back(net, load, index, keys, shows_its_vote):
    """Started by hand, since it is not ready before it has its new keys; in the end an ordinary node again."""
    process = net.start_by_hand(index)
    try:
        follows(net, load, index)
        takes_others(net, index, keys)
        shows_its_vote()
    finally:
        process.kill()
        process.wait(10)
    net.up()


def follows(net, load, index):
    """Keeps up with the chain, does not vote, and says why."""
    def is_level():
        status, other = net.status(index), net.status(1)
        return status and other and status["height"] >= other["height"] - 5 and status
    wait_for(is_level, 30, f"node {index} level with the others")
    reasons = net.status(index)["not_ready"]
    assert any("vote key was given up" in reason for reason in reasons), reasons
    status, body = net.http(index, "POST", "/v1/tx", load.envelopes[-1], "application/x-protobuf")
    assert status == 503 and "no vote" in body["detail"], (status, body)


def takes_others(net, index, keys):
    net.replace_keys(index, keys)
    wait_for(lambda: (net.status(index) or {}).get("ready"), 30, f"node {index} ready with its new keys")


def is_needed(net, load, spare):
    """Without this other one nothing is final but by its vote."""
    net.kill(spare)
    load.next_after(time.monotonic(), 15)
    net.up()


def has_signed(net, index):
    """A block of the present epoch is final by its vote, for which no key of an earlier one counts."""
    member, epoch = net.nodes()[index - 1]["member"], net.status(index)["epoch"]

    def is_signed():
        head = net.get(1, f"/v1/blocks/{net.status(1)['height']}")
        return head["header"]["epoch"] == epoch and head["certificate"] and member in head["certificate"]["signers"]
    wait_for(is_signed, 20, f"a block with a vote of node {index}")


def same_root(net, one, other):
    """Both have executed the same blocks to the same state."""
    def at_one_height():
        pair = net.status(one), net.status(other)
        return pair[0]["height"] == pair[1]["height"] and pair
    pair = wait_for(at_one_height, 20, f"nodes {one} and {other} at one height")
    assert pair[0]["state_root"] == pair[1]["state_root"], pair


@case("ST-12 a validator whose CURRENT is gone starts over in an empty directory, as it is told, and votes again with a new key")
def lost_database(net, load):
    load.targets = [1, 3, 4]
    wait_for(lambda: net.height() > 50, 20, "blocks that node 2 has voted for")
    has_signed(net, 2)
    net.kill(2)
    (data_of(net, 2) / "db" / "CURRENT").unlink()
    ends_with(net, 2, RECOVERY_NEEDED)
    assert "start over in an empty directory" in net.log(2)
    assert "next: keep a copy of the data directory" in net.log(2)
    data_of(net, 2).rename(net.folder / "kept")
    ends_with(net, 2, RECOVERY_NEEDED)  # its peers' blocks show it votes of its own that it knows nothing of
    assert "then start avald again, which follows without a vote, and replace the key" in net.log(2)
    comes_back(net, load, 2, ["vote"], lambda: has_signed(net, 2))
    same_root(net, 1, 2)


@case("ST-19 a validator whose vote journal is lost is refused, gives its key up, follows, and votes again under a new one")
def lost_journal(net, load):
    load.targets = [1, 2, 3]
    net.kill(4)
    shutil.rmtree(data_of(net, 4) / "votes")
    ends_with(net, 4, RECOVERY_NEEDED)
    assert "--give-up-vote-key" in net.log(4)
    config = net.dir / "node-4" / "node.json"
    given_up = subprocess.run([net.aval.parent / "avald", "--config", config, "--give-up-vote-key"], capture_output=True,
                              text=True, timeout=30)
    assert given_up.returncode == 0 and "aval gov rotate" in given_up.stdout, given_up
    comes_back(net, load, 4, ["vote", "tls"], lambda: is_needed(net, load, spare=3))


@case("CS-03 a validator that was given an old copy of all its data finds its own later votes, and stops for good")
def old_copy(net, load):
    load.targets = [1, 2, 4]
    net.kill(3)
    copy = net.folder / "old-copy"
    shutil.copytree(data_of(net, 3), copy)
    net.up()
    height = net.height()
    wait_for(lambda: net.height() > height + 300, 60, "blocks that node 3 has voted for")
    net.kill(3)
    shutil.rmtree(data_of(net, 3))
    shutil.copytree(copy, data_of(net, 3))
    ends_with(net, 3, RECOVERY_NEEDED)
    assert "used elsewhere, or its data is an old copy" in net.log(3)
    comes_back(net, load, 3, ["vote", "tls"], lambda: is_needed(net, load, spare=4))
    load.targets = [1, 2, 3, 4]


case("at the end every acknowledged transaction is in one ledger that replays to the nodes' root")(one_history)


if __name__ == "__main__":
    sys.exit(run_cases_under_load(__doc__))
