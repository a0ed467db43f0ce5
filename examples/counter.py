"""A room that counts: what it hears, and what each connection said.

rooms serve --dev --kind counters=examples.counter:Counter
wscat -c ws://127.0.0.1:8080/counters/clicks/ws
"""

from __future__ import annotations

from rooms import Connection, ConnectRequest, Request, Response, Room, callable_from_rooms


class Counter(Room):
    """Counts what it hears. Keeps one key, ``n``; one attachment a connection, ``{"heard": int}``."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.attachment = {"heard": 0}
        connection.send(str(self.storage.get("n", 0)))

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        n = self.storage.get("n", 0) + 1
        self.storage.put("n", n)
        connection.attachment = {"heard": connection.attachment["heard"] + 1}
        self.broadcast(str(n))

    async def on_request(self, request: Request) -> Response:
        """``GET`` answers the count, ``DELETE`` begins again."""
        if request.method == "DELETE":
            self.storage.delete("n")
            self.broadcast("0")
        return Response(body=str(self.storage.get("n", 0)))

    @callable_from_rooms
    async def total(self) -> int:
        """How much was heard."""
        return int(self.storage.get("n", 0))
