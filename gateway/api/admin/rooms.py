"""``/api/admin/rooms``: every room, a page at a time, and one room as it stands. Looking wakes none."""

from __future__ import annotations

from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.listing import FIRST, STATES, Filter, rooms_after
from gateway.api.admin.overseen import Overseen
from gateway.api.admin.paging import PARAMETERS, cursor_of, page_of
from gateway.api.admin.room_rows import EXAMPLE, no_detail, room_detail, room_row, state_name
from gateway.api.answers import json, route
from gateway.api.callers import Callers
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN_READING, Json, in_path, in_query, json_answer, operation
from gateway.session.services import Services
from rooms import Refusal, RoomKey
from storage import RoomSetAside, RoomUnknown, footprints, inspect_room

NO_ROOM = refusal("not_found", "No such room")
BAD_STATE = refusal("bad_message", f"state: one of {', '.join(STATES)}")

IN_PATH = [in_path("kind", "the room's kind"), in_path("name", "the room's name")]
_DETAIL = {
    **EXAMPLE,
    "epoch": "b1946ac9",
    "turns": 512,
    "journaled": 0,
    "keys": 1,
    "tables": {"messages": 498},
    "unsent_tells": 0,
    "alarm": {"at_ms": 1_795_203_600_000, "tries": 0},
    "file": "data/rooms/rooms/d7/lobby.sqlite3",
    "has_history": True,
}

PATHS: Json = {
    "/api/admin/rooms": {
        "get": operation(
            "Rooms in memory or on the disk, by kind and name; a page may be shorter than its limit and not the last",
            security=SIGNED_IN_READING,
            parameters=[
                in_query("kind", "only of this kind"),
                in_query("state", "only those that are", enum=list(STATES)),
                in_query("query", "only those with this in their name"),
                *PARAMETERS,
            ],
            ok={"200": json_answer("A page; cursor is null on the last", {"rooms": [EXAMPLE], "cursor": None})},
            refused=("400", "401", "403"),
        )
    },
    "/api/admin/rooms/{kind}/{name}": {
        "parameters": IN_PATH,
        "get": operation(
            "How a room stands and what its file holds",
            security=SIGNED_IN_READING,
            ok={"200": json_answer("The room", _DETAIL)},
            refused=("401", "403", "404"),
        ),
    },
}


class Rooms:
    """The list, and one of it."""

    def __init__(self, callers: Callers, services: Services, overseen: Overseen) -> None:
        self._callers = callers
        self._clock = services.clock
        self._overseen = overseen
        self.routes = [
            route("GET", "/api/admin/rooms", self.page),
            route("GET", "/api/admin/rooms/{kind}/{name}", self.one),
        ]

    async def page(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/rooms``."""
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        asked = page_of(request, tuple[str, str])
        if isinstance(asked, Refusal):
            return asked
        query = request.query_params
        wanted = Filter(query.get("kind") or None, query.get("state") or None, query.get("query", "").casefold())
        if wanted.state is not None and wanted.state not in STATES:
            return BAD_STATE
        after = FIRST if asked.after is None else RoomKey(*asked.after)
        overseen = self._overseen
        found = await rooms_after(overseen.overview, self._state, wanted, after, asked.limit)
        rows = [row for row in await self._rows(found.keys) if not self._overseen.is_empty(RoomKey(row["kind"], row["name"]))]
        return json({"rooms": rows, "cursor": None if found.after is None else cursor_of(found.after)})

    async def one(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/rooms/{kind}/{name}``."""
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        key = self._overseen.key(request.path_params["kind"], request.path_params["name"])
        if key is None:
            return NO_ROOM
        detail = await self._overseen.read(_detail, self._overseen.folder, key)
        if detail is None and self._overseen.is_empty(key):
            return NO_ROOM
        (row,) = await self._rows([key])
        return json({**row, **(detail or no_detail(key))})

    def _state(self, key: RoomKey) -> str:
        return state_name(self._overseen.overview.facts(key))

    async def _rows(self, keys: list[RoomKey]) -> list[Json]:
        overview = self._overseen.overview
        sizes = await self._overseen.read(footprints, self._overseen.folder, keys)
        now_ms = self._clock.now_ms()
        return [room_row(overview.facts(key), overview.row(key), size, now_ms) for key, size in zip(keys, sizes, strict=True)]


def _detail(folder: Path, key: RoomKey) -> Json | None:
    """What its file says; ``None`` if there is none. Blocking."""
    try:
        with inspect_room(folder, key) as view:
            return room_detail(view)
    except RoomUnknown:
        return None
    except RoomSetAside:
        return no_detail(key)
