"""Who is connected to a room: the connections it knows, and the audiences made of them. Pure."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from rooms.audience import Audience
from rooms.connection import Connection, Phase

if TYPE_CHECKING:
    from rooms.turn import Turn

AUDIENCES_MAX = 1_000
COUNTED_AT_ONCE_MAX = 32


class Members:
    """The connections of a room from ``admit`` until it heard of their end, the oldest first. They outlive its isolate."""

    __slots__ = ("_audiences", "_connections", "_connections_by_user")

    def __init__(self) -> None:
        self._connections: dict[str, Connection] = {}
        self._connections_by_user: Counter[str] | None = None
        self._audiences: dict[str | None, Audience] | None = None

    def __len__(self) -> int:
        return len(self._connections)

    def get(self, id: str) -> Connection | None:
        """The connection with this id, if it is open."""
        connection = self._connections.get(id)
        return connection if connection is not None and connection.is_open else None

    def all(self) -> list[Connection]:
        """Everybody, also those that are being closed."""
        return list(self._connections.values())

    @property
    def online(self) -> int:
        """How many different users are connected. Of large rooms it is counted as they come and go: it is asked for at each join."""
        if len(self._connections) <= COUNTED_AT_ONCE_MAX:
            self._connections_by_user = None
            return len({connection.user for connection in self._connections.values()})
        if self._connections_by_user is None:
            self._connections_by_user = Counter(connection.user for connection in self._connections.values())
        return len(self._connections_by_user)

    def audience(self, tag: str | None = None) -> Audience:
        """The open connections, or those with ``tag``; the same object until somebody comes, goes or changes tags."""
        if self._audiences is None or len(self._audiences) > AUDIENCES_MAX:
            self._audiences = {}
        audience = self._audiences.get(tag)
        if audience is None:
            members = [connection for connection in self._connections.values() if connection.phase is Phase.OPEN]
            audience = Audience(members if tag is None else [each for each in members if tag in each.tags])
            self._audiences[tag] = audience
        return audience

    def changed(self) -> None:
        """Somebody came, went or changed tags; or the room hibernates, and nobody asks for audiences."""
        self._audiences = None

    def admit(self, connection: Connection, turn: Turn) -> None:
        """``connection`` belongs to the room from this turn on."""
        turn.remember(partial(self.expel, connection))
        while connection.id in self._connections:
            connection.id += "+"  # one socket twice in a room: the gateway does not do that
        self._add(connection)
        connection.opened()

    def expel(self, connection: Connection) -> None:
        """``connection`` never was."""
        self._remove(connection)
        connection.never_was()

    def dismiss(self, connection: Connection) -> bool:
        """``connection`` is over. Whether the room knew it."""
        known = self._remove(connection)
        if known:
            connection.closed()
        return known

    def take_back(self, connection: Connection) -> None:
        """``connection`` is over, but the room has not heard of it yet: it will."""
        self._add(connection)

    def dismiss_all(self) -> list[Connection]:
        """All are over; those that were known."""
        known = list(self._connections.values())
        for connection in known:
            self.dismiss(connection)
        return known

    def disband(self, turn: Turn) -> list[Connection]:
        """End all connections with this turn; those that were open."""
        before = self._connections
        self._replace({})
        turn.remember(partial(self._replace, before))
        open_ones = [connection for connection in before.values() if connection.is_open]
        for connection in before.values():
            turn.remember(partial(setattr, connection, "phase", connection.phase))
            connection.closed()
        return open_ones

    def _add(self, connection: Connection) -> None:
        self._connections[connection.id] = connection
        if self._connections_by_user is not None:
            self._connections_by_user[connection.user] += 1

    def _remove(self, connection: Connection) -> bool:
        if self._connections.pop(connection.id, None) is None:
            return False
        counts = self._connections_by_user
        if counts is not None:
            counts[connection.user] -= 1
            if not counts[connection.user]:
                del counts[connection.user]
        return True

    def _replace(self, connections: dict[str, Connection]) -> None:
        self._connections = connections
        self._connections_by_user = None
