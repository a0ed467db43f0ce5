"""Pure. Users whose last connection was cut: they are missed only if they stay away."""

from __future__ import annotations

from typing import NamedTuple


class Cut(NamedTuple):
    """A user's last connection ended without a goodbye. ``over_at``: when the user is missed, on the loop's clock in seconds."""

    user: str
    session: str
    over_at: float


class Lingering:
    """The cuts that still count down, the first to be over first, and whether somebody is counting."""

    __slots__ = ("cuts", "is_counted")

    def __init__(self) -> None:
        self.cuts: list[Cut] = []
        self.is_counted = False

    def begin(self, cut: Cut) -> None:
        """Count another one down. It is over later than those before it."""
        self.cuts.append(cut)

    def end(self, user: str) -> None:
        """The user came back, or left in another way: no cut of theirs matters any more."""
        if self.cuts:
            self.cuts[:] = [cut for cut in self.cuts if cut.user != user]

    def over(self, now: float) -> list[Cut]:
        """Take out the cuts that are over."""
        over = [cut for cut in self.cuts if cut.over_at <= now]
        del self.cuts[: len(over)]
        return over
