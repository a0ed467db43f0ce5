"""Tokens as any issuer would make them, by PyJWT: faster than a `rooms token` a test, and able to be wrong."""

from __future__ import annotations

import time
from typing import Any

import jwt

from tests.system.server import SECRET


def token(
    sub: str | None,
    *rooms: str,
    secret: str = SECRET,
    algorithm: str = "HS256",
    headers: dict[str, Any] | None = None,
    **claims: Any,
) -> str:
    """A good token of ``sub`` for an hour, unless ``claims`` say otherwise; a claim of ``None`` is left out."""
    whole = {"sub": sub, "rooms": list(rooms), "exp": int(time.time()) + 3600, **claims}
    return jwt.encode({name: value for name, value in whole.items() if value is not None}, secret, algorithm, headers=headers)
