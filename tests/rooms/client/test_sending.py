"""What is sent arrives: once, in order, or with an error that says why not."""

from __future__ import annotations

import pytest
import trio
from trio.abc import Clock

from rooms.client import ClientClosed, ClientSettings, NotJoined, OutcomeUnknown, QueueFull, Refused, RequestTimeout, Room
from tests.rooms.client.fake_server import HASTE, FakeServer, Line, message, settled


async def enter(server: FakeServer, room: Room, nursery: trio.Nursery) -> Line:
    nursery.start_soon(room.join)
    line = await server.lobby()
    await settled()
    return line


async def test_a_message_is_sending_then_sent_and_stands_in_its_place(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        outgoing = room.send_nowait("hi", mentions=["bob"], meta={"a": 1})
        assert (outgoing.state, room.pending) == ("sending", [outgoing])

        said = await line.heard("message")
        assert said["data"] == {"room": "lobby", "message": "hi", "cid": outgoing.cid, "mentions": ["bob"], "meta": {"a": 1}}
        await line.answer(said, "ack", id="m1", seq=1, room="lobby", cid=outgoing.cid)
        sent = await outgoing.wait()

        assert (sent.id, sent.seq, outgoing.state, room.pending) == ("m1", 1, "sent", [])
        assert [each.message for each in room.messages] == ["hi"]
        await line.say("message", **message(1, "hi", sender="ada", cid=outgoing.cid))
        await settled()
        assert [each.name for each in room.messages] == ["Ada"]
        assert len(events._events) == 1, "the event is told of once, though the message stood there already"


@pytest.mark.parametrize("code", ["overloaded", "unavailable", "unknown_outcome", "timeout", "internal"])
async def test_what_is_refused_for_now_is_sent_again_under_its_cid_before_what_follows(
    code: str, autojump_clock: Clock, nursery: trio.Nursery
) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        first, second = room.send_nowait("1"), room.send_nowait("2")
        said = await line.heard("message")
        await line.refuse(said, code)
        again = await line.take(1)
        assert (said["data"], again["message"]) == (again, "1")
        assert (await line.take(2))["message"] == "2"
        assert [(await each.wait()).seq for each in (first, second)] == [1, 2]


async def test_a_rate_limit_is_waited_for_as_long_as_it_says(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        room.send_nowait("1")
        await line.refuse(await line.heard("message"), "rate_limited", retry_after_ms=7_000)
        began = trio.current_time()
        await line.take(1)
        assert trio.current_time() - began == pytest.approx(7, abs=0.05)


@pytest.mark.parametrize("code", ["muted", "conflict", "bad_message", "storage_full", "not_authorized"])
async def test_a_refusal_is_raised_and_the_message_can_be_tried_again(code: str, autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        outgoing = room.send_nowait("1")
        await line.refuse(await line.heard("message"), code)
        with pytest.raises(Refused, match=code) as refused:
            await outgoing.wait()
        assert refused.value.code == code
        assert (outgoing.state, room.pending) == ("failed", [outgoing])

        room.retry(outgoing)
        assert (await line.take(1))["cid"] == outgoing.cid
        await outgoing.wait()
        assert room.pending == []


async def test_a_failed_message_can_be_forgotten(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        outgoing = room.send_nowait("1")
        await line.refuse(await line.heard("message"), "muted")
        await settled()
        room.discard(outgoing)
        assert room.pending == []


async def test_a_room_that_fails_at_one_message_again_and_again_is_not_asked_for_ever(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        outgoing = room.send_nowait("1")
        for _ in range(3):
            await line.refuse(await line.heard("message"), "internal")
        with pytest.raises(Refused):
            await outgoing.wait()


async def test_what_was_not_acknowledged_is_sent_again_after_a_lost_connection(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        outgoing = [room.send_nowait(str(number)) for number in range(3)]
        await line.heard("message")
        await line.drop()
        offline = room.send_nowait("3")
        line = await server.lobby(recovered=True)
        assert [(await line.take(seq))["cid"] for seq in range(1, 5)] == [each.cid for each in (*outgoing, offline)]
        await settled()
        assert [each.message for each in room.messages] == ["0", "1", "2", "3"]


async def test_what_was_stored_but_not_acknowledged_is_found_in_what_was_missed(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        events = room.events()
        outgoing = room.send_nowait("1")
        await line.heard("message")
        await line.drop()
        line = await server.lobby(head=1, recovered=True, history=[message(1, "1", sender="ada", cid=outgoing.cid)])
        assert (await outgoing.wait()).seq == 1
        assert await line.is_quiet(5), "it is not sent again"
        assert len(room.messages) == 1
        assert len([event for event in events._events if hasattr(event, "recovered")]) == 1


async def test_an_answer_that_never_comes_does_not_matter_once_the_event_has(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        outgoing = room.send_nowait("1")
        await line.heard("message")
        await line.say("message", **message(1, "1", sender="ada", cid=outgoing.cid))
        assert (await outgoing.wait()).seq == 1


async def test_an_acknowledgement_that_never_comes_is_asked_for_again(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        outgoing = room.send_nowait("1")
        said = await line.heard("message")
        again = await line.heard("message")
        assert again["data"] == said["data"]
        await line.answer(again, "ack", id="m1", seq=1, room="lobby", cid=outgoing.cid)
        assert (await outgoing.wait()).seq == 1


async def test_the_queue_has_a_bound(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=ClientSettings(queue_max=3), token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        for _ in range(3):
            room.send_nowait("x")
        with pytest.raises(QueueFull):
            room.send_nowait("x")
        await line.take(1)
        await settled()
        room.send_nowait("x")
        assert len(room.pending) == 3


async def test_several_may_be_under_way_at_once(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=ClientSettings(in_flight_max=2), token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        for number in range(3):
            room.send_nowait(str(number))
        first = await line.heard("message")
        await line.heard("message")
        assert await line.is_quiet(5)
        await line.answer(first, "ack", id="m1", seq=1, room="lobby", cid=first["data"]["cid"])
        assert (await line.heard("message"))["data"]["message"] == "2"


async def test_too_large_a_message_is_refused_before_it_is_sent(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    """The server would close the socket."""
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        with pytest.raises(Refused, match="too_large"):
            await room.send("ä" * 40_000)
        with pytest.raises(Refused, match="too_large"):
            await client.request("history", {"x": "y" * 70_000})
        assert await line.is_quiet(1)


async def test_nothing_can_be_said_where_one_is_not(autojump_clock: Clock) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        with pytest.raises(NotJoined):
            await client.room("lobby").send("x")


async def test_the_end_of_the_block_fails_what_is_pending(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        room = client.room("lobby")
        await enter(server, room, nursery)
        outgoing = room.send_nowait("x")
    with pytest.raises(ClientClosed):
        await outgoing.wait()
    with pytest.raises(ClientClosed):
        await client.request("ping")


# requests


async def test_a_question_is_asked_again_after_a_lost_connection(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)
        nursery.start_soon(room.history)
        await line.heard("history")
        await line.drop()
        line = await server.lobby(recovered=True)
        await line.answer(await line.heard("history"), "history", room="lobby", head=0, epoch="e", messages=[], more=False)


async def test_what_must_not_happen_twice_is_not_asked_twice(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=HASTE, token="t") as client:
        room = client.room("lobby")
        line = await enter(server, room, nursery)

        async def lose() -> None:
            await line.heard("kick")
            await line.drop()

        nursery.start_soon(lose)
        with pytest.raises(OutcomeUnknown):
            await room.kick("bob")


async def test_an_answer_is_waited_for_so_long(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(settings=ClientSettings(request_timeout_seconds=3), token="t") as client:
        with pytest.raises(RequestTimeout):
            await client.request("who")
        line = await server.welcome()
        await client.connected()
        with pytest.raises(RequestTimeout):
            await client.request("who")
        assert await line.heard("who")


async def test_answers_find_their_requests_whatever_their_order(autojump_clock: Clock, nursery: trio.Nursery) -> None:
    server = FakeServer()
    async with server.client(token="t") as client:
        line = await server.welcome()
        answers: dict[int, object] = {}

        async def ask(number: int) -> None:
            answers[number] = (await client.request("who", {"limit": number}))["online"]

        for number in range(3):
            nursery.start_soon(ask, number)
        asked = [await line.heard("who") for _ in range(3)]
        for request in reversed(asked):
            await line.answer(request, "members", online=request["data"]["limit"], users=[])
        await settled()
        assert answers == {0: 0, 1: 1, 2: 2}
