"""Room classes that system tests serve with ``--kind``."""

from __future__ import annotations

import json

from rooms import Connection, ConnectRequest, Request, Response, Room, callable_from_rooms


class Probe(Room):
    """Does what it is told, and says what it has kept. Keeps one key, ``k``."""

    public_http = True

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"from": "connect"}

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "state":
            connection.send(json.dumps(self._state(connection)))
        elif message == "write":
            self._write(connection)
        elif message == "raise":
            self._write(connection)
            raise RuntimeError("on purpose")
        elif message == "spin":
            while True:
                self.storage.put("n", 1)
        elif message == "cycle":
            await self.stub("probes", "other").back(self.name)
        elif message == "destroy":
            self.destroy()
        else:
            connection.send(message)

    async def on_request(self, request: Request) -> Response:
        return Response(200, json.dumps({"method": request.method, "path": request.path, "kept": self.storage.get("k")}))

    @callable_from_rooms
    async def back(self, name: str) -> None:
        """Asks the room that asks."""
        await self.stub("probes", name).nothing()

    @callable_from_rooms
    async def nothing(self) -> None:
        """Never reached."""

    def _write(self, connection: Connection) -> None:
        self.storage.put("k", "written")
        connection.send("said")
        self.broadcast("said to all")
        connection.attachment = {"from": "message"}
        self.storage.set_alarm(self.now_ms + 3_600_000)

    def _state(self, connection: Connection) -> dict[str, object]:
        return {"k": self.storage.get("k"), "attachment": connection.attachment, "alarm": self.storage.get_alarm() is not None}
