"""Who a token speaks for, remembering the tokens that were checked before."""

from __future__ import annotations

from enum import Enum
from hashlib import sha256

from gateway.auth.keys import Keys
from gateway.auth.tokens import TokenFault, TokenRules, identity_of, read_token
from rooms import Identity, WallClock

VERIFIED_TOKENS_MAX = 4_096
"""Checked tokens remembered; beyond it the longest unused is forgotten and checked again when it comes back."""

DIGEST_BYTES = 16
"""Of a token's SHA-256: 128 bits, for which nobody finds another token."""


class Pending(Enum):
    """The token cannot be judged yet: its key has to be fetched first."""

    KEY = "key"


class Authenticator:
    """Checks tokens. Sockets opened with the same token share one ``Identity``."""

    def __init__(self, keys: Keys, rules: TokenRules, clock: WallClock, verified_max: int = VERIFIED_TOKENS_MAX) -> None:
        self.keys = keys
        self._rules = rules
        self._clock = clock
        self._verified_max = verified_max
        self._identities_by_digest: dict[bytes, Identity] = {}  # the longest unused first

    def check(self, text: str) -> Identity | TokenFault | Pending:
        """Who the token speaks for now. After ``Pending`` wait for ``keys.fetched()`` and ask ``check_finally``."""
        try:
            digest = sha256(text.encode("ascii")).digest()[:DIGEST_BYTES]
        except UnicodeEncodeError:
            return TokenFault("no compact JWS")
        known = self._identities_by_digest.get(digest)
        if known is not None:
            return self._still_holds(digest, known)
        token = read_token(text, self._rules.algorithm)
        if isinstance(token, TokenFault):
            return token
        if self.keys.may_fetch(token.key_id):
            return Pending.KEY
        identity = identity_of(token, self.keys.of(token.key_id), self._rules, self._clock.now_ms() / 1000)
        if isinstance(identity, Identity):
            self._remember(digest, identity)
        return identity

    def check_finally(self, text: str) -> Identity | TokenFault:
        """As ``check``, but a key that is still unknown does not speak for anybody."""
        verdict = self.check(text)
        return TokenFault("unknown key") if verdict is Pending.KEY else verdict

    def forget(self) -> None:
        """The keys have changed: every token has to be checked again."""
        self._identities_by_digest.clear()

    def _still_holds(self, digest: bytes, identity: Identity) -> Identity | TokenFault:
        """What was checked once stays true but for the time: ``nbf`` and ``iat`` lie behind, ``exp`` comes."""
        if identity.expires_ms is not None and identity.expires_ms <= self._clock.now_ms():
            del self._identities_by_digest[digest]
            return TokenFault("expired")
        self._identities_by_digest[digest] = self._identities_by_digest.pop(digest)
        return identity

    def _remember(self, digest: bytes, identity: Identity) -> None:
        self._identities_by_digest[digest] = identity
        if len(self._identities_by_digest) > self._verified_max:
            del self._identities_by_digest[next(iter(self._identities_by_digest))]
