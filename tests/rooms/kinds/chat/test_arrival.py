"""join: who is told what, and what the joiner gets."""

from __future__ import annotations

import msgspec
import trio

from rooms import Identity
from rooms.testing import State

NOBODY_YET = {
    "room": "lobby",
    "session": "s1",
    "user": "ada",
    "name": "Ada",
    "title": "",
    "topic": "",
    "role": "member",
    "online": 1,
    "history": [],
    "head": 0,
    "recovered": False,
    "more": False,
}


async def test_the_first_to_come_gets_an_empty_room(lobby):
    ada = await lobby.join("ada")
    [joined] = ada.hear("joined")
    assert {key: joined[key] for key in NOBODY_YET} == NOBODY_YET
    assert isinstance(joined["epoch"], str)
    assert joined["epoch"]


async def test_the_answer_carries_the_ref_of_the_join(lobby):
    ada = await lobby.join("ada", ref="r7")
    assert [event.ref for event in ada.client.received] == ["r7"]


async def test_the_others_hear_of_a_user_once_and_the_joiner_of_everybody(lobby):
    ada = await lobby.join("ada")
    ada.events()
    bob = await lobby.join("bob", meta={"colour": "red"})
    assert ada.events() == [("joined", {"room": "lobby", "session": "s2", "user": "bob", "name": "Bob", "meta": {"colour": "red"}})]
    [(type_, joined)] = bob.events()
    assert type_ == "joined"
    assert [(u["user"], u["name"], u["meta"], u["connections"]) for u in joined["users"]] == [
        ("ada", "Ada", {}, 1),
        ("bob", "Bob", {"colour": "red"}, 1),
    ]
    assert joined["online"] == 2


