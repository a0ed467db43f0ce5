"""Both client libraries behind a proxy that cuts connections, mostly between a message's being stored and its acknowledgement."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

from rooms.client import ClientSettings, MessageEvent, Room, open_client
from rooms.client.wire import Format
from tests.clients.node import ROOT, needs_node, node_command
from tests.system.cutting_proxy import CuttingProxy
from tests.system.server import Server
from tests.system.tokens import token

SENDERS = 3
EACH = 30
PATIENCE_SECONDS = 90.0
SEED = 11
HASTE = ClientSettings(backoff_min_seconds=0.05, backoff_max_seconds=0.2)


@asynccontextmanager
async def behind_a_proxy(folder: Path) -> AsyncIterator[tuple[Server, CuttingProxy]]:
    with trio.fail_after(PATIENCE_SECONDS), Server(folder, carrier="hub") as server:
        proxy = CuttingProxy(server.port, SEED)
        async with trio.open_nursery() as nursery:
            await nursery.start(proxy.run)
            yield server, proxy
            nursery.cancel_scope.cancel()


def told_once(server: Server, proxy: CuttingProxy, acknowledged: dict[str, tuple[str, int]]) -> list[str]:
    """What was said, all of it once, in each sender's order and as it was acknowledged; and that it was not too easy."""
    kept: list[dict[str, Any]] = server.history("lobby")
    assert proxy.cuts >= 8, "hardly a connection was cut"
    assert proxy.unheard >= 4, "hardly an answer was lost"
    assert len(kept) == SENDERS * EACH
    assert {each["cid"]: (each["id"], each["seq"]) for each in kept} == acknowledged
    for number in range(SENDERS):
        own = [each["message"] for each in kept if each["from"] == f"sender-{number}"]
        assert own == [f"{number}:{each}" for each in range(EACH)]
    return [each["message"] for each in kept]


async def test_the_python_client_says_and_hears_everything_once(tmp_path: Path) -> None:
    async with behind_a_proxy(tmp_path) as (server, proxy):
        url, heard, acknowledged = f"http://{proxy.host}", [], {}
        async with open_client(url, token=token("listener", "lobby"), settings=HASTE, format="msgpack") as listener:
            room = await listener.join("lobby")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(hear, room, heard)
                for number in range(SENDERS):
                    nursery.start_soon(say, url, number, acknowledged)
        assert heard == told_once(server, proxy, acknowledged)


async def hear(room: Room, heard: list[str]) -> None:
    async with room.events() as events:
        while len(heard) < SENDERS * EACH:
            event = await anext(events)
            if isinstance(event, MessageEvent):
                heard.append(event.message.message)


async def say(url: str, number: int, acknowledged: dict[str, tuple[str, int]]) -> None:
    format: Format = "json" if number % 2 else "msgpack"
    async with open_client(url, token=token(f"sender-{number}", "lobby"), settings=HASTE, format=format) as client:
        room = await client.join("lobby")
        for outgoing in [room.send_nowait(f"{number}:{each}") for each in range(EACH)]:
            sent = await outgoing.wait()
            acknowledged[sent.cid] = (sent.id, sent.seq)


@needs_node
async def test_the_javascript_client_says_and_hears_everything_once(tmp_path: Path) -> None:
    async with behind_a_proxy(tmp_path) as (server, proxy):
        tokens = [token(f"sender-{number}", "lobby") for number in range(SENDERS)]
        command = [*(node_command() or []), str(ROOT / "tests/clients/story.js"), f"http://{proxy.host}", "json", str(EACH), *tokens]
        lines = (await trio.run_process(command, capture_stdout=True)).stdout.decode().splitlines()
        acknowledged = {cid: (id, int(seq)) for _, cid, id, seq in (line.split() for line in lines if line.startswith("ack "))}
        end = json.loads(lines[-1])
        kept = await trio.to_thread.run_sync(told_once, server, proxy, acknowledged)
        assert end["heard"] == kept
        assert end["resets"] == 0
