"""Many clients in a process of their own, so that they take no time from the client that is measured. Each keeps one
connection to one node, sends a request over it, and the next one once that is answered.

The process reads its plan, a line of JSON, from standard input, prints a line once every client is connected, and goes
on until its input ends; then it prints what was answered. Standard library only."""
import base64
import collections
import itertools
import json
import selectors
import socket
import subprocess
import sys
import time

READ_BYTES = 1 << 16
CLOSED = "closed"


class Kind:
    """Clients of one kind: what they send, in turn; and what they were answered."""

    def __init__(self, plan):
        self.head = f"POST {plan['target']} HTTP/1.1\r\nHost: node\r\nContent-Type: application/x-protobuf\r\n"
        bodies = [self.request(base64.b64decode(body)) for body in plan["bodies"]]
        self.requests = iter(bodies) if plan["once"] else itertools.cycle(bodies)
        self.answers = collections.Counter()

    def request(self, body):
        return f"{self.head}Content-Length: {len(body)}\r\n\r\n".encode() + body


class Client:
    def __init__(self, address, port, kind, selector):
        self.address, self.port, self.kind, self.selector = address, port, kind, selector
        self.connect()

    def connect(self):
        self.socket = socket.create_connection(("127.0.0.1", self.port), source_address=(self.address, 0))
        self.socket.setblocking(False)
        self.unsent = self.received = b""
        self.wanted = selectors.EVENT_READ
        self.selector.register(self.socket, self.wanted, self)

    def ask(self):
        """Sends the next request, if there is one."""
        self.unsent, self.received = memoryview(next(self.kind.requests, b"")), b""
        self.write()

    def write(self):
        try:
            while self.unsent:
                self.unsent = self.unsent[self.socket.send(self.unsent):]
        except BlockingIOError:
            pass
        self.want(selectors.EVENT_READ | (selectors.EVENT_WRITE if self.unsent else 0))

    def want(self, wanted):
        if wanted != self.wanted:
            self.wanted = wanted
            self.selector.modify(self.socket, wanted, self)

    def go_on(self, events):
        """The answer that is complete now, if one is: its status, or CLOSED with a connection made anew."""
        try:
            if events & selectors.EVENT_WRITE:
                self.write()
            if events & selectors.EVENT_READ:
                return self.read()
        except OSError:
            return self.begin_anew()
        return None

    def read(self):
        piece = self.socket.recv(READ_BYTES)
        if not piece:
            return self.begin_anew()
        self.received += piece
        head, gap, body = self.received.partition(b"\r\n\r\n")
        if not gap or len(body) < int(head.partition(b"Content-Length: ")[2].split(b"\r", 1)[0]):
            return None
        return head[9:12].decode()

    def begin_anew(self):
        self.selector.unregister(self.socket)
        self.socket.close()
        self.connect()
        return CLOSED


class Pace:
    """How many requests may go out by now; without a rate as many as there are clients to send them."""

    def __init__(self, per_second):
        self.per_second, self.begun, self.gone = per_second, time.monotonic(), 0

    def take(self):
        is_due = not self.per_second or self.gone < (time.monotonic() - self.begun) * self.per_second
        self.gone += is_due
        return is_due


def drive(clients, selector, pace):
    """Until standard input ends."""
    idle = collections.deque(clients)
    while True:
        while idle and pace.take():
            idle.popleft().ask()
        for key, events in selector.select(0.002 if idle else 1):
            if key.data is None:
                return
            status = key.data.go_on(events)
            if status:
                key.data.kind.answers[status] += 1
                idle.append(key.data)


def main():
    plan = json.loads(sys.stdin.readline())
    selector = selectors.DefaultSelector()
    kinds = {name: Kind(each) for name, each in plan["kinds"].items()}
    places = zip(itertools.cycle(plan["ports"]), itertools.cycle(k for k in kinds.values() for _ in plan["ports"]))
    clients = [Client(plan["address"], port, kind, selector) for port, kind in itertools.islice(places, plan["clients"])]
    selector.register(sys.stdin, selectors.EVENT_READ)
    print("connected", flush=True)
    begun = time.monotonic()
    drive(clients, selector, Pace(plan["per_second"]))
    print(json.dumps({"seconds": time.monotonic() - begun, "answers": {name: k.answers for name, k in kinds.items()}}))


class Crowd:
    """The process, as a test holds it. `kinds`: name to (request target, bodies, whether each body is sent once).
    `address`: where its clients are, one of the loopback's."""

    def __init__(self, ports, clients, kinds, per_second=0, address="127.0.0.1"):
        self.plan = {"ports": ports, "clients": clients, "per_second": per_second, "address": address,
                     "kinds": {name: {"target": target, "bodies": [base64.b64encode(b).decode() for b in bodies],
                                      "once": once} for name, (target, bodies, once) in kinds.items()}}
        self.answers = {}  # of each kind, status to count, once it has ended
        self.per_second = 0.0  # answers, over its whole time

    def __enter__(self):
        self.process = subprocess.Popen([sys.executable, __file__], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.process.stdin.write(json.dumps(self.plan) + "\n")
        self.process.stdin.flush()
        assert self.process.stdout.readline() == "connected\n", "the crowd did not connect"
        return self

    def __exit__(self, *_):
        try:
            said, _ = self.process.communicate(timeout=30)
        finally:
            self.process.kill()
            self.process.wait(10)
        report = json.loads(said)
        self.answers = report["answers"]
        self.per_second = sum(sum(kind.values()) for kind in self.answers.values()) / report["seconds"]


if __name__ == "__main__":
    main()
