"""``/api/rooms/{room}/sanctions``: who may not come in, or not speak."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, route
from gateway.api.bodies import query_of
from gateway.api.examples import CODE
from gateway.api.rooms import IN_ROOM
from gateway.api.visits import Visits, refusal_in
from gateway.http.description import SIGNED_IN_READING, Json, in_query, json_answer, operation
from rooms import Refusal

LIMIT_MAX = 100

SANCTION: Json = {"user": "bob", "what": "mute", "until": "2026-11-20T21:07:00.123Z", "by": "ada", "reason": "too loud"}

PATHS: Json = {
    "/api/rooms/{room}/sanctions": {
        "parameters": [IN_ROOM],
        "get": operation(
            "For moderators: who is banned, kicked or muted now, by whom, why and until when (null: for ever); by user",
            security=SIGNED_IN_READING,
            parameters=[
                in_query("cursor", "that of the page before"),
                in_query("limit", "how many at most", "integer", minimum=1, maximum=LIMIT_MAX, default=50),
            ],
            ok={
                "200": json_answer(
                    "What holds; cursor asks for the next page, null was the last",
                    {"room": CODE, "sanctions": [SANCTION], "cursor": None},
                )
            },
            refused=("400", "401", "403", "404", "429", "503"),
        ),
    },
}


class AskedSanctions(msgspec.Struct, frozen=True):
    """Which page."""

    cursor: Annotated[str, Meta(max_length=256)] = ""
    limit: Annotated[int, Meta(ge=1, le=LIMIT_MAX)] = 50


class RoomSanctions:
    """Imposed and lifted over sockets, where those hear of it whom it concerns."""

    def __init__(self, visits: Visits) -> None:
        self._visits = visits
        self.routes = [route("GET", "/api/rooms/{room}/sanctions", self.page)]

    async def page(self, request: Request) -> Response | Refusal:
        """``GET /api/rooms/{room}/sanctions``."""
        visit = await self._visits.reading(request)
        if isinstance(visit, Refusal):
            return visit
        asked = query_of(request, AskedSanctions)
        if isinstance(asked, Refusal):
            return asked
        found = await visit.room.sanctioned(visit.identity, asked.cursor, asked.limit)
        return refusal_in(found) or json(found)
