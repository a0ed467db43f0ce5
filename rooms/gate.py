"""The output gate: what a room said waits, in order, for the records written before it was said. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from rooms.effects import Effect
    from rooms.mail import Mail

Undo = Callable[[], None]


class Said(msgspec.Struct, eq=False):
    """What one turn, or one part of it between two asks, said, and how to take it back.

    ``number`` is the room's last record when it was said. ``mail`` is what caused the turn; of the
    earlier parts of a turn it is ``None``, since the last one speaks for all.
    """

    mail: Mail | None
    number: int = 0
    effects: list[Effect] = []
    undo_log: list[Undo] | None = None

    def take_back(self) -> None:
        """Put memory back as it was before: newest change first."""
        for undo in reversed(self.undo_log or ()):
            undo()


class OutputGate:
    """Holds what was said until it may be heard. ``durable`` is the number of the room's last durable record.

    ``waiting`` and ``free`` are to be looked at only: what nobody may hear yet, and what may be heard, in order.
    """

    __slots__ = ("durable", "free", "waiting")

    def __init__(self, durable: int) -> None:
        self.durable = durable
        self.waiting: deque[Said] = deque()
        self.free: list[Sequence[Effect]] = []

    def say(self, said: Said) -> None:
        """Take what a turn said: free at once when no record before it is pending."""
        if said.number > self.durable:
            self.waiting.append(said)
        elif said.effects:
            self.free.append(said.effects)

    def opened(self, durable: int) -> None:
        """Every record up to ``durable`` is on disk: free what waited for them."""
        self.durable = durable
        waiting, free = self.waiting, self.free
        while waiting and waiting[0].number <= durable:
            effects = waiting.popleft().effects
            if effects:
                free.append(effects)

    def take_free(self) -> list[Sequence[Effect]]:
        """What may be heard now, in order. The caller lets it be heard at once."""
        free, self.free = self.free, []
        return free

    def take_back(self) -> list[Said]:
        """Forget everything that waits, newest first: it will never be heard."""
        undone = list(reversed(self.waiting))
        self.waiting.clear()
        for said in undone:
            said.take_back()
        return undone
