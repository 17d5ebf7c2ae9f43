#!/usr/bin/env python3
"""Reduces failing seeds of the test build and plays what is left: the same invariant breaks, with less.
Prints one line a case that fails and `N passed, M failed`."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

FAULTS = ["quorum-off-by-one", "votes-below-tip", "send-before-persist", "unchecked-state-root"]
SWITCHES = [("network", "loss_per_mille"), ("network", "duplicate_per_mille"), ("network", "hold_per_mille"),
            ("chaos", "partitions"), ("chaos", "crashes"), ("chaos", "blackouts"), ("disk", "rotate_per_mille")]


def run(sim, *arguments):
    done = subprocess.run([sim, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def invariant_of(output):
    found = re.search(r"invariant=(\S+):", output)
    return found.group(1) if found else None


def failing_seed(sim, fault):
    output = run(sim, "run", "--seeds", 300, "--jobs", 2, "--fault", fault, "--expect-caught")[1]
    return int(re.search(r"^seed=(\d+)", output, re.M).group(1)), invariant_of(output)


def size(plan):
    """What there is in a plan, so that less is less."""
    on = sum(bool(plan[section][key]) for section, key in SWITCHES)
    return (plan["replicas"], plan["load"]["transactions"], plan["chaos"]["length_us"], len(plan["hostile"]) + on)


def reduces(sim, fault, path):
    """Why the reduced scenario is not what it should be; None when it is."""
    seed, invariant = failing_seed(sim, fault)
    code, output = run(sim, "reduce", "--seed", seed, "--fault", fault, "--jobs", 2, "--out", path)
    command = re.search(r"reproduce: aval-sim (.*)", output)
    if code != 0 or not command:
        return f"the reducer ended with {code}\n{output}"
    played = run(sim, *command.group(1).split())[1]
    if invariant_of(played) != invariant:
        return f"{invariant} became {invariant_of(played)}\n{played}"
    before = size(json.loads(run(sim, "plan", "--seed", seed, "--fault", fault)[1]))
    after = size(json.loads(pathlib.Path(path).read_text()))
    print(f"fault={fault} invariant={invariant} before={before} after={after}")
    return None if all(a <= b for a, b in zip(after, before)) and after != before else "nothing became less"


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", required=True, help="the program aval-sim of the test build")
    sim = parser.parse_args().sim
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        for fault in FAULTS:
            why = reduces(sim, fault, pathlib.Path(folder) / f"{fault}.json")
            if why:
                failed += 1
                print(f"FAILED {fault}: {why}")
    code, output = run(sim, "reduce", "--seed", 2)
    if code != 1 or "does not fail" not in output:
        failed += 1
        print(f"FAILED a seed that does not fail is not reduced\n{output}")
    print(f"{len(FAULTS) + 1 - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
