"""Rooms that were joined by code: asked for when a token does not grant them, while the socket waits and nobody else does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from gateway.auth.admission import GatewayDoor
from gateway.auth.room_grants import with_rooms
from gateway.edge.door import Admission, Later
from gateway.session.registry import NOBODY
from rooms import CallTimeout, Identity, RoomKey
from tests.gateway.door_kit import Door, bearer, code_of
from tests.gateway.session_client import ALICE, Client, error
from tests.gateway.standins import Gateway, RecordingCarrier

CODE = "6f1c0b9e-5a0d-4f0e-9a57-0d2b1b0c7e11"
KEY = RoomKey("rooms", CODE)


class Grants:
    """What the user's room would say, when the test lets it."""

    def __init__(self, *rooms: str, fails: bool = False) -> None:
        self.rooms = rooms
        self.fails = fails
        self.is_known = False
        self.waiting: list[Callable[[], None]] = []

    def known(self, identity: Identity) -> Identity:
        return with_rooms(identity, self.rooms) if self.is_known else identity

    def noted(self, identity: Identity, rooms: Sequence[str]) -> Identity:
        return identity

    def may_matter(self, identity: Identity, key: RoomKey) -> bool:
        return key == KEY and not self.is_known

    async def of(self, identity: Identity) -> Identity:
        if self.fails:
            raise CallTimeout("users/alice", "granted", 10.0)
        self.is_known = True
        return self.known(identity)

    def when_known(self, user: str, then: Callable[[], None]) -> None:
        self.waiting.append(then)

    def answer(self) -> None:
        self.is_known = True
        self.waiting.pop()()


def gateway(grants: Grants, **changes: Any) -> Gateway:
    made = Gateway()
    made.services = replace(made.services, grants=grants, **changes)
    return made


@pytest.mark.parametrize(("rooms", "answer"), [((CODE,), "connected"), ((), "not_authorized")])
def test_a_join_of_a_code_waits_for_the_user_s_room(rooms: tuple[str, ...], answer: str) -> None:
    grants = Grants(*rooms)
    client = Client(gateway(grants), None)
    assert client.ask("join", 1, room=CODE) == []
    assert client.carrier.paused
    assert client.gateway.rooms.ends == []

    grants.answer()

    assert not client.carrier.paused
    if answer == "connected":
        assert client.gateway.rooms.last.key == KEY
    else:
        assert error(client.carrier.take())["code"] == answer


def test_a_room_that_a_token_grants_or_that_is_no_code_is_asked_for_by_nobody() -> None:
    grants = Grants(CODE)
    client = Client(gateway(grants), None)
    client.ask("join", room="lobby")
    assert error(client.ask("join", room="attic"))["code"] == "not_authorized"
    assert grants.waiting == []


def test_a_socket_that_is_gone_meanwhile_joins_nothing() -> None:
    grants = Grants(CODE)
    client = Client(gateway(grants), None)
    client.ask("join", room=CODE)
    client.session.gone(1006, "", False)
    grants.answer()
    assert client.gateway.rooms.ends == []


def test_a_first_message_that_says_who_it_is_waits_too() -> None:
    grants = Grants(CODE)
    site = gateway(grants)
    client = Client(site, KEY, NOBODY)
    client.session.frame(f'{{"type":"auth","data":{{"token":"{site.token()}"}}}}')
    assert client.carrier.paused
    grants.answer()
    assert "hello" in client.carrier.types
    assert CODE in client.session.identity.rooms


def test_what_is_taken_from_the_user_ends_its_memberships_and_no_other() -> None:
    client = Client(gateway(Grants()), None, with_rooms(ALICE, (CODE,)))
    lobby, made = client.join(room="lobby"), client.join(room=CODE)
    client.session.regranted(ALICE)
    assert made.ended == (4403, "not_authorized", True)
    assert lobby.ended is None
    (left,) = client.carrier.take()
    assert (left["type"], left["data"]["room"], left["data"]["reason"]) == ("left", CODE, "not_authorized")
    assert client.closed is None


def test_a_socket_of_the_room_itself_ends_when_it_is_taken() -> None:
    client = Client(gateway(Grants()), KEY, with_rooms(ALICE, (CODE,)))
    client.join()
    client.session.regranted(ALICE)
    assert client.closed == 4403


def test_a_room_that_is_gone_is_joined_by_nobody_and_refused_at_the_door() -> None:
    client = Client(gateway(Grants(), is_gone=lambda key: key == KEY), None, msgspec.structs.replace(ALICE, admin=True))
    assert error(client.ask("join", room=CODE))["code"] == "not_found"
    door = door_of(Grants(), is_gone=lambda key: key == KEY)
    assert code_of(door.ask(f"/rooms/{CODE}/ws", bearer(door.gateway.token(admin=True)))) == (404, "not_found")


def door_of(grants: Grants, **changes: Any) -> Door:
    door = Door()
    door.gateway.services = replace(door.gateway.services, grants=grants, **changes)
    door.door = GatewayDoor(door.gateway.services, door.lifetime)
    return door


async def test_the_door_asks_the_user_s_room_before_it_refuses() -> None:
    door = door_of(Grants(CODE))
    decision = door.ask(f"/rooms/{CODE}/ws", bearer(door.gateway.token()))
    assert isinstance(decision, Later)
    admission = await decision.decide()
    assert isinstance(admission, Admission)
    carrier = RecordingCarrier()
    admission.open(carrier)
    assert CODE in carrier.events[0]["data"]["authorizedRooms"]


async def test_the_door_refuses_what_is_not_granted_and_says_when_it_could_not_ask() -> None:
    door = door_of(Grants())
    decision = door.ask(f"/rooms/{CODE}/ws", bearer(door.gateway.token()))
    assert isinstance(decision, Later)
    assert code_of(await decision.decide()) == (403, "not_authorized")
    door = door_of(Grants(fails=True))
    decision = door.ask(f"/rooms/{CODE}/ws", bearer(door.gateway.token()))
    assert isinstance(decision, Later)
    assert code_of(await decision.decide()) == (504, "timeout")
