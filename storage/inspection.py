"""Looking at a data folder from outside: beside a running server, without one, after a crash. Nothing is changed.

All of it shows turns that are in the journal but not yet in a file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from storage.errors import RoomSetAside, RoomUnknown
from storage.host import RegistryRow, registry_rows
from storage.keys import RoomKey
from storage.names import DATABASE_SUFFIX, key_of
from storage.view import Reader, RoomView


@dataclass(frozen=True, kw_only=True)
class RoomListing:
    """One line of ``rooms list``. ``state``: ``live`` or ``set_aside`` (with a ``reason``; then the figures may be missing).

    ``messages`` is None for rooms without a table of that name; ``last_active_ms`` is Unix time, 0 if unknown.
    """

    key: RoomKey
    state: str
    reason: str | None
    messages: int | None
    size_bytes: int
    last_active_ms: int


def list_rooms(folder: Path, kind: str | None = None) -> Iterator[RoomListing]:
    """Every room that ever wrote and was not destroyed, by kind and name, one by one. Raises ``FolderUnusable``."""
    with contextlib.closing(Reader(folder)) as reader:
        for key, row in _known(reader, kind):
            listing = _listing(reader, key, row)
            if listing is not None:
                yield listing


@contextlib.contextmanager
def _room(folder: Path, key: RoomKey) -> Iterator[RoomView]:
    with contextlib.closing(Reader(folder)) as reader, reader.room(key) as view:
        yield view


def inspect_room(folder: Path, key: RoomKey) -> AbstractContextManager[RoomView]:
    """One room, to be looked at inside a ``with``. Raises ``FolderUnusable``, ``RoomUnknown``, ``RoomSetAside`` on entry."""
    return _room(folder, key)


def read_history(folder: Path, key: RoomKey, *, tail: int | None = None, after: int = 0) -> Iterator[dict[str, Any]]:
    """The room's messages with ``seq`` above ``after``, ascending, as the columns of its table; only the last ``tail``, if given.

    Raises ``FolderUnusable``, ``RoomUnknown``, ``RoomSetAside``, ``NoHistory``.
    """
    with _room(folder, key) as view:
        yield from view.history(tail=tail, after=after)


def _known(reader: Reader, kind: str | None) -> Iterator[tuple[RoomKey, RegistryRow | None]]:
    """The registry's rooms and those that only the journal knows yet, in order."""
    fresh = sorted(key for key in reader.journal.keys if kind in (None, key.kind) and reader.row(key) is None)
    registered = registry_rows(reader.host, kind) if reader.host is not None else _from_files(reader, kind)
    position = 0
    for row in registered:
        while position < len(fresh) and fresh[position] < row.key:
            yield fresh[position], None
            position += 1
        if row.state != "destroyed" or any(True for _ in reader.journal.records(row.key)):
            yield row.key, row
    for key in fresh[position:]:
        yield key, None


def _from_files(reader: Reader, kind: str | None) -> Iterator[RegistryRow]:
    """What stands in for a registry that is lost: the rooms whose names can be read from their files' names."""
    paths = (reader.folder / "rooms").glob(f"{kind or '*'}/*/*{DATABASE_SUFFIX}")
    keys = sorted({key for key in map(key_of, paths) if key is not None} - set(reader.journal.keys))
    yield from [RegistryRow(key, 0, "", "live", None, None, False) for key in keys]


def _listing(reader: Reader, key: RoomKey, row: RegistryRow | None) -> RoomListing | None:
    state, reason = (row.state, row.reason) if row is not None else ("live", None)
    try:
        with reader.room(key) as view:
            return RoomListing(
                key=key,
                state="live" if state == "destroyed" else state,
                reason=reason,
                messages=view.messages(),
                size_bytes=view.size_bytes,
                last_active_ms=view.last_active_ms or reader.journal.written_ms(key),
            )
    except RoomUnknown:
        return None
    except RoomSetAside as error:
        return RoomListing(key=key, state="set_aside", reason=error.reason, messages=None, size_bytes=0, last_active_ms=0)
