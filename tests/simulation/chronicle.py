"""A seeded simulation of rooms: lossy clients, crashes, a full disk, hooks that wait and raise; everything from one seed.

``python -m tests.simulation.chronicle 0 1000`` runs a thousand seeds and prints those that break a promise.
"""

from __future__ import annotations

import random
import sys
import tempfile
from pathlib import Path
from typing import Any

import trio
import trio.testing
from trio._core import _run as trio_run  # its scheduler shuffles: a seed makes that repeatable (trio issue 2675)

from rooms import Connection, ConnectRequest, Room, RuntimeSettings, callable_from_rooms
from rooms.testing import Client, Harness, open_harness

CLIENTS = 3
MESSAGES_PER_CLIENT = 8
PATIENCE_SECONDS = 200
SETTINGS = RuntimeSettings(idle_seconds=0.3, turn_seconds=1, commit_seconds=0.02, failed_turns_max=1_000, retire_seconds=0.5)


class Chronicle(Room):
    """Numbers what it hears, once a ``cid``; tells its mirror, and asks it now and then."""

    dice: random.Random

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> None:
        connection.send(f"head {self.storage.get('head', 0)}")

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        cid = str(message)
        seq = self.storage.get(f"cid {cid}")
        if seq is not None:
            connection.send(f"ack {cid} {seq}")
            return
        seq = self.storage.get("head", 0) + 1
        self.storage.put("head", seq)
        self.storage.put(f"cid {cid}", seq)
        self.stub("mirrors", self.name).tell.hear(cid)
        connection.attachment = cid
        self.broadcast(f"event {cid} {seq}")
        if self.dice.random() < 0.1:
            await trio.sleep(self.dice.choice([0.01, 0.1, 2]))
        if self.dice.random() < 0.1:
            await self.stub("mirrors", self.name).heard()
        if self.dice.random() < 0.1:
            raise ValueError("thrown dice")
        connection.send(f"ack {cid} {seq}")


class Mirror(Room):
    """Keeps what it is told, in order."""

    dice: random.Random

    @callable_from_rooms
    async def hear(self, cid: str) -> None:
        self.storage.put("heard", [*self.storage.get("heard", []), cid])
        if self.dice.random() < 0.1:
            raise ValueError("thrown dice")

    @callable_from_rooms
    async def heard(self) -> int:
        return len(self.storage.get("heard", []))


