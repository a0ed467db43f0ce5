"""Sign-ins: from a password or a token shown once to its end, with a cookie in between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = ("CREATE TABLE sign_ins (id TEXT PRIMARY KEY, began_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL, claims TEXT) WITHOUT ROWID",)

SIGN_INS_MAX = 50
"""Sign-ins of one user at a time; one more ends the oldest."""

_ADD = "INSERT INTO sign_ins (id, began_ms, expires_ms, claims) VALUES (?, ?, ?, ?)"
_TRIM = "DELETE FROM sign_ins WHERE expires_ms <= ? OR id IN (SELECT id FROM sign_ins ORDER BY began_ms DESC, id DESC LIMIT -1 OFFSET ?)"


class SignIn(NamedTuple):
    """One that has not ended. ``claims`` are of the token it began with, ``None`` if it was a password."""

    began_ms: int
    expires_ms: int
    claims: dict[str, Any] | None


class SignIns:
    """The table ``sign_ins``: one row each. An ``id`` proves nothing by itself: the cookie that names it is signed."""

    def __init__(self, storage: RoomStorage, sign_ins_max: int = SIGN_INS_MAX) -> None:
        self._storage = storage
        self._sign_ins_max = sign_ins_max

    def begin(self, id: str, now_ms: int, expires_ms: int, claims: dict[str, Any] | None) -> SignIn:
        """One more; those that expired, and the oldest if there are too many, are forgotten."""
        self._storage.sql(_ADD, id, now_ms, expires_ms, None if claims is None else msgspec.json.encode(claims).decode())
        self._storage.sql(_TRIM, now_ms, self._sign_ins_max)
        return SignIn(now_ms, expires_ms, claims)

    def get(self, id: str, now_ms: int) -> SignIn | None:
        """The sign-in, unless it ended or expired."""
        rows = self._storage.sql("SELECT began_ms, expires_ms, claims FROM sign_ins WHERE id = ? AND expires_ms > ?", id, now_ms)
        if not rows:
            return None
        began_ms, expires_ms, claims = rows[0]
        return SignIn(began_ms, expires_ms, None if claims is None else msgspec.json.decode(claims))

    def end(self, id: str) -> bool:
        """Forget it; whether there was one."""
        if not self._storage.sql("SELECT 1 FROM sign_ins WHERE id = ?", id):
            return False
        self._storage.sql("DELETE FROM sign_ins WHERE id = ?", id)
        return True

    def end_all(self) -> None:
        """Forget them all; writes nothing if there are none."""
        if self._storage.sql("SELECT 1 FROM sign_ins LIMIT 1"):
            self._storage.sql("DELETE FROM sign_ins")
