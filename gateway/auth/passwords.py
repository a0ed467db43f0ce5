"""Passwords: hashed with argon2id, in worker threads, a few at a time, since each takes tens of milliseconds and megabytes."""

from __future__ import annotations

from base64 import b64encode
from unicodedata import normalize

import trio
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rooms import Refusal

PASSWORD_CHARACTERS_MIN = 8
PASSWORD_CHARACTERS_MAX = 1_000
HASHES_AT_ONCE = 2
"""Each takes a core and 64 MiB while it runs (the library's default, RFC 9106's second recommendation)."""

HASHES_WAITING_MAX = 100
"""Beyond it ``OVERLOADED``: who waits longer has left."""

OVERLOADED = Refusal("overloaded", "Too many sign-ins at once, try again later")


class Passwords:
    """Hashes and checks. A password is what it looks like: it is composed (NFC) first, since keyboards differ."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._limiter = trio.CapacityLimiter(HASHES_AT_ONCE)
        self._nobodys = _hash_of_nothing(self._hasher)

    @property
    def is_overloaded(self) -> bool:
        """Whether so many wait already that one more is to be refused with ``OVERLOADED``."""
        return self._limiter.statistics().tasks_waiting >= HASHES_WAITING_MAX

    async def hash(self, password: str) -> str:
        """The hash to keep, in PHC form."""
        hashed: str = await trio.to_thread.run_sync(self._hasher.hash, normalize("NFC", password), limiter=self._limiter)
        return hashed

    async def matches(self, kept: str | None, password: str) -> bool:
        """Whether this is the password whose hash was kept. Takes as long if there is none, so that it does not tell who has an account."""
        return await trio.to_thread.run_sync(self._verify, kept or self._nobodys, normalize("NFC", password), limiter=self._limiter)

    def is_outdated(self, kept: str) -> bool:
        """Whether the hash was made with other parameters than are used now."""
        return self._hasher.check_needs_rehash(kept)

    def _verify(self, kept: str, password: str) -> bool:
        try:
            return self._hasher.verify(kept, password)
        except (VerificationError, InvalidHashError):
            return False


def _hash_of_nothing(hasher: PasswordHasher) -> str:
    """A hash with the same parameters that no password has."""
    salt, digest = (b64encode(bytes(size)).rstrip(b"=").decode() for size in (hasher.salt_len, hasher.hash_len))
    return f"$argon2id$v=19$m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}${salt}${digest}"
