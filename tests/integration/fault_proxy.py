"""A TCP proxy in user space that stands between validators and spoils their links at run time.

One Link carries one pair's connections. Each of its two directions has its own faults: a delay, a rate, small
pieces, or a black hole that stops reading so that the sender meets a full window. A whole link can be cut: its
connections are reset, and so is every new one. A narrow one has socket buffers as small as the system allows. Bytes
are never dropped inside a connection, because TCP never does that."""
import asyncio
import contextlib
import dataclasses
import itertools
import socket
import threading

CHUNK = 16384
NARROW = 1  # bytes asked for; the system gives its least
BUFFERS = (socket.SO_RCVBUF, socket.SO_SNDBUF)


@dataclasses.dataclass
class Direction:
    delay: float = 0.0  # seconds before each piece is passed on
    rate: int = 0       # bytes a second; 0: no limit
    black_hole: bool = False
    piece: int = 0      # passed on in pieces of one byte, two bytes, and so on up to this many; 0: as they come
    pieces: int = 0     # passed on so far

    async def pass_on(self, reader, writer):
        while True:
            while self.black_hole:
                await asyncio.sleep(0.02)
            data = await reader.read(self.most())
            if not data:
                return
            self.pieces += 1
            pause = self.delay + (len(data) / self.rate if self.rate else 0)
            if pause:
                await asyncio.sleep(pause)
            writer.write(data)
            await writer.drain()

    def most(self):
        if self.piece:
            return self.pieces % self.piece + 1
        return min(CHUNK, self.rate // 10 or 1) if self.rate else CHUNK


class Link:
    """Between the validator that dials and the one that accepts."""

    def __init__(self, target_port):
        self.target_port = target_port
        self.out, self.back = Direction(), Direction()  # out: from the dialling side
        self.is_cut = False
        self.is_narrow = False
        self.port = 0
        self.accepted = 0
        self.writers = set()

    async def listen(self):
        server = await asyncio.start_server(self.carry, "127.0.0.1", 0, limit=CHUNK)
        self.listener = server.sockets[0]
        self.wide = [self.listener.getsockopt(socket.SOL_SOCKET, buffer) for buffer in BUFFERS]
        self.port = self.listener.getsockname()[1]

    def narrow(self, is_narrow):
        """For connections from now on, which take their buffers after the listener's."""
        self.is_narrow = is_narrow
        for buffer, wide in zip(BUFFERS, self.wide):
            self.listener.setsockopt(socket.SOL_SOCKET, buffer, NARROW if is_narrow else wide // 2)

    async def dial(self):
        far = socket.socket()
        far.setblocking(False)
        try:
            for buffer in BUFFERS if self.is_narrow else ():
                far.setsockopt(socket.SOL_SOCKET, buffer, NARROW)
            await asyncio.get_running_loop().sock_connect(far, ("127.0.0.1", self.target_port))
            return await asyncio.open_connection(sock=far, limit=CHUNK)
        except OSError:
            far.close()
            raise

    async def carry(self, reader, writer):
        self.accepted += 1
        if self.is_cut:
            writer.transport.abort()
            return
        self.writers.add(writer)
        try:
            far_reader, far_writer = await self.dial()
        except OSError:
            self.drop(writer)
            return
        self.writers.add(far_writer)
        ways = [asyncio.ensure_future(self.out.pass_on(reader, far_writer)),
                asyncio.ensure_future(self.back.pass_on(far_reader, writer))]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()
        await asyncio.gather(*ways, return_exceptions=True)
        self.drop(writer)
        self.drop(far_writer)

    def drop(self, writer):
        self.writers.discard(writer)
        writer.transport.abort()

    def reset(self):
        for writer in list(self.writers):
            self.drop(writer)


class FaultProxy:
    """The links of `ports` (index of a validator to the port it listens on), run by a thread of its own."""

    def __init__(self, ports):
        self.loop = asyncio.new_event_loop()
        self.links = {pair: Link(ports[pair[1]]) for pair in itertools.combinations(sorted(ports), 2)}
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        for link in self.links.values():
            asyncio.run_coroutine_threadsafe(link.listen(), self.loop).result(10)

    def call(self, function):
        """Runs in the proxy's thread and waits for it, so that a fault holds once a test goes on."""
        async def run():
            return function()
        return asyncio.run_coroutine_threadsafe(run(), self.loop).result(10)

    def between(self, one, other):
        return self.links[min(one, other), max(one, other)]

    def direction(self, sender, receiver):
        link = self.between(sender, receiver)
        return link.out if sender < receiver else link.back

    def cut(self, one, other):
        self.call(lambda: self.cut_here(one, other))

    def cut_here(self, one, other):
        link = self.between(one, other)
        link.is_cut = True
        link.reset()

    def join(self, one, other):
        self.call(lambda: setattr(self.between(one, other), "is_cut", False))

    @contextlib.contextmanager
    def flapping(self, one, other, interval):
        """This link is cut and joined in turn, each for so many seconds."""
        async def flap():
            for cuts in itertools.count(1):
                self.cut_here(one, other)
                flaps[0] = cuts
                await asyncio.sleep(interval)
                self.between(one, other).is_cut = False
                await asyncio.sleep(interval)

        flaps = [0]
        task = asyncio.run_coroutine_threadsafe(flap(), self.loop)
        try:
            yield flaps
        finally:
            task.cancel()
            self.join(one, other)

    def narrow(self, index, piece):
        """A validator's links anew, with the least buffers that the system allows, and bytes passed on a few at a time."""
        def act():
            for pair, link in self.links.items():
                if index in pair:
                    link.narrow(True)
                    link.out.piece = link.back.piece = piece
                    link.reset()
        self.call(act)

    def pieces(self):
        return sum(link.out.pieces + link.back.pieces for link in self.links.values())

    def partition(self, *groups):
        """Only validators of one group reach each other."""
        group_of = {index: number for number, group in enumerate(groups) for index in group}
        for one, other in self.links:
            if group_of[one] != group_of[other]:
                self.cut(one, other)

    def heal(self):
        """No faults any more; connections that were held up start anew, the others live on."""
        def act():
            for link in self.links.values():
                if link.out.black_hole or link.back.black_hole or link.is_narrow:
                    link.reset()
                link.is_cut = False
                if link.is_narrow:
                    link.narrow(False)
                for way in (link.out, link.back):
                    way.delay, way.rate, way.black_hole, way.piece = 0.0, 0, False, 0
        self.call(act)

    def close(self):
        def act():
            for link in self.links.values():
                link.reset()
        self.call(act)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
