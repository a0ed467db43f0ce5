"""Checking and minting tokens: JSON Web Tokens (RFC 7519), read more strictly than PyJWT alone reads them. Pure.

PyJWT checks the signature, with the algorithm of the settings. Everything else is checked here: it accepts a wrong ``typ``,
duplicate keys, years beyond 9999, control characters in ``sub`` and second spellings of one token. So its algorithms are used
and not its own reading of a token, which does all of it again, character by character: 55 of 90 µs.
"""

from __future__ import annotations

import json
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple
from unicodedata import normalize

import jwt
from jwt.algorithms import get_default_algorithms
from jwt.exceptions import PyJWTError

from gateway.names import GUEST_PREFIX, display_name_of, name_of
from rooms import Identity

TOKEN_CHARACTERS_MAX = 8_192
CLOCK_SKEW_SECONDS = 10
"""How far in the future ``iat`` and ``nbf`` may lie: clocks differ. ``exp`` gets no such grace, since open sockets end by it."""

EXPIRY_SECONDS_MAX = 253_402_300_799  # 9999-12-31T23:59:59Z
_SHAPE = re.compile(r"([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)\.([A-Za-z0-9_-]+)", re.ASCII)
_TYPES = ("JWT", "at+jwt")
_TEXT_CHARACTERS_MAX = 256
_algorithms = get_default_algorithms()


class TokenFault(NamedTuple):
    """Why a token proves nothing: for the log. Clients are told only that it was refused."""

    reason: str


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenRules:
    """What the settings say of tokens. ``guests``: whether one may speak for a guest, which none but our own cookies ever does."""

    algorithm: str = "HS256"
    audiences: tuple[str, ...] = ()
    issuers: tuple[str, ...] = ()
    rooms_claim: str = "rooms"
    default_rooms: tuple[str, ...] = ()
    guests: bool = False


class Token(NamedTuple):
    """A well-formed token whose signature is still to be checked. ``key_id`` is the header's ``kid``: which key of a set signed it."""

    signed: bytes
    payload: bytes
    signature: bytes
    key_id: str | None


def read_token(text: str, algorithm: str) -> Token | TokenFault:
    """The token that ``text`` is, or why it is not the one spelling of a token of this algorithm."""
    try:
        return _read(text, algorithm)
    except _Refused as refused:
        return TokenFault(refused.reason)


def identity_of(token: Token, keys: Sequence[Any], rules: TokenRules, now_seconds: float) -> Identity | TokenFault:
    """Who the token speaks for, or why nobody: unless one of ``keys`` signed it and its claims hold at ``now_seconds`` (Unix time)."""
    try:
        return _identity(_object_of(_verified(token, keys, rules.algorithm), "payload"), rules, now_seconds)
    except _Refused as refused:
        return TokenFault(refused.reason)


def mint(claims: Mapping[str, Any], key: str | bytes, algorithm: str = "HS256", *, kid: str | None = None) -> str:
    """A signed token with these claims, for ``rooms token`` and the server's own sessions. ``typ`` is ``JWT``."""
    return jwt.encode(dict(claims), key, algorithm=algorithm, headers=None if kid is None else {"kid": kid})


