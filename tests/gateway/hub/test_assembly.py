"""Frames and messages that come in pieces, fed as the hub feeds them."""

from __future__ import annotations

import pytest

from gateway.hub.assembly import Assembly, Closed, Fault, Outcome, Pinged
from tests.gateway.frames_corpus import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, from_client


def outcomes(data: bytes, step: int = 1 << 20, limit: int = 1000, fragments_max: int = 4) -> tuple[list[Outcome], bool]:
    """What an assembly says of ``data`` fed in steps, until an end; and whether it is complete then."""
    assembly = Assembly(limit, fragments_max)
    said: list[Outcome] = []
    for start in range(0, len(data), step):
        piece, at = data[start : start + step], 0
        while at < len(piece):
            outcome, at = assembly.feed(piece, at)
            if outcome is not None:
                said.append(outcome)
            if isinstance(outcome, Closed | Fault):
                return said, assembly.is_complete
    return said, assembly.is_complete


@pytest.mark.parametrize("step", [1, 2, 3, 7, 1000])
def test_messages_and_control_frames_come_out_in_order(step: int) -> None:
    data = (
        from_client(TEXT, "hé".encode()[:2], fin=False)
        + from_client(PING, b"1")
        + from_client(PONG, b"2")
        + from_client(CONTINUATION, "hé".encode()[2:] + b"llo")
        + from_client(BINARY, bytes(300))
        + from_client(TEXT)
        + from_client(CLOSE, close_payload(1001, b"bye"))
    )
    assert outcomes(data, step)[0] == [Pinged(b"1"), "héllo", bytes(300), "", Closed(1001, "bye")]


def test_it_is_complete_between_messages_only() -> None:
    first, second = from_client(TEXT, b"a", fin=False), from_client(CONTINUATION, b"b")
    for end in range(1, len(first + second)):
        assert not outcomes((first + second)[:end])[1], end
    assert outcomes(first + second) == (["ab"], True)
    assert not outcomes(first + from_client(PING))[1], "the message is still open"
    assert outcomes(from_client(PING))[1]


@pytest.mark.parametrize("step", [1, 5, 10_000])
def test_a_message_may_be_as_long_as_the_limit_and_no_longer(step: int) -> None:
    half = from_client(BINARY, bytes(500), fin=False)
    assert outcomes(half + from_client(CONTINUATION, bytes(500)), step)[0] == [bytes(1000)]
    assert outcomes(half + from_client(CONTINUATION, bytes(501)), step)[0] == [Fault(1009, "A message may have 1000 bytes")]


def test_the_limit_is_for_each_message_anew() -> None:
    message = from_client(BINARY, bytes(600), fin=False) + from_client(CONTINUATION, bytes(400))
    assert outcomes(message * 3)[0] == [bytes(1000)] * 3


def test_a_length_over_the_limit_is_refused_before_any_payload() -> None:
    assert outcomes(b"\x82\xff" + (1 << 40).to_bytes(8, "big") + b"mask")[0] == [Fault(1009, "A message may have 1000 bytes")]


def test_empty_fragments_count() -> None:
    few = from_client(TEXT, fin=False) + from_client(CONTINUATION, fin=False) * 2 + from_client(CONTINUATION)
    many = from_client(TEXT, fin=False) + from_client(CONTINUATION, fin=False) * 3 + from_client(CONTINUATION)
    assert outcomes(few)[0] == [""]
    assert outcomes(many)[0] == [Fault(1009, "A message may have 4 fragments")]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (from_client(CONTINUATION, bytes(5000)), 1002),
        (from_client(TEXT, b"a", fin=False) + from_client(TEXT, bytes(5000)), 1002),
        (from_client(BINARY, bytes(5000), rsv=1), 1002),
        (from_client(BINARY, bytes(5000), mask=None), 1002),
        (from_client(TEXT, b"a", fin=False) + from_client(CONTINUATION, b"\xff"), 1007),
    ],
)
def test_a_broken_protocol_is_told_before_a_broken_limit(data: bytes, code: int) -> None:
    [fault] = outcomes(data)[0]
    assert isinstance(fault, Fault)
    assert fault.code == code


def test_a_fault_is_told_as_early_as_it_can_be_seen() -> None:
    """Two bytes say enough of a frame without a mask; nobody has to wait for the rest of its header."""
    assert outcomes(b"\xff\xff")[0] != []


def test_a_message_that_drips_in_takes_memory_in_proportion() -> None:
    assembly, data = Assembly(100_000, 10), from_client(TEXT, "é".encode() * 50_000)
    for i in range(len(data) - 1):
        assert assembly.feed(data[i : i + 1], 0) == (None, 1)
    assert len(assembly._parts) <= 64 + 100_000 // 64
    assert assembly.feed(data[-1:], 0) == ("é" * 50_000, 1)
