"""Ending a room for good."""

from __future__ import annotations

import msgspec
import pytest

from rooms import Identity

OLGA = {"user": "olga", "name": "Olga"}


@pytest.fixture
def calls(lobby):
    """The lobby's stub."""
    return lobby.harness.stub("lobby")


@pytest.mark.parametrize(("identity", "refused"), [(Identity("ada", "Ada"), True), (Identity("root", "Root", admin=True), False)])
async def test_only_its_owner_or_an_admin_may_end_a_room(calls, identity, refused):
    await calls.create("olga", "Olga's")
    assert ("error" in await calls.ending(msgspec.to_builtins(identity))) is refused
    assert "error" not in await calls.ending(OLGA)


async def test_what_never_was_cannot_be_ended(lobby, calls):
    root = {"user": "root", "name": "Root", "admin": True}
    assert (await calls.ending(root))["error"]["code"] == "not_found"
    await (await lobby.join_as(Identity("mod", "Mod", moderates=("lobby",)))).tell("ban", user="bob")
    await lobby.restart()
    assert "error" not in await lobby.harness.stub("lobby").ending(root)


async def test_everybody_is_told_and_nothing_is_left(lobby, calls):
    await calls.create("olga", "Olga's")
    ada = await lobby.join("ada")
    await ada.say("hello")
    ending = await calls.ending(OLGA)
    assert ending["made"] is True

    assert await calls.end(ending["folder"]) is True

    assert ada.hear("destroyed") == [{"room": "lobby"}]
    assert ada.closed == (4404, "room destroyed")
    after = await calls.describe(OLGA)
    assert (after["head"], after["title"], after["role"], after["made"]) == (0, "", "member", False)


async def test_the_end_of_one_history_is_not_the_end_of_the_next(lobby, calls):
    await (await lobby.join("ada")).say("hello")
    first = (await calls.ending({"user": "root", "name": "Root", "admin": True}))["folder"]
    await calls.end(first)
    ada = await lobby.join("ada")
    await ada.say("hello again")

    assert await calls.end(first) is False
    assert ada.closed is None
