"""Stages of a run: each prints one counted line, and its output when it failed; at the end what took the time, once
more what failed, and `N passed, N failed`."""
import concurrent.futures
import re
import subprocess
import threading
import time


SAID_AGAIN_LINES = 40  # of a failed stage's output: who reads the end of a long log finds the cause there


class Stages:
    """What the suite and the nightly run have in common."""

    def __init__(self, root):
        self.root = root
        self.passed = self.failed = 0
        self.seconds = {}  # by stage
        self.failures = []  # (stage, output)
        self.printing = threading.Lock()

    def run(self, command, limit, **more):
        """Runs a command, streams nothing, returns (exit code, output). A run over its limit has failed."""
        try:
            done = subprocess.run([str(c) for c in command], cwd=self.root, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, timeout=limit, text=True,
                                  errors="replace", **more)
            return done.returncode, done.stdout
        except subprocess.TimeoutExpired as late:
            output = late.stdout or b""
            return 124, (output if isinstance(output, str) else output.decode(errors="replace")) + "\ntook too long"
        except OSError as missing:
            return 127, str(missing)

    def close(self, stage, passed, failed, floor, started, output="", kept=()):
        """Prints lines worth showing and the stage's counted line, and its whole output when it failed."""
        short = passed < floor
        seconds = time.monotonic() - started
        lines = [output] if failed or short else []
        lines += [*kept, f"stage={stage} passed={passed} failed={failed} seconds={seconds:.0f} "
                  f"floor={'failed' if short else 'ok'}"]
        with self.printing:
            self.passed += passed
            self.failed += failed + (1 if short else 0)
            self.seconds[stage] = seconds
            if failed or short:
                self.failures.append((stage, output))
            print("\n".join(lines), flush=True)

    def one(self, stage, command, limit, keep=None):
        """A stage that is one case: its exit code. `keep` selects output lines worth showing."""
        started = time.monotonic()
        code, output = self.run(command, limit)
        kept = [line for line in output.splitlines() if keep and re.search(keep, line)]
        self.close(stage, int(code == 0), int(code != 0), 1 if code == 0 else 0, started, output, kept)

    @staticmethod
    def side_by_side(*lanes):
        """Each lane is a list of stages (callables) that run one after another, and use one core."""
        def drive(lane):
            for stage in lane:
                stage()
        with concurrent.futures.ThreadPoolExecutor(len(lanes)) as pool:
            for done in [pool.submit(drive, lane) for lane in lanes]:
                done.result()

    def finish(self):
        """Prints the closing lines; the exit code of the run."""
        dearest = sorted(self.seconds.items(), key=lambda entry: -entry[1])
        print("seconds: " + " ".join(f"{stage}={seconds:.0f}" for stage, seconds in dearest if seconds >= 1))
        for stage, output in self.failures:
            print(f"== failed: {stage}", *output.splitlines()[-SAID_AGAIN_LINES:], sep="\n")
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
