"""The profile: what others see of a user."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from storage import RoomStorage

_PROFILE = "profile"
_AVATAR = "avatar"


class Profile(NamedTuple):
    """The name to show and the tag of the picture; ``None``: none was ever given."""

    name: str | None = None
    avatar: str | None = None


class Profiles:
    """The keys ``profile`` and ``avatar`` (the bytes of the picture, as they are served)."""

    def __init__(self, storage: RoomStorage) -> None:
        self._storage = storage

    @property
    def current(self) -> Profile:
        """As it is."""
        return Profile(**self._storage.get(_PROFILE, {}))

    def described(self) -> dict[str, Any]:
        """As calls carry it."""
        return self.current._asdict()

    def set(self, profile: Profile) -> None:
        """As it is from now on."""
        self._storage.put(_PROFILE, profile._asdict())

    def set_avatar(self, picture: bytes) -> str:
        """Keep the picture; its tag, which another picture does not have."""
        self._storage.put(_AVATAR, picture)
        return sha256(picture).hexdigest()[:20]

    def avatar(self) -> list[Any] | None:
        """The tag and the bytes of the picture."""
        picture = self._storage.get(_AVATAR)
        return None if picture is None else [self.current.avatar, picture]
