"""Coming into rooms and being put out of them, private conversations, and those who listen."""

from __future__ import annotations

from typing import Any

import pytest
import trio
from trio.abc import Clock

from rooms.client import (
    ClientClosed,
    ClientSettings,
    Event,
    EventsLost,
    Guest,
    Hello,
    MessageEvent,
    NotJoined,
    Refused,
    Room,
    Stats,
    Subscription,
    Unknown,
    User,
)
from tests.rooms.client.fake_server import HASTE, FakeServer, Line, message, settled


async def enter(server: FakeServer, room: Room, nursery: trio.Nursery, **facts: Any) -> Line:
    nursery.start_soon(room.join)
    line = await server.lobby(**facts)
    await settled()
    return line


async def test_a_room_tells_its_state_and_keeps_it(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        users = [{"user": "ada", "name": "Ada"}, {"user": "bob", "name": "Bob", "connections": 2}]
        line = await enter(server, room, nursery, title="Hall", role="owner", users=users, online=2, head=3, reads={"bob": 2})
        assert (room.title, room.role, room.online, room.head, dict(room.reads)) == ("Hall", "owner", 2, 3, {"bob": 2})
        assert room.users["bob"] == User(user="bob", name="Bob", connections=2)

        await line.say("joined", room="lobby", user="cat", name="Cat", session="x")
        await line.say("left", room="lobby", user="bob", session="y", reason="left")
        await line.say("typing", room="lobby", user="cat", name="Cat", typing=True)
        await line.say("message", **message(4, sender="cat"))
        await line.say("typing", room="lobby", user="cat", name="Cat", typing=True)
        await line.say("read", room="lobby", user="cat", seq=4)
        await settled()
        assert (set(room.users), room.online, dict(room.typing), room.reads["cat"]) == ({"ada", "cat"}, 2, {"cat": "Cat"}, 4)
        assert room.unread == 1
        await trio.sleep(6)
        assert not room.typing

        nursery.start_soon(room.read)
        asked = await line.heard("read")
        assert asked["data"] == {"room": "lobby", "seq": 4}
        await line.answer(asked, "ack", room="lobby", seq=4)
        assert room.unread == 0


async def test_typing_is_said_at_most_every_three_seconds(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        for _ in range(5):
            room.typing_nowait()
        assert (await line.heard("typing"))["data"] == {"room": "lobby", "typing": True}
        assert await line.is_quiet(3)
        room.typing_nowait()
        room.typing_nowait(False)
        assert [(await line.heard("typing"))["data"]["typing"] for _ in range(2)] == [True, False]


async def test_a_join_that_is_refused_for_good_raises(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("secret")

        async def join() -> None:
            with pytest.raises(Refused, match="not_authorized"):
                await room.join()

        nursery.start_soon(join)
        line = await server.welcome()
        await line.refuse(await line.heard("join"), "not_authorized")
        await settled()
        assert room.state == "ended"
        with pytest.raises(Refused):
            await room.send("x")


@pytest.mark.parametrize("code", ["overloaded", "rate_limited", "unavailable"])
async def test_a_join_that_is_refused_for_now_is_tried_again(code: str, autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        nursery.start_soon(room.join)
        line = await server.welcome()
        await line.refuse(await line.heard("join"), code, retry_after_ms=4_000)
        began = trio.current_time()
        await line.let_in()
        await settled()
        assert room.state == "joined"
        assert trio.current_time() - began == pytest.approx(4, abs=0.05)


async def test_a_join_that_nobody_waits_for_any_more_is_forgotten(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        line = await server.welcome()
        with trio.move_on_after(1):
            await client.join("lobby")
        await line.heard("join")
        await line.drop()
        line = await server.welcome()
        assert await line.is_quiet(5)
        assert client.room("lobby").state == "left"


async def test_who_is_kicked_comes_back_and_who_is_banned_does_not(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        await line.say("kicked", room="lobby", by="eve", reason="spam", seconds=30)
        await settled()
        assert room.state == "waiting"
        waiting = room.send_nowait("I am back")
        began = trio.current_time()
        await line.let_in(recovered=True)
        assert trio.current_time() - began == pytest.approx(30, abs=0.05)
        await line.take(1)
        await waiting.wait()

        await line.say("kicked", room="lobby", by="eve", reason="spam", seconds=None)
        await settled()
        assert room.state == "ended"
        with pytest.raises(Refused, match="banned"):
            await room.send("x")


async def test_a_room_that_is_left_hears_nothing_more(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        nursery.start_soon(room.leave)
        asked = await line.heard("leave")
        await line.say("message", **message(1))
        await line.answer(asked, "left", room="lobby", session="s", user="ada", reason="left")
        await settled()
        assert (room.state, list(room.messages)) == ("left", [])
        with pytest.raises(NotJoined):
            room.send_nowait("x")
        await line.drop()
        assert await (await server.welcome()).is_quiet(5)


async def test_a_token_that_no_longer_grants_a_room_ends_it(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        await line.say("left", room="lobby", session="s", user="ada", reason="not_authorized")
        await settled()
        assert room.state == "ended"
        assert isinstance(room.error, Refused)
        assert room.error.code == "not_authorized"


async def test_a_room_that_was_destroyed_is_empty_and_over(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery, head=1, history=[message(1)])
        await line.say("destroyed", room="lobby")
        await settled()
        assert (room.state, list(room.messages), room.epoch) == ("ended", [], None)


async def test_a_guest_says_who_it_is_and_is_admitted_as_that(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(guest=Guest(name="Ada", key="k")) as client:
        line = await server.accept()
        await line.hello("guest-1")
        auth = await line.heard("auth")
        assert auth["data"] == {"name": "Ada", "key": "k"}
        assert not client.is_open
        await line.hello("guest-ada", ref=auth["ref"])
        assert (await client.connected()).user.user == "guest-ada"


# conversations


def letter(seq: int, sender: str, to: str, **more: Any) -> dict[str, Any]:
    """A private message."""
    facts = {key: value for key, value in message(seq, sender=sender).items() if key != "room"}
    return {**facts, "to": to, **more}


async def test_private_messages_find_their_conversation_and_are_counted_once(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(token="t") as client, client.events() as events:
        line = await server.accept()
        await line.hello(conversations=[{"with": "bob", "unread": 1, "head": 3, "last": letter(3, "bob", "ada")}])
        await line.say("private", **letter(3, "bob", "ada"))  # what hello has counted comes after it
        await settled()
        bob = client.private("bob")
        assert bob.unread == 1
        await line.say("private", **letter(4, "bob", "ada"))
        await line.say("private", **letter(1, "cat", "ada"))
        await settled()
        assert (bob.unread, set(client.conversations)) == (2, {"bob", "cat"})
        assert bob.last is not None
        assert bob.last.seq == 4
        await line.say("blocked", **{"with": "bob", "on": True})
        await settled()
        assert bob.is_blocked
        heard = [event.with_ for event in events._events if isinstance(event, MessageEvent)]
        assert heard == ["bob", "bob", "cat"]
        await line.say("read", **{"with": "bob", "user": "ada", "seq": 4})  # on another socket
        await settled()
        assert bob.unread == 0


async def test_a_conversation_that_is_open_is_kept_up_over_a_lost_connection(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        line = await server.welcome()
        bob = client.private("bob")
        nursery.start_soon(bob.open)
        asked = await line.heard("history")
        assert asked["data"] == {"with": "bob", "limit": 50}
        page = {"with": "bob", "head": 1, "epoch": "p", "more": False, "reads": {"bob": 1}, "messages": [letter(1, "ada", "bob")]}
        await line.answer(asked, "history", **page)
        outgoing = bob.send_nowait("psst")
        said = await line.heard("private")
        assert said["data"] == {"to": "bob", "message": "psst", "cid": outgoing.cid}
        await line.drop()

        line = await server.welcome()
        again = [await line.next(), await line.next()]
        said, asked = sorted(again, key=lambda request: request["type"], reverse=True)
        assert said["data"]["cid"] == outgoing.cid
        assert asked["data"] == {"with": "bob", "since": 1, "epoch": "p"}
        missed = [letter(2, "bob", "ada")]
        await line.answer(asked, "history", **{**page, "head": 2, "recovered": True, "messages": missed})
        await line.answer(said, "ack", **{"with": "bob", "id": "m3", "seq": 3, "cid": outgoing.cid})
        await line.say("private", **letter(3, "ada", "bob", cid=outgoing.cid))
        await line.say("edited", **{"with": "bob", "id": "m2", "seq": 4, "message": "better"})
        await settled()
        assert [each.seq for each in bob.messages] == [1, 2, 3]
        assert bob.messages[1].message == "better"
        assert (bob.head, bob.unread, bob.reads["bob"]) == (4, 1, 1)


# listening


async def test_a_reader_that_is_too_slow_is_told_so_after_what_was_kept(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=ClientSettings(events_max=3), token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        for seq in range(1, 6):
            await line.say("message", **message(seq))
        await settled()
        kept = [event.message.seq for event in events._events if isinstance(event, MessageEvent)]
        with pytest.raises(EventsLost):
            await last(events)
        assert kept == [1, 2, 3]
        assert [each.seq for each in room.messages] == [1, 2, 3, 4, 5], "the state is whole"


async def test_readers_hear_what_ended_the_client(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        line = await server.welcome()
        await client.connected()
        events = client.events()
        await line.close(4403)
        for each in (events, client.events(), client.room("lobby").events()):
            with pytest.raises(ClientClosed):
                await last(each)


async def test_readers_end_with_the_block(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        await server.welcome()
        await client.connected()
        events = client.events()
    await last(events)
    await last(client.events())


async def last(events: Subscription) -> list[Event]:
    """Read to the end."""
    return [event async for event in events]


async def test_events_of_the_client_are_typed_and_unknown_ones_are_kept(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(token="t") as client, client.events() as events:
        line = await server.accept()
        await line.hello(online=[{"user": "bob", "name": "Bob"}, "cat"])
        await line.say("stats", lobby={"online": 3})
        await line.say("online", user="dan", name="Dan")
        await line.say("offline", user="bob", name="Bob")
        await line.say("wonder", of="tomorrow")
        await settled()
        kinds = [type(event) for event in events._events]
        assert Hello in kinds
        assert Stats in kinds
        assert [event for event in events._events if isinstance(event, Unknown)] == [Unknown(type="wonder", data={"of": "tomorrow"})]
        assert client.stats == {"lobby": 3}
        assert set(client.online) == {"cat", "dan"}


async def test_an_error_in_the_block_is_raised_as_it_is() -> None:
    """Not in a group of one."""
    server = FakeServer()
    with trio.fail_after(5), pytest.raises(ExceptionGroup) as group:
        async with server.client(token="t"):
            raise KeyError("the block's own")
    (error,) = group.value.exceptions  # the group is of the test's own nursery
    assert isinstance(error, KeyError)
