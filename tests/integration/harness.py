"""What the integration tests share: real processes, the aval command line, counted cases.

A case is a function decorated with @case("the claim it makes"); run_cases() runs them in order,
prints one line each and the closing `N passed, N failed`. Standard library only."""
import argparse
import base64
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time
import traceback
import urllib.error
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SAMPLES = HERE / "samples"
SHARED_DATA = ROOT.parent / "shared" / "data"

_cases = []


class Skipped(Exception):
    """Raised by a case that this machine does not allow; its text says why."""


def needs(program):
    if shutil.which(program) is None:
        raise Skipped(f"{program} is not installed")


def case(claim):
    def keep(function):
        _cases.append((claim, function))
        return function
    return keep


def run_cases(**fixtures):
    """Runs every case with the fixtures it names as parameters; never stops at the first failure."""
    failed = skipped = 0
    for claim, function in _cases:
        names = function.__code__.co_varnames[:function.__code__.co_argcount]
        started = time.monotonic()
        try:
            function(**{name: fixtures[name] for name in names})
            print(f"ok    {claim} ({time.monotonic() - started:.1f} s)", flush=True)
        except Skipped as reason:
            skipped += 1
            print(f"SKIPPED  {claim}: {reason}", flush=True)
        except Exception:  # a failing case is reported, the others still run
            failed += 1
            print(f"FAIL  {claim}\n{traceback.format_exc()}", flush=True)
    print(f"{len(_cases) - failed - skipped} passed, {failed} failed", flush=True)
    return 1 if failed else 0


def dated(folder, sample):
    """A copy of a sample invoice that was issued a week ago and falls due in twelve weeks, whatever day it is."""
    text = (SAMPLES / sample).read_text()
    for field, days in (("IssueDate", -7), ("DueDate", 84)):
        day = datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days)
        text, count = re.subn(f"(<cbc:{field}>)[^<]*", rf"\g<1>{day.isoformat()}", text)
        assert count == 1, (sample, field, count)
    copy = folder / sample
    copy.write_text(text)
    return copy


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--aval", type=pathlib.Path, default=ROOT / "build/release/bin/aval")
    parser.add_argument("--data", type=pathlib.Path, default=SHARED_DATA)
    return parser.parse_args()


def run_cases_on_a_network(description, **options):
    """run_cases() with a network of its own as `net`; the exit code."""
    with Devnet(arguments(description).aval, **options) as net:
        return run_cases(net=net)


def ledger_with_a_trade(net):
    """The exported ledger of a network that has done the story once."""
    net.ok("demo", "trade", "--on", net.dir, limit=120)
    ledger = net.folder / "ledger.aval"
    net.ok("audit", "export", "--out", ledger)
    return ledger


def wait_for(condition, limit, what):
    """Polls `condition` until it is true; the poll is the only pause a test may make."""
    deadline = time.monotonic() + limit
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {limit} s: {what}")
        time.sleep(0.01)


