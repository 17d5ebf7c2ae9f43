#!/usr/bin/env python3
"""Four banks are run twice from one copy of their data, as a careless restore would: two ledgers, each final. What
happens when one of the nodes meets the other ledger, and whom an auditor names."""
import copy
import shutil
import sys

from harness import case, run_cases_on_a_network

DIVERGENCE = 75


def issue(net, amount):
    net.ok("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--currency", "EUR", "--amount", amount)


def keep(net, life):
    """What an auditor gets of this life: the export, and the files of evidence and new views."""
    ledger, files = net.folder / f"{life}.aval", net.folder / life
    net.ok("audit", "export", "--out", ledger)
    saved = net.ok("evidence", "save", files)
    return ledger, [files / entry["file"] for entry in saved["files"]]


def run_in(net, life, without, amounts):
    """All but one of the banks."""
    net.up()
    net.kill(without)
    for amount in amounts:
        issue(net, amount)
    kept = keep(net, life)
    net.kill_at_once([index for index in (1, 2, 3, 4) if index != without])
    return kept


def copied(net):
    """The same network as it is on disk, at the same ports: only one of the two can run."""
    other = copy.copy(net)
    other.folder = net.folder / "copy"
    other.dir = other.folder / "net"
    shutil.copytree(net.dir, other.dir)
    return other


@case("CS-24 a node that meets another final block stops with 75, the rest goes on, and blame names who signed both")
def two_lives(net):
    issue(net, "1.00")
    net.kill_at_once([1, 2, 3, 4])
    with copied(net) as second:
        first_ledger, first_files = run_in(net, "first", 4, ["2.00", "3.00", "4.00"])
        second_ledger, second_files = run_in(second, "second", 3, ["5.00"])
        shutil.rmtree(net.dir / "node-4" / "data")
        shutil.move(second.dir / "node-4" / "data", net.dir / "node-4")
        meets_the_other(net, 4)
        verdict = net.ok("blame", first_ledger, second_ledger, *first_files, *second_files)
    named = {entry["validator"] for entry in verdict["culprits"]}
    assert verdict["forked"] and len(named) >= verdict["culprits_needed"], verdict
    assert named <= {0, 1}, verdict  # the third bank lived once, the fourth in the other life


def meets_the_other(net, index):
    """It ends with 75 at each start; the other three are a quorum."""
    started = net.run("devnet", "up", "--dir", net.dir)
    assert started.code != 0 and f"node {index}" in started.out, started
    process = net.start_by_hand(index)
    try:
        assert process.wait(30) == DIVERGENCE, process.returncode
    finally:
        process.kill()
    issue(net, "6.00")


if __name__ == "__main__":
    sys.exit(run_cases_on_a_network(__doc__))
