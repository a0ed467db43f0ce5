"""A user's devices over real sockets: replaced, relayed in both formats, and nothing of it on the disk."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import msgpack
import pytest
from websockets.exceptions import InvalidStatus

from tests.system.client import PATIENCE_SECONDS, Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

REPLACED = "This connection has been overwritten with a new one"
FRAMES = 120


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    carrier: CarrierName = request.param
    env = {"ROOMS_IDLE_SECONDS": "0.5", "ROOMS_RATE_LIMITS": "on"}
    with Server(tmp_path_factory.mktemp("devices"), carrier=carrier, env=env) as running:
        yield running


def device(server: Server, name: str, user: str = "ada", *, of: str | None = None, wire: str = "json") -> Client:
    """A greeted socket of one device."""
    url = server.socket_url(of or user, "devices", f"?device={name}")
    return greeted(Client(url, token=token(user), subprotocols=[f"rooms.v1.{wire}"]))


def greeted(client: Client) -> Client:
    assert received(client)["type"] == "hello"
    return client


def received(client: Client) -> dict[str, Any]:
    """The next envelope in the client's format."""
    frame = client.socket.recv(PATIENCE_SECONDS)
    found: dict[str, Any] = msgpack.unpackb(frame) if isinstance(frame, bytes) else json.loads(frame)
    return found


def wait_until_all_sleep(server: Server) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while server.metric("rooms_awake"):
        assert time.monotonic() < deadline


@pytest.mark.parametrize(("of_mobile", "of_desktop"), [("json", "json"), ("msgpack", "json"), ("msgpack", "msgpack")])
def test_a_text_goes_to_both_in_the_format_of_each(server: Server, of_mobile: str, of_desktop: str) -> None:
    with device(server, "mobile", "eve", wire=of_mobile) as mobile, device(server, "desktop", "eve", wire=of_desktop) as desktop:
        for text in ("ünï 🎉", '{"type":"message","data":{"message":"x"}}', ""):
            mobile.socket.send(text)
            for each in (mobile, desktop):
                frame = received(each)
                assert frame["type"] == "frame"
                assert frame["data"] == {"desktop": True, "mobile": True, "room": "eve", "from": "mobile", "message": text}


def test_a_binary_frame_goes_untouched_to_the_other_alone(server: Server) -> None:
    with device(server, "mobile") as mobile, device(server, "desktop", wire="msgpack") as desktop:
        mobile.socket.send(b"\x81\xa4type\xa4ping")
        assert desktop.socket.recv(PATIENCE_SECONDS) == b"\x81\xa4type\xa4ping"
        desktop.socket.send(b"\x00" * 60_000)
        assert mobile.socket.recv(PATIENCE_SECONDS) == b"\x00" * 60_000
        mobile.socket.send("ping")
        assert mobile.socket.recv(PATIENCE_SECONDS) == "pong"


def test_the_latest_socket_of_a_device_wins(server: Server) -> None:
    with device(server, "mobile", "bob") as older, device(server, "mobile", "bob") as newer, device(server, "desktop", "bob") as desktop:
        assert older.receive("replaced") == {"device": "mobile", "message": REPLACED}
        assert older.close_code() == 4409
        desktop.socket.send(b"1")
        assert newer.socket.recv(PATIENCE_SECONDS) == b"1"


@pytest.mark.parametrize(
    ("query", "headers", "subprotocol", "device_is"),
    [("", {}, None, "mobile"), ("", {}, "rooms.v1.json", "desktop"), ("?device=desktop", {}, None, "desktop")],
)
def test_without_the_parameter_the_headers_say_which(
    server: Server, query: str, headers: dict[str, str], subprotocol: str | None, device_is: str
) -> None:
    address, mine = server.socket_url("cat", "devices", query), token("cat")
    if device_is == "mobile" or query:
        client = Client(address, headers={"clientid": mine})
    else:
        client = Client(address, subprotocols=[f"bearer.{mine}", str(subprotocol)])
    with greeted(client):
        client.socket.send("which?")
        assert client.receive("frame")["from"] == device_is


def test_a_request_that_names_no_device_is_no_good(server: Server) -> None:
    for query in ("", "?device=watch"):
        with pytest.raises(InvalidStatus) as refused:
            Client(server.socket_url("ada", "devices", query), token=token("ada"))
        assert refused.value.response.status_code == 400


@pytest.mark.parametrize("claims", [{}, {"admin": True}])
def test_nobody_enters_the_room_of_another_user(server: Server, claims: dict[str, Any]) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Client(server.socket_url("ada", "devices", "?device=mobile"), token=token("mallory", "devices/*", "*", **claims))
    assert refused.value.response.status_code == 403
    mine = token("mallory", "*", **claims)
    with Client(server.socket_url("ada", "devices", "?device=mobile"), subprotocols=[f"bearer.{mine}", "rooms.v1.json"]) as other:
        assert other.receive("error")["code"] == "not_authorized"
        assert other.close_code() == 4403


def test_a_first_auth_does_as_well(server: Server) -> None:
    with Client(server.socket_url("dan", "devices", "?device=desktop")) as desktop:
        desktop.send("auth", token=token("dan"), ref=1)
        assert desktop.envelope("hello")["ref"] == 1
        desktop.socket.send("here")
        assert desktop.receive("frame")["message"] == "here"


def test_binary_frames_are_relayed_both_ways_without_touching_the_disk(server: Server) -> None:
    """Two seconds' worth at sixty a second each way, as fast as they will go: within the rate, and quicker than they would come."""
    with device(server, "mobile", "fay") as mobile, device(server, "desktop", "fay") as desktop:
        wait_until_all_sleep(server)  # what the server notes of users who came is on the disk by then
        before = server.metric("rooms_journal_records_total")
        for n in range(FRAMES):
            mobile.socket.send(b"m%d" % n)
            desktop.socket.send(b"d%d" % n)
            assert desktop.socket.recv(PATIENCE_SECONDS) == b"m%d" % n
            assert mobile.socket.recv(PATIENCE_SECONDS) == b"d%d" % n
        assert server.metric("rooms_journal_records_total") == before
    assert not list((server.data / "rooms").glob("devices/**/*.sqlite3"))


def test_a_hibernated_room_relays_as_if_it_had_never_slept(server: Server) -> None:
    with device(server, "mobile", "gus") as mobile, device(server, "desktop", "gus") as desktop:
        wait_until_all_sleep(server)
        before = server.metric("rooms_rehydrations_total")
        mobile.socket.send(b"awake?")
        assert desktop.socket.recv(PATIENCE_SECONDS) == b"awake?"
        assert server.metric("rooms_rehydrations_total") == before + 1
