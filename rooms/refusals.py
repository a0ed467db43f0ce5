"""The refusals that the runtime itself gives. Codes and words are the protocol's."""

from __future__ import annotations

from rooms.refusal import Refusal

INTERNAL = Refusal("internal", "Something went wrong here; nothing was done")
TIMEOUT = Refusal("timeout", "It took too long; nothing was done")
STORAGE_FULL = Refusal("storage_full", "There is no space left; nothing was stored")
UNKNOWN_OUTCOME = Refusal("unknown_outcome", "It may or may not have been done")
OVERLOADED = Refusal("overloaded", "The room has too much to do", retry_after_ms=1_000)
NOT_IN_ROOM = Refusal("not_in_room", "Not in room")


def unavailable(retry_after_ms: int | None = None) -> Refusal:
    """The room cannot be served, for ``retry_after_ms`` or until somebody looks at it."""
    return Refusal("unavailable", "The room is not available", retry_after_ms=retry_after_ms, close_code=1011)
