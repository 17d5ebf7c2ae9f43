#!/usr/bin/env python3
"""An auditor takes the ledger away and needs no trust in any node."""
import concurrent.futures
import random
import resource
import signal
import subprocess
import sys

from harness import Devnet, arguments, case, ledger_with_a_trade, needs, run_cases

TRIALS = 1000
END_BYTES, CHECKSUM_BYTES = 44, 32  # of an exported ledger
CUT = "the file is cut off after the block at height"


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


def partial(ledger):
    return ledger.with_name(ledger.name + ".partial")


def killed_before(net, ledger, call, bytes_max):
    """An export that gets no more than so many bytes into its file and is killed as it enters this call on it."""
    command = ["strace", "-f", "-P", partial(ledger), "-e", f"inject={call}:signal=SIGKILL", net.aval,
               "--profile", net.dir / "profile.json", "audit", "export", "--out", ledger]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL,
                          preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, bytes_max)))
    assert done.returncode == -signal.SIGKILL and not ledger.exists(), done
    assert partial(ledger).stat().st_size == bytes_max, (done, partial(ledger).stat())


@case("ST-26 an export that is killed in the middle leaves nothing that verifies, and the next one to that name is whole")
def killed_export(net, ledger):
    needs("strace")
    whole, out = ledger.read_bytes(), net.folder / "killed.aval"
    blocks, checksum = len(whole) - END_BYTES, len(whole) - CHECKSUM_BYTES  # where they end, and where it begins
    for written, cause in [(0, "is not an exported ledger"), (50, "is cut off"),
                           (len(whole) // 4, CUT), (len(whole) // 2, CUT), (blocks - 1, CUT), (blocks, CUT),
                           (checksum, "the end is not the end of the file"),
                           (len(whole) - 1, "the end is not the end of the file")]:
        writes = 3 if written > checksum else min(written, 1) + 1  # all up to the checksum is handed over at once
        killed_before(net, out, f"write:when={writes}", written)
        net.refused("audit", "verify", partial(out), code=cause, exit_code=2)
        net.ok("audit", "export", "--out", out)
        assert out.read_bytes() == whole and not partial(out).exists()
        out.unlink()
    killed_before(net, out, "rename", len(whole))


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net:
        return run_cases(net=net, ledger=ledger_with_a_trade(net))


if __name__ == "__main__":
    sys.exit(main())
