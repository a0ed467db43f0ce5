"""What rooms and their callers can run into, sorted by who must act.

RoomError
├── the room's author
│   ├── OutsideTurn            something was said or asked when no turn ran
│   ├── NotSendable            the message does not fit the kind
│   ├── AttachmentTooLarge
│   ├── BadTags
│   ├── BadClose               a close code or reason that may not be sent
│   ├── BadAutoResponse
│   ├── UnknownKind            no room of that kind is served here
│   ├── NotCallable            the method is not marked ``@callable_from_rooms``
│   ├── TooManyBackgrounds
│   └── CallCycle              the room asked waits, itself or through others, for the asker
├── the caller, now or later
│   ├── CallFailed             the other room's turn raised
│   ├── CallTimeout            no answer in time: it may or may not happen
│   └── CallUndone             the other room's turn could not be stored
└── time
    ├── RoomOverloaded
    └── RoomUnavailable        damaged, failing or shutting down
"""

from __future__ import annotations


class RoomError(Exception):
    """Something of ``rooms`` went wrong; the subclasses say what did not happen."""


class OutsideTurn(RoomError):
    """A room can act only inside a turn. Nothing was staged."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} is possible only while a hook of the room runs")


class NotSendable(RoomError):
    """A raw kind sends ``str`` and ``bytes``, an envelope kind ``Event``. Nothing was staged."""

    def __init__(self, kind: str, message: object) -> None:
        super().__init__(f"a room of kind {kind!r} cannot send a {type(message).__name__}")
        self.kind = kind


class AttachmentTooLarge(RoomError):
    """The attachment does not fit. The old one stays."""

    def __init__(self, size_bytes: int, size_bytes_max: int) -> None:
        super().__init__(f"an attachment cannot be larger than {size_bytes_max} bytes; this one has {size_bytes}")
        self.size_bytes = size_bytes
        self.size_bytes_max = size_bytes_max


class BadTags(RoomError):
    """Too many tags, or one that is too long. The old ones stay."""


class BadClose(RoomError):
    """A close code or reason that may not be sent (RFC 6455 §7.4). The connection stays open."""


class BadAutoResponse(RoomError):
    """An automatic answer, or its request, is longer than 2,048 characters or no text. The old one stays."""


class UnknownKind(RoomError):
    """No room of this kind is served here. Nothing was sent."""

    def __init__(self, kind: str) -> None:
        super().__init__(f"no kind is named {kind!r}")
        self.kind = kind


class NotCallable(RoomError):
    """The method does not exist or is not marked ``@callable_from_rooms``. Nothing was run."""

    def __init__(self, room: str, method: str) -> None:
        super().__init__(f"room {room!r} has no method {method!r} that rooms may call")
        self.room = room
        self.method = method


class TooManyBackgrounds(RoomError):
    """The room has as much background work as it may. Nothing was started."""

    def __init__(self, room: str, running_max: int) -> None:
        super().__init__(f"room {room!r} already has {running_max} background calls")
        self.room = room
        self.running_max = running_max


class TooManyTells(RoomError):
    """The room told another one more than that has taken. This tell was not kept."""

    def __init__(self, room: str, waiting: int) -> None:
        super().__init__(f"{waiting} tells to room {room!r} are not delivered yet")
        self.room = room
        self.waiting = waiting


class CallCycle(RoomError):
    """The room asked already waits for the asker, directly or through others. Nothing was sent."""

    def __init__(self, path: tuple[str, ...]) -> None:
        super().__init__(f"an ask in a circle: {' → '.join(path)}")
        self.path = path


class CallFailed(RoomError):
    """The turn of the room called raised. Nothing of that turn happened."""

    def __init__(self, room: str, method: str, error_type: str, error_message: str) -> None:
        super().__init__(f"{method!r} of room {room!r} raised {error_type}: {error_message}")
        self.room = room
        self.method = method
        self.error_type = error_type
        self.error_message = error_message


class CallTimeout(RoomError):
    """No answer came in time. The call may have happened, or may happen yet."""

    def __init__(self, room: str, method: str, seconds: float) -> None:
        super().__init__(f"{method!r} of room {room!r} did not answer within {seconds:g} s")
        self.room = room
        self.method = method
        self.seconds = seconds


class CallUndone(RoomError):
    """The turn of the room called could not be made durable. Nothing of it happened; ``code`` says why."""

    def __init__(self, room: str, method: str, code: str) -> None:
        super().__init__(f"{method!r} of room {room!r} was undone: {code}")
        self.room = room
        self.method = method
        self.code = code


class RoomOverloaded(RoomError):
    """The mailbox is full. Nothing was enqueued; try again later."""

    def __init__(self, room: str, waiting: int) -> None:
        super().__init__(f"room {room!r} has {waiting} messages waiting")
        self.room = room
        self.waiting = waiting


class RoomUnavailable(RoomError):
    """The room is damaged, failing or shutting down. Nothing was run."""

    def __init__(self, room: str, reason: str) -> None:
        super().__init__(f"room {room!r} is unavailable: {reason}")
        self.room = room
        self.reason = reason
