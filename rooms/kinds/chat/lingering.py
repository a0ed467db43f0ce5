"""Pure. Users whose last connection was cut: they are missed only if they stay away."""

from __future__ import annotations


class Lingering:
    """Which cut connections still count down, and whether their user came back meanwhile.

    Kept in memory only. If it is lost with the isolate, a user who came back and left again may be said to have left
    twice; one who stayed away is never kept for ever.
    """

    __slots__ = ("_returned", "_waiting")

    def __init__(self) -> None:
        self._waiting: dict[str, list[str]] = {}
        self._returned: set[str] = set()

    def begin(self, user: str, connection_id: str) -> None:
        """The user's last connection was cut."""
        self._waiting.setdefault(user, []).append(connection_id)

    def returned(self, user: str) -> None:
        """The user came back, or left in another way: no cut connection of theirs matters any more."""
        self._returned.update(self._waiting.pop(user, ()))

    def over(self, user: str, connection_id: str) -> bool:
        """The time of one cut connection is over. Returns whether its user was not back since."""
        if connection_id in self._returned:
            self._returned.discard(connection_id)
            return False
        waiting = self._waiting.get(user, [])
        if connection_id in waiting:
            waiting.remove(connection_id)
        if not waiting:
            self._waiting.pop(user, None)
        return True
