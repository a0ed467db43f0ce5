"""Rooms that fail too often are left alone, longer each time."""

from __future__ import annotations

from rooms import RoomKey, RuntimeSettings
from rooms.quarantine import Quarantine

KEY = RoomKey("k", "a")
SETTINGS = RuntimeSettings(failed_turns_max=3, failed_turns_seconds=60, quarantine_seconds=10, quarantine_seconds_max=35)


def fail(quarantine: Quarantine, now: float) -> float | None:
    return [quarantine.failed(KEY, now) for _ in range(3)][-1]


def test_one_failure_too_many_quarantines_the_room_for_a_while():
    quarantine = Quarantine(SETTINGS)

    assert quarantine.failed(KEY, 0) is None
    assert quarantine.failed(KEY, 1) is None
    assert quarantine.failed(KEY, 2) == 12
    assert quarantine.until(KEY, 11.9) == 12
    assert quarantine.until(KEY, 12) is None


def test_failures_that_are_long_ago_do_not_count():
    quarantine = Quarantine(SETTINGS)
    quarantine.failed(KEY, 0)
    quarantine.failed(KEY, 1)

    assert quarantine.failed(KEY, 61.5) is None


def test_each_quarantine_is_twice_as_long_up_to_the_longest():
    quarantine = Quarantine(SETTINGS)

    assert [fail(quarantine, now) for now in (0, 20, 50, 90)] == [10, 40, 85, 125]


def test_a_room_that_behaved_for_long_begins_with_the_shortest_again():
    quarantine = Quarantine(SETTINGS)
    fail(quarantine, 0)
    fail(quarantine, 20)

    assert fail(quarantine, 1_000) == 1_010


def test_other_rooms_are_not_concerned():
    quarantine = Quarantine(SETTINGS)
    fail(quarantine, 0)

    assert quarantine.until(RoomKey("k", "b"), 1) is None
