"""Rooms that are watched: what is measured, for how long, and of how many."""

from __future__ import annotations

import pytest

from rooms.meter import SECONDS_KEPT, WATCHED_ROOMS_MAX, WATCHED_SECONDS, Meter, Meters
from rooms.stats import Histogram
from storage import RoomKey

LOBBY = RoomKey("rooms", "lobby")


def test_nothing_is_measured_until_somebody_looks() -> None:
    meters = Meters()
    assert not meters
    meters.observe(LOBBY, 0.001, 5.0)
    assert meters.look(LOBBY, 5.0).recent(5.0) == []
    meters.observe(LOBBY, 0.001, 5.5)
    ((second, turns),) = meters.look(LOBBY, 6.0).recent(6.0)
    assert (second, turns.count) == (5, 1)


def test_measuring_ends_half_a_minute_after_the_last_look() -> None:
    meters = Meters()
    meters.look(LOBBY, 0.0)
    meters.look(LOBBY, 20.0)
    meters.observe(LOBBY, 0.001, 20.0 + WATCHED_SECONDS - 1)
    assert meters
    meters.observe(LOBBY, 0.001, 20.0 + WATCHED_SECONDS)
    assert not meters


def test_only_the_last_minute_is_kept() -> None:
    meter = Meter(0.0)
    for second in range(3 * SECONDS_KEPT):
        meter.observe(0.001, float(second))
    recent = meter.recent(3.0 * SECONDS_KEPT)
    assert recent[0][0] == 2 * SECONDS_KEPT + 1
    assert len(recent) < SECONDS_KEPT


def test_so_many_rooms_are_watched_and_the_longest_forgotten_goes_first() -> None:
    meters = Meters()
    for n in range(WATCHED_ROOMS_MAX + 1):
        meters.look(RoomKey("rooms", str(n)), n / 1_000)
    for n in (0, 1):
        meters.observe(RoomKey("rooms", str(n)), 0.001, 1.0)
    assert len(meters.look(RoomKey("rooms", "1"), 1.0).recent(1.0)) == 1
    assert meters.look(RoomKey("rooms", "0"), 1.0).recent(1.0) == []


@pytest.mark.parametrize(
    ("values", "share", "value"),
    [([], 0.5, None), ([0.5] * 10, 0.5, 0.5), ([0.5] * 10, 1.0, 1.0), ([0.5] * 9 + [5.0], 0.95, 6.0), ([99.0], 0.5, 10.0)],
)
def test_a_quantile_is_as_exact_as_the_buckets(values: list[float], share: float, value: float | None) -> None:
    histogram = Histogram((1.0, 2.0, 10.0))
    for each in values:
        histogram.observe(each)
    assert histogram.quantile(share) == pytest.approx(value)
