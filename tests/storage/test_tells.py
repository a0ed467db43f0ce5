"""Tells: kept with their turn, known to the host until received, numbered for ever."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from storage import RoomKey, Tell, ValueTooLarge
from tests.storage.process import LOBBY, Process

OTHER = RoomKey("rooms", "other")


def tell(process: Process, arguments: bytes) -> int:
    with process.turn() as file:
        return file.tells.add(OTHER, "greet", arguments)


def test_tells_wait_in_order_until_they_are_sent(process: Process) -> None:
    assert process.room().tells.unsent() == []
    assert [tell(process, b"1"), tell(process, b"2"), tell(process, b"3")] == [1, 2, 3]
    process.commit()
    assert list(process.folder.host.unsent()) == [LOBBY]
    with process.turn() as file:
        file.tells.sent(2)
    assert file.tells.unsent() == [Tell(1, OTHER, "greet", b"1"), Tell(3, OTHER, "greet", b"3")]
    assert file.tells.unsent(after=1) == [Tell(3, OTHER, "greet", b"3")]
    assert file.tells.unsent(limit=1) == [Tell(1, OTHER, "greet", b"1")]
    with process.turn() as file:
        file.tells.sent(1)
        file.tells.sent(3)
    process.commit()
    assert list(process.folder.host.unsent()) == []


def test_a_number_is_never_used_again(process: Process) -> None:
    tell(process, b"")
    with process.turn() as file:
        file.tells.sent(1)
    process.hibernate()
    assert tell(process, b"") == 2
    with pytest.raises(RuntimeError), process.turn() as file:  # noqa: PT012
        assert file.tells.add(OTHER, "greet", b"") == 3
        raise RuntimeError
    assert tell(process, b"") == 3


def test_what_was_taken_is_remembered_for_each_sender_and_epoch(process: Process) -> None:
    tells = process.room().tells
    assert tells.received(OTHER, "one") == 0
    with process.turn():
        tells.record_received(OTHER, "one", 4)
        assert tells.received(OTHER, "one") == 4
    with process.turn():
        tells.record_received(OTHER, "one", 5)
        tells.record_received(OTHER, "two", 1)
    process.hibernate()
    tells = process.room().tells
    assert (tells.received(OTHER, "one"), tells.received(OTHER, "two"), tells.received(LOBBY, "one")) == (5, 1, 0)


def test_tells_survive_a_crash_and_the_host_knows_whom_to_wake(process: Process, start: Callable[..., Process]) -> None:
    process.put("a", 1)
    tell(process, b"x")
    process.sync()
    after = start(process.crash(process.path.with_name("crashed")))
    assert list(after.folder.host.unsent()) == [LOBBY]
    assert after.room().tells.unsent() == [Tell(1, OTHER, "greet", b"x")]
    with after.turn() as file:
        file.tells.sent(1)
    after.sync()
    again = start(after.crash(process.path.with_name("again")))
    assert list(again.folder.host.unsent()) == []


def test_arguments_are_of_bounded_size(process: Process) -> None:
    with process.turn() as file, pytest.raises(ValueTooLarge):
        file.tells.add(OTHER, "greet", bytes(2 * 1024 * 1024 + 1))


def test_many_rooms_with_unsent_tells_are_listed(process: Process) -> None:
    keys = {RoomKey("rooms", f"room {number}") for number in range(250)}
    for key in keys:
        with process.turn(key) as file:
            file.tells.add(OTHER, "greet", b"")
        process.sync()
        process.rooms.pop(key).close()
    assert set(process.folder.host.unsent()) == keys
