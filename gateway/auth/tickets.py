"""Tickets: a socket that can carry neither header nor cookie shows one in its address, once and at once. Pure, but for the randomness."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

from rooms import Identity

TICKET_SECONDS = 30.0
TICKETS_MAX = 10_000
"""Tickets that wait to be used; one more ends the oldest."""

TICKETS_PER_USER_MAX = 100
"""The same for one user, so that nobody ends another's."""


class Tickets:
    """``now`` gives seconds of a steady clock; ``random_text()`` what nobody guesses. Kept in memory only: none outlives the process."""

    def __init__(self, now: Callable[[], float], random_text: Callable[[], str]) -> None:
        self._now = now
        self._random_text = random_text
        self._waiting: OrderedDict[str, tuple[float, Identity]] = OrderedDict()
        self._tickets_by_user: dict[str, OrderedDict[str, None]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def issue(self, identity: Identity) -> str:
        """A ticket for whoever this is: it has the maker's rooms and expiry."""
        ticket = self._random_text()
        self._forget_expired()
        mine = self._tickets_by_user.setdefault(identity.user, OrderedDict())
        mine[ticket] = None
        self._waiting[ticket] = (self._now() + TICKET_SECONDS, identity)
        if len(mine) > TICKETS_PER_USER_MAX:
            self._remove(next(iter(mine)))
        if len(self._waiting) > TICKETS_MAX:
            self._remove(next(iter(self._waiting)))
        return ticket

    def take(self, ticket: str) -> Identity | None:
        """Who made it; the ticket is used up. ``None`` if there is no such ticket (any more)."""
        self._forget_expired()
        return self._remove(ticket)

    def _forget_expired(self) -> None:
        while self._waiting:
            ticket, (until, _) = next(iter(self._waiting.items()))
            if until > self._now():
                return
            self._remove(ticket)

    def _remove(self, ticket: str) -> Identity | None:
        found = self._waiting.pop(ticket, None)
        if found is None:
            return None
        identity = found[1]
        mine = self._tickets_by_user[identity.user]
        del mine[ticket]
        if not mine:
            del self._tickets_by_user[identity.user]
        return identity
