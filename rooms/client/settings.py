"""The limits and waits of a client."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """Every number of a client."""

    queue_max: int = 1_000
    """Messages not acknowledged yet, in all rooms together. Beyond it sending raises ``QueueFull``."""

    in_flight_max: int = 1
    """Messages of one room under way at once. 1 keeps their order whatever the server refuses; more is quicker over long distances."""

    requests_max: int = 1_000
    """Requests that wait for their answer. Beyond it asking raises ``QueueFull``."""

    messages_max: int = 5_000
    """Messages kept of one room; of more the oldest are forgotten, and ``has_earlier`` says so."""

    events_max: int = 10_000
    """Events that wait for the reader of one subscription. Beyond it the subscription ends with ``EventsLost``."""

    failed_max: int = 100
    """Failed messages kept in a room's ``pending``; of more the oldest are forgotten."""

    request_timeout_seconds: float = 15.0
    """How long an answer may take, the wait for the connection included."""

    connect_timeout_seconds: float = 15.0
    """From dialling to ``hello``."""

    heartbeat_seconds: float = 25.0
    """After so long a silence the server is pinged; without an answer in as long again the connection counts as lost."""

    close_seconds: float = 2.0
    """How long saying goodbye may take."""

    backoff_min_seconds: float = 0.5
    backoff_max_seconds: float = 30.0
    """The wait before coming back is anywhere between nothing and a bound: the first, doubled after each try, up to the second."""


@dataclass(frozen=True, kw_only=True)
class Guest:
    """Who to be where guests are let in. ``key``, any secret string, makes it the same guest each time."""

    name: str | None = None
    key: str | None = None
