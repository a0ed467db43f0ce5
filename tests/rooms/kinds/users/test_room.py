"""One user's room: the account, the profile, sign-ins and grants; and the directory that it asks."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from trio.testing import MockClock

from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.kinds.users import USERS, UserRoom
from rooms.kinds.users.grants import GRANTS_MAX
from rooms.kinds.users.sign_ins import SIGN_INS_MAX
from rooms.testing import Harness, open_harness

HOUR_MS = 3_600_000


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Harness]:
    async with open_harness({USERS: UserRoom, DIRECTORY.kind: DirectoryRoom}, data=tmp_path) as running:
        yield running


async def test_an_account_is_made_once(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)

    assert await ada.password() is None
    assert await ada.register("Ada", "hash")
    assert not await ada.register("Eve", "other")
    assert await ada.password() == "hash"
    assert await ada.profile() == {"name": "Ada", "avatar": None}


async def test_a_name_that_a_token_has_used_is_no_account_s(harness: Harness, autojump_clock: object) -> None:
    await harness.stub(DIRECTORY.name, DIRECTORY.kind).note(["ada"])

    assert not await harness.stub("ada", USERS).register("Ada", "hash")
    assert await harness.stub("ada", USERS).password() is None


async def test_a_registration_cut_off_in_the_middle_can_be_made_again(harness: Harness, autojump_clock: object) -> None:
    await harness.stub(DIRECTORY.name, DIRECTORY.kind).claim("ada")
    await harness.crash()

    assert await harness.stub("ada", USERS).register("Ada", "hash")


async def test_the_directory_learns_what_is_shown(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    await ada.register("Ada", "hash")
    profile = await ada.change_profile(None, b"picture")
    await harness.settle()

    directory = harness.stub(DIRECTORY.name, DIRECTORY.kind)
    assert await directory.note(["ada", "bob"]) == {"ada": ["Ada", profile["avatar"]]}
    assert await directory.knows("bob")
    assert not await directory.knows("eve")


async def test_an_account_outlives_a_crash(harness: Harness, autojump_clock: object) -> None:
    await harness.stub("ada", USERS).register("Ada", "hash")
    await harness.crash()

    assert await harness.stub("ada", USERS).password() == "hash"


async def test_a_password_is_changed_only_where_there_is_one(harness: Harness, autojump_clock: object) -> None:
    await harness.stub("ada", USERS).set_password("stray")
    assert await harness.stub("ada", USERS).password() is None
    await harness.stub("ada", USERS).register("Ada", "old")
    await harness.stub("ada", USERS).set_password("new")
    assert await harness.stub("ada", USERS).password() == "new"


async def test_a_picture_has_a_tag_of_its_own(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    assert await ada.avatar() is None

    first = await ada.change_profile("Ada", b"one")
    assert await ada.avatar() == [first["avatar"], b"one"]
    second = await ada.change_profile(None, b"two")

    assert second["name"] == "Ada"
    assert second["avatar"] != first["avatar"]
    assert await ada.avatar() == [second["avatar"], b"two"]


async def test_a_sign_in_stands_for_what_holds_now(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    await ada.register("Ada", "hash")
    expires_ms = harness.date.now_ms() + HOUR_MS
    began = await ada.sign_in("one", expires_ms, None)
    assert (began["claims"], began["rooms"], began["name"], began["expires_ms"]) == (None, [], "Ada", expires_ms)

    assert await ada.grant("lobby")
    await ada.change_profile("Countess", None)
    await harness.crash()

    now = await harness.stub("ada", USERS).signed_in("one")
    assert (now["rooms"], now["name"]) == (["lobby"], "Countess")


async def test_a_sign_in_ends_by_its_user_and_by_time(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    now_ms = harness.date.now_ms()
    await ada.sign_in("one", now_ms + HOUR_MS, {"admin": True})
    await ada.sign_in("two", now_ms + 2 * HOUR_MS, None)
    assert (await ada.signed_in("one"))["claims"] == {"admin": True}
    assert await ada.signed_in("three") is None

    assert await ada.sign_out("one")
    assert not await ada.sign_out("one")
    assert await ada.signed_in("one") is None
    assert await ada.signed_in("two") is not None
    harness.date.jump(2 * 3_600)
    assert await ada.signed_in("two") is None


async def test_all_sign_ins_end_together(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    for id in ("one", "two"):
        await ada.sign_in(id, harness.date.now_ms() + HOUR_MS, None)
    await ada.sign_out_everywhere()
    assert [await ada.signed_in(id) for id in ("one", "two")] == [None, None]


async def test_too_many_sign_ins_end_the_oldest(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    for number in range(SIGN_INS_MAX + 1):
        await ada.sign_in(f"{number:03}", harness.date.now_ms() + HOUR_MS, None)

    assert await ada.signed_in("000") is None
    assert await ada.signed_in("001") is not None
    assert await ada.signed_in(f"{SIGN_INS_MAX:03}") is not None


async def test_rooms_are_granted_once_and_within_bounds(harness: Harness, autojump_clock: object) -> None:
    ada = harness.stub("ada", USERS)
    assert await ada.grant("lobby")
    assert await ada.grant("lobby")
    assert await ada.granted() == ["lobby"]
    for number in range(1, GRANTS_MAX):
        assert await ada.grant(f"room-{number}")
    assert not await ada.grant("one too many")
    assert await ada.withdraw("lobby")
    assert not await ada.withdraw("lobby")
    assert await ada.grant("one too many")


async def test_revoked_tokens_and_users_are_listed_by_pages(harness: Harness, autojump_clock: object) -> None:
    directory = harness.stub(DIRECTORY.name, DIRECTORY.kind)
    now_ms = harness.date.now_ms()
    assert await directory.revoke_token("b", None)
    assert await directory.revoke_token("a", now_ms + HOUR_MS)
    assert await directory.revoke_token("gone", now_ms)
    assert await directory.revoke_user("ada", 5)
    assert await directory.revoke_user("ada", 3)
    await harness.crash()

    directory = harness.stub(DIRECTORY.name, DIRECTORY.kind)
    assert await directory.revoked_tokens("", 1) == [["a", now_ms + HOUR_MS]]
    assert await directory.revoked_tokens("a", 10) == [["b", None]]
    assert await directory.revoked_users("", 10) == [["ada", 5]]


async def test_a_token_revoked_twice_stays_revoked_for_the_longer(harness: Harness, autojump_clock: object) -> None:
    directory = harness.stub(DIRECTORY.name, DIRECTORY.kind)
    until_ms = harness.date.now_ms() + HOUR_MS
    for second in (until_ms - 1, None):
        await directory.revoke_token("a", until_ms)
        await directory.revoke_token("a", second)
        assert await directory.revoked_tokens("", 1) == [["a", until_ms if second else None]]
