"""Tokens that no longer count although they have not expired: one by one, or all that a user got up to some time."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    "CREATE TABLE revoked_tokens (id TEXT PRIMARY KEY, until_ms INTEGER) WITHOUT ROWID",
    "CREATE TABLE revoked_users (user TEXT PRIMARY KEY, since_ms INTEGER NOT NULL) WITHOUT ROWID",
)

REVOKED_MAX = 100_000
"""Revoked tokens kept, and revoked users. Beyond it no more are taken: to forget one would make it count again."""

_ADD_TOKEN = """INSERT INTO revoked_tokens (id, until_ms) VALUES (?, ?)
    ON CONFLICT (id) DO UPDATE SET until_ms = CASE WHEN until_ms IS NULL OR excluded.until_ms IS NULL THEN NULL
                                                   ELSE max(until_ms, excluded.until_ms) END"""
_ADD_USER = """INSERT INTO revoked_users (user, since_ms) VALUES (?, ?)
    ON CONFLICT (user) DO UPDATE SET since_ms = max(since_ms, excluded.since_ms)"""
_TOKENS = "SELECT id, until_ms FROM revoked_tokens WHERE id > ? AND (until_ms IS NULL OR until_ms > ?) ORDER BY id LIMIT ?"
_USERS = "SELECT user, since_ms FROM revoked_users WHERE user > ? ORDER BY user LIMIT ?"


class Revocations:
    """The tables ``revoked_tokens`` and ``revoked_users``. Times are Unix milliseconds; no ``until_ms``: for ever."""

    def __init__(self, storage: RoomStorage, revoked_max: int = REVOKED_MAX) -> None:
        self._storage = storage
        self._revoked_max = revoked_max

    def add_token(self, token_id: str, until_ms: int | None, now_ms: int) -> bool:
        """Keep it, unless there are too many already that are still needed."""
        if self._is_full("revoked_tokens"):
            self._storage.sql("DELETE FROM revoked_tokens WHERE until_ms <= ?", now_ms)
            if self._is_full("revoked_tokens"):
                return False
        self._storage.sql(_ADD_TOKEN, token_id, until_ms)
        return True

    def add_user(self, user: str, since_ms: int) -> bool:
        """Keep it, or the later of two times for the same user."""
        if self._is_full("revoked_users"):
            return False
        self._storage.sql(_ADD_USER, user, since_ms)
        return True

    def tokens(self, after: str, limit: int, now_ms: int) -> list[list[object]]:
        """A page of those still needed, by id."""
        return [list(row) for row in self._storage.sql(_TOKENS, after, now_ms, limit)]

    def users(self, after: str, limit: int) -> list[list[object]]:
        """A page, by user."""
        return [list(row) for row in self._storage.sql(_USERS, after, limit)]

    def _is_full(self, table: str) -> bool:
        ((count,),) = self._storage.sql(f"SELECT count(*) FROM {table}")
        return bool(count >= self._revoked_max)
