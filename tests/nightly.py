#!/usr/bin/env python3
"""The large numbers of everything that tests/run.py does in small ones: for the night before a release, on builds
that are there (deploy/nightly makes them). Prints one counted line a stage and ends with `N passed, N failed`.
With --scale it does that share of the work, at least the least that means something: a rehearsal is --scale 1."""
import argparse
import datetime
import os
import pathlib
import re
import sys
import time

from stages import Stages

ROOT = pathlib.Path(__file__).resolve().parents[1]
RELEASE = ROOT / "build" / "release" / "bin"
SANITIZERS = ROOT / "build" / "fuzz"  # what tests/fuzz/run.py takes its programs from
SIM = RELEASE / "aval-sim"
INTEGRATION = ROOT / "tests" / "integration"
HOURS = 3600

# What a whole night does, and the least of a rehearsal.
SEEDS, SEEDS_MIN = 24_000, 50
STORED_SEEDS, STORED_SEEDS_MIN = 1_500, 4
TRACED_SEEDS, TRACED_SEEDS_MIN = 1_000, 4
TWINS, TWINS_MIN = 4_000_000, 10_000
PASSES = 50
JOINS, JOINS_MIN = 10_000, 20
KILLS, KILLS_MIN, KILLS_OF_A_RUN = 5_000, 40, 200
PARTITIONS, PARTITIONS_MIN = 100, 2
FUZZ_TIMES = 30
BLOCKS, BLOCKS_MIN = 100_000, 1_000
TRIALS = {"primary": (50, 3), "blackout": (250, 2), "partition": (100, 2), "catch-up": (3, 1), "restart": (20, 2),
          "bad-primaries": (20, 1)}


class Night(Stages):
    def __init__(self, scale, first_seed):
        super().__init__(ROOT)
        self.scale, self.first_seed = scale, first_seed

    def share(self, whole, least=1):
        return max(least, min(whole, whole * self.scale // 100))

    def sim(self, stage, *arguments):
        self.one(stage, [SIM, *arguments, "--jobs", "2"], 10 * HOURS, r"^stage=|invariant=|reproduce|aval-sim run")

    def script(self, name, limit, **environment):
        """An integration script, told by the environment how often."""
        return self.run(["python3", INTEGRATION / name, "--aval", RELEASE / "aval"], limit,
                        env={**os.environ, **{key: str(value) for key, value in environment.items()}})

    # --- stages
    def seeds(self):
        self.sim("night-sim-seeds", "run", "--seeds", self.share(SEEDS, SEEDS_MIN), "--first", self.first_seed)

    def stored_seeds(self):
        self.sim("night-sim-real-storage", "run", "--seeds", self.share(STORED_SEEDS, STORED_SEEDS_MIN),
                 "--first", self.first_seed, "--real-storage", "--real-signatures")

    def same_traces(self):
        """The same seeds give the same traces in one process as in three."""
        started = time.monotonic()
        command = [SIM, "run", "--seeds", self.share(TRACED_SEEDS, TRACED_SEEDS_MIN), "--first", self.first_seed]
        (code, first), (_, second) = self.run(command, 4 * HOURS), self.run(command + ["--jobs", "3"], 4 * HOURS)
        ok = code == 0 and first == second and "traces=" in first
        self.close("night-sim-same-seed-same-trace", int(ok), int(not ok), int(ok), started, first + second)

    def twins(self):
        self.sim("night-sim-twins", "twins", "--scenarios", self.share(TWINS, TWINS_MIN))

    def attacks(self):
        self.sim("night-sim-attack", "attack")

    def mutations(self):
        self.sim("night-sim-mutation", "mutate", "--passes", self.share(PASSES))

    def joins(self):
        self.sim("night-sim-joins", "joins", "--seeds", self.share(JOINS, JOINS_MIN), "--first", self.first_seed)

    def crash_points(self):
        self.one("night-crash-points", [RELEASE / "aval-crash-points"], HOURS, r"^stage=")

    def kills(self):
        """The kill loop again and again, each time on a new network; counted in kills."""
        started, wanted, done, failures, output = time.monotonic(), self.share(KILLS, KILLS_MIN), 0, 0, ""
        while done < wanted and not failures:
            kills = min(KILLS_OF_A_RUN, max(KILLS_MIN, wanted - done))
            code, output = self.script("recovery_test.py", HOURS, AVAL_KILLS=kills)
            counted = re.search(r"^\| kill -9 (\d+) \|", output, re.M)
            failures += int(code != 0 or not counted)
            done += int(counted.group(1)) if counted else 0
        self.close("night-kills", done, failures, 0 if failures else wanted, started, output)

    def partitions(self):
        """Of the script's own cases the one that counts here is repeated; the others come along."""
        started, cycles = time.monotonic(), self.share(PARTITIONS, PARTITIONS_MIN)
        code, output = self.script("network_test.py", 4 * HOURS, AVAL_PARTITION_CYCLES=cycles)
        print("\n".join(re.findall(r"^\| partition heals .*$", output, re.M)))
        self.close("night-partitions", cycles * int(code == 0), int(code != 0), 0, started, output)

    def fuzz(self):
        """Below one time the daily work only a few targets, so that a rehearsal ends."""
        times = self.share(FUZZ_TIMES)
        some = ["--only", "frame", "hello", "strict_json"] if self.scale * FUZZ_TIMES < 100 else []
        self.one("night-fuzz", ["python3", "tests/fuzz/run.py", "--times", times, "--seed", self.first_seed, *some], 10 * HOURS,
                 r"^stage=|FAILED|^again:")

    def mutants(self):
        """All of them, or in a rehearsal one of two rooms."""
        some = ["--only", "high-s-accepted", "account-below-zero"] if self.scale < 15 else []
        which = ["--all"] if self.scale == 100 else some
        self.one("night-mutants", ["python3", "tests/mutants/run.py", "--build", SANITIZERS, *which], 4 * HOURS,
                 r"^stage=|SURVIVES")

    def recovery_figures(self):
        blocks = self.share(BLOCKS, BLOCKS_MIN)
        trials = [f"{row}={self.share(*counts)}" for row, counts in TRIALS.items()]
        self.one("night-recovery-figures",
                 ["python3", "tests/bench/recovery_figures.py", "--aval", RELEASE / "aval", "--check", "--blocks", blocks,
                  "--behind", min(blocks, 10_000), "--trials", *trials], 6 * HOURS, r".")


STAGES = {"seeds": Night.seeds, "real-storage": Night.stored_seeds, "same-trace": Night.same_traces,
          "twins": Night.twins, "attack": Night.attacks, "mutation": Night.mutations,
          "joins": Night.joins, "crash-points": Night.crash_points, "kills": Night.kills,
          "partitions": Night.partitions, "fuzz": Night.fuzz, "mutants": Night.mutants,
          "recovery-figures": Night.recovery_figures}


def per_cent(text):
    if not text.isdigit() or not 1 <= int(text) <= 100:
        raise argparse.ArgumentTypeError("a whole number from 1 to 100")
    return int(text)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=per_cent, default=100, metavar="PER_CENT", help="of a whole night's work")
    parser.add_argument("--only", nargs="+", choices=STAGES, default=list(STAGES), help="these stages")
    parser.add_argument("--first-seed", type=int, default=datetime.date.today().toordinal() * 100_000,
                        help="of the simulator; other ones each day unless told")
    options = parser.parse_args()
    night = Night(options.scale, options.first_seed)
    print(f"scale={options.scale} first_seed={options.first_seed}", flush=True)
    for name in options.only:
        STAGES[name](night)
    return night.finish()


if __name__ == "__main__":
    sys.exit(main())
