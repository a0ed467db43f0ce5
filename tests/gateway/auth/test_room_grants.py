"""What users were let into beyond their tokens, on sockets that are open and on those to come."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gateway.auth.room_grants import RoomGrants, with_rooms
from gateway.session.registry import Registry
from rooms import Identity, RoomKey
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.kinds.users import USERS, UserRoom
from rooms.testing import Harness, RecordingLog, open_harness

GRANTS_MAX = 1_000
CODE = "6f1c0b9e-5a0d-4f0e-9a57-0d2b1b0c7e11"
ADA = Identity("ada", "Ada", ("lobby",))
KEY = RoomKey("rooms", CODE)


class Socket:
    """A session, as the registry sees it."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.id = "socket"
        self.taken: list[Identity] = []

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("nobody closes it")

    def regranted(self, identity: Identity) -> None:
        self.identity = identity
        self.taken.append(identity)


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Harness]:
    async with open_harness({USERS: UserRoom, DIRECTORY.kind: DirectoryRoom}, data=tmp_path) as running:
        yield running


@pytest.fixture
def registry() -> Registry:
    return Registry(100, 100)


@pytest.fixture
def grants(harness: Harness, registry: Registry) -> RoomGrants:
    return RoomGrants(harness.runtime, registry, RecordingLog())


def opened(registry: Registry, identity: Identity) -> Socket:
    socket = Socket(identity)
    registry.enter(socket)
    return socket


async def test_what_is_granted_counts_once_the_user_s_room_was_asked(
    harness: Harness, autojump_clock: object, grants: RoomGrants, registry: Registry
) -> None:
    await harness.runtime.stub(RoomKey(USERS, "ada")).grant(CODE)
    socket, other = opened(registry, ADA), opened(registry, Identity("bob", "Bob"))
    assert grants.known(ADA) is ADA
    assert grants.may_matter(ADA, KEY)

    assert (await grants.of(ADA)).rooms == ("lobby", CODE)

    assert socket.identity.rooms == ("lobby", CODE)
    assert other.identity.rooms == ()
    assert grants.known(ADA).rooms == ("lobby", CODE)
    assert not grants.may_matter(ADA, KEY)


async def test_only_a_code_of_a_chat_room_is_worth_asking_for(grants: RoomGrants) -> None:
    assert not grants.may_matter(ADA, RoomKey("rooms", "attic"))
    assert not grants.may_matter(ADA, RoomKey("votes", CODE))
    assert not grants.may_matter(Identity("guest-1", "G", guest=True), KEY)


async def test_who_cannot_wait_is_told_also_when_the_room_cannot_answer(
    harness: Harness, grants: RoomGrants, nursery: trio.Nursery, autojump_clock: MockClock
) -> None:
    nursery.start_soon(grants.run)
    await trio.testing.wait_all_tasks_blocked()
    told: list[str] = []
    grants.when_known("ada", lambda: told.append("known"))
    await trio.sleep(1)
    harness.disk.is_full = True
    grants.when_known("bob", lambda: told.append("asked"))
    await trio.sleep(30)
    assert told == ["known", "asked"]
    nursery.cancel_scope.cancel()


async def test_what_is_withdrawn_is_taken_from_open_sockets(
    harness: Harness, autojump_clock: object, grants: RoomGrants, registry: Registry
) -> None:
    await harness.runtime.stub(RoomKey(USERS, "ada")).grant(CODE)
    socket = opened(registry, with_rooms(ADA, (CODE,)))
    assert await grants.withdraw("ada", CODE) is True
    assert [identity.rooms for identity in socket.taken] == [("lobby",)]
    assert grants.known(ADA) is ADA
    assert await grants.withdraw("ada", CODE) is False


async def test_what_only_the_token_grants_cannot_be_withdrawn(grants: RoomGrants, registry: Registry) -> None:
    socket = opened(registry, ADA)
    assert await grants.withdraw("ada", "lobby") is False
    assert socket.taken == []


async def test_what_the_users_room_says_by_itself_is_remembered(grants: RoomGrants) -> None:
    assert grants.noted(ADA, []) is ADA
    assert grants.may_matter(ADA, KEY)
    assert grants.noted(ADA, [CODE]).rooms == ("lobby", CODE)
    assert grants.known(ADA).rooms == ("lobby", CODE)
    assert grants.noted(ADA, []) is ADA
    guest = Identity("guest-1", "G", guest=True)
    assert grants.noted(guest, [CODE]) is guest


async def test_rooms_that_are_gone_do_not_keep_a_user_out_of_others(
    harness: Harness, autojump_clock: object, grants: RoomGrants, registry: Registry
) -> None:
    ada = harness.runtime.stub(RoomKey(USERS, "ada"))
    for n in range(GRANTS_MAX):
        assert await ada.grant(f"room-{n}")
    socket = opened(registry, ADA)
    assert await grants.grant("ada", CODE, lambda _key: False) is False
    assert socket.identity is ADA
    assert await grants.grant("ada", CODE, lambda key: key.name in ("room-3", "room-5")) is True
    assert CODE in socket.identity.rooms
    assert "room-3" not in await ada.granted()
    assert len(await ada.granted()) == GRANTS_MAX - 1
