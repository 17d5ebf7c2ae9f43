#!/usr/bin/env python3
"""The README is a claim: the commands of its tour run as they stand, in one shell, from the root."""
import contextlib
import os
import re
import shutil
import subprocess
import sys

from harness import ROOT, arguments, case, run_cases


@case("every command of the README's tour succeeds as it is written")
def tour(aval):
    text = (ROOT / "README.md").read_text()
    blocks = re.findall(r"^```sh tour\n(.*?)^```", text, re.M | re.S)
    commands = [line for block in blocks for line in block.splitlines() if line.strip()]
    assert len(commands) >= 15, commands
    shutil.rmtree(ROOT / "tour", ignore_errors=True)
    script = "set -eu\n" + "\n".join(f"echo '+ {i}'\n{line}" for i, line in enumerate(commands))
    environment = {k: v for k, v in os.environ.items() if k != "AVAL_PROFILE"}
    try:
        done = subprocess.run(["bash", "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120,
                              stdin=subprocess.DEVNULL, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr
        print(f"tour_commands={len(commands)}")
    finally:
        with contextlib.suppress(Exception):
            subprocess.run([str(aval), "devnet", "down", "--dir", str(ROOT / "tour")], capture_output=True,
                           timeout=60, stdin=subprocess.DEVNULL)
        shutil.rmtree(ROOT / "tour", ignore_errors=True)


def main():
    options = arguments(__doc__)
    return run_cases(aval=options.aval)


if __name__ == "__main__":
    sys.exit(main())
