"""``…/figures`` and ``…/connections`` of one room: what is in memory of it. Looking wakes it not."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.overseen import Overseen
from gateway.api.admin.paging import PARAMETERS, cursor_of, page_of
from gateway.api.admin.room_rows import state_name
from gateway.api.admin.rooms import IN_PATH, NO_ROOM
from gateway.api.admin.socket_rows import session_of
from gateway.api.admin.stored_values import shown
from gateway.api.answers import json, route
from gateway.api.callers import Callers
from gateway.http.description import SIGNED_IN_READING, Json, json_answer, operation
from gateway.session.services import Services
from rooms import Connection, Refusal, RoomKey

_SECOND = {"at_ms": 1_795_200_000_000, "turns": 12, "p50_seconds": 0.00004, "p99_seconds": 0.0002}
_CONNECTION = {
    "id": "0199",
    "session": "019a",
    "user": "ada",
    "name": "Ada",
    "phase": "open",
    "attachment": {"name": "Ada"},
    "tags": ["mobile"],
}

PATHS: Json = {
    "/api/admin/rooms/{kind}/{name}/figures": {
        "parameters": IN_PATH,
        "get": operation(
            "Turns and their durations by second, over the last minute: measured from the first look until half a minute after the last",
            security=SIGNED_IN_READING,
            ok={
                "200": json_answer(
                    "Seconds without a turn are left out",
                    {"state": "awake", "sockets": 3, "online": 2, "mailbox": 0, "now_ms": 1_795_200_001_000, "seconds": [_SECOND]},
                )
            },
            refused=("401", "403", "404"),
        ),
    },
    "/api/admin/rooms/{kind}/{name}/connections": {
        "parameters": IN_PATH,
        "get": operation(
            "Who is connected, the longest first, each with its attachment and tags",
            security=SIGNED_IN_READING,
            parameters=PARAMETERS,
            ok={"200": json_answer("A page", {"connections": [_CONNECTION], "cursor": None})},
            refused=("400", "401", "403", "404"),
        ),
    },
}


class Figures:
    """Of a room that is asleep there are none: empty lists."""

    def __init__(self, callers: Callers, services: Services, overseen: Overseen) -> None:
        self._callers = callers
        self._clock = services.clock
        self._overseen = overseen
        self.routes = [
            route("GET", "/api/admin/rooms/{kind}/{name}/figures", self.figures),
            route("GET", "/api/admin/rooms/{kind}/{name}/connections", self.connections),
        ]

    async def figures(self, request: Request) -> Response | Refusal:
        """``GET …/figures``."""
        key = await self._key(request)
        if isinstance(key, Refusal):
            return key
        facts, now_ms = self._overseen.overview.facts(key), self._clock.now_ms()
        seconds = [
            {
                "at_ms": now_ms - round(ago * 1_000),
                "turns": turns.count,
                "p50_seconds": turns.quantile(0.5),
                "p99_seconds": turns.quantile(0.99),
            }
            for ago, turns in self._overseen.overview.watch(key)
        ]
        return json(
            {
                "state": state_name(facts),
                "sockets": facts.connections,
                "online": facts.online,
                "mailbox": facts.mailbox_messages,
                "now_ms": now_ms,
                "seconds": seconds,
            }
        )

    async def connections(self, request: Request) -> Response | Refusal:
        """``GET …/connections``."""
        key = await self._key(request)
        if isinstance(key, Refusal):
            return key
        page = page_of(request)
        if isinstance(page, Refusal):
            return page
        following = [each for each in self._overseen.overview.connections(key) if page.after is None or each.id > page.after]
        some = following[: page.limit]
        more = cursor_of(some[-1].id) if len(following) > page.limit else None
        return json({"connections": [_described(each) for each in some], "cursor": more})

    async def _key(self, request: Request) -> RoomKey | Refusal:
        admin = await self._callers.overseeing(request)
        if isinstance(admin, Refusal):
            return admin
        return self._overseen.key(request.path_params["kind"], request.path_params["name"]) or NO_ROOM


def _described(connection: Connection) -> Json:
    session = session_of(connection)
    return {
        "id": connection.id,
        "session": None if session is None else session.id,
        "user": connection.user,
        "name": connection.identity.name,
        "phase": connection.phase.name.lower(),
        "attachment": shown(connection.attachment),
        "tags": list(connection.tags),
    }
