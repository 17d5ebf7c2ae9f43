#!/usr/bin/env python3
"""Nodes join by a snapshot, with nothing but the genesis and the peers' addresses, while transactions go on."""
import contextlib
import json
import pathlib
import sys
import time

from harness import Devnet, arguments, case, run_cases, wait_for
from load import Load, assert_all_there

INTERVAL = 200  # blocks between snapshots


def snapshots_of(net, index):
    """Height -> manifest of what node `index` offers."""
    out = {}
    for folder in sorted((net.dir / f"node-{index}" / "data" / "snapshots").glob("[0-9]*")):
        with contextlib.suppress(OSError):  # the oldest may go while we look
            out[int(folder.name)] = (folder / "manifest").read_bytes()
    return out


def give_seat(net, approvers):
    """One bank more: member, then a seat without a vote; its node is configured and not started."""
    added = net.ok("devnet", "add", "--dir", net.dir)
    bank = json.loads(pathlib.Path(added["member_file"]).read_text())["id"]
    for kind, words in (("admit", [added["member_file"]]), ("seat", [added["seat_file"]])):
        proposal = f"{kind}-{bank}"
        net.ok("gov", "propose", kind, *words, "--id", proposal, "--as", "bank-a")
        for voter in approvers:
            net.ok("gov", "vote", proposal, "--as", voter)
    wait_for(lambda: bank in json.dumps(net.ok("gov", "show")["validators"]), 20, f"a seat for {bank}")
    return bank


def joined(net, index):
    """The status of a node that has come by a snapshot and is where the others are."""
    def caught_up():
        status = net.status(index)
        return status and status["ready"] and status
    return wait_for(caught_up, 30, f"node {index} ready")


@case("snapshots are taken at the heights that the parameter fixes, and are the same at every node")
def taken(net, load):
    def common():
        seen = [snapshots_of(net, index) for index in (1, 2, 3, 4)]
        heights = set.intersection(*(set(each) for each in seen))
        return [each[max(heights)] for each in seen] if heights else None
    manifests = wait_for(common, 60, "a snapshot of one height at all nodes")
    assert len(set(manifests)) == 1 and manifests[0], "manifests differ"
    heights = snapshots_of(net, 1)
    assert heights and all(height % INTERVAL == 0 for height in heights), sorted(heights)


@case("GV-15 a node joins with the genesis and addresses alone, by a snapshot, and then votes")
def joins(net, load):
    bank = give_seat(net, ["bank-b", "bank-c"])
    begun = time.monotonic()
    net.up()
    status = joined(net, 5)
    print(f"| joins by a snapshot | {time.monotonic() - begun:.1f} s | first height {status['first_height']} | "
          f"height {status['height']} |")
    assert status["first_height"] > INTERVAL and (status["first_height"] - 1) % INTERVAL == 0, status
    assert "joins by the snapshot of height" in net.log(5)
    net.ok("gov", "ready", "--as", bank, "--node", net.url(5), "--vote-key", net.dir / "node-5" / "vote.pem")
    net.ok("gov", "propose", "promote", bank, "--id", "promote-e", "--as", "bank-c")
    for voter in ("bank-a", "bank-d"):
        net.ok("gov", "vote", "promote-e", "--as", voter)
    wait_for(lambda: net.status(5)["epoch"] == 2, 20, "the epoch in which node 5 votes")
    net.kill(2)  # four of five are a quorum: now node 5 has to vote
    load.next_after(time.monotonic(), 10)
    net.up()


@case("a node that joined by a snapshot says what it does not have, and how a transaction from before ended")
def before_the_base(net, load):
    first = net.status(5)["first_height"]
    status, body = net.http(5, "GET", f"/v1/blocks/{first - 1}")
    assert status == 404 and f"from height {first} on" in body["detail"], (status, body)
    status, _ = net.http(5, "GET", f"/v1/blocks/{first}")
    assert status == 200, status
    _, tx_id = load.acknowledged[0]
    found = net.get(5, f"/v1/tx/{tx_id}")
    assert found["state"] == "committed" and found["height"] < first, found
    assert found["height"] == net.get(1, f"/v1/tx/{tx_id}")["height"], found
    status, body = net.http(5, "GET", f"/v1/tx/{tx_id}/receipt")
    assert status == 404 and f"from height {first} on" in body["detail"], (status, body)
    again = net.http(5, "POST", "/v1/tx?wait=2s", load.envelopes[0], "application/x-protobuf")
    assert again[0] == 200 and again[1]["tx_id"] == tx_id, again
    answer = net.run("--endpoint", net.url(5), "audit", "export", "--out", net.folder / "partial.aval")
    assert answer.code != 0 and f"from height {first} on" in answer.out + answer.err, answer


@case("a node that joined by a snapshot is killed and comes back")
def restarts(net, load):
    net.kill(5)
    load.next_after(time.monotonic(), 10)
    net.up()
    joined(net, 5)


@case("CS-20 a source whose chunks are not the agreed ones is found out, named and left; the others give the snapshot")
def poisoned(net, load):
    load.stopping = True
    load.thread.join(30)
    give_seat(net, ["bank-b", "bank-c", "bank-d"])
    for chunk in (net.dir / "node-1" / "data" / "snapshots").glob("*/chunk-*"):
        bytes_ = bytearray(chunk.read_bytes())
        bytes_[len(bytes_) // 2] ^= 1
        chunk.chmod(0o600)
        chunk.write_bytes(bytes_)
    net.up()
    status = joined(net, 6)
    assert status["first_height"] > INTERVAL, status
    log = net.log(6)
    assert "snapshot.bad_source: bank-a" in log and "asked no more" in log, log[-2000:]


@case("at the end all nodes have one state root, and every acknowledged transaction is there")
def one_root(net, load):
    status = net.wait_equal(60)
    ledger = net.folder / "ledger.aval"
    net.ok("audit", "export", "--out", ledger, limit=120)
    audit = net.ok("audit", "verify", ledger, limit=300)
    assert (audit["height"], audit["state_root"]) == (status["height"], status["state_root"]), (audit, status)
    assert_all_there(net, load.acknowledged)
    print(f"| acknowledged {len(load.acknowledged)} | lost 0 | height {audit['height']} |")


def main():
    options = arguments(__doc__)
    with Devnet(options.aval, parameters={"snapshot_interval_blocks": INTERVAL}) as net, Load(net) as load:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        return run_cases(net=net, load=load)


if __name__ == "__main__":
    sys.exit(main())
