"""Who has come lately, before and after the directory was told."""

from __future__ import annotations

import trio
import trio.testing

from gateway.auth.known_users import KnownUsers
from gateway.session.registry import Registry
from rooms import RoomKey, SilentLog
from tests.gateway.session_client import Client
from tests.gateway.standins import Gateway


class Directory:
    """The directory's stub: it answers when the test lets it."""

    def __init__(self) -> None:
        self.noted: list[str] = []
        self.may_answer = trio.Event()

    def stub(self, key: RoomKey) -> Directory:
        return self

    async def note(self, names: list[str]) -> dict[str, list[str | None]]:
        await self.may_answer.wait()
        self.noted += names
        return {}


async def test_a_user_is_met_from_the_admission_on(autojump_clock: object) -> None:
    directory = Directory()
    known = KnownUsers(directory, Registry(10, 10), SilentLog())  # type: ignore[arg-type]
    async with trio.open_nursery() as nursery:
        nursery.start_soon(known.run)
        assert not known.has_met("alice")
        known.admitted(Client(Gateway()).session)
        assert known.has_met("alice")
        await trio.testing.wait_all_tasks_blocked()
        directory.may_answer.set()
        await trio.testing.wait_all_tasks_blocked()
        assert directory.noted == ["alice"]
        assert known.has_met("alice")
        nursery.cancel_scope.cancel()
