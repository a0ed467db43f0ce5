"""The session of a socket that was accepted only so that its client can read why it was refused: browsers show no HTTP status."""

from __future__ import annotations

from gateway.carrier import Carrier
from gateway.errors import close_code_of
from gateway.session.formats import Format
from gateway.session.services import Services
from gateway.session.session import error_data
from rooms import Event, Refusal


class RefusedSession:
    """Says the ``error`` and closes; hears nothing."""

    __slots__ = ("_closed_with", "_services")

    def __init__(self, services: Services, wire: Format, refused: Refusal, carrier: Carrier) -> None:
        self._services = services
        self._closed_with = close_code_of(refused)
        services.counters.connections += 1
        services.counters.refusals[refused.code] += 1
        carrier.send_nowait(wire.encode(Event("error", error_data(refused))))
        carrier.close(self._closed_with, refused.message)

    def frame(self, message: str | bytes) -> None:
        """Too late."""

    def gone(self, code: int, reason: str, clean: bool) -> None:  # noqa: ARG002
        """The place is free again."""
        self._services.counters.connections -= 1
        self._services.counters.closes[self._closed_with] += 1
        self._services.registry.give_back_place()
