"""The one ``except Exception`` around a session: a fault of ours ends that socket with 1011 and no other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from gateway.carrier import Carrier, Receiver


class Log(Protocol):
    """What the gateway writes lines with: structlog's bound logger, or a recorder in tests."""

    def info(self, event: str, **facts: Any) -> Any: ...

    def warning(self, event: str, **facts: Any) -> Any: ...

    def error(self, event: str, **facts: Any) -> Any: ...


def contained(open_session: Callable[[Carrier], Receiver], log: Log) -> Callable[[Carrier], Receiver]:
    """``open_session``, its receiver made so that it never raises: what would have is logged and closes the carrier with 1011."""

    def open_contained(carrier: Carrier) -> Receiver:
        receiver = ContainedReceiver(carrier, log)
        receiver.open(open_session)
        return receiver

    return open_contained


class ContainedReceiver:
    """A receiver that hands everything to the session until the session fails; then nothing more, but ``gone``."""

    __slots__ = ("_carrier", "_failed", "_log", "_session")

    def __init__(self, carrier: Carrier, log: Log) -> None:
        self._carrier = carrier
        self._log = log
        self._session: Receiver | None = None
        self._failed = False

    def open(self, open_session: Callable[[Carrier], Receiver]) -> None:
        """Make the session that hears everything from now on."""

        def follow() -> None:
            self._session = open_session(self._carrier)

        self._attempt(follow)

    def frame(self, message: str | bytes) -> None:
        if self._session is not None and not self._failed:
            self._attempt(self._session.frame, message)

    def gone(self, code: int, reason: str, clean: bool) -> None:
        if self._session is not None:
            session, self._session = self._session, None
            self._attempt(session.gone, code, reason, clean)

    def _attempt(self, step: Callable[..., None], *arguments: Any) -> None:
        try:
            step(*arguments)
        except Exception:
            self._failed = True
            self._log.error("session failed", exc_info=True)
            self._carrier.close(1011, "internal error")
