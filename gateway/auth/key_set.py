"""An identity provider's key set (JWKS, RFC 7517): fetched, remembered, and asked for again when a token names an unknown key."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import httpx2
import msgspec
import trio
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from gateway.auth.public_keys import fits

FETCH_SECONDS = 5.0
REFETCH_SECONDS = 30.0
"""Never asked twice within this, whatever tokens name."""

FRESH_SECONDS = 600.0
"""Asked again after this even if nobody misses a key: so that a withdrawn one is refused."""

DOCUMENT_BYTES_MAX = 256 * 1024
KEYS_MAX = 100

_KEY_TYPES = {"RS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}


class RemoteKeys:
    """The keys at ``url`` that are for ``algorithm``. While it cannot be reached, the last ones known serve.

    ``run`` is the one task that fetches. ``changed`` is called when the keys are others than before.
    """

    def __init__(self, url: str, algorithm: str, fetch: Callable[[str], Awaitable[bytes]] | None = None) -> None:
        self._url = url
        self._algorithm = algorithm
        self._fetch = fetch or _fetch
        self._keys_by_id: Mapping[str | None, Any] = {}
        self._document = b""
        self._asked_at = float("-inf")
        self._wanted = trio.Event()
        self._answered = trio.Event()
        self._fetching = False
        self._waiting: list[Callable[[], None]] = []  # at most one a socket
        self.changed: Callable[[], None] = _nothing

    def of(self, key_id: str | None) -> Sequence[Any]:
        """The key of that name; without a name the only key there is."""
        if key_id is None and len(self._keys_by_id) == 1:
            return tuple(self._keys_by_id.values())
        key = self._keys_by_id.get(key_id)
        return () if key is None else (key,)

    def may_fetch(self, key_id: str | None) -> bool:
        """Whether the key is unknown and a fetch under way, or allowed by now, may bring it."""
        return not self.of(key_id) and (self._fetching or trio.current_time() - self._asked_at >= REFETCH_SECONDS)

    async def fetched(self) -> None:
        """Have the keys fetched and wait for it; at once if that is not allowed yet."""
        if not self._fetching:
            if trio.current_time() - self._asked_at < REFETCH_SECONDS:
                return
            self._begin()
        await self._answered.wait()

    def when_fetched(self, call: Callable[[], None]) -> None:
        """Have the keys fetched; ``call`` follows in the task of ``run``. At once if a fetch is not allowed yet."""
        if not self._fetching:
            if trio.current_time() - self._asked_at < REFETCH_SECONDS:
                call()
                return
            self._begin()
        self._waiting.append(call)

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Fetch when wanted, and every ten minutes. Started when the first answer, or failure, is there."""
        self._begin()
        await self._ask()
        task_status.started()
        while True:
            with trio.move_on_after(FRESH_SECONDS):
                await self._wanted.wait()
            if not self._fetching:
                self._begin()
            await self._ask()

    def _begin(self) -> None:
        self._fetching = True
        self._asked_at = trio.current_time()
        self._answered = trio.Event()
        self._wanted.set()

    async def _ask(self) -> None:
        try:
            with trio.move_on_after(FETCH_SECONDS), suppress(httpx2.HTTPError, OSError, ValueError):
                self._take(await self._fetch(self._url))
        finally:
            self._fetching = False
            self._wanted = trio.Event()
            self._answered.set()
        waiting, self._waiting = self._waiting, []
        for call in waiting:
            call()

    def _take(self, document: bytes) -> None:
        """Raises ``ValueError`` if the document is no key set; the keys stay as they were."""
        if document == self._document:
            return
        self._keys_by_id = keys_in(document, self._algorithm)
        self._document = document
        self.changed()


def keys_in(document: bytes, algorithm: str) -> dict[str | None, Any]:
    """The keys of a key set that sign with ``algorithm``, by ``kid``; others are passed over. Raises ``ValueError`` if it is no key set."""
    try:
        listed = msgspec.json.decode(document, type=_KeySet).keys
    except msgspec.DecodeError as error:
        raise ValueError(f"no key set: {error}") from error
    keys: dict[str | None, Any] = {}
    for entry in listed[:KEYS_MAX]:
        key = _key_of(entry, algorithm)
        if key is not None:
            kid = entry.get("kid")
            keys[kid if isinstance(kid, str) else None] = key
    return keys


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


def _key_of(entry: dict[str, Any], algorithm: str) -> Any:
    """The public key of one entry, unless it is of another kind, for another use, or broken."""
    if entry.get("kty") != _KEY_TYPES[algorithm] or entry.get("use", "sig") != "sig" or entry.get("alg", algorithm) != algorithm:
        return None
    try:
        key = PyJWK({name: value for name, value in entry.items() if name != "d"}, algorithm).key
    except (PyJWTError, ValueError, TypeError):
        return None
    return key if fits(key, algorithm) else None


async def _fetch(url: str) -> bytes:
    """The document at ``url``; redirects are not followed. Raises ``httpx2.HTTPError`` or ``ValueError``."""
    async with httpx2.AsyncClient(follow_redirects=False, trust_env=False, timeout=FETCH_SECONDS) as client:
        async with client.stream("GET", url, headers={"accept": "application/json"}) as response:
            response.raise_for_status()
            document = b""
            async for chunk in response.aiter_bytes():
                document += chunk
                if len(document) > DOCUMENT_BYTES_MAX:
                    raise ValueError("the key set is too large")
            return document


def _nothing() -> None: ...
