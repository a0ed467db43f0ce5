"""The messages of one room or conversation, in their order and present state. Pure."""

from __future__ import annotations

from bisect import bisect_left
from enum import Enum, auto

from msgspec.structs import replace

from rooms.client.events import Deleted, Edited, Event, Pinned, Reacted
from rooms.client.messages import Message


class Put(Enum):
    """What became of a message that was put into a timeline."""

    NEW = auto()
    CHANGED = auto()
    PASSED_OVER = auto()
    """A newer state of it is known, or it lies before what is kept and would leave a hole behind it."""


class Timeline:
    """The newest ``messages_max`` messages, ascending by seq, each once. ``has_earlier``: the server has more before them."""

    def __init__(self, messages_max: int) -> None:
        self._messages_max = messages_max
        self._by_id: dict[str, Message] = {}
        self.messages: list[Message] = []
        self.has_earlier = False

    def get(self, id: str) -> Message | None:
        """The message of that id, if it is kept."""
        return self._by_id.get(id)

    @property
    def room_for(self) -> int:
        """How many earlier messages may still be loaded."""
        return self._messages_max - len(self.messages)

    def put(self, message: Message, *, earlier: bool = False) -> Put:
        """Put a message in its place; with ``earlier`` also before all that are kept."""
        known = self._by_id.get(message.id)
        if known is not None and max(known.changed, known.seq) > max(message.changed, message.seq):
            return Put.PASSED_OVER
        if known is None and not earlier and self.has_earlier and self.messages and message.seq < self.messages[0].seq:
            return Put.PASSED_OVER
        at = bisect_left(self.messages, message.seq, key=_seq)
        if known is not None:
            self.messages[at] = message
        else:
            self.messages.insert(at, message)
        self._by_id[message.id] = message
        return Put.NEW if known is None else Put.CHANGED

    def change(self, event: Event) -> bool:
        """Apply what happened to a message. ``False`` if it is not kept, or in a newer state already."""
        if not isinstance(event, Edited | Deleted | Reacted | Pinned):
            return False
        known = self._by_id.get(event.id)
        if known is None or known.changed >= event.seq:
            return False
        changed = _changed(known, event)
        self._by_id[known.id] = changed
        self.messages[bisect_left(self.messages, known.seq, key=_seq)] = changed
        return True

    def trim(self) -> None:
        """Forget the oldest beyond the bound."""
        gone = self.messages[: max(0, len(self.messages) - self._messages_max)]
        if gone:
            del self.messages[: len(gone)]
            self.has_earlier = True
        for message in gone:
            del self._by_id[message.id]

    def clear(self) -> None:
        """Forget everything."""
        self.messages.clear()
        self._by_id.clear()
        self.has_earlier = False


def _seq(message: Message) -> int:
    return message.seq


def _changed(known: Message, event: Edited | Deleted | Reacted | Pinned) -> Message:
    match event:
        case Edited():
            return replace(known, message=event.message, edited=True, changed=event.seq)
        case Pinned():
            return replace(known, pinned=event.on, changed=event.seq)
        case Reacted():
            others = {emoji: users for emoji, users in known.reactions.items() if emoji != event.emoji}
            reactions = {**known.reactions, event.emoji: event.users} if event.users else others
            return replace(known, reactions=reactions, changed=event.seq)
        case Deleted():
            nothing = {"edited": False, "pinned": False, "mentions": (), "files": (), "attachments": (), "meta": None, "reactions": {}}
            return replace(known, message="", deleted=True, changed=event.seq, **nothing)
