"""A caller at one chat room: who it is, and whether the room may be asked on their behalf. The same for every call about a room."""

from __future__ import annotations

from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request

from gateway.api.callers import Callers
from gateway.api.rates import Rates
from gateway.auth.room_grants import RoomGrants, Rooms
from gateway.endings import Endings
from gateway.entrance import may_enter
from gateway.errors import ERRORS, GONE, NOT_AUTHORIZED, refusal
from gateway.names import name_in_path
from gateway.routes import CHAT
from rooms import Identity, Refusal, RoomKey, Stub

BAD_NAME = refusal("bad_message", "No room can have this name")
NAME_SEGMENT = 3
"""Where the name is in ``/api/rooms/{room}/…`` and ``/api/conversations/{user}/…``."""


class Visit(NamedTuple):
    """``who`` asks the room ``key``, which ``room`` reaches; ``name`` is what the address names."""

    who: Identity
    key: RoomKey
    room: Stub
    name: str

    @property
    def identity(self) -> dict[str, Any]:
        """Who it is, as calls to rooms carry it."""
        described: dict[str, Any] = msgspec.to_builtins(self.who)
        return described


class Visits:
    """Asked by every resource of a room before it does anything else."""

    def __init__(self, callers: Callers, rooms: Rooms, grants: RoomGrants, endings: Endings, rates: Rates) -> None:
        self._callers = callers
        self._rooms = rooms
        self._grants = grants
        self._endings = endings
        self._rates = rates

    async def reading(self, request: Request) -> Visit | Refusal:
        """Whoever may enter the room wants to know something. Raises ``RoomError``."""
        return await self._within(request, await self._callers.reading(request))

    async def changing(self, request: Request) -> Visit | Refusal:
        """Whoever may enter the room wants to change something, and means it. Raises ``RoomError``."""
        return await self._within(request, await self._callers.changing(request))

    async def with_code(self, request: Request) -> Visit | Refusal:
        """Whoever knows the name of the room, and means it, whether they may enter it or not."""
        return self._to(request, await self._callers.changing(request))

    def refusal(self, visit: Visit) -> Refusal | None:
        """Why the room is not to be asked any more, after something was waited for: asked now it would begin anew."""
        return GONE if self._endings.is_gone(visit.key) else None

    async def _within(self, request: Request, who: Identity | Refusal) -> Visit | Refusal:
        visit = self._to(request, who)
        if isinstance(visit, Refusal) or may_enter(visit.who, visit.key):
            return visit
        known = await self._grants.of(visit.who) if self._grants.may_matter(visit.who, visit.key) else self._grants.known(visit.who)
        return visit._replace(who=known) if may_enter(known, visit.key) else NOT_AUTHORIZED

    def _to(self, request: Request, who: Identity | Refusal) -> Visit | Refusal:
        if isinstance(who, Refusal):
            return who
        name = named_by(request, who, self._rates) or BAD_NAME
        if isinstance(name, Refusal):
            return name
        key = RoomKey(CHAT, name)
        if self._endings.is_gone(key):
            return GONE
        return Visit(who, key, self._rooms.stub(key), name)


def named_by(request: Request, who: Identity, rates: Rates) -> str | Refusal | None:
    """The room or user that the address of ``who`` names, unless they ask too often; ``None``: it is no possible name.

    Read from the bytes that came: decoded twice, a name would be another.
    """
    segments = request.scope["raw_path"].decode("ascii").split("/")
    return rates.request(who.user) or name_in_path(segments[NAME_SEGMENT])


def refusal_in(answer: dict[str, Any]) -> Refusal | None:
    """The refusal that a room's answer is, if it is one."""
    error = answer.get("error")
    if error is None:
        return None
    code = error["code"]
    return refusal(code if code in ERRORS else "internal", error["message"], retry_after_ms=error.get("retry_after_ms"))
