#!/usr/bin/env python3
"""An auditor holds two ledgers that differ, and learns who made them so. The second one is made here, with the
validators' keys: a quorum of them signs another block at the height of the last certificate, in the second epoch."""
import hashlib
import importlib.util
import socket
import ssl
import subprocess
import sys

from harness import ROOT, Devnet, arguments, case, ledger_with_a_trade, run_cases, wait_for
from hostile_peer import peer_port, tls_of

GOLDEN = ROOT / "tests" / "golden" / "ledger" / "verify.py"
MAGIC = b"AVALLEDGER1\n"


def verifier():
    """The second implementation of the encodings, which shares no code with the node."""
    spec = importlib.util.spec_from_file_location("verify", GOLDEN)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


V = verifier()


def varint(value):
    out = b""
    while value > 0x7F:
        out, value = out + bytes([value & 0x7F | 0x80]), value >> 7
    return out + bytes([value])


def write(message):
    """The inverse of fields(): numbers are varints, bytes have their length in front, zeros are left out."""
    out = b""
    for number in sorted(message):
        for value in message[number]:
            if isinstance(value, int):
                out += varint(number << 3) + varint(value) if value else b""
            else:
                out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


def secret_of(net, index):
    """The private key behind the vote key of a validator."""
    path, passphrase = net.dir / f"node-{index + 1}" / "vote.pem", net.dir / "keys" / "passphrase"
    command = ["openssl", "pkey", "-in", path, "-passin", f"file:{passphrase}", "-noout", "-text"]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    return int("".join(text.split("priv:")[1].split("pub:")[0].split()).replace(":", ""), 16)


def sign(secret, digest):
    """With the nonce 1, which gives the key away: it is of a network that is about to be thrown away."""
    r = V.BASE[0] % V.ORDER
    s = (int.from_bytes(digest, "big") + r * secret) % V.ORDER
    return r.to_bytes(32, "big") + min(s, V.ORDER - s).to_bytes(32, "big")


def certificate(chain_id, place, block_hash, secrets):
    epoch, view, height = place
    digest = V.tagged("vote", V.vote_bytes(chain_id, epoch, view, height, 2, block_hash))
    votes = [write({1: [index], 2: [sign(secrets[index], digest)]}) for index in sorted(secrets)]
    return write({1: [epoch], 2: [view], 3: [height], 4: [2], 5: [block_hash], 6: votes})


def up_to_last_certificate(ledger):
    """The chain id, and the frames up to the last block with a certificate of its own."""
    data = ledger.read_bytes()
    at = len(MAGIC) + 32
    chain_id, frames = data[len(MAGIC):at], []
    while length := int.from_bytes(data[at:at + 4], "big"):
        frames.append(data[at + 4:at + 4 + length])
        at += 4 + length
    while 3 not in V.fields(frames[-1]):
        frames.pop()
    return chain_id, frames


def export(path, chain_id, frames):
    data = MAGIC + chain_id
    for frame in frames:
        data += len(frame).to_bytes(4, "big") + frame
    data += bytes(4) + len(frames).to_bytes(8, "big")
    path.write_bytes(data + hashlib.sha256(data).digest())
    return path


def fork_at(net, chain_id, frames, place, signers):
    """Another export: up to below the last frame the same, there the block a millisecond later, certified at `place`
    by `signers`."""
    outer = V.fields(frames[-1])
    block = V.fields(outer[1][0])
    header = V.fields(block[1][0])
    header[7] = [header[7][0] + 1]
    block[1] = [write(header)]
    outer[1] = [write(block)]
    secrets = {index: secret_of(net, index) for index in signers}
    outer[3] = [certificate(chain_id, place, V.tagged("header", block[1][0]), secrets)]
    return export(net.folder / "other.aval", chain_id, frames[:-1] + [write(outer)])


