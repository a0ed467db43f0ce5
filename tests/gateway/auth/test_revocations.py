"""What no longer counts: on disk before it takes effect, in memory when it is asked for."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from trio.testing import MockClock

from gateway.auth import revocations as revocations_module
from gateway.auth.revocations import ENDED_MAX, Revocations
from rooms import Identity
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.testing import Harness, open_harness

TOKEN = Identity("ada", "Ada", token_id="7", issued_ms=1_000)


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: MockClock) -> AsyncIterator[Harness]:
    async with open_harness({DIRECTORY.kind: DirectoryRoom}, data=tmp_path) as running:
        yield running


async def loaded(harness: Harness) -> Revocations:
    revocations = Revocations(harness.runtime, harness.date)
    await revocations.load()
    return revocations


async def test_a_revoked_token_counts_no_longer_and_after_a_crash_neither(harness: Harness, autojump_clock: object) -> None:
    revocations = await loaded(harness)
    assert not revocations.cover(TOKEN)
    assert await revocations.revoke_token("7", None)
    assert revocations.cover(TOKEN)
    assert not revocations.cover(Identity("ada", "Ada", token_id="8"))
    assert not revocations.cover(Identity("ada", "Ada"))
    await harness.crash()
    assert (await loaded(harness)).cover(TOKEN)


async def test_a_revoked_user_s_later_tokens_count(harness: Harness, autojump_clock: object) -> None:
    revocations = await loaded(harness)
    assert await revocations.revoke_user("ada", 5_000)
    assert await revocations.revoke_user("ada", 4_000)
    await harness.crash()
    for each in (revocations, await loaded(harness)):
        assert each.cover(Identity("ada", "Ada", issued_ms=5_000))
        assert each.cover(Identity("ada", "Ada"))
        assert not each.cover(Identity("ada", "Ada", issued_ms=5_001))
        assert not each.cover(Identity("bob", "Bob"))


async def test_more_than_a_page_is_loaded_whole(harness: Harness, autojump_clock: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocations_module, "PAGE", 3)
    revocations = await loaded(harness)
    for number in range(7):
        await revocations.revoke_token(f"t{number}", None)
        await revocations.revoke_user(f"u{number}", 1)
    again = await loaded(harness)
    assert all(again.cover(Identity("x", "x", token_id=f"t{number}")) for number in range(7))
    assert all(again.cover(Identity(f"u{number}", "x")) for number in range(7))


async def test_a_revocation_that_is_no_longer_needed_is_forgotten(harness: Harness, autojump_clock: object) -> None:
    revocations = await loaded(harness)
    await revocations.revoke_token("7", harness.date.now_ms() + 60_000)
    harness.date.jump(60)
    assert not (await loaded(harness)).cover(TOKEN)


async def test_ended_sign_ins_are_remembered_for_a_while(harness: Harness, autojump_clock: object) -> None:
    revocations = await loaded(harness)
    revocations.note_ended("first")
    assert revocations.cover(Identity("ada", "Ada", sign_in="first"))
    for number in range(ENDED_MAX):
        revocations.note_ended(str(number))
    assert not revocations.cover(Identity("ada", "Ada", sign_in="first"))
    assert revocations.cover(Identity("ada", "Ada", sign_in="0"))
