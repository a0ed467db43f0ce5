"""react: who thinks what of a message."""

from __future__ import annotations

import trio

from rooms import Refusal


async def test_a_reaction_is_acknowledged_and_all_hear_who_reacted_so(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    said = await ada.say("cake?")
    ada.events(), bob.events()
    await bob.client.request("react", 1, id=said["id"], emoji="🎂")
    reacted = {"room": "lobby", "id": said["id"], "seq": 2, "emoji": "🎂", "users": ["bob"]}
    assert bob.events() == [("ack", {"room": "lobby", "id": said["id"], "seq": 2}), ("reacted", reacted)]
    assert ada.events() == [("reacted", reacted)]
    await ada.tell("react", id=said["id"], emoji="🎂")
    assert ada.hear("reacted")[0]["users"] == ["bob", "ada"]


async def test_messages_carry_their_reactions_and_resume_replays_them(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    epoch = ada.hear("joined")[0]["epoch"]
    said = await ada.say("cake?")
    await ada.say("tea?")
    for user, emoji in ((bob, "🎂"), (ada, "🎂"), (ada, "👍")):
        await user.ask("react", id=said["id"], emoji=emoji)
    await lobby.crash()
    ada = await lobby.join("ada", since=2, epoch=epoch)
    [message] = ada.hear("joined")[0]["history"]
    assert (message["seq"], message["changed"], message["reactions"]) == (1, 5, {"🎂": ["bob", "ada"], "👍": ["ada"]})
    assert "reactions" not in (await ada.history())["messages"][1]


async def test_a_reaction_can_be_taken_back(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("cake?")
    await ada.ask("react", id=said["id"], emoji="🎂")
    await ada.ask("react", id=said["id"], emoji="🎂", on=False)
    assert [r["users"] for r in ada.hear("reacted")] == [["ada"], []]
    [message] = (await ada.history())["messages"]
    assert "reactions" not in message
    assert message["changed"] == 3


async def test_what_is_so_already_is_no_event(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("cake?")
    assert (await ada.ask("react", id=said["id"], emoji="🎂", on=False))["seq"] == 1
    first = await ada.ask("react", id=said["id"], emoji="🎂")
    assert await ada.ask("react", id=said["id"], emoji="🎂") == first
    assert (await ada.history())["head"] == 2


async def test_there_is_nothing_to_react_to_in_a_deleted_message_and_its_reactions_are_gone(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("cake?")
    await ada.ask("react", id=said["id"], emoji="🎂")
    await ada.ask("delete", id=said["id"])
    assert "reactions" not in (await ada.history())["messages"][0]
    assert await ada.ask("react", id=said["id"], emoji="👍") == Refusal("message_not_found", "Message not found")


async def test_so_many_reactions_that_an_answer_could_not_hold_them_are_refused(lobby):
    ada = await lobby.join("ada")
    said = await ada.say("cake?")
    await lobby.harness.visit("lobby", lambda room: _fill(room, said["seq"]))
    refused = await ada.ask("react", id=said["id"], emoji="🎂")
    assert refused.code == "too_large"
    assert (await ada.history())["head"] == 1


def _fill(room, seq):
    for number in range(600):
        room.reactions.set(seq, "🎂", f"{number:03}" + "é" * 60, on=True, changed=seq)


async def test_the_reactions_of_trimmed_messages_go_with_them(open_lobby):
    async with open_lobby(history_messages_max=1) as lobby:
        ada = await lobby.join("ada")
        said = await ada.say("cake?")
        await ada.ask("react", id=said["id"], emoji="🎂")
        await ada.say("tea?")
        await trio.sleep(3)
        assert await lobby.harness.visit("lobby", lambda room: room.storage.sql("SELECT count(*) FROM reactions")) == [(0,)]
