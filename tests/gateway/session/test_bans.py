"""Bans that are remembered, so that the next socket of whoever is banned is told at once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gateway.session.bans import NOTED_MAX, Bans
from rooms import ConnectRequest, Identity, Refusal, RoomKey
from rooms.kinds.chat import ChatRoom
from rooms.testing import Harness, open_harness

KEY = RoomKey("rooms", "lobby")
ADA = Identity("ada", "Ada")


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Harness]:
    async with open_harness({"rooms": ChatRoom}, data=tmp_path) as running:
        yield running


async def test_the_room_is_asked_whether_a_ban_still_holds(harness: Harness, nursery: trio.Nursery, autojump_clock: MockClock) -> None:
    bans = Bans(harness.runtime)
    nursery.start_soon(bans.run)
    heard: list[Refusal | None] = []
    mod = await harness.connect("lobby", identity=Identity("mod", "Mod", moderates=("lobby",)), request=_joining())
    await mod.request("ban", user="ada")
    assert not bans.may_hold(KEY, "ada")
    bans.note(KEY, "ada")
    assert bans.may_hold(KEY, "ada")

    bans.when_judged(KEY, ADA, heard.append)
    await trio.sleep(0.1)
    assert heard == [Refusal("banned", "Banned", None, 4411)]
    assert bans.may_hold(KEY, "ada")

    await mod.request("unban", user="ada")
    bans.when_judged(KEY, ADA, heard.append)
    await trio.sleep(0.1)
    assert heard[1:] == [None]
    assert not bans.may_hold(KEY, "ada")
    nursery.cancel_scope.cancel()


async def test_only_so_many_are_remembered(harness: Harness, autojump_clock: object) -> None:
    bans = Bans(harness.runtime)
    for n in range(NOTED_MAX + 1):
        bans.note(KEY, f"user-{n}")
    assert not bans.may_hold(KEY, "user-0")
    assert bans.may_hold(KEY, f"user-{NOTED_MAX}")


def _joining() -> ConnectRequest:
    return ConnectRequest("s", data=ChatRoom.requests["join"]())
