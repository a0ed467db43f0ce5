"""Everybody who ever came: whose name a token has used, whose is an account's, and what is shown of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE users (
        user TEXT PRIMARY KEY,
        since_ms INTEGER NOT NULL,
        has_account INTEGER NOT NULL DEFAULT 0,
        name TEXT,
        avatar TEXT
    ) WITHOUT ROWID""",
)

_KNOWN = "SELECT user FROM users WHERE user IN (SELECT value FROM json_each(?))"
_ADD = "INSERT OR IGNORE INTO users (user, since_ms) SELECT value, ? FROM json_each(?)"
_PROFILES = (
    "SELECT user, name, avatar FROM users WHERE user IN (SELECT value FROM json_each(?)) AND (name IS NOT NULL OR avatar IS NOT NULL)"
)
_DESCRIBE = """INSERT INTO users (user, since_ms, name, avatar) VALUES (?, ?, ?, ?)
    ON CONFLICT (user) DO UPDATE SET name = excluded.name, avatar = excluded.avatar"""


class Users:
    """The table ``users``: one row a user."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def note(self, names: Sequence[str], now_ms: int) -> None:
        """They have come. Writes nothing if all of them are known."""
        known = {user for (user,) in self._storage.sql(_KNOWN, _json(names))}
        new = sorted(set(names) - known)
        if new:
            self._storage.sql(_ADD, now_ms, _json(new))

    def knows(self, user: str) -> bool:
        """Whether they ever came."""
        return bool(self._storage.sql("SELECT 1 FROM users WHERE user = ?", user))

    def claim(self, user: str, now_ms: int) -> bool:
        """Make the name an account's, unless somebody came by it without one."""
        rows = self._storage.sql("SELECT has_account FROM users WHERE user = ?", user)
        if rows:
            return bool(rows[0][0])
        self._storage.sql("INSERT INTO users (user, since_ms, has_account) VALUES (?, ?, 1)", user, now_ms)
        return True

    def describe(self, user: str, name: str | None, avatar: str | None, now_ms: int) -> None:
        """What is shown of them from now on."""
        self._storage.sql(_DESCRIBE, user, now_ms, name, avatar)

    def profiles(self, names: Sequence[str]) -> dict[str, list[str | None]]:
        """Name and avatar's tag of those who have either."""
        return {user: [name, avatar] for user, name, avatar in self._storage.sql(_PROFILES, _json(names))}


def _json(names: Sequence[str]) -> str:
    return msgspec.json.encode(list(names)).decode()
