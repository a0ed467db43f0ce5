"""The door: from a request's head and where it came from to who may come in, and as what. Waits only while a key is fetched."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import parse_qsl

import msgspec

from gateway.auth.authentication import Pending
from gateway.auth.credentials import Credential, Form, credential_of, origin_may_connect, subprotocol_of
from gateway.auth.tokens import TokenFault
from gateway.carrier import Carrier, Receiver
from gateway.device import device_of
from gateway.edge.address import ClientAddress
from gateway.edge.door import Admission, Decision, HttpReply, Later, ToApplication
from gateway.edge.handshake import asks_for_websocket
from gateway.edge.head import RequestHead
from gateway.entrance import may_enter
from gateway.errors import GONE, NOT_AUTHORIZED, TOKEN_REFUSED, http_reply, refusal, refusal_of
from gateway.lifetime import Lifetime, Stage
from gateway.routes import DEVICES, Upgrade, decide
from gateway.session.envelope_session import EnvelopeSession
from gateway.session.limits import Buckets
from gateway.session.many_rooms_session import ManyRoomsSession
from gateway.session.raw_session import RawSession
from gateway.session.refused_session import RefusedSession
from gateway.session.registry import NOBODY
from gateway.session.relay_session import RelaySession
from gateway.session.services import Services, SignedIn
from gateway.session.session import Session
from rooms import ConnectRequest, Identity, Refusal, RoomError, RoomKey

HIDDEN_HEADERS = frozenset({"authorization", "cookie", "sec-websocket-key", "sec-websocket-protocol"})
"""What of an upgrade a room does not see: it knows who connects, and need not hold their keys."""

NO_DEVICE = refusal("bad_message", "device: mobile or desktop")


class SignInPending(NamedTuple):
    """The cookie is one of ours: what it stands for now, the user's room knows."""

    signed_in: SignedIn
    cookie: str


