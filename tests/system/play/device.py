"""One program of one user: it keeps a socket, its rooms and its outbox, and comes back whatever happens to the server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.system.crowd import Crowd, Member
from tests.system.play.model import Model
from tests.system.play.replica import CHANGES, Replica

Data = dict[str, Any]

COME_AGAIN = frozenset({"unavailable", "unknown_outcome", "overloaded"})
"""Errors after which a program asks the same again: the server was going, or could not tell."""


@dataclass
class Asked:
    """A request without an answer yet. ``place``: the room it is for; None: it needs no membership."""

    type: str
    data: Data
    place: str | None
    done: Callable[[Data], None]
    gone: bool = False
    """``message_not_found`` is an answer too: somebody deleted it."""


class Device:
    """``wanted``: the rooms it is to be in; ``replicas``: what it knows of those it ever was in; ``inside``: where it is now."""

    def __init__(self, user: str, number: int, token: str, model: Model, subprotocol: str) -> None:
        self.user = user
        self.name = f"{user}{number}"
        self.wanted: set[str] = set()
        self.replicas: dict[str, Replica] = {}
        self.inside: set[str] = set()
        self.online: set[str] = set()
        self.outbox: dict[str, Asked] = {}
        self.back_at = 0.0
        self.letters: set[str] = set()
        self.member: Member | None = None
        self.is_greeted = False
        self._token = token
        self._model = model
        self._subprotocol = subprotocol
        self._refused_for_now: list[str] = []
        self._refs = count(1)

    # its socket

    def open(self, crowd: Crowd, port: int) -> None:
        """Begin anew; what is asked already is asked again when the server has greeted."""
        self.member = crowd.open(port, "/ws", self._token, subprotocol=self._subprotocol)

    def drop(self, crowd: Crowd) -> None:
        """The socket is gone, from one moment to the next."""
        if self.member is not None:
            crowd.drop(self.member)
        self._lost()

    def close(self, crowd: Crowd) -> None:
        """Say goodbye."""
        if self.member is not None:
            self.member.close()
            crowd.drop(self.member)
        self._lost()

    @property
    def is_settled(self) -> bool:
        """Whether it is where it wants to be, and nothing it asked for is open."""
        return self.is_greeted and self.inside == self.wanted and not self.outbox

    def hear(self) -> None:
        """Take what came."""
        member = self.member
        if member is None:
            return
        for envelope in member.take():
            self._take(envelope)
        if member.is_over:
            self._lost()

    def ask_again(self) -> None:
        """What was refused for the moment."""
        refs, self._refused_for_now = self._refused_for_now, []
        for ref in refs if self.is_greeted else ():
            asked = self.outbox.get(ref)
            if asked is not None and (asked.place is None or asked.place in self.inside):
                self._send(asked.type, ref, asked.data)
            elif ref.startswith("join:") and ref.removeprefix("join:") in self.wanted:
                self._join(ref.removeprefix("join:"))

    # what it does

    def join(self, room: str) -> None:
        self.wanted.add(room)
        if self.is_greeted:
            self._join(room)

    def leave(self, room: str) -> None:
        """Only if nothing is open there: what was asked for would be refused."""
        if any(asked.place == room for asked in self.outbox.values()):
            return
        self.wanted.discard(room)
        if room in self.inside:
            self.inside.discard(room)
            self._send("leave", f"leave:{room}:{next(self._refs)}", {"room": room})

    def say(self, room: str, text: str) -> None:
        cid = f"{self.name}-{next(self._refs)}"
        talk = self._model.room(room)
        self._ask("message", {"room": room, "message": text, "cid": cid}, room, lambda ack: talk.said(self.user, cid, text, ack))

    def write_to(self, other: str, text: str) -> None:
        cid = f"{self.name}-{next(self._refs)}"
        talk = self._model.conversation(self.user, other)
        self._ask("private", {"to": other, "message": text, "cid": cid}, None, lambda ack: talk.said(self.user, cid, text, ack))

    def edit(self, where: Data, message_id: str, text: str) -> None:
        talk = self._talk(where)
        asked = {**where, "id": message_id, "message": text}
        self._ask("edit", asked, where.get("room"), lambda ack: talk.edited(message_id, text, ack), gone=True)

    def delete(self, where: Data, message_id: str) -> None:
        talk = self._talk(where)
        self._ask("delete", {**where, "id": message_id}, where.get("room"), lambda ack: talk.deleted(message_id, ack))

    def read(self, where: Data, seq: int) -> None:
        talk = self._talk(where)
        self._ask("read", {**where, "seq": seq}, where.get("room"), lambda ack: talk.read(self.user, ack))

    def whisper(self, type: str, **data: Any) -> None:
        """Something that nobody remembers."""
        if self.is_greeted and data.get("room") in self.inside:
            self._send(type, None, data)

    # inside

    def _talk(self, where: Data) -> Any:
        return self._model.room(where["room"]) if "room" in where else self._model.conversation(self.user, where["with"])

    def _ask(self, type: str, data: Data, place: str | None, done: Callable[[Data], None], *, gone: bool = False) -> None:
        ref = f"{next(self._refs)}"
        asked = self.outbox[ref] = Asked(type, data, place, done, gone)
        if self.is_greeted and (place is None or place in self.inside):
            self._send(asked.type, ref, asked.data)

    def _send(self, type: str, ref: str | None, data: Data) -> None:
        if self.member is not None:
            self.member.send(type, ref=ref, **data)

    def _join(self, room: str) -> None:
        replica = self.replicas.setdefault(room, Replica(room))
        self._send("join", f"join:{room}", {"room": room, **replica.resume})

    def _lost(self) -> None:
        self.member = None
        self.is_greeted = False
        self.inside = set()

    def _take(self, envelope: Data) -> None:
        type, data, ref = envelope["type"], envelope["data"], envelope.get("ref")
        match type:
            case "hello":
                self._greeted(data)
            case "joined" if ref is not None:
                self._joined(data)
            case "history":
                self._caught_up(data)
            case "ack":
                self._answered(str(ref), data)
            case "error":
                self._refused(str(ref), data)
            case "online":
                self.online.add(data["user"])
            case "offline":
                self.online.discard(data["user"])
            case "private":
                self.letters.add(data["id"])
            case _ if data.get("room") in self.inside and (type in CHANGES or type in ("joined", "left")):
                self.replicas[data["room"]].hear(type, data)

    def _greeted(self, hello: Data) -> None:
        self.is_greeted = True
        self.online = set(hello["online"])
        for room in sorted(self.wanted):
            self._join(room)
        self._ask_again(None)

    def _joined(self, joined: Data) -> None:
        room = joined["room"]
        if room not in self.wanted:
            self._send("leave", f"leave:{room}:{next(self._refs)}", {"room": room})
            return
        self.replicas[room].begin(joined)
        self.inside.add(room)
        if joined["recovered"] and joined["more"]:
            self._more(room, joined["history"][-1]["changed"])
        self._ask_again(room)

    def _more(self, room: str, since: int) -> None:
        self._send("history", f"more:{room}", {"room": room, "since": since, "epoch": self.replicas[room].epoch})

    def _caught_up(self, history: Data) -> None:
        self.replicas[history["room"]].take_in(history["messages"])
        if history["more"]:
            self._more(history["room"], history["messages"][-1]["changed"])

    def _ask_again(self, place: str | None) -> None:
        for ref, asked in self.outbox.items():
            if asked.place == place:
                self._send(asked.type, ref, asked.data)

    def _answered(self, ref: str, ack: Data) -> None:
        asked = self.outbox.pop(ref, None)
        if asked is not None:
            asked.done(ack)

    def _refused(self, ref: str, error: Data) -> None:
        asked = self.outbox.get(ref)
        if asked is not None and error["code"] == "message_not_found" and asked.gone:
            del self.outbox[ref]
        elif error["code"] in COME_AGAIN and (asked is not None or ref.startswith("join:")):
            self._refused_for_now.append(ref)
        else:
            raise AssertionError(f"{self.name} was refused: {error}, ref {ref}, asked {asked}")
