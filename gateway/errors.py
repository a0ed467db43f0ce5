"""The one table that turns the protocol's error codes into words, HTTP statuses and close codes. Pure."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from gateway.edge.door import HttpReply
from gateway.edge.head import Header
from rooms import Refusal, RoomError


class Meaning(NamedTuple):
    """What an error code says (``message``), the HTTP status it has, and what a socket is closed with if it ends by it."""

    message: str
    status: int
    close_code: int


ERRORS: dict[str, Meaning] = {
    "bad_message": Meaning("Invalid message format", 400, 4400),
    "unknown_type": Meaning("Unknown message received", 400, 4400),
    "not_authorized": Meaning("Not authorized", 403, 4403),
    "not_in_room": Meaning("Not in room", 409, 4403),
    "user_not_found": Meaning("User not found", 404, 4404),
    "message_not_found": Meaning("Message not found", 404, 4404),
    "not_found": Meaning("Not found", 404, 4404),
    "conflict": Meaning("Conflict", 409, 4400),
    "too_large": Meaning("Too large", 413, 1009),
    "too_many_rooms": Meaning("Too many rooms", 429, 1013),
    "rate_limited": Meaning("Too many requests", 429, 4429),
    "muted": Meaning("Muted", 403, 4403),
    "banned": Meaning("Banned", 403, 4411),
    "blocked": Meaning("Blocked", 403, 4403),
    "overloaded": Meaning("Overloaded, try again later", 503, 1013),
    "storage_full": Meaning("Storage is full", 507, 1013),
    "unavailable": Meaning("Unavailable", 503, 1011),
    "unknown_outcome": Meaning("It may or may not be stored: send the same cid again", 503, 1011),
    "internal": Meaning("Internal error", 500, 1011),
    "timeout": Meaning("Timed out", 504, 1011),
}

STATUS_BY_CLOSE_CODE = {4401: 401, 4403: 403, 4404: 404, 4408: 401, 4411: 403, 4429: 429}
"""Where a refusal names its own close code, the status that says the same."""

RETRY_AFTER_SECONDS = 5
"""What ``Retry-After`` says on a 429 or 503 that knows no better."""

TOKEN_REFUSED = Refusal("not_authorized", "Token invalid or expired", close_code=4401)
"""One refusal for every fault of a token, so that it tells a forger nothing."""

NOT_AUTHORIZED = Refusal("not_authorized", "Not authorized", close_code=4403)


GONE = Refusal("not_found", "This room is gone", close_code=4404)
"""A room that was made and ended: its name is not used again."""


def refusal(code: str, message: str | None = None, *, retry_after_ms: int | None = None, close_code: int | None = None) -> Refusal:
    """A refusal with the table's own words unless ``message`` says more."""
    return Refusal(code, message or ERRORS[code].message, retry_after_ms, close_code)


def refusal_of(error: RoomError) -> Refusal:
    """The protocol's code for what the runtime says; a turn that was undone brings its own."""
    code = getattr(error, "code", None) or _CODE_BY_ERROR.get(type(error).__name__, "internal")
    return refusal(code if code in ERRORS else "internal")


_CODE_BY_ERROR = {"RoomOverloaded": "overloaded", "RoomUnavailable": "unavailable", "CallTimeout": "timeout"}


def close_code_of(refused: Refusal) -> int:
    """What a socket that ends by this refusal is closed with."""
    return refused.close_code or ERRORS.get(refused.code, ERRORS["internal"]).close_code


def status_of(refused: Refusal) -> int:
    """The HTTP status of this refusal."""
    status = STATUS_BY_CLOSE_CODE.get(refused.close_code) if refused.close_code is not None else None
    return status or ERRORS.get(refused.code, ERRORS["internal"]).status


def http_reply(refused: Refusal, *headers: Header) -> HttpReply:
    """The refusal as an answer before the upgrade: ``{"error": {"code", "message"}}``, with ``Retry-After`` on 429 and 503."""
    status = status_of(refused)
    body = msgspec.json.encode({"error": {"code": refused.code, "message": refused.message}})
    return HttpReply(status, ((b"content-type", b"application/json"), *_more(status, refused), *headers), body)


def _more(status: int, refused: Refusal) -> tuple[Header, ...]:
    if status in (429, 503):
        seconds = RETRY_AFTER_SECONDS if refused.retry_after_ms is None else -(-refused.retry_after_ms // 1000)
        return ((b"retry-after", str(max(1, seconds)).encode()),)
    if status == 401:
        return ((b"www-authenticate", b"Bearer"),)
    return ()
