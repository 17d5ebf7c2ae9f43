#!/usr/bin/env python3
"""Bad files, requests, frames, keys, configurations and disks: a clear error, nothing lost, nothing sent."""
import datetime
import json
import os
import resource
import shutil
import socket
import subprocess
import sys

from harness import SAMPLES, Devnet, case, dated, run_cases_on_a_network
from load import signed

AVALD_CONFIGURATION = 64
AVALD_IO = 74


def height_of(net):
    return net.wait_equal()["height"]


def config_run(net, change, index=4, limit=20, setup=None, hard_files=None):
    """Starts avald on a changed copy of a stopped node's configuration; (exit code, stderr). `hard_files`: it may not
    have more open."""
    source = net.dir / f"node-{index}"
    copy = net.dir / "node-copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(source, copy, ignore=shutil.ignore_patterns("data", "avald.log"))
    config = json.loads((copy / "node.json").read_text())
    config["p2p"]["listen"] = config["api"]["listen"] = "127.0.0.1:0"
    change(config)
    (copy / "node.json").write_text(json.dumps(config))
    if setup:
        setup(copy)
    done = subprocess.run([str(net.aval.with_name("avald")), "--config", str(copy / "node.json")],
                          capture_output=True, text=True, timeout=limit, stdin=subprocess.DEVNULL,
                          preexec_fn=hard_files and (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (hard_files, hard_files))))
    return done.returncode, done.stdout + done.stderr


# --- invoices -------------------------------------------------------------------------------------

BAD_INVOICES = {  # sample -> what the error must name
    "bad-not-xml.xml": "XML", "bad-namespace.xml": "namespace", "bad-totals.xml": "BR-CO-15",
    "bad-currency.xml": "BT-5", "bad-decimals.xml": "BR-DEC", "bad-due-before-issue.xml": "BT-9",
    "bad-entity-bomb.xml": "DOCTYPE", "bad-external-entity.xml": "DOCTYPE", "bad-factored-393.xml": "AVAI",
    "bad-payee.xml": "AVAI",
}


@case("each bad invoice is refused with the field or rule named, and nothing is sent")
def bad_invoices(net):
    before = height_of(net)
    for name, named in BAD_INVOICES.items():
        net.refused("invoice", "submit", SAMPLES / name, code=named)
    assert height_of(net) == before


@case("a file of 20 MB is refused by its size")
def large_file(net):
    path = net.folder / "large.xml"
    path.write_bytes(b"<Invoice>" + b" " * 20_000_000 + b"</Invoice>")
    net.refused("invoice", "submit", path, code="MiB")


@case("the same invoice twice is refused as registered")
def same_invoice_twice(net):
    sample = SAMPLES / "invoice-ab-2026-001.xml"
    net.ok("invoice", "submit", sample, "--id", "twice-1")
    net.refused("invoice", "submit", sample, "--id", "twice-2", code="REDU", exit_code=1)


# --- envelopes ------------------------------------------------------------------------------------

@case("other bytes under a client reference that is taken get 409 and leave the first answer standing")
def client_reference(net):
    first = net.ok("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--amount", "1.00", "--currency", "EUR",
                   "--client-ref", "ref-1")
    net.refused("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--amount", "2.00", "--currency", "EUR",
                "--client-ref", "ref-1", exit_code=1)
    assert net.ok("tx", "status", first["tx_id"])["state"] == "committed"


@case("an envelope with a changed signature is refused and never reaches a block")
def wrong_signature(net):
    before = height_of(net)
    envelope = bytearray(signed(net, 1)[0])
    before = height_of(net)
    envelope[-1] ^= 1
    status, body = net.http(1, "POST", "/v1/tx?wait=5s", bytes(envelope), "application/x-protobuf")
    assert status == 403, (status, body)
    assert height_of(net) == before


@case("an envelope for another chain is refused")
def wrong_chain(net):
    with Devnet(net.aval) as other:
        envelope = signed(other, 1)[0]
    status, body = net.http(1, "POST", "/v1/tx?wait=5s", envelope, "application/x-protobuf")
    assert 400 <= status < 500, (status, body)


