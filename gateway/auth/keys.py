"""Where the keys that check tokens come from: a shared secret, a public key file, or an identity provider's key set (JWKS)."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Protocol

from gateway.auth.key_set import RemoteKeys
from gateway.auth.public_keys import public_keys
from gateway.settings import SettingError, Settings

SECRET_FILE = "secret"
SESSION_SECRET_FILE = "session-secret"


_NO_KEYS = (
    "no way to check tokens: set ROOMS_JWT_SECRET (at least 32 bytes), ROOMS_JWT_KEY_FILE or ROOMS_JWKS_URL, or try the server with --dev"
)


class Keys(Protocol):
    """What checks signatures."""

    def of(self, key_id: str | None) -> Sequence[Any]:
        """The keys that may have signed a token whose header names ``key_id``; empty if none is known."""

    def may_fetch(self, key_id: str | None) -> bool:
        """Whether asking the provider again might bring that key: then wait for ``fetched``."""

    async def fetched(self) -> None:
        """Wait until the provider was asked, or failed."""

    def when_fetched(self, call: Callable[[], None]) -> None:
        """The same for who cannot wait: ``call()`` follows, from another task."""


class FixedKeys:
    """Keys that stay as long as the process."""

    __slots__ = ("_keys",)

    def __init__(self, keys: Sequence[Any]) -> None:
        self._keys = tuple(keys)

    def of(self, key_id: str | None) -> Sequence[Any]:  # noqa: ARG002 -- all are tried: a header may not choose
        """All of them."""
        return self._keys

    def may_fetch(self, key_id: str | None) -> bool:  # noqa: ARG002
        """Never."""
        return False

    async def fetched(self) -> None:
        """Nothing to wait for."""

    def when_fetched(self, call: Callable[[], None]) -> None:
        """At once."""
        call()


def keys_of(settings: Settings, dev_secret: str | None) -> FixedKeys | RemoteKeys:
    """The keys that the settings name; with ``--dev`` ``dev_secret`` if they name none. Raises ``SettingError`` saying what is missing."""
    if settings.jwks_url is not None:
        return RemoteKeys(settings.jwks_url, settings.jwt_algorithm)
    if settings.jwt_key_file is not None:
        return FixedKeys(public_keys(settings.jwt_key_file, settings.jwt_algorithm))
    if settings.jwt_algorithm != "HS256":
        raise SettingError(f"{settings.jwt_algorithm} needs jwt_key_file (a public key) or jwks_url")
    shared = [secret for secret in (settings.jwt_secret or dev_secret, settings.jwt_secret_previous) if secret]
    if not shared:
        raise SettingError(_NO_KEYS)
    return FixedKeys([secret.encode() for secret in shared])


def secret_in(folder: Path, name: str = SECRET_FILE) -> str:
    """A secret kept in the data folder, made on first use: only its owner may read it. For ``--dev``, guests' keys and session cookies."""
    file = folder / name
    try:
        return _kept(file)
    except FileNotFoundError:
        pass
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    except FileExistsError:
        return _kept(file)
    with open(descriptor, "w", encoding="ascii") as opened:
        opened.write(secrets.token_urlsafe(48) + "\n")
        opened.flush()
        os.fsync(opened.fileno())
    return _kept(file)


def _kept(file: Path) -> str:
    secret = file.read_text("ascii").strip()
    if len(secret) < 32:
        raise SettingError(f"{file} is damaged: delete it to have a new secret made (tokens signed with the old one end)")
    return secret
