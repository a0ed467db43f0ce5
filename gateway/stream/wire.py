"""The stream that trio-websocket sees in place of the socket. It leaves trio-websocket the protocol and takes the rest from it.

* Everything trio-websocket sends is one whole unit (the 101, a pong, a Close): it goes into our writer, in one order with our own frames.
* It is given the head alone first, and nothing more before its 101 came: wsproto loses bytes that follow the head.
* Every byte is measured first: past a limit it is told that the stream ended.
* It never begins a Close (we push ours past it), so it never meets a ping while closing, which it would not survive.
"""

from __future__ import annotations

import trio

from gateway.stream.meter import FrameMeter
from gateway.stream.writer import FrameWriter

RECEIVE_BYTES = 65_536
_CLOSE = 0x88


class Wire(trio.abc.Stream):
    """``head`` is what trio-websocket reads as the request; ``received`` is what the client sent after its real one.

    ``heard`` counts the times that bytes came; ``closed_by_peer`` says that trio-websocket answered the peer's Close;
    while ``pause`` holds, no more than about ``held_bytes_max`` are read.
    """

    def __init__(
        self, source: trio.abc.ReceiveStream, writer: FrameWriter, meter: FrameMeter, head: bytes, received: bytes, held_bytes_max: int
    ) -> None:
        self._source = source
        self._writer = writer
        self._meter = meter
        self._head = head
        self._received = received
        self._held_bytes_max = held_bytes_max
        self._held_bytes = 0
        self._answered = trio.Event()
        self._flowing = trio.Event()
        self._flowing.set()
        self._hearing = trio.lowlevel.ParkingLot()
        self._closed = False
        self.heard = 0
        self.closed_by_peer = False

    def pause(self) -> None:
        """Read on only as far as the bound, so that pings are still answered."""
        if not self.is_paused:
            self._flowing = trio.Event()

    def resume(self) -> None:
        """Read without bound again."""
        self._held_bytes = 0
        self._flowing.set()

    @property
    def is_paused(self) -> bool:
        """Whether messages are to be held."""
        return not self._flowing.is_set()

    async def wait_resumed(self) -> None:
        """Wait until nothing is held any more."""
        while not self._flowing.is_set():
            await self._flowing.wait()

    async def wait_heard(self) -> None:
        """Wait until the next bytes come."""
        await self._hearing.park()

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        await self._answered.wait()
        if self._held_bytes >= self._held_bytes_max:
            await self.wait_resumed()
        data = await self._next_bytes(max_bytes or RECEIVE_BYTES)
        if self.is_paused:
            self._held_bytes += len(data)
        return data[: self._meter.measure(data)]

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        self._answered.set()
        if data[0] == _CLOSE:
            self.closed_by_peer = True
            self._writer.end(bytes(data))
            await trio.lowlevel.checkpoint()
        else:
            await self._writer.push_waiting(bytes(data))

    async def wait_send_all_might_not_block(self) -> None:
        await trio.lowlevel.checkpoint()

    async def aclose(self) -> None:
        """trio-websocket is done with it. The socket stays open: what is queued is written first, and its owner closes it."""
        self._closed = True
        await trio.lowlevel.checkpoint()

    async def _next_bytes(self, max_bytes: int) -> bytes:
        if self._closed:
            raise trio.ClosedResourceError
        if self._meter.fault is not None:
            await trio.lowlevel.checkpoint()
            return b""
        if self._received:
            data, self._received = self._received[:max_bytes], self._received[max_bytes:]
            await trio.lowlevel.checkpoint()
        else:
            data = bytes(await self._source.receive_some(max_bytes))
        self.heard += 1
        self._hearing.unpark_all()
        return data
