"""Who types in a room, and how far each user has read. Pure."""

from __future__ import annotations

from rooms.client.events import Read, Typing

TYPING_SECONDS = 6.0
"""A user who typed so long ago types no longer."""

READERS_MAX = 1_000
"""Users whose receipts are remembered; of more the ones heard of first are forgotten."""


class Typists:
    """Users who type now. ``now`` is a time in seconds."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[str, float]] = {}

    def heard(self, event: Typing, now: float) -> None:
        """A user began or ceased."""
        self._until.pop(event.user, None)
        if event.typing:
            self._until[event.user] = (event.name or event.user, now + TYPING_SECONDS)

    def ceased(self, user: str) -> None:
        """A user said something, or left."""
        self._until.pop(user, None)

    def clear(self) -> None:
        """The connection is gone."""
        self._until.clear()

    def now(self, now: float) -> dict[str, str]:
        """Names by user."""
        self._until = {user: (name, until) for user, (name, until) in self._until.items() if until > now}
        return {user: name for user, (name, _) in self._until.items()}


class Reads:
    """How far each user has read: only forward."""

    def __init__(self) -> None:
        self.seq_by_user: dict[str, int] = {}

    def heard(self, event: Read) -> bool:
        """A user has read up to a seq. ``False`` if that was known."""
        if self.seq_by_user.get(event.user, 0) >= event.seq:
            return False
        self.seq_by_user[event.user] = event.seq
        while len(self.seq_by_user) > READERS_MAX:
            del self.seq_by_user[next(iter(self.seq_by_user))]
        return True

    def of(self, user: str | None) -> int:
        """How far ``user`` has read; 0 if that is not known."""
        return self.seq_by_user.get(user or "", 0)
