"""Calls between rooms: asks and their cycles, casts, and what becomes of a turn that asks."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from rooms import (
    CallCycle,
    CallFailed,
    CallTimeout,
    CallUndone,
    Connection,
    NotCallable,
    Room,
    RoomOverloaded,
    RuntimeSettings,
    UnknownKind,
    callable_from_rooms,
)
from rooms.testing import open_harness
from storage import NotStorable


class Wordless(Exception):
    def __str__(self) -> str:
        raise ZeroDivisionError


class Party(Room):
    """Its methods are small programs for other rooms."""

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        """``ask NAME METHOD``: says what came of it."""
        _, name, method = str(message).split()
        self.storage.put("before", True)
        connection.send("before")
        try:
            answer = await getattr(self.stub("room", name), method)()
        except Exception as error:
            connection.send(type(error).__name__)
        else:
            connection.send(str(answer))
        self.storage.put("after", True)

    @callable_from_rooms
    async def name_of(self) -> str:
        return self.name

    @callable_from_rooms
    async def ask(self, *way: str) -> str:
        """Ask along ``way``; the last one is asked for its name."""
        next_name, *rest = way
        stub = self.stub("room", next_name)
        answer = await (stub.ask(*rest) if rest else stub.name_of())
        return f"{self.name} {answer}"

    @callable_from_rooms
    async def ask_slowly(self, other: str, seconds: float) -> str:
        await trio.sleep(seconds)
        return str(await self.stub("room", other).name_of())

    @callable_from_rooms
    async def fail_without_words(self) -> None:
        raise Wordless

    @callable_from_rooms
    async def fail(self) -> None:
        self.storage.put("failed", True)
        raise ValueError("this is why")

    @callable_from_rooms
    async def hang(self) -> None:
        await trio.sleep(1_000)

    @callable_from_rooms
    async def give_object(self) -> object:
        return object()

    @callable_from_rooms
    async def store(self, key: str, value: Any) -> None:
        self.storage.put(key, value)

    @callable_from_rooms
    async def store_then_ask_then_fail(self) -> None:
        self.storage.put("first part", True)
        await self.stub("room", "other").name_of()
        self.storage.put("second part", True)
        raise ValueError

    @callable_from_rooms
    async def ask_many(self) -> list[str]:
        answers: list[str] = []

        async def one(name: str) -> None:
            answers.append(await self.stub("room", name).name_of())

        async with trio.open_nursery() as nursery:
            for name in ("x", "y", "z"):
                nursery.start_soon(one, name)
        return sorted(answers)

    async def not_for_others(self) -> None: ...


async def test_an_ask_returns_what_the_other_room_returned(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        assert await harness.stub("a").ask("b", "c") == "a b c"


async def test_values_travel_as_copies_that_can_be_stored(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    class Mirror(Room):
        @callable_from_rooms
        async def back(self, value: Any) -> Any:
            return value

    async with open_harness({"room": Mirror}, data=tmp_path) as harness:
        assert await harness.stub("a").back({"list": (1, 2.5, b"x", None)}) == {"list": [1, 2.5, b"x", None]}
        with pytest.raises(NotStorable):
            await harness.stub("a").back(object())


@pytest.mark.parametrize("way", [("a",), ("b", "a"), ("b", "c", "a"), ("b", "c", "b")])
async def test_a_cycle_is_refused_at_once(tmp_path: Path, autojump_clock: trio.testing.MockClock, way: tuple[str, ...]):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        started = trio.current_time()
        with pytest.raises(CallFailed) as refused:
            await harness.stub("a").ask(*way)

        assert "CallCycle" in str(refused.value)
        assert trio.current_time() == started


async def test_two_rooms_that_ask_each_other_at_once_are_refused_at_once(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """One of the two is refused; its turn ends, and the other one gets its answer."""
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        started = trio.current_time()
        results: list[str] = []

        async def begin(one: str, other: str) -> None:
            try:
                results.append(await harness.stub(one).ask(other))
            except CallFailed as error:
                results.append(error.error_type)

        async with trio.open_nursery() as nursery:
            nursery.start_soon(begin, "a", "b")
            nursery.start_soon(begin, "b", "a")

        assert "CallCycle" in results
        assert len(results) == 2
        assert trio.current_time() == started


async def test_the_cycle_is_also_seen_when_the_second_ask_comes_later(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        results: dict[str, str] = {}

        async def begin(one: str, other: str, seconds: float) -> None:
            try:
                results[one] = await harness.stub(one).ask_slowly(other, seconds)
            except CallFailed as error:
                results[one] = error.error_type

        async with trio.open_nursery() as nursery:
            nursery.start_soon(begin, "a", "b", 1)
            nursery.start_soon(begin, "b", "a", 2)

        assert results == {"a": "b", "b": "CallCycle"}


async def test_an_exception_there_arrives_with_its_type_and_text_and_undoes_the_turn_there(
    tmp_path: Path, autojump_clock: trio.testing.MockClock
):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        with pytest.raises(CallFailed) as failed:
            await harness.stub("a").fail()

        assert (failed.value.error_type, failed.value.error_message) == ("ValueError", "this is why")
        assert await harness.visit("a", lambda room: room.storage.list()) == {}


async def test_an_exception_there_whose_text_cannot_be_had_arrives_too(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        with pytest.raises(CallFailed, match=r"str\(\) failed") as failed:
            await harness.stub("a").fail_without_words()
        assert failed.value.error_type == "Wordless"
        assert await harness.stub("a").name_of() == "a"


async def test_a_result_that_cannot_travel_fails_the_turn(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        with pytest.raises(CallFailed) as failed:
            await harness.stub("a").give_object()
        assert failed.value.error_type == "NotStorable"


async def test_no_answer_in_time_is_a_timeout(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        ada.post("ask b hang")
        await trio.sleep(10.5)

        assert ada.received == ["before", "CallTimeout"]
        with pytest.raises(CallTimeout):
            await harness.stub("b").name_of()


@pytest.mark.parametrize("method", ["not_for_others", "on_start", "no_such_method"])
async def test_only_marked_methods_can_be_called(tmp_path: Path, autojump_clock: trio.testing.MockClock, method: str):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        with pytest.raises(NotCallable):
            await getattr(harness.stub("a"), method)()
    with pytest.raises(AttributeError):
        harness.stub("a")._private  # noqa: B018


async def test_a_stub_to_an_unknown_kind_is_refused_when_made(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        with pytest.raises(UnknownKind):
            harness.stub("a", kind="nothing")


async def test_a_stub_alone_wakes_nothing(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        harness.stub("a")
        await harness.settle()
        assert harness.runtime.stats.awake == 0


async def test_an_ask_ends_the_turn_so_far(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    """What was written and said before the ask is durable and heard while the hook still waits for its answer."""
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        ada.post("ask b hang")
        await trio.sleep(1)

        assert ada.received == ["before"]
        await harness.crash()
        assert await harness.visit("a", lambda room: room.storage.list()) == {"before": True}


async def test_an_exception_after_an_ask_undoes_only_what_followed_it(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        with pytest.raises(CallFailed):
            await harness.stub("a").store_then_ask_then_fail()

        assert await harness.visit("a", lambda room: room.storage.list()) == {"first part": True}


async def test_the_ask_goes_out_only_when_what_precedes_it_is_durable(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        harness.disk.hold()
        ada.post("ask b name_of")
        await harness.settle()
        assert harness.state("b").name == "EVICTED"

        harness.disk.let_go()
        await harness.settle()
        assert ada.received == ["before", "b"]


async def test_an_ask_whose_beginning_could_not_be_stored_never_went_out(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        harness.disk.is_full = True
        await ada.send("ask b name_of")

        assert [failure.refusal.code for failure in ada.failures] == ["storage_full"]
        assert harness.state("b").name == "EVICTED"
        assert ada.received == []


async def test_an_answer_that_could_not_be_stored_is_an_error_to_the_asker(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        harness.disk.is_full = True
        with pytest.raises(CallUndone) as undone:
            await harness.stub("a").store("key", 1)

        assert undone.value.code == "storage_full"
        harness.disk.is_full = False
        assert await harness.visit("a", lambda room: room.storage.list()) == {}


async def test_calls_of_one_room_arrive_in_their_order(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    heard: list[int] = []

    class Ear(Room):
        @callable_from_rooms
        async def hear(self, number: int) -> None:
            heard.append(number)

        @callable_from_rooms
        async def talk(self) -> None:
            ear = self.stub("room", "ear")
            for number in range(50):
                ear.cast.hear(number)

    async with open_harness({"room": Ear}, data=tmp_path) as harness:
        await harness.stub("mouth").talk()
        await harness.settle()
        assert heard == list(range(50))


async def test_several_asks_at_once_from_one_hook(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        assert await harness.stub("a").ask_many() == ["x", "y", "z"]


async def test_a_full_mailbox_overloads_the_asker(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    settings = RuntimeSettings(mailbox_messages_max=3)
    async with open_harness({"room": Party}, data=tmp_path, settings=settings) as harness:
        refused = []

        async def call(method: str) -> None:
            try:
                await getattr(harness.stub("a"), method)()
            except (RoomOverloaded, CallTimeout) as error:
                refused.append(type(error))

        async with trio.open_nursery() as nursery:
            nursery.start_soon(call, "hang")
            await harness.settle()
            for _ in range(5):
                nursery.start_soon(call, "name_of")

        assert refused.count(RoomOverloaded) == 2


async def test_a_cycle_found_in_a_hook_is_an_ordinary_exception_there(tmp_path: Path, autojump_clock: trio.testing.MockClock):
    async with open_harness({"room": Party}, data=tmp_path) as harness:
        ada = await harness.connect("a")
        await ada.send("ask a name_of")

        assert ada.received == ["before", CallCycle.__name__]
        assert await harness.visit("a", lambda room: room.storage.list()) == {"before": True, "after": True}
