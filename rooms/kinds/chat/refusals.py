"""What a chat room answers to what it does not do, in the protocol's words."""

from __future__ import annotations

from typing import Any

from rooms import Refusal

Answer = dict[str, Any]
"""What a call to a room answers: names and values, or a refusal."""

NOT_AUTHORIZED = Refusal("not_authorized", "Not authorized")
NOT_IN_ROOM = Refusal("not_in_room", "Not in room")
ROOM_NOT_FOUND = Refusal("not_found", "No such room")
MESSAGE_NOT_FOUND = Refusal("message_not_found", "Message not found")
USER_NOT_FOUND = Refusal("user_not_found", "User not found")
UNKNOWN_TYPE = Refusal("unknown_type", "Unknown message received")
CID_CONFLICT = Refusal("conflict", "This cid was used for another message")


def refused(refusal: Refusal) -> Answer:
    """A refusal, as calls carry it."""
    return {"error": {"code": refusal.code, "message": refusal.message, "retry_after_ms": refusal.retry_after_ms}}
