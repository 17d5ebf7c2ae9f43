"""A client that notes what it was promised, and the check that the promises were kept."""
import contextlib
import http.client
import json
import subprocess
import threading
import time

from harness import Devnet, arguments, run_cases, wait_for

FULL_LOAD = 40000  # transactions that are signed for it, more than it gets through


def signed(net, count):
    """Transfers of a cent each, of the banks in turn, that are signed and not sent."""
    path = net.folder / "signed.bin"
    net.ok("bench", "sign", "--count", count, "--out", path, "--dir", net.dir, limit=120)
    data, at, envelopes = path.read_bytes(), 0, []
    while at < len(data):
        size = int.from_bytes(data[at:at + 4], "big")
        envelopes.append(data[at + 4:at + 4 + size])
        at += 4 + size
    return envelopes


def post_all(net, index, envelopes):
    """Hands these to one node over one connection without waiting for their end: status, body and head of each answer."""
    answers = []
    connection = http.client.HTTPConnection("127.0.0.1", net.nodes()[index - 1]["api_port"], timeout=20)
    for envelope in envelopes:
        connection.request("POST", "/v1/tx", envelope, {"Content-Type": "application/x-protobuf"})
        answer = connection.getresponse()
        answers.append((answer.status, json.loads(answer.read()), answer.headers))
    connection.close()
    return answers


class Load:
    """One client that transfers a cent after another, each with a wait, and notes what was acknowledged."""

    def __init__(self, net):
        self.net = net
        self.targets = [1, 2, 3, 4]  # whom it asks in turn
        self.pace = 0.0  # seconds from one first sending to the next, at least
        self.acknowledged = []  # (monotonic time of first sending, tx id), in order
        self.took = []  # seconds from the first sending to the end, of each of them
        self.stopping = False
        self.envelopes = signed(net, 20000)
        self.thread = threading.Thread(target=self.go, daemon=True)

    def go(self):
        turn = 0
        for envelope in self.envelopes:
            answered = False
            sent = time.monotonic()
            while not self.stopping and not answered:
                turn += 1
                try:
                    target = self.targets[turn % len(self.targets)]
                    status, body = self.net.http(target, "POST", "/v1/tx?wait=2s", envelope,
                                                 "application/x-protobuf", limit=3)
                except OSError:
                    continue
                if status == 200:
                    assert body["state"] == "committed", body
                    self.took.append(time.monotonic() - sent)
                    self.acknowledged.append((sent, body["tx_id"]))
                    answered = True
            if self.stopping:
                return
            time.sleep(max(0.0, sent + self.pace - time.monotonic()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        self.thread.join(30)

    def next_after(self, moment, limit):
        """Now, once a transaction that was first sent after `moment` is final."""
        def is_served():
            return bool(self.acknowledged) and self.acknowledged[-1][0] > moment
        wait_for(is_served, limit, "a transaction sent after that moment to be final")
        return time.monotonic()


@contextlib.contextmanager
def full_load(net, per_second=0):
    """Clients at every node that send the next transaction as soon as one is final; or so many in a second, whatever
    becomes of them."""
    bench = subprocess.Popen([net.aval, "--profile", net.dir / "profile.json", "--json", "bench", "run", "--dir", net.dir,
                              "--count", str(60 * per_second or FULL_LOAD), "--rate", str(per_second),
                              "--connections", "16"], cwd=net.folder,
                             stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        before = finals(net)
        wait_for(lambda: finals(net) > before + (per_second or 1000), 60, "the full load")
        yield
        assert bench.poll() is None, "the load ended too early"
    finally:
        bench.kill()
        bench.wait(10)


def finals(net):
    """Transactions that are final at the node that has most of them."""
    return max(status["transactions"] for status in net.statuses().values() if status)


def full_rate(net, seconds):
    """Transactions that become final in a second, of all clients."""
    before, begun = finals(net), time.monotonic()
    wait_for(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the time of measuring to pass")
    return (finals(net) - before) / (time.monotonic() - begun)


def rate(load, seconds):
    """Transactions that become final in a second, of one client."""
    before, begun = len(load.acknowledged), time.monotonic()
    wait_for(lambda: time.monotonic() - begun >= seconds, seconds + 5, "the time of measuring to pass")
    return (len(load.acknowledged) - before) / (time.monotonic() - begun)


def kill_primary(net, load):
    """Kills the primary of a network that is whole; the seconds to the next commit, with the node up again."""
    wait_for(lambda: all(net.statuses().values()), 20, "all nodes up")
    head = net.height()
    wait_for(lambda: all(s and s["height"] >= head for s in net.statuses().values()), 20, "all nodes caught up")
    victim = net.primary()
    moment = time.monotonic()
    net.kill_at_once([victim])
    gap = load.next_after(moment, 15) - moment
    net.up()
    return gap


def blackout(net, load):
    """Kills all at once and starts them: the seconds from a quorum being up to the first commit, and what had
    been acknowledged before."""
    indexes = [node["index"] for node in net.nodes()]
    quorum = (len(indexes) + (len(indexes) - 1) // 3) // 2 + 1
    net.kill_at_once(indexes)
    killed = time.monotonic()
    acknowledged = list(load.acknowledged)
    starter = threading.Thread(target=net.up)
    starter.start()
    wait_for(lambda: sum(map(bool, net.statuses().values())) >= quorum, 60, "a quorum that answers")
    up = time.monotonic()
    first = load.next_after(killed, 30) - up
    starter.join()
    return max(0.0, first), acknowledged


def assert_all_there(net, acknowledged):
    for _, tx_id in acknowledged:
        found = net.get(1, f"/v1/tx/{tx_id}")
        assert found["state"] == "committed", found


def assert_one_history(net, load):
    """Ends the load. Every node's exported ledger replays from genesis to one head and one state root, and every
    acknowledged transaction is in it. Returns the report about it."""
    load.stopping = True
    load.thread.join(30)
    status = net.wait_at_rest(60)
    audits = []
    for node in net.nodes():
        ledger = net.folder / f"ledger-{node['index']}.aval"
        net.ok("--endpoint", net.url(node["index"]), "audit", "export", "--out", ledger, limit=120)
        audits.append(net.ok("audit", "verify", ledger, limit=300))
    for audit in audits:
        assert (audit["height"], audit["state_root"]) == (status["height"], status["state_root"]), (audit, status)
    assert_all_there(net, load.acknowledged)
    return audits[0]


def one_history(net, load):
    """The closing case of every test under load."""
    audit = assert_one_history(net, load)
    print(f"| acknowledged {len(load.acknowledged)} | lost 0 | height {audit['height']} |")


def run_cases_under_load(description):
    options = arguments(description)
    with Devnet(options.aval) as net, Load(net) as load:
        wait_for(lambda: load.acknowledged, 20, "the first acknowledgement")
        return run_cases(net=net, load=load)
