"""The one alarm of a room (Durable Objects cases 103 to 112)."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from storage import Alarm, AlarmRefused, RoomKey
from tests.storage.process import LOBBY, Process


def test_only_the_last_alarm_set_stands(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
        file.storage.set_alarm(3000)
        assert file.storage.get_alarm() == 3000
    process.commit()
    assert process.folder.host.due(10_000, 10) == [(LOBBY, 3000)]


def test_a_datetime_is_a_moment_too_and_fractions_are_never_early(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(datetime(1970, 1, 1, 0, 0, 5, tzinfo=UTC))
        assert file.storage.get_alarm() == 5000
        file.storage.set_alarm(5000.25)
        assert file.storage.get_alarm() == 5001


@pytest.mark.parametrize("at", [0, -1, math.nan, math.inf, 10**15, True, "5", None, datetime(2026, 1, 1)], ids=repr)
def test_what_is_no_time_is_refused_and_the_alarm_stays(process: Process, at: object) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
        with pytest.raises(AlarmRefused):
            file.storage.set_alarm(at)  # type: ignore[arg-type]
        assert file.storage.get_alarm() == 5000


def test_a_past_time_is_due_at_once(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(1)
    process.sync()
    assert process.folder.host.next_due() == 1


def test_a_deleted_alarm_is_not_due(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    with process.turn() as file:
        file.storage.delete_alarm()
        assert file.storage.get_alarm() is None
    process.sync()
    assert process.folder.host.due(10_000, 10) == []
    assert process.folder.host.next_due() is None


def test_an_alarm_is_set_with_its_turn_or_not_at_all(process: Process, start: Callable[..., Process]) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    with pytest.raises(RuntimeError), process.turn() as file:  # noqa: PT012
        file.storage.set_alarm(9000)
        raise RuntimeError
    assert file.storage.get_alarm() == 5000
    process.sync()
    with process.turn() as file:
        file.storage.set_alarm(7000)
    after = start(process.crash(process.path.with_name("crashed")))
    assert after.room().storage.get_alarm() == 5000
    assert after.folder.host.next_due() == 5000


def test_while_its_hook_runs_the_alarm_is_hidden_and_then_cleared(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    with process.turn() as file:
        file.alarm.starts()
        assert file.storage.get_alarm() is None
        file.alarm.ends()
    assert process.waiting[-1].alarm_changed
    assert process.waiting[-1].alarm is None
    assert file.storage.get_alarm() is None


def test_an_ask_inside_the_hook_does_not_clear_the_alarm(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    file.begin()
    file.alarm.starts()
    file.storage.put("a", 1)
    first = file.end()
    assert first is not None
    assert not first.alarm_changed
    file.begin()
    assert file.storage.get_alarm() is None
    file.alarm.ends()
    last = file.end()
    assert last is not None
    assert last.alarm_changed


def test_an_alarm_set_inside_the_hook_stays(process: Process) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    with process.turn() as file:
        file.alarm.starts()
        file.storage.set_alarm(8000)
        assert file.storage.get_alarm() == 8000
        file.alarm.ends()
    assert file.storage.get_alarm() == 8000


def test_a_hook_that_raised_is_tried_again_and_the_count_survives_a_crash(process: Process, start: Callable[..., Process]) -> None:
    with process.turn() as file:
        file.storage.set_alarm(5000)
    with pytest.raises(RuntimeError), process.turn() as file:  # noqa: PT012
        file.alarm.starts()
        raise RuntimeError
    assert file.storage.get_alarm() == 5000
    for at_ms in (7000, 11_000):
        with process.turn() as file:
            file.alarm.postpone(at_ms)
    process.sync()
    after = start(process.crash(process.path.with_name("crashed")))
    assert after.room().alarm.now == Alarm(11_000, 2, 5000)
    with after.turn() as file:
        file.storage.set_alarm(20_000)
    assert file.alarm.now == Alarm(20_000, 0, 20_000)


def test_the_longest_due_come_first_and_no_more_than_asked(process: Process) -> None:
    for number in (3, 1, 2, 5):
        with process.turn(RoomKey("rooms", str(number))) as file:
            file.storage.set_alarm(number * 1000)
    process.sync()
    assert [at_ms for _, at_ms in process.folder.host.due(4000, 2)] == [1000, 2000]
    assert process.folder.host.next_due() == 1000