@case("GV-13 a member without the role is refused with AVCB, another's invoice with AVNP")
def wrong_role(net):
    net.refused("cash", "issue", "--as", "logistics", "--to", "bank-b", "--amount", "1.00", "--currency", "EUR",
                exit_code=1)
    net.ok("invoice", "submit", SAMPLES / "invoice-role.xml", "--id", "role-1")
    net.refused("invoice", "accept", "role-1", "--as", "bank-c", code="AVNP", exit_code=1)


# --- devices --------------------------------------------------------------------------------------

@case("attestations replayed, for another shipment or by a revoked device are refused by code")
def attestations(net):
    net.ok("invoice", "submit", dated(net.folder, "invoice-ship.xml"), "--id", "ship-1")
    by = (datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(60)).isoformat()
    buyer = net.ok("invoice", "show", "ship-1")["buyer"]
    net.ok("invoice", "accept", "ship-1", "--as", buyer, "--condition",
           "shipment=shp-9,container=MSKU1234565,milestones=LOAD,devices=device-1+device-2+device-3,k=2,"
           f"by={by}")

    def attest(device, shipment, counter, *more):
        return ("ship", "attest", "--device", device, "--device-key", net.dir / "keys" / f"{device}.pem",
                "--shipment", shipment, "--container", "MSKU1234565", "--milestone", "LOAD", "--counter", counter, *more)

    raw = net.folder / "attestation.cbor"
    net.ok(*attest("device-1", "shp-9", 7, "--out", raw))
    first = net.ok("ship", "attest", "--in", raw)
    assert net.ok("ship", "attest", "--in", raw)["tx_id"] == first["tx_id"], "the same bytes, the same answer"
    net.refused(*attest("device-1", "shp-9", 7), code="AVCN")
    net.refused(*attest("device-1", "shp-9", 6), code="AVCN")
    net.refused(*attest("device-2", "shp-8", 1), code="AVSH")
    message = raw.read_bytes()
    array_of_four = message.index(b"\x84")  # the same array, its length written in one byte more than it needs
    changed = net.folder / "non-shortest.cbor"
    changed.write_bytes(message[:array_of_four] + b"\x98\x04" + message[array_of_four + 1:])
    net.refused("ship", "attest", "--in", changed, code="INCD")
    net.ok("ship", "revoke", "device-2", "--as", "logistics")
    net.refused(*attest("device-2", "shp-9", 9), code="AVDR")


# --- HTTP and frames --------------------------------------------------------------------------------

BAD_JSON = ['{"envelope":"QQ==","envelope":"QQ=="}', '{"envelope":1e2}', '{"envelope":18446744073709551616}',
            '[' * 40000, '{"envelope":NaN}', '{"a":-0}', '{"a":1.0}', '{"envelope":"\ud800"}'.encode("utf-8", "surrogatepass")]


@case("JSON with duplicate keys, floats, depth or wide integers gets 400 and changes nothing")
def bad_json(net):
    before = height_of(net)
    for text in BAD_JSON:
        body = text if isinstance(text, bytes) else text.encode()
        status, answer = net.http(1, "POST", "/v1/tx", body)
        assert status == 400, (text[:40], status, answer)
        assert answer["code"] and answer["retry"] == "never", answer
    assert height_of(net) == before


@case("long addresses, many headers and large bodies get 414, 431 and 413")
def oversize(net):
    assert net.http(1, "GET", "/v1/tx/" + "a" * 1_000_000)[0] in (414, 431)
    assert net.http(1, "GET", "/v1/status", headers={f"X-{i}": "a" * 100 for i in range(200)})[0] == 431
    assert net.http(1, "POST", "/v1/tx", b"x" * 3_000_000, "application/x-protobuf")[0] == 413


@case("NW-08 NW-20 lying frames and garbage on the peer port leave the node running and its memory flat")
def bad_frames(net):
    port = net.nodes()[0]["peer_port"]
    before = net.status(1)["rss_bytes"]
    for payload in (b"\x00\x00\x00\x00", b"\xff\xff\xff\xff" * 4, b"\x7f\xff\xff\xff", os.urandom(4096), b"GET / HTTP/1.1\r\n\r\n"):
        for _ in range(20):
            with socket.create_connection(("127.0.0.1", port), timeout=5) as link:
                link.sendall(payload)
    assert net.ok("cash", "issue", "--as", "bank-a", "--to", "bank-b", "--amount", "1.00", "--currency", "EUR")
    assert net.status(1)["rss_bytes"] < before + 64 * 1024 * 1024


