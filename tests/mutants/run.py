#!/usr/bin/env python3
"""Switches on one fault of crypto/base/mutant.h after another and runs the unit tests of the room that
it stands in: they must fail. The case that README.md names goes first; when it sees nothing, the whole
program. Needs a build with AVAL_MUTANTS. Prints one line for each mutant, with the test case that saw
it, and a counted last line; ends with 1 when one survives. Without --all it takes the ten whose turn it
is today, so that within a week all have had theirs."""
import argparse
import concurrent.futures
import datetime
import os
import pathlib
import re
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
ROOMS = ["crypto", "ledger", "contracts", "consensus"]
OF_A_DAY = 10
MUTANTS_MIN = 60
SECONDS_MIN = 30  # before a program counts as hanging, and so many times what it takes without a mutant:
PATIENCE = 5
WHOLE_SECONDS_MAX = 900


def listed():
    text = (ROOT / "crypto" / "base" / "mutant.h").read_text()
    return re.findall(r'^    "([a-z0-9-]+)",$', text, re.M)


def places():
    """Where each mutant stands: name -> files. The compiler refuses names that are not in the list."""
    out = {}
    for room in ROOMS:
        for path in sorted(p for p in (ROOT / room).rglob("*.[ch]*") if p.stem != "mutant"):
            for name in re.findall(r'mutated\("([^"]+)"\)', path.read_text(errors="replace")):
                out.setdefault(name, []).append(path.relative_to(ROOT))
    return out


def witnesses():
    """The test case that sees each mutant, as the page beside this script says."""
    page = (pathlib.Path(__file__).parent / "README.md").read_text()
    return dict(re.findall(r"^\| `([a-z0-9-]+)` \|[^|]*\| (.+) \|$", page, re.M))


def run(program, name, limit, case=None):
    """(exit code or None for too long, what it printed, the case it was in, seconds)"""
    command = [str(program), "--abort"] + ([re.sub(r'([\\,\[\]"*])', r"\\\1", case)] if case else [])
    environment = {**os.environ, **({"AVAL_MUTANT": name} if name else {})}
    started = time.monotonic()
    try:
        done = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=limit, cwd=ROOT)
        code, out, err = done.returncode, done.stdout, done.stderr
    except subprocess.TimeoutExpired as late:
        code, out, err = None, late.stdout or b"", late.stderr or b""
    out, err = out.decode(errors="replace"), err.decode(errors="replace")
    cases = re.findall(r"^case: (.*)$", err, re.M)
    return code, out + err, cases[-1] if cases else "(before the first case)", time.monotonic() - started


def how(code):
    if code is None:
        return "hangs in"
    if code == 70:
        return "breaks a promise in"
    return "crashes in" if code < 0 or code >= 64 else "fails"


def check_program(program):
    """Ends here when the program is not there or knows no mutants."""
    if not program.exists():
        sys.exit(f"{program} is not there: build it first")
    code, _, _, _ = run(program, "no-such-mutant", 60)
    if code != 64:
        sys.exit(f"{program} takes no notice of AVAL_MUTANT: build it with -DAVAL_MUTANTS=ON")


def usual_seconds(program, case=None):
    """How long a case, or the whole program, takes without a mutant; ends here when that is red."""
    code, output, case, seconds = run(program, None, WHOLE_SECONDS_MAX, case)
    if code != 0:
        sys.exit(f"{output}\n{program} fails without a mutant, in: {case}")
    return seconds


def kill(name, room, program, witness):
    """True when a test of the room sees the fault, and is green without it."""
    for case in (witness, None):
        limit = max(SECONDS_MIN, PATIENCE * usual_seconds(program, case))
        code, output, seen_by, seconds = run(program, name, limit, case)
        if code != 0:
            break
    if code == 64 and "names no fault" in output:
        sys.exit(f"{program} is older than the list of mutants: {name}")
    verdict = "SURVIVES" if code == 0 else f"killed: {how(code)} \"{seen_by}\""
    if code != 0 and seen_by != witness:
        verdict += f" (README.md names \"{witness}\")"
    print(f"mutant={name} room={room} seconds={seconds:.1f} {verdict}", flush=True)
    return code != 0


def chosen(names, arguments):
    if arguments.only:
        return arguments.only
    if arguments.all:
        return names
    day = datetime.date.fromisoformat(arguments.day) if arguments.day else datetime.date.today()
    first = day.toordinal() * OF_A_DAY
    return sorted({names[(first + i) % len(names)] for i in range(OF_A_DAY)})


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=pathlib.Path, required=True, help="a build directory with AVAL_MUTANTS")
    parser.add_argument("--all", action="store_true", help="every mutant, not those of a day")
    parser.add_argument("--day", metavar="YYYY-MM-DD", help="the mutants of that day instead of today's")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="these mutants")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()

    names, where, seen_by = listed(), places(), witnesses()
    if wrong := [name for name in names if len(where.get(name, [])) != 1]:
        sys.exit(f"each mutant stands at one place of the code, these do not: {wrong}")
    if wrong := set(names) ^ set(seen_by):
        sys.exit(f"README.md and the list of mutants differ by: {sorted(wrong)}")
    taken = chosen(names, arguments)
    room_of = {name: where[name][0].parts[0] for name in taken}
    programs = {room: arguments.build.resolve() / "bin" / f"{room}_test" for room in sorted(set(room_of.values()))}
    started = time.monotonic()
    for program in programs.values():
        check_program(program)
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        verdicts = pool.map(lambda name: kill(name, room_of[name], programs[room_of[name]], seen_by[name]), taken)
        killed = sum(verdicts)
    ok = killed == len(taken) and len(names) >= MUTANTS_MIN and (arguments.only or len(taken) >= OF_A_DAY)
    print(f"stage=mutants chosen={len(taken)} killed={killed} of={len(names)} "
          f"seconds={time.monotonic() - started:.0f} floor={'ok' if ok else 'failed'}")
    return 0 if ok else 1


if __name__ == "__main__":
    sys.exit(main())