class GatewayDoor:
    """The ``Door`` of the edge."""

    def __init__(self, services: Services, lifetime: Lifetime) -> None:
        self._services = services
        self._lifetime = lifetime

    def admit(self, head: RequestHead, client: ClientAddress) -> Decision:
        """What becomes of the request. A place is taken for each ``Admission``, and given back when its socket is gone."""
        route = decide(head.path, asks_for_websocket(head), self._services.kinds)
        if isinstance(route, HttpReply):
            return route
        if not isinstance(route, Upgrade):
            return ToApplication()
        if _is_of_no_device(route, head, self._services.settings.token_header):
            return self._reply(NO_DEVICE)
        refused = self._refusal_before_auth(route, head, client)
        if refused is not None:
            return self._reply(refused)
        credential = credential_of(head, self._services.settings.token_header)
        verdict = self._judge(credential)
        if isinstance(verdict, Pending | SignInPending):
            return Later(lambda: self._admit_later(route, head, credential, verdict))
        if self._lacks_grants(route, verdict):
            return Later(lambda: self._admit_granted(route, head, credential, verdict))
        return self._conclude(route, head, credential, verdict)

    async def identify(self, head: RequestHead, client: ClientAddress) -> Identity | Refusal | None:  # noqa: ARG002
        """Who sends a plain HTTP request; ``None`` if it carries no token and guests are not let in."""
        credential = credential_of(head, self._services.settings.token_header)
        verdict = self._judge(credential)
        if isinstance(verdict, Pending | SignInPending):
            verdict = await self._judge_later(credential, verdict)
        return None if verdict is NOBODY else verdict

    async def _admit_later(
        self, route: Upgrade, head: RequestHead, credential: Credential | None, pending: Pending | SignInPending
    ) -> Admission | HttpReply:
        return await self._admit_granted(route, head, credential, await self._judge_later(credential, pending))

    async def _admit_granted(
        self, route: Upgrade, head: RequestHead, credential: Credential | None, verdict: Identity | Refusal
    ) -> Admission | HttpReply:
        """Ask the user's room what it grants, if that may decide."""
        if isinstance(verdict, Identity) and self._lacks_grants(route, verdict):
            try:
                verdict = await self._services.grants.of(verdict)
            except RoomError as error:
                verdict = refusal_of(error)
        return self._conclude(route, head, credential, verdict)

    async def _judge_later(self, credential: Credential | None, pending: Pending | SignInPending) -> Identity | Refusal:
        """Wait for what is missing, and judge."""
        services = self._services
        if isinstance(pending, SignInPending):
            return await pending.signed_in.identity(pending.cookie)
        await services.authenticator.keys.fetched()
        verdict = self._judge(credential, finally_=True)
        assert not isinstance(verdict, Pending | SignInPending)
        return verdict

    def _refusal_before_auth(self, route: Upgrade, head: RequestHead, client: ClientAddress) -> Refusal | None:
        services, settings = self._services, self._services.settings
        if self._lifetime.stage is not Stage.SERVING:
            return refusal("unavailable", "The server is not serving now")
        if not origin_may_connect(head, settings.public_url, settings.allowed_origins):
            return refusal("not_authorized", "Origin not allowed", close_code=4403)
        over_rate = self._over_rate(services.limits.upgrades_of_address, client.host)
        if over_rate is not None or route.key is None:
            return over_rate
        return GONE if services.is_gone(route.key) else services.hosting.refusal(route.key)

    def _judge(self, credential: Credential | None, *, finally_: bool = False) -> Identity | Refusal | Pending | SignInPending:
        """Who comes: a guest or ``NOBODY`` (yet) without a token."""
        services = self._services
        if credential is None:
            return NOBODY if services.guests is None else services.guests.welcome()
        if credential.form is Form.ADDRESS:
            return TOKEN_REFUSED
        if credential.form is Form.TICKET:
            return services.take_ticket(credential.token) or TOKEN_REFUSED
        if credential.form is Form.COOKIE and services.signed_in is not None and services.signed_in.is_ours(credential.token):
            return SignInPending(services.signed_in, credential.token)
        check = services.authenticator.check_finally if finally_ else services.authenticator.check
        verdict = check(credential.token)
        if isinstance(verdict, TokenFault):
            services.log.info("token_refused", reason=verdict.reason)
            return TOKEN_REFUSED
        if isinstance(verdict, Identity) and services.is_revoked(verdict):
            services.log.info("token_refused", reason="revoked", user=verdict.user)
            return TOKEN_REFUSED
        return verdict

    def _conclude(
        self, route: Upgrade, head: RequestHead, credential: Credential | None, verdict: Identity | Refusal
    ) -> Admission | HttpReply:
        registry = self._services.registry
        if isinstance(verdict, Identity) and verdict is not NOBODY:
            verdict = self._services.grants.known(verdict)
            refused = self._user_over_limits(verdict)
            if refused is not None:
                return self._reply(refused)
            if route.key is not None and not may_enter(verdict, route.key):
                verdict = NOBODY if verdict.guest and credential is None else NOT_AUTHORIZED
        if isinstance(verdict, Refusal) and credential is not None and credential.form is Form.HEADER:
            return self._reply(verdict)
        refused = registry.take_place()
        if refused is not None:
            return self._reply(refused)
        return Admission(self._opening(route, head, verdict), subprotocol_of(head), abandon=registry.give_back_place)

    def _lacks_grants(self, route: Upgrade, verdict: Identity | Refusal) -> bool:
        """Whether the token does not grant the room, but the user's account may."""
        if not isinstance(verdict, Identity) or verdict is NOBODY or route.key is None or may_enter(verdict, route.key):
            return False
        return self._services.grants.may_matter(verdict, route.key)

    def _user_over_limits(self, identity: Identity) -> Refusal | None:
        """A guest without a key is a new user each time: its address alone is limited."""
        refused = None if identity.guest else self._over_rate(self._services.limits.upgrades_of_user, identity.user)
        return refused or self._services.registry.full_for(identity.user)

    def _opening(self, route: Upgrade, head: RequestHead, verdict: Identity | Refusal) -> Callable[[Carrier], Receiver]:
        """How the session of this socket begins."""
        services, key = self._services, route.key
        wire = services.formats.of_subprotocol(subprotocol_of(head))
        if isinstance(verdict, Refusal):
            return lambda carrier: RefusedSession(services, wire, verdict, carrier)
        if key is None:
            return lambda carrier: _begun(ManyRoomsSession(services, wire, verdict, carrier))
        kind = services.kinds[key.kind]
        if kind.envelopes and not kind.relays:
            return lambda carrier: _begun(EnvelopeSession(services, key, wire, verdict, carrier))
        request = _connect_request(services.new_id(), head, services.settings.token_header)
        if kind.relays:
            request = _naming_device(request, key, head, services.settings.token_header)
            return lambda carrier: _begun(RelaySession(services, key, wire, verdict, carrier, request))
        return lambda carrier: _begun(RawSession(services, key, verdict, carrier, request))

    def _over_rate(self, buckets: Buckets, key: str) -> Refusal | None:
        if not self._services.limits.switched_on:
            return None
        retry_after_ms = buckets.take(key)
        return None if retry_after_ms is None else refusal("rate_limited", retry_after_ms=retry_after_ms)

    def _reply(self, refused: Refusal) -> HttpReply:
        self._services.counters.refusals[refused.code] += 1
        return http_reply(refused)


def _begun(session: Session) -> Session:
    session.begin()
    return session


def _connect_request(session_id: str, head: RequestHead, token_header: str) -> ConnectRequest:
    """The upgrade as a room of a raw kind sees it: without keys."""
    query = {name: value for name, value in parse_qsl(head.query, keep_blank_values=True) if name != "ticket"}
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in head.headers:
        name, value = name_bytes.decode("latin-1"), value_bytes.decode("latin-1")
        if name not in HIDDEN_HEADERS and name != token_header:
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return ConnectRequest(session_id, query, headers)


def _is_of_no_device(route: Upgrade, head: RequestHead, token_header: str) -> bool:
    return route.key is not None and route.key.kind == DEVICES and device_of(head, token_header) is None


def _naming_device(request: ConnectRequest, key: RoomKey, head: RequestHead, token_header: str) -> ConnectRequest:
    """The same, with the device in its query also where only a header says it, which no room sees."""
    if key.kind != DEVICES:
        return request
    return msgspec.structs.replace(request, query={**request.query, "device": device_of(head, token_header) or ""})
