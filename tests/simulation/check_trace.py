#!/usr/bin/env python3
"""Judges a run from its trace alone, with nothing of Aval's code: reads the lines that
`aval-sim run --seed N --trace FILE` writes (README.md describes them) and recomputes invariants.

    check_trace.py out.ndjson

Prints one line a violation and a counted last line; exits 1 when there is a violation, 2 when the file
is not a whole trace. Invariants by their names in README.md: A1 one block per height; A2 heights follow
one another, each block on the one below; A3 a final block is certified by enough distinct validators,
whose honest ones have that vote on disk; A5 views do not fall; A7 one digest per place and key; A8 nothing new in a
view that was left; B1 no vote before it is on disk; C1 after a settled end all honest nodes are equal."""
import json
import sys


def quorum_of(n):
    """The least q of which any two sets out of n share more than f = (n-1)//3."""
    faulty = (n - 1) // 3
    return next(q for q in range(1, n + 1) if 2 * q - n > faulty)


class Node:
    """What is known of one honest node."""

    def __init__(self):
        self.head = None            # (height, digest) of its last final block
        self.view = None            # (epoch, view) since its last start
        self.highest_said = (0, 0)  # (epoch, view), over its whole life
        self.left = (0, 0)          # of its highest view change
        self.said = {}              # (epoch, view, height, kind) -> digest
        self.durable = set()        # (epoch, view, height, kind, digest)


class Judge:
    def __init__(self, world):
        self.replicas = world["replicas"]
        self.quorum = quorum_of(self.replicas)
        self.nodes = {i: Node() for i in range(self.replicas) if i not in world["hostile"]}
        self.chain = {}       # height -> digest
        self.certified = {}   # height -> digest
        self.violations = []
        self.counts = {"final": 0, "say": 0, "certificate": 0}
        self.end = None

    def fail(self, invariant, event, what):
        self.violations.append(f"{invariant}: node {event['node']} at {event['t_us']} us: {what}")

    def take(self, event):
        name = event["event"]
        if name == "end":
            return self.on_end(event)
        node = self.nodes.get(event["node"])
        handler = {"start": self.on_start, "view": self.on_view, "say": self.on_say, "durable": self.on_durable,
                   "certificate": self.on_certificate, "final": self.on_final}.get(name)
        if node and handler:
            if name in self.counts:
                self.counts[name] += 1
            handler(event, node)
        return None

    def on_start(self, event, node):
        height, digest = event.get("height", 0), event["digest"]
        if height == 0:
            self.chain.setdefault(0, digest)
        if self.chain.get(height) != digest:
            self.fail("A2", event, f"starts from a block of height {height} that was never final")
        node.head = (height, digest)
        node.view = None

    def on_view(self, event, node):
        view = (event.get("epoch", 0), event.get("view", 0))
        if node.view is None and view < node.highest_said:
            self.fail("A5", event, f"starts in view {view} and has said something in view {node.highest_said}")
        if node.view is not None and view < node.view:
            self.fail("A5", event, f"falls from view {node.view} to {view}")
        node.view = view

    def on_say(self, event, node):
        kind, view = event["kind"], (event.get("epoch", 0), event.get("view", 0))
        node.highest_said = max(node.highest_said, view)
        if kind == "view_change":
            node.left = max(node.left, view)
            return
        place = (*view, event["height"], kind)
        digest = event["digest"]
        if kind != "proposal" and (*place, digest) not in node.durable:
            self.fail("B1", event, f"says its {kind} of {place} before it is on its disk")
        if place not in node.said and view < node.left:
            self.fail("A8", event, f"says a {kind} of {place} and has left for view {node.left}")
        if node.said.setdefault(place, digest) != digest:
            self.fail("A7", event, f"says two digests for {place}")

    def on_durable(self, event, node):
        node.durable.add((event.get("epoch", 0), event.get("view", 0), event["height"], event["kind"],
                          event["digest"]))

    def on_certificate(self, event, node):
        height, digest, signers = event["height"], event["digest"], event.get("signers", [])
        place = (event.get("epoch", 0), event.get("view", 0), height, "commit")
        if event["kind"] != "commit" or len(set(signers)) < self.quorum or max(signers) >= self.replicas:
            self.fail("A3", event, f"a certificate at height {height} by {signers}, where {self.quorum} are needed")
        for signer in signers:
            if signer in self.nodes and (*place, digest) not in self.nodes[signer].durable:
                self.fail("A3", event, f"a certificate at height {height} with a vote that node {signer} never cast")
        if self.certified.setdefault(height, digest) != digest:
            self.fail("A1", event, f"another block is certified at height {height}")

    def on_final(self, event, node):
        height, digest = event["height"], event["digest"]
        if node.head is None or (height, event["parent"]) != (node.head[0] + 1, node.head[1]):
            self.fail("A2", event, f"a final block of height {height} that does not stand on {node.head}")
        if self.chain.setdefault(height, digest) != digest:
            self.fail("A1", event, f"another block is final at height {height}")
        node.head = (height, digest)

    def on_end(self, event):
        self.end = event["kind"]
        covered = max((h for h, digest in self.certified.items() if self.chain.get(h, digest) == digest), default=0)
        highest = max(self.chain, default=0)
        if highest > covered:
            self.fail("A3", event, f"height {highest} is final and no block at or above {covered + 1} is certified")
        for height, digest in self.certified.items():
            if self.chain.get(height, digest) != digest:
                self.fail("A1", event, f"the block certified at height {height} is not the final one")
        if self.end == "settled" and len({node.head for node in self.nodes.values()}) != 1:
            self.fail("C1", event, "the honest nodes end with different blocks")


def judge(lines):
    """The Judge of a whole trace."""
    events = (json.loads(line) for line in lines)
    judged = Judge(next(events))
    for event in events:
        judged.take(event)
    return judged


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        judged = judge(lines)
    for violation in judged.violations:
        print(violation)
    print(" ".join(f"{name}={count}" for name, count in judged.counts.items()),
          f"height={max(judged.chain, default=0)} end={judged.end} violations={len(judged.violations)}")
    if judged.end is None:
        return 2
    return 1 if judged.violations else 0


if __name__ == "__main__":
    sys.exit(main())
