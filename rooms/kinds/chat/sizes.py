"""Pure. How large what is sent gets, in whichever format its reader has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


def size_bytes(data: Mapping[str, Any]) -> int:
    """The size of a message, of a user's entry, or of an answer with such entries: as JSON, or as msgpack if that is larger.

    Only fractions are, with 9 bytes each, and only applications say any, in ``meta``.
    """
    size = len(msgspec.json.encode(data))
    if data.get("meta") or any(user["meta"] for user in data.get("users", ())):
        return max(size, len(msgspec.msgpack.encode(data)))
    return size
