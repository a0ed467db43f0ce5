"""Private messages over real sockets: to every `/ws` socket of both, kept for who is away, on both carriers."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import Any

import pytest

from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

_numbers = itertools.count(1)


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("private"), carrier=carrier) as running:
        yield running


@pytest.fixture
def pair() -> tuple[str, str]:
    """Two users whom no other test has heard of."""
    number = next(_numbers)
    return f"ada{number}", f"bob{number}"


def enter(server: Server, user: str, *rooms: str) -> tuple[Client, dict[str, Any]]:
    """A `/ws` socket of the user, and its `hello`."""
    client = Client(f"ws://{server.host}/ws", token=token(user, *rooms, name=user.title()))
    return client, client.receive("hello")


def ask(client: Client, type: str, **data: Any) -> dict[str, Any]:
    """The answer to a request: the next event with its ref."""
    client.send(type, ref=f"{type}?", **data)
    passed = []
    while (event := client.next()).get("ref") != f"{type}?":
        passed.append(event)
    client._waiting.extendleft(reversed(passed))
    return event


def test_a_message_reaches_every_socket_of_both_and_nobody_else(server: Server, pair: tuple[str, str]) -> None:
    ada, bob = pair
    (one, _), (two, _), (other, _), (carol, _) = enter(server, ada), enter(server, ada), enter(server, bob), enter(server, ada + "x")
    with one, two, other, carol:
        ack = ask(one, "private", to=bob, message="hello", cid="c1")
        assert ack["type"] == "ack"
        assert ack["data"] == {"id": ack["data"]["id"], "seq": 1, "with": bob, "cid": "c1"}
        for client in (one, two, other):
            said = client.receive("private")
            assert (said["from"], said["to"], said["message"], said["name"], said["seq"]) == (ada, bob, "hello", ada.title(), 1)
            assert said["id"] == ack["data"]["id"]
            assert "room" not in said
        carol.send("ping", ref=1)
        assert carol.next()["type"] == "pong"
