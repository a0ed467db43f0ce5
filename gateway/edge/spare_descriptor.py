"""A descriptor kept in reserve: given up for a moment when the process has none left, so that a waiting client can be turned away."""

from __future__ import annotations

import os
from contextlib import suppress


class SpareDescriptor:
    """Holds ``/dev/null`` open, unless it is given up or descriptors are so scarce that it cannot be had."""

    def __init__(self) -> None:
        self._fd: int | None = None
        self.hold()

    def hold(self) -> None:
        """Take one, if there is one to take."""
        if self._fd is None:
            with suppress(OSError):
                self._fd = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)

    def give_up(self) -> None:
        """Let it be used for something else."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)
