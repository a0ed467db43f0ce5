"""Tokens that were checked before, and keys that have to be fetched first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gateway.auth.authentication import Authenticator, Pending
from gateway.auth.keys import FixedKeys
from gateway.auth.tokens import TokenFault, TokenRules, mint
from rooms import Identity
from tests.gateway.standins import NOW_MS, SECRET, Clock


class CountingKeys(FixedKeys):
    """Keys that count how often they are asked for: once a signature that is really checked."""

    def __init__(self) -> None:
        super().__init__([SECRET.encode()])
        self.asked = 0

    def of(self, key_id: str | None) -> Sequence[Any]:
        self.asked += 1
        return super().of(key_id)


class LateKeys(FixedKeys):
    """No key until it is fetched."""

    def __init__(self) -> None:
        super().__init__([])
        self.is_fetched = False

    def of(self, key_id: str | None) -> Sequence[Any]:
        return [SECRET.encode()] if self.is_fetched else []

    def may_fetch(self, key_id: str | None) -> bool:
        return not self.is_fetched


def token(sub: str = "alice", seconds: float = 60, **claims: Any) -> str:
    return mint({"sub": sub, "exp": NOW_MS / 1000 + seconds, **claims}, SECRET)


def test_a_token_is_checked_once_and_its_sockets_share_one_identity() -> None:
    keys = CountingKeys()
    authenticator = Authenticator(keys, TokenRules(), Clock())
    text = token()
    first = authenticator.check(text)
    assert isinstance(first, Identity)
    assert authenticator.check(text) is first
    assert keys.asked == 1


def test_a_token_that_was_good_expires_all_the_same() -> None:
    clock = Clock()
    authenticator = Authenticator(FixedKeys([SECRET.encode()]), TokenRules(), clock)
    text = token(seconds=60)
    assert isinstance(authenticator.check(text), Identity)
    clock.ms += 59_999
    assert isinstance(authenticator.check(text), Identity)
    clock.ms += 1
    assert authenticator.check(text) == TokenFault("expired")
    assert authenticator.check(text) == TokenFault("expired")


def test_so_many_tokens_are_remembered_and_the_longest_unused_is_forgotten() -> None:
    keys = CountingKeys()
    authenticator = Authenticator(keys, TokenRules(), Clock(), verified_max=2)
    a, b, c = token("a"), token("b"), token("c")
    for text in (a, b, a, c, a):
        authenticator.check(text)
    assert keys.asked == 3
    authenticator.check(b)
    assert keys.asked == 4


def test_a_bad_token_is_not_remembered() -> None:
    keys = CountingKeys()
    authenticator = Authenticator(keys, TokenRules(), Clock())
    forged = mint({"sub": "alice", "exp": NOW_MS}, "another secret of thirty-two bytes")
    for _ in range(2):
        assert isinstance(authenticator.check(forged), TokenFault)
    assert keys.asked == 2


def test_new_keys_have_everything_checked_again() -> None:
    keys = CountingKeys()
    authenticator = Authenticator(keys, TokenRules(), Clock())
    text = token()
    authenticator.check(text)
    authenticator.forget()
    authenticator.check(text)
    assert keys.asked == 2


def test_a_token_of_an_unknown_key_is_pending_until_the_keys_were_fetched() -> None:
    keys = LateKeys()
    authenticator = Authenticator(keys, TokenRules(), Clock())
    assert authenticator.check(token()) is Pending.KEY
    assert isinstance(authenticator.check_finally(token()), TokenFault)
    keys.is_fetched = True
    assert isinstance(authenticator.check_finally(token()), Identity)


def test_what_is_no_token_is_not_worth_a_fetch() -> None:
    authenticator = Authenticator(LateKeys(), TokenRules(), Clock())
    for text in ("", "x", "a.b.c", "é.é.é", "eyJhbGciOiJub25lIn0.e30."):
        assert isinstance(authenticator.check(text), TokenFault)
