"""The account: that there is one, and what proves its owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage import RoomStorage

_KEY = "account"


class Account:
    """The key ``account``: the password's hash (argon2id, in PHC form) and when it was made."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return self.password is not None

    @property
    def password(self) -> str | None:
        """The hash."""
        kept: dict[str, str] = self._storage.get(_KEY, {})
        return kept.get("password")

    def create(self, password: str, now_ms: int) -> None:
        """Make it."""
        self._storage.put(_KEY, {"password": password, "since_ms": now_ms})

    def set_password(self, password: str) -> None:
        """Another hash, if there is an account."""
        if self.exists:
            self._storage.put(_KEY, {**self._storage.get(_KEY), "password": password})
