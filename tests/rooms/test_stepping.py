"""Hooks without an ``await`` run without their room's task; whoever sees only the room cannot tell."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import Connection, Room
from rooms.kind import Kind
from rooms.kinds.chat import ChatRoom
from rooms.testing import State, open_harness


async def nothing() -> None: ...


def logged(hook: Any) -> Any:
    @wraps(hook)
    async def around(*arguments: Any) -> Any:
        return await hook(*arguments)

    return around


@asynccontextmanager
async def entered() -> AsyncIterator[None]:
    yield


class Waits(Room):
    async def on_connect(self, connection: Connection, request: Any) -> None:
        await nothing()

    async def on_message(self, connection: Connection, message: Any) -> None:
        async with entered():
            pass

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        async for _ in self.storage.get("stream", ()):
            pass

    @logged
    async def on_alarm(self, alarm: Any) -> None: ...

    def on_derive(self) -> Any:  # type: ignore[override]
        return nothing()


class Slow(Room):
    """Its messages take a second each; closes take no time."""

    heard: list[str]

    async def on_start(self) -> None:
        type(self).heard = []

    async def on_message(self, connection: Connection, message: Any) -> None:
        self.heard.append(f"{message} begins")
        await trio.sleep(1)
        self.heard.append(f"{message} ends")

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        self.heard.append(f"{connection.user} goes")


class Fails(Room):
    async def on_message(self, connection: Connection, message: Any) -> None:
        self.storage.put(message, message)
        if message == "bad":
            raise ZeroDivisionError
        self.broadcast(message)


def test_a_hook_in_which_anything_is_awaited_may_wait() -> None:
    assert Kind("rooms", Waits).waitless_hooks == {}


def test_a_hook_in_which_nothing_is_awaited_cannot() -> None:
    assert Kind("rooms", Fails).waitless_hooks.keys() >= {"on_message", "on_close"}
    assert Kind("rooms", ChatRoom).waitless_hooks.keys() == {"on_connect", "on_message", "on_close", "on_alarm", "on_derive"}


async def test_what_came_after_a_hook_that_waits_comes_after_it(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Slow}, data=tmp_path) as harness:
        ada, ben = await harness.connect("lobby", user="ada"), await harness.connect("lobby", user="ben")
        ada.post("one")
        await ben.leave()
        ada.post("two")
        await trio.sleep(3)
        assert Slow.heard == ["one begins", "one ends", "ben goes", "two begins", "two ends"]


@pytest.mark.parametrize("place", ["class", "room"])
async def test_a_hook_that_was_replaced_by_one_that_waits_may_wait(
    tmp_path: Path, autojump_clock: object, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    async def slow(connection: Connection, message: Any) -> None:
        with trio.move_on_after(10):
            await trio.sleep(1)
        connection.send(f"slow {message}")

    async with open_harness({"rooms": Fails}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        if place == "class":
            monkeypatch.setattr(Fails, "on_message", lambda _, connection, message: slow(connection, message))
        else:
            await harness.visit("lobby", lambda room: setattr(room, "on_message", slow))
        ada.post("one")
        ada.post("two")
        await trio.sleep(3)
        assert ada.received == ["slow one", "slow two"]
        await trio.sleep(11)
        assert harness.state("lobby") is State.HIBERNATED


async def test_a_replaced_hook_that_waits_for_ever_is_stopped(
    tmp_path: Path, autojump_clock: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def stuck(self: Fails, connection: Connection, message: Any) -> None:
        await trio.sleep_forever()

    async with open_harness({"rooms": Fails}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        monkeypatch.setattr(Fails, "on_message", stuck)
        ada.post("one")
        await trio.sleep(60)
        assert [failure.refusal.code for failure in ada.failures] == ["timeout"]


async def test_a_turn_that_raises_among_others_is_undone_alone(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Fails}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        for text in ("one", "bad", "two"):
            ada.post(text)
        await harness.settle()
        assert ada.received == ["one", "two"]
        assert await harness.visit("lobby", lambda room: list(room.storage.list())) == ["one", "two"]


async def test_rooms_that_fail_too_often_are_left_alone(tmp_path: Path, autojump_clock: object) -> None:
    async with open_harness({"rooms": Fails}, data=tmp_path) as harness:
        ada = await harness.connect("lobby")
        for _ in range(6):
            ada.post("bad")
            await harness.settle()
        ada.post("one")
        await harness.settle()
        assert ada.received == []
        assert ada.failures[-1].refusal.code == "unavailable"
