"""What a room's author writes to: keys, tables and the alarm. Synchronous; everything is part of the turn."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from storage.alarm import RoomAlarm
from storage.kv import Keys
from storage.sql import Rows, Sql
from storage.tables import Tables
from storage.turns import Turns


class RoomStorage:
    """The storage of one room.

    Reads see what the turn wrote before. If the turn raises, nothing of it stays. Every method may raise ``StorageFull``
    (no space on the disk) and ``RoomSetAside`` (the file turned out to be damaged).
    """

    __slots__ = ("_alarm", "_keys", "_sql", "_tables", "_turns")

    def __init__(self, turns: Turns, sql: Sql, tables: Tables, alarm: RoomAlarm) -> None:
        self._turns = turns
        self._keys = Keys(turns)
        self._sql = sql
        self._tables = tables
        self._alarm = alarm

    def get(self, key: str, default: Any = None) -> Any:
        """The value at ``key``, a copy, or ``default``."""
        return self._keys.get(key, default)

    def get_many(self, keys: Iterable[str]) -> dict[str, Any]:
        """The values at up to 128 keys, in the order of the keys' bytes; missing keys are left out. Raises ``TooManyKeys``."""
        return self._keys.get_many(keys)

    def put(self, key: str, value: Any) -> None:
        """Store ``value`` at ``key``.

        Storable: None, booleans, integers of 64 bits, floats, text, bytes, aware datetimes (they come back in UTC), lists and
        maps of these; tuples come back as lists. Raises ``KeyTooLarge`` (over 2 KiB), ``ValueTooLarge`` (over 2 MiB as msgpack),
        ``NotStorable`` (it would not come back equal); then nothing was written.
        """
        self._keys.put(key, value)

    def put_many(self, entries: Mapping[str, Any]) -> None:
        """Store up to 128 entries, all or none of them. Raises as ``put``, and ``TooManyKeys``."""
        self._keys.put_many(entries)

    def delete(self, key: str) -> bool:
        """Remove ``key``; whether it was there."""
        return self._keys.delete(key)

    def delete_many(self, keys: Iterable[str]) -> int:
        """Remove up to 128 keys; how many of them were there."""
        return self._keys.delete_many(keys)

    def list(
        self,
        prefix: str = "",
        *,
        start: str | None = None,
        start_after: str | None = None,
        end: str | None = None,
        reverse: bool = False,
        limit: int | None = None,
    ) -> dict[str, Any]:
        """Entries ordered by the UTF-8 bytes of their keys.

        ``start`` is inclusive, ``start_after`` and ``end`` are exclusive, ``prefix`` narrows further; ``reverse`` turns the order
        round and does not swap the bounds; ``limit`` counts last. Raises ``TypeError`` for ``start`` with ``start_after`` and for
        a limit below 1, ``TooManyRows`` for more than 100,000 entries without a limit.
        """
        if start is not None and start_after is not None:
            raise TypeError("give start or start_after, not both")
        if limit is not None and limit < 1:
            raise TypeError(f"limit must be at least 1, not {limit}")
        return self._keys.range(prefix, start, start_after, end, reverse, limit)

    def delete_all(self) -> None:
        """Remove every key, every table (the kind's own are made again, empty) and the alarm."""
        self._tables.empty()
        self._alarm.delete()

    def forget_deleted(self) -> None:
        """What this turn and earlier ones deleted must leave the disk: the journal and the write-ahead file too, within a minute."""
        self._turns.forgets = True

    def sql(self, statement: str, *parameters: Any) -> Rows:
        """Run one statement over the room's own tables; its rows, as tuples.

        Parameters (``?``) are None, int, float, str or bytes. Raises ``SqlRefused`` for what a room may not run: more than one
        statement, transactions, pragmas, other files, storage's own tables and, in statements that write, anything that would
        differ when the turn is replayed (``random()``, dates, ``CURRENT_TIMESTAMP``, ``last_insert_rowid()``: bind the value, or
        use RETURNING). Raises ``SqlFailed`` (``constraint`` says whether a constraint was violated; the turn goes on),
        ``SqlTimeout``, ``TooManyRows``, ``ValueTooLarge``, ``NotStorable``.
        """
        return self._sql.run(statement, parameters)

    def set_alarm(self, at: int | float | datetime) -> None:
        """Call ``on_alarm`` at ``at``: Unix milliseconds or an aware datetime. It replaces the alarm set before.

        A past time is due at once.

        Raises ``AlarmRefused`` for a time that is not positive, not finite or past the year 9999.
        """
        self._alarm.set(at)

    def get_alarm(self) -> int | None:
        """When the alarm is due, in Unix milliseconds. None while ``on_alarm`` runs, unless a new one was set."""
        return self._alarm.visible_ms

    def delete_alarm(self) -> None:
        """There is no alarm any more. An ``on_alarm`` that runs is not stopped."""
        self._alarm.delete()
