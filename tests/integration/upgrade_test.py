#!/usr/bin/env python3
"""Rules change at a height while programs of two versions run; and a network is brought to rest at a height."""
import contextlib
import sys
import time

from harness import Devnet, arguments, case, holds_for, run_cases, wait_for
from load import Load, assert_all_there

NEWER = "avald-with-next-rules"  # knows rules version 1; avald knows 0
AHEAD = 400  # blocks from the proposal to the change
UPGRADE_NEEDED = 77


class Processes:
    """Nodes that the test itself started, by index."""

    def __init__(self, net):
        self.net = net
        self.of = {}

    def restart(self, index, program):
        self.net.kill(index) if index not in self.of else self.end(index)
        self.of[index] = self.net.start_by_hand(index, program)
        wait_for(lambda: self.net.status(index), 20, f"node {index} up with {program}")

    def end(self, index):
        self.of[index].kill()
        self.of.pop(index).wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for index in list(self.of):
            with contextlib.suppress(OSError):
                self.end(index)


def agree_on_rules(net, version):
    """All but one bank approve that the rules change at a height ahead; that height."""
    height = net.height() + AHEAD
    proposal = f"rules-{version}"
    net.ok("gov", "propose", "set", f"rules_version={version}", "--id", proposal, "--at", height, "--as", "bank-a")
    for bank in ("bank-b", "bank-c"):
        net.ok("gov", "vote", proposal, "--as", bank)
    assert net.height() < height, "the height came before the approvals"
    return height


def rests_at(net, index, height):
    def rests():
        status = net.status(index)
        reasons = status["not_ready"] if status else []
        return status and status["height"] == height and any("install a newer avald" in each for each in reasons)
    wait_for(rests, 30, f"node {index} at rest at height {height}")


def refuses_to_start(net, index):
    process = net.start_by_hand(index)
    assert process.wait(20) == UPGRADE_NEEDED, process.returncode


@case("GV-16 rules change at a height: who knows them goes on, who does not stays below, forks from nobody and comes back")
def mixed(net, load, processes):
    for index in (1, 2, 3):
        processes.restart(index, NEWER)
        wait_for(lambda index=index: net.status(index)["ready"], 20, f"node {index} ready")
    height = agree_on_rules(net, 1)
    rests_at(net, 4, height)
    load.next_after(time.monotonic(), 10)
    wait_for(lambda: net.status(1)["height"] > height and net.status(1)["epoch"] == 1, 20, "the others beyond it")
    assert net.get(1, f"/v1/blocks/{height}")["hash"] == net.status(4)["head_hash"]
    status, body = net.http(4, "POST", "/v1/tx", load.envelopes[-1], "application/x-protobuf")
    assert status == 503 and "upgraded" in body["detail"], (status, body)
    net.kill(4)
    refuses_to_start(net, 4)
    processes.of[4] = net.start_by_hand(4, NEWER)
    wait_for(lambda: (net.status(4) or {}).get("ready"), 20, "node 4 ready with the newer program")
    assert net.status(4)["epoch"] == 1


@case("a version of the rules never falls")
def monotone(net, load):
    net.refused("gov", "propose", "set", "rules_version=0", "--as", "bank-a", code="AVPB")


@case("GV-11 all nodes come to rest at the height of a planned halt, one that lags too, and nobody passes it")
def halt(net, load, processes):
    height = agree_on_rules(net, 2)
    processes.end(4)
    for index in (1, 2, 3):
        rests_at(net, index, height)
    processes.of[4] = net.start_by_hand(4, NEWER)
    rests_at(net, 4, height)
    holds_for(3, lambda: [status["height"] for status in net.statuses().values()] == [height] * 4,
              f"a node passed height {height}")
    assert len({(s["head_hash"], s["state_root"], s["epoch"]) for s in net.statuses().values()}) == 1
    load.stopping = True
    load.thread.join(30)
    assert_all_there(net, load.acknowledged)
    ledger = net.folder / "ledger.aval"
    net.ok("audit", "export", "--out", ledger, limit=120)
    audit = net.ok("audit", "verify", ledger, limit=300)
    assert audit["height"] == height, audit
    print(f"| planned halt | height {height} | acknowledged {len(load.acknowledged)} | lost 0 |")


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net, Load(net) as load, Processes(net) as processes:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        return run_cases(net=net, load=load, processes=processes)


if __name__ == "__main__":
    sys.exit(main())
