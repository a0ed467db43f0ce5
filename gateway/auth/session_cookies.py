"""The two cookies of a sign-in: who it is, signed and out of scripts' reach, and the proof that a request is no forgery. Pure."""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from hashlib import sha256

from gateway.auth.credentials import SESSION_COOKIE
from gateway.auth.tokens import TokenFault, TokenRules, identity_of, mint, read_token
from rooms import Identity

CSRF_COOKIE = "rooms_csrf"
CSRF_HEADER = "x-xsrf-token"


@dataclass(frozen=True, slots=True)
class CookieSettings:
    """How browsers keep the cookies, and for whom they are. ``secure``: only over TLS. ``same_site``: ``lax``, ``strict`` or ``none``.
    ``guests``: for guests too.
    """

    secure: bool = True
    same_site: str = "lax"
    guests: bool = False


class SessionCookies:
    """Makes and reads them. ``secret`` is the server's own: a token that others may sign is never mistaken for a cookie."""

    def __init__(self, secret: bytes, settings: CookieSettings) -> None:
        self._key = hmac.digest(secret, b"rooms sessions", sha256)
        self._csrf_key = hmac.digest(secret, b"rooms csrf", sha256)
        self._settings = settings
        self._rules = TokenRules(guests=settings.guests)

    def made(self, user: str, id: str, now_ms: int, expires_ms: int) -> str:
        """The cookie of the sign-in ``id``: a JWT."""
        return mint({"sub": user, "jti": id, "iat": now_ms // 1000, "exp": expires_ms // 1000}, self._key)

    def read(self, cookie: str, now_ms: int) -> Identity | None:
        """Whose sign-in it names (``user``, ``token_id``); ``None`` if it is not ours or has expired."""
        token = read_token(cookie, "HS256")
        if isinstance(token, TokenFault):
            return None
        identity = identity_of(token, (self._key,), self._rules, now_ms / 1000)
        return identity if isinstance(identity, Identity) and identity.token_id is not None else None

    def csrf_of(self, cookie: str) -> str:
        """What a request that changes something has to repeat in ``X-XSRF-Token``: bound to this cookie and no other."""
        return urlsafe_b64encode(hmac.digest(self._csrf_key, cookie.encode("utf-8", "replace"), sha256)).rstrip(b"=").decode()

    def proves_intent(self, cookie: str, header: str | None) -> bool:
        """Whether the header is the cookie's own."""
        return header is not None and hmac.compare_digest(self.csrf_of(cookie).encode(), header.encode("utf-8", "replace"))

    def set_cookies(self, cookie: str, lifetime_seconds: int) -> list[str]:
        """The values of two ``Set-Cookie`` headers."""
        return [
            self._cookie(SESSION_COOKIE, cookie, lifetime_seconds, "; HttpOnly"),
            self._cookie(CSRF_COOKIE, self.csrf_of(cookie), lifetime_seconds),
        ]

    def clear_cookies(self) -> list[str]:
        """The same, to have browsers forget both."""
        return [self._cookie(SESSION_COOKIE, "", 0, "; HttpOnly"), self._cookie(CSRF_COOKIE, "", 0)]

    def _cookie(self, name: str, value: str, lifetime_seconds: int, more: str = "") -> str:
        secure = "; Secure" if self._settings.secure else ""
        return f"{name}={value}; Path=/; Max-Age={lifetime_seconds}; SameSite={self._settings.same_site.capitalize()}{secure}{more}"