def other_history(net, ledger, signers):
    """The last certified block once more, certified in the view of the real one. Returns the export, its height, and
    who signed the real block."""
    chain_id, frames = up_to_last_certificate(ledger)
    real = V.fields(V.fields(frames[-1])[3][0])
    place = [real.get(number, [0])[0] for number in (1, 2, 3)]
    assert place[0] == 1, place  # the second epoch
    return fork_at(net, chain_id, frames, place, signers), len(frames), senders(real[6])


def senders(messages):
    """The first field of votes."""
    return {V.fields(message).get(1, [0])[0] for message in messages}


@case("CS-24 aval blame names everybody who committed both of two blocks, and nobody else")
def names_the_guilty(net, ledger):
    signers = [0, 1, 3]
    other, height, signed = other_history(net, ledger, signers)
    verdict = net.ok("blame", ledger, other)
    named = {entry["validator"] for entry in verdict["culprits"]}
    assert verdict["forked"] and verdict["height"] == height, verdict
    assert named == signed & set(signers) and len(named) >= verdict["culprits_needed"], (verdict, signed)


@case("a ledger and itself are no fork, and nobody is named")
def no_fork(net, ledger):
    verdict = net.ok("blame", ledger, ledger)
    assert not verdict["forked"] and verdict["culprits"] == [], verdict


@case("a history that too few have signed convicts nobody")
def forged(net, ledger):
    other, _, _ = other_history(net, ledger, [0, 1])
    net.refused("blame", ledger, other, code="unproven", exit_code=1)


@case("a file that is neither evidence nor a new view is refused by name")
def strange_file(net, ledger):
    net.refused("blame", ledger, ledger, net.dir / "genesis.json", code="neither evidence nor a new view", exit_code=1)


def say(net, index, target, frames):
    """One validator's node says this to another's: over TLS with its key, as the frames of node/README.md, each in a
    record of its own, since only a short frame is taken before the hello has been read."""
    plain = socket.create_connection(("127.0.0.1", peer_port(net, target)), timeout=5)
    link = tls_of(net, index, ssl.PROTOCOL_TLS_CLIENT, ssl.TLSVersion.TLSv1_3).wrap_socket(plain)
    for kind, payload in frames:
        link.sendall((1 + len(payload)).to_bytes(4, "big") + bytes([kind]) + payload)
    return link


def hello(header, seat):
    return (b"AVALHELO" + (1).to_bytes(4, "big") * 2 + bytes.fromhex(header["chain_id"])
            + header["epoch"].to_bytes(8, "big") + bytes.fromhex(header["validators_hash"])
            + bytes.fromhex(header["params_hash"]) + seat.to_bytes(4, "big"))


def prepare(header, view, block_hash, seat, secret):
    vote = write({1: [bytes.fromhex(header["chain_id"])], 2: [header["epoch"]], 3: [view], 4: [header["height"] + 1],
                  5: [1], 6: [block_hash]})
    return write({3: [write({1: [vote], 2: [seat], 3: [sign(secret, V.tagged("vote", vote))]})]})


@case("CS-01 two votes for one place are kept by the node that heard them, saved from it, and name who signed")
def double_vote(net, ledger):
    liar, witness = 1, 4
    net.kill(liar)
    standing = wait_for(lambda: (s := net.status(witness)) and not s["in_view_change"] and s, 20, "a view at work")
    header = net.get(witness, f"/v1/blocks/{standing['height']}")["header"]
    secret = secret_of(net, liar - 1)
    votes = [prepare(header, standing["view"], hashlib.sha256(block).digest(), liar - 1, secret)
             for block in (b"one", b"another")]
    with say(net, liar, witness, [(1, hello(header, liar - 1)), (2, votes[0]), (2, votes[1]), (2, votes[1])]):
        wait_for(lambda: net.get(witness, "/v1/evidence")["evidence"], 10, "evidence")
    net.kill(witness)
    net.up()
    kept = net.get(witness, "/v1/evidence")["evidence"]
    assert len(kept) == 1 and kept[0]["validator"] == liar - 1 and kept[0]["statement"] == "prepare", kept
    assert kept[0]["height"] == header["height"] + 1 and len(set(kept[0]["blocks"])) == 2, kept
    assert "signed two prepares" in net.log(witness)
    saved = net.ok("evidence", "save", net.folder / "evidence")
    contradictions = [entry for entry in saved["files"] if entry["statement"] != "new view"]
    assert [entry["member"] for entry in contradictions] == [kept[0]["member"]] and not saved["silent"], saved
    verdict = net.ok("blame", ledger, ledger, net.folder / "evidence" / contradictions[0]["file"])
    assert not verdict["forked"], verdict
    assert [entry["validator"] for entry in verdict["culprits"]] == [liar - 1], verdict


