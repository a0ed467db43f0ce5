"""The codes of rooms that users make: names that nobody can guess. Pure."""

from __future__ import annotations

import hmac
import re
import secrets
from uuid import UUID

_CODE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)


class RoomCodes:
    """``secret`` makes codes that come again for the same key of the same user, and for nobody else."""

    def __init__(self, secret: bytes) -> None:
        self._secret = hmac.digest(secret, b"the codes of rooms", "sha256")

    def new(self) -> str:
        """A code that never was: a random UUID (122 bits)."""
        return str(UUID(bytes=secrets.token_bytes(16), version=4))

    def of_key(self, user: str, key: str) -> str:
        """The code that belongs to what the user calls ``key``."""
        digest = hmac.digest(self._secret, f"{len(user)} {user} {key}".encode("utf-8", "surrogatepass"), "sha256")
        return str(UUID(bytes=digest[:16], version=4))


def is_code(name: str) -> bool:
    """Whether a room of this name may have been made by a user."""
    return _CODE.fullmatch(name) is not None
