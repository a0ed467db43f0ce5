"""Connections: who is there, what they carry, how they end, and what is too much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import (
    AttachmentTooLarge,
    BadAutoResponse,
    BadClose,
    BadTags,
    Connection,
    ConnectRequest,
    Envelope,
    Event,
    Identity,
    NotSendable,
    Refusal,
    Room,
    RoomKey,
    RuntimeSettings,
)
from rooms.testing import open_harness
from storage import NotStorable


class Hall(Room):
    """Lets in all but ``mallory``; notes every close; does what a test asks."""

    closes: list[tuple[str, int, str, bool]]

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        if connection.user == "mallory":
            self.storage.put("refused", True)
            return Refusal("banned", "not you", close_code=4411)
        return None

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "close":
            connection.send("bye")
            connection.close(4000, "you asked")
            connection.send("never")
            self.broadcast("he left")
        elif message == "break close":
            connection.close()
            raise ValueError
        else:
            connection.send(message)

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        assert connection not in self.connections()
        closes = self.storage.get("closes", [])
        self.storage.put("closes", [*closes, [connection.user, code, reason, clean]])


async def closes(harness: Any) -> Any:
    return await harness.visit("attic", lambda room: room.storage.get("closes", []))


async def test_connections_are_listed_the_oldest_first_and_by_tag(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        clients = [await harness.connect("attic", user=user) for user in ("a", "b", "c")]

        def tag(room: Room) -> list[str]:
            room.connections()[0].tags = ["x"]
            room.connections()[2].tags = ["x", "y", "x", ""]
            return [each.user for each in room.connections("x")]

        assert await harness.visit("attic", tag) == ["a", "c"]
        assert await harness.visit("attic", lambda room: [each.user for each in room.connections()]) == ["a", "b", "c"]
        assert await harness.visit("attic", lambda room: room.connections("y")[0].tags) == ("x", "y", "")
        await clients[0].leave()
        assert await harness.visit("attic", lambda room: [each.user for each in room.connections("x")]) == ["c"]
        assert await harness.visit("attic", lambda room: room.connections("nobody")) == []


async def test_ids_are_unique_and_find_their_connection(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        one, other = await harness.connect("attic", user="ada"), await harness.connect("attic", user="ada")

        assert one.connection.id != other.connection.id
        assert await harness.visit("attic", lambda room: room.connection(one.connection.id) is one.connection)
        await one.leave()
        assert await harness.visit("attic", lambda room: room.connection(one.connection.id)) is None


async def test_a_refused_connection_never_was_but_what_its_turn_wrote_stays(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        mallory = await harness.connect("attic", user="mallory")
        await mallory.send("hello")
        await mallory.leave()

        assert mallory.refusal == Refusal("banned", "not you", close_code=4411)
        assert [failure.refusal.code for failure in mallory.failures] == ["not_in_room"]
        assert await harness.visit("attic", lambda room: room.storage.list()) == {"refused": True}


async def test_a_close_of_the_client_is_heard_once_with_its_code(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")
        await ada.leave(1000, "bye")
        await bob.leave(1006, "", clean=False)
        ada.connection.gone(1000, "again", True)

        assert await closes(harness) == [["ada", 1000, "bye", True], ["bob", 1006, "", False]]


async def test_a_close_of_the_room_follows_what_was_sent_and_is_heard_too(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        bob = await harness.connect("attic", user="bob")
        await ada.send("close")

        assert ada.received == ["bye"]
        assert ada.closed == (4000, "you asked")
        assert bob.received == ["he left"]
        assert await closes(harness) == [["ada", 4000, "you asked", True]]


async def test_a_close_in_a_turn_that_raised_did_not_happen(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        await ada.send("break close")
        await ada.send("still here")

        assert ada.closed is None
        assert ada.received == ["still here"]


async def test_a_second_close_and_a_send_after_it_have_no_effect(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic")

        def close_twice(room: Room) -> None:
            (connection,) = room.connections()
            connection.close(4001, "first")
            connection.close(4002, "second")
            connection.send("never")
            room.broadcast("never")

        await harness.visit("attic", close_twice)
        assert ada.closed == (4001, "first")
        assert ada.received == []


@pytest.mark.parametrize(("code", "reason"), [(999, ""), (1004, ""), (1005, ""), (1006, ""), (1015, ""), (5000, ""), (1000, "é" * 62)])
async def test_a_close_that_may_not_be_sent_is_an_error_and_nothing_happens(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, code: int, reason: str
):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        with pytest.raises(BadClose):
            await harness.visit("attic", lambda room: room.connections()[0].close(code, reason))
        assert ada.closed is None


async def test_an_attachment_is_a_copy_and_only_assignment_changes_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        value = {"list": [1]}

        def assign(room: Room) -> None:
            (connection,) = room.connections()
            assert connection.attachment is None
            connection.attachment = value
            value["list"].append(2)
            connection.attachment["list"].append(3)

        await harness.visit("attic", assign)
        assert await harness.visit("attic", lambda room: room.connections()[0].attachment) == {"list": [1]}
        assert ada.connection.attachment == {"list": [1]}


async def test_an_attachment_of_16384_bytes_fits_and_one_more_does_not_and_the_old_one_stays(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        await harness.connect("attic")

        def assign(room: Room) -> None:
            (connection,) = room.connections()
            connection.attachment = "a" * (16_384 - 3)
            with pytest.raises(AttachmentTooLarge):
                connection.attachment = "b" * (16_384 - 2)
            with pytest.raises(NotStorable):
                connection.attachment = object()

        await harness.visit("attic", assign)
        assert await harness.visit("attic", lambda room: room.connections()[0].attachment[0]) == "a"


async def test_ten_tags_of_256_characters_fit_and_more_do_not(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        await harness.connect("attic")
        fitting = [f"{number}".ljust(256, "x") for number in range(10)]

        def assign(room: Room) -> None:
            (connection,) = room.connections()
            connection.tags = [*fitting, fitting[0]]
            for bad in ([*fitting, "eleventh"], ["y" * 257], "text", [1]):
                with pytest.raises(BadTags):
                    connection.tags = bad

        await harness.visit("attic", assign)
        assert await harness.visit("attic", lambda room: room.connections()[0].tags) == tuple(fitting)


async def test_one_connection_too_many_is_refused_and_the_room_stays(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path, settings=RuntimeSettings(connections_per_room_max=2)) as harness:
        clients = [await harness.connect("attic") for _ in range(3)]

        assert [client.refusal and client.refusal.code for client in clients] == [None, None, "overloaded"]
        await clients[0].send("hello")
        assert clients[0].received == ["hello"]


async def test_connections_that_wait_to_be_let_in_count_too(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path, settings=RuntimeSettings(connections_per_room_max=2)) as harness:
        clients = [harness.connect_nowait("attic") for _ in range(5)]
        await harness.settle()

        assert [client.refusal and client.refusal.code for client in clients] == [None, None, *["overloaded"] * 3]


async def test_an_identity_is_read_anew_each_time(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        ada.identity = Identity("ada", "Ada Lovelace", admin=True)

        assert await harness.visit("attic", lambda room: room.connections()[0].identity.name) == "Ada Lovelace"


async def test_a_raw_room_sends_text_and_bytes_and_an_envelope_room_events(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Formal(Hall):
        envelopes = True

    async with open_harness({"raw": Hall, "formal": Formal}, data=tmp_path) as harness:
        for kind, wrong in (("raw", Event("x", {})), ("raw", 1), ("formal", "text"), ("formal", b"x")):
            await harness.connect("attic", kind=kind)
            for say in (
                lambda room, wrong=wrong: room.broadcast(wrong),
                lambda room, wrong=wrong: room.connections()[0].send(wrong),
            ):
                with pytest.raises(NotSendable):
                    await harness.visit("attic", say, kind=kind)


async def test_a_full_mailbox_refuses_envelopes_and_pauses_raw_sockets(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Slow(Room):
        async def on_message(self, connection: Connection, message: Any) -> None:
            await trio.sleep(1)

    class FormalSlow(Slow):
        envelopes = True

    settings = RuntimeSettings(mailbox_messages_max=4, batch_mails_max=2)
    async with open_harness({"raw": Slow, "formal": FormalSlow}, data=tmp_path, settings=settings) as harness:
        raw = await harness.connect("attic", kind="raw")
        assert all(raw.post("x") for _ in range(10))
        assert raw.is_paused
        await trio.sleep(12)
        assert not raw.is_paused

        formal = await harness.connect("attic", kind="formal")
        taken = [formal.post(Envelope("x", None)) for _ in range(10)]
        assert taken == [True] * 4 + [False] * 6
        await formal.leave()
        await trio.sleep(12)
        assert await harness.visit("attic", lambda room: len(room.connections()), kind="formal") == 0


async def test_a_close_and_its_message_before_it_are_heard_in_order_and_messages_after_it_are_not(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        ada.post("before")
        ada.connection.gone(1000, "", True)
        ada.post("after")
        await harness.settle()

        assert ada.received == ["before"]
        assert [failure.message for failure in ada.failures] == ["after"]


@pytest.mark.parametrize("pair", [("x" * 2_049, "y"), ("x", "y" * 2_049), (b"x", "y")])
async def test_an_automatic_answer_that_is_too_long_is_an_error(
    tmp_path: Path, autojump_clock: trio.testing.MockClock, pair: tuple[Any, Any]
):
    async with open_harness({"room": Hall}, data=tmp_path) as harness:
        with pytest.raises(BadAutoResponse):
            await harness.visit("attic", lambda room: room.set_auto_response(*pair))
        assert await harness.visit("attic", lambda room: room.get_auto_response()) is None


async def test_a_connect_to_a_room_that_cannot_start_is_refused_and_the_next_one_tries_again(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    class Fragile(Hall):
        broken = True

        async def on_start(self) -> None:
            if Fragile.broken:
                raise ValueError

    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        assert ada.refusal is not None
        assert ada.refusal.code == "internal"

        Fragile.broken = False
        bob = await harness.connect("attic")
        await bob.send("hello")
        assert bob.received == ["hello"]


async def test_a_message_to_a_hibernated_room_that_cannot_start_is_failed_and_the_socket_stays(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    class Fragile(Hall):
        broken = False

        async def on_start(self) -> None:
            if Fragile.broken:
                await trio.lowlevel.checkpoint()
                raise ValueError

    async with open_harness({"room": Fragile}, data=tmp_path) as harness:
        ada = await harness.connect("attic")
        await trio.sleep(11)
        Fragile.broken = True
        await ada.send("one")
        Fragile.broken = False
        await ada.send("two")

        assert [failure.message for failure in ada.failures] == ["one"]
        assert ada.received == ["two"]
        assert ada.closed is None


async def test_a_connection_made_to_a_refusing_runtime_leaves_nothing_behind(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Hall}, data=tmp_path, settings=RuntimeSettings(failed_turns_max=1)) as harness:
        with pytest.raises(ZeroDivisionError):
            await harness.visit("attic", lambda _room: 1 / 0)
        await trio.sleep(1)
        ada = await harness.connect("attic")

        assert ada.refusal is not None
        assert ada.refusal.code == "unavailable"
        await trio.sleep(20)
        assert harness.runtime.refusal(RoomKey("room", "attic")) is None
        assert harness.runtime._actors == {}
