#!/usr/bin/env python3
"""A second verifier, written from ledger/README.md and ledger.proto alone: no code is shared with the node. It checks
every golden example of the ledger: hashes, signatures, roots, proofs, the export file and the database listing."""
import hashlib
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FIELD = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
CURVE_B = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
BASE = (0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5)
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        sys.exit(f"stage=golden-ledger: {what} does not hold")


def golden(name):
    return bytes.fromhex((HERE / f"{name}.hex").read_text().replace("\n", ""))


def sha256(data):
    return hashlib.sha256(data).digest()


def tagged(tag, data):
    return sha256(f"aval/{tag}/v1".encode() + b"\0" + data)


def leaf(data):
    return sha256(b"\0" + data)


def merkle_root(leaves):
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    return sha256(b"\1" + merkle_root(leaves[:split]) + merkle_root(leaves[split:]))


def merkle_climb(hash_, index, size, path):
    path = list(path)
    last = size - 1
    while last > 0:
        if index % 2:
            hash_ = sha256(b"\1" + path.pop(0) + hash_)
        elif index < last:
            hash_ = sha256(b"\1" + hash_ + path.pop(0))
        index, last = index // 2, last // 2
    return hash_ if not path else None


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(data):
    """Field number -> list of its values (int or bytes)."""
    out, at = {}, 0
    while at < len(data):
        tag, at = varint(data, at)
        value, at = varint(data, at)
        if tag & 7 == 2:
            value, at = data[at:at + value], at + value
        out.setdefault(tag >> 3, []).append(value)
    return out


def one(message, number, default=0):
    return message.get(number, [default])[0]


def u(value, size):
    return value.to_bytes(size, "big")


def add(p, q):
    if p is None or q is None:
        return p or q
    if p[0] == q[0]:
        if (p[1] + q[1]) % FIELD == 0:
            return None
        slope = (3 * p[0] * p[0] - 3) * pow(2 * p[1], -1, FIELD)
    else:
        slope = (q[1] - p[1]) * pow(q[0] - p[0], -1, FIELD)
    x = (slope * slope - p[0] - q[0]) % FIELD
    return x, (slope * (p[0] - x) - p[1]) % FIELD


def times(k, p):
    out = None
    while k:
        out = add(out, p) if k & 1 else out
        p, k = add(p, p), k >> 1
    return out


