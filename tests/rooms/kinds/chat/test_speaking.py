"""message: everybody hears it once, in one order, after it is kept."""

from __future__ import annotations

import sqlite3

import pytest
import trio

from rooms import Envelope, Refusal


async def test_everybody_hears_a_message_the_sender_too_after_its_ack(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    ada.events(), bob.events()
    await ada.tell("message", message="hi", cid="c1")
    (ack_type, ack), (message_type, message) = ada.events()
    assert (ack_type, message_type) == ("ack", "message")
    assert ack == {"id": message["id"], "seq": 1, "room": "lobby", "cid": "c1"}
    assert bob.events() == [("message", message)]
    assert message == {
        "id": message["id"],
        "seq": 1,
        "changed": 1,
        "room": "lobby",
        "from": "ada",
        "name": "Ada",
        "message": "hi",
        "time": message["time"],
        "cid": "c1",
    }


async def test_an_ack_is_sent_only_to_whoever_gives_a_ref_or_a_cid(lobby):
    ada = await lobby.join("ada")
    ada.events()
    await ada.tell("message", message="neither")
    assert [type_ for type_, _ in ada.events()] == ["message"]
    ack = await ada.say("ref only")
    assert "cid" not in ack


async def test_what_comes_with_a_message_is_kept_with_it(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    first = await ada.say("first")
    extras = {"reply_to": first["id"], "mentions": ["bob"], "meta": {"colour": "red", "n": [1, None]}, "cid": "c"}
    await bob.tell("message", message="second", **extras)
    heard = ada.hear("message")[-1]
    assert {key: heard[key] for key in extras} == extras
    page = await ada.history()
    assert page["messages"][-1] == heard


async def test_what_does_not_come_with_a_message_is_not_in_it(lobby):
    ada = await lobby.join("ada")
    await ada.tell("message", message="bare", mentions=[], files=[], meta={})
    optional = {"cid", "reply_to", "mentions", "files", "meta", "edited", "deleted", "pinned", "reactions"}
    assert not optional & set(ada.hear("message")[0])
    assert not optional & set((await ada.history())["messages"][0])


async def test_messages_are_numbered_without_gaps_in_the_order_everybody_hears(lobby):
    users = [await lobby.join(f"user-{number}") for number in range(5)]
    for turn in range(20):
        users[turn % 5].client.post(_envelope(lobby, str(turn)))
    await lobby.harness.settle()
    heard = [[(m["seq"], m["message"]) for m in user.hear("message")] for user in users]
    assert heard[0] == [(seq + 1, str(seq)) for seq in range(20)]
    assert all(each == heard[0] for each in heard)


def _envelope(lobby, text):
    return Envelope("message", lobby.decoded("message", {"message": text}))


async def test_times_increase_strictly_even_within_a_millisecond_and_when_the_clock_goes_back(lobby):
    ada = await lobby.join("ada")
    for number in range(5):
        await ada.tell("message", message=str(number))
    lobby.harness.date.jump(-3600)
    await ada.tell("message", message="an hour earlier")
    await lobby.crash()
    ada = await lobby.join("ada")
    await ada.tell("message", message="after a crash")
    times = [m["time"] for m in (await ada.history())["messages"]]
    assert times == sorted(set(times))
    assert len(times) == 7


async def test_the_same_cid_again_gets_the_first_ack_again_and_is_not_stored_twice(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    first = await ada.say("once", cid="c1")
    bob.events()
    assert await ada.say("once", cid="c1") == first
    assert bob.events() == []
    assert (await ada.history())["head"] == 1


@pytest.mark.parametrize("between", ["crash", "restart"])
async def test_a_cid_is_remembered_over_reconnects_and_restarts(lobby, between):
    ada = await lobby.join("ada")
    first = await ada.say("once", cid="c1")
    await getattr(lobby, between)()
    ada = await lobby.join("ada")
    assert await ada.say("once", cid="c1") == first
    assert (await ada.history())["head"] == 1


async def test_the_same_cid_with_another_body_is_a_conflict(lobby):
    ada = await lobby.join("ada")
    first = await ada.say("once", cid="c1")
    refused = await ada.ask("message", message="twice", cid="c1")
    assert isinstance(refused, Refusal)
    assert refused.code == "conflict"
    refused = await ada.ask("message", message="once", cid="c1", reply_to=first["id"])
    assert refused.code == "conflict"
    assert (await ada.history())["head"] == 1


async def test_what_comes_with_a_message_is_part_of_what_its_cid_stands_for(lobby):
    ada = await lobby.join("ada")
    extras = {"mentions": ["bob"], "meta": {"a": 1, "b": [None]}}
    first = await ada.say("once", cid="c1", **extras)
    assert await ada.say("once", cid="c1", mentions=["bob"], meta={"b": [None], "a": 1}, files=[]) == first
    for other in ({}, {**extras, "mentions": ["cy"]}, {**extras, "meta": {"a": 2}}, {**extras, "files": ["none"]}):
        assert (await ada.ask("message", message="once", cid="c1", **other)).code == "conflict"
    await ada.tell("edit", id=first["id"], message="rewritten")
    assert await ada.say("once", cid="c1", **extras) == first


async def test_a_cid_belongs_to_its_user(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await ada.say("mine", cid="c1")
    assert (await bob.say("mine too", cid="c1"))["seq"] == 2


async def test_a_reply_to_what_is_not_there_is_refused(lobby):
    ada = await lobby.join("ada")
    assert await ada.ask("message", message="re", reply_to="nothing") == Refusal("message_not_found", "Message not found")
    assert (await ada.history())["head"] == 0


async def test_nobody_hears_what_the_disk_did_not_take(lobby):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await ada.say("before")
    ada.events(), bob.events()
    lobby.may_fail = lobby.harness.disk.is_full = True
    refused = await ada.ask("message", message="lost", cid="c1")
    assert refused.code == "storage_full"
    assert bob.events() == []
    lobby.harness.disk.is_full = False
    await trio.sleep(2)
    ack = await ada.say("lost", cid="c1")
    assert ack["seq"] == 2
    assert [m["message"] for m in bob.hear("message")] == ["lost"]


async def test_the_file_reads_like_a_log(lobby):
    ada = await lobby.join("ada")
    await ada.say("hello")
    await ada.say("world")
    await trio.sleep(1)
    [file] = lobby.harness.path.glob("rooms/rooms/*/lobby.sqlite3")
    rows = sqlite3.connect(file).execute("select seq, sender, body from messages").fetchall()
    assert rows == [(1, "ada", "hello"), (2, "ada", "world")]


async def test_an_unknown_request_is_refused_in_the_protocols_words(lobby):
    ada = await lobby.join("ada")
    ada.client.post(Envelope("dance", None))
    await lobby.harness.settle()
    assert ada.client.failures[-1].refusal == Refusal("unknown_type", "Unknown message received")
