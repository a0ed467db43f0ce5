"""When a failed alarm comes again."""

from __future__ import annotations

import random

from rooms.alarm import Alarm, retry_delay_ms


def test_six_retries_each_twice_as_long_after_two_seconds_and_up_to_a_quarter_more():
    for failed, seconds in enumerate((2, 4, 8, 16, 32, 64), start=1):
        for seed in range(50):
            delay_ms = retry_delay_ms(failed, random.Random(seed))
            assert delay_ms is not None
            assert seconds * 1_000 <= delay_ms <= seconds * 1_250
    assert retry_delay_ms(7, random.Random(0)) is None


def test_an_alarm_knows_whether_it_is_a_retry():
    assert not Alarm(1_000).is_retry
    assert Alarm(1_000, retry_count=2).is_retry
