"""Where a client goes on after a lost connection: nothing is missed, nothing is told twice."""

from __future__ import annotations

import pytest
import trio
from trio.abc import Clock

from rooms.client import ClientSettings, MessageEvent, Reset, Room, Subscription
from tests.rooms.client.fake_server import HASTE, FakeServer, Line, message, settled


def texts(room: Room) -> list[str]:
    return [each.message for each in room.messages]


def told(subscription: Subscription) -> list[tuple[int, bool] | str]:
    """What was told so far: seq and whether it was recovered, or ``reset``."""
    events = list(subscription._events)
    found: list[tuple[int, bool] | str] = []
    for event in events:
        if isinstance(event, MessageEvent):
            found.append((event.message.seq, event.recovered))
        elif isinstance(event, Reset):
            found.append("reset")
    return found


async def enter(server: FakeServer, room: Room, nursery: trio.Nursery, **facts: object) -> Line:
    """Into the lobby, which has the message 1."""
    nursery.start_soon(room.join)
    line = await server.lobby(**{"head": 1, "history": [message(1)], **facts})  # type: ignore[arg-type]
    await settled()
    assert room.state == "joined"
    return line


@pytest.mark.parametrize("format", ["json", "msgpack"])
async def test_it_asks_for_what_it_missed_and_tells_of_that_once(format: str, autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, format=format, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        await line.say("message", **message(2))
        await settled()
        await line.drop()

        line = await server.welcome()
        asked = await line.let_in(head=5, recovered=True, history=[message(1, "edited", changed=3), message(4), message(5)])
        await line.say("message", **message(6))
        await settled()

        assert (asked["since"], asked["epoch"]) == (2, "e")
        assert texts(room) == ["edited", "number 2", "number 4", "number 5", "number 6"]
        assert told(events) == [(2, False), (4, True), (5, True), (6, False)]
        assert room.head == 6


async def test_more_is_fetched_until_nothing_is_missing(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        await line.drop()

        line = await server.lobby(head=5, recovered=True, more=True, history=[message(2), message(3)])
        asked = await line.heard("history")
        assert (asked["data"]["since"], asked["data"]["epoch"]) == (3, "e")
        await line.say("message", **message(6))  # goes on while it catches up
        await line.answer(asked, "history", room="lobby", head=6, epoch="e", recovered=True, more=True, messages=[message(4)])
        asked = await line.heard("history")
        assert asked["data"]["since"] == 4
        await line.answer(asked, "history", room="lobby", head=6, epoch="e", recovered=True, more=False, messages=[message(5), message(6)])
        await settled()

        assert [each.seq for each in room.messages] == [1, 2, 3, 4, 5, 6]
        assert sorted(told(events), key=str) == [(2, True), (3, True), (4, True), (5, True), (6, False)]
        assert room.head == 6
        await line.say("message", **message(7))
        await settled()
        assert room.head == 7


async def test_a_connection_lost_while_catching_up_goes_on_from_the_last_page(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    """Not from the newest thing that was heard: what lies between would be lost."""
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        await line.drop()
        line = await server.lobby(head=9, recovered=True, more=True, history=[message(2)])
        await line.heard("history")
        await line.say("message", **message(10))
        await settled()
        await line.drop()

        line = await server.welcome()
        asked = await line.let_in(head=10, recovered=True, history=[message(seq) for seq in range(3, 11)])

        await settled()
        assert asked["since"] == 2
        assert [each.seq for each in room.messages] == list(range(1, 11))


async def test_what_cannot_be_recovered_begins_anew(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        await line.drop()
        await server.lobby(head=900, epoch="another", more=True, history=[message(899), message(900)])
        await settled()

        assert [each.seq for each in room.messages] == [899, 900]
        assert room.has_earlier
        assert (room.head, room.epoch) == (900, "another")
        assert told(events) == ["reset"]


async def test_an_event_that_is_missing_makes_it_join_again(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        await line.say("message", **message(3))
        asked = await line.let_in(head=3, recovered=True, history=[message(2), message(3)])
        await settled()

        assert asked["since"] == 1
        assert [each.seq for each in room.messages] == [1, 2, 3]
        assert told(events) == [(2, True), (3, True)]


async def test_a_message_from_before_what_is_loaded_leaves_no_hole(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    """It was edited while the client was away; it comes with its page when that is loaded."""
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery, head=100, more=True, history=[message(99), message(100)])
        await line.drop()
        line = await server.lobby(head=101, recovered=True, history=[message(3, "edited", changed=101)])
        await settled()
        assert [each.seq for each in room.messages] == [99, 100]

        nursery.start_soon(room.earlier)
        asked = await line.heard("history")
        assert asked["data"] == {"room": "lobby", "before": 99, "limit": 50}
        await line.answer(asked, "history", room="lobby", head=101, epoch="e", more=True, messages=[message(97), message(98)])
        await settled()
        assert [each.seq for each in room.messages] == [97, 98, 99, 100]


async def test_events_change_messages_where_they_stand(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        await line.say("edited", room="lobby", id="m1", seq=2, message="new")
        await line.say("reacted", room="lobby", id="m1", seq=3, emoji="🎉", users=["ada", "bob"])
        await line.say("pinned", room="lobby", id="m1", seq=4, on=True)
        await settled()
        kept = room.messages[0]
        assert (kept.message, kept.edited, kept.reactions, kept.pinned, kept.changed) == ("new", True, {"🎉": ("ada", "bob")}, True, 4)

        await line.say("reacted", room="lobby", id="m1", seq=5, emoji="🎉", users=[])
        await line.say("room", room="lobby", seq=6, title="Hall", topic="talk", user="ada", role="moderator")
        await line.say("deleted", room="lobby", id="m1", seq=7)
        await settled()
        kept = room.messages[0]
        assert (kept.message, kept.deleted, kept.reactions, kept.pinned, kept.changed) == ("", True, {}, False, 7)
        assert (room.title, room.role, room.head) == ("Hall", "moderator", 7)


async def test_no_more_messages_are_kept_than_the_settings_say(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=ClientSettings(messages_max=3), token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        for seq in range(2, 6):
            await line.say("message", **message(seq))
        await settled()
        assert [each.seq for each in room.messages] == [3, 4, 5]
        assert room.has_earlier
        assert await room.earlier() == ()


async def test_what_this_library_does_not_know_does_no_harm(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        await line.socket.send_message("not json")
        await line.socket.send_message(b"\xc1")
        await line.socket.send_message("[]")
        await line.say("wonder", room="lobby", more={"of": ["it"]})
        await line.say("typing", room="lobby", user=7)
        await line.say("message", **message(2, new_field=True))
        await settled()
        assert texts(room) == ["number 1", "number 2"]
        assert client.is_open
