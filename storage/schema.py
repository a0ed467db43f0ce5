"""What stands in every room's file, and the statements with which storage itself writes to it.

The numbers of ``BUILT_IN`` stand in the journal: a number is never given another meaning.
"""

from __future__ import annotations

APPLICATION_ID = 0x524F4F4D
"""``ROOM``: what ``file(1)`` and ``PRAGMA application_id`` show of a room's file."""

FORMAT_VERSION = 1
"""``PRAGMA user_version`` of a room's file."""

BASE_SCHEMA = """
CREATE TABLE room(
  kind TEXT NOT NULL, name TEXT NOT NULL, epoch TEXT NOT NULL, generation INTEGER NOT NULL,
  number INTEGER NOT NULL, migrated INTEGER NOT NULL,
  alarm_ms INTEGER, alarm_tries INTEGER, alarm_scheduled_ms INTEGER, tells_last INTEGER NOT NULL);
CREATE TABLE kv(key TEXT PRIMARY KEY NOT NULL, value BLOB NOT NULL) WITHOUT ROWID;
"""

TELLS_SCHEMA = """
CREATE TABLE tells(number INTEGER PRIMARY KEY, kind TEXT NOT NULL, name TEXT NOT NULL, method TEXT NOT NULL, arguments BLOB NOT NULL);
CREATE TABLE tells_received(kind TEXT NOT NULL, name TEXT NOT NULL, epoch TEXT NOT NULL, number INTEGER NOT NULL,
  PRIMARY KEY(kind, name, epoch)) WITHOUT ROWID;
"""

RESERVED_TABLES = frozenset(("room", "kv", "tells", "tells_received"))
"""Tables that only storage writes. Authors may read them."""

DERIVED_PREFIX = "derived_"
"""Tables whose name begins so follow from the others. What is written to them is in no record."""

MAKE = 1
MIGRATED = 2
PUT = 3
DELETE = 4
DELETE_KEYS = 5
SET_ALARM = 6
MAKE_TELLS = 7
ADD_TELL = 8
COUNT_TELLS = 9
TELL_SENT = 10
TELL_RECEIVED = 11
DEFER_FOREIGN_KEYS = 12
ENFORCE_FOREIGN_KEYS = 13

BUILT_IN: dict[int, str] = {
    MAKE: "INSERT INTO room VALUES(?, ?, ?, ?, 0, 0, NULL, NULL, NULL, 0)",
    MIGRATED: "UPDATE room SET migrated = ?",
    PUT: "INSERT INTO kv VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
    DELETE: "DELETE FROM kv WHERE key = ?",
    DELETE_KEYS: "DELETE FROM kv",
    SET_ALARM: "UPDATE room SET alarm_ms = ?, alarm_tries = ?, alarm_scheduled_ms = ?",
    MAKE_TELLS: TELLS_SCHEMA,
    ADD_TELL: "INSERT INTO tells VALUES(?, ?, ?, ?, ?)",
    COUNT_TELLS: "UPDATE room SET tells_last = ?",
    TELL_SENT: "DELETE FROM tells WHERE number = ?",
    TELL_RECEIVED: "INSERT INTO tells_received VALUES(?, ?, ?, ?) ON CONFLICT(kind, name, epoch) DO UPDATE SET number = excluded.number",
    DEFER_FOREIGN_KEYS: "PRAGMA defer_foreign_keys = ON",
    ENFORCE_FOREIGN_KEYS: "PRAGMA defer_foreign_keys = OFF",
}

SET_NUMBER = "UPDATE room SET number = ?"
READ_ROOM = "SELECT kind, name, epoch, generation, number, migrated, alarm_ms, alarm_tries, alarm_scheduled_ms, tells_last FROM room"


def is_derived(table: str) -> bool:
    """Whether ``table`` follows from others and is not journaled."""
    return table[:8].lower() == DERIVED_PREFIX
