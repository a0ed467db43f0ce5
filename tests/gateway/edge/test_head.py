"""A request head as a value, what is wrong with one, who sent it, and the WebSocket handshake in it."""

from __future__ import annotations

import pytest

from gateway.edge.address import ClientAddress, client_address
from gateway.edge.handshake import accept_response, accept_value, asks_for_websocket, canned_head, handshake_fault
from gateway.edge.head import Header, RequestHead
from gateway.edge.http_faults import head_fault

PROXIES = {"10.0.0.1", "10.0.0.2", "2001:db8::1", "unix"}


def head(*headers: Header, target: str = "/", method: str = "GET", http_version: str = "1.1") -> RequestHead:
    return RequestHead(method, target, headers, http_version)


def upgrade(**changes: bytes | None) -> RequestHead:
    values: dict[str, bytes | None] = {
        "host": b"x",
        "upgrade": b"websocket",
        "connection": b"Upgrade",
        "sec-websocket-version": b"13",
        "sec-websocket-key": b"dGhlIHNhbXBsZSBub25jZQ==",
    }
    values.update({name.replace("_", "-"): value for name, value in changes.items()})
    return head(*((name.encode(), value) for name, value in values.items() if value is not None))


def test_get_finds_the_first_and_get_all_every_one() -> None:
    twice = head((b"a", b"1"), (b"b", b"2"), (b"a", b"3"))
    assert twice.get(b"a") == b"1"
    assert twice.get(b"c") is None
    assert twice.get_all(b"a") == [b"1", b"3"]


def test_tokens_are_parted_and_stripped_over_repeated_headers() -> None:
    assert head((b"a", b"x, Y"), (b"a", b" ,z\t,")).tokens(b"a") == ["x", "Y", "z"]


@pytest.mark.parametrize(
    ("target", "path", "query"),
    [
        ("/a%2Fb?x=1?y", "/a%2Fb", "x=1?y"),
        ("/", "/", ""),
        ("http://other:80/a?b", "/a", "b"),
        ("http://other", "/", ""),
        ("//a/b", "//a/b", ""),
        ("http://[bad/a", "/", ""),
        ("*", "*", ""),
    ],
)
def test_path_and_query_are_as_they_were_sent(target: str, path: str, query: str) -> None:
    assert (head(target=target).path, head(target=target).query) == (path, query)


def test_a_head_exactly_at_its_limits_is_taken_and_one_above_is_not() -> None:
    assert head_fault(head((b"a", b"1"), (b"b", b"2")), 28, 2) is None
    assert head_fault(head((b"a", b"1"), (b"b", b"2")), 27, 2) is not None
    assert head_fault(head((b"a", b"1"), (b"b", b"2")), 28, 1) is not None


def test_a_forwarded_address_from_a_stranger_is_only_noted() -> None:
    forged = head((b"x-forwarded-for", b"198.51.100.1"), (b"x-forwarded-proto", b"https"))
    assert client_address(forged, "192.0.2.7", False, PROXIES.__contains__) == ClientAddress("192.0.2.7", False, True)


@pytest.mark.parametrize(
    ("hops", "host"),
    [
        (b"198.51.100.1", "198.51.100.1"),
        (b"6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (b"6.6.6.6, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
        (b"10.0.0.2", "10.0.0.2"),
        (b"198.51.100.1:4711", "198.51.100.1"),
        (b"[2001:DB8:0::9]:4711", "2001:db8::9"),
        (b"2001:db8::9", "2001:db8::9"),
        (b"198.51.100.1, unknown, 10.0.0.2", "10.0.0.2"),
        (b"nonsense", "10.0.0.1"),
    ],
)
def test_from_a_trusted_proxy_the_last_stranger_counts(hops: bytes, host: str) -> None:
    assert client_address(head((b"x-forwarded-for", hops)), "10.0.0.1", False, PROXIES.__contains__).host == host


def test_hops_are_one_list_over_repeated_headers() -> None:
    forwarded = head((b"x-forwarded-for", b"6.6.6.6"), (b"x-forwarded-for", b"198.51.100.1"))
    assert client_address(forwarded, "unix", False, PROXIES.__contains__).host == "198.51.100.1"


@pytest.mark.parametrize(("scheme", "secure"), [(b"https", True), (b"http", False), (b"http, https", True), (b"WSS", True), (b"", False)])
def test_from_a_trusted_proxy_the_scheme_it_saw_counts(scheme: bytes, secure: bool) -> None:
    assert client_address(head((b"x-forwarded-proto", scheme)), "10.0.0.1", False, PROXIES.__contains__).secure is secure


def test_a_request_without_forwarding_headers_is_from_its_peer() -> None:
    assert client_address(head(), "10.0.0.1", True, PROXIES.__contains__) == ClientAddress("10.0.0.1", True, False)


def test_the_accept_value_is_that_of_the_rfc() -> None:
    assert accept_value(b"dGhlIHNhbXBsZSBub25jZQ==") == b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 §1.3


def test_a_sound_handshake_has_no_fault() -> None:
    assert handshake_fault(upgrade()) is None
    assert handshake_fault(upgrade(connection=b"keep-alive, UPGRADE", content_length=b"0")) is None


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"connection": b"keep-alive"}, 400),
        ({"connection": None}, 400),
        ({"sec_websocket_version": b"8"}, 426),
        ({"sec_websocket_version": b"13, 8"}, 426),
        ({"sec_websocket_version": None}, 426),
        ({"sec_websocket_key": None}, 400),
        ({"sec_websocket_key": b""}, 400),
        ({"sec_websocket_key": b"dGhlIHNhbXBsZQ=="}, 400),
        ({"sec_websocket_key": b"dGhlIHNhbXBsZSBub25jZS4="}, 400),
        ({"sec_websocket_key": b"dGhlIHNhbXBsZSBub25jZQ=$"}, 400),
        ({"content_length": b"1"}, 400),
        ({"transfer_encoding": b"chunked"}, 400),
    ],
)
def test_a_wrong_handshake_is_told_why(changes: dict[str, bytes | None], status: int) -> None:
    fault = handshake_fault(upgrade(**changes))
    assert fault is not None
    assert fault.status == status
    assert (status == 426) == ((b"sec-websocket-version", b"13") in fault.headers)


def test_only_the_upgrade_header_asks_for_a_websocket() -> None:
    assert asks_for_websocket(head((b"upgrade", b"h2c, WebSocket")))
    assert not asks_for_websocket(head((b"upgrade", b"websockets")))
    assert not asks_for_websocket(head((b"connection", b"upgrade"), (b"sec-websocket-key", b"dGhlIHNhbXBsZSBub25jZQ==")))


def test_the_101_names_the_chosen_subprotocol_and_carries_further_headers() -> None:
    response = accept_response(upgrade(), "rooms.v1.json", [(b"x-room", b"lobby")])
    assert response.startswith(b"HTTP/1.1 101 Switching Protocols\r\n")
    assert response.endswith(b"\r\nsec-websocket-protocol: rooms.v1.json\r\nx-room: lobby\r\n\r\n")
    assert b"sec-websocket-protocol" not in accept_response(upgrade(), None)


def test_the_canned_head_is_a_handshake_with_the_real_key() -> None:
    canned = canned_head(upgrade(host="bücher".encode("latin-1")), "bearer.abc")
    assert b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n" in canned
    assert b"sec-websocket-protocol: bearer.abc\r\n" in canned
    assert canned.isascii()
