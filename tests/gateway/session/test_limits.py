"""How much is too much."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.session.limits import DEVICE_FRAMES, JOINS, MESSAGES, UPGRADES_OF_ADDRESS, UPGRADES_OF_USER, Buckets, Limits, Rate


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def test_the_rates_are_those_of_the_protocol() -> None:
    assert Rate(20, 60) == MESSAGES
    assert Rate(10, 200) == JOINS
    assert Rate(5, 50) == UPGRADES_OF_USER
    assert Rate(50, 500) == UPGRADES_OF_ADDRESS
    assert DEVICE_FRAMES.per_second == 240


def test_a_burst_is_let_through_and_then_one_at_a_time() -> None:
    clock = Clock()
    buckets = Buckets(MESSAGES, clock)
    assert [buckets.take("a") for _ in range(60)] == [None] * 60
    assert buckets.take("a") == 51  # a twentieth of a second, rounded up
    clock.seconds += 0.051
    assert buckets.take("a") is None
    assert buckets.take("a") is not None


def test_waiting_as_long_as_told_is_enough() -> None:
    clock = Clock()
    buckets = Buckets(Rate(3, 5), clock)
    for _ in range(50):
        wait_ms = buckets.take("a")
        if wait_ms is not None:
            assert wait_ms >= 1
            clock.seconds += wait_ms / 1000
            assert buckets.take("a") is None


def test_one_users_bucket_is_not_anothers() -> None:
    buckets = Buckets(Rate(1, 1), Clock())
    assert buckets.take("a") is None
    assert buckets.take("b") is None
    assert buckets.take("a") is not None


def test_a_bucket_never_holds_more_than_its_burst() -> None:
    clock = Clock()
    buckets = Buckets(Rate(20, 60), clock)
    buckets.take("a")
    clock.seconds += 86_400
    assert [buckets.take("a") for _ in range(61)].count(None) == 60


@given(st.lists(st.floats(0, 2), min_size=1, max_size=300))
def test_never_more_than_the_burst_and_the_rate_are_let_through(gaps: list[float]) -> None:
    clock = Clock()
    buckets = Buckets(Rate(5, 7), clock)
    taken = 0
    for gap in gaps:
        clock.seconds += gap
        taken += buckets.take("a") is None
        assert taken <= 7 + (clock.seconds - 100.0) * 5 + 1e-6


def flood(buckets: Buckets, clock: Clock, per_second: int, seconds: int) -> bool:
    for _ in range(per_second * seconds):
        clock.seconds += 1 / per_second
        buckets.take("a")
    return buckets.is_abusive("a")


def test_five_times_over_for_ten_seconds_is_abuse() -> None:
    clock = Clock()
    assert flood(Buckets(MESSAGES, clock), clock, 120, 15)


def test_five_times_over_for_a_shorter_time_is_not() -> None:
    clock = Clock()
    assert not flood(Buckets(MESSAGES, clock), clock, 120, 9)


def test_four_times_over_for_long_is_not() -> None:
    clock = Clock()
    assert not flood(Buckets(MESSAGES, clock), clock, 80, 60)


def test_a_second_of_rest_begins_the_ten_anew() -> None:
    clock = Clock()
    buckets = Buckets(MESSAGES, clock)
    flood(buckets, clock, 120, 8)
    clock.seconds += 2
    assert not flood(buckets, clock, 120, 8)


def test_one_great_burst_is_not() -> None:
    clock = Clock()
    buckets = Buckets(MESSAGES, clock)
    for _ in range(5_000):
        buckets.take("a")
    clock.seconds += 10
    buckets.take("a")
    assert not buckets.is_abusive("a")


def test_the_table_is_bounded_and_the_full_are_forgotten_first() -> None:
    clock = Clock()
    buckets = Buckets(Rate(1, 2), clock, keys_max=100)
    for i in range(99):
        buckets.take(f"old-{i}")
    clock.seconds += 10
    buckets.take("busy")
    buckets.take("busy")
    assert buckets.take("busy") is not None
    for i in range(90):
        buckets.take(f"new-{i}")
        assert len(buckets) <= 100
    assert buckets.take("busy") is not None, "who is over its rate is remembered"


def test_the_table_is_bounded_when_all_are_busy() -> None:
    buckets = Buckets(Rate(1, 2), Clock(), keys_max=100)
    for i in range(1_000):
        buckets.take(f"user-{i}")
        assert len(buckets) <= 100


def test_every_limit_has_its_own_buckets() -> None:
    limits = Limits(Clock())
    tables = [limits.messages, limits.joins, limits.upgrades_of_user, limits.upgrades_of_address, limits.device_frames]
    assert [table.rate for table in tables] == [MESSAGES, JOINS, UPGRADES_OF_USER, UPGRADES_OF_ADDRESS, DEVICE_FRAMES]
    assert len({id(table) for table in tables}) == 5
