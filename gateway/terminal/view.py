"""What there is to show of a chat at one moment: values that no loop owns. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from rooms.client import Message


@dataclass(frozen=True)
class Notice:
    """A line of the program's own, shown after the message ``after_seq``."""

    after_seq: int
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class OnItsWay:
    """One's own message that the server has not acknowledged; ``problem`` says why it will not."""

    cid: str
    text: str
    time: str
    problem: str | None = None


@dataclass(frozen=True)
class Tab:
    """A room or conversation that is open. ``key`` tells them apart."""

    key: str
    label: str
    unread: int
    is_shown: bool


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that is shown: ``connection`` in a few words, empty while all is well."""

    key: str = ""
    title: str = ""
    topic: str = ""
    kind: Literal["room", "private"] = "room"
    me: str = ""
    connection: str = "connecting …"
    is_offline: bool = True
    messages: Sequence[Message] = ()
    pending: Sequence[OnItsWay] = ()
    notices: Sequence[Notice] = ()
    has_earlier: bool = False
    unread_after: int | None = None
    selected: str | None = None
    seen_by: Sequence[str] = ()
    users: Sequence[tuple[str, str]] = ()
    names: dict[str, str] = field(default_factory=dict)
    online: int = 0
    typists: Sequence[str] = ()
    tabs: Sequence[Tab] = ()
    rooms: Sequence[str] = ()
