"""Kill -9 during a stream of messages from ten senders, again and again: what was acknowledged stays, what was heard is there."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

from tests.system.crowd import Crowd, Member
from tests.system.server import CarrierName, Server
from tests.system.tokens import token

ROUNDS = int(os.environ.get("CRASH_ROUNDS", "10"))
"""By hand: CRASH_ROUNDS=50."""
SENDERS = 10
IN_FLIGHT = 4


class Sender:
    """Keeps messages in flight, and sends again, with the same cid, what had no ack when the server died."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.token = ""
        self.acked: dict[str, tuple[str, int]] = {}
        """By cid: the id and seq that the server promised."""
        self._open: dict[str, None] = {}
        self._counted = 0
        self._said = 0

    def begin(self, member: Member) -> None:
        """On a new socket: everything that is open again, in order."""
        self.member = member
        self._counted = 0
        member.send("join")
        for cid in self._open:
            self._send(cid)

    def go_on(self) -> None:
        """Takes the acks that came, and fills the window."""
        acks = self.member.of("ack")
        for ack in acks[self._counted :]:
            promise = (ack["id"], ack["seq"])
            assert self.acked.setdefault(ack["cid"], promise) == promise, "a retry got another answer"
            self._open.pop(ack["cid"], None)
        self._counted = len(acks)
        while len(self._open) < IN_FLIGHT:
            self._said += 1
            cid = f"{self.name}-{self._said}"
            self._open[cid] = None
            self._send(cid)

    def _send(self, cid: str) -> None:
        self.member.send("message", message=f"said {cid}", cid=cid)


def test_what_was_acknowledged_survives_kill_9_and_what_was_heard_is_there(tmp_path: Path, carrier: CarrierName) -> None:
    seed = random.randrange(1 << 32)
    print(f"seed {seed}")
    chance = random.Random(seed)
    server = Server(tmp_path, carrier=carrier)
    senders = [Sender(f"s{i}") for i in range(SENDERS)]
    watcher = Watcher()
    with server:
        watcher.token = token(watcher.name, "lobby")
        for sender in senders:
            sender.token = token(sender.name, "lobby")
        for number in range(ROUNDS):
            heard = stream_until_killed(server, senders, watcher, acks=chance.randrange(1, 200))
            if number % 2:
                server.start()
            rows = server.history("lobby")
            check(rows, senders, [*heard, *watcher.seen])
            if not number % 2:
                server.start()
            watcher.last = rows[-1]["seq"] if rows else 0
            watcher.seen = []
            watcher.missed_after = chance.randrange(watcher.last + 1)
            check_return(server, watcher, rows)
        assert server.rooms("check")


class Watcher:
    """Hears everything, says nothing, and comes back with ``since``."""

    name = "watcher"

    def __init__(self) -> None:
        self.token = ""
        self.seen: list[dict[str, Any]] = []
        self.epoch: str | None = None
        self.last = 0
        self.missed_after = 0


def stream_until_killed(server: Server, senders: list[Sender], watcher: Watcher, acks: int) -> list[dict[str, Any]]:
    """Ten senders talk until ``acks`` more acks came; then the server dies in mid-stream. Returns every message anybody heard."""
    before = sum(len(sender.acked) for sender in senders)
    with Crowd() as crowd:
        eye = crowd.open(server.port, "/rooms/lobby/ws", watcher.token)
        members = [crowd.open(server.port, "/rooms/lobby/ws", sender.token) for sender in senders]
        crowd.wait(lambda: all(member.is_open for member in crowd.members), "upgrades")
        eye.send("join", limit=0)
        crowd.wait(lambda: bool(eye.of("joined")), "joined")
        watcher.epoch = eye.of("joined")[0]["epoch"]
        for sender, member in zip(senders, members, strict=True):
            sender.begin(member)

        def enough() -> bool:
            for sender in senders:
                sender.go_on()
            return sum(len(sender.acked) for sender in senders) - before >= acks

        crowd.wait(enough, "acks")
        server.kill()
        crowd.read_to_the_end()
        for sender in senders:
            sender.go_on()
        assert not [envelope for member in crowd.members for envelope in member.of("error")]
        watcher.seen = eye.of("message")
        return [message for member in members for message in member.of("message")]


def check(rows: list[dict[str, Any]], senders: list[Sender], heard: list[dict[str, Any]]) -> None:
    """The history holds every acknowledged message once, has no gap, and nobody heard what is not in it."""
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    texts = [row["message"] for row in rows]
    assert len(set(texts)) == len(texts), "a message is there twice"
    stored = {row["message"]: (row["id"], row["seq"]) for row in rows}
    for sender in senders:
        for cid, promise in sender.acked.items():
            assert stored.get(f"said {cid}") == promise, f"{cid} was acknowledged as {promise}"
        own = [int(text.rsplit("-", 1)[1]) for text in texts if text.startswith(f"said {sender.name}-")]
        assert own == sorted(own), f"{sender.name}'s order changed"
    for message in heard:
        assert stored.get(message["message"]) == (message["id"], message["seq"]), f"heard, but not stored so: {message}"


def check_return(server: Server, watcher: Watcher, rows: list[dict[str, Any]]) -> None:
    """A client that comes back gets exactly what it missed."""
    with Crowd() as crowd:
        eye = crowd.open(server.port, "/rooms/lobby/ws", watcher.token)
        crowd.wait(lambda: eye.is_open, "upgrade")
        eye.send("join", since=watcher.missed_after, epoch=watcher.epoch, limit=100)
        crowd.wait(lambda: bool(eye.of("joined")), "joined")
        joined = eye.of("joined")[0]
        missed, more = joined["history"], joined["more"]
        expected = [row["seq"] for row in rows if row["seq"] > watcher.missed_after]
        if len(expected) > 1000:
            assert joined["recovered"] is False
            return
        assert joined["recovered"] is True
        for page in range(1, 20):
            if not more:
                break
            eye.send("history", since=missed[-1]["changed"], epoch=watcher.epoch, limit=100)
            crowd.wait(lambda page=page: len(eye.of("history")) == page, "history")  # type: ignore[misc]
            missed, more = [*missed, *eye.of("history")[-1]["messages"]], eye.of("history")[-1]["more"]
        assert [message["seq"] for message in missed] == expected