def point(key):
    x = int.from_bytes(key[1:], "big")
    y = pow(x**3 - 3 * x + CURVE_B, (FIELD + 1) // 4, FIELD)
    return x, y if y % 2 == key[0] % 2 else FIELD - y


def signature_holds(key, digest, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if not (len(signature) == 64 and 0 < r < ORDER and 0 < s <= ORDER // 2):
        return False
    inverse = pow(s, -1, ORDER)
    e = int.from_bytes(digest, "big")
    at = add(times(e * inverse % ORDER, BASE), times(r * inverse % ORDER, point(key)))
    return at is not None and at[0] % ORDER == r


def check_envelope(data):
    envelope = fields(data)
    tx_id = tagged("tx", one(envelope, 1))
    for entry in map(fields, envelope[2]):
        check(signature_holds(one(entry, 1), tx_id, one(entry, 2)), "a client's signature")
    return tx_id


def check_block(data):
    """Returns header bytes, header fields, transaction ids of a certified block."""
    certified = fields(data)
    block = fields(one(certified, 1))
    header = fields(one(block, 1))
    parent, refs, tx_ids = one(header, 4), block.get(2, []), []
    order = []
    for ref_bytes, batch_bytes in zip(refs, certified.get(2, []), strict=True):
        ref, batch = fields(ref_bytes), fields(batch_bytes)
        check(one(ref, 3) == tagged("batch", batch_bytes), "a batch digest")
        check((one(ref, 1), one(ref, 2)) == (one(batch, 1), one(batch, 2)), "a batch ref")
        order.append((tagged("origin-order", parent + u(one(ref, 1), 4)), one(ref, 2), one(ref, 3)))
        tx_ids += [check_envelope(envelope) for envelope in batch[3]]
    check(order == sorted(order), "the block order")
    check(one(header, 8) == merkle_root([leaf(ref) for ref in refs]), "batches_root")
    check(one(header, 9) == merkle_root([leaf(tx_id) for tx_id in tx_ids]), "tx_root")
    return one(block, 1), header, tx_ids


def vote_bytes(chain_id, epoch, view, height, phase, block_hash):
    numbers = ((2, epoch), (3, view), (4, height), (5, phase))
    written = b"".join(bytes([number << 3, value]) for number, value in numbers if value)
    return b"\x0a\x20" + chain_id + written + b"\x32\x20" + block_hash


def check_evidence(data, chain_id, validators):
    """Two commits of one validator, of one epoch, view and height, for two blocks."""
    evidence = fields(data)
    sides = [fields(one(evidence, number)) for number in (6, 7)]
    hashes = [one(side, 1) for side in sides]
    check(hashes[0] < hashes[1], "the order of the two blocks")
    key = one(fields(validators[one(evidence, 1)]), 2)
    for side in sides:
        place = [evidence.get(number, [0])[0] for number in (3, 4, 5, 2)]
        vote = vote_bytes(chain_id, *place, one(side, 1))
        check(signature_holds(key, tagged("vote", vote), one(side, 3)), "a signature of the evidence")


def check_certificate(data, header_bytes, header, validators):
    certificate = fields(data)
    check(one(certificate, 5) == tagged("header", header_bytes), "the certified hash")
    check((one(certificate, 3), one(certificate, 4)) == (one(header, 3), 2), "the certified height and phase")
    vote = vote_bytes(one(header, 1), one(certificate, 1), one(certificate, 2), one(certificate, 3), 2,
                      one(certificate, 5))
    check(vote == golden("vote"), "the vote")
    n = len(validators)
    f = (n - 1) // 3
    signers = [one(fields(entry), 1) for entry in certificate[6]]
    check(len(signers) == (n + f + 2) // 2 and signers == sorted(set(signers)), "the quorum")
    for entry in map(fields, certificate[6]):
        key = one(fields(validators[one(entry, 1)]), 2)
        check(signature_holds(key, tagged("vote", vote), one(entry, 2)), "a validator's signature")


def bit(position, number):
    return position[number // 8] >> (7 - number % 8) & 1


def state_root(leaves):
    if not leaves:
        return bytes(32)
    if len(leaves) == 1:
        return tagged("state-leaf", b"".join(leaves[0]))
    at = next(i for i in range(256) if len({bit(position, i) for position, _ in leaves}) == 2)
    sides = [state_root([entry for entry in leaves if bit(entry[0], at) == side]) for side in (0, 1)]
    return tagged("state-node", u(at, 2) + sides[0] + sides[1])


def check_state_proof(data, root, key, value):
    proof = fields(data)
    position, own = one(proof, 1), tagged("state-key", key)
    check((position == own) == (value is not None), "whose leaf it is")
    check(value is None or one(proof, 2) == sha256(value), "the leaf's value")
    hash_, above = tagged("state-leaf", position + one(proof, 2)), 256
    for sibling in map(fields, proof[3]):
        at, other = one(sibling, 1), one(sibling, 2)
        check(at < above and bit(position, at) == bit(own, at), "the way to the leaf")
        hash_ = tagged("state-node", u(at, 2) + (other + hash_ if bit(position, at) else hash_ + other))
        above = at
    check(hash_ == root, "the state root above a proof")


def check_receipt_proof(data, validators):
    proof = fields(data)
    body, receipt, path = one(proof, 1), one(proof, 2), fields(one(proof, 3))
    headers = proof[4]
    check(one(fields(receipt), 1) == tagged("tx", body), "the receipt's transaction")
    root = merkle_climb(leaf(receipt), one(path, 1), one(path, 2), path.get(3, []))
    check(root == one(fields(headers[0]), 10), "receipt_root above a proof")
    for below, above in zip(headers, headers[1:]):
        check(one(fields(above), 4) == tagged("header", below), "a parent")
    check_certificate(one(proof, 5), headers[-1], fields(headers[-1]), validators)


def check_export(data, chain_id, blocks):
    check(data[:44] == b"AVALLEDGER1\n" + chain_id, "the start of the export")
    at = 44
    for block in blocks:
        check(data[at:at + 4] == u(len(block), 4) and data[at + 4:at + 4 + len(block)] == block, "a frame")
        at += 4 + len(block)
    check(data[at:] == u(0, 4) + u(len(blocks), 8) + sha256(data[:at + 12]), "the end of the export")


def check_database(chain_id, blocks):
    lines = (HERE / "database.txt").read_text().splitlines()
    database = {bytes.fromhex(key): bytes.fromhex(value) for key, value in map(str.split, lines)}
    check(list(database) == sorted(database), "the order of keys")
    expected = {b"F": b"aval-ledger/2\n" + chain_id, b"H": u(len(blocks), 8), b"ntip": b"7",
                b"e" + u(0, 8): u(0, 8) + golden("validators")}
    for height, data in enumerate(blocks, 1):
        certified = fields(data)
        expected[b"b" + u(height, 8)] = one(certified, 1)
        if 3 in certified:
            expected[b"c" + u(height, 8)] = one(certified, 3)
        index = 0
        receipts = b""
        for b, batch in enumerate(certified[2]):
            expected[b"d" + u(height, 8) + u(b, 4)] = batch
            for p, envelope in enumerate(fields(batch)[3]):
                tx_id = tagged("tx", one(fields(envelope), 1))
                expected[b"t" + tx_id] = u(height, 8) + u(index, 4) + u(b, 4) + u(p, 4)
                expected[b"s~tx/" + tx_id] = b"seen"
                reference = one(fields(one(fields(envelope), 1)), 3)
                expected[b"sinvoice/" + reference] = b"open"
                index += 1
        stored, leaves = database[b"r" + u(height, 8)], []
        while stored:
            size = int.from_bytes(stored[:4], "big")
            leaves.append(leaf(stored[4:4 + size]))
            stored = stored[4 + size:]
        check(merkle_root(leaves) == one(fields(one(fields(one(certified, 1)), 1)), 10), "receipt_root")
        expected[b"r" + u(height, 8)] = database[b"r" + u(height, 8)]
    check(expected == database, "the database")
    return {key[1:]: value for key, value in database.items() if key[:1] == b"s"}


def main():
    blocks = [golden("certified_block_1"), golden("certified_block_2")]
    validators = fields(golden("validators"))[2]
    genesis = fields(golden("genesis_header"))
    chain_id, below = one(genesis, 1), golden("genesis_header")
    check(one(genesis, 12) == tagged("validators", golden("validators")), "validators_hash")
    check(one(genesis, 13) == tagged("parameters", golden("parameters")), "params_hash")
    check(one(genesis, 8) == merkle_root([]) and one(genesis, 11) == bytes(32), "the genesis roots")
    for block in blocks:
        header_bytes, header, _ = check_block(block)
        check(one(header, 4) == tagged("header", below), "a parent")
        below = header_bytes
    check_certificate(golden("certificate"), below, fields(below), validators)
    check_evidence(golden("evidence"), chain_id, validators)
    state = check_database(chain_id, blocks)
    leaves = [(tagged("state-key", key), sha256(value)) for key, value in state.items() if key[:1] != b"~"]
    root = state_root(leaves)
    check(root == one(fields(below), 11), "state_root")
    check_state_proof(golden("state_proof_present"), root, b"invoice/INV-0", b"open")
    check_state_proof(golden("state_proof_absent"), root, b"invoice/INV-9", None)
    check_receipt_proof(golden("receipt_proof"), validators)
    check_export(golden("export"), chain_id, blocks)
    print(f"stage=golden-ledger checks={checks} floor={'ok' if checks >= 40 else 'failed'}")
    return 0 if checks >= 40 else 1


if __name__ == "__main__":
    sys.exit(main())
