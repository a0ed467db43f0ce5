"""The short path for frames, judged by wsproto."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from wsproto.connection import Connection, ConnectionType
from wsproto.events import BytesMessage, CloseConnection, Ping, Pong, TextMessage

from gateway.frames import PING as OUR_PING
from gateway.frames import (
    FirstByte,
    binary_frame,
    close_frame,
    control_at,
    header_size,
    message_at,
    payload_size,
    pong_frame,
    text_frame,
    unmasked,
)
from tests.gateway.frames_corpus import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, from_client

LIMIT = 70_000
SIZES = (0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 599, 600, 601, 65_535, 65_536, 70_000)


@pytest.mark.parametrize("size", SIZES)
def test_a_whole_masked_data_frame_is_read(size: int) -> None:
    payload = (bytes(range(256)) * 300)[:size]
    frame = b"before" + from_client(BINARY, payload) + b"after"
    assert message_at(frame, 6, LIMIT) == (payload, len(frame) - 5)


def test_text_is_decoded() -> None:
    frame = from_client(TEXT, "κόσμε 🦉".encode())
    assert message_at(frame, 0, LIMIT) == ("κόσμε 🦉", len(frame))


@pytest.mark.parametrize(
    "frame",
    [
        from_client(TEXT, b"no mask", mask=None),
        from_client(TEXT, b"more to come", fin=False),
        from_client(CONTINUATION, b"the rest"),
        from_client(TEXT, b"compressed", rsv=4),
        from_client(PING, b"control"),
        from_client(CLOSE),
        from_client(TEXT, b"\xff is no UTF-8"),
        from_client(BINARY, bytes(LIMIT + 1)),
        b"\x81\xfe\x00\x05" + bytes(9),
        b"\x81\xfe\x00\x7d" + bytes(4 + 125),
        b"\x82\xff" + (65_535).to_bytes(8, "big") + bytes(4 + 65_535),
        b"\x82\xff" + (5).to_bytes(8, "big") + bytes(9),
        b"\x82\xff" + b"\xff" * 8 + bytes(9),
    ],
    ids=lambda frame: frame[:4].hex(),
)
def test_whatever_is_unusual_is_left_to_the_careful_parser(frame: bytes) -> None:
    assert message_at(frame, 0, LIMIT) == (None, 0)


@pytest.mark.parametrize("size", [0, 5, 126, 65_536])
def test_a_frame_that_is_not_whole_is_left_too(size: int) -> None:
    frame = from_client(BINARY, bytes(size))
    for end in {*range(1, min(20, len(frame))), len(frame) - 1}:
        assert message_at(frame[:end], 0, LIMIT) == (None, 0)
        assert message_at(b"xx" + frame[:end], 2, LIMIT) == (None, 2)


@given(st.binary(max_size=40), st.integers(0, 40))
def test_what_the_short_path_reads_wsproto_reads_alike(data: bytes, at: int) -> None:
    """Every byte string: either it is left alone, or it is exactly one message for wsproto too."""
    if at >= len(data):
        return
    message, end = message_at(data, at, LIMIT)
    if message is None:
        assert end == at
        return
    connection = Connection(ConnectionType.SERVER)
    connection.receive_data(data[at:end])
    [event] = connection.events()
    assert isinstance(event, TextMessage if isinstance(message, str) else BytesMessage)
    assert (event.data, event.message_finished) == (message, True)


@given(st.binary(max_size=700), st.binary(min_size=4, max_size=4))
def test_unmasking_is_xor(payload: bytes, mask: bytes) -> None:
    assert unmasked(payload, mask) == bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def test_pings_and_pongs_are_read_and_closes_left() -> None:
    ping, pong = from_client(PING, b"p" * 125), from_client(PONG)
    assert control_at(ping + pong, 0) == (FirstByte.PING, b"p" * 125, len(ping))
    assert control_at(ping + pong, len(ping)) == (FirstByte.PONG, b"", len(ping + pong))
    for unusual in (ping[:-1], from_client(CLOSE), from_client(PING, fin=False), from_client(PING, mask=None) + bytes(9)):
        assert control_at(unusual, 0) == (0, b"", 0)
    assert control_at(from_client(PING, bytes(126)), 0) == (0, b"", 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("mask", [b"\1\2\3\4", None])
def test_headers_are_measured(size: int, mask: bytes | None) -> None:
    frame = from_client(BINARY, bytes(size), mask=mask)
    head = frame[: header_size(frame[:2])]
    assert len(frame) - len(head) == size == payload_size(head)


@pytest.mark.parametrize("size", SIZES)
def test_frames_of_ours_are_read_by_a_client(size: int) -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(text_frame("x" * size) + binary_frame(b"y" * size))
    messages: dict[type, str | bytes] = {TextMessage: "", BytesMessage: b""}
    for event in client.events():
        assert isinstance(event, TextMessage | BytesMessage)
        messages[type(event)] += event.data  # type: ignore[operator]
    assert messages == {TextMessage: "x" * size, BytesMessage: b"y" * size}


def test_control_frames_of_ours_are_read_by_a_client() -> None:
    client = Connection(ConnectionType.CLIENT)
    client.receive_data(OUR_PING + pong_frame(b"back") + close_frame(4400, "why"))
    assert list(client.events()) == [Ping(), Pong(payload=b"back"), CloseConnection(code=4400, reason="why")]


@pytest.mark.parametrize("code", [None, 1005, 1006, 1015])
def test_a_code_that_may_not_be_sent_is_not(code: int | None) -> None:
    assert close_frame(code, "why") == b"\x88\x00"


@given(st.text(max_size=200))
def test_a_long_reason_is_cut_between_characters(reason: str) -> None:
    frame = close_frame(1000, reason)
    assert len(frame) <= 127
    sent = frame[4:].decode()
    assert reason.encode("utf-8", "replace").decode().startswith(sent)
    assert len(reason.encode("utf-8", "replace")) <= 123 or len(sent.encode()) > 119
