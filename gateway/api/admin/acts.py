"""What an admin does to a room, or to the server: hibernate, disconnect, destroy, drain. Each is in the log, with who did it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from gateway.api.admin.connections import BODY, Farewell
from gateway.api.admin.overseen import Overseen
from gateway.api.admin.rooms import IN_PATH, NO_ROOM
from gateway.api.admin.socket_rows import session_of
from gateway.api.answers import json, nothing, route
from gateway.api.bodies import json_of
from gateway.api.callers import Callers
from gateway.errors import refusal
from gateway.http.description import SIGNED_IN, Json, json_answer, json_body, operation
from gateway.lifetime import Stage
from gateway.session.services import Services
from rooms import Identity, Refusal, RoomKey, State

NOT_AWAKE = refusal("conflict", "The room is not awake")
BUSY = refusal("conflict", "The room has something to do: try again")
NEEDED = refusal("conflict", "The server keeps its own books in rooms of this kind")

PATHS: Json = {
    "/api/admin/rooms/{kind}/{name}/hibernate": {
        "parameters": IN_PATH,
        "post": operation(
            "Put a quiet room to sleep now; its sockets stay",
            security=SIGNED_IN,
            ok={"200": json_answer("It sleeps", {"hibernated": True})},
            refused=("401", "403", "404", "409"),
        ),
    },
    "/api/admin/rooms/{kind}/{name}/disconnect": {
        "parameters": IN_PATH,
        "post": operation(
            "Close every socket that is in the room, also those that are in others too",
            security=SIGNED_IN,
            requestBody=json_body(BODY, (), {"reason": "Maintenance", "reconnect": True}),
            ok={"200": json_answer("How many were closed", {"closed": 2})},
            refused=("400", "401", "403", "404"),
        ),
    },
    "/api/admin/rooms/{kind}/{name}": {
        "delete": operation(
            "Destroy a room: everything it keeps is deleted, its sockets end with 4404",
            security=SIGNED_IN,
            ok={"204": {"description": "It is gone"}},
            refused=("401", "403", "404", "409", "503"),
        )
    },
    "/api/admin/drain": {
        "post": operation(
            "Stop the server as SIGTERM does: sockets are told to come back, everything said is stored, the process ends",
            security=SIGNED_IN,
            ok={"202": json_answer("It begins", {"draining": True})},
            refused=("401", "403"),
        )
    },
}


class Acts:
    """All of them change something, so they need the proof that the request is meant."""

    def __init__(self, callers: Callers, services: Services, overseen: Overseen) -> None:
        self._callers = callers
        self._log = services.log
        self._overseen = overseen
        self.routes = [
            route("POST", "/api/admin/rooms/{kind}/{name}/hibernate", self.hibernate),
            route("POST", "/api/admin/rooms/{kind}/{name}/disconnect", self.disconnect),
            route("DELETE", "/api/admin/rooms/{kind}/{name}", self.destroy),
            route("POST", "/api/admin/drain", self.drain),
        ]

    async def hibernate(self, request: Request) -> Response | Refusal:
        """``POST …/hibernate``."""
        found = await self._admin_and_room(request)
        if isinstance(found, Refusal):
            return found
        admin, key = found
        if self._overseen.runtime.state(key) is not State.AWAKE:
            return NOT_AWAKE
        if not self._overseen.runtime.hibernate(key):
            return BUSY
        self._log.info("room_hibernated", room=str(key), by=admin.user)
        return json({"hibernated": True})

    async def disconnect(self, request: Request) -> Response | Refusal:
        """``POST …/disconnect``."""
        found = await self._admin_and_room(request)
        if isinstance(found, Refusal):
            return found
        admin, key = found
        farewell = await json_of(request, Farewell)
        if isinstance(farewell, Refusal):
            return farewell
        sessions = {session for each in self._overseen.overview.connections(key) if (session := session_of(each)) is not None}
        for session in sessions:
            farewell.say(session)
        self._log.info("room_disconnected", room=str(key), by=admin.user, closed=len(sessions))
        return json({"closed": len(sessions)})

    async def destroy(self, request: Request) -> Response | Refusal:
        """``DELETE /api/admin/rooms/{kind}/{name}``."""
        found = await self._admin_and_room(request)
        if isinstance(found, Refusal):
            return found
        admin, key = found
        refused = await self._destroy(admin, key)
        if refused is not None:
            return refused
        self._log.info("room_destroyed", room=str(key), by=admin.user)
        return nothing()

    async def drain(self, request: Request) -> Response | Refusal:
        """``POST /api/admin/drain``."""
        admin = await self._callers.administering(request)
        if isinstance(admin, Refusal):
            return admin
        if self._overseen.lifetime.stage is Stage.SERVING:
            self._log.info("drain_asked", by=admin.user)
            self._overseen.stop()
        return json({"draining": True}, 202)

    async def _destroy(self, admin: Identity, key: RoomKey) -> Refusal | None:
        overseen = self._overseen
        if key.kind not in overseen.open_kinds:
            return NEEDED
        if overseen.is_empty(key):
            return NO_ROOM
        end = overseen.enders.get(key.kind)
        if end is not None:
            return await end(admin, key.name)
        await overseen.overview.destroy(key)
        return None

    async def _admin_and_room(self, request: Request) -> tuple[Identity, RoomKey] | Refusal:
        admin = await self._callers.administering(request)
        if isinstance(admin, Refusal):
            return admin
        key = self._overseen.key(request.path_params["kind"], request.path_params["name"])
        return NO_ROOM if key is None else (admin, key)
