"""What can go wrong between a client and its server.

ClientError
├── Refused           the server said no: your request is wrong, or comes at a bad time
├── NotJoined         ask for a room only after ``join``
├── QueueFull         too much waits already: slow down
├── EventsLost        a reader of events was too slow: read the state, subscribe anew
├── RequestTimeout    no answer: ask again
├── OutcomeUnknown    the connection broke: look before you ask again
├── TokenUnavailable  raised by your own token function: it will be asked again
└── ClientClosed      the client is over
    └── TokenRefused  the server will not have this token: sign in again
"""

from __future__ import annotations


class ClientError(Exception):
    """Anything below."""


class Refused(ClientError):
    """The server refused a request, which changed nothing. ``code`` is the protocol's."""

    def __init__(
        self, code: str, message: str = "", *, retry_after_ms: int | None = None, room: str | None = None, cid: str | None = None
    ) -> None:
        super().__init__(f"{message or code} ({code})")
        self.code = code
        self.message = message
        self.retry_after_ms = retry_after_ms
        self.room = room
        self.cid = cid


class NotJoined(ClientError):
    """This client is not in the room. Nothing was sent."""

    def __init__(self, room: str) -> None:
        super().__init__(f"not in the room {room!r}: join it first")
        self.room = room


class QueueFull(ClientError):
    """``waiting`` requests or messages are not answered yet. Nothing was added to them."""

    def __init__(self, waiting: int) -> None:
        super().__init__(f"{waiting} wait already")
        self.waiting = waiting


class EventsLost(ClientError):
    """The reader of a subscription was ``behind`` events behind. What it did not read is lost; the state of the rooms is not."""

    def __init__(self, behind: int) -> None:
        super().__init__(f"{behind} events were not read in time; later ones are lost")
        self.behind = behind


class RequestTimeout(ClientError):
    """No answer to a request within ``seconds``. If it was sent, asking again is harmless."""

    def __init__(self, request: str, seconds: float) -> None:
        super().__init__(f"no answer to {request!r} in {seconds:g} s")
        self.request = request
        self.seconds = seconds


class OutcomeUnknown(ClientError):
    """A request was sent, and no answer came: it may or may not have happened."""

    def __init__(self, request: str) -> None:
        super().__init__(f"no answer to {request!r}: it may or may not have happened")
        self.request = request


class TokenUnavailable(ClientError):
    """For token and ticket functions to raise when there is none now: the client asks again later, as after a lost connection."""


class ClientClosed(ClientError):
    """The client is over, by its own will (``code`` ``None``) or the server's. What was not acknowledged may or may not have happened."""

    def __init__(self, message: str = "the client is closed", code: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.code = code


class TokenRefused(ClientClosed):
    """The server will not have the token, or wants one."""
