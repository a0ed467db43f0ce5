"""A room of its own for each row of the protocol, and whoever comes to it, in one of the two formats."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import ExitStack
from itertools import count
from typing import Any, TypeVar

from tests.system.client import Client
from tests.system.server import Server
from tests.system.tokens import token

Data = dict[str, Any]
Test = TypeVar("Test", bound=Callable[..., None])

FORMATS = ("json", "msgpack")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

numbers = count(1)


def row(*requests: str, hears: tuple[str, ...] = ()) -> Callable[[Test], Test]:
    """Says which rows a test is about: of what is sent to the server, and of what comes from it. Read by ``test_protocol_page.py``."""
    return lambda test: test


class Place:
    """A room of its own for each test, and whoever comes to it, all in one format."""

    def __init__(self, server: Server, wire: str, stack: ExitStack) -> None:
        self.server = server
        self.wire = wire
        self.number = next(numbers)
        self.room = f"room {self.number}"
        self._stack = stack

    def user(self, name: str) -> str:
        """A name that no other test uses."""
        return f"{name}{self.number}"

    def token(self, name: str, **claims: Any) -> str:
        return token(self.user(name), self.room, **{"name": name.title(), **claims})

    def on_one(self, name: str, **claims: Any) -> Client:
        """Greeted on a socket to the room."""
        return self._greeted(self.server.socket_url(self.room), self.token(name, **claims))

    def on_many(self, name: str, **claims: Any) -> Client:
        """Greeted on a socket to many rooms."""
        return self._greeted(f"ws://{self.server.host}/ws", self.token(name, **claims))

    def inside(self, name: str, **claims: Any) -> Client:
        """In the room, by a socket to many."""
        client = self.on_many(name, **claims)
        client.join(room=self.room)
        return client

    def open(self, url: str, bearer: str | None) -> Client:
        return self._stack.enter_context(Client(url, token=bearer, subprotocols=[f"rooms.v1.{self.wire}"]))

    def _greeted(self, url: str, bearer: str) -> Client:
        client = self.open(url, bearer)
        client.hello = client.receive("hello")  # type: ignore[attr-defined]
        return client

    def ask(self, client: Client, type: str, answer: str = "ack", **data: Any) -> Data:
        """The data of the answer, which has to carry the request's ``ref`` and the server's time."""
        ref = next(numbers)
        client.send(type, ref=ref, **data)
        envelope = client.envelope(answer)
        assert envelope["ref"] == ref, envelope
        assert TIME.fullmatch(envelope["tz"])
        found: Data = envelope["data"]
        return found

    def refused(self, client: Client, type: str, **data: Any) -> str:
        """The code of the error that answers."""
        error = self.ask(client, type, "error", **data)
        assert error["message"]
        code: str = error["code"]
        return code