class _Refused(Exception):
    """Ends the check at the first fault; never leaves this file."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def _read(text: str, algorithm: str) -> Token:
    if len(text) > TOKEN_CHARACTERS_MAX:
        raise _Refused("too long")
    parts = _SHAPE.fullmatch(text)
    if parts is None:
        raise _Refused("no compact JWS")
    key_id = _key_id_of(parts[1], algorithm)
    payload, signature = _decoded(parts[2]), _decoded(parts[3])
    return Token(text[: parts.end(2)].encode("ascii"), payload, signature, key_id)


@lru_cache(maxsize=64)
def _key_id_of(part: str, algorithm: str) -> str | None:
    """The ``kid`` of a header that is as it should be. An issuer begins all its tokens alike: that cost 2 to 3 of 13 µs each."""
    header = _object_of(_decoded(part), "header")
    _check_header(header, algorithm)
    key_id: str | None = header.get("kid")
    return key_id


def _identity(claims: Mapping[str, Any], rules: TokenRules, now_seconds: float) -> Identity:
    expires = _check_times(claims, now_seconds)
    _check_purpose(claims, rules)
    user = _user_of(claims, rules)
    return Identity(
        user=user,
        name=_display_name(claims, user),
        rooms=_grants(claims, rules.rooms_claim, rules.default_rooms),
        moderates=_grants(claims, "moderates", ()),
        admin=_admin(claims),
        expires_ms=math.floor(expires * 1000),
        token_id=_optional_text(claims, "jti"),
        issued_ms=_milliseconds(_date(claims, "iat")),
    )


def _verified(token: Token, keys: Sequence[Any], algorithm: str) -> bytes:
    for key in keys:
        with suppress(PyJWTError, ValueError, TypeError):
            if _algorithms[algorithm].verify(token.signed, _prepared(key, algorithm), token.signature):
                return token.payload
    raise _Refused("signature")


def _prepared(key: Any, algorithm: str) -> Any:
    """The key as its algorithm wants it. Raises what PyJWT raises if it is none for it."""
    return _prepared_secret(key, algorithm) if isinstance(key, bytes) else _algorithms[algorithm].prepare_key(key)


@lru_cache(maxsize=8)
def _prepared_secret(secret: bytes, algorithm: str) -> Any:
    """That a secret looks like no other kind of key takes as long as the rest of the check."""
    return _algorithms[algorithm].prepare_key(secret)


def _check_header(header: Mapping[str, Any], algorithm: str) -> None:
    if header.get("alg") != algorithm:
        raise _Refused("alg")
    if "typ" in header and header["typ"] not in _TYPES:
        raise _Refused("typ")
    if "crit" in header or "b64" in header or "zip" in header or "enc" in header:
        raise _Refused("header extension")
    if "kid" in header and not (isinstance(header["kid"], str) and len(header["kid"]) <= _TEXT_CHARACTERS_MAX):
        raise _Refused("kid")


def _check_times(claims: Mapping[str, Any], now_seconds: float) -> float:
    """``exp``, after ``exp``, ``nbf`` and ``iat`` were found to hold."""
    expires = _date(claims, "exp")
    if expires is None:
        raise _Refused("no exp")
    if expires > EXPIRY_SECONDS_MAX:
        raise _Refused("exp after the year 9999")
    if expires <= now_seconds:
        raise _Refused("expired")
    for name in ("nbf", "iat"):
        if (_date(claims, name) or 0) > now_seconds + CLOCK_SKEW_SECONDS:
            raise _Refused(f"{name} in the future")
    return expires


def _check_purpose(claims: Mapping[str, Any], rules: TokenRules) -> None:
    if claims.get("token_use", "access") != "access":
        raise _Refused("token_use")
    if rules.audiences:
        audience = claims.get("aud")
        named = audience if isinstance(audience, list) else [audience]
        if not all(isinstance(item, str) for item in named) or not set(named) & set(rules.audiences):
            raise _Refused("aud")
    if rules.issuers and claims.get("iss") not in rules.issuers:
        raise _Refused("iss")


def _user_of(claims: Mapping[str, Any], rules: TokenRules) -> str:
    subject = claims.get("sub")
    user = name_of(subject) if isinstance(subject, str) else None
    if user is None:
        raise _Refused("sub")
    if user.startswith(GUEST_PREFIX) and not rules.guests:
        raise _Refused("sub of a guest")
    return user


def _display_name(claims: Mapping[str, Any], user: str) -> str:
    """The ``name`` claim; one that may not be shown locks nobody out, it only is not shown."""
    name = claims.get("name")
    return (display_name_of(name) if isinstance(name, str) else None) or user


def _grants(claims: Mapping[str, Any], name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    grants = claims.get(name)
    if grants is None:
        return default
    if not isinstance(grants, list) or not all(isinstance(grant, str) for grant in grants):
        raise _Refused(name)
    return _kept_once(tuple([normalize("NFC", grant) for grant in grants]))


@lru_cache(maxsize=1_024)
def _kept_once(grants: tuple[str, ...]) -> tuple[str, ...]:
    """Many users are granted the same, and each socket keeps what its user is granted."""
    return grants


def _admin(claims: Mapping[str, Any]) -> bool:
    admin = claims.get("admin", False)
    if not isinstance(admin, bool):
        raise _Refused("admin")
    return admin


def _date(claims: Mapping[str, Any], name: str) -> float | None:
    """A NumericDate (RFC 7519 §2): a finite number of seconds, not text, not a boolean."""
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not -1e15 < value < 1e15:
        raise _Refused(name)
    return value


def _milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else math.floor(seconds * 1000)


def _optional_text(claims: Mapping[str, Any], name: str) -> str | None:
    value = claims.get(name)
    if value is None and name not in claims:
        return None
    if not isinstance(value, str) or not 1 <= len(value) <= _TEXT_CHARACTERS_MAX:
        raise _Refused(name)
    return value


def _decoded(part: str) -> bytes:
    """Base64url without padding whose unused bits are zero: there is one spelling of the same bytes."""
    try:
        data = urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except ValueError:
        raise _Refused("base64url") from None
    if urlsafe_b64encode(data).rstrip(b"=") != part.encode("ascii"):
        raise _Refused("second spelling")
    return data


def _object_of(data: bytes, what: str) -> dict[str, Any]:
    try:
        value = _strict_json.decode(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise _Refused(f"{what} is no strict JSON") from None
    if not isinstance(value, dict):
        raise _Refused(f"{what} is no object")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("duplicate key")
    return found


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


_strict_json = json.JSONDecoder(object_pairs_hook=_without_duplicates, parse_constant=_no_constant)
