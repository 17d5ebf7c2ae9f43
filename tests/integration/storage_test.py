#!/usr/bin/env python3
"""A real validator whose disk or clock fails under load: it stops and says so, the others go on, it comes back whole."""
import contextlib
import datetime
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import sys
import time

from harness import Skipped, case, needs, wait_for
from load import one_history, rate, run_cases_under_load

VICTIM = 3
INPUT_OUTPUT = 74  # avald's exit code for a failed write
DISK_BYTES = 1 << 30  # more than the reserve that a node wants to see free
RESERVE = 256 << 20  # that reserve, of a node whose configuration names none
MEASURED = 6  # seconds of each measured rate
OFFERED = 20  # transactions a second of the client while a rate is measured


@contextlib.contextmanager
def own_child(net, **environment):
    """The victim as a child of this test, so that its exit code can be seen; the network starts it anew at the end."""
    net.kill_at_once([VICTIM])
    child = net.start_by_hand(VICTIM, **environment)
    try:
        wait_for(lambda: (net.status(VICTIM) or {}).get("ready"), 20, "the victim ready")
        assert child.poll() is None, "another process answers at the victim's port"
        yield child
    finally:
        if child.poll() is None:
            child.send_signal(signal.SIGKILL)
        child.wait(10)
        net.up()


def ends_with(child, load, code):
    """It stops by itself with this code, and the others go on."""
    assert child.wait(20) == code, child.returncode
    load.next_after(time.monotonic(), 20)


def back_whole(net, load):
    load.next_after(time.monotonic(), 20)
    head = net.height()
    wait_for(lambda: (net.status(VICTIM) or {}).get("height", 0) >= head, 30, "the victim at the others' height")


def place_of(known, data):
    """Of these bytes in the database: the file, and where they begin in it."""
    for table in sorted((data / "db").glob("*.ldb")):
        at = table.read_bytes().find(known)
        if at >= 0:
            return table, at
    raise AssertionError("no table has these bytes")


def turn(table, at):
    """One bit, and back again the second time."""
    with open(table, "r+b") as file:
        file.seek(at)
        byte = file.read(1)[0]
        file.seek(at)
        file.write(bytes([byte ^ 1]))


@case("ST-30 a bit that has turned in a block that nobody asks for ends the node with 74 within its first pass over the ledger")
def rotten_block(net, load):
    back_whole(net, load)  # it has the first of the envelopes
    net.kill_at_once([VICTIM])
    net.up()  # what was in the log is in a table from here on
    wait_for(lambda: (net.status(VICTIM) or {}).get("scrubs"), 120, "a pass over the whole ledger")
    net.kill_at_once([VICTIM])
    table, at = place_of(load.envelopes[0][-40:], net.dir / f"node-{VICTIM}" / "data")
    turn(table, at)
    child = net.start_by_hand(VICTIM)
    try:
        ends_with(child, load, INPUT_OUTPUT)
    finally:
        child.kill()
        child.wait(10)
        turn(table, at)
        net.up()
    back_whole(net, load)


