"""Users' rooms and their conversations, in virtual time; and users with lines, as their sockets have them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from rooms import ConnectRequest, Event, Identity, Refusal, RuntimeSettings
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.kinds.private import REQUESTS, Open, PrivateRoom
from rooms.kinds.users import PRIVATE, USERS, WELCOME, UserRoom, conversation_of
from rooms.testing import Client, Harness, open_harness

KINDS = {USERS: UserRoom, PRIVATE: PrivateRoom, DIRECTORY.kind: DirectoryRoom}

Data = dict[str, Any]


class Line:
    """A socket of a user: its line to the user's room."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._heard = 0

    @property
    def welcome(self) -> list[Data]:
        """The conversations as they stood when it was connected."""
        first = self.client.received[0]
        assert first.type == WELCOME
        conversations: list[Data] = first.data["conversations"]
        return conversations

    def hear(self) -> list[Event]:
        """What came since, but for welcomes."""
        new, self._heard = self.client.received[self._heard :], len(self.client.received)
        return [event for event in new if event.type != WELCOME]

    def said(self) -> list[str]:
        """The texts of the private messages that came since."""
        return [event.data["message"] for event in self.hear() if event.type == "private"]

    async def hang_up(self) -> None:
        """The socket is gone."""
        await self.client.leave(1001, "", clean=True)


class Town:
    """Everybody there is."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness

    async def line(self, user: str) -> Line:
        """A socket of ``user``."""
        identity = Identity(user, user.title())
        request = ConnectRequest(f"{user}'s")
        return Line(await self.harness.connect(user, kind=USERS, identity=identity, request=request))

    async def conversation(self, user: str, other: str, *, is_known: bool = True) -> Client:
        """How a socket of ``user`` asks for something there."""
        key = conversation_of(user, other)
        identity, request = Identity(user, user.title()), ConnectRequest(f"{user}'s", data=Open(is_known=is_known))
        return await self.harness.connect(key.name, kind=key.kind, identity=identity, request=request)

    async def ask(self, user: str, other: str, type: str, **data: Any) -> Data | Refusal:
        """One request there, by a connection of its own: the answer or the refusal."""
        client = await self.conversation(user, other)
        await client.request(type, "?", **data)
        await client.leave()
        if client.failures:
            return client.failures[-1].refusal
        (answer,) = client.received
        return msgspec.to_builtins(answer.data) if answer.ref == "?" else {}

    async def say(self, user: str, other: str, text: str, **data: Any) -> Data:
        """A private message; its ack."""
        answer = await self.ask(user, other, "private", message=text, **data)
        assert isinstance(answer, dict), answer
        return answer

    async def unread(self, user: str) -> dict[str, int]:
        """As the user's list has it."""
        line = await self.line(user)
        await line.hang_up()
        return {entry["with"]: entry["unread"] for entry in line.welcome}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Virtual time for every test here; pytest-trio would give it only to those that name the clock."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.trio(run=_run_in_virtual_time))


def _run_in_virtual_time(main: Callable[[], Any], **options: Any) -> Any:
    return trio.run(main, **{**options, "clock": MockClock(autojump_threshold=0)})


@pytest.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """A server without sockets."""
    assert set(REQUESTS) == set(PrivateRoom.requests)
    async with open_harness(KINDS, data=tmp_path, settings=RuntimeSettings(retire_seconds=30)) as harness:
        yield Town(harness)
        failed = [line for line in harness.log.lines if line[0] in ("error", "critical")]
        assert not failed, failed
