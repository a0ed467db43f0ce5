"""A chat room in virtual time, and clients that say what they want in one line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from trio.testing import MockClock

from rooms import ConnectRequest, Identity, Refusal, RuntimeSettings
from rooms.kinds.chat import ChatRoom, ChatSettings
from rooms.testing import Client, Harness, open_harness

Data = dict[str, Any]


class Chatter:
    """A client in the room. ``hear`` gives what came since it was last asked."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self._heard = 0

    @property
    def refusal(self) -> Refusal | None:
        """Why it was not let in."""
        return self.client.refusal

    @property
    def closed(self) -> tuple[int, str] | None:
        """How it ended."""
        return self.client.closed

    def events(self) -> list[tuple[str, Data]]:
        """Every event that came since, type and data."""
        new = self.client.received[self._heard :]
        self._heard = len(self.client.received)
        return [(event.type, event.data) for event in new]

    def hear(self, type: str) -> list[Data]:
        """The data of the events of one type that came since; the others are skipped."""
        return [data for heard, data in self.events() if heard == type]

    async def ask(self, type: str, ref: str | int | None = None, **data: Any) -> Data | Refusal:
        """Make a request; its answer, by ``ref``, or its refusal. Other events stay to be heard."""
        ref = f"{type}?" if ref is None else ref
        answers, failures = len(self.client.received), len(self.client.failures)
        await self.client.request(type, ref, **data)
        if len(self.client.failures) > failures:
            return self.client.failures[-1].refusal
        return next(event.data for event in self.client.received[answers:] if event.ref == ref)

    async def tell(self, type: str, **data: Any) -> None:
        """Make a request without a ref."""
        await self.client.request(type, **data)

    async def say(self, text: str, **data: Any) -> Data:
        """Say something; its ack."""
        answer = await self.ask("message", message=text, **data)
        assert isinstance(answer, dict), answer
        return answer

    async def history(self, **data: Any) -> Data:
        """A page of the history."""
        answer = await self.ask("history", **data)
        assert isinstance(answer, dict), answer
        return answer

    async def cut(self) -> None:
        """The socket is gone without a goodbye."""
        await self.client.leave(1006, "", clean=False)

    async def close(self) -> None:
        """The socket is closed by its user."""
        await self.client.leave(1001, "", clean=True)


class Lobby:
    """The room ``lobby`` of one harness."""

    def __init__(self, harness: Harness) -> None:
        self.harness = harness
        self.may_fail = False
        """Whether the test makes turns fail on purpose."""
        self._sessions = 0

    async def join(self, user: str, ref: str = "join?", **data: Any) -> Chatter:
        """A user with a plain token joins; ``joined`` is still to be heard."""
        return await self.join_as(Identity(user, user.title()), ref, **data)

    async def join_as(self, identity: Identity, ref: str = "join?", **data: Any) -> Chatter:
        """Anybody joins."""
        self._sessions += 1
        request = ConnectRequest(f"s{self._sessions}", data=self.decoded("join", data), ref=ref)
        return Chatter(await self.harness.connect("lobby", identity=identity, request=request))

    def decoded(self, type: str, data: Data) -> Any:
        """``data`` as the gateway would hand it over."""
        return msgspec.convert(data, ChatRoom.requests[type])

    async def crash(self) -> None:
        """The process is killed and started again; everybody is disconnected."""
        await self.harness.crash()

    async def restart(self) -> None:
        """The server is stopped and started again; everybody is disconnected."""
        await self.harness.restart()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Virtual time for every test here; pytest-trio would give it only to those that name the clock."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents and iscoroutinefunction(getattr(item, "obj", None)):
            item.add_marker(pytest.mark.trio(run=_run_in_virtual_time))


def _run_in_virtual_time(main: Callable[[], Any], **options: Any) -> Any:
    return trio.run(main, **{**options, "clock": MockClock(autojump_threshold=0)})


@pytest.fixture
def open_lobby(tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Lobby]]:
    """Opens a lobby with other settings."""

    @asynccontextmanager
    async def opened(**settings: Any) -> AsyncIterator[Lobby]:
        room_class = ChatRoom.limited(ChatSettings(**settings))
        runtime = RuntimeSettings(retire_seconds=30)  # so that days of virtual time pass quickly
        async with open_harness({"rooms": room_class}, data=tmp_path, settings=runtime) as harness:
            lobby = Lobby(harness)
            yield lobby
            failed = [line for line in harness.log.lines if line[0] in ("error", "critical")]
            assert lobby.may_fail or not failed, failed

    return opened


@pytest.fixture
async def lobby(open_lobby: Callable[..., AbstractAsyncContextManager[Lobby]]) -> AsyncIterator[Lobby]:
    """A lobby as it comes."""
    async with open_lobby() as opened:
        yield opened
