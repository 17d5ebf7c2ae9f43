#!/usr/bin/env python3
"""An auditor takes the ledger away and needs no trust in any node."""
import concurrent.futures
import random
import subprocess
import sys

from harness import Devnet, arguments, case, ledger_with_a_trade, run_cases

TRIALS = 1000


@case("the replayed ledger shows the same height and state root as every node")
def replay_agrees(net, ledger):
    status = net.wait_equal()
    audit = net.ok("audit", "verify", ledger)
    assert audit["height"] == status["height"], (audit, status)
    assert audit["state_root"] == status["state_root"], (audit, status)
    assert audit["signatures"] > 0 and audit["transactions"] > 0


@case("a node audited over HTTP gives the same root as the exported file")
def remote_agrees(net, ledger):
    from_file = net.ok("audit", "verify", ledger)
    from_node = net.ok("audit", "verify", net.url(2))
    assert from_node["state_root"] == from_file["state_root"]


@case("a ledger cut short is refused and says so")
def truncated(net, ledger):
    cut = ledger.with_suffix(".cut")
    cut.write_bytes(ledger.read_bytes()[:-9])
    answer = net.refused("audit", "verify", cut)
    assert answer.code in (2, 3), repr(answer)


@case("the audit of another chain is refused by name")
def other_chain(net, ledger):
    with Devnet(net.aval) as other:
        answer = net.run("audit", "verify", ledger, "--genesis", other.dir / "genesis.json")
        assert answer.code == 2, repr(answer)


@case(f"ST-29 each of {TRIALS} random single-bit flips in the exported ledger is detected")
def every_flip(net, ledger):
    original = ledger.read_bytes()
    draw = random.Random(20261122)
    bits = [draw.randrange(len(original) * 8) for _ in range(TRIALS)]

    def verdict(numbered):
        number, bit = numbered
        flipped = bytearray(original)
        flipped[bit // 8] ^= 1 << (bit % 8)
        path = ledger.with_name(f"flip-{number % 4}-{number}.aval")
        path.write_bytes(flipped)
        done = subprocess.run([str(net.aval), "--profile", str(net.dir / "profile.json"), "audit", "verify", str(path)],
                              capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        path.unlink()
        return bit, done.returncode, done.stderr

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        verdicts = list(pool.map(verdict, enumerate(bits)))
    undetected = [(bit, code, err) for bit, code, err in verdicts if code != 2]
    print(f"flips={len(verdicts)} undetected={len(undetected)} bytes={len(original)}")
    assert not undetected, undetected[:5]


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net:
        return run_cases(net=net, ledger=ledger_with_a_trade(net))


if __name__ == "__main__":
    sys.exit(main())
