#!/usr/bin/env python3
"""Runs every fuzz target under ASan and UBSan for a counted number of executions, two at a time, each
from its corpus, and fails when one finds something or stays below its floor. `--times 30` is for the
night. The corpora stay as they are; what a target found is left in build/fuzz/found."""
import argparse
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ROOT / "build" / "fuzz" / "bin"
CORPUS = ROOT / "tests" / "fuzz" / "corpus"
FOUND = ROOT / "build" / "fuzz" / "found"
ROOMS = ["crypto", "ledger", "contracts", "consensus", "node", "cli"]

# What reaches a node from strangers or from its disk, and is read without checking a signature.
CODECS = ["message", "record", "envelope", "body", "batch", "header", "certificate", "validators", "evidence", "receipt",
          "parameters", "cose_sign1", "frame", "hello", "epoch_proof"]
EDGE = ["strict_json", "http_target", "http_request", "state_answer", "ubl_invoice"]  # JSON, HTTP, XML
STATEFUL = ["replica"]
FLOORS = {**dict.fromkeys(CODECS, 1_000_000), **dict.fromkeys(EDGE, 200_000), **dict.fromkeys(STATEFUL, 20_000)}
OTHER_FLOOR = 20_000
DEAR = {"genesis": 5_000, "genesis_json": 5_000, "private_key": 5_000}  # keys, and trees of a whole first state
TARGETS_FLOOR = 14
SECONDS_MAX = 900

# Freed memory is kept long enough to catch its use, but not 256 MB of it: fresh pages are what costs.
SANITIZERS = {"ASAN_OPTIONS": "quarantine_size_mb=8:malloc_context_size=4", "UBSAN_OPTIONS": "print_stacktrace=1"}


def targets():
    """Name of each target and the program it is in; a program lists its own when it is given none."""
    found = {}
    for room in ROOMS:
        program = PROGRAMS / f"aval-fuzz-{room}"
        listing = subprocess.run([program], stderr=subprocess.PIPE, text=True, check=False).stderr
        found.update(dict.fromkeys(re.findall(r"^  (\S+)$", listing, re.M), program))
    return found


def length_max(target):
    """Room for some more than the largest seed: longer inputs only make executions slow."""
    largest = max((path.stat().st_size for path in (CORPUS / target).iterdir()), default=0)
    return max(128, largest * 5 // 4)


def fuzz(target, program, executions, seed, seconds_max):
    """Returns (executions done, seconds, output of a failure or nothing). Without the engine's entropic schedule,
    which looks at the whole corpus for each feature of each input: the replica has a thousand features."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as grown:
        command = [program, target, f"-runs={executions}", f"-seed={seed}", f"-max_len={length_max(target)}", "-timeout=20",
                   "-rss_limit_mb=1024", "-malloc_limit_mb=16", "-entropic=0", "-print_funcs=0", "-print_final_stats=1", f"-artifact_prefix={FOUND}/{target}-", grown,
                   CORPUS / target]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=seconds_max,
                                  text=True, errors="replace", check=False, env={**os.environ, **SANITIZERS})
        except subprocess.TimeoutExpired:
            return 0, seconds_max, f"took more than {seconds_max} seconds"
    counted = re.search(r"number_of_executed_units: (\d+)", done.stdout)
    failure = done.stdout[-6000:] if done.returncode else ""
    return int(counted.group(1)) if counted else 0, time.monotonic() - started, failure


def report(target, program, done, seconds, floor, failure):
    """Prints a target's line; of a failure also what it said and how it comes again. True when it held."""
    held = not failure and done >= floor
    print(f"{target}: execs={done} seconds={seconds:.0f} {'ok' if held else 'FAILED'}", flush=True)
    if not held:
        print(failure)
        for path in re.findall(r"Test unit written to (\S+)", failure):
            print(f"again: {program} {target} {path}", flush=True)
    return held


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=1, help="multiplies the executions of every target")
    parser.add_argument("--seed", type=int, default=1, help="another one looks elsewhere")
    parser.add_argument("--only", nargs="+", help="these targets alone; the floors of the whole do not apply")
    chosen = parser.parse_args()
    FOUND.mkdir(parents=True, exist_ok=True)
    programs = targets()
    names = sorted(chosen.only or programs, key=lambda name: (name not in STATEFUL, name not in FLOORS, name))
    floors = {name: chosen.times * FLOORS.get(name, DEAR.get(name, OTHER_FLOOR)) for name in names}
    total, failed = 0, 0
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        runs = pool.map(lambda name: fuzz(name, programs[name], floors[name], chosen.seed,
                                          chosen.times * SECONDS_MAX), names)
        for name, (done, seconds, failure) in zip(names, runs):
            total += done
            failed += not report(name, programs[name], done, seconds, floors[name], failure)
    whole = bool(chosen.only) or (FLOORS.keys() <= programs.keys() and len(names) >= TARGETS_FLOOR)
    stateful = sum(floors[name] for name in STATEFUL if name in floors)
    print(f"stage=fuzz targets={len(names)} codecs={len(CODECS)} execs={total} stateful={stateful} failed={failed} "
          f"floor={'ok' if whole and not failed else 'failed'}")
    return 0 if whole and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
