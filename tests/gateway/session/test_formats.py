"""What clients read."""

from __future__ import annotations

import json
import math
import re
from typing import Any

import msgpack
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.session.formats import EVENT_BYTES_MAX, Formats
from rooms import Bundle, Event
from tests.gateway.standins import Clock, envelopes


def formats(clock: Clock | None = None) -> Formats:
    return Formats(clock or Clock())


def test_an_event_is_its_type_data_time_and_ref() -> None:
    clock = Clock()
    clock.ms = 1_795_205_220_123
    frame = formats(clock).json.encode(Event("ack", {"id": "x"}, 7))
    assert frame[:2] == bytes((0x81, len(frame) - 2))
    assert json.loads(frame[2:]) == {"type": "ack", "data": {"id": "x"}, "tz": "2026-11-20T20:07:00.123Z", "ref": 7}


def test_a_ref_that_was_not_given_does_not_come_back() -> None:
    assert set(envelopes(formats().json.encode(Event("message", {})))[0]) == {"type", "data", "tz"}


@pytest.mark.parametrize("ref", [0, "", "r"])
def test_a_ref_comes_back_whatever_it_was(ref: Any) -> None:
    assert envelopes(formats().json.encode(Event("ack", {}, ref)))[0]["ref"] == ref


def test_msgpack_says_the_same_in_binary_frames() -> None:
    event = Event("message", {"message": "hé", "n": [1, None, True]}, "r")
    json_frame, msgpack_frame = formats().json.encode(event), formats().msgpack.encode(event)
    assert msgpack_frame[0] == 0x82
    assert msgpack.unpackb(msgpack_frame[2:]) == envelopes(json_frame)[0]


def test_raw_frames_are_text_as_text_and_bytes_as_binary() -> None:
    assert formats().raw.encode("é") == b"\x81\x02\xc3\xa9"
    assert formats().raw.encode(b"\x00") == b"\x82\x01\x00"


@pytest.mark.parametrize("text", ["a\ud800b", "\ude00\ud83d", "ok \udc00 é 😀"])
def test_a_lone_surrogate_that_a_room_says_is_replaced_as_browsers_do(text: str) -> None:
    frame = formats().raw.encode(text)
    assert frame[2:].decode() == re.sub("[\ud800-\udfff]", "\N{REPLACEMENT CHARACTER}", text)


def test_the_time_is_always_the_clocks() -> None:
    clock = Clock()
    made = formats(clock)
    for ms in (0, 999, 1_000, 1_795_200_000_000, 1_795_200_000_001, 1_000, 253_402_300_799_999):
        clock.ms = ms
        stamp = envelopes(made.json.encode(Event("x", {})))[0]["tz"]
        assert stamp.endswith(f".{ms % 1000:03d}Z")
    assert stamp == "9999-12-31T23:59:59.999Z"


def test_a_bundle_is_encoded_once_a_format() -> None:
    made, bundle = formats(), Bundle([Event("a", {}), Event("b", {})])
    first = bundle.frames(made.json)
    assert bundle.frames(made.json) is first
    assert [event["type"] for event in envelopes(first)] == ["a", "b"]
    assert bundle.frames(made.msgpack) != first


@pytest.mark.parametrize("subprotocol", [None, "rooms.v1.json", "bearer.x", "other"])
def test_json_is_what_is_read_unless_msgpack_was_asked_for(subprotocol: str | None) -> None:
    made = formats()
    assert made.of_subprotocol(subprotocol) is made.json
    assert made.of_subprotocol("rooms.v1.msgpack") is made.msgpack


UNSPEAKABLE = {
    "an object": {"a": object()},
    "a lone surrogate": {"a": "\ud800"},
    "a lone surrogate as a key": {"\ud800": 1},
    "a number too large for msgpack": {"a": 2**70},
}


def deep() -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(20_000):
        value = {"a": value}
    return value


@pytest.mark.parametrize("what", [*UNSPEAKABLE, "levels without end"])
@pytest.mark.parametrize("name", ["json", "msgpack"])
def test_what_cannot_be_said_becomes_an_error_with_the_same_ref(what: str, name: str) -> None:
    made = formats()
    data = deep() if what == "levels without end" else UNSPEAKABLE[what]
    event = envelopes(getattr(made, name).encode(Event("message", data, 5)))[0]
    if (what, name) != ("a number too large for msgpack", "json"):
        assert (event["type"], event["data"]["code"], event["ref"]) == ("error", "internal", 5)


def test_what_is_too_large_becomes_an_error() -> None:
    room_for_text = EVENT_BYTES_MAX - len(b'{"type":"x","data":{"a":""},"tz":"2026-11-20T20:07:00.123Z"}')
    assert envelopes(formats().json.encode(Event("x", {"a": "x" * room_for_text})))[0]["type"] == "x"
    event = envelopes(formats().json.encode(Event("x", {"a": "x" * (room_for_text + 1)})))[0]
    assert event["data"]["code"] == "too_large"


def test_raw_text_in_a_room_of_envelopes_is_an_error_and_no_exception() -> None:
    assert envelopes(formats().json.encode("text"))[0]["data"]["code"] == "internal"


def test_numbers_that_json_has_not_are_null() -> None:
    assert envelopes(formats().json.encode(Event("x", {"a": math.nan, "b": math.inf})))[0]["data"] == {"a": None, "b": None}


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(st.text(max_size=5), VALUES, max_size=5), st.none() | st.integers() | st.text(max_size=9) | st.just("\ud800"))
def test_nothing_a_room_says_raises(data: dict[str, Any], ref: Any) -> None:
    made = formats()
    for each in (made.json, made.msgpack):
        (event,) = envelopes(each.encode(Event("x", data, ref)))
        assert event["type"] == "error" or event["data"] == data
