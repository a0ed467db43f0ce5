"""Who may not enter and who may not speak, by whom and until when."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from rooms.kinds.chat.roles import Role

if TYPE_CHECKING:
    from storage import RoomStorage

TABLES = (
    """CREATE TABLE sanctions (
        user TEXT NOT NULL,
        what TEXT NOT NULL,
        until_ms INTEGER,
        by TEXT NOT NULL,
        role INTEGER NOT NULL,
        reason TEXT,
        PRIMARY KEY (user, what)
    ) WITHOUT ROWID""",
)

KICK, BAN, MUTE = "kick", "ban", "mute"

_IMPOSE = "INSERT OR REPLACE INTO sanctions (user, what, until_ms, by, role, reason) VALUES (?, ?, ?, ?, ?, ?)"
_LIFT = "DELETE FROM sanctions WHERE user = ? AND what = ?"
_LIFT_OVER = "DELETE FROM sanctions WHERE until_ms <= ?"
_BARS = "SELECT what, until_ms, role FROM sanctions WHERE user = ? AND what IN ('ban', 'kick') ORDER BY what"
_HELD = """SELECT user, what, until_ms, by, reason FROM sanctions
    WHERE (user, what) > (?, ?) AND (until_ms IS NULL OR until_ms > ?) ORDER BY user, what LIMIT ?"""
_MUTES = "SELECT user, until_ms, role FROM sanctions WHERE what = 'mute'"


class Hold(NamedTuple):
    """Until when something holds (``None``: for ever), and the role of whoever imposed it: nobody of that role is held."""

    until_ms: int | None
    role: int

    def holds(self, role: Role, now_ms: int) -> bool:
        """Whether it holds somebody of ``role`` now."""
        return role < self.role and (self.until_ms is None or now_ms < self.until_ms)

    def left_ms(self, now_ms: int) -> int | None:
        """How long it holds yet; ``None``: for ever."""
        return None if self.until_ms is None else self.until_ms - now_ms


class Held(NamedTuple):
    """A sanction as those see it who look after the room. ``until_ms`` ``None``: for ever."""

    user: str
    what: str
    until_ms: int | None
    by: str
    reason: str | None


class Sanctions:
    """The table ``sanctions``, one row a user and kind of sanction. Those that are over go when the next is imposed."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    def impose(self, what: str, user: str, hold: Hold, by: str, reason: str | None, now_ms: int) -> None:
        """A new one takes the place of one of its kind."""
        self._storage.sql(_LIFT_OVER, now_ms)
        self._storage.sql(_IMPOSE, user, what, hold.until_ms, by, hold.role, reason)
        if what == MUTE:
            self.mutes[user] = hold

    def lift(self, what: str, user: str) -> None:
        """It never was."""
        self._storage.sql(_LIFT, user, what)
        if what == MUTE:
            self.mutes.pop(user, None)

    @property
    def has_any(self) -> bool:
        """Whether there is one, which may be over."""
        return bool(self._storage.sql("SELECT 1 FROM sanctions LIMIT 1"))

    def held(self, after: tuple[str, str], now_ms: int, limit: int) -> list[Held]:
        """Those that hold now and follow ``after`` (user, what), in this order."""
        return [Held(*row) for row in self._storage.sql(_HELD, *after, now_ms, limit)]

    def bars(self, user: str) -> list[tuple[str, Hold]]:
        """Bans and kicks of ``user``, bans first."""
        return [(what, Hold(until_ms, role)) for what, until_ms, role in self._storage.sql(_BARS, user)]

    def mute_of(self, user: str) -> Hold | None:
        """What keeps ``user`` silent, if anything."""
        return self.mutes.get(user)

    @cached_property
    def mutes(self) -> dict[str, Hold]:
        """Who is muted, until when; some may be over."""
        return {user: Hold(until_ms, role) for user, until_ms, role in self._storage.sql(_MUTES)}
