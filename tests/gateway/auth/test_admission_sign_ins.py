"""The door and the sessions, with cookies of sign-ins and with what was revoked."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from gateway.auth.admission import GatewayDoor
from gateway.edge.door import Admission, HttpReply, Later
from gateway.errors import TOKEN_REFUSED, refusal
from gateway.session.services import SignedIn
from rooms import Identity, Refusal
from tests.gateway.door_kit import LOBBY, Door, bearer, code_of
from tests.gateway.session_client import ALICE, Client
from tests.gateway.standins import Gateway, RecordingCarrier


class OneCookie:
    """Sign-ins that know the cookie ``ours``, which stands for ``who``."""

    def __init__(self, who: Identity | Refusal) -> None:
        self.who = who

    def is_ours(self, cookie: str) -> bool:
        return cookie == "ours"

    async def identity(self, cookie: str) -> Identity | Refusal:
        assert cookie == "ours"
        return self.who


async def entered(who: Identity | Refusal, cookie: str = "ours", **settings: Any) -> RecordingCarrier:
    """The far end of a socket that was admitted by the cookie."""
    door = Door(**settings)
    signed_in: SignedIn = OneCookie(who)
    door.door = GatewayDoor(replace(door.gateway.services, signed_in=signed_in), door.lifetime)
    decision = door.ask(LOBBY, ("cookie", f"rooms_session={cookie}"))
    if isinstance(decision, Later):
        decision = await decision.decide()
    assert isinstance(decision, Admission), decision
    carrier = RecordingCarrier()
    decision.open(carrier)
    return carrier


async def test_a_sign_in_enters_as_it_holds_now() -> None:
    carrier = await entered(Identity("ada", "Ada", ("lobby",), sign_in="s"))
    assert carrier.types == ["hello"]
    assert carrier.events[0]["data"]["user"]["user"] == "ada"


async def test_a_sign_in_that_is_over_is_refused_so_that_a_browser_can_read_it() -> None:
    assert (await entered(TOKEN_REFUSED)).closed == (4401, "Token invalid or expired")
    assert (await entered(Identity("ada", "Ada", ("attic",)))).closed == (4403, "Not authorized")
    assert (await entered(refusal("unavailable"))).closed == (1011, "Unavailable")


async def test_a_cookie_that_is_not_ours_is_read_as_a_token() -> None:
    assert (await entered(ALICE, "nonsense")).closed == (4401, "Token invalid or expired")
    assert (await entered(ALICE, Gateway().token())).types == ["hello"]


def test_a_revoked_token_is_refused_at_the_door_and_as_a_first_message() -> None:
    door = Door()
    services = replace(door.gateway.services, is_revoked=lambda identity: identity.token_id == "7")
    door.door = GatewayDoor(services, door.lifetime)
    assert code_of(door.ask(LOBBY, bearer(door.gateway.token(jti="7")))) == (401, "not_authorized")
    assert door.enter(LOBBY, bearer(door.gateway.token(jti="8")))[1].types == ["hello"]

    session, carrier = door.enter(LOBBY)
    session.frame(json.dumps({"type": "auth", "data": {"token": door.gateway.token(jti="7")}}))
    assert carrier.closed == (4401, "Token invalid or expired")


def test_an_open_socket_keeps_its_token_when_the_fresh_one_is_revoked() -> None:
    gateway = Gateway()
    gateway.services = replace(gateway.services, is_revoked=lambda identity: identity.token_id == "7")
    client = Client(gateway)
    (answer,) = client.ask("auth", token=gateway.token(jti="7"))
    assert answer["data"]["code"] == "not_authorized"
    assert client.carrier.closed is None


@pytest.mark.parametrize("is_revoked", [True, False])
def test_what_was_revoked_while_the_socket_was_opening_is_refused(is_revoked: bool) -> None:
    gateway = Gateway()
    gateway.services = replace(gateway.services, is_revoked=lambda _: is_revoked)
    client = Client(gateway)  # admitted before it was known
    assert (client.carrier.closed == (4401, "Token invalid or expired")) is is_revoked


def test_who_is_admitted_is_told_before_they_are_greeted() -> None:
    gateway = Gateway()
    heard: list[Any] = []

    def admitted(session: Any) -> None:
        heard.append(session.identity.user)
        session.identity = Identity("alice", "As the profile says", ("lobby",))

    gateway.services = replace(gateway.services, admitted=admitted)
    client = Client(gateway)
    assert heard == ["alice"]
    assert client.carrier.events[0]["data"]["user"]["name"] == "As the profile says"


def test_a_refused_upgrade_counts_nobody() -> None:
    door = Door()
    assert isinstance(door.ask(LOBBY, bearer("x")), HttpReply)
    assert len(door.gateway.registry) == 0
