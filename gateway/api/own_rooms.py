"""Which chat rooms somebody is in, by token and by account, a page at a time."""

from __future__ import annotations

from typing import Any

import msgspec
import trio

from gateway.api.visits import refusal_in
from gateway.auth.room_grants import RoomGrants, Rooms
from gateway.endings import Endings
from gateway.errors import refusal_of
from gateway.names import name_of
from gateway.routes import CHAT
from rooms import Identity, Refusal, RoomError, RoomKey
from rooms.kinds.users import USERS

ASKED_AT_ONCE = 8
"""Rooms that are asked at a time for one page."""

Room = dict[str, Any]


class OwnRooms:
    """Sorted by name: the one order that stands still while rooms come and go and people talk."""

    def __init__(self, rooms: Rooms, grants: RoomGrants, endings: Endings) -> None:
        self._rooms = rooms
        self._grants = grants
        self._endings = endings

    async def page(self, who: Identity, cursor: str, limit: int) -> dict[str, Any]:
        """The rooms that follow ``cursor``, and the cursor of the next page. Raises ``RoomError``."""
        granted = set(await self._grants.load(who.user))
        names = sorted(name for name in {*named(who), *granted} if name > cursor)
        here = names[:limit]
        gone = {name for name in here if self._endings.is_gone(RoomKey(CHAT, name))}
        for name in gone & granted:
            await self._rooms.stub(RoomKey(USERS, who.user)).withdraw(name)
        found = await self._described(who, [name for name in here if name not in gone])
        rooms = [room for room in found if not (room["room"] in granted and _never_was(room))]
        return {"rooms": rooms, "cursor": here[-1] if len(names) > limit else None}

    async def _described(self, who: Identity, names: list[str]) -> list[Room]:
        found: dict[str, Room] = {}
        limiter = trio.CapacityLimiter(ASKED_AT_ONCE)
        identity = msgspec.to_builtins(who)
        async with trio.open_nursery() as nursery:
            for name in names:
                nursery.start_soon(self._describe, name, identity, limiter, found)
        return [found[name] for name in names]

    async def _describe(self, name: str, identity: dict[str, Any], limiter: trio.CapacityLimiter, found: dict[str, Room]) -> None:
        async with limiter:
            try:
                answer = await self._rooms.stub(RoomKey(CHAT, name)).describe(identity)
            except RoomError as error:
                found[name] = _failed(name, refusal_of(error))
                return
        refused = refusal_in(answer)
        found[name] = answer if refused is None else _failed(name, refused)


def named(identity: Identity) -> set[str]:
    """The chat rooms that the token names one by one."""
    plain = (grant.removeprefix(f"{CHAT}/") for grant in identity.rooms if "*" not in grant)
    return {name for name in plain if name_of(name) == name}


def _failed(name: str, refused: Refusal) -> Room:
    return {"room": name, "error": {"code": refused.code, "message": refused.message}}


def _never_was(room: Room) -> bool:
    """A grant that is older than its room, which was not made after all."""
    return "error" not in room and not room["made"] and room["head"] == 0
