"""JSON and msgpack beside each other in one room."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgpack
import pytest

from tests.system.client import PATIENCE_SECONDS, Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("formats"), carrier=carrier) as running:
        yield running


def packed(client: Client) -> dict[str, Any]:
    """The next envelope of a client that chose msgpack."""
    frame = client.socket.recv(PATIENCE_SECONDS)
    assert isinstance(frame, bytes), "a text frame to who chose msgpack"
    envelope: dict[str, Any] = msgpack.unpackb(frame)
    return envelope


def packed_of(client: Client, type: str) -> dict[str, Any]:
    while (envelope := packed(client))["type"] != type:
        pass
    return envelope


def test_one_speaks_json_and_the_other_msgpack_and_both_hear_the_same(server: Server) -> None:
    address = server.socket_url("mixed")
    with (
        Client(address, token=token("ada", "mixed"), subprotocols=["rooms.v1.json"]) as ada,
        Client(address, token=token("bob", "mixed"), subprotocols=["rooms.v1.msgpack"]) as bob,
    ):
        assert (ada.socket.subprotocol, bob.socket.subprotocol) == ("rooms.v1.json", "rooms.v1.msgpack")
        assert packed(bob)["type"] == "hello"
        bob.socket.send(msgpack.packb({"type": "join", "data": {}, "ref": 1}))
        assert packed_of(bob, "joined")["ref"] == 1
        ada.join()
        bob.socket.send(msgpack.packb({"type": "message", "data": {"message": "ünï 🎉", "meta": {"n": 1.5, "none": None}}, "ref": "r"}))
        assert packed_of(bob, "ack")["ref"] == "r"
        assert packed_of(bob, "message")["data"] == ada.receive("message")
        ada.say("and back")
        assert packed_of(bob, "message")["data"]["message"] == "and back"


def test_what_is_sent_may_be_of_the_other_format(server: Server) -> None:
    """Text frames are JSON and binary ones msgpack, whichever the socket asked to hear."""
    with Client(server.socket_url("other"), token=token("ada", "other")) as ada:
        ada.socket.send(msgpack.packb({"type": "join", "data": {}, "ref": 1}))
        assert ada.envelope("joined")["ref"] == 1


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xc1",
        b"\x81",
        msgpack.packb([1]),
        msgpack.packb({"type": "ping", "data": {1: 2}}),
        msgpack.packb({"type": "event", "data": {"name": "x", "data": {"b": b"binary"}}}),
        msgpack.packb({"type": "event", "data": {"name": "x", "data": {"t": msgpack.Timestamp(1, 2)}}}),
        msgpack.packb({"type": "event", "data": {"name": "x", "data": {"n": 2**60}}}),
        msgpack.packb({"type": "event", "data": {"name": "x", "data": {"n": float("nan")}}}),
        b"\x82\xa4type\xa4ping\xa4type\xa4ping",
        b"\x81\xa4type\xa4\xff\xff\xff\xff",
        msgpack.packb({"type": "ping"}) + b"\x00",
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 5000,
    ],
    ids=repr,
)
def test_bad_msgpack_is_answered_and_the_socket_stays(server: Server, frame: bytes) -> None:
    with Client(server.socket_url("bad"), token=token("ada", "bad"), subprotocols=["rooms.v1.msgpack"]) as ada:
        ada.socket.send(frame)
        assert packed_of(ada, "error")["data"]["code"] == "bad_message"
        ada.socket.send(msgpack.packb({"type": "ping", "ref": 2}))
        assert packed_of(ada, "pong")["ref"] == 2
