"""What the gateway's HTTP asks of a room without a socket."""

from __future__ import annotations

import pytest
import trio

from rooms import Identity

ADA = {"user": "ada", "name": "Ada"}
BOB = {"user": "bob", "name": "Bob"}
OLGA = {"user": "olga", "name": "Olga"}


@pytest.fixture
def calls(lobby):
    """The lobby's stub."""
    return lobby.harness.stub("lobby")


async def test_a_published_message_is_heard_by_all_and_answered_like_an_ack(lobby, calls):
    bob = await lobby.join("bob")
    bob.events()
    answer = await calls.publish(ADA, "Ada L.", {"message": "by post", "cid": "key"})
    [message] = bob.hear("message")
    assert (message["from"], message["name"], message["message"], message["seq"]) == ("ada", "Ada L.", "by post", 1)
    assert answer == {"id": message["id"], "seq": 1, "room": "lobby"}


async def test_publishing_again_under_the_same_key_is_answered_alike_and_not_stored_twice(lobby, calls):
    bob = await lobby.join("bob")
    first = await calls.publish(ADA, "Ada", {"message": "once", "cid": "key"})
    bob.events()
    assert await calls.publish(ADA, "Ada", {"message": "once", "cid": "key"}) == first
    assert bob.events() == []
    assert (await calls.publish(ADA, "Ada", {"message": "twice", "cid": "key"}))["error"]["code"] == "conflict"


async def test_the_muted_and_the_banned_publish_nothing_and_the_banned_read_nothing(lobby, calls):
    moderator = await lobby.join_as(Identity("mod", "Mod", moderates=("lobby",)))
    await moderator.ask("mute", user="ada", seconds=5)
    assert await calls.publish(ADA, "Ada", {"message": "x"}) == {"error": {"code": "muted", "message": "Muted", "retry_after_ms": 5_000}}
    assert "error" not in await calls.page(ADA, {})
    await moderator.ask("ban", user="ada")
    for answer in (
        await calls.publish(ADA, "Ada", {"message": "x"}),
        await calls.page(ADA, {}),
        await calls.describe(ADA),
        await calls.members(ADA, "", None),
    ):
        assert answer["error"]["code"] == "banned"


async def test_moderators_see_page_by_page_what_holds_and_nobody_else_does(lobby, calls):
    identity = {"user": "mod", "name": "Mod", "moderates": ["lobby"]}
    moderator = await lobby.join_as(Identity("mod", "Mod", moderates=("lobby",)))
    assert await calls.sanctioned(identity, "", 2) == {"room": "lobby", "sanctions": [], "cursor": None}
    await moderator.ask("mute", user="bob", seconds=60, reason="too loud")
    await moderator.ask("mute", user="eve", seconds=5)
    await moderator.ask("ban", user="bob")
    await moderator.ask("ban", user="dan")

    first = await calls.sanctioned(identity, "", 2)
    muted_until = first["sanctions"][1].pop("until")
    assert first["sanctions"] == [
        {"user": "bob", "what": "ban", "until": None, "by": "mod", "reason": None},
        {"user": "bob", "what": "mute", "by": "mod", "reason": "too loud"},
    ]
    assert muted_until.endswith("Z")
    second = await calls.sanctioned(identity, first["cursor"], 2)
    assert [(held["user"], held["what"]) for held in second["sanctions"]] == [("dan", "ban"), ("eve", "mute")]
    assert second["cursor"] is None

    await trio.sleep(6)
    await moderator.ask("unban", user="dan")
    left = await calls.sanctioned(identity, "", 100)
    assert [(held["user"], held["what"]) for held in left["sanctions"]] == [("bob", "ban"), ("bob", "mute")]
    assert (await calls.sanctioned(ADA, "", 100))["error"]["code"] == "not_authorized"

    admin = await lobby.join_as(Identity("root", "Root", admin=True))
    await admin.ask("ban", user="mod")
    assert (await calls.sanctioned(identity, "", 100))["error"]["code"] == "banned"


async def test_a_page_is_what_history_answers(lobby, calls):
    ada = await lobby.join("ada")
    for text in ("1", "2", "3"):
        await ada.say(text)
    assert await calls.page(ADA, {"before": 3, "limit": 1}) == await ada.history(before=3, limit=1)
    assert (await calls.page(ADA, {"thread": "nothing"}))["error"]["code"] == "message_not_found"


async def test_members_are_what_who_answers(lobby, calls):
    ada = await lobby.join("ada")
    await lobby.join("bob")
    assert await calls.members(ADA, "", None) == await ada.ask("who")
    assert [u["user"] for u in (await calls.members(ADA, "bo", None))["users"]] == ["bob"]


async def test_a_room_is_described_as_a_user_finds_it(lobby, calls):
    await calls.create("olga", "Olga's")
    ada = await lobby.join("ada")
    await ada.say("mine")
    await ada.say("mine too")
    described = await calls.describe(OLGA)
    last = described.pop("last")
    assert last["message"] == "mine too"
    assert described == {
        "room": "lobby",
        "title": "Olga's",
        "topic": "",
        "history_days": 0,
        "online": 1,
        "head": 2,
        "epoch": described["epoch"],
        "read": 0,
        "unread": 2,
        "role": "owner",
        "made": True,
        "last_activity": last["time"],
    }
    await ada.tell("read", seq=2)
    assert (await calls.describe(ADA))["unread"] == 0


async def test_unread_counts_what_others_said_since_and_not_what_was_deleted(lobby, calls):
    ada, bob = await lobby.join("ada"), await lobby.join("bob")
    await ada.say("1")
    await bob.tell("read", seq=1)
    gone = await ada.say("2")
    await ada.say("3")
    await bob.say("4")
    await ada.ask("delete", id=gone["id"])
    assert (await calls.describe(BOB))["unread"] == 1


async def test_a_room_is_made_once(calls):
    assert await calls.create("olga", "Olga's") is True
    assert await calls.create("eve", "Eve's") is False
    assert (await calls.describe(OLGA))["title"] == "Olga's"
    assert (await calls.describe({"user": "eve", "name": "Eve"}))["role"] == "member"


async def test_a_room_nobody_has_written_to_can_be_described(calls):
    described = await calls.describe(ADA)
    assert (described["head"], described["unread"], described["last"]) == (0, 0, None)
