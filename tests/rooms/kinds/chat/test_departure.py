"""leave, closed and cut sockets: when a user is said to have left."""

from __future__ import annotations

import pytest
import trio

from rooms import Envelope, Refusal
from rooms.testing import State


async def test_whoever_leaves_is_answered_and_the_others_are_told(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    left = await bob.ask("leave", ref="bye")
    assert left == {"room": "lobby", "session": "s2", "user": "bob", "reason": "left"}
    assert ada.hear("left") == [left]
    assert bob.closed == (1000, "left")


async def test_after_leaving_nothing_of_the_room_is_heard_or_said(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    bob.client.post(Envelope("leave", lobby.decoded("leave", {})))
    refused = await bob.ask("message", message="one more thing")
    assert refused == Refusal("not_in_room", "Not in room")
    await ada.say("gone?")
    assert bob.hear("message") == []


async def test_only_the_last_socket_of_a_user_takes_the_user_away(lobby):
    ada, bob, phone = await lobby.join("ada"), await lobby.join("bob"), await lobby.join("bob")
    await bob.tell("leave")
    assert ada.hear("left") == []
    assert phone.hear("left") == []
    await phone.tell("leave")
    assert [left["session"] for left in ada.hear("left")] == ["s3"]


async def test_a_closed_socket_is_missed_at_once_and_once(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.close()
    assert ada.hear("left") == [{"room": "lobby", "session": "s2", "user": "bob", "reason": "disconnected"}]
    await trio.sleep(60)
    assert ada.hear("left") == []


async def test_a_cut_socket_is_missed_after_five_seconds_and_once(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.cut()
    await trio.sleep(4.9)
    assert ada.hear("left") == []
    await trio.sleep(0.2)
    assert ada.hear("left") == [{"room": "lobby", "session": "s2", "user": "bob", "reason": "lost"}]
    await trio.sleep(60)
    assert ada.hear("left") == []


async def test_a_user_who_is_back_in_time_was_never_gone(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    ada.events()
    await bob.cut()
    await trio.sleep(3)
    members = await ada.ask("who")
    assert [(u["user"], u["connections"]) for u in members["users"]] == [("ada", 1), ("bob", 0)]
    ada.events()
    await lobby.join("bob")
    await trio.sleep(60)
    assert ada.events() == []


async def test_each_cut_gives_its_own_five_seconds(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.cut()
    await trio.sleep(3)
    back = await lobby.join("bob")
    await trio.sleep(1)
    await back.cut()
    await trio.sleep(4)
    assert ada.hear("left") == []
    await trio.sleep(2)
    assert len(ada.hear("left")) == 1


async def test_a_user_who_is_back_and_leaves_is_missed_once(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.cut()
    back = await lobby.join("bob")
    await back.tell("leave")
    await trio.sleep(60)
    assert [left["reason"] for left in ada.hear("left")] == ["left"]


async def test_a_cut_phone_does_not_take_away_a_user_with_a_laptop(lobby):
    ada, _laptop, phone = await lobby.join("ada"), await lobby.join("bob"), await lobby.join("bob")
    await phone.cut()
    await trio.sleep(60)
    assert ada.hear("left") == []


async def test_a_refreshed_token_that_does_not_grant_the_room_any_more_is_the_reason(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.client.leave(4403, "not_authorized", clean=True)
    assert [left["reason"] for left in ada.hear("left")] == ["not_authorized"]


async def test_a_room_hibernates_with_those_who_stayed(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.cut()
    await trio.sleep(30)
    assert lobby.harness.state("lobby") is State.HIBERNATED
    [left] = ada.hear("left")
    members = await ada.ask("who")
    assert (left["user"], members["online"]) == ("bob", 1)


@pytest.mark.parametrize("again", ["crash", "restart"])
async def test_nobody_is_in_the_room_after_the_process_was_gone(lobby, again):
    await lobby.join("ada")
    await getattr(lobby, again)()
    [joined] = (await lobby.join("bob")).hear("joined")
    assert joined["online"] == 1


async def test_many_users_who_are_cut_at_once_are_all_missed(lobby):
    ada = await lobby.join("ada")
    others = [await lobby.join(f"user-{number}") for number in range(40)]
    for other in others:
        await other.cut()
    back = await lobby.join("user-7")
    await trio.sleep(6)
    assert sorted(left["user"] for left in ada.hear("left")) == sorted(f"user-{number}" for number in range(40) if number != 7)
    assert back.hear("joined")[0]["online"] == 41


async def test_a_cut_user_is_missed_though_a_turn_failed_meanwhile(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.cut()
    lobby.may_fail = True
    with pytest.raises(RuntimeError, match="on purpose"):
        await lobby.harness.visit("lobby", _fail)
    await trio.sleep(6)
    assert [left["user"] for left in ada.hear("left")] == ["bob"]


def _fail(_room):
    raise RuntimeError("on purpose")


async def test_whoever_switches_rooms_was_answered_by_the_session_and_is_missed_at_once(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await bob.client.leave(1000, "left", clean=True)
    assert [left["reason"] for left in ada.hear("left")] == ["left"]


@pytest.mark.parametrize("end", ["close", "cut"])
async def test_an_end_that_wakes_the_room_is_noticed(lobby, end):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await trio.sleep(20)
    assert lobby.harness.state("lobby") is State.HIBERNATED
    await getattr(bob, end)()
    await trio.sleep(6)
    assert [left["user"] for left in ada.hear("left")] == ["bob"]
