"""The Python client against a real server that is killed and started again in the middle of a conversation."""

from __future__ import annotations

from pathlib import Path

import pytest
import trio

from rooms.client import ClientSettings, Message, MessageEvent, Room, open_client
from rooms.client.wire import Format
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

SENDERS = 4
EACH = 250
PATIENCE_SECONDS = 60.0
HASTE = ClientSettings(backoff_min_seconds=0.1, backoff_max_seconds=0.5)


@pytest.mark.parametrize("carrier", CARRIERS)
async def test_every_message_is_stored_once_and_in_order_though_the_server_is_killed_twice(carrier: CarrierName, tmp_path: Path) -> None:
    with trio.fail_after(PATIENCE_SECONDS), Server(tmp_path, carrier=carrier) as server:
        heard: list[str] = []
        progress = Progress()
        async with open_client(f"http://{server.host}", token=token("listener", "lobby"), settings=HASTE) as listener:
            room = await listener.join("lobby")
            async with trio.open_nursery() as nursery:
                nursery.start_soon(listen, room, heard, progress)
                async with trio.open_nursery() as senders:
                    for number in range(SENDERS):
                        format: Format = "json" if number % 2 else "msgpack"
                        senders.start_soon(send_all, server, f"sender-{number}", format, progress)
                    senders.start_soon(kill_twice, server, progress)
                whole = await whole_history(room)
                await progress.heard(len(whole), heard)
                nursery.cancel_scope.cancel()

        texts = [message.message for message in whole]
        assert len(texts) == SENDERS * EACH
        for number in range(SENDERS):
            own = [message for message in whole if message.from_ == f"sender-{number}"]
            assert [message.message for message in own] == [f"{number}:{each}" for each in range(EACH)]
            assert {message.id: message.seq for message in own}.items() >= progress.acknowledged[f"sender-{number}"].items()
        assert heard == texts, "the listener missed something, or heard it twice or out of order"
        assert [message.seq for message in room.messages] == list(range(1, SENDERS * EACH + 1))


class Progress:
    """How far the senders are: what was acknowledged, and a way to wait for so much."""

    def __init__(self) -> None:
        self.acknowledged: dict[str, dict[str, int]] = {}
        self.count = 0
        self._more = trio.Event()

    def add(self, user: str, id: str, seq: int) -> None:
        self.acknowledged.setdefault(user, {})[id] = seq
        self.count += 1
        self.noticed()

    async def reached(self, count: int) -> None:
        while self.count < count:
            await self._wait()

    async def heard(self, count: int, messages: list[str]) -> None:
        while len(messages) < count:
            await self._wait()

    def noticed(self) -> None:
        self._more.set()

    async def _wait(self) -> None:
        self._more = trio.Event()
        await self._more.wait()


async def send_all(server: Server, user: str, format: Format, progress: Progress) -> None:
    number = user.rpartition("-")[2]
    async with open_client(f"http://{server.host}", token=token(user, "lobby"), settings=HASTE, format=format) as client:
        room = await client.join("lobby")
        for outgoing in [room.send_nowait(f"{number}:{each}") for each in range(EACH)]:
            sent = await outgoing.wait()
            progress.add(user, sent.id, sent.seq)
        assert not room.pending


async def kill_twice(server: Server, progress: Progress) -> None:
    for count in (SENDERS * EACH // 4, SENDERS * EACH // 2):
        await progress.reached(count)
        await trio.to_thread.run_sync(server.kill)
        await trio.to_thread.run_sync(server.start)


async def listen(room: Room, heard: list[str], progress: Progress) -> None:
    async for event in room.events():
        if isinstance(event, MessageEvent):
            heard.append(event.message.message)
            progress.noticed()


async def whole_history(room: Room) -> list[Message]:
    found: list[Message] = []
    while True:
        page = await room.history(after=found[-1].seq if found else 0, limit=100)
        found += page.messages
        if not page.more:
            return found
