"""Who waits for whom, so that asks in a circle are refused at once. Pure."""

from __future__ import annotations

from collections import Counter

from rooms.errors import CallCycle
from storage import RoomKey


class Calls:
    """The asks that are waited for, as edges between rooms.

    A turn of the asker stands still until the answer comes, and the room asked answers in a turn of its own; so an
    edge from one to the other means: the first cannot go on before the second does.
    """

    def __init__(self) -> None:
        self._asked_by: dict[RoomKey, Counter[RoomKey]] = {}

    def begin(self, asker: RoomKey, asked: RoomKey) -> None:
        """``asker`` waits for ``asked`` from now on. Raises ``CallCycle`` when that would never end; nothing is noted then."""
        path = self._path(asked, asker)
        if path is not None:
            raise CallCycle(tuple(str(key) for key in (asker, *path)))
        self._asked_by.setdefault(asker, Counter())[asked] += 1

    def end(self, asker: RoomKey, asked: RoomKey) -> None:
        """It waits no longer."""
        asks = self._asked_by[asker]
        asks[asked] -= 1
        if not asks[asked]:
            del asks[asked]
        if not asks:
            del self._asked_by[asker]

    def _path(self, start: RoomKey, goal: RoomKey) -> list[RoomKey] | None:
        """The way along waits from ``start`` to ``goal``, both included."""
        ways: list[list[RoomKey]] = [[start]]
        seen = {start}
        while ways:
            way = ways.pop()
            if way[-1] == goal:
                return way
            for next_key in self._asked_by.get(way[-1], ()):
                if next_key not in seen:
                    seen.add(next_key)
                    ways.append([*way, next_key])
        return None
