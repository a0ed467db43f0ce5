"""Moments as clients read them."""

from __future__ import annotations

from rooms.kinds.chat.times import iso


def test_a_moment_has_milliseconds_and_is_utc():
    assert iso(1_795_205_220_123) == "2026-11-20T20:07:00.123Z"


def test_milliseconds_are_not_rounded_away():
    assert iso(1_795_205_220_000) == "2026-11-20T20:07:00.000Z"
    assert iso(1_795_205_220_999) == "2026-11-20T20:07:00.999Z"
