"""How a connection ended, and whether and when to come back. Pure."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum, auto
from typing import NamedTuple

from rooms.client.errors import ClientClosed, TokenRefused
from rooms.client.settings import ClientSettings

MINUTE_SECONDS = 60.0

_OVER = {
    404: "there is no rooms server at this address",
    426: "there is no rooms server at this address",
    1003: "the server did not understand this client",
    1007: "the server did not understand this client",
    1009: "something that was sent is too large",
    4400: "the server did not understand this client",
    4403: "not authorized",
    4404: "the room was destroyed",
    4409: "replaced by a newer connection",
    4411: "banned",
}
"""Close codes, and statuses of refused upgrades, after which nobody comes back by himself."""


class End(NamedTuple):
    """``code``: a close code, 1006 for none, or the HTTP status of a refused upgrade. ``wait_seconds``: what the server asked for."""

    code: int
    reason: str = ""
    wait_seconds: float | None = None


class AskForToken(Enum):
    """Come back with another token."""

    NOW = auto()


def after(end: End, tries: int, settings: ClientSettings, random: Callable[[], float]) -> float | AskForToken | ClientClosed:
    """The seconds to wait before coming back, that another token is needed, or why it is over. ``random`` gives numbers from 0 to 1."""
    if end.code in (401, 4401):
        return AskForToken.NOW
    if end.code == 4408:
        return TokenRefused(end.reason or "this server needs a token", end.code)
    if end.code == 403:
        return ClientClosed(end.reason or _OVER[4403], 4403)
    if end.code in _OVER:
        return ClientClosed(end.reason or _OVER[end.code], end.code)
    if end.code in (4410, 4429):
        return MINUTE_SECONDS + random() * settings.backoff_min_seconds
    if end.code == 1012 and end.wait_seconds is not None:  # `closing` came: anywhere within what it said
        return random() * end.wait_seconds
    if end.wait_seconds is not None:  # Retry-After: not before
        return end.wait_seconds + jitter(0, settings, random)
    return jitter(tries, settings, random)


def jitter(tries: int, settings: ClientSettings, random: Callable[[], float]) -> float:
    """Full jitter: anywhere between nothing and a bound that doubles with each try, in seconds."""
    return random() * min(settings.backoff_max_seconds, settings.backoff_min_seconds * 2.0 ** min(tries, 30))
