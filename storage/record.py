"""One turn of one room as it stands in the journal: what it wrote, as statements with their parameters. Pure.

A record is ``length, crc32`` and a body, msgpack of ``[kind, name, epoch, generation, number, flags, alarm, operations]``.
An operation is a list. It begins with a number of ``schema.BUILT_IN`` or with the author's SQL, and goes on with the
parameters; or it is ``[0, sql, parameters…]``: a statement that violated a constraint and is to do so again.
"""

from __future__ import annotations

import struct
from typing import Any, NamedTuple
from zlib import crc32

import msgspec

from storage.keys import RoomKey

Operation = tuple[Any, ...]
VIOLATED = 0
"""First item of an operation that failed on a constraint: with ``OR FAIL`` a part of it stays, so it is done again."""

FRAME = struct.Struct("<II")


class Alarm(NamedTuple):
    """The room's one future moment.

    ``at_ms``: when it is due. ``tries``: how often it was tried and failed. ``scheduled_ms``: when it was first to be. Unix ms.
    """

    at_ms: int
    tries: int
    scheduled_ms: int


class Flag:
    """Bits of ``Record.flags``; plain integers, because an ``IntFlag`` costs a turn 2 µs. They stand in the journal."""

    MADE = 1
    """The room's first record: its tables are in it."""
    DESTROYED = 2
    """The room's last record."""
    FORGETS = 4
    """What was deleted until here is to leave the disk."""
    ALARM_CHANGED = 8
    TELLS_WAIT = 16
    TELLS_DONE = 32


_FOR_HOST = Flag.MADE | Flag.DESTROYED | Flag.ALARM_CHANGED | Flag.TELLS_WAIT | Flag.TELLS_DONE


class Record(msgspec.Struct, gc=False, eq=False):
    """What one turn wrote. ``data`` is ready for the journal; the rest is what the host needs to know, if it is ``for_host``."""

    key: RoomKey
    epoch: str
    generation: int
    number: int
    flags: int
    alarm: Alarm | None
    data: bytes
    for_host: bool

    @property
    def alarm_changed(self) -> bool:
        """Whether the turn set or deleted the alarm; ``alarm`` is what it left."""
        return self.flags & Flag.ALARM_CHANGED != 0

    def __repr__(self) -> str:
        return f"<Record {self.key} {self.epoch}#{self.number}>"


class Body(msgspec.Struct, array_like=True, gc=False):
    """A record read back. ``operations`` is decoded by ``operations_of``."""

    kind: str
    name: str
    epoch: str
    generation: int
    number: int
    flags: int
    alarm: tuple[int, int, int] | None
    operations: msgspec.Raw


_encode = msgspec.msgpack.Encoder().encode
_decode_body = msgspec.msgpack.Decoder(Body).decode
_decode_operations = msgspec.msgpack.Decoder(list[list[Any]]).decode


def encode_record(
    key: RoomKey, epoch: str, generation: int, number: int, flags: int, alarm: Alarm | None, operations: list[Operation]
) -> Record:
    """The record of one turn, encoded once."""
    body = _encode((key[0], key[1], epoch, generation, number, flags, alarm, operations))
    return Record(key, epoch, generation, number, flags, alarm, FRAME.pack(len(body), crc32(body)) + body, flags & _FOR_HOST != 0)


def decode_body(body: bytes | memoryview) -> Body:
    """The body of a whole record, whose checksum was found right."""
    return _decode_body(body)


def operations_of(body: Body) -> list[list[Any]]:
    """What the turn wrote, in order."""
    return _decode_operations(body.operations)


def body_of(data: bytes) -> Body:
    """The body of ``Record.data``."""
    return _decode_body(memoryview(data)[FRAME.size :])
