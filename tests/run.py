#!/usr/bin/env python3
"""Runs every stage of the test suite in order, prints one counted line for each, and ends with one
line `N passed, N failed`. A stage that runs fewer cases than its floor has failed: tests that are
not run do not exist."""
import os
import pathlib
import re
import sys
import time

from stages import Stages

ROOT = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
RELEASE = ROOT / "build" / "release"
SANITIZERS = ROOT / "build" / "fuzz"  # clang, ASan and UBSan: unit tests and fuzzing share one build
AVAL = RELEASE / "bin" / "aval"
SIM = RELEASE / "bin" / "aval-sim"
FAULTY_SIM = RELEASE / "bin" / "aval-sim-faulty"

UNIT_FLOORS = {"crypto": 80, "ledger": 130, "contracts": 140, "consensus": 120, "node": 160, "cli": 55}
STORAGE_FLOOR = 17
SANITIZED = ["crypto", "ledger", "contracts", "consensus"]
SWITCHED_FAULTS = ["quorum-off-by-one", "send-before-persist", "forget-votes-at-restart", "votes-below-tip",
                   "unchecked-state-root"]
# Scripts with real processes, and the least number of their cases. Those that compare rates run alone.
PROCESSES_SIDE_BY_SIDE = [
    [("story_test.py", 5), ("bad_input_test.py", 18), ("readme_test.py", 1), ("snapshot_test.py", 6),
     ("upgrade_test.py", 3), ("storage_test.py", 7), ("lost_votes_test.py", 4)],
    [("recovery_test.py", 7), ("epoch_test.py", 9), ("ubl_corpus.py", 1), ("audit_test.py", 4), ("blame_test.py", 7),
     ("fork_test.py", 1), ("wrong_execution_test.py", 1)],
]
PROCESSES_ALONE = [("flood_test.py", 5), ("hardship_test.py", 6), ("network_test.py", 14)]

stages = Stages(ROOT)
run, close, one = stages.run, stages.close, stages.one


def catch_counts(output):
    passed = re.search(r"All tests passed \(.* in (\d+) test case", output)
    if passed:
        return int(passed.group(1)), 0
    failed = re.search(r"test cases:\s+(\d+)(?: \|\s+(\d+) passed)? \|\s+(\d+) failed", output)
    if failed:
        return int(failed.group(2) or 0), int(failed.group(3))
    return 0, 1


def unit_stages(name, build, rooms):
    for room in rooms:
        started = time.monotonic()
        code, output = run([build / "bin" / f"{room}_test"], 900)
        passed, failed = catch_counts(output)
        close(f"{name}-{room}", passed, failed or int(code != 0), UNIT_FLOORS[room], started, output)


def simulator_script(stage, script, arguments, floor):
    """A script about the simulator that ends with `N passed, M failed`."""
    started = time.monotonic()
    code, output = run(["python3", ROOT / "tests" / "simulation" / script, *arguments], 600)
    closing = re.findall(r"^(\d+) passed, (\d+) failed", output, re.M)
    passed, failed = (int(closing[-1][0]), int(closing[-1][1])) if closing else (0, 1)
    close(stage, passed, failed or int(code != 0), floor, started, output)


def storage_cases():
    started = time.monotonic()
    code, output = run([RELEASE / "bin" / "storage_test"], 600)
    passed, failed = catch_counts(output)
    close("storage-faults", passed, failed or int(code != 0), STORAGE_FLOOR, started, output)


def counted_script(script, floor, limit):
    started = time.monotonic()
    code, output = run(["python3", ROOT / "tests" / "integration" / script, "--aval", AVAL], limit)
    closing = re.findall(r"^(\d+) passed, (\d+) failed", output, re.M)
    passed, failed = (int(closing[-1][0]), int(closing[-1][1])) if closing else (0, 1)
    kept = [line for line in output.splitlines()
            if re.match(r"\||SKIPPED|examples=|flips=|(ubl|test)/|  \S.*\.(xml|XML) ", line)]
    skipped = len(re.findall(r"^SKIPPED", output, re.M))  # each said with its reason; the rest must still be there
    close(f"integration-{script.removesuffix('.py')}", passed, failed or int(code != 0), max(0, floor - skipped),
          started, output, kept)


