"""Behaviours of Durable Objects, C (messages and close) and D (tags, attachments, automatic answers).

The numbers are those of docs/explanation/durable-objects.md. Cases that have a test of their own in ``test_connections.py``
and ``test_hibernation.py`` (41, 53, 56, 61, 65) are not repeated.
"""

from __future__ import annotations

from pathlib import Path

import trio

from rooms import Connection, ConnectRequest, Room, RuntimeSettings
from rooms.testing import open_harness


class Channel(Room):
    """Repeats what it hears to everybody, with the sender's name; keeps what it heard of closes."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.tags = [connection.user[0]]
        self.set_auto_response("ping", "pong")

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "slow":
            await trio.sleep(1)
        if message == "hang":
            await trio.sleep(100)
        self.storage.put("log", [*self.storage.get("log", []), [connection.user, message]])
        connection.send(message)

    async def on_close(self, connection: Connection, code: int, reason: str, clean: bool) -> None:
        self.storage.put("log", [*self.storage.get("log", []), [connection.user, code, reason, clean]])


async def test_32_text_arrives_as_text_and_binary_as_equal_bytes(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        everything = bytes(range(256))
        await ada.send("text é")
        await ada.send(everything)

        assert ada.received == ["text é", everything]


async def test_34_each_clients_messages_are_handled_in_its_order(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        clients = [await harness.connect("r", user=f"user {number}") for number in range(5)]
        for number in range(100):
            for client in clients:
                client.post(str(number))
        await harness.settle()

        log = await harness.visit("r", lambda room: room.storage.get("log"))
        for number in range(5):
            assert [message for user, message in log if user == f"user {number}"] == [str(each) for each in range(100)]


async def test_35_unlike_there_the_second_message_begins_when_the_first_has_ended(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        ada.post("slow")
        ada.post("fast")
        await trio.sleep(2)

        assert ada.received == ["slow", "fast"]


async def test_37_38_a_close_is_heard_once_with_code_reason_and_cleanness(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        for user, code, reason, clean in (("a", 1000, "bye", True), ("b", 1005, "", True), ("c", 1006, "", False)):
            client = await harness.connect("r", user=user)
            await client.leave(code, reason, clean)

        log = await harness.visit("r", lambda room: room.storage.get("log"))
        assert log == [["a", 1000, "bye", True], ["b", 1005, "", True], ["c", 1006, "", False]]


async def test_40_a_server_close_reaches_the_client_and_the_connection_leaves_the_list(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        ada = await harness.connect("r")

        def close(room: Room) -> int:
            room.connections()[0].close(4000, "bye")
            return len(room.connections())

        assert await harness.visit("r", close) == 0
        assert ada.closed == (4000, "bye")


async def test_43_50_sending_to_one_that_vanished_is_no_error_and_the_others_hear(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        clients = [await harness.connect("r", user=user) for user in ("a", "b", "c")]
        clients[1].closed = (1006, "")  # the socket is dead, and the room has not heard of it
        await harness.visit("r", lambda room: room.broadcast("news"))

        assert [client.received for client in clients] == [["news"], [], ["news"]]


async def test_46_without_a_hook_for_messages_they_are_dropped_without_error(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"deaf": Room}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        await ada.send("hello")
        assert (ada.received, ada.failures, ada.closed) == ([], [], None)


async def test_52_a_tag_finds_only_those_that_have_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        for user in ("ada", "alan", "bob"):
            await harness.connect("r", user=user)
        assert await harness.visit("r", lambda room: [each.user for each in room.connections("a")]) == ["ada", "alan"]
        assert await harness.visit("r", lambda room: [each.user for each in room.connections("b")]) == ["bob"]


async def test_58_an_automatic_answer_is_exact_and_to_text_only(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        for message in ("ping", "ping ", b"ping"):
            await ada.send(message)

        assert ada.received == ["pong", "ping ", b"ping"]
        assert await harness.visit("r", lambda room: [message for _, message in room.storage.get("log")]) == ["ping ", b"ping"]


async def test_59_automatic_answers_between_a_rooms_own_frames_reorder_nothing_of_either(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        for number in range(50):
            ada.post(str(number))
            ada.post("ping")
        await harness.settle()

        assert [each for each in ada.received if each != "pong"] == [str(number) for number in range(50)]
        assert ada.received.count("pong") == 50


async def test_62_the_time_of_the_last_automatic_answer_is_kept_and_none_before_the_first(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"channels": Channel}, data=tmp_path) as harness:
        ada = await harness.connect("r")
        assert await harness.visit("r", lambda room: room.connections()[0].auto_response_ms) is None
        await ada.send("ping")
        answered_ms = harness.date.now_ms()
        await trio.sleep(11)

        assert await harness.visit("r", lambda room: room.connections()[0].auto_response_ms) == answered_ms


async def test_64_unlike_there_a_turn_past_its_time_costs_the_turn_and_not_the_room(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"channels": Channel}, data=tmp_path, settings=RuntimeSettings(turn_seconds=5)) as harness:
        ada = await harness.connect("r")
        ada.post("hang")
        ada.post("next")
        await trio.sleep(6)

        assert [failure.refusal.code for failure in ada.failures] == ["timeout"]
        assert ada.received == ["next"]
        assert ada.closed is None
