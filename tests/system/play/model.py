"""What must be true of all that was said, by what the server acknowledged. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

Data = dict[str, Any]

UNREAD_MAX = 1_000
FOUND_MAX = 1_000


@dataclass
class Said:
    """A message: who said it, and its texts by the seq that each was given with. ``deleted_at``: the seq of its end."""

    id: str
    seq: int
    sender: str
    texts_by_seq: dict[int, str]
    deleted_at: int | None = None

    @property
    def text(self) -> str:
        """Its present text."""
        return "" if self.deleted_at is not None else self.texts_by_seq[max(self.texts_by_seq)]

    @property
    def is_edited(self) -> bool:
        return self.deleted_at is None and len({seq for seq in self.texts_by_seq if seq > self.seq}) > 0

    @property
    def shown(self) -> tuple[int, str, str, bool, bool]:
        """As ``shown_of`` has it of the server's."""
        return (self.seq, self.sender, self.text, self.is_edited, self.deleted_at is not None)


def shown_of(message: Data) -> tuple[int, str, str, bool, bool]:
    """Of a message as the server shows it: seq, sender, text, whether edited, whether deleted."""
    return (message["seq"], message["from"], message["message"], message.get("edited", False), message.get("deleted", False))


@dataclass
class Talk:
    """A room or a private conversation."""

    name: str
    messages: dict[str, Said] = field(default_factory=dict)
    acks_by_cid: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    reads: dict[str, int] = field(default_factory=dict)
    head: int = 0

    def said(self, user: str, cid: str, text: str, ack: Data) -> None:
        """A message was acknowledged, perhaps not for the first time."""
        known = self.acks_by_cid.setdefault((user, cid), (ack["id"], ack["seq"]))
        assert known == (ack["id"], ack["seq"]), f"{self.name}: the same cid {cid} was acknowledged as {known} and as {ack}"
        self.messages.setdefault(ack["id"], Said(ack["id"], ack["seq"], user, {ack["seq"]: text}))
        self._reach(ack["seq"])

    def edited(self, message_id: str, text: str, ack: Data) -> None:
        """An edit was. That of a text that was there already says the seq of the message's last event."""
        self.messages[message_id].texts_by_seq[ack["seq"]] = text
        self._reach(ack["seq"])

    def deleted(self, message_id: str, ack: Data) -> None:
        said = self.messages[message_id]
        assert said.deleted_at in (None, ack["seq"]), f"{self.name}: {message_id} was deleted twice, at {said.deleted_at} and {ack['seq']}"
        said.deleted_at = ack["seq"]
        self._reach(ack["seq"])

    def read(self, user: str, ack: Data) -> None:
        self.reads[user] = max(self.reads.get(user, 0), ack["seq"])

    def unread(self, user: str) -> int:
        """What others said after the user's receipt, and did not delete; of many, as many as are counted."""
        after = self.reads.get(user, 0)
        unread = sum(said.seq > after and said.sender != user and said.deleted_at is None for said in self.messages.values())
        return min(unread, UNREAD_MAX)

    def history(self) -> list[tuple[int, str, str, bool, bool]]:
        return sorted(said.shown for said in self.messages.values())

    def having(self, word: str) -> set[str]:
        """The ids of the messages in which ``word`` stands alone."""
        return {said.id for said in self.messages.values() if word in said.text.split()}

    def own(self, user: str) -> list[Said]:
        """What the user can still change."""
        return [said for said in self.messages.values() if said.sender == user and said.deleted_at is None]

    def _reach(self, seq: int) -> None:
        self.head = max(self.head, seq)


class Model:
    """Every room and every conversation."""

    def __init__(self) -> None:
        self.rooms: dict[str, Talk] = {}
        self.conversations: dict[tuple[str, str], Talk] = {}

    def room(self, name: str) -> Talk:
        return self.rooms.setdefault(name, Talk(name))

    def conversation(self, one: str, other: str) -> Talk:
        pair = (min(one, other), max(one, other))
        return self.conversations.setdefault(pair, Talk("-".join(pair)))
