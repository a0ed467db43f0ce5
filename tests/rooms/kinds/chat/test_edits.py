"""edit and delete: events of their own, replayed by resume as the message's present state."""

from __future__ import annotations

import pytest
import trio

from rooms import Identity, Refusal

MODERATOR = Identity("mod", "Mod", moderates=("lobby",))
NOT_AUTHORIZED = Refusal("not_authorized", "Not authorized")
MESSAGE_NOT_FOUND = Refusal("message_not_found", "Message not found")


async def test_an_edit_is_acknowledged_and_all_hear_it_as_the_next_event(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    said = await ada.say("helo")
    ada.events(), bob.events()
    await ada.client.request("edit", 1, id=said["id"], message="hello")
    edited = {"room": "lobby", "id": said["id"], "seq": 2, "message": "hello"}
    assert ada.events() == [("ack", {"room": "lobby", "id": said["id"], "seq": 2}), ("edited", edited)]
    assert bob.events() == [("edited", edited)]


async def test_history_shows_the_present_state_in_the_place_it_was_said(lobby):
    ada = await lobby.join("ada")
    first, _second = await ada.say("one"), await ada.say("two")
    await ada.ask("edit", id=first["id"], message="ONE")
    page = await ada.history()
    assert [(m["seq"], m["changed"], m["message"], m.get("edited")) for m in page["messages"]] == [(1, 3, "ONE", True), (2, 2, "two", None)]
    assert page["head"] == 3


async def test_a_deleted_message_stays_as_a_mark_without_its_text(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    said = await ada.say("secret", mentions=["bob"], meta={"a": "secret"})
    bob.events()
    answer = await ada.ask("delete", id=said["id"])
    assert answer == {"room": "lobby", "id": said["id"], "seq": 2}
    assert bob.events() == [("deleted", {"room": "lobby", "id": said["id"], "seq": 2})]
    [message] = (await ada.history())["messages"]
    assert (message["deleted"], message["message"], message["changed"]) == (True, "", 2)
    assert not {"mentions", "meta", "files", "edited"} & set(message)


async def test_resume_replays_changes_in_the_order_they_happened(lobby):
    ada = await lobby.join("ada")
    epoch = ada.hear("joined")[0]["epoch"]
    ids = [(await ada.say(text))["id"] for text in ("one", "two", "three")]
    await ada.ask("edit", id=ids[1], message="TWO")  # 4
    await ada.say("five")
    await ada.ask("delete", id=ids[0])  # 6
    await lobby.crash()
    bob = await lobby.join("bob", since=3, epoch=epoch)
    [joined] = bob.hear("joined")
    assert joined["recovered"] is True
    assert [(m["changed"], m["seq"], m["message"]) for m in joined["history"]] == [(4, 2, "TWO"), (5, 5, "five"), (6, 1, "")]
    cut = await bob.history(since=3, epoch=epoch, limit=2)
    assert ([m["changed"] for m in cut["messages"]], cut["more"]) == ([4, 5], True)


@pytest.mark.parametrize("type_", ["edit", "delete"])
async def test_only_the_sender_or_a_moderator_may_change_a_message(lobby, type_):
    ada, bob, moderator = await lobby.join("ada"), await lobby.join("bob"), await lobby.join_as(MODERATOR)
    said = await ada.say("mine")
    request = {"id": said["id"], **({"message": "changed"} if type_ == "edit" else {})}
    assert await bob.ask(type_, **request) == NOT_AUTHORIZED
    assert (await ada.history())["head"] == 1
    assert (await moderator.ask(type_, **request))["seq"] == 2


@pytest.mark.parametrize(("type_", "more"), [("edit", {"message": "x"}), ("delete", {})])
async def test_what_is_not_there_cannot_be_changed(lobby, type_, more):
    ada = await lobby.join("ada")
    assert await ada.ask(type_, id="nothing", **more) == MESSAGE_NOT_FOUND


async def test_a_deleted_message_cannot_be_edited_and_deleting_again_changes_nothing(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("gone")
    deleted = await ada.ask("delete", id=said["id"])
    assert await ada.ask("edit", id=said["id"], message="back") == MESSAGE_NOT_FOUND
    assert await ada.ask("delete", id=said["id"]) == deleted
    assert (await ada.history())["head"] == 2


async def test_an_edit_that_changes_nothing_is_no_event(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("same")
    assert (await ada.ask("edit", id=said["id"], message="same"))["seq"] == 1
    assert (await ada.history())["head"] == 1


async def test_a_cid_is_still_known_after_its_message_was_changed(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("helo", cid="c1")
    await ada.ask("edit", id=said["id"], message="hello")
    assert await ada.say("helo", cid="c1") == said
    await ada.ask("delete", id=said["id"])
    assert await ada.say("helo", cid="c1") == said


@pytest.mark.parametrize("change", ["edit", "delete"])
async def test_the_old_text_leaves_every_file_within_a_minute(lobby, change):
    ada = await lobby.join("ada")
    said = await ada.say("xyzzy-the-secret")
    await trio.sleep(1)
    await ada.ask(change, id=said["id"], **({"message": "harmless"} if change == "edit" else {}))
    await trio.sleep(60)
    files = [path for path in lobby.harness.path.rglob("*") if path.is_file()]
    assert any(path.name == "lobby.sqlite3" for path in files)
    assert [path for path in files if b"xyzzy-the-secret" in path.read_bytes()] == []
