"""``/api/rooms``: making chat rooms, finding one's own, and ending them."""

from __future__ import annotations

from typing import Any

import msgspec
import trio
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json, nothing, route
from gateway.api.bodies import json_of, query_of
from gateway.api.callers import Callers
from gateway.api.examples import CODE, ROOM
from gateway.api.own_rooms import OwnRooms
from gateway.api.rates import Rates
from gateway.api.visits import Visits, refusal_in
from gateway.auth.room_grants import RoomGrants, Rooms
from gateway.endings import Endings
from gateway.errors import refusal
from gateway.http.description import (
    SIGNED_IN,
    SIGNED_IN_READING,
    Json,
    in_header,
    in_path,
    in_query,
    json_answer,
    json_body,
    operation,
    text,
)
from gateway.names import TITLE_CHARACTERS_MAX, title_of
from gateway.room_codes import RoomCodes
from gateway.routes import CHAT
from rooms import Identity, Refusal, RoomError, RoomKey

KEY_CHARACTERS_MAX = 64
PAGE = 50
PAGE_MAX = 100
BAD_TITLE = refusal("bad_message", f"title: 1 to {TITLE_CHARACTERS_MAX} characters, none of them invisible")
BAD_KEY = refusal("bad_message", f"Idempotency-Key: 1 to {KEY_CHARACTERS_MAX} characters")
KEY_USED = refusal("conflict", "The room that was made with this Idempotency-Key is gone")
TOO_MANY_ROOMS = refusal("too_many_rooms", "You are in as many rooms as an account can be in: leave one")

IN_ROOM = in_path("room", "the room's name: the code of a room that was made, else the name that tokens grant")

PATHS: Json = {
    "/api/rooms": {
        "post": operation(
            "Make a room and own it. Its name is a code that nobody can guess: whoever knows it may join",
            security=SIGNED_IN,
            parameters=[in_header("Idempotency-Key", "the same key makes no second room", maxLength=KEY_CHARACTERS_MAX)],
            requestBody=json_body(
                {"title": text("what it is called", minLength=1, maxLength=TITLE_CHARACTERS_MAX)},
                ("title",),
                {"title": "Analytical engines"},
            ),
            ok={"201": json_answer("Made", {"room": CODE, "title": "Analytical engines"})},
            refused=("400", "401", "403", "409", "413", "429", "503", "507"),
        ),
        "get": operation(
            "The caller's rooms, by name: those that the token names one by one, and those of the account",
            security=SIGNED_IN_READING,
            parameters=[
                in_query("cursor", "where the page before this one ended"),
                in_query("limit", "how many at most", "integer", minimum=1, maximum=PAGE_MAX, default=PAGE),
            ],
            ok={"200": json_answer("A page; the next begins at cursor, null was the last", {"rooms": [ROOM], "cursor": None})},
            refused=("400", "401", "429", "503"),
        ),
    },
    "/api/rooms/{room}": {
        "parameters": [IN_ROOM],
        "get": operation(
            "A room as the caller finds it",
            security=SIGNED_IN_READING,
            ok={"200": json_answer("The room", ROOM)},
            refused=("400", "401", "403", "404", "429", "503"),
        ),
        "delete": operation(
            "End a room, for its owner or an admin: everybody in it is told, and its messages and files leave the disk",
            security=SIGNED_IN,
            ok={"204": {"description": "It is gone, and a room that was made stays gone"}},
            refused=("400", "401", "403", "404", "429", "503"),
        ),
    },
}


class NewRoom(msgspec.Struct, frozen=True):
    """The body."""

    title: str


class Listing(msgspec.Struct, frozen=True):
    """Which page."""

    cursor: str = ""
    limit: int = PAGE


class ChatRooms:
    """Rooms as their members see them from outside."""

    def __init__(
        self,
        callers: Callers,
        visits: Visits,
        rooms: Rooms,
        *,
        grants: RoomGrants,
        endings: Endings,
        codes: RoomCodes,
        rates: Rates,
    ) -> None:
        self._callers = callers
        self._visits = visits
        self._rooms = rooms
        self._grants = grants
        self._endings = endings
        self._codes = codes
        self._rates = rates
        self._own = OwnRooms(rooms, grants, endings)
        self.routes = [
            route("POST", "/api/rooms", self.make),
            route("GET", "/api/rooms", self.list),
            route("GET", "/api/rooms/{room}", self.show),
            route("DELETE", "/api/rooms/{room}", self.end),
        ]

    async def make(self, request: Request) -> Response | Refusal:
        """``POST /api/rooms``."""
        who = await self._callers.changing(request)
        if isinstance(who, Refusal):
            return who
        asked = await json_of(request, NewRoom)
        if isinstance(asked, Refusal):
            return asked
        title = title_of(asked.title)
        if title is None:
            return BAD_TITLE
        code = self._code(who.user, request.headers.get("idempotency-key"))
        return code if isinstance(code, Refusal) else self._rates.making(who.user) or await self._make(who, code, title)

    async def list(self, request: Request) -> Response | Refusal:
        """``GET /api/rooms``."""
        who = await self._callers.reading(request)
        if isinstance(who, Refusal):
            return who
        asked = query_of(request, Listing)
        if isinstance(asked, Refusal):
            return asked
        if not 1 <= asked.limit <= PAGE_MAX:
            return refusal("bad_message", f"limit: 1 to {PAGE_MAX}")
        return self._rates.request(who.user) or json(await self._own.page(who, asked.cursor, asked.limit))

    async def show(self, request: Request) -> Response | Refusal:
        """``GET /api/rooms/{room}``."""
        visit = await self._visits.reading(request)
        if isinstance(visit, Refusal):
            return visit
        found = await visit.room.describe(visit.identity)
        return refusal_in(found) or json(found)

    async def end(self, request: Request) -> Response | Refusal:
        """``DELETE /api/rooms/{room}``."""
        visit = await self._visits.changing(request)
        if isinstance(visit, Refusal):
            return visit
        return await self._endings.end(visit.who, visit.key.name) or nothing()

    def _code(self, user: str, key: str | None) -> str | Refusal:
        if key is None:
            return self._codes.new()
        if not 1 <= len(key) <= KEY_CHARACTERS_MAX:
            return BAD_KEY
        code = self._codes.of_key(user, key)
        return KEY_USED if self._endings.is_gone(RoomKey(CHAT, code)) else code

    async def _make(self, who: Identity, code: str, title: str) -> Response | Refusal:
        """Let the maker in first: a room that nobody may enter would stay for ever; a grant of a room that never was is not shown."""
        if not await self._grants.grant(who.user, code, self._endings.is_gone):
            return TOO_MANY_ROOMS
        room = self._rooms.stub(RoomKey(CHAT, code))
        try:
            if not await room.create(who.user, title):
                title = (await room.describe(msgspec.to_builtins(who)))["title"]
        except RoomError:
            with trio.CancelScope(shield=True):
                await self._grants.withdraw(who.user, code)
            raise
        made: dict[str, Any] = {"room": code, "title": title}
        return json(made, 201)
