"""A room class of an author behind a real server: turns are all or nothing, frames are untouched, HTTP reaches the room."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client import Client
from tests.system.server import CarrierName, Server
from tests.system.tokens import token


@pytest.fixture
def server(tmp_path: Path, carrier: CarrierName) -> Iterator[Server]:
    with Server(tmp_path, carrier=carrier, arguments=["--kind", "probes=tests.system.kinds:Probe"]) as running:
        yield running


@pytest.fixture
def ada(server: Server) -> Iterator[Client]:
    with Client(server.socket_url("one", "probes"), token=token("ada", "probes/*")) as client:
        yield client


def ask(client: Client, message: str) -> str | bytes:
    client.socket.send(message)
    return client.socket.recv(20)


def state(client: Client) -> dict[str, object]:
    answer: dict[str, object] = json.loads(ask(client, "state"))
    return answer


def test_a_hook_that_raises_leaves_no_trace_and_keeps_the_sockets(server: Server, ada: Client) -> None:
    with Client(server.socket_url("one", "probes"), token=token("bob", "probes/*")) as bob:
        before = state(ada)
        assert before == {"k": None, "attachment": {"from": "connect"}, "alarm": False}
        ada.socket.send("raise")
        assert state(ada) == before
        assert state(bob) == before
        assert ask(ada, "still here") == "still here"


def test_a_hook_that_returns_leaves_all_of_it_also_over_kill_9(server: Server, ada: Client) -> None:
    assert ask(ada, "write") == "said"
    assert ada.socket.recv(20) == "said to all"
    assert state(ada) == {"k": "written", "attachment": {"from": "message"}, "alarm": True}
    server.kill()
    server.start()
    with Client(server.socket_url("one", "probes"), token=token("ada", "probes/*")) as again:
        assert state(again) == {"k": "written", "attachment": {"from": "connect"}, "alarm": True}


def test_frames_of_a_raw_kind_are_untouched(ada: Client) -> None:
    for frame in ("text", "ünï", "", "{}", b"\x00\xff", b"", "x" * 65_536, b"y" * 65_536):
        ada.socket.send(frame)
        assert ada.socket.recv(20) == frame


def test_fragments_arrive_as_one_message(ada: Client) -> None:
    ada.socket.send(iter(["a", "b", "c"]))
    assert ada.socket.recv(20) == "abc"


def test_a_cycle_of_asks_is_refused_and_the_room_lives_on(ada: Client) -> None:
    ada.socket.send("cycle")
    assert ask(ada, "still here") == "still here"


def test_the_rooms_own_http_is_served_beside_its_sockets(server: Server, ada: Client) -> None:
    ask(ada, "write")
    status, body = server.get("/probes/one/a/b?c=d")
    assert (status, json.loads(body)) == (200, {"method": "GET", "path": "/a/b", "kept": "written"})


def test_a_destroyed_room_keeps_nothing(server: Server, ada: Client) -> None:
    ask(ada, "write")
    ada.socket.send("destroy")
    assert ada.close_code() == 4404
    with Client(server.socket_url("one", "probes"), token=token("ada", "probes/*")) as again:
        assert state(again) == {"k": None, "attachment": {"from": "connect"}, "alarm": False}
