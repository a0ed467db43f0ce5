"""Pure. Who is in a room: users, however many connections each has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from rooms.kinds.chat.membership import Membership
from rooms.kinds.chat.times import iso

if TYPE_CHECKING:
    from rooms import Connection


class Present:
    """One user who is in the room. Without a connection the user is lingering: cut off, and not yet missed."""

    __slots__ = ("connections", "latest", "membership", "since_ms")

    def __init__(self, connection: Connection, membership: Membership) -> None:
        self.connections: tuple[Connection, ...] = ()  # nearly always one
        self.since_ms = membership.since_ms
        self.add(connection, membership)

    def add(self, connection: Connection, membership: Membership) -> None:
        """One more connection of this user; the latest speaks for all."""
        if connection not in self.connections:
            self.connections = (*self.connections, connection)
        self.latest, self.membership = connection, membership
        self.since_ms = min(self.since_ms, membership.since_ms)

    @property
    def name(self) -> str:
        """The display name, as the token says it now."""
        return self.membership.name or self.latest.identity.name

    def described(self) -> dict[str, Any]:
        """The user's entry in a list of members."""
        return {
            "user": self.latest.user,
            "name": self.name,
            "avatar": self.latest.identity.avatar,
            "meta": self.membership.meta or {},
            "connections": len(self.connections),
            "since": iso(self.since_ms),
        }


class Presence:
    """The users of one room, in the order they came. Rebuilt from the attachments when the room wakes."""

    __slots__ = ("_memberships", "_present")

    def __init__(self, connections: Iterable[Connection] = ()) -> None:
        self._memberships: dict[str, Membership] = {}
        self._present: dict[str, Present] = {}
        joined = [(c, m) for c in connections if (m := Membership.of(c.attachment)) is not None]
        for connection, membership in sorted(joined, key=lambda pair: pair[1].since_ms):
            self.add(connection, membership)

    @property
    def online(self) -> int:
        """How many users are in the room."""
        return len(self._present)

    def add(self, connection: Connection, membership: Membership) -> bool:
        """Let a connection in, or note what a joined one says of itself now. Returns whether its user came with it."""
        self._memberships[connection.id] = membership
        present = self._present.get(connection.user)
        if present is None:
            self._present[connection.user] = Present(connection, membership)
            return True
        present.add(connection, membership)
        return False

    def remove(self, connection: Connection) -> bool:
        """Let a connection out. Returns whether its user has no other; the user stays until ``forget``."""
        if self._memberships.pop(connection.id, None) is None:
            return False
        present = self._present[connection.user]
        present.connections = tuple([other for other in present.connections if other is not connection])
        return not present.connections

    def forget(self, user: str) -> None:
        """The user, who has no connection left, is gone."""
        self._present.pop(user, None)

    def membership(self, connection: Connection) -> Membership | None:
        """What ``connection`` joined as; ``None`` if it is not in the room."""
        return self._memberships.get(connection.id)

    def of(self, user: str) -> Present | None:
        """The user's entry, ``None`` if not in the room."""
        return self._present.get(user)

    def connections_of(self, user: str) -> list[Connection]:
        """Every connection of one user."""
        present = self._present.get(user)
        return [] if present is None else list(present.connections)

    def users(self, query: str = "") -> Iterator[Present]:
        """Who is here, longest first; with ``query`` those whose user or display name contains it, in any case of letters."""
        if not query:
            yield from self._present.values()
            return
        wanted = query.casefold()
        for user, present in self._present.items():
            if wanted in user.casefold() or wanted in present.name.casefold():
                yield present
