"""How often a user may use the REST interface, beside the rates of sockets, which count for both."""

from __future__ import annotations

from collections.abc import Callable

from gateway.errors import refusal
from gateway.session.limits import Buckets, Limits
from gateway.settings import Settings
from rooms import Refusal


class Rates:
    """Switched off together with the limits of sockets. ``now`` is a steady clock in seconds."""

    def __init__(self, limits: Limits, settings: Settings, now: Callable[[], float]) -> None:
        self._limits = limits
        self._requests = Buckets(settings.rate_rest, now)
        self._searches = Buckets(settings.rate_searches, now)
        self._rooms_made = Buckets(settings.rate_rooms_made, now)
        self._uploads = Buckets(settings.rate_uploads, now)
        self._avatars = Buckets(settings.rate_avatars, now)

    def request(self, user: str) -> Refusal | None:
        """One request of whatever kind."""
        return self._take(self._requests, user)

    def search(self, user: str) -> Refusal | None:
        """One search among everybody who is connected."""
        return self._take(self._searches, user)

    def making(self, user: str) -> Refusal | None:
        """One more room made."""
        return self._take(self._rooms_made, user)

    def upload(self, user: str) -> Refusal | None:
        """One file."""
        return self._take(self._uploads, user)

    def avatar(self, address: str) -> Refusal | None:
        """One picture asked for, by whoever is at ``address``."""
        return self._take(self._avatars, address)

    def join(self, user: str) -> Refusal | None:
        """One code tried: the same bucket as a socket's ``join``."""
        return self._take(self._limits.joins, user)

    def message(self, user: str) -> Refusal | None:
        """One message: the same bucket as a socket's."""
        return self._take(self._limits.messages, user)

    def _take(self, buckets: Buckets, key: str) -> Refusal | None:
        if not self._limits.switched_on:
            return None
        retry_after_ms = buckets.take(key)
        return None if retry_after_ms is None else refusal("rate_limited", retry_after_ms=retry_after_ms)
