"""Stages of a run: each prints one counted line, and its output when it failed; at the end `N passed, N failed`."""
import re
import subprocess
import time


class Stages:
    """What the suite and the nightly run have in common."""

    def __init__(self, root):
        self.root = root
        self.passed = self.failed = 0

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

    def close(self, stage, passed, failed, floor, started, output="", note=""):
        """Prints the stage's counted line, and its output when it failed."""
        short = passed < floor
        if failed or short:
            print(output, flush=True)
        self.passed += passed
        self.failed += failed + (1 if short else 0)
        print(f"stage={stage} passed={passed} failed={failed} seconds={time.monotonic() - started:.0f} "
              f"floor={'failed' if short else 'ok'}{' ' + note if note else ''}", flush=True)

    def one(self, stage, command, limit, keep=None):
        """A stage that is one case: its exit code. `keep` selects output lines worth showing."""
        started = time.monotonic()
        code, output = self.run(command, limit)
        for line in output.splitlines():
            if keep and re.search(keep, line):
                print(line)
        self.close(stage, int(code == 0), int(code != 0), 1 if code == 0 else 0, started, output)

    def finish(self):
        """Prints the last line; the exit code of the run."""
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed else 0
