#!/usr/bin/env python3
"""Plays every scenario file with several seeds, and checks what a scenario file promises: that a
printed plan gives the same run, and that a file with a mistake is refused by name. Prints one line a
case that fails and `N passed, M failed`."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
SEEDS = 5
PRINTED_PLANS = [1, 9, 18, 22, 25]
MISTAKES = [  # a file, and what the refusal says
    ({"replica": 4}, 'unknown key "replica"; did you mean "replicas"?'),
    ({"network": {"los_per_mille": 10}}, 'did you mean "loss_per_mille"?'),
    ({"network": {"loss_per_mille": 1001}}, "network.loss_per_mille: must be a whole number from 0 to 1000"),
    ({"replicas": 3}, "replicas: must be a whole number from 4 to 16"),
    ({"parameters": {"pipeline_window": 0}}, "pipeline_window is 0"),
    ({"events": [{"at_ms": 5, "do": "crush", "nodes": [0]}]}, 'did you mean "crash"?'),
    ({"events": [{"at_ms": 5, "do": "crash", "node": [0]}]}, 'did you mean "nodes"?'),
    ({"events": [{"at_ms": 5, "do": "crash"}]}, '"nodes" is missing'),
    ({"events": [{"at_ms": 5, "do": "crash", "nodes": [4]}]}, "events[0].nodes: must be a whole number from 0 to 3"),
    ({"hostile": [{"node": 0, "behaviour": "mut"}]}, 'did you mean "mute"?'),
    ({"hostile": [{"node": 0, "behaviour": "mute"}, {"node": 1, "behaviour": "mute"}]}, "at most 1 can be hostile"),
    ({"expect": {"commits_atleast": 3}}, 'did you mean "commits_at_least"?'),
    ({"expect": {"faults_at_least": {"los": 3}}}, 'did you mean "loss"?'),
    ({"membership": ["sit"]}, 'did you mean "seat"?'),
    ({"membership": ["promote"]}, '"promote" stands once, behind "seat"'),
    ({"membership": ["remove"]}, "fewer than four would vote"),
    ({"load": {"transactions": -1}}, "load.transactions: must be a whole number"),
]
# Demands that no run of this world can meet: an expectation that cannot fail would be none.
UNMET = {
    "commits_at_least": 100000, "epochs_at_least": 1, "evidence_at_least": 1, "view_at_least": 50, "settled_within_ms": 0,
    "no_commits_between": [{"from_ms": 0, "to_ms": 10000}], "no_votes_between": [{"from_ms": 0, "to_ms": 10000}],
    "commits_between": [{"from_ms": 9999, "to_ms": 9999}], "faults_at_least": {"crash": 5},
}


class Cases:
    def __init__(self, sim):
        self.sim, self.passed, self.failed = sim, 0, 0

    def run(self, *arguments):
        done = subprocess.run([self.sim, *map(str, arguments)], capture_output=True, text=True, timeout=600)
        return done.returncode, done.stdout + done.stderr

    def check(self, name, holds, output):
        self.passed += bool(holds)
        self.failed += not holds
        if not holds:
            print(f"FAILED {name}\n{output}")


def play_all(cases):
    for path in sorted((HERE / "scenarios").glob("*.json")):
        code, output = cases.run("run", "--seeds", SEEDS, "--jobs", 2, "--scenario", path)
        cases.check(path.stem, code == 0 and f"seeds={SEEDS} failures=0" in output, output)


def print_and_play(cases, folder):
    for seed in PRINTED_PLANS:
        plan = folder / f"plan-{seed}.json"
        plan.write_text(cases.run("plan", "--seed", seed)[1])
        drawn = cases.run("run", "--seed", seed)[1]
        played = cases.run("run", "--seed", seed, "--scenario", plan)[1]
        hashes = re.findall(r"trace=([0-9a-f]{64})", drawn + played)
        cases.check(f"the printed plan of seed {seed} gives the same trace",
                    len(hashes) == 2 and hashes[0] == hashes[1], drawn + played)


def refuse_mistakes(cases, folder):
    for i, (content, refusal) in enumerate(MISTAKES):
        path = folder / f"mistake-{i}.json"
        path.write_text(json.dumps(content))
        code, output = cases.run("run", "--seed", 1, "--scenario", path)
        cases.check(f"{content} is refused", code == 64 and refusal in output, output)


def fail_what_is_unmet(cases, folder):
    for key, demand in UNMET.items():
        path = folder / f"unmet-{key}.json"
        path.write_text(json.dumps({"load": {"transactions": 20}, "expect": {key: demand}}))
        code, output = cases.run("run", "--seed", 1, "--scenario", path)
        cases.check(f"an unmet {key} fails the run", code == 1 and f"EXPECT: {key}" in output, output)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", required=True, help="the program aval-sim")
    cases = Cases(parser.parse_args().sim)
    with tempfile.TemporaryDirectory() as folder:
        play_all(cases)
        print_and_play(cases, pathlib.Path(folder))
        refuse_mistakes(cases, pathlib.Path(folder))
        fail_what_is_unmet(cases, pathlib.Path(folder))
    print(f"{cases.passed} passed, {cases.failed} failed")
    return 1 if cases.failed else 0


if __name__ == "__main__":
    sys.exit(main())
