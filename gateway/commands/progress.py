"""How far a command has come: one line on stderr that changes, and nothing where nobody looks."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_SECONDS = 0.1
_WIDTH = 60


class ProgressLine:
    """Called with what is being done, how much of it is done, and how much there is (0: unknown). A ``with`` ends the line."""

    def __init__(self) -> None:
        self._shown = sys.stderr.isatty()
        self._last = ("", 0.0)

    def __enter__(self) -> ProgressLine:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._last[0]:
            sys.stderr.write("\r" + " " * _WIDTH + "\r")
            sys.stderr.flush()

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._shown or (what == self._last[0] and now - self._last[1] < _SECONDS and done != total):
            return
        self._last = (what, now)
        sys.stderr.write("\r" + progress_text(what, done, total).ljust(_WIDTH))
        sys.stderr.flush()


def progress_text(what: str, done: int, total: int) -> str:
    """``copying rooms  1,200 of 100,000 (1%)``; without what is not known."""
    if total:
        return f"{what}  {done:,} of {total:,} ({100 * done // total}%)"
    return f"{what}  {done:,}" if done else what
