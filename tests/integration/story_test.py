#!/usr/bin/env python3
"""The main job as a user runs it: four real processes, one invoice from submission to settlement."""
import json
import subprocess
import sys
import time

from harness import Devnet, arguments, case, run_cases

STORY_SECONDS_MAX = 60


@case("the trade story runs from nothing to a stopped network in under 60 s")
def story(aval, folder):
    started = time.monotonic()
    done = subprocess.run([str(aval), "demo", "trade", "--dir", str(folder / "demo")], capture_output=True, text=True,
                          timeout=180, stdin=subprocess.DEVNULL)
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stdout + done.stderr
    assert "State root of all four banks" in done.stdout, done.stdout
    assert seconds < STORY_SECONDS_MAX, seconds
    print(f"| trade story | {seconds:.1f} s |")


@case("the story can be told again on the same ledger")
def again(aval, folder):
    story(aval, folder)


@case("the network of the story has stopped")
def stopped(aval, folder):
    done = subprocess.run([str(aval), "--json", "devnet", "status", "--dir", str(folder / "demo")],
                          capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL)
    assert not any(node["running"] for node in json.loads(done.stdout)["nodes"]), done.stdout


@case("a receipt verifies offline with the genesis alone, and not when a byte of it is changed")
def receipt(net):
    issued = net.ok("cash", "issue", "--as", "bank-a", "--to", "bank-c", "--amount", "5.00", "--currency", "EUR")
    path = net.folder / "receipt.json"
    path.write_text(json.dumps(net.ok("tx", "receipt", issued["tx_id"])))
    net.ok("verify", "receipt", path, "--genesis", net.dir / "genesis.json")
    changed = json.loads(path.read_text())
    proof = changed["proof"]
    middle = len(proof) // 2
    changed["proof"] = proof[:middle] + ("A" if proof[middle] != "A" else "B") + proof[middle + 1:]
    path.write_text(json.dumps(changed))
    assert net.run("verify", "receipt", path, "--genesis", net.dir / "genesis.json").code == 1


@case("every node gives the same final answer to the same bytes, submitted again and again")
def same_answer(net):
    envelopes = net.folder / "one.bin"
    net.ok("bench", "sign", "--count", 1, "--out", envelopes, "--dir", net.dir)
    envelope = envelopes.read_bytes()[4:]
    answers = [net.http(index, "POST", "/v1/tx?wait=10s", envelope, "application/x-protobuf")
               for index in (1, 2, 3, 4, 1, 1)]
    assert all(status == 200 and body == answers[0][1] for status, body in answers), answers


@case("all nodes stand at one height with one state root")
def equal(net):
    net.wait_equal()
    assert net.run("status", "--all").code == 0


@case("a node that is told to stop exits with code 0 within two seconds")
def graceful(net):
    started = time.monotonic()
    net.ok("devnet", "down", "--dir", net.dir)
    assert time.monotonic() - started < 8
    for node in net.nodes():
        log = net.log(node["index"])
        assert "stopped" in log.splitlines()[-1], log[-500:]


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net:
        return run_cases(net=net, aval=net.aval, folder=net.folder)


if __name__ == "__main__":
    sys.exit(main())
