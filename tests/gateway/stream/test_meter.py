"""What the headers of frames say about a message, however the bytes are cut."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.stream.meter import FrameMeter
from tests.gateway.frames_corpus import BINARY, CONTINUATION, CORPUS, FRAGMENTS_MAX, MESSAGE_BYTES_MAX, PING, TEXT, TOO_BIG, from_client


def measured(meter: FrameMeter, pieces: list[bytes]) -> bytes:
    passed = b""
    for piece in pieces:
        passed += piece[: meter.measure(piece)]
        if meter.fault is not None:
            break
    return passed


def cut(data: bytes, places: list[int]) -> list[bytes]:
    places = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(places)]


@given(st.sampled_from(CORPUS), st.lists(st.integers(min_value=0), max_size=8))
def test_a_verdict_does_not_depend_on_where_the_bytes_are_cut(case: object, places: list[int]) -> None:
    sent: bytes = case.sent  # type: ignore[attr-defined]
    whole, parts = (FrameMeter(MESSAGE_BYTES_MAX, FRAGMENTS_MAX) for _ in range(2))
    assert measured(whole, [sent]) == measured(parts, cut(sent, places))
    assert whole.fault == parts.fault


@given(st.sampled_from(CORPUS))
def test_only_what_is_too_big_is_a_fault(case: object) -> None:
    meter = FrameMeter(MESSAGE_BYTES_MAX, FRAGMENTS_MAX)
    measured(meter, [case.sent])  # type: ignore[attr-defined]
    assert (meter.fault is not None) == (case in TOO_BIG)


def test_what_comes_before_the_fault_passes_and_its_header_is_never_whole() -> None:
    good, bad = from_client(TEXT, b"hello"), from_client(BINARY, b"x" * 11)
    meter = FrameMeter(10, 3)
    assert measured(meter, [good + bad]) == good + bad[:5]
    assert meter.fault == "a message may have 10 bytes"


def test_control_frames_between_fragments_count_for_nothing() -> None:
    meter = FrameMeter(10, 3)
    ping = from_client(PING, b"x" * 100)
    measured(meter, [from_client(TEXT, b"1234", fin=False) + ping + from_client(CONTINUATION, b"5678", fin=False) + ping])
    assert meter.fault is None
    measured(meter, [from_client(CONTINUATION, b"90")])
    assert meter.fault is None


def test_each_message_is_counted_afresh() -> None:
    meter = FrameMeter(10, 3)
    measured(meter, [from_client(TEXT, b"x" * 10) * 5])
    assert meter.fault is None