class Simulation:
    """One seed's world. ``faults`` are the promises that did not hold."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        self.acked: dict[str, int] = {}
        self.clients: list[Client] = []
        self.faults: list[str] = []
        self.harness: Harness

    async def run(self, data: Path) -> list[str]:
        """Live through it; what was broken."""
        Chronicle.dice = Mirror.dice = self.dice
        async with open_harness({"chronicles": Chronicle, "mirrors": Mirror}, data=data, settings=SETTINGS) as self.harness:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(self._break_things)
                with trio.move_on_after(PATIENCE_SECONDS) as patience:
                    async with trio.open_nursery() as writers:
                        for number in range(CLIENTS):
                            writers.start_soon(self._write, f"c{number}")
                self._expect(not patience.cancelled_caught, "some message was never acknowledged")
                nursery.cancel_scope.cancel()
            Chronicle.dice = Mirror.dice = _Fair()
            self.harness.disk.is_full = False
            await trio.sleep(300)
            self._expect(self.harness.runtime.stats.awake == 0, "a room never fell asleep")
            self._check(await self._stored("chronicles"), await self._stored("mirrors"))
        return self.faults

    async def _write(self, name: str) -> None:
        client: Client | None = None
        for number in range(MESSAGES_PER_CLIENT):
            cid = f"{name}-{number}"
            while cid not in self.acked:
                if client is None or client.closed or client.refusal:
                    client = self._connect(name)
                if self.dice.random() < 0.8:
                    client.post(cid)
                await trio.sleep(self.dice.uniform(0.001, 0.2))
                self._note_acks(client)
            if self.dice.random() < 0.1:
                await client.leave()
            if self.dice.random() < 0.2:
                await trio.sleep(1)  # time enough to hibernate

    def _connect(self, name: str) -> Client:
        client = self.harness.connect_nowait("r", kind="chronicles", user=name)
        self.clients.append(client)
        return client

    def _note_acks(self, client: Client) -> None:
        for line in client.received:
            what, *rest = line.split()
            if what == "ack":
                cid, seq = rest
                if self.acked.setdefault(cid, int(seq)) != int(seq):
                    self.faults.append(f"{cid} was acked as {self.acked[cid]} and as {seq}")

    async def _break_things(self) -> None:
        while True:
            await trio.sleep(self.dice.expovariate(5))
            what = self.dice.choice(["crash", "crash", "full", "mend", "slow", "mend"])
            if what == "crash":
                await self.harness.crash()
            elif what == "full":
                self.harness.disk.is_full = True
            else:
                self.harness.disk.is_full = False
                self.harness.disk.seconds = self.dice.uniform(0, 0.08 if what == "slow" else 0.01)

    async def _stored(self, kind: str) -> dict[str, Any]:
        stored: dict[str, Any] = await self.harness.visit("r", lambda room: room.storage.list(), kind=kind)
        return stored

    def _check(self, chronicle: dict[str, Any], mirror: dict[str, Any]) -> None:
        stored = {key.removeprefix("cid "): seq for key, seq in chronicle.items() if key.startswith("cid ")}
        in_order = sorted(stored, key=lambda cid: stored[cid])
        self._expect(sorted(stored.values()) == list(range(1, len(stored) + 1)), f"seqs have gaps: {stored}")
        self._expect(chronicle.get("head", 0) == len(stored), "head is not the last seq")
        for cid, seq in self.acked.items():
            self._expect(stored.get(cid) == seq, f"acked {cid} {seq}, stored {stored.get(cid)}")
        for number in range(CLIENTS):
            own = [cid for cid in in_order if cid.startswith(f"c{number}-")]
            self._expect(own == [f"c{number}-{each}" for each in range(MESSAGES_PER_CLIENT)], f"order of c{number}: {own}")
        self._expect(mirror.get("heard", []) == in_order, f"told {mirror.get('heard')}, stored {in_order}")
        for client in self.clients:
            self._check_stream(client, stored)

    def _check_stream(self, client: Client, stored: dict[str, int]) -> None:
        """What a client heard is a stretch of the log without a hole, beginning behind the head it was told."""
        heard = [line.split() for line in client.received if line.startswith(("head", "event"))]
        if not heard:
            return
        self._expect(heard[0][0] == "head", f"{client.identity.user} heard {heard[0]} before its greeting")
        head = int(heard[0][-1])
        for place, (_, cid, seq) in enumerate(heard[1:], start=1):
            self._expect(stored.get(cid) == int(seq) == head + place, f"{client.identity.user} heard {cid} as {seq} at {head}+{place}")

    def _expect(self, holds: bool, fault: str) -> None:
        if not holds:
            self.faults.append(fault)


class _Fair(random.Random):
    """Dice that never throw a fault."""

    def random(self) -> float:
        return 1.0


def simulate(seed: int) -> list[str]:
    """What the world of ``seed`` breaks; the same each time."""
    trio_run._ALLOW_DETERMINISTIC_SCHEDULING = True  # type: ignore[attr-defined]
    trio_run._r.seed(seed)
    with tempfile.TemporaryDirectory() as folder:
        return trio.run(Simulation(seed).run, Path(folder), clock=trio.testing.MockClock(autojump_threshold=0))


if __name__ == "__main__":
    for each in range(int(sys.argv[1]), int(sys.argv[2])):
        for fault in simulate(each):
            print(f"seed {each}: {fault}")
