"""room: title, topic and how long history is kept."""

from __future__ import annotations

import pytest
import trio

from rooms import Identity, Refusal

DAY_SECONDS = 24 * 60 * 60


@pytest.fixture
async def owner(lobby):
    """Olga, who owns the lobby."""
    await lobby.harness.stub("lobby").create("olga", "Olga's")
    return await lobby.join("olga")


async def test_a_made_room_has_its_title_and_counts_from_one(owner):
    [joined] = owner.hear("joined")
    assert (joined["title"], joined["topic"], joined["head"]) == ("Olga's", "", 0)
    assert (await owner.say("first"))["seq"] == 1


async def test_the_owner_changes_what_was_given_and_all_are_told_as_the_next_event(lobby, owner):
    ada = await lobby.join("ada")
    await ada.say("hi")
    ada.events()
    assert await owner.ask("room", topic="Everything") == {"room": "lobby", "seq": 2}
    assert ada.events() == [("room", {"room": "lobby", "seq": 2, "title": "Olga's", "topic": "Everything", "history_days": 0})]
    await lobby.crash()
    [joined] = (await lobby.join("ada")).hear("joined")
    assert (joined["title"], joined["topic"], joined["head"]) == ("Olga's", "Everything", 2)


async def test_a_room_event_takes_a_seq_that_resume_passes_over(lobby, owner):
    epoch = owner.hear("joined")[0]["epoch"]
    await owner.say("one")
    await owner.ask("room", title="New")
    await owner.say("three")
    [joined] = (await lobby.join("ada", since=1, epoch=epoch)).hear("joined")
    assert (joined["recovered"], [m["seq"] for m in joined["history"]]) == (True, [3])


async def test_what_is_so_already_is_no_event(owner):
    assert await owner.ask("room", title="Olga's") == {"room": "lobby"}
    assert await owner.ask("room") == {"room": "lobby"}
    assert (await owner.history())["head"] == 0


@pytest.mark.parametrize("identity", [Identity("ada", "Ada"), Identity("mod", "Mod", moderates=("lobby",))])
async def test_only_owners_and_admins_change_the_room(lobby, owner, identity):
    other = await lobby.join_as(identity)
    assert await other.ask("room", title="Mine") == Refusal("not_authorized", "Not authorized")
    admin = await lobby.join_as(Identity("root", "Root", admin=True))
    assert (await admin.ask("room", title="Ours"))["seq"] == 1


async def test_the_owners_days_trim_the_history(owner):
    await owner.say("old")
    await owner.say("older than that")
    await owner.ask("room", history_days=1)
    await trio.sleep(DAY_SECONDS + 5)
    assert [m["message"] for m in (await owner.history())["messages"]] == ["older than that"]


async def test_a_room_that_was_ended_tells_everybody_and_begins_anew(lobby, owner):
    ada = await lobby.join("ada")
    epoch = ada.hear("joined")[0]["epoch"]
    await ada.say("gone")
    ada.events()
    calls = lobby.harness.stub("lobby")
    assert await calls.end((await calls.ending({"user": "olga", "name": "Olga"}))["folder"])
    await lobby.harness.settle()
    assert ada.events() == [("destroyed", {"room": "lobby"})]
    assert ada.closed[0] == 4404
    [joined] = (await lobby.join("ada", since=0, epoch=epoch)).hear("joined")
    assert (joined["head"], joined["recovered"], joined["title"]) == (0, False, "")
    assert joined["epoch"] != epoch
