"""Where a token is taken from, which subprotocol is selected, which pages may connect."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.credentials import Credential, Form, cookie, credential_of, origin_may_connect, subprotocol_of
from gateway.edge.head import RequestHead

TOKEN = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2ln"


def head(*headers: tuple[str, str], target: str = "/rooms/a/ws") -> RequestHead:
    return RequestHead("GET", target, [(name.encode(), value.encode("latin-1")) for name, value in headers])


def found(*headers: tuple[str, str], target: str = "/rooms/a/ws") -> Credential | None:
    return credential_of(head(*headers, target=target), "clientid")


BEARER = ("authorization", f"Bearer {TOKEN}-a")
CLIENTID = ("clientid", f"{TOKEN}-c")
PROTOCOL = ("sec-websocket-protocol", f"rooms.v1.json, bearer.{TOKEN}-p")
COOKIE = ("cookie", f"a=b; rooms_session={TOKEN}-k; c=d")
TICKET = "/rooms/a/ws?ticket=t-1"


def test_the_first_present_is_taken_in_the_protocols_order() -> None:
    headers = [BEARER, CLIENTID, PROTOCOL, COOKIE]
    expected = [
        Credential(Form.HEADER, f"{TOKEN}-a"),
        Credential(Form.HEADER, f"{TOKEN}-c"),
        Credential(Form.SUBPROTOCOL, f"{TOKEN}-p"),
        Credential(Form.COOKIE, f"{TOKEN}-k"),
        Credential(Form.TICKET, "t-1"),
    ]
    for index, credential in enumerate(expected):
        assert found(*headers[index:], target=TICKET) == credential
        assert found(*reversed(headers[index:]), target=TICKET) == credential


def test_a_request_without_a_token_has_none() -> None:
    assert found() is None
    assert found(("cookie", "a=b"), ("sec-websocket-protocol", "rooms.v1.json"), target="/x?room=1&since=2") is None


def test_the_token_header_is_named_by_the_settings() -> None:
    assert credential_of(head(("x-token", "t"), CLIENTID), "x-token") == Credential(Form.HEADER, "t")


@pytest.mark.parametrize("value", ["bearer x", "BEARER x", "Bearer  x "])
def test_the_scheme_has_no_case(value: str) -> None:
    assert found(("authorization", value)) == Credential(Form.HEADER, "x")


@pytest.mark.parametrize("value", ["Basic YTpi", "Bearerx", "x", ""])
def test_another_scheme_is_no_token(value: str) -> None:
    assert found(("authorization", value)) is None
    assert found(("authorization", value), CLIENTID) == Credential(Form.HEADER, CLIENTID[1])


def test_an_empty_bearer_is_a_token_that_cannot_be_right() -> None:
    assert found(("authorization", "Bearer ")) == Credential(Form.HEADER, "")


def test_two_bearers_are_no_token_that_could_be_right() -> None:
    assert found(("authorization", "Bearer a"), ("authorization", "Bearer b")) == Credential(Form.HEADER, "")
    assert found(("clientid", "a"), ("clientid", "b")) == Credential(Form.HEADER, "")


@pytest.mark.parametrize(
    ("offered", "token"),
    [
        (f"bearer.{TOKEN}", TOKEN),
        (f"rooms.v1.json, bearer.{TOKEN}", TOKEN),
        (f"bearer.{TOKEN}, rooms.v1.msgpack", TOKEN),
        (TOKEN, TOKEN),
        (f"{TOKEN}, rooms.v1.json", None),
        ("rooms.v1.json", None),
        ("rooms.v1.msgpack", None),
        ("com.example.chat", None),
        ("v12.stomp", None),
        ("bearer.", ""),
    ],
)
def test_a_subprotocol_may_carry_the_token(offered: str, token: str | None) -> None:
    expected = None if token is None else Credential(Form.SUBPROTOCOL, token)
    assert found(("sec-websocket-protocol", offered)) == expected


def test_offers_may_come_in_several_headers() -> None:
    assert found(("sec-websocket-protocol", "rooms.v1.json"), ("sec-websocket-protocol", f"bearer.{TOKEN}")) == Credential(
        Form.SUBPROTOCOL, TOKEN
    )


@pytest.mark.parametrize(
    "query",
    [
        f"token={TOKEN}",
        "token=x",
        "access_token=x",
        "TOKEN=x",
        "jwt=x",
        f"anything={TOKEN}",
        f"a=b&ticket=t&x={TOKEN}",
        "%74oken=x",
        f"x={TOKEN.replace('.', '%2e')}",
    ],
)
def test_a_token_in_the_address_is_refused_whatever_else_there_is(query: str) -> None:
    address = f"/rooms/a/ws?{query}"
    assert found(target=address) == Credential(Form.ADDRESS, "")
    assert found(PROTOCOL, COOKIE, target=address) == Credential(Form.ADDRESS, "")
    assert found(BEARER, target=address) == Credential(Form.HEADER, "")


def test_a_token_is_not_shown_by_its_credential() -> None:
    assert TOKEN not in repr(Credential(Form.HEADER, TOKEN))


@pytest.mark.parametrize(
    ("offered", "selected"),
    [
        (None, None),
        ("rooms.v1.json", "rooms.v1.json"),
        ("rooms.v1.msgpack", "rooms.v1.msgpack"),
        (f"bearer.{TOKEN}, rooms.v1.msgpack", "rooms.v1.msgpack"),
        ("rooms.v1.msgpack, rooms.v1.json", "rooms.v1.msgpack"),
        (f"bearer.{TOKEN}", f"bearer.{TOKEN}"),
        (TOKEN, TOKEN),
        ("graphql-ws", "graphql-ws"),
        (f"bearer.{TOKEN}, graphql-ws", "graphql-ws"),
        ("rooms.v2.json, chat", "rooms.v2.json"),
        ("", None),
    ],
)
def test_exactly_one_offered_subprotocol_is_selected(offered: str | None, selected: str | None) -> None:
    assert subprotocol_of(head() if offered is None else head(("sec-websocket-protocol", offered))) == selected


PUBLIC = "https://chat.example.com"


@pytest.mark.parametrize(
    ("origin", "may"),
    [
        ("https://chat.example.com", True),
        ("https://CHAT.example.com", True),
        ("https://chat.example.com:443", True),
        ("http://chat.example.com", False),
        ("https://chat.example.com:8443", False),
        ("https://chat.example.com.evil.com", False),
        ("https://evil-chat.example.com", False),
        ("https://xchat.example.com", False),
        ("https://example.com", False),
        ("https://chat.example.com@evil.com", False),
        ("https://evil.com", False),
        ("null", False),
        ("", False),
        ("file://", False),
        ("https://", False),
        ("https://[", False),
        ("https://chat.example.com:99999", False),
        ("chat.example.com", False),
        ("https://allowed.example.org", True),
        ("https://allowed.example.org:444", False),
        ("http://allowed.example.org", False),
    ],
)
def test_only_the_servers_own_pages_and_those_on_the_list_may_connect(origin: str, may: bool) -> None:
    assert origin_may_connect(head(("origin", origin), ("host", "evil.com")), PUBLIC, ("https://allowed.example.org",)) is may


def test_what_is_no_browser_sends_no_origin_and_may_connect() -> None:
    assert origin_may_connect(head(), PUBLIC, ())


def test_two_origins_are_strangers() -> None:
    assert not origin_may_connect(head(("origin", PUBLIC), ("origin", PUBLIC)), PUBLIC, ())


@pytest.mark.parametrize(
    ("origin", "host", "may"),
    [
        ("http://localhost:8080", "localhost:8080", True),
        ("https://chat.example.com", "chat.example.com", True),
        ("http://localhost:8081", "localhost:8080", False),
        ("http://localhost", "localhost:80", True),
        ("http://evil.com", "localhost:8080", False),
        ("null", "localhost:8080", False),
        ("http://[::1]:8080", "[::1]:8080", True),
        ("http://x", "", False),
    ],
)
def test_without_a_public_address_the_servers_own_is_the_host_asked(origin: str, host: str, may: bool) -> None:
    assert origin_may_connect(head(("origin", origin), ("host", host)), None, ()) is may


def test_the_first_cookie_of_a_name_counts() -> None:
    assert cookie(head(("cookie", "x=1; rooms_csrf=a=b; rooms_csrf=c")), "rooms_csrf") == "a=b"
    assert cookie(head(("cookie", "xrooms_csrf=1")), "rooms_csrf") is None


HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["authorization", "clientid", "sec-websocket-protocol", "cookie", "origin", "host"]),
        st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=40),
    ),
    max_size=4,
)


@given(HEADERS, st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=40))
def test_no_head_raises(headers: list[tuple[str, str]], query: str) -> None:
    request = head(*headers, target="/ws?" + query)
    selected = subprotocol_of(request)
    assert selected is None or selected in request.tokens(b"sec-websocket-protocol")
    credential_of(request, "clientid")
    origin_may_connect(request, None, ())
    origin_may_connect(request, PUBLIC, ())