def change_view(net):
    """Work for a network without its primary, which then comes back. A ledger that goes on in the later view."""
    net.kill(net.primary())
    net.ok("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--currency", "EUR", "--amount", "1.00")
    net.up()
    net.ok("audit", "export", "--out", net.folder / "later.aval")
    return net.folder / "later.aval"


def height_reached(view_change):
    """The highest block that this shows as final or prepared."""
    headers = [view_change[4][0], *view_change.get(7, [])]
    return max(V.fields(header).get(3, [0])[0] for header in headers)


@case("CS-24 across a view, the new view that the nodes kept convicts everybody who committed and hid it, and nobody else")
def names_who_hid(net, ledger):
    later = change_view(net)
    saved = net.ok("evidence", "save", net.folder / "new-views")
    views = [entry for entry in saved["files"] if entry["statement"] == "new view"]
    opened = max(views, key=lambda entry: entry["view"])
    message = V.fields(V.fields((net.folder / "new-views" / opened["file"]).read_bytes())[5][0])
    quoted = [V.fields(entry) for entry in message[4]]
    fork = max(map(height_reached, quoted)) + 1
    chain_id, frames = up_to_last_certificate(later)
    signers = [0, 1, 3]
    other = fork_at(net, chain_id, frames[:fork], (opened["epoch"], opened["view"] - 1, fork), signers)
    undecided = net.run("blame", later, other)
    assert undecided.code == 3, undecided
    files = [net.folder / "new-views" / entry["file"] for entry in views]
    forged = net.folder / "forged.new-view"
    forged.write_bytes(files[-1].read_bytes()[:-1] + bytes([files[-1].read_bytes()[-1] ^ 1]))
    verdict = net.ok("blame", later, other, *files, forged)  # one that does not hold does not save anybody
    named = {entry["validator"] for entry in verdict["culprits"]}
    assert verdict["height"] == fork, verdict
    assert named == {entry.get(3, [0])[0] for entry in quoted} & set(signers), verdict
    assert len(named) >= verdict["culprits_needed"], verdict


@case("a new view that a crash left in the journal alone is among the evidence again after the next start")
def kept_again(net):
    index = net.primary()
    kept = net.get(index, "/v1/evidence")["new_views"]
    net.kill(index)
    for path in (net.dir / f"node-{index}" / "data" / "evidence").glob("*.new-view"):
        path.unlink()
    net.up()
    again = net.get(index, "/v1/evidence")["new_views"]
    assert again and again == kept[-len(again):], (kept, again)


def begin_second_epoch(net):
    """By another parameter: the keys stay what they are."""
    net.ok("gov", "propose", "set", "pipeline_window=5", "--id", "window-5", "--as", "bank-a")
    for bank in ("bank-b", "bank-c"):
        net.ok("gov", "vote", "window-5", "--as", bank)
    wait_for(lambda: all(status and status["epoch"] == 1 for status in net.statuses().values()), 20, "the second epoch")


def main():
    options = arguments(__doc__)
    with Devnet(options.aval) as net:
        begin_second_epoch(net)
        return run_cases(net=net, ledger=ledger_with_a_trade(net))


if __name__ == "__main__":
    sys.exit(main())
