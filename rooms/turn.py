"""What one turn wants to happen, until it is certain that it will. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rooms.gate import Said

if TYPE_CHECKING:
    from rooms.clock import WallClock
    from rooms.gate import Undo
    from rooms.mail import Mail


class Turn(Said, kw_only=True):
    """The staging area of a hook: effects in order, and how to take back what was changed in memory. Ended, it goes into the gate.

    An ask ends a part of it: what was staged before is not here any more. ``first_part`` is the room's last record
    when the first part ended. ``waited``: its hook had to wait. ``destroys``: the room ends with it. ``dated_ms`` is its date
    once somebody asked, in Unix milliseconds.
    """

    mail: Mail
    clock: WallClock
    destroys: bool = False
    waited: bool = False
    first_part: int | None = None
    dated_ms: int | None = None

    @property
    def now_ms(self) -> int:
        """The turn's one date."""
        if self.dated_ms is None:
            self.dated_ms = self.clock.now_ms()
        return self.dated_ms

    def remember(self, undo: Undo) -> None:
        """Before something in memory is changed: how to change it back."""
        if self.undo_log is None:
            self.undo_log = []
        self.undo_log.append(undo)

    def take_back(self) -> None:
        """Nothing of it happens: memory is as it was."""
        super().take_back()
        self._clear()

    def next_part(self, number: int) -> None:
        """What was staged is the gate's now; ``number`` is the room's last record."""
        if self.first_part is None:
            self.first_part = number
        self._clear()

    def _clear(self) -> None:
        self.effects = []
        self.undo_log = None
