"""What the kernel did not take yet of the frames for one socket. Pure: it holds bytes, others write them."""

from __future__ import annotations


class Outbox:
    """A bounded queue of whole frames; only the first chunk may be partly written.

    Chunks are kept by reference: a broadcast waiting for a thousand slow readers is in memory once. A socket has an
    outbox only while something waits in it.
    """

    __slots__ = ("_chunks", "_written", "size_bytes")

    def __init__(self) -> None:
        self._chunks: list[bytes] = []
        self._written = 0  # bytes of the first chunk that are out
        self.size_bytes = 0

    def add(self, frames: bytes, written: int = 0) -> None:
        """Queue ``frames``, of which ``written`` bytes are out already (only if nothing else waits)."""
        if written:
            assert not self._chunks, "only the first chunk may be partly written"
            self._written = written
        self._chunks.append(frames)
        self.size_bytes += len(frames) - written

    def chunks(self, count: int) -> list[bytes | memoryview]:
        """The next ``count`` chunks to write, in order, without what is out."""
        next_chunks: list[bytes | memoryview] = [*self._chunks[:count]]
        if self._written:
            next_chunks[0] = memoryview(self._chunks[0])[self._written :]
        return next_chunks

    def advance(self, written: int) -> None:
        """``written`` bytes from the front are out."""
        self.size_bytes -= written
        written += self._written
        gone = 0
        while gone < len(self._chunks) and written >= len(self._chunks[gone]):
            written -= len(self._chunks[gone])
            gone += 1
        del self._chunks[:gone]
        self._written = written

    def drop(self) -> int:
        """Forget what waits, except the rest of a chunk that is partly out: a frame cut short would spoil the Close frame behind it.

        Returns how many bytes were forgotten.
        """
        before = self.size_bytes
        del self._chunks[1 if self._written else 0 :]
        self.size_bytes = len(self._chunks[0]) - self._written if self._chunks else 0
        return before - self.size_bytes