# --- the node's own files -----------------------------------------------------------------------------

@case("an unknown configuration key is refused and the nearest known one is named")
def config_typo(net):
    code, text = config_run(net, lambda c: c["api"].update(listn="127.0.0.1:1"))
    assert code == AVALD_CONFIGURATION and "listn" in text and "listen" in text, (code, text)


@case("a port in use is refused by name")
def port_in_use(net):
    taken = net.nodes()[0]["api_port"]
    code, text = config_run(net, lambda c: c["api"].update(listen=f"127.0.0.1:{taken}"))
    assert code == AVALD_CONFIGURATION and str(taken) in text, (code, text)


@case("ST-24 a limit of open files that leaves none for clients is refused, one that leaves some is told")
def few_descriptors(net):
    code, text = config_run(net, lambda c: None, hard_files=500)
    assert code == AVALD_CONFIGURATION and "500 files open" in text and "LimitNOFILE" in text, (code, text)
    taken = net.nodes()[0]["api_port"]  # so that it goes no further
    code, text = config_run(net, lambda c: c["api"].update(listen=f"127.0.0.1:{taken}"), hard_files=700)
    assert code == AVALD_CONFIGURATION and "clients may be connected instead of 512" in text, (code, text)


@case("a missing, a world-readable and a foreign key file are each refused with the remedy")
def bad_keys(net):
    code, text = config_run(net, lambda c: c["identity"].update(vote_key="none.pem"))
    assert code == AVALD_CONFIGURATION and "none.pem" in text, (code, text)
    code, text = config_run(net, lambda c: None, setup=lambda d: (d / "vote.pem").chmod(0o644))
    assert code == AVALD_CONFIGURATION and "chmod 600" in text, (code, text)
    code, text = config_run(net, lambda c: c["identity"].update(vote_key="../node-1/vote.pem"))
    assert code == AVALD_CONFIGURATION, (code, text)


@case("ST-25 a data directory in use by another process is refused")
def data_in_use(net):
    code, text = config_run(net, lambda c: c.update(data_dir="../node-4/data"))
    assert code == AVALD_CONFIGURATION and "in use" in text, (code, text)


@case("ST-32 the data directory of another chain is refused and left as it was")
def other_chain(net):
    with Devnet(net.aval) as other:
        other.ok("devnet", "down", "--dir", other.dir)
        data = other.dir / "node-1" / "data"
        def content():
            return {p.relative_to(data): p.read_bytes() for p in data.rglob("*") if p.is_file()}

        before = content()
        assert len(before) > 5, before.keys()
        code, text = config_run(net, lambda c: c.update(data_dir=str(data)))
        assert code == AVALD_CONFIGURATION and "chain" in text, (code, text)
        assert content() == before


@case("ST-04 a disk that fills stops the node with code 74; with space again it comes back and agrees")
def disk_full(net):
    node = net.nodes()[3]
    net.kill(4)
    config = net.dir / "node-4" / "node.json"
    # The largest file it may write: the system refuses the write that would go beyond, as a full disk does.
    limit_kib = max(p.stat().st_size for p in (net.dir / "node-4" / "data").rglob("*") if p.is_file()) // 1024 + 64
    command = f"trap '' XFSZ; ulimit -f {limit_kib}; exec {net.aval.with_name('avald')} --config {config}"
    process = subprocess.Popen(["bash", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.STDOUT, text=True)
    try:
        for _ in range(30):
            if process.poll() is not None:
                break
            net.run("bench", "run", "--dir", net.dir, "--count", 500, limit=120)  # ends early when node 4 does
        process.wait(20)
        output = process.stdout.read()
        assert process.returncode == AVALD_IO, (process.returncode, output[-1000:])
    finally:
        if process.poll() is None:
            process.kill()
    net.up()
    assert node["index"] == 4 and net.wait_equal()["height"] > 0


if __name__ == "__main__":
    sys.exit(run_cases_on_a_network(__doc__, parties=[
        SAMPLES / name for name in ("invoice-ab-2026-001.xml", "invoice-role.xml", "invoice-ship.xml")]))
