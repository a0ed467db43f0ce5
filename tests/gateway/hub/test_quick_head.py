"""The short path for request heads, judged by h11 and by the general path's own rules."""

from __future__ import annotations

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.handshake import asks_for_websocket, handshake_fault
from gateway.edge.head import RequestHead
from gateway.hub.quick_head import quick_head

LINES = [
    b"GET /rooms/lobby/ws?x=%20 HTTP/1.1",
    b"Host: localhost:8080",
    b"Upgrade: websocket",
    b"Connection: Upgrade",
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    b"Sec-WebSocket-Version: 13",
    b"Authorization: Bearer a.b.c",
]


def head(lines: list[bytes]) -> bytes:
    return b"\r\n".join([*lines, b"", b""])


def general(data: bytes) -> RequestHead | None:
    """The head as the general path reads it, if it is a WebSocket upgrade without fault and nothing follows it."""
    connection = h11.Connection(h11.SERVER)
    try:
        connection.receive_data(data)
        event = connection.next_event()
    except h11.RemoteProtocolError:
        return None
    if not isinstance(event, h11.Request):
        return None
    read = RequestHead(event.method.decode(), event.target.decode(), [(bytes(n), bytes(v)) for n, v in event.headers], "1.1")
    if event.http_version != b"1.1" or not asks_for_websocket(read) or handshake_fault(read) is not None:
        return None
    connection.next_event()
    return read if not connection.trailing_data[0] else None


def test_a_plain_upgrade_is_read() -> None:
    read = quick_head(head(LINES))
    assert read is not None
    assert read == general(head(LINES))
    assert (read.path, read.query, read.get(b"authorization")) == ("/rooms/lobby/ws", "x=%20", b"Bearer a.b.c")


def test_what_browsers_send_is_read() -> None:
    lines = [
        *LINES[:3],
        b"Connection: keep-alive, Upgrade",
        b"Pragma: no-cache",
        b"Cache-Control: no-cache",
        b"User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
        b"Origin: http://localhost:8080",
        b"Accept-Encoding: gzip, deflate, br, zstd",
        b"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits",
        b"Sec-WebSocket-Protocol: rooms.v1.json, bearer.a.b.c",
        *LINES[4:6],
    ]
    assert quick_head(head(lines)) == general(head(lines)) is not None


@pytest.mark.parametrize(
    "line",
    [
        b"Host: again",
        b"Connection: Upgrade",
        b"Upgrade: h2c",
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        b"Content-Length: 0",
        b"Transfer-Encoding: chunked",
        b"Expect: 100-continue",
        b" folded",
        b"no colon",
        b"Space : x",
        b"Caf\xc3\xa9: x",
        b"X: caf\xc3\xa9",
        b"X: nul\x00",
        b"X: bare\rreturn",
        b"X: bare\nfeed",
        b"X:  two spaces",
        b"X: trailing ",
    ],
)
def test_one_unusual_line_more_is_enough_to_leave_it_to_the_general_path(line: bytes) -> None:
    assert quick_head(head([*LINES, line])) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"GET ", b"POST "),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"GET /", b"GET http://x/"),
        (b"Host: localhost:8080", b"Host:"),
        (b"Upgrade: websocket", b"Upgrade: h2c"),
        (b"Connection: Upgrade", b"Connection: close"),
        (b"Version: 13", b"Version: 8"),
        (b"ZQ==", b"Z==="),
        (b"ZQ==\r\n", b"\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n\x81\x80mask"),
        (b"\r\n\r\n", b"\r\n"),
        (b"\r\n", b"\n"),
    ],
)
def test_whatever_is_not_a_sound_upgrade_alone_is_left_to_the_general_path(old: bytes, new: bytes) -> None:
    data = head(LINES)
    assert old in data
    assert quick_head(data.replace(old, new)) is None


@given(st.data())
def test_what_it_reads_the_general_path_reads_alike(data: st.DataObject) -> None:
    """Any head with a few bytes changed: either it is left alone, or it is the same head."""
    changed = bytearray(head(LINES))
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(changed) - 1))
        changed[at : at + data.draw(st.integers(0, 2))] = data.draw(
            st.sampled_from([b"", b" ", b"\t", b"\r\n", b":", b",", b"x", b"\xe9", b"\0"])
        )
    read = quick_head(bytes(changed))
    if read is not None:
        assert read == general(bytes(changed))
