"""Deadlines, as sessions need them: ``gateway.wheel.Wheel`` keeps them."""

from __future__ import annotations

from typing import Protocol


class Target(Protocol):
    """What has a deadline."""

    def due(self) -> None:
        """The time has come, or an earlier one that no longer stands."""


class Timers(Protocol):
    """Deadlines of many sockets."""

    def at(self, seconds: float, target: Target) -> float:
        """Have ``target.due()`` called ``seconds`` from now or a little later; returns when. There is no cancelling."""
