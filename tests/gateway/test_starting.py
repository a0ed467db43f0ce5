"""While the journal is recovered, clients hear that the server is alive and not ready."""

from __future__ import annotations

import socket

import httpx2
import pytest
import trio

from gateway.edge.edge import EdgeSettings
from gateway.edge.listeners import listen_tcp
from gateway.starting import behind_a_shut_door
from tests.gateway.recording_log import RecordingLog

UPGRADE = {
    "connection": "upgrade",
    "upgrade": "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
}


@pytest.fixture
def listening():
    sockets = listen_tcp("127.0.0.1", 0)
    yield sockets[0]
    sockets[0].close()


async def get(listening: socket.socket, path: str, **headers: str) -> httpx2.Response:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{listening.getsockname()[1]}") as client:
        return await client.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(("path", "status"), [("/healthz", 200), ("/readyz", 503), ("/", 503), ("/rooms/lobby/ws", 503)])
async def test_it_is_alive_and_not_ready(listening: socket.socket, path: str, status: int) -> None:
    async with behind_a_shut_door([listening], None, EdgeSettings(), lambda _: False, RecordingLog(), patience_seconds=0):
        answer = await get(listening, path)
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status == 503)


async def test_an_upgrade_is_refused_with_the_word_that_says_come_again(listening: socket.socket) -> None:
    async with behind_a_shut_door([listening], None, EdgeSettings(), lambda _: False, RecordingLog(), patience_seconds=0):
        answer = await get(listening, "/rooms/lobby/ws", **UPGRADE)
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "unavailable"


async def test_whoever_comes_in_the_first_second_waits_and_is_served_by_what_follows(listening: socket.socket) -> None:
    with socket.create_connection(listening.getsockname()) as early:
        early.sendall(b"GET /readyz HTTP/1.1\r\nhost: x\r\n\r\n")
        async with behind_a_shut_door([listening], None, EdgeSettings(), lambda _: False, RecordingLog(), patience_seconds=60):
            await trio.testing.wait_all_tasks_blocked()
        accepted, _ = listening.accept()
        with accepted:
            assert accepted.recv(100).startswith(b"GET /readyz")
