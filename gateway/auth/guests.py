"""Guests of ``--dev``: users without a token. Pure, but for the randomness handed in."""

from __future__ import annotations

import hmac
from base64 import b32encode
from collections.abc import Callable
from hashlib import sha256

from gateway.names import GUEST_PREFIX, display_name_of
from rooms import Identity

GUEST_KEY_CHARACTERS_MAX = 256


class Guests:
    """Makes guests. ``secret`` binds a guest's key to this server; ``random_bytes(n)`` names the others."""

    __slots__ = ("_random_bytes", "_secret")

    def __init__(self, secret: bytes, random_bytes: Callable[[int], bytes]) -> None:
        self._secret = hmac.digest(secret, b"rooms guests", sha256)  # never the key that signs tokens itself
        self._random_bytes = random_bytes

    def welcome(self, name: str | None = None, key: str | None = None) -> Identity:
        """A guest who may enter any room: with ``key`` the same user each time, without one a new user. A bad ``name`` counts as none."""
        seed = self._random_bytes(16) if key is None else hmac.digest(self._secret, key.encode("utf-8", "surrogatepass"), sha256)
        user = GUEST_PREFIX + b32encode(seed[:10]).decode("ascii").lower()
        return Identity(user, (display_name_of(name) if name else None) or user, rooms=("*",), guest=True)


def is_guest_key(key: str) -> bool:
    """Whether a guest may give this string as its key: 1 to 256 characters."""
    return 1 <= len(key) <= GUEST_KEY_CHARACTERS_MAX
