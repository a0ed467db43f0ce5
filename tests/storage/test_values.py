"""Values: what goes in comes out equal, and what would not is refused."""

from __future__ import annotations

import enum
import math
from collections import OrderedDict, namedtuple
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import NotStorable, decode_value, encode_value

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary()
    | st.datetimes(min_value=datetime(1971, 1, 1), timezones=st.just(UTC))
)
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(-(2**63), 2**63), inner), max_leaves=20
)


@given(values)
def test_what_goes_in_comes_out_equal(value: object) -> None:
    assert decode_value(encode_value(value)) == value


@given(values)
def test_types_are_kept(value: object) -> None:
    assert shape(decode_value(encode_value(value))) == shape(value)


def shape(value: Any) -> Any:
    if isinstance(value, list):
        return [shape(item) for item in value]
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    return type(value)


def test_tuples_come_back_as_lists() -> None:
    assert decode_value(encode_value((1, ("a", {"b": (2,)})))) == [1, ["a", {"b": [2]}]]


def test_a_datetime_comes_back_as_the_same_moment_in_utc() -> None:
    moment = datetime(2026, 11, 20, 20, 7, 0, 123456, tzinfo=timezone(timedelta(hours=5, minutes=45)))
    back = decode_value(encode_value({"at": moment}))["at"]
    assert back == moment
    assert back.tzinfo is UTC


class Colour(enum.Enum):
    RED = 1


class Level(enum.IntEnum):
    HIGH = 1


class Name(str):
    __slots__ = ()


Point = namedtuple("Point", "x y")

REFUSED = [
    {1, 2},
    frozenset(),
    datetime(2026, 1, 1),
    date(2026, 1, 1),
    timedelta(1),
    math.nan,
    Decimal(1),
    Fraction(1, 3),
    1j,
    object(),
    print,
    Colour.RED,
    Level.HIGH,
    Name("a"),
    Point(1, 2),
    OrderedDict(a=1),
    2**64,
    -(2**63) - 1,
    "\ud800",
    {(1, 2): 3},
    {None: {1}},
    msgpack.ExtType(5, b"x"),
    msgpack.Timestamp(1, 2),
    range(3),
]


@pytest.mark.parametrize("value", REFUSED, ids=repr)
@pytest.mark.parametrize(
    "wrap", [lambda v: v, lambda v: [v], lambda v: {"a": [v]}, lambda v: {1: v}], ids=["itself", "in a list", "deep", "odd key"]
)
def test_what_would_not_come_back_equal_is_refused(value: object, wrap: Any) -> None:
    with pytest.raises(NotStorable):
        encode_value(wrap(value))


def test_too_deep_a_value_is_refused() -> None:
    value: list[Any] = []
    for _ in range(2000):
        value = [value]
    with pytest.raises(NotStorable):
        encode_value(value)


def test_a_refused_value_leaves_the_next_one_whole() -> None:
    with pytest.raises(NotStorable):
        encode_value(["some bytes that were packed already", {1}])
    assert decode_value(encode_value("next")) == "next"
