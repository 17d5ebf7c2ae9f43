#!/usr/bin/env python3
"""Runs the golden cases of both builds (two compilers, one of them with sanitizers) under locales and time zones that
write numbers, letters and dates in their own ways: bytes and state roots must be the same in each of them. The locales
are made in a folder of its own, from the definitions that the package `locales` brings."""
import argparse
import os
import pathlib
import re
import subprocess
import sys
import tempfile

PROGRAMS = ["ledger_test", "contracts_test"]
# A comma in numbers; a dotless i; digits of their own and a time zone off the hour; no locale at all.
PLACES = [("C", "UTC"), ("de_DE", "Europe/Berlin"), ("tr_TR", "Europe/Istanbul"), ("ar_EG", "Asia/Kathmandu")]
BUILDS_MIN = 8
CASES_MIN = 11


def make_locales(folder):
    for name, _ in PLACES[1:]:
        subprocess.run(["localedef", "--no-archive", "-i", name, "-f", "UTF-8", folder / f"{name}.UTF-8"], check=True)


def cases_passed(program, place, folder):
    """How many golden cases passed; 0 when one did not."""
    name, zone = place
    environment = {**os.environ, "LOCPATH": str(folder), "LC_ALL": f"{name}.UTF-8" if name != "C" else name, "TZ": zone}
    done = subprocess.run([program, "[golden]"], env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, timeout=120, check=False)
    passed = re.search(r"All tests passed \(.* in (\d+) test case", done.stdout)
    if done.returncode or not passed:
        print(done.stdout)
    return int(passed.group(1)) if passed and not done.returncode else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("builds", nargs="+", type=pathlib.Path, help="folders of builds, each with its programs in bin/")
    builds = parser.parse_args().builds
    held = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        make_locales(folder)
        for build in builds:
            for place in PLACES:
                cases = sum(cases_passed(build / "bin" / program, place, folder) for program in PROGRAMS)
                print(f"{build.name} {' '.join(place)}: cases={cases}")
                held += cases >= CASES_MIN
    wanted = len(builds) * len(PLACES)
    ok = held == wanted >= BUILDS_MIN
    print(f"stage=golden-builds builds={len(builds)} places={len(PLACES)} held={held} of={wanted} "
          f"floor={'ok' if ok else 'failed'}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
