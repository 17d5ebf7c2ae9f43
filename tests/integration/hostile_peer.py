"""A validator's place on the peer network, taken over by this program with that validator's own TLS key: what it says
there is what a test wants it to say. Standard library only."""
import contextlib
import os
import select
import socket
import ssl
import threading
import time

HELLO, PROTOCOL, BULK = 1, 2, 3


def varint(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def field(number, value):
    """One protobuf field: bytes by their length, a number as a varint; 0 is left out, as the canonical form wants."""
    if isinstance(value, bytes):
        return varint(number << 3 | 2) + varint(len(value)) + value
    return varint(number << 3) + varint(value) if value else b""


def framed(kind, payload):
    return (len(payload) + 1).to_bytes(4, "big") + bytes([kind]) + payload


def fetch_final(first):
    return field(10, first)


def vote(chain_id, voter, epoch, height):
    """A prepare in canonical form whose signature is none of anybody's."""
    body = (field(1, chain_id) + field(2, epoch) + field(4, height) + field(5, 1) + field(6, os.urandom(32)))
    signature = os.urandom(32) + b"\x10" + os.urandom(31)
    return field(3, field(1, body) + field(2, voter) + field(3, signature))


def read_exactly(link, count):
    out = b""
    while len(out) < count:
        piece = link.recv(count - len(out))
        if not piece:
            raise OSError("closed")
        out += piece
    return out


def greet(link, index):
    """Says of itself what the other end says, but for the number."""
    hello = read_exactly(link, 4 + 1 + 124)
    link.sendall(hello[:-4] + (index - 1).to_bytes(4, "big"))


def tls_of(net, index, protocol, version):
    """The TLS side of this validator, with its own key and this one version of TLS."""
    folder = net.dir / f"node-{index}"
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.load_cert_chain(folder / "tls.crt", folder / "tls.pem",
                            password=(net.dir / "keys" / "passphrase").read_text().strip())
    return context


def peer_port(net, index):
    return next(node["peer_port"] for node in net.nodes() if node["index"] == index)


@contextlib.contextmanager
def dialled(net, caller, called, version):
    """A link to the validator `called` that takes the place of the one from `caller`, whose number is lower."""
    with socket.create_connection(("127.0.0.1", peer_port(net, called)), timeout=5) as plain, \
            tls_of(net, caller, ssl.PROTOCOL_TLS_CLIENT, version).wrap_socket(plain) as link:
        greet(link, caller)
        yield link


class HostilePeer:
    """The last validator, which all others dial. `say` gives the next frames for a link; what comes back is counted."""

    def __init__(self, net, index, say, version=ssl.TLSVersion.TLSv1_3):
        self.index = index
        self.say = say
        self.received = 0  # bytes after the hello
        self.sent = 0  # frames
        self.links = 0
        self.failures = []  # why a handshake came to no end, of each that did not
        self.stopping = False
        self.context = tls_of(net, index, ssl.PROTOCOL_TLS_SERVER, version)
        self.listener = socket.create_server(("127.0.0.1", peer_port(net, index)))
        self.threads = [threading.Thread(target=self.accept, daemon=True)]
        self.threads[0].start()

    def accept(self):
        while not self.stopping:
            with contextlib.suppress(OSError):
                plain, _ = self.listener.accept()
                thread = threading.Thread(target=self.serve, args=(plain,), daemon=True)
                self.threads.append(thread)
                thread.start()

    def serve(self, plain):
        with contextlib.suppress(OSError, ValueError), self.shake_hands(plain) as link:
            link.settimeout(5)
            greet(link, self.index)
            self.links += 1
            self.converse(link)

    def shake_hands(self, plain):
        try:
            return self.context.wrap_socket(plain, server_side=True)
        except ssl.SSLError as failure:
            self.failures.append(failure.reason)
            raise

    def converse(self, link):
        while not self.stopping:
            frames = self.say()
            link.sendall(b"".join(framed(kind, payload) for kind, payload in frames))
            self.sent += len(frames)
            self.read_what_is_there(link)

    def read_what_is_there(self, link):
        while link.pending() or select.select([link], [], [], 0)[0]:
            piece = link.recv(1 << 16)
            if not piece:
                raise OSError("closed")
            self.received += len(piece)

    def close(self):
        self.stopping = True
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        for thread in self.threads:
            thread.join(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class SlowPeer(HostilePeer):
    """It says one byte a second of its next frame, and notes how long each link bore that."""

    def __init__(self, net, index, say):
        self.borne = []  # seconds from the first byte of a frame to the end of its link
        super().__init__(net, index, say)

    def converse(self, link):
        begun = time.monotonic()
        try:
            for sent, byte in enumerate(framed(*self.say()[0])):
                if self.stopping:
                    return
                link.sendall(bytes([byte]))
                while time.monotonic() < begun + sent + 1 and not self.stopping:
                    select.select([link], [], [], 0.05)
                    self.read_what_is_there(link)
        finally:
            self.borne.append(time.monotonic() - begun)