async def test_a_second_socket_of_a_user_is_welcomed_and_nobody_is_told(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    ada.events(), bob.events()
    again = await lobby.join("bob")
    assert ada.events() == bob.events() == []
    [joined] = again.hear("joined")
    assert joined["online"] == 2
    assert [u["connections"] for u in joined["users"]] == [1, 2]


async def test_joining_again_on_the_same_socket_answers_again_and_tells_nobody(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    ada.events()
    await bob.say("hi")
    bob.events()
    joined = await bob.ask("join", ref="again")
    assert joined["session"] == "s2"
    assert joined["online"] == 2
    assert [m["message"] for m in joined["history"]] == ["hi"]
    assert ada.hear("joined") == []


async def test_guests_are_called_what_they_say_and_others_what_their_token_says(lobby):
    guest = Identity("guest-1", "Guest", guest=True)
    nameless = await lobby.join_as(guest)
    assert nameless.hear("joined")[0]["name"] == "Guest"
    named = await lobby.join_as(Identity("guest-2", "Guest", guest=True), name="Zoë")
    assert named.hear("joined")[0]["name"] == "Zoë"
    liar = await lobby.join("eve", name="Admin")
    assert liar.hear("joined")[0]["name"] == "Eve"
    await named.say("hello")
    assert liar.hear("message")[0]["name"] == "Zoë"


async def test_a_guest_may_change_its_name_by_joining_again(lobby):
    guest = await lobby.join_as(Identity("guest-1", "Guest", guest=True), name="One", meta={"a": 1})
    await guest.ask("join", name="Two")
    await guest.say("hello")
    assert guest.hear("message")[0]["name"] == "Two"
    members = await guest.ask("who")
    assert [(u["name"], u["meta"]) for u in members["users"]] == [("Two", {"a": 1})]


async def test_the_next_stored_event_after_joined_is_the_one_after_its_head(lobby):
    ada = await lobby.join("ada")
    for text in ("one", "two", "three"):
        await ada.say(text)
    bob = await lobby.join("bob")
    await ada.say("four")
    (first, joined), (second, message) = bob.events()
    assert (first, second) == ("joined", "message")
    assert joined["head"] == 3
    assert message["seq"] == 4


async def test_a_joiner_gets_the_latest_fifty_messages_or_as_many_as_it_asks_for(lobby):
    ada = await lobby.join("ada")
    for number in range(1, 61):
        await ada.tell("message", message=str(number))
    [joined] = (await lobby.join("bob")).hear("joined")
    assert [m["seq"] for m in joined["history"]] == list(range(11, 61))
    assert joined["more"] is True
    [joined] = (await lobby.join("cyd", limit=2)).hear("joined")
    assert [m["seq"] for m in joined["history"]] == [59, 60]
    [joined] = (await lobby.join("dan", limit=0)).hear("joined")
    assert joined["history"] == []
    assert joined["head"] == 60
    [joined] = (await lobby.join("eve", limit=100)).hear("joined")
    assert len(joined["history"]) == 60
    assert joined["more"] is False


async def test_whoever_comes_back_with_since_gets_exactly_what_was_missed(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    [joined] = bob.hear("joined")
    await ada.say("heard")
    await bob.close()
    for text in ("missed 1", "missed 2"):
        await ada.say(text)
    [joined] = (await lobby.join("bob", since=1, epoch=joined["epoch"])).hear("joined")
    assert joined["recovered"] is True
    assert [m["message"] for m in joined["history"]] == ["missed 1", "missed 2"]
    assert joined["more"] is False


async def test_whoever_missed_nothing_recovers_with_nothing(lobby):
    ada = await lobby.join("ada")
    [joined] = ada.hear("joined")
    await ada.say("one")
    [again] = (await lobby.join("ada", since=1, epoch=joined["epoch"])).hear("joined")
    assert (again["recovered"], again["history"], again["head"]) == (True, [], 1)
    [fresh] = (await lobby.join("ada", since=0, epoch=joined["epoch"])).hear("joined")
    assert (fresh["recovered"], len(fresh["history"])) == (True, 1)


async def test_a_since_that_cannot_be_completed_gets_the_latest_page(lobby):
    ada = await lobby.join("ada")
    [joined] = ada.hear("joined")
    for number in range(5):
        await ada.tell("message", message=str(number))
    for wrong in ({"since": 2}, {"since": 2, "epoch": "another"}, {"since": 6, "epoch": joined["epoch"]}):
        [again] = (await lobby.join("bob", **wrong)).hear("joined")
        assert again["recovered"] is False
        assert [m["seq"] for m in again["history"]] == [1, 2, 3, 4, 5]


async def test_recovery_goes_on_with_history_when_the_limit_cut_it(lobby):
    ada = await lobby.join("ada")
    [joined] = ada.hear("joined")
    for number in range(5):
        await ada.tell("message", message=str(number))
    bob = await lobby.join("bob", since=1, epoch=joined["epoch"], limit=2)
    [again] = bob.hear("joined")
    assert [m["seq"] for m in again["history"]] == [2, 3]
    assert (again["recovered"], again["more"]) == (True, True)
    rest = await bob.history(since=again["history"][-1]["changed"], epoch=again["epoch"])
    assert [m["seq"] for m in rest["messages"]] == [4, 5]
    assert (rest["recovered"], rest["more"]) == (True, False)


async def test_more_than_the_allowed_number_behind_is_not_recovered(open_lobby):
    async with open_lobby(recovery_messages_max=3) as lobby:
        ada = await lobby.join("ada")
        [joined] = ada.hear("joined")
        for number in range(5):
            await ada.tell("message", message=str(number))
        [three] = (await lobby.join("bob", since=2, epoch=joined["epoch"])).hear("joined")
        [four] = (await lobby.join("cyd", since=1, epoch=joined["epoch"])).hear("joined")
        assert (three["recovered"], four["recovered"]) == (True, False)


async def test_a_crash_keeps_the_history_and_its_epoch_and_empties_the_room(lobby):
    ada = await lobby.join("ada")
    [before] = ada.hear("joined")
    await ada.say("kept")
    await lobby.crash()
    bob = await lobby.join("bob", since=0, epoch=before["epoch"])
    [joined] = bob.hear("joined")
    assert joined["recovered"] is True
    assert [m["message"] for m in joined["history"]] == ["kept"]
    assert [u["user"] for u in joined["users"]] == ["bob"]


async def test_a_hibernated_room_remembers_who_is_there_and_as_what(lobby):
    guest = await lobby.join_as(Identity("guest-1", "Guest", guest=True), name="Zoë", meta={"a": 1})
    ada = await lobby.join("ada")
    await trio.sleep(11)
    assert lobby.harness.state("lobby") is State.HIBERNATED
    await guest.say("still here")
    assert ada.hear("message")[0]["name"] == "Zoë"
    members = await ada.ask("who")
    assert [(u["user"], u["name"], u["meta"]) for u in members["users"]] == [("guest-1", "Zoë", {"a": 1}), ("ada", "Ada", {})]
    ada.events()
    await lobby.join("ada")
    assert ada.events() == []


async def test_a_backlog_stops_at_the_size_of_an_answer(open_lobby):
    async with open_lobby(page_bytes_max=64 * 1024) as lobby:
        ada = await lobby.join("ada")
        [empty] = ada.hear("joined")
        for _ in range(30):
            await ada.tell("message", message="é" * 4_000)
        [latest] = (await lobby.join("bob")).hear("joined")
        assert latest["history"][-1]["seq"] == 30
        assert latest["more"] is True
        assert len(msgspec.json.encode(latest)) < 64 * 1024
        [missed] = (await lobby.join("cyd", since=0, epoch=empty["epoch"])).hear("joined")
        assert missed["history"][0]["seq"] == 1
        assert missed["more"] is True
        assert len(msgspec.json.encode(missed)) < 64 * 1024


async def test_no_more_than_a_hundred_users_are_listed(lobby):
    for number in range(101):
        await lobby.join(f"user-{number}")
    [joined] = (await lobby.join("last")).hear("joined")
    assert len(joined["users"]) == 100
    assert joined["online"] == 102


async def test_above_the_presence_limit_a_room_counts_but_does_not_announce(open_lobby):
    async with open_lobby(presence_users_max=2) as lobby:
        ada, bob = await lobby.join("ada"), await lobby.join("bob")
        assert [j["user"] for j in ada.hear("joined")] == ["ada", "bob"]
        cyd = await lobby.join("cyd")
        assert ada.hear("joined") == []
        assert cyd.hear("joined")[0]["online"] == 3
        await cyd.close()
        assert ada.hear("left") == []
        await bob.close()
        assert [left["user"] for left in ada.hear("left")] == ["bob"]


async def test_a_joiner_who_wakes_the_room_is_announced(lobby):
    ada = await lobby.join("ada")
    ada.events()
    await trio.sleep(20)
    assert lobby.harness.state("lobby") is State.HIBERNATED
    await lobby.join("bob")
    assert [joined["user"] for joined in ada.hear("joined")] == ["bob"]
