"""What a program that is in a room knows of it: it applies what it hears and resumes from what it has seen. Pure."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

Data = dict[str, Any]

CHANGES = frozenset({"message", "edited", "deleted"})


class Replica:
    """The messages and the users of a room, as heard."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.epoch: str | None = None
        self.seen = 0
        self.messages: dict[str, Data] = {}
        self.users: set[str] = set()

    @property
    def resume(self) -> Data:
        """What to add to ``join``."""
        return {} if self.epoch is None else {"since": self.seen, "epoch": self.epoch}

    def begin(self, joined: Data) -> None:
        """The answer to ``join``: what was missed, or the latest page of another history."""
        if not joined["recovered"]:
            self.messages = {}
        self.take_in(joined["history"])
        self.epoch, self.seen = joined["epoch"], joined["head"]
        self.users = {user["user"] for user in joined["users"]}

    def take_in(self, messages: list[Data]) -> None:
        """Messages in their present state; what is known to be newer stays."""
        for message in messages:
            known = self.messages.get(message["id"])
            if known is None or known["changed"] <= message["changed"]:
                self.messages[message["id"]] = deepcopy(message)

    def hear(self, type: str, data: Data) -> None:
        """One event of the room."""
        if type == "joined":
            self.users.add(data["user"])
        elif type == "left":
            self.users.discard(data["user"])
        elif type in CHANGES:
            assert data["seq"] == self.seen + 1, (
                f"{self.room}: after {self.seen} came {type} {data['seq']}: an event was lost or came twice"
            )
            self.seen = data["seq"]
            self._change(type, data)

    def _change(self, type: str, data: Data) -> None:
        if type == "message":
            self.messages[data["id"]] = dict(data)
            return
        message = self.messages.get(data["id"])
        if message is None:
            return  # said before the page with which this program began
        if type == "edited":
            message.update(message=data["message"], edited=True, changed=data["seq"])
        else:
            message.update(message="", deleted=True, edited=False, changed=data["seq"])
