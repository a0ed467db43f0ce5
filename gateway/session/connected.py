"""Everybody who is connected: described one entry a user, and found by part of their name. Wakes no room."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec

from gateway.session.registry import Registered, Registry

INDEX_USERS_PER_SECOND = 100_000
"""An index of so many users is used for a second before it is made anew, a smaller one for as much less: of a few it is always fresh."""

Entry = dict[str, Any]


class ConnectedUsers:
    """Looks at the registry. ``now`` is trio's clock in seconds.

    A search goes through one text of all names, which takes a tenth of a millisecond for a megabyte; the text is made again when it is old.
    """

    def __init__(self, registry: Registry, now: Callable[[], float]) -> None:
        self._registry = registry
        self._now = now
        self._index = _Index(())
        self._index_until = 0.0

    def search(self, query: str, limit: int, size_bytes: int) -> tuple[list[Entry], bool]:
        """Entries of users whose user or display name contains ``query``, in any case: as many as fit, and whether there are more."""
        now = self._now()
        if now >= self._index_until:
            self._index = _Index((user, session.identity.name) for user, session in self._registry.users())
            self._index_until = now + len(self._index) / INDEX_USERS_PER_SECOND
        found = self._index.find(query.casefold(), limit + 1)
        return self.described(((user, "") for user in found), limit, size_bytes, only_connected=True)

    def described(
        self, users: Iterable[tuple[str, str]], limit: int, size_bytes: int, *, only_connected: bool = False
    ) -> tuple[list[Entry], bool]:
        """Entries of the first of ``users`` (user and name to show), as many as fit, and whether there are more."""
        entries: list[Entry] = []
        left_bytes = size_bytes
        for user, name in users:
            sessions = self._registry.of_user(user)
            if only_connected and not sessions:
                continue
            entry = _entry(user, name, sessions)
            left_bytes -= len(msgspec.json.encode(entry)) + 1
            if len(entries) == limit or left_bytes < 0:
                return entries, True
            entries.append(entry)
        return entries, False


class _Index:
    """One text with a line for each user: the user and the name, case folded."""

    __slots__ = ("_starts", "_text", "_users")

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._users: list[str] = []
        self._starts: list[int] = []
        lines: list[str] = []
        at = 0
        for user, name in names:
            line = f"{user.casefold()}\0{name.casefold()}\n"
            self._users.append(user)
            self._starts.append(at)
            lines.append(line)
            at += len(line)
        self._text = "".join(lines)

    def __len__(self) -> int:
        return len(self._users)

    def find(self, wanted: str, limit: int) -> list[str]:
        """The first users in whose line it occurs. No name has a control character, so no line is left."""
        found: list[str] = []
        at = self._text.find(wanted)
        while at >= 0 and len(found) < limit:
            place = bisect_right(self._starts, at) - 1
            found.append(self._users[place])
            if place + 1 == len(self._starts):
                break
            at = self._text.find(wanted, self._starts[place + 1])
        return found


def _entry(user: str, name: str, sessions: list[Registered]) -> Entry:
    """One entry however many sockets: shown as the latest of them is, there since the first of them."""
    entry: Entry = {"user": user, "name": name or user, "avatar": None, "meta": {}, "connections": len(sessions)}
    if sessions:
        latest = max(sessions, key=lambda session: session.id)
        entry["name"], entry["avatar"] = latest.identity.name, latest.identity.avatar
        entry["since"] = _began(min(session.id for session in sessions))
    return entry


def _began(session: str) -> str | None:
    """When a socket was opened: the id of its session is a UUID of version 7, which begins with that (RFC 9562 §5.7)."""
    try:
        milliseconds = int(session[:12], 16)
    except ValueError:
        return None
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
