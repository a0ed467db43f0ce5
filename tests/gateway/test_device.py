"""Which device a request is of, and whose device room it may enter."""

from __future__ import annotations

import pytest

from gateway.device import device_of
from gateway.edge.head import RequestHead
from gateway.entrance import may_enter
from rooms import Identity, RoomKey

TOKEN = (b"clientid", b"e30.e30.x")
PROTOCOL = (b"sec-websocket-protocol", b"rooms.v1.json")


@pytest.mark.parametrize(
    ("query", "headers", "device"),
    [
        ("?device=mobile", [], "mobile"),
        ("?device=desktop", [TOKEN], "desktop"),
        ("?device=mobile", [PROTOCOL], "mobile"),
        ("?ticket=x&device=desktop", [], "desktop"),
        ("", [TOKEN], "mobile"),
        ("", [PROTOCOL], "desktop"),
        ("", [PROTOCOL, TOKEN], "mobile"),
        ("", [], None),
        ("", [(b"authorization", b"Bearer x")], None),
        ("?device=", [TOKEN], None),
        ("?device=watch", [PROTOCOL], None),
        ("?device=Mobile", [], None),
    ],
)
def test_the_parameter_says_it_and_without_one_the_headers(query: str, headers: list[tuple[bytes, bytes]], device: str | None) -> None:
    assert device_of(RequestHead("GET", f"/devices/ada/ws{query}", headers), "clientid") == device


@pytest.mark.parametrize(
    ("who", "may"),
    [
        (Identity("ada", "Ada"), True),
        (Identity("bob", "Bob", rooms=("*", "devices/*", "devices/ada")), False),
        (Identity("root", "Root", admin=True), False),
        (Identity("guest-1", "", rooms=("*",), guest=True), False),
    ],
)
def test_a_device_room_is_its_users_alone(who: Identity, may: bool) -> None:
    assert may_enter(who, RoomKey("devices", "ada")) is may


def test_other_rooms_are_as_granted() -> None:
    assert may_enter(Identity("ada", "Ada", rooms=("ada",)), RoomKey("rooms", "ada"))
    assert not may_enter(Identity("ada", "Ada"), RoomKey("rooms", "ada"))
