"""``/api/admin/users``: who ever came, and one of them. Their rooms are read from the disk, so that none wakes."""

from __future__ import annotations

from operator import attrgetter
from pathlib import Path
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.overseen import Overseen
from gateway.api.admin.paging import PARAMETERS, Page, cursor_of, page_of
from gateway.api.admin.socket_rows import EXAMPLE as SOCKET
from gateway.api.admin.socket_rows import socket_row
from gateway.api.answers import json, route
from gateway.api.callers import Callers
from gateway.auth.sign_ins import avatar_address
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN_READING, Json, in_path, in_query, json_answer, operation
from gateway.session.services import Services
from rooms import Refusal, RoomKey
from rooms.kinds.directory import DIRECTORY
from rooms.kinds.users import USERS
from storage import RoomSetAside, RoomUnknown, RoomView, inspect_room

NO_USER = refusal("user_not_found")
SOCKETS_SHOWN_MAX = 200

_LIST = """SELECT user, name, avatar, has_account, since_ms FROM users
    WHERE user > ? AND (? = '' OR instr(lower(user), ?) OR instr(lower(coalesce(name, '')), ?)) ORDER BY user LIMIT ?"""
_ONE = "SELECT user, name, avatar, has_account, since_ms FROM users WHERE user = ?"
_REVOKED = "SELECT since_ms FROM revoked_users WHERE user = ?"
_USER = {"user": "ada", "name": "Ada", "avatar": None, "has_account": True, "since_ms": 1_795_000_000_000, "sockets": 2}
_SIGN_IN = {"id": "0199", "began_ms": 1_795_200_000_000, "expires_ms": 1_796_400_000_000, "by": "password"}

PATHS: Json = {
    "/api/admin/users": {
        "get": operation(
            "Everybody who ever came, by user; a page",
            security=SIGNED_IN_READING,
            parameters=[in_query("query", "only those with this in their user or name"), *PARAMETERS],
            ok={"200": json_answer("A page", {"users": [_USER], "cursor": None})},
            refused=("400", "401", "403"),
        )
    },
    "/api/admin/users/{user}": {
        "parameters": [in_path("user", "whose")],
        "get": operation(
            "One user: sign-ins by cookie, rooms they were let into, sockets",
            security=SIGNED_IN_READING,
            ok={
                "200": json_answer(
                    "The user", {**_USER, "revoked_ms": None, "sign_ins": [_SIGN_IN], "rooms": ["lobby"], "connections": [SOCKET]}
                )
            },
            refused=("401", "403", "404"),
        ),
    },
}


class Users:
    """Those the directory knows."""

    def __init__(self, callers: Callers, services: Services, overseen: Overseen) -> None:
        self._callers = callers
        self._services = services
        self._overseen = overseen
        self.routes = [
            route("GET", "/api/admin/users", self.page),
            route("GET", "/api/admin/users/{user}", self.one),
        ]

    async def page(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/users``."""
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        asked = page_of(request)
        if isinstance(asked, Refusal):
            return asked
        query = request.query_params.get("query", "").lower()
        rows = await self._overseen.read(_page, self._overseen.folder, asked, query)
        more = cursor_of(rows[asked.limit - 1][0]) if len(rows) > asked.limit else None
        return json({"users": [self._described(row) for row in rows[: asked.limit]], "cursor": more})

    async def one(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/users/{user}``."""
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        user, folder = request.path_params["user"], self._overseen.folder
        row, revoked_ms = await self._overseen.read(_row, folder, user)
        if row is None:
            return NO_USER
        kept = await self._overseen.read(_kept, folder, user, self._services.clock.now_ms())
        sessions = sorted(self._services.registry.of_user(user), key=attrgetter("id"))
        sockets = [socket_row(each) for each in sessions[:SOCKETS_SHOWN_MAX]]
        return json({**self._described(row), "revoked_ms": revoked_ms, **kept, "connections": sockets})

    def _described(self, row: tuple[Any, ...]) -> Json:
        user, name, avatar, has_account, since_ms = row
        return {
            "user": user,
            "name": name,
            "avatar": avatar_address(user, avatar),
            "has_account": bool(has_account),
            "since_ms": since_ms,
            "sockets": len(self._services.registry.of_user(user)),
        }


def _page(folder: Path, page: Page, query: str) -> list[tuple[Any, ...]]:
    """Blocking."""
    try:
        with inspect_room(folder, DIRECTORY) as view:
            return list(view.rows(_LIST, page.after or "", query, query, query, page.limit + 1))
    except (RoomUnknown, RoomSetAside):
        return []


def _row(folder: Path, user: str) -> tuple[tuple[Any, ...] | None, int | None]:
    """What the directory knows, and since when what was issued to the user counts no longer. Blocking."""
    try:
        with inspect_room(folder, DIRECTORY) as view:
            revoked = next(iter(view.rows(_REVOKED, user)), None)
            return next(iter(view.rows(_ONE, user)), None), None if revoked is None else revoked[0]
    except (RoomUnknown, RoomSetAside):
        return None, None


def _kept(folder: Path, user: str, now_ms: int) -> Json:
    """What the user's own room knows. Blocking."""
    try:
        with inspect_room(folder, RoomKey(USERS, user)) as view:
            return {"sign_ins": _sign_ins(view, now_ms), "rooms": [room for (room,) in view.rows("SELECT room FROM grants ORDER BY room")]}
    except (RoomUnknown, RoomSetAside):
        return {"sign_ins": [], "rooms": []}


def _sign_ins(view: RoomView, now_ms: int) -> list[Json]:
    rows = view.rows("SELECT id, began_ms, expires_ms, claims FROM sign_ins WHERE expires_ms > ? ORDER BY began_ms DESC", now_ms)
    return [{"id": id, "began_ms": began_ms, "expires_ms": expires_ms, "by": _by(claims)} for id, began_ms, expires_ms, claims in rows]


def _by(claims: str | None) -> str:
    """Whether the sign-in began with a password or a token, and whether that was an admin's."""
    if claims is None:
        return "password"
    return "admin token" if msgspec.json.decode(claims).get("admin") else "token"
