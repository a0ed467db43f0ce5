"""What a client shows in an ``auth`` request, and whom it makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from msgspec import Meta, Struct

from gateway.auth.authentication import Pending
from gateway.auth.guests import GUEST_KEY_CHARACTERS_MAX
from gateway.auth.tokens import TokenFault
from gateway.errors import TOKEN_REFUSED
from gateway.names import DISPLAY_NAME_CHARACTERS_MAX
from rooms import Identity, Refusal

if TYPE_CHECKING:
    from gateway.session.services import Services


class Auth(Struct, kw_only=True, frozen=True, gc=False):
    """``auth``: a token, a ticket, or (of a guest) a name and the key that makes it the same guest again."""

    token: str | None = None
    ticket: str | None = None
    name: Annotated[str, Meta(min_length=1, max_length=DISPLAY_NAME_CHARACTERS_MAX)] | None = None
    key: Annotated[str, Meta(min_length=1, max_length=GUEST_KEY_CHARACTERS_MAX)] | None = None


def judged(auth: Auth, services: Services) -> Identity | Refusal | Pending:
    """Whom this ``auth`` makes, or why nobody. After ``Pending`` wait for the keys, then ask ``judged_finally``."""
    if auth.token is None:
        return _without_token(auth, services)
    return _refusal_for_fault(services.authenticator.check(auth.token), services)


def judged_finally(auth: Auth, services: Services) -> Identity | Refusal:
    """The same, when the keys have been fetched as far as they could be."""
    if auth.token is None:
        return _without_token(auth, services)
    verdict = _refusal_for_fault(services.authenticator.check_finally(auth.token), services)
    assert not isinstance(verdict, Pending)
    return verdict


def _without_token(auth: Auth, services: Services) -> Identity | Refusal:
    if auth.ticket is not None:
        return services.take_ticket(auth.ticket) or TOKEN_REFUSED
    if services.guests is not None:
        return services.guests.welcome(auth.name, auth.key)
    return TOKEN_REFUSED


def _refusal_for_fault(verdict: Identity | TokenFault | Pending, services: Services) -> Identity | Refusal | Pending:
    """Why a token was refused is for the log alone."""
    if isinstance(verdict, TokenFault):
        services.log.info("token_refused", reason=verdict.reason)
        return TOKEN_REFUSED
    if isinstance(verdict, Identity) and services.is_revoked(verdict):
        services.log.info("token_refused", reason="revoked", user=verdict.user)
        return TOKEN_REFUSED
    return verdict
