"""``/api/rooms/{room}/join``: into a room by its code, and out of it again."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, nothing, route
from gateway.api.examples import ROOM
from gateway.api.rates import Rates
from gateway.api.rooms import IN_ROOM, TOO_MANY_ROOMS
from gateway.api.visits import Visits, refusal_in
from gateway.auth.room_grants import RoomGrants
from gateway.endings import Endings
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN, Json, json_answer, operation
from rooms import Refusal

UNKNOWN_CODE = refusal("not_found", "No room has this code")
NOT_JOINED = refusal("not_found", "This room was not joined by its code")

PATHS: Json = {
    "/api/rooms/{room}/join": {
        "parameters": [IN_ROOM],
        "post": operation(
            "Join a room that was made, by its code: it is the account's from now on, and open sockets may enter at once",
            security=SIGNED_IN,
            ok={"200": json_answer("The room; the same again", {**ROOM, "role": "member"})},
            refused=("400", "401", "403", "404", "429", "503"),
        ),
        "delete": operation(
            "Leave it: the account's sockets are put out, and need the code to come back",
            security=SIGNED_IN,
            ok={"204": {"description": "Left"}},
            refused=("400", "401", "403", "404", "429", "503"),
        ),
    }
}


class RoomJoins:
    """The code is the permission."""

    def __init__(self, visits: Visits, grants: RoomGrants, endings: Endings, rates: Rates) -> None:
        self._visits = visits
        self._grants = grants
        self._endings = endings
        self._rates = rates
        self.routes = [route("POST", "/api/rooms/{room}/join", self.join), route("DELETE", "/api/rooms/{room}/join", self.leave)]

    async def join(self, request: Request) -> Response | Refusal:
        """``POST /api/rooms/{room}/join``."""
        visit = await self._visits.with_code(request)
        if isinstance(visit, Refusal):
            return visit
        refused = self._rates.join(visit.who.user)
        if refused is not None:
            return refused
        found = await visit.room.describe(visit.identity)
        if "error" in found:
            return refusal_in(found) or UNKNOWN_CODE
        if not found["made"]:
            return UNKNOWN_CODE
        granted = await self._grants.grant(visit.who.user, visit.key.name, self._endings.is_gone)
        return json(found) if granted else TOO_MANY_ROOMS

    async def leave(self, request: Request) -> Response | Refusal:
        """``DELETE /api/rooms/{room}/join``."""
        visit = await self._visits.with_code(request)
        if isinstance(visit, Refusal):
            return visit
        return nothing() if await self._grants.withdraw(visit.who.user, visit.key.name) else NOT_JOINED
