"""``/api/admin/connections`` and ``/api/admin/disconnect``: the sockets of the server, and the end of some."""

from __future__ import annotations

import heapq
from operator import attrgetter
from typing import Annotated

import msgspec
import trio
from msgspec import Meta
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.paging import PARAMETERS, cursor_of, page_of
from gateway.api.admin.socket_rows import EXAMPLE, socket_row
from gateway.api.answers import json, route
from gateway.api.bodies import json_of
from gateway.api.callers import Callers
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN, SIGNED_IN_READING, Json, in_query, json_answer, json_body, operation, text
from gateway.session.registry import Registered
from gateway.session.services import Services
from rooms import Refusal

LOOKED_AT_ONCE = 2_000
REASON = "Disconnected by an administrator"
REASON_CHARACTERS_MAX = 30
"""A close frame holds 123 bytes."""
COME_BACK, STAY_AWAY = 1012, 4403
ONE_OF_TWO = refusal("bad_message", "Give user, or session")

BODY: Json = {
    "reason": text("what the client is told", maxLength=REASON_CHARACTERS_MAX),
    "reconnect": {"type": "boolean", "description": "true: close 1012, they come back; false (the default): 4403, they stay away"},
}
PATHS: Json = {
    "/api/admin/connections": {
        "get": operation(
            "Every socket, by session; a page",
            security=SIGNED_IN_READING,
            parameters=[in_query("user", "only this user's"), *PARAMETERS],
            ok={"200": json_answer("A page", {"connections": [EXAMPLE], "cursor": None})},
            refused=("400", "401", "403"),
        )
    },
    "/api/admin/disconnect": {
        "post": operation(
            "Close all sockets of a user, or one by its session",
            security=SIGNED_IN,
            requestBody=json_body({"user": text("whose"), "session": text("which"), **BODY}, (), {"user": "ada"}),
            ok={"200": json_answer("How many were closed", {"closed": 2})},
            refused=("400", "401", "403"),
        )
    },
}


class Farewell(msgspec.Struct, frozen=True):
    """How sockets are closed."""

    reason: Annotated[str, Meta(max_length=REASON_CHARACTERS_MAX)] = REASON[:REASON_CHARACTERS_MAX]
    reconnect: bool = False

    def say(self, session: Registered) -> None:
        """Close one."""
        session.close(COME_BACK if self.reconnect else STAY_AWAY, self.reason)


class Disconnect(Farewell, frozen=True):
    """The body."""

    user: str | None = None
    session: str | None = None


class Connections:
    """All of them, by session id, which sorts by time."""

    def __init__(self, callers: Callers, services: Services) -> None:
        self._callers = callers
        self._services = services
        self.routes = [
            route("GET", "/api/admin/connections", self.page),
            route("POST", "/api/admin/disconnect", self.disconnect),
        ]

    async def page(self, request: Request) -> Response | Refusal:
        """``GET /api/admin/connections``."""
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        asked = page_of(request)
        if isinstance(asked, Refusal):
            return asked
        user = request.query_params.get("user")
        sessions = list(self._services.registry.all()) if not user else self._services.registry.of_user(user)
        found = await _first_after(sessions, asked.after or "", asked.limit + 1)
        more = cursor_of(found[asked.limit - 1].id) if len(found) > asked.limit else None
        return json({"connections": [socket_row(each) for each in found[: asked.limit]], "cursor": more})

    async def disconnect(self, request: Request) -> Response | Refusal:
        """``POST /api/admin/disconnect``."""
        admin = await self._callers.administering(request)
        if isinstance(admin, Refusal):
            return admin
        asked = await json_of(request, Disconnect)
        if isinstance(asked, Refusal):
            return asked
        if (asked.user is None) == (asked.session is None):
            return ONE_OF_TWO
        registry = self._services.registry
        found = registry.of_user(asked.user) if asked.user is not None else [s for s in registry.all() if s.id == asked.session]
        for session in found:
            asked.say(session)
        self._services.log.info("disconnected", by=admin.user, user=asked.user, session=asked.session, closed=len(found))
        return json({"closed": len(found)})


async def _first_after(sessions: list[Registered], after: str, limit: int) -> list[Registered]:
    best: list[Registered] = []
    for start in range(0, len(sessions), LOOKED_AT_ONCE):
        some = [session for session in sessions[start : start + LOOKED_AT_ONCE] if session.id > after]
        best = heapq.nsmallest(limit, [*best, *some], key=attrgetter("id"))
        await trio.lowlevel.checkpoint()
    return best
