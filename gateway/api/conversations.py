"""A caller at a private conversation of theirs, whatever their token grants. The same for every call about one."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request

from gateway.api.callers import Callers
from gateway.api.rates import Rates
from gateway.api.visits import Visit, named_by
from gateway.auth.room_grants import Rooms
from gateway.errors import refusal
from rooms import Identity, Refusal
from rooms.kinds.directory import DIRECTORY
from rooms.kinds.users import conversation_of

USER_NOT_FOUND = refusal("user_not_found")
BAD_USER = refusal("bad_message", "No user can have this name")


class ConversationVisits:
    """As ``Visits``; the room knows whether the two may talk. ``has_met`` says of whom it is known at once that they exist."""

    def __init__(self, callers: Callers, rooms: Rooms, has_met: Callable[[str], bool], rates: Rates) -> None:
        self._callers = callers
        self._rooms = rooms
        self._has_met = has_met
        self._rates = rates

    async def reading(self, request: Request) -> Visit | Refusal:
        """One of the two wants to know something. Raises ``RoomError``."""
        return self._to(request, await self._callers.reading(request))

    async def changing(self, request: Request) -> Visit | Refusal:
        """One of the two wants to change something, and means it; the other has to exist. Raises ``RoomError``."""
        visit = self._to(request, await self._callers.changing(request))
        if isinstance(visit, Refusal) or self._has_met(visit.name) or await self._rooms.stub(DIRECTORY).knows(visit.name):
            return visit
        return USER_NOT_FOUND

    def refusal(self, visit: Visit) -> Refusal | None:  # noqa: ARG002
        """A conversation does not end."""
        return None

    def _to(self, request: Request, who: Identity | Refusal) -> Visit | Refusal:
        if isinstance(who, Refusal):
            return who
        other = named_by(request, who, self._rates) or BAD_USER
        if isinstance(other, Refusal):
            return other
        key = conversation_of(who.user, other)
        return Visit(who, key, self._rooms.stub(key), other)
