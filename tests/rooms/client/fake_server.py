"""A server whose every word the test says: streams in memory, trio-websocket at the far end, virtual time.

server = FakeServer()
async with server.client(token="t") as client:
    line = await server.accept()              # the upgrade; line.request has its headers and path
    await line.hello("ada")
    join = await line.heard("join")
    await line.answer(join, "joined", room="lobby", head=0, epoch="e", history=[])
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec
import trio
from trio.testing import MemoryReceiveStream, MemorySendStream, memory_stream_pair
from trio_websocket import ConnectionClosed, WebSocketConnection, WebSocketRequest, wrap_server_stream

from rooms.client import Client, ClientSettings, open_client

Stream = trio.StapledStream[MemorySendStream, MemoryReceiveStream]
PATIENCE_SECONDS = 300.0
"""Of virtual time: what does not come by then never comes."""


class FakeServer:
    """Takes what the client dials. ``unreachable``: so many dials fail first."""

    def __init__(self) -> None:
        self.unreachable = 0
        self.dialled_at: list[float] = []
        self._send, self._arrivals = trio.open_memory_channel[Stream](100)
        self._nursery: trio.Nursery | None = None

    @asynccontextmanager
    async def client(self, *, jitter: float = 0.5, **options: Any) -> AsyncIterator[Client]:
        """A client of this server; ``jitter`` is what it gets for random numbers."""
        with trio.fail_after(10 * PATIENCE_SECONDS):
            async with trio.open_nursery() as nursery:
                self._nursery = nursery
                async with open_client("http://fake", dial=self.dial, random=lambda: jitter, **options) as client:
                    yield client
                nursery.cancel_scope.cancel()

    async def dial(self, url: str) -> trio.abc.Stream:
        self.dialled_at.append(trio.current_time())
        if self.unreachable:
            self.unreachable -= 1
            raise OSError("connection refused")
        near, far = memory_stream_pair()
        await self._send.send(far)
        return near

    async def arrival(self) -> Stream:
        """The next dial, its upgrade unanswered."""
        with trio.fail_after(PATIENCE_SECONDS):
            return await self._arrivals.receive()

    async def request(self) -> WebSocketRequest:
        """The next upgrade, to be accepted or rejected."""
        assert self._nursery is not None
        return await wrap_server_stream(self._nursery, await self.arrival())

    async def accept(self) -> Line:
        """The next upgrade, accepted."""
        request = await self.request()
        offered = request.proposed_subprotocols
        socket = await request.accept(subprotocol=offered[0] if offered else None)
        return Line(request, socket)

    async def reject(self, status: int, body: str = "", **headers: str) -> WebSocketRequest:
        """The next upgrade, refused."""
        request = await self.request()
        extra = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        await request.reject(status, extra_headers=extra, body=body.encode())
        return request

    async def welcome(self, user: str = "ada", **hello: Any) -> Line:
        """The next upgrade, accepted and greeted."""
        line = await self.accept()
        await line.hello(user, **hello)
        return line

    async def lobby(self, *, head: int = 0, history: list[dict[str, Any]] | None = None, **facts: Any) -> Line:
        """Greeted, and let into the lobby."""
        line = await self.welcome()
        await line.let_in(head=head, history=history or [], **facts)
        return line


class Line:
    """One accepted socket."""

    def __init__(self, request: WebSocketRequest, socket: WebSocketConnection) -> None:
        self.headers = {name.lower().decode(): value.decode() for name, value in request.headers}
        self.path = request.path
        self.subprotocol = socket.subprotocol
        self.socket = socket

    async def say(self, type: str, ref: int | None = None, **data: Any) -> None:
        envelope = {"type": type, "data": data, "tz": "2026-11-20T20:07:00.123Z"} | ({} if ref is None else {"ref": ref})
        if self.subprotocol == "rooms.v1.msgpack":
            await self.socket.send_message(msgpack.packb(envelope))
        else:
            await self.socket.send_message(msgspec.json.encode(envelope).decode())

    async def next(self) -> dict[str, Any]:
        with trio.fail_after(PATIENCE_SECONDS):
            frame = await self.socket.get_message()
        request: dict[str, Any] = msgpack.unpackb(frame) if isinstance(frame, bytes) else msgspec.json.decode(frame)
        return request

    async def heard(self, type: str) -> dict[str, Any]:
        """The next request, which must be of this type."""
        request = await self.next()
        assert request["type"] == type, request
        return request

    async def is_quiet(self, seconds: float) -> bool:
        """Whether nothing comes for so long."""
        with trio.move_on_after(seconds):
            await self.socket.get_message()
            return False
        return True

    async def answer(self, request: dict[str, Any], type: str, **data: Any) -> None:
        await self.say(type, request.get("ref"), **data)

    async def refuse(self, request: dict[str, Any], code: str, **facts: Any) -> None:
        await self.answer(request, "error", code=code, message=code, **facts)

    async def hello(self, user: str = "ada", ref: int | None = None, **facts: Any) -> None:
        described = {"user": user, "name": user.title(), "avatar": None}
        limits = {"message_bytes": 65_536}
        await self.say(
            "hello", ref, **{"session": "s", "user": described, "authorizedRooms": ["*"], "stats": {}, "limits": limits, **facts}
        )

    async def let_in(self, room: str = "lobby", **facts: Any) -> dict[str, Any]:
        """Answer the join that comes next; returns its data."""
        join = await self.heard("join")
        state = {"head": 0, "epoch": "e", "history": [], "recovered": False, "more": False, "users": [], "online": 1}
        await self.answer(join, "joined", **{"room": room, "title": "", "topic": "", "role": "member", **state, **facts})
        data: dict[str, Any] = join["data"]
        return data

    async def take(self, seq: int) -> dict[str, Any]:
        """Acknowledge the message that comes next and tell of it, as the event ``seq``; returns its data."""
        said = await self.heard("message")
        cid = said["data"]["cid"]
        await self.answer(said, "ack", id=f"m{seq}", seq=seq, room="lobby", cid=cid)
        await self.say("message", **message(seq, said["data"]["message"], sender="ada", cid=cid))
        data: dict[str, Any] = said["data"]
        return data

    async def close(self, code: int, reason: str = "") -> None:
        await self.socket.aclose(code, reason)

    async def drop(self) -> None:
        """End it without a word."""
        await self.socket._stream.aclose()


def message(seq: int, text: str = "", sender: str = "bob", changed: int | None = None, **more: Any) -> dict[str, Any]:
    """A message as the server tells of it."""
    facts = {"id": f"m{seq}", "seq": seq, "changed": changed or seq, "room": "lobby", "from": sender, "name": sender.title()}
    return {**facts, "message": text or f"number {seq}", "time": "2026-11-20T20:07:00.123Z", **more}


async def settled() -> None:
    """Everything that can happen at this moment has happened."""
    await trio.testing.wait_all_tasks_blocked(0.001)


HASTE = ClientSettings(backoff_min_seconds=1.0, backoff_max_seconds=8.0)
__all__ = ["HASTE", "ConnectionClosed", "FakeServer", "Line", "message", "settled"]
