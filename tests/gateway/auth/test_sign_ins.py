"""From a cookie to who it stands for now; and what is shown of everybody who came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import trio
from trio.testing import MockClock

from gateway.auth.known_users import KnownUsers
from gateway.auth.revocations import Revocations
from gateway.auth.session_cookies import CookieSettings, SessionCookies
from gateway.auth.sign_ins import SignIns, avatar_address
from gateway.errors import TOKEN_REFUSED
from gateway.session.registry import Registry
from rooms import Identity, RoomKey
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.kinds.users import USERS, UserRoom
from rooms.testing import Harness, RecordingLog, open_harness

ADA = RoomKey(USERS, "ada")


class Site:
    """Sign-ins over real rooms."""

    def __init__(self, harness: Harness) -> None:
        ids = iter(range(1_000))
        self.revocations = Revocations(harness.runtime, harness.date)
        self.sign_ins = SignIns(
            harness.runtime,
            SessionCookies(b"s" * 32, CookieSettings()),
            self.revocations,
            default_rooms=("lobby",),
            lifetime_seconds=3_600,
            clock=harness.date,
            new_id=lambda: f"sign-in-{next(ids)}",
        )


class Socket:
    """A session, as the registry sees it."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity
        self.id = "socket"

    def close(self, code: int, reason: str) -> None:
        raise AssertionError("nobody closes it")

    def regranted(self, identity: Identity) -> None:
        raise AssertionError("nothing is taken from it")


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Harness]:
    async with open_harness({USERS: UserRoom, DIRECTORY.kind: DirectoryRoom}, data=tmp_path) as running:
        yield running


async def test_an_account_s_cookie_stands_for_what_holds_now(harness: Harness, autojump_clock: object) -> None:
    site = Site(harness)
    ada = harness.runtime.stub(ADA)
    await ada.register("Ada", "hash")
    cookie, identity = await site.sign_ins.begin("ada", None)
    assert site.sign_ins.is_ours(cookie)
    assert (identity.user, identity.name, identity.rooms, identity.admin) == ("ada", "Ada", ("lobby",), False)

    await ada.grant("attic")
    changed = await ada.change_profile("Countess", b"picture")

    now = await site.sign_ins.identity(cookie)
    assert isinstance(now, Identity)
    assert (now.name, now.rooms) == ("Countess", ("lobby", "attic"))
    assert now.avatar == avatar_address("ada", changed["avatar"])
    assert (now.expires_ms, now.sign_in) == (identity.expires_ms, identity.sign_in)


async def test_a_token_s_cookie_is_worth_what_the_token_was(harness: Harness, autojump_clock: object) -> None:
    site = Site(harness)
    token = Identity("ada", "Ada", ("a", "b/*"), ("a",), admin=True, expires_ms=harness.date.now_ms() + 60_000, token_id="7", issued_ms=5)
    cookie, identity = await site.sign_ins.begin("ada", token)
    assert (identity.rooms, identity.moderates, identity.admin) == (("a", "b/*"), ("a",), True)
    assert (identity.expires_ms, identity.token_id, identity.issued_ms) == (token.expires_ms, "7", 5)

    await site.revocations.revoke_token("7", None)
    assert await site.sign_ins.identity(cookie) == TOKEN_REFUSED


async def test_a_cookie_ends_by_sign_out_and_by_time(harness: Harness, autojump_clock: object) -> None:
    site = Site(harness)
    first, _ = await site.sign_ins.begin("ada", None)
    second, _ = await site.sign_ins.begin("ada", None)
    ended = await site.sign_ins.end(first)
    assert ended is not None
    assert (ended.user, ended.token_id) == ("ada", "sign-in-0")
    assert await site.sign_ins.identity(first) == TOKEN_REFUSED
    assert isinstance(await site.sign_ins.identity(second), Identity)
    harness.date.jump(3_601)
    assert not site.sign_ins.is_ours(second)
    assert await site.sign_ins.identity(second) == TOKEN_REFUSED
    assert await site.sign_ins.end("nonsense") is None


async def test_who_was_admitted_is_noted_and_shown_as_their_profile_says(
    harness: Harness, autojump_clock: object, nursery: trio.Nursery
) -> None:
    registry = Registry(100, 100)
    known = KnownUsers(harness.runtime, registry, RecordingLog())
    nursery.start_soon(known.run)
    await harness.runtime.stub(ADA).change_profile("Countess", None)
    await harness.settle()
    first = Socket(Identity("ada", "Ada"))
    registry.enter(first)

    known.admitted(first)
    assert first.identity.name == "Ada"  # nobody waits for a room
    await trio.sleep(1)
    assert first.identity.name == "Countess"
    assert await harness.runtime.stub(DIRECTORY).knows("ada")

    second = Socket(Identity("ada", "Ada"))
    registry.enter(second)
    known.admitted(second)
    assert second.identity.name == "Countess"

    known.changed("ada", "Queen", "tag")
    assert {(s.identity.name, s.identity.avatar) for s in (first, second)} == {("Queen", avatar_address("ada", "tag"))}


async def test_a_directory_that_cannot_answer_is_told_later(harness: Harness, autojump_clock: object, nursery: trio.Nursery) -> None:
    log = RecordingLog()
    known = KnownUsers(harness.runtime, Registry(10, 10), log)
    nursery.start_soon(known.run)
    harness.disk.is_full = True
    known.note("ada")
    await trio.sleep(5)
    assert log.events == ["users_not_noted"]  # once, however long it lasts

    harness.disk.is_full = False
    await trio.sleep(5)
    assert await harness.runtime.stub(DIRECTORY).knows("ada")
