"""What an address means."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.edge.door import HttpReply
from gateway.routes import HTTP, Http, RoomHttp, Upgrade, decide
from rooms import RoomKey

KINDS = {"rooms": None, "counters": None}


def route(path: str, *, websocket: bool = True) -> Upgrade | RoomHttp | Http | HttpReply:
    return decide(path, websocket, KINDS)


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/ws", None),
        ("/rooms/lobby/ws", RoomKey("rooms", "lobby")),
        ("/counters/a/ws", RoomKey("counters", "a")),
        ("/rooms/caf%C3%A9/ws", RoomKey("rooms", "café")),
        ("/rooms/cafe%CC%81/ws", RoomKey("rooms", "café")),
        ("/rooms/ws/ws", RoomKey("rooms", "ws")),
        ("/rooms/api/ws", RoomKey("rooms", "api")),
    ],
)
def test_these_are_sockets(path: str, key: RoomKey | None) -> None:
    assert route(path) == Upgrade(key)


@pytest.mark.parametrize("path", ["/ws", "/rooms/lobby/ws"])
def test_a_socket_asked_for_without_upgrade_is_told_so(path: str) -> None:
    reply = route(path, websocket=False)
    assert isinstance(reply, HttpReply)
    assert reply.status == 426
    assert (b"upgrade", b"websocket") in reply.headers
    assert reply.body == b"Upgrade header must be websocket"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/nothing/a/ws", 404),
        ("/users/alice/ws", 404),
        ("/private/a/ws", 404),
        ("/directory/a/ws", 404),
        ("/Rooms/a/ws", 404),
        ("/%72ooms/a/ws", 404),
        ("/api/a/ws", 404),
        ("/admin/a/ws", 404),
        ("//a/ws", 404),
        ("/", 404),
        ("/rooms", 404),
        ("/rooms/lobby", 404),
        ("/rooms/lobby/", 404),
        ("/rooms/lobby/ws/", 404),
        ("/rooms/lobby/ws/ws", 404),
        ("/rooms/a/b/ws", 404),
        ("/ws/", 404),
        ("/WS", 404),
        ("ws", 404),
        ("*", 404),
        ("/rooms//ws", 400),
        ("/rooms/./ws", 400),
        ("/rooms/../ws", 400),
        ("/rooms/%2e%2e/ws", 400),
        ("/rooms/a%2Fb/ws", 400),
        ("/rooms/a%2fb/ws", 400),
        ("/rooms/%2Fetc%2Fpasswd/ws", 400),
        ("/rooms/a%00/ws", 400),
        ("/rooms/%ff/ws", 400),
        ("/rooms/%/ws", 400),
        ("/rooms/*/ws", 400),
        ("/rooms/" + "x" * 129 + "/ws", 400),
        ("/rooms/a%E2%80%AEb/ws", 400),
    ],
)
def test_an_upgrade_elsewhere_is_refused_in_json(path: str, status: int) -> None:
    reply = route(path)
    assert isinstance(reply, HttpReply)
    assert reply.status == status
    assert json.loads(reply.body)["error"]["code"] == {404: "not_found", 400: "bad_message"}[status]


@pytest.mark.parametrize(("path", "status"), [("/nothing/a/ws", 404), ("/rooms/a%2Fb/ws", 400), ("/rooms/%ff/x", 400)])
def test_a_bad_address_is_refused_without_upgrade_too(path: str, status: int) -> None:
    reply = route(path, websocket=False)
    assert isinstance(reply, HttpReply)
    assert reply.status == status


@pytest.mark.parametrize(
    ("path", "name", "rest"),
    [
        ("/counters/a", "a", "/"),
        ("/counters/a/", "a", "/"),
        ("/counters/a/b/c%20d", "a", "/b/c%20d"),
        ("/counters/%C3%A9/x", "é", "/x"),
        ("/rooms/a/ws/", "a", "/ws/"),
    ],
)
def test_a_rooms_own_http_is_what_follows_its_name(path: str, name: str, rest: str) -> None:
    assert route(path, websocket=False) == RoomHttp(RoomKey(path.split("/")[1], name), rest)


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/admin",
        "/api/rooms",
        "/api/rooms/x/ws",
        "/healthz",
        "/readyz",
        "/metrics",
        "/assets/a/b.js",
        "/rooms",
        "/favicon.ico",
        "/no/where",
        "/Rooms/a/b",
    ],
)
def test_everything_else_is_the_applications(path: str) -> None:
    assert route(path, websocket=False) is HTTP


def test_sockets_of_one_room_share_its_key() -> None:
    first, second = route("/rooms/lobby/ws"), route("/rooms/lobby/ws")
    assert isinstance(first, Upgrade)
    assert isinstance(second, Upgrade)
    assert first.key is second.key


@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), max_size=60), st.booleans())
def test_no_address_raises(path: str, websocket: bool) -> None:
    decided = route(path, websocket=websocket)
    assert not (websocket and isinstance(decided, RoomHttp | Http))