def same_trace():
    """The same seeds give the same traces whichever compiler made the program, with sanitizers and without, and in
    however many processes they are played."""
    started = time.monotonic()
    # Freed memory is kept long enough to catch its use; where it came from a second run of the seed tells.
    environment = {**os.environ, "ASAN_OPTIONS": "quarantine_size_mb=1:malloc_context_size=0"}
    options = ["--seeds", "150", "--first", "7000"]
    (code, first), (_, second) = (run([build / "bin" / "aval-sim", "run", *options, "--jobs", jobs], 1200, env=environment)
                                  for build, jobs in [(SANITIZERS, 2), (RELEASE, 3)])
    ok = code == 0 and first == second and "traces=" in first
    close("sim-asan-ubsan-same-trace", int(ok), int(not ok), int(ok), started, first + second,
          re.findall(r"^stage=.*", first, re.M))


def small_programs():
    """What uses one core only, two at a time."""
    stages.side_by_side(
        [lambda: unit_stages("unit", RELEASE, UNIT_FLOORS),
         lambda: one("golden-ledger", ["python3", "tests/golden/ledger/verify.py"], 60, r"="),
         lambda: one("golden-builds", ["python3", "tests/golden/builds.py", RELEASE, SANITIZERS], 300, r"^stage="),
         storage_cases,
         lambda: one("crash-points", [RELEASE / "bin" / "aval-crash-points"], 600, r"^stage="),
         lambda: one("view-change-model", ["python3", "tests/model/run.py"], 900, r"^stage=")],
        [lambda: unit_stages("asan-ubsan", SANITIZERS, SANITIZED),
         lambda: one("fuzz-replay", [SANITIZERS / "bin" / "aval-fuzz-replay", "tests/fuzz/corpus"], 300,
                     r"^stage=|^takes|^there must")])


def simulator():
    one("sim-seeds", [SIM, "run", "--seeds", "2000", "--jobs", "2"], 1500, r"^stage=")
    one("sim-membership", [SIM, "run", "--seeds", "200", "--first", "50000", "--membership", "--jobs", "2"], 900,
        r"^stage=")
    one("sim-real-signatures",
        [SIM, "run", "--seeds", "100", "--first", "8000", "--real-signatures", "--jobs", "2"], 900, r"^stage=")
    one("sim-real-storage",
        [SIM, "run", "--seeds", "100", "--first", "9000", "--real-storage", "--real-signatures", "--jobs", "2"], 900,
        r"^stage=")
    one("sim-twins", [SIM, "twins", "--scenarios", "200000", "--jobs", "2"], 900, r"^stage=")
    one("sim-mutation", [SIM, "mutate", "--jobs", "2"], 300, r"^stage=")
    one("sim-joins", [SIM, "joins", "--seeds", "300", "--jobs", "2"], 300, r"^stage=|invariant=|reproduce")
    one("sim-attack", [SIM, "attack", "--replicas", "4", "--jobs", "2"], 600, r"%|^stage=|behaviour")
    simulator_script("sim-scenarios", "scenarios_test.py", ["--sim", SIM], 77)
    same_trace()
    stages.side_by_side(
        [lambda: simulator_script("sim-traces", "trace_test.py", ["--sim", SIM, "--faulty-sim", FAULTY_SIM], 42)],
        [lambda: one("sim-seeds-that-once-failed", [SIM, "run", "--seeds-file", "tests/simulation/seeds.txt"], 600,
                     r"^stage="),
         lambda: simulator_script("sim-reduces", "reduce_test.py", ["--sim", FAULTY_SIM], 5),
         switched_faults])


def switched_faults():
    for fault in SWITCHED_FAULTS:
        one(f"sim-catches-{fault}",
            [FAULTY_SIM, "run", "--seeds", "300", "--fault", fault, "--expect-caught"], 900, r"caught")
    for fault in ["quorum-off-by-one", "votes-below-tip"]:
        one(f"sim-twins-catch-{fault}",
            [FAULTY_SIM, "twins", "--scenarios", "20000", "--fault", fault, "--expect-caught"], 300, r"invariant=")


def main():
    one("lint", ["python3", "tests/lint/lint.py", ROOT], 60, r"^stage=")
    small_programs()
    one("mutants", ["python3", "tests/mutants/run.py", "--build", SANITIZERS, "--jobs", "2"], 600, r"^stage=|SURVIVES")
    one("fuzz", ["python3", "tests/fuzz/run.py"], 1800, r"^stage=|FAILED|^again:")
    simulator()
    stages.side_by_side(*[[lambda script=script, floor=floor: counted_script(script, floor, 1200)
                           for script, floor in lane] for lane in PROCESSES_SIDE_BY_SIDE])
    for script, floor in PROCESSES_ALONE:
        counted_script(script, floor, 1200)
    return stages.finish()


if __name__ == "__main__":
    sys.exit(main())
