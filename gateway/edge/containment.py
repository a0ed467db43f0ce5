"""The one place of the gateway where any exception ends: what fails around a session or a connection ends that one, and no other."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Any, Protocol


class Log(Protocol):
    """What the gateway writes lines with: structlog's logger, or a recorder in tests."""

    def info(self, event: str, /, **facts: Any) -> Any: ...

    def warning(self, event: str, /, **facts: Any) -> Any: ...

    def error(self, event: str, /, **facts: Any) -> Any: ...


class Containment:
    """``with containment:`` tells ``failed`` of every ``Exception`` of the block and goes on after it. May be entered again and again.

    Cancellation, and whatever else is no ``Exception``, passes; a group that has both is parted. ``failed`` may not raise.
    """

    __slots__ = ("_failed",)

    def __init__(self, failed: Callable[[Exception], None]) -> None:
        self._failed = failed

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> bool:
        if error is None:
            return False
        if isinstance(error, Exception):
            self._failed(error)
            return True
        if isinstance(error, BaseExceptionGroup):
            ours, others = error.split(Exception)
            if ours is not None and others is not None:
                self._failed(ours)
                raise others
        return False
