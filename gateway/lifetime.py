"""Where the process is in its life, as ``/readyz`` and the door ask it."""

from __future__ import annotations

from enum import Enum


class Stage(Enum):
    """Starting (recovering what the journal holds), serving, or draining (saying goodbye)."""

    STARTING = "starting"
    SERVING = "serving"
    DRAINING = "draining"


class Lifetime:
    """The present stage. It only ever goes forward; ``gateway/app.py`` sets it."""

    __slots__ = ("stage",)

    def __init__(self) -> None:
        self.stage = Stage.STARTING
