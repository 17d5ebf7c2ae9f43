#!/usr/bin/env python3
"""The independent judge of traces (check_trace.py) agrees with the simulator's own: it finds nothing in
clean seeds, the same invariant in seeds of the test build, and each kind of tampering with a clean trace.
Prints one line a case that fails and `N passed, M failed`."""
import argparse
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import check_trace

CLEAN_SEEDS = range(1, 25)
FAULTS = {"quorum-off-by-one": {"A3"}, "send-before-persist": {"B1"}, "forget-votes-at-restart": {"A5", "A7", "A8"}}
SEARCHED = 40  # seeds of a fault that are searched for one whose invariant the trace can show


def run(sim, *arguments):
    done = subprocess.run([sim, *map(str, arguments)], capture_output=True, text=True, timeout=600)
    return done.returncode, done.stdout + done.stderr


def trace_of(sim, path, *arguments):
    code, output = run(sim, "run", "--trace", path, *arguments)
    return code, output, pathlib.Path(path).read_text().splitlines()


def found(lines):
    return {violation.split(":")[0] for violation in check_trace.judge(lines).violations}


def last(events, name, **wanted):
    """The index of the last such event."""
    return max(i for i, e in enumerate(events)
               if e["event"] == name and all(e.get(key) == value for key, value in wanted.items()))


# Each takes the events of a clean trace and breaks one promise.
def another_block(events):
    events[last(events, "final")]["digest"] = "00"


def a_skipped_height(events):
    events[last(events, "final")]["height"] += 1


def another_parent(events):
    events[last(events, "final")]["parent"] = "00"


def a_signer_less(events):
    certificate = events[last(events, "certificate")]
    certificate["signers"] = certificate["signers"][:2]


def a_signer_twice(events):
    certificate = events[last(events, "certificate")]
    certificate["signers"] = certificate["signers"][:1] * len(certificate["signers"])


def an_invented_vote(events):
    certificate = events[last(events, "certificate")]
    certificate["view"] = certificate.get("view", 0) + 7


def no_certificates(events):
    events[:] = [event for event in events if event["event"] != "certificate"]


def a_falling_view(events):
    at = last(events, "view")
    events[at + 1:at + 1] = [{**events[at], "view": 90}, {**events[at], "view": 89}]


def a_second_digest(events):
    at = last(events, "say", kind="commit")
    events.insert(at, {**events[at], "event": "durable", "digest": "11"})
    events.insert(at + 1, {**events[at + 1], "digest": "11"})


def a_vote_for_a_left_view(events):
    at = last(events, "say", kind="prepare")
    events.insert(at, {**events[at], "kind": "view_change", "view": events[at].get("view", 0) + 1, "height": 0})


def a_vote_not_on_disk(events):
    vote = events[last(events, "say", kind="commit")]
    events[:] = [e for e in events if not (e["event"] == "durable" and e["node"] == vote["node"] and
                                           e["height"] == vote["height"])]


def another_end(events):
    events.pop(last(events, "final"))


TAMPERINGS = [(another_block, "A1"), (a_skipped_height, "A2"), (another_parent, "A2"), (a_signer_less, "A3"),
              (a_signer_twice, "A3"), (an_invented_vote, "A3"), (no_certificates, "A3"), (a_falling_view, "A5"),
              (a_second_digest, "A7"), (a_vote_for_a_left_view, "A8"), (a_vote_not_on_disk, "B1"),
              (another_end, "C1")]


def clean_seeds(sim, folder, check):
    for seed in CLEAN_SEEDS:
        code, output, lines = trace_of(sim, f"{folder}/clean.ndjson", "--seed", seed)
        judged = check_trace.judge(lines)
        agrees = code == 0 and not judged.violations and judged.end == "settled" and judged.counts["final"] > 0
        check(f"clean seed {seed}", agrees, output + "\n".join(judged.violations[:5]))


def tampered_traces(sim, folder, check):
    lines = trace_of(sim, f"{folder}/clean.ndjson", "--seed", CLEAN_SEEDS[0])[2]
    for tamper, invariant in TAMPERINGS:
        events = [json.loads(line) for line in lines]
        tamper(events)
        violations = found([json.dumps(event) for event in events])
        check(f"tampering: {tamper.__name__} breaks {invariant}", invariant in violations, str(violations))


def faulty_seeds(sim, folder, check):
    for fault, invariants in FAULTS.items():
        output = run(sim, "run", "--seeds", SEARCHED, "--jobs", 2, "--fault", fault)[1]
        failing = [(int(seed), name) for seed, name in re.findall(r"^seed=(\d+) invariant=(\S+):", output, re.M)
                   if name in invariants]
        check(f"{fault} breaks one of {invariants}", failing, output[:2000])
        for seed, invariant in failing[:2]:
            lines = trace_of(sim, f"{folder}/faulty.ndjson", "--seed", seed, "--fault", fault)[2]
            violations = found(lines)
            check(f"seed {seed} of {fault}: {invariant}", invariant in violations, str(violations))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sim", required=True, help="the program aval-sim")
    parser.add_argument("--faulty-sim", help="the one of the test build")
    arguments = parser.parse_args()
    counts = [0, 0]

    def check(name, holds, output):
        counts[0 if holds else 1] += 1
        if not holds:
            print(f"FAILED {name}\n{output}")

    with tempfile.TemporaryDirectory() as folder:
        clean_seeds(arguments.sim, folder, check)
        tampered_traces(arguments.sim, folder, check)
        if arguments.faulty_sim:
            faulty_seeds(arguments.faulty_sim, folder, check)
    print(f"{counts[0]} passed, {counts[1]} failed")
    return 1 if counts[1] else 0


if __name__ == "__main__":
    sys.exit(main())
