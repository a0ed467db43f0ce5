"""The room class that the load test serves with ``--kind``: one that grows large and is written steadily."""

from __future__ import annotations

from rooms import Connection, Room

CHUNK_BYTES = 1 << 20
WRITE_BYTES = 1 << 16


class Heavy(Room):
    """Keeps many large values. ``fill N`` writes value N; ``write N`` overwrites a part of one of them. Answers ``done``."""

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        verb, number = str(message).split()
        if verb == "fill":
            self.storage.put(f"chunk-{int(number):06}", _filler(int(number), CHUNK_BYTES))
        else:
            self.storage.put(f"page-{int(number) * 7919 % 16384:06}", _filler(int(number), WRITE_BYTES))
        connection.send("done")


def _filler(number: int, size_bytes: int) -> bytes:
    return (b"%016d" % number) * (size_bytes // 16)