@case("ST-05 a failed sync ends the node with 74; restarted, it catches up")
def failed_sync(net, load):
    needs("strace")
    with own_child(net) as child:
        tracer = subprocess.Popen(["strace", "-f", "-qq", "-o", net.folder / "strace.txt",
                                   "-e", "inject=fsync,fdatasync:error=EIO", "-p", str(child.pid)],
                                  stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        try:
            ends_with(child, load, INPUT_OUTPUT)
        finally:
            tracer.terminate()
            _, said = tracer.communicate(timeout=10)
        assert "EIO" in (net.folder / "strace.txt").read_text(), said
    back_whole(net, load)


@case("ST-03 the first write that fails ends the node with 74; restarted, it catches up")
def failed_append(net, load):
    with own_child(net) as child:
        resource.prlimit(child.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        ends_with(child, load, INPUT_OUTPUT)
    back_whole(net, load)


def system(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"{command}: {done.stderr.strip()}"


def mount(image, data):
    try:
        system("mount", "-o", "loop", image, data)
    except AssertionError as refused:
        raise Skipped(f"no file system can be mounted here: {refused}") from None


@contextlib.contextmanager
def disk_of_its_own(net):
    """The victim's data directory in a file system of its own; a plain directory again at the end."""
    needs("mkfs.ext4")
    image, data, aside = net.folder / "disk.img", net.dir / f"node-{VICTIM}" / "data", net.folder / "aside"
    with open(image, "wb") as file:
        file.truncate(DISK_BYTES)
    system("mkfs.ext4", "-q", "-F", image)
    net.kill_at_once([VICTIM])
    data.rename(aside)
    data.mkdir(mode=0o700)
    try:
        mount(image, data)
        shutil.copytree(aside, data, dirs_exist_ok=True)
        shutil.rmtree(aside)
        net.up()
        yield image, data
    finally:
        with contextlib.suppress(ProcessLookupError):
            net.kill_at_once([VICTIM])
        if data.is_mount():
            if not aside.exists():
                shutil.copytree(data, aside, ignore=shutil.ignore_patterns("lost+found"))
            system("umount", data)
        data.rmdir()
        aside.rename(data)
        image.unlink()
        net.up()


@contextlib.contextmanager
def crowded(data):
    """The disk of the data directory filled to half of the reserve."""
    ballast, disk = data / "ballast", os.statvfs(data)
    with open(ballast, "wb") as file:
        os.posix_fallocate(file.fileno(), 0, disk.f_bavail * disk.f_frsize - RESERVE // 2)
    try:
        yield
    finally:
        ballast.unlink()


def says_full(net):
    return "disk space is below reserve" in net.status(VICTIM)["not_ready"]


@case("ST-04 below the disk reserve a node refuses transactions with 503, says so and follows; with room it takes them again")
def below_reserve(net, load):
    def offered():
        return net.http(VICTIM, "POST", "/v1/tx?wait=5s", load.envelopes[-1], "application/x-protobuf")

    with disk_of_its_own(net) as (_, data):
        assert not says_full(net)
        with crowded(data):
            wait_for(lambda: says_full(net), 5, "the victim to say that its disk is full")
            status, body = offered()
            assert status == 503 and body["detail"] == "disk space is below reserve", (status, body)
            back_whole(net, load)
            assert says_full(net)
        wait_for(lambda: net.status(VICTIM)["ready"], 5, "the victim ready")
        status, body = offered()
        assert status == 200 and body["state"] == "committed", (status, body)


@case(f"ST-22 a file system that becomes read-only ends its node with 74 within 2 s; nine tenths of {OFFERED}/s go on")
def read_only(net, load):
    others = [index for index in load.targets if index != VICTIM]
    load.targets, load.pace = others, 1 / OFFERED
    try:
        with disk_of_its_own(net) as (image, data), own_child(net) as child:
            calm = rate(load, MEASURED)
            moment = time.monotonic()
            # As the kernel does it after an error of the disk; a plain remount is refused while files are open.
            system("mount", "-o", "remount,abort", data)
            assert child.wait(10) == INPUT_OUTPUT, child.returncode
            took = time.monotonic() - moment
            without = rate(load, MEASURED)
            system("umount", data)
            mount(image, data)
            print(f"| read-only | ended after {took:.2f} s | {calm:.1f} final/s before, {without:.1f} after |")
    finally:
        load.targets, load.pace = [*others, VICTIM], 0.0
    back_whole(net, load)
    assert took <= 2, took
    assert without >= calm * 0.9, (calm, without)


@case("CL-24 OP-08 a node whose clock is an hour ahead or behind does not stop commits")
def wrong_clock(net, load):
    library = next(pathlib.Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
    if library is None:
        raise Skipped("faketime is not installed")
    for shift in (3600, -3600):  # the library alone: the program of that name would stay between us and the node
        with own_child(net, LD_PRELOAD=str(library), FAKETIME=f"{shift:+d}s"):
            said = net.log(VICTIM).splitlines()[-1]
            shown = datetime.datetime.fromisoformat(said.split()[0].replace("Z", "+00:00")).timestamp()
            assert abs(shown - time.time() - shift) < 120, f"the clock was not shifted by {shift} s: {said}"
            load.next_after(time.monotonic(), 20)
            load.next_after(time.monotonic(), 20)
    back_whole(net, load)


case("at the end every node's ledger replays to one root and holds all that was acknowledged")(one_history)


if __name__ == "__main__":
    sys.exit(run_cases_under_load(__doc__))