def holds_for(seconds, condition, what):
    """Fails as soon as the condition does; a test of what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        assert condition(), what
        time.sleep(0.05)


def has_ended(pid):
    """With all its threads: while one is left, so are the files that it holds open."""
    try:
        state, *fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return True
    return state == "Z" and fields[16] == "1"


class Answer:
    def __init__(self, done):
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


class Devnet:
    """A development network in a folder of its own, on any free ports."""

    def __init__(self, aval, parties=(), parameters=None, folder=None):
        self.aval = pathlib.Path(aval).resolve()
        self.folder = pathlib.Path(folder or tempfile.mkdtemp(prefix="aval-test-"))
        self.dir = self.folder / "net"
        self.left = set()  # nodes whose seat was taken away
        self.kills = 0  # processes that were ended by SIGKILL
        extra = ["--parties", *map(str, parties)] if parties else []
        if parameters:
            extra += ["--parameters", json.dumps(parameters)]
        try:
            self.ok("devnet", "up", "--base-port", "0", *extra, "--dir", self.dir)
        except BaseException:  # whatever started must not stay behind
            with contextlib.suppress(Exception):
                self.close()
            raise

    # --- commands
    def run(self, *words, limit=60, json_output=True, stdin=None):
        command = [str(self.aval)]
        if words and words[0] not in ("devnet", "demo"):
            command += ["--profile", str(self.dir / "profile.json")]
        if json_output:
            command.append("--json")
        command += [str(word) for word in words]
        return Answer(subprocess.run(command, capture_output=True, text=True, timeout=limit, cwd=self.folder,
                                     stdin=subprocess.DEVNULL))

    def ok(self, *words, limit=60):
        answer = self.run(*words, limit=limit)
        assert answer.code == 0, f"aval {' '.join(map(str, words))}: {answer!r}"
        return answer.json

    def refused(self, *words, code=None, exit_code=None):
        answer = self.run(*words)
        assert answer.code not in (0, 70) and answer.code > 0, f"expected a refusal: {answer!r}"
        if exit_code is not None:
            assert answer.code == exit_code, f"expected exit {exit_code}: {answer!r}"
        if code is not None:
            assert code in answer.out + answer.err, f"expected {code}: {answer!r}"
        return answer

    # --- nodes
    def nodes(self):
        nodes = json.loads((self.dir / "devnet.json").read_text())["nodes"]
        return [node for node in nodes if node["index"] not in self.left]

    def url(self, index):
        return f"http://127.0.0.1:{self.nodes()[index - 1]['api_port']}"

    def get(self, index, target, limit=5):
        with urllib.request.urlopen(self.url(index) + target, timeout=limit) as answer:
            return json.loads(answer.read())

    def http(self, index, method, target, body=b"", content_type="application/json", headers=None,
             limit=20):
        """(status, parsed body or raw bytes) of any answer, refusals included."""
        request = urllib.request.Request(self.url(index) + target, data=body if method == "POST" else None,
                                         method=method, headers={"Content-Type": content_type, **(headers or {})})
        try:
            with urllib.request.urlopen(request, timeout=limit) as answer:
                raw, status = answer.read(), answer.status
        except urllib.error.HTTPError as refused:
            raw, status = refused.read(), refused.code
        try:
            return status, json.loads(raw)
        except ValueError:
            return status, raw

    def status(self, index):
        try:
            return self.get(index, "/v1/status")
        except OSError:
            return None

    def statuses(self):
        return {n["index"]: self.status(n["index"]) for n in self.nodes()}

    def primary(self):
        def find():
            for index, status in self.statuses().items():
                if status and status["is_primary"] and not status["in_view_change"]:
                    return index
            return None
        return wait_for(find, 20, "a node that calls itself primary")

    def kill(self, index):
        self.ok("devnet", "kill", index, "--dir", self.dir)
        self.kills += 1

    def kill_at_once(self, indexes):
        victims = [node["pid"] for node in self.nodes() if node["index"] in indexes]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        for pid in victims:
            wait_for(lambda pid=pid: has_ended(pid), 5, "the killed process to be gone")
        self.kills += len(victims)

    def start_by_hand(self, index, program="avald", **environment):
        """A killed node as a child of the test, which sees its exit code; up() starts it anew afterwards."""
        folder = self.dir / f"node-{index}"
        with open(folder / "avald.log", "ab") as log:
            return subprocess.Popen([self.aval.parent / program, "--config", folder / "node.json"],
                                    env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def up(self):
        return self.ok("devnet", "up", "--dir", self.dir)

    def configure(self, change):
        """Restarts the network after `change(node, config)` has altered the configuration of each node."""
        self.ok("devnet", "down", "--dir", self.dir)
        for node in self.nodes():
            path = self.dir / f"node-{node['index']}" / "node.json"
            config = json.loads(path.read_text())
            change(node, config)
            path.write_text(json.dumps(config))
        self.up()

    def log(self, index):
        return (self.dir / f"node-{index}" / "avald.log").read_text(errors="replace")

    def replace_keys(self, index, kinds=("vote", "tls")):
        """Makes other keys of these kinds for a node, and tells the ledger."""
        made = self.ok("devnet", "rekey", index, "--dir", self.dir)
        named = [word for kind in kinds for word in (f"--{kind}-key", made[f"{kind}_key"])]
        self.ok("gov", "rotate", "--as", f"bank-{'abcde'[index - 1]}", *named)

    def equal(self):
        """A node's status when every node shows the same height, head and state root."""
        seen = list(self.statuses().values())
        return all(seen) and len({(s["height"], s["head_hash"], s["state_root"]) for s in seen}) == 1 and seen[0]

    def wait_equal(self, limit=20):
        return wait_for(self.equal, limit, "all nodes at one height with one state root")

    def wait_at_rest(self, limit):
        """Waits until nothing is on its way to a block any more, and every node shows the same."""
        on_its_way = ("in_flight", "pending_batches", "pending_envelopes")

        def rests():
            status = self.equal()
            return status and not any(s[key] for s in self.statuses().values() if s for key in on_its_way) and status
        return wait_for(rests, limit, "all nodes at rest at one height with one state root")

    def height(self):
        return max((s["height"] for s in self.statuses().values() if s), default=0)

    def close(self):
        with contextlib.suppress(Exception):
            self.run("devnet", "down", "--dir", self.dir)
        for node in self.nodes():
            with contextlib.suppress(OSError):
                command = pathlib.Path(f"/proc/{node['pid']}/cmdline").read_bytes().decode()
                if str(self.dir) in command:
                    os.kill(node["pid"], signal.SIGKILL)
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def b64(data):
    return base64.b64encode(data).decode()
