"""A bare WebSocket, for what the client library does not do: devices, and coming back with ``since`` by hand."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

import trio
from trio_websocket import ConnectionClosed, WebSocketConnection, open_websocket_url

from examples.tales.person import PATIENCE_SECONDS, Person
from examples.tales.stage import PLAIN, Stage

Data = dict[str, Any]


class Socket:
    """Sends envelopes and frames, and tells what comes."""

    def __init__(self, stage: Stage, name: str, connection: WebSocketConnection) -> None:
        self._stage = stage
        self.name = name
        self.connection = connection

    async def send(self, type: str, **data: Any) -> None:
        """One envelope."""
        self._stage.does(self.name, f"{type} {json.dumps(data, ensure_ascii=False)}")
        await self.connection.send_message(json.dumps({"type": type, "data": data}))

    async def send_frame(self, frame: str | bytes) -> None:
        """A frame of a kind that is no envelope."""
        self._stage.does(self.name, f"{frame!r}")
        await self.connection.send_message(frame)

    async def next(self) -> str | bytes:
        """The next frame, untouched."""
        with trio.fail_after(PATIENCE_SECONDS):
            frame: str | bytes = await self.connection.get_message()
        return frame

    async def receive(self, type: str) -> Data:
        """The data of the next envelope of this type; others are told and passed over."""
        while True:
            envelope = json.loads(await self.next())
            self._stage.sees(self.name, f"{envelope['type']} {json.dumps(_told(envelope['data']), ensure_ascii=False)}")
            if envelope["type"] == type:
                data: Data = envelope["data"]
                return data

    async def close_code(self) -> int:
        """Wait for the end; the code with which the server closed."""
        with trio.fail_after(PATIENCE_SECONDS), suppress(ConnectionClosed):
            while True:
                await self.connection.get_message()
        assert self.connection.closed is not None
        code: int = self.connection.closed.code
        self._stage.sees(self.name, f"closed with {code}")
        return code


@asynccontextmanager
async def open_socket(person: Person, url: str, path: str, name: str) -> AsyncIterator[Socket]:
    """A socket of a signed-in person at ``path``, which may carry parameters."""
    parts = urlsplit(url)
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    between = "&" if "?" in path else "?"
    address = f"{scheme}://{parts.netloc}{parts.path.rstrip('/')}{path}{between}ticket={await person.ticket()}"
    async with open_websocket_url(address) as connection:
        yield Socket(person.stage, name, connection)


def _told(data: Data) -> Data:
    """What of it is worth telling."""
    return {key: value for key, value in data.items() if key not in PLAIN and value not in (None, "", [], {})}
