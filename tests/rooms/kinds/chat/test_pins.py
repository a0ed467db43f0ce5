"""pin: moderators keep messages in sight."""

from __future__ import annotations

import pytest

from rooms import Identity, Refusal


@pytest.fixture
async def moderator(lobby):
    return await lobby.join_as(Identity("mod", "Mod", moderates=("lobby",)))


async def test_a_pin_is_acknowledged_told_to_all_and_listed(lobby, moderator):
    ada = await lobby.join("ada")
    first, second = await ada.say("rules"), await ada.say("chatter")
    ada.events()
    answer = await moderator.ask("pin", id=first["id"])
    assert answer == {"room": "lobby", "id": first["id"], "seq": 3}
    assert ada.events() == [("pinned", {"room": "lobby", "id": first["id"], "seq": 3, "on": True})]
    page = await ada.history(pinned=True)
    assert [(m["id"], m["pinned"], m["changed"]) for m in page["messages"]] == [(first["id"], True, 3)]
    assert "pinned" not in (await ada.history())["messages"][1]
    assert second["seq"] == 2


async def test_a_pin_can_be_taken_off(lobby, moderator):
    said = await moderator.say("rules")
    await moderator.ask("pin", id=said["id"])
    await moderator.ask("pin", id=said["id"], on=False)
    assert [p["on"] for p in moderator.hear("pinned")] == [True, False]
    assert (await moderator.history(pinned=True))["messages"] == []


async def test_members_may_not_pin(lobby, moderator):
    ada = await lobby.join("ada")
    said = await ada.say("me me me")
    assert await ada.ask("pin", id=said["id"]) == Refusal("not_authorized", "Not authorized")


async def test_nothing_and_what_was_deleted_cannot_be_pinned_and_deleting_unpins(lobby, moderator):
    said = await moderator.say("rules")
    await moderator.ask("pin", id=said["id"])
    await moderator.ask("delete", id=said["id"])
    assert (await moderator.history(pinned=True))["messages"] == []
    for nothing in (said["id"], "nothing"):
        assert await moderator.ask("pin", id=nothing) == Refusal("message_not_found", "Message not found")


async def test_what_is_pinned_already_is_no_event(lobby, moderator):
    said = await moderator.say("rules")
    first = await moderator.ask("pin", id=said["id"])
    assert await moderator.ask("pin", id=said["id"]) == first
    assert (await moderator.history())["head"] == 2


async def test_resume_replays_a_pin(lobby, moderator):
    epoch = moderator.hear("joined")[0]["epoch"]
    said = await moderator.say("rules")
    await moderator.ask("pin", id=said["id"])
    [joined] = (await lobby.join("ada", since=1, epoch=epoch)).hear("joined")
    assert [(m["changed"], m["pinned"]) for m in joined["history"]] == [(2, True)]
