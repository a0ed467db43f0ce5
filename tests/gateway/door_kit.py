"""The door under test, and the heads that strangers send to it."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

import trio

from gateway.auth.admission import GatewayDoor
from gateway.auth.keys import FixedKeys
from gateway.edge.address import ClientAddress
from gateway.edge.door import Admission, HttpReply
from gateway.edge.head import RequestHead
from gateway.lifetime import Lifetime, Stage
from tests.gateway.standins import SECRET, Gateway, RecordingCarrier

UPGRADE = (("host", "chat.example.com"), ("upgrade", "websocket"), ("connection", "Upgrade"))
LOBBY = "/rooms/lobby/ws"


class Door:
    """The door of one gateway, asked by strangers."""

    def __init__(self, stage: Stage = Stage.SERVING, **settings: Any) -> None:
        self.gateway = Gateway(**settings)
        self.lifetime = Lifetime()
        self.lifetime.stage = stage
        self.door = GatewayDoor(self.gateway.services, self.lifetime)

    def ask(self, target: str, *headers: tuple[str, str], host: str = "192.0.2.1", upgrade: bool = True) -> Any:
        given = (*(UPGRADE if upgrade else UPGRADE[:1]), *headers)
        head = RequestHead("GET", target, [(name.encode(), value.encode("latin-1")) for name, value in given])
        return self.door.admit(head, ClientAddress(host, secure=False))

    def enter(self, target: str, *headers: tuple[str, str]) -> tuple[Any, RecordingCarrier]:
        """Ask, and open what is admitted."""
        admission = self.ask(target, *headers)
        assert isinstance(admission, Admission), admission
        carrier = RecordingCarrier()
        return admission.open(carrier), carrier


def bearer(token: str) -> tuple[str, str]:
    return "authorization", f"Bearer {token}"


def subprotocol(token: str, *others: str) -> tuple[str, str]:
    return "sec-websocket-protocol", ", ".join([*others, f"bearer.{token}"])


def code_of(reply: Any) -> tuple[int, str]:
    assert isinstance(reply, HttpReply), reply
    return reply.status, json.loads(reply.body)["error"]["code"]


class LateKeys(FixedKeys):
    """No key until somebody waited for it; how it ends is in the test's hands."""

    def __init__(self, brings: bool) -> None:
        super().__init__([])
        self.brings = brings
        self.asked = 0
        self.calls: list[Callable[[], None]] = []

    def of(self, key_id: str | None) -> Sequence[Any]:
        return [SECRET.encode()] if self.brings and self.asked else []

    def may_fetch(self, key_id: str | None) -> bool:
        return not self.asked

    async def fetched(self) -> None:
        await trio.lowlevel.checkpoint()
        self.asked += 1

    def when_fetched(self, call: Callable[[], None]) -> None:
        self.calls.append(call)
