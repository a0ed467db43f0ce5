"""``/api/rooms/{room}/members`` and ``/api/users``: who is connected."""

from __future__ import annotations

from itertools import groupby
from typing import Annotated, Any

import msgspec
import trio
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.bodies import query_of
from gateway.api.callers import Callers
from gateway.api.examples import CODE, MEMBER
from gateway.api.rates import Rates
from gateway.api.rooms import IN_ROOM
from gateway.api.visits import Visits, refusal_in
from gateway.http.description import SIGNED_IN_READING, Json, in_query, json_answer, operation
from gateway.session.registry import NOBODY, Registry
from rooms import Refusal

USERS_MAX = 100
LOOKED_AT_AT_ONCE = 1_000
"""Sockets that one search looks at before others get their turn."""

_QUERY = in_query("query", "part of the user's name or of the name shown, in any case of letters", maxLength=128)

PATHS: Json = {
    "/api/rooms/{room}/members": {
        "parameters": [IN_ROOM],
        "get": operation(
            "Who is in the room now, one entry a user, the longest there first",
            security=SIGNED_IN_READING,
            parameters=[_QUERY, in_query("limit", "how many at most", "integer", minimum=0, maximum=USERS_MAX, default=USERS_MAX)],
            ok={"200": json_answer("The users", {"room": CODE, "online": 3, "users": [MEMBER], "more": False})},
            refused=("400", "401", "403", "404", "429", "503"),
        ),
    },
    "/api/users": {
        "get": operation(
            "Search the users who are connected now",
            security=SIGNED_IN_READING,
            parameters=[_QUERY, in_query("limit", "how many at most", "integer", minimum=1, maximum=USERS_MAX, default=20)],
            ok={
                "200": json_answer(
                    "Those found", {"users": [{key: MEMBER[key] for key in ("user", "name", "avatar", "connections")}], "more": False}
                )
            },
            refused=("400", "401", "429", "503"),
        ),
    },
}

Query = Annotated[str, Meta(max_length=128)]


class AskedMembers(msgspec.Struct, frozen=True):
    """Which members."""

    query: Query = ""
    limit: Annotated[int, Meta(ge=0, le=USERS_MAX)] = USERS_MAX


class AskedUsers(msgspec.Struct, frozen=True):
    """Which users."""

    query: Query = ""
    limit: Annotated[int, Meta(ge=1, le=USERS_MAX)] = 20


class People:
    """Those with an open socket."""

    def __init__(self, callers: Callers, visits: Visits, registry: Registry, rates: Rates) -> None:
        self._callers = callers
        self._visits = visits
        self._registry = registry
        self._rates = rates
        self.routes = [route("GET", "/api/rooms/{room}/members", self.members), route("GET", "/api/users", self.users)]

    async def members(self, request: Request) -> Response | Refusal:
        """``GET /api/rooms/{room}/members``."""
        visit = await self._visits.reading(request)
        if isinstance(visit, Refusal):
            return visit
        asked = query_of(request, AskedMembers)
        if isinstance(asked, Refusal):
            return asked
        found = await visit.room.members(visit.identity, asked.query, asked.limit)
        return refusal_in(found) or json(found)

    async def users(self, request: Request) -> Response | Refusal:
        """``GET /api/users``."""
        who = await self._callers.reading(request)
        if isinstance(who, Refusal):
            return who
        asked = query_of(request, AskedUsers)
        if isinstance(asked, Refusal):
            return asked
        return self._rates.search(who.user) or json(await self._search(asked.query.casefold(), asked.limit))

    async def _search(self, wanted: str, limit: int) -> dict[str, Any]:
        """In the order they came; stops when there are enough."""
        users: list[dict[str, Any]] = []
        looked_at = 0
        for user, sessions in groupby(self._registry.all(), key=lambda session: session.identity.user):
            identities = [session.identity for session in sessions if session.identity is not NOBODY]
            looked_at += len(identities)
            if looked_at >= LOOKED_AT_AT_ONCE:
                looked_at = 0
                await trio.lowlevel.checkpoint()
            if not identities or (wanted not in user.casefold() and wanted not in identities[-1].name.casefold()):
                continue
            if len(users) == limit:
                return {"users": users, "more": True}
            latest = identities[-1]
            users.append({"user": user, "name": latest.name, "avatar": latest.avatar, "connections": len(identities)})
        return {"users": users, "more": False}
