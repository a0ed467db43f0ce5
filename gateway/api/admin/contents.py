"""What a room keeps, read beside the server in a thread: a page of its messages, a page of its keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.overseen import Overseen
from gateway.api.admin.paging import PARAMETERS, Page, cursor_of, page_of
from gateway.api.admin.rooms import IN_PATH, NO_ROOM
from gateway.api.admin.stored_values import shown
from gateway.api.answers import json, route
from gateway.api.callers import Callers
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN_READING, Json, in_query, json_answer, operation
from rooms import Refusal, RoomKey
from rooms.kinds.users import USERS
from storage import NoHistory, RoomSetAside, RoomUnknown, RoomView, inspect_room

NO_MESSAGES = refusal("not_found", "Rooms of this kind keep no table messages")
DAMAGED = refusal("unavailable", "The room is set aside: its file cannot be read")
HIDDEN_KEYS = {USERS: {"account"}}
"""By kind, keys whose values nobody is to look at: hashes of passwords."""
HIDDEN = {"$hidden": "not to be looked at"}

_MESSAGE = {"seq": 1, "id": "0199", "time": "2026-11-20T20:07:00.123Z", "sender": "ada", "body": "Hello"}

PATHS: Json = {
    "/api/admin/rooms/{kind}/{name}/messages": {
        "parameters": IN_PATH,
        "get": operation(
            "Rows of the room's table messages as they are stored, ascending; the newest first page, cursor leads to older ones",
            security=SIGNED_IN_READING,
            parameters=PARAMETERS,
            ok={"200": json_answer("A page", {"columns": list(_MESSAGE), "messages": [_MESSAGE], "cursor": None})},
            refused=("400", "401", "403", "404", "503"),
        ),
    },
    "/api/admin/rooms/{kind}/{name}/keys": {
        "parameters": IN_PATH,
        "get": operation(
            "The room's keys with their values; what JSON has no form for is an object of a key that begins with $",
            security=SIGNED_IN_READING,
            parameters=[in_query("prefix", "only keys that begin so"), *PARAMETERS],
            ok={"200": json_answer("A page", {"keys": [{"key": "n", "value": 12, "size_bytes": 1}], "cursor": None})},
            refused=("400", "401", "403", "404", "503"),
        ),
    },
}


class Contents:
    """Pages of what is stored. A room that is in memory only has nothing of it: 404."""

    def __init__(self, callers: Callers, overseen: Overseen) -> None:
        self._callers = callers
        self._overseen = overseen
        self.routes = [
            route("GET", "/api/admin/rooms/{kind}/{name}/messages", self.messages),
            route("GET", "/api/admin/rooms/{kind}/{name}/keys", self.keys),
        ]

    async def messages(self, request: Request) -> Response | Refusal:
        """``GET …/messages``."""
        return await self._page(request, int, _messages)

    async def keys(self, request: Request) -> Response | Refusal:
        """``GET …/keys``."""
        prefix = request.query_params.get("prefix", "")
        return await self._page(request, str, lambda view, page: _keys(view, page, prefix))

    async def _page(self, request: Request, cursor: type, pick: Callable[[RoomView, Page], Json]) -> Response | Refusal:
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        page = page_of(request, cursor)
        if isinstance(page, Refusal):
            return page
        key = self._overseen.key(request.path_params["kind"], request.path_params["name"])
        if key is None:
            return NO_ROOM
        picked: Json | Refusal = await self._overseen.read(_read, self._overseen.folder, key, page, pick)
        return picked if isinstance(picked, Refusal) else json(picked)


def _read(folder: Path, key: RoomKey, page: Page, pick: Callable[[RoomView, Page], Json]) -> Json | Refusal:
    """Blocking."""
    try:
        with inspect_room(folder, key) as view:
            return pick(view, page)
    except RoomUnknown:
        return NO_ROOM
    except RoomSetAside:
        return DAMAGED
    except NoHistory:
        return NO_MESSAGES


def _messages(view: RoomView, page: Page) -> Json:
    rows = view.page(before=page.after, limit=page.limit)
    older = cursor_of(rows[0]["seq"]) if len(rows) == page.limit and rows[0]["seq"] > 1 else None
    return {"columns": list(rows[0]) if rows else [], "messages": [shown(row) for row in rows], "cursor": older}


def _keys(view: RoomView, page: Page, prefix: str) -> Json:
    found = list(view.entries(prefix=prefix, after=page.after, limit=page.limit + 1))
    hidden = HIDDEN_KEYS.get(view.key.kind, set())
    entries = [_entry(key, HIDDEN if key in hidden else shown(value), size_bytes) for key, value, size_bytes in found[: page.limit]]
    return {"keys": entries, "cursor": cursor_of(entries[-1]["key"]) if len(found) > page.limit else None}


def _entry(key: str, value: Any, size_bytes: int) -> Json:
    return {"key": key, "value": value, "size_bytes": size_bytes}
