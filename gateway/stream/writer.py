"""What is on its way to one socket: whole frames, in order, written by one task that is never cancelled inside a frame."""

from __future__ import annotations

from collections import deque

import trio

from gateway.counters import Counters
from gateway.edge.readiness import takes_bytes

_BURST_BYTES_MAX = 4_194_304
"""How far past the bound frames may go that came at once, before the writing task had its turn, while the kernel has room for more."""
_WRITE_BYTES = 65_536
"""Frames are joined up to about this size, so that many small ones cost one system call."""


class FrameWriter:
    """A bounded outbox and the task that empties it into ``stream``.

    ``bytes_max`` bounds what is unsent, the write under way included; ``push`` refuses past it, ``push_waiting`` waits. A reader is
    not slow because much is said to it at once: while the kernel takes more, a burst may go past the bound. After ``end`` nothing is
    taken any more.
    """

    def __init__(self, stream: trio.abc.SendStream, bytes_max: int, counters: Counters) -> None:
        self._stream = stream
        self._bytes_max = bytes_max
        self._counters = counters
        self._frames: deque[bytes] = deque()
        self._changed = trio.lowlevel.ParkingLot()
        self.unsent_bytes = 0
        self.ended = False
        self.broken = False
        self.written_bytes = 0
        self._done = trio.Event()

    def push(self, frames: bytes) -> bool:
        """Queue whole frames. False: they are past the bound and were not queued. After the end they are dropped."""
        if self.ended:
            return True
        unsent_bytes = self.unsent_bytes + len(frames)
        if unsent_bytes > self._bytes_max and not (unsent_bytes <= self._bytes_max + _BURST_BYTES_MAX and takes_bytes(self._stream)):
            return False
        self._append(frames)
        return True

    def push_past_bound(self, frame: bytes) -> None:
        """Queue a small frame of which there are few, full or not; after the end it is dropped."""
        if not self.ended:
            self._append(frame)

    async def push_waiting(self, frame: bytes) -> None:
        """Queue a frame as soon as the bound allows; after the end it is dropped.

        Raises trio.BrokenResourceError if the socket is gone.
        """
        while not self.ended and not self.broken and self.unsent_bytes and self.unsent_bytes + len(frame) > self._bytes_max:
            await self._changed.park()
        if self.broken:
            raise trio.BrokenResourceError("the socket is gone")
        if not self.ended:
            self._append(frame)

    def end(self, last: bytes = b"", *, dropping: bool = False) -> None:
        """Queue ``last``, past the bound if need be, and take nothing after it; ``dropping`` forgets frames not yet begun."""
        if self.ended:
            return
        if dropping:
            self._count(-sum(map(len, self._frames)))
            self._frames.clear()
        if last:
            self._append(last)
        self.ended = True
        self._changed.unpark_all()

    async def wait_done(self) -> None:
        """Wait until everything up to the end was written, or the socket is gone."""
        await self._done.wait()

    async def run(self) -> None:
        """Write until the end was written or the socket is gone."""
        try:
            while self._frames or not self.ended:
                if not self._frames:
                    await self._changed.park()
                    continue
                batch = self._take()
                await self._stream.send_all(batch)
                self._count(-len(batch))
                self.written_bytes += len(batch)
                self._changed.unpark_all()
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            self.broken = True
        finally:
            self._forget()

    def _append(self, frames: bytes) -> None:
        self._frames.append(frames)
        self._count(len(frames))
        self._changed.unpark_all()

    def _count(self, size_bytes: int) -> None:
        self.unsent_bytes += size_bytes
        self._counters.outbox_bytes += size_bytes

    def _take(self) -> bytes:
        first = self._frames.popleft()
        if not self._frames:
            return first
        batch = bytearray(first)
        while self._frames and len(batch) < _WRITE_BYTES:
            batch += self._frames.popleft()
        return bytes(batch)

    def _forget(self) -> None:
        self.ended = True
        self._frames.clear()
        self._count(-self.unsent_bytes)
        self._changed.unpark_all()
        self._done.set()
