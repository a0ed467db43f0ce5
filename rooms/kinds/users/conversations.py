"""The private conversations of one user, as their rooms have told of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE conversations (
        other TEXT PRIMARY KEY,
        at TEXT NOT NULL,
        head INTEGER NOT NULL,
        unread INTEGER NOT NULL,
        last TEXT NOT NULL,
        heard INTEGER NOT NULL DEFAULT 0,
        reached INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID""",
    "CREATE INDEX conversations_by_time ON conversations(at, other)",
    "CREATE INDEX conversations_not_reached ON conversations(at) WHERE heard > reached",
    "CREATE TABLE blocks (user TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID",
)

CONVERSATIONS_MAX = 10_000
"""Conversations in the list of one user; one more, and the one that was quiet for longest leaves the list (it comes back when it wakes)."""

BLOCKED_LISTED_MAX = 200
"""Blocked users that are listed; there may be more, and each conversation says it of itself."""

_KEEP = """INSERT INTO conversations (other, at, head, unread, last) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (other) DO UPDATE SET at = excluded.at, head = excluded.head, unread = excluded.unread, last = excluded.last"""
_TRIM = "DELETE FROM conversations WHERE other IN (SELECT other FROM conversations ORDER BY at DESC, other DESC LIMIT -1 OFFSET ?)"
_HEARD = "UPDATE conversations SET heard = max(heard, ?) WHERE other = ?"
_REACHED = "UPDATE conversations SET reached = max(reached, ?) WHERE other = ?"
_LIST = """SELECT other, unread, head, last, other IN (SELECT user FROM blocks) FROM conversations
    WHERE ?1 IS NULL OR (at, other) < (SELECT at, other FROM conversations WHERE other = ?1)
    ORDER BY at DESC, other DESC LIMIT ?2"""
_MISSED = "SELECT other, reached, heard FROM conversations WHERE heard > reached ORDER BY at DESC LIMIT ?"

Entry = dict[str, Any]


class Missed(NamedTuple):
    """A conversation in which something was said that reached no socket: what ``other`` said after ``reached``, up to ``heard``."""

    other: str
    reached: int
    heard: int


class Conversations:
    """The tables ``conversations``, one row each, and ``blocks``: whose messages the user does not want.

    ``heard`` is the seq of the last message to the user that their room knows of, ``reached`` of the last that was written to a
    socket of theirs.
    """

    def __init__(self, storage: RoomStorage, conversations_max: int = CONVERSATIONS_MAX) -> None:
        self._storage = storage
        self._conversations_max = conversations_max

    def keep(self, other: str, state: Entry) -> None:
        """How the conversation stands now: ``head``, ``unread`` and ``last``, the newest message."""
        is_new = not self._storage.sql("SELECT 1 FROM conversations WHERE other = ?", other)
        last = state["last"]
        self._storage.sql(_KEEP, other, last["time"], state["head"], state["unread"], msgspec.json.encode(last).decode())
        if is_new and self._count() > self._conversations_max:
            self._storage.sql(_TRIM, self._conversations_max)

    def heard(self, other: str, seq: int) -> Missed:
        """The message ``seq`` is for the user, and has reached nobody yet. Returns how it stood before."""
        ((reached, heard),) = self._storage.sql("SELECT reached, heard FROM conversations WHERE other = ?", other)
        self._storage.sql(_HEARD, seq, other)
        return Missed(other, reached, heard)

    def reached(self, other: str, seq: int) -> None:
        """Everything up to ``seq`` was written to a socket of the user."""
        self._storage.sql(_REACHED, seq, other)

    def missed(self, limit: int) -> list[Missed]:
        """Conversations in which something reached nobody, the latest first."""
        return [Missed(*row) for row in self._storage.sql(_MISSED, limit)]

    def listed(self, limit: int, size_bytes: int, after: str | None = None) -> tuple[list[Entry], bool]:
        """Entries of the list, the latest first, from behind the conversation ``after`` on: as many as fit; whether there are more."""
        entries: list[Entry] = []
        left_bytes = size_bytes
        for other, unread, head, last, is_blocked in self._storage.sql(_LIST, after, limit + 1):
            entry = {"with": other, "unread": unread, "head": head, "last": msgspec.json.decode(last)}
            if is_blocked:
                entry["blocked"] = True
            left_bytes -= len(msgspec.json.encode(entry)) + 1
            if len(entries) == limit or left_bytes < 0:
                return entries, True
            entries.append(entry)
        return entries, False

    def block(self, other: str, on: bool, now_ms: int) -> None:
        """The user wants nothing from ``other``, or does again."""
        if on:
            self._storage.sql("INSERT OR IGNORE INTO blocks (user, since_ms) VALUES (?, ?)", other, now_ms)
        else:
            self._storage.sql("DELETE FROM blocks WHERE user = ?", other)

    def blocked(self) -> list[str]:
        """Whom the user blocks, the latest first."""
        return [user for (user,) in self._storage.sql("SELECT user FROM blocks ORDER BY since_ms DESC, user LIMIT ?", BLOCKED_LISTED_MAX)]

    def _count(self) -> int:
        ((count,),) = self._storage.sql("SELECT count(*) FROM conversations")
        return int(count)
