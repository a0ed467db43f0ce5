"""How many may come in how quickly, and who has to wait for a key."""

from __future__ import annotations

import json

import pytest

from gateway.edge.door import Admission, Later
from tests.gateway.door_kit import LOBBY, Door, LateKeys, bearer, code_of, subprotocol

# limits


def test_upgrades_from_one_address_have_a_rate() -> None:
    door = Door()
    answers = [door.ask(LOBBY) for _ in range(501)]
    assert all(isinstance(answer, Admission) for answer in answers[:500])
    assert code_of(answers[500]) == (429, "rate_limited")
    assert dict(answers[500].headers)[b"retry-after"] == b"1"
    assert isinstance(door.ask(LOBBY, host="192.0.2.2"), Admission)
    door.gateway.wheel.pass_seconds(1)
    assert isinstance(door.ask(LOBBY), Admission)


def test_upgrades_of_one_user_have_a_rate() -> None:
    door = Door()
    answers = [door.ask(LOBBY, bearer(door.gateway.token()), host=f"192.0.2.{i}") for i in range(51)]
    assert all(isinstance(answer, Admission) for answer in answers[:50])
    assert code_of(answers[50]) == (429, "rate_limited")
    assert isinstance(door.ask(LOBBY, bearer(door.gateway.token("bob"))), Admission)


def test_rates_can_be_switched_off() -> None:
    door = Door(rate_limits=False)
    assert all(isinstance(door.ask(LOBBY, bearer(door.gateway.token())), Admission) for _ in range(600))


def test_a_user_has_so_many_sockets() -> None:
    door = Door(connections_per_user_max=2)
    entered = [door.enter(LOBBY, bearer(door.gateway.token())) for _ in range(2)]
    assert [carrier.types for _, carrier in entered] == [["hello"], ["hello"]], "exactly at the limit is within it"
    sessions = [session for session, _ in entered]
    assert code_of(door.ask(LOBBY, bearer(door.gateway.token()))) == (429, "rate_limited")
    sessions[0].gone(1000, "", True)
    assert isinstance(door.ask(LOBBY, bearer(door.gateway.token())), Admission)


def test_the_server_has_so_many_sockets_and_one_that_never_came_gives_its_place_back() -> None:
    door = Door(connections_max=2)
    session, _ = door.enter(LOBBY)
    admission = door.ask(LOBBY)
    reply = door.ask(LOBBY)
    assert code_of(reply) == (503, "overloaded")
    assert dict(reply.headers)[b"retry-after"]
    admission.abandon()
    assert isinstance(door.ask(LOBBY), Admission)
    session.gone(1000, "", True)
    assert isinstance(door.ask(LOBBY), Admission)
    assert code_of(door.ask(LOBBY)) == (503, "overloaded")


def test_refusals_are_counted() -> None:
    door = Door()
    door.ask(LOBBY, bearer("x"))
    door.enter(LOBBY, subprotocol("x"))
    assert door.gateway.counters.refusals == {"not_authorized": 2}


# keys that have to be fetched


@pytest.mark.parametrize("brings", [True, False])
async def test_only_a_key_that_has_to_be_fetched_makes_the_door_wait(brings: bool) -> None:
    door = Door(keys=LateKeys(brings))
    later = door.ask(LOBBY, bearer(door.gateway.token()))
    assert isinstance(later, Later)
    answer = await later.decide()
    assert isinstance(answer, Admission) if brings else code_of(answer) == (401, "not_authorized")


@pytest.mark.parametrize("brings", [True, False])
def test_a_first_message_waits_for_its_key_and_nothing_is_heard_meanwhile(brings: bool) -> None:
    keys = LateKeys(brings)
    door = Door(keys=keys)
    session, carrier = door.enter(LOBBY)
    session.frame(json.dumps({"type": "auth", "data": {"token": door.gateway.token()}}))
    assert carrier.paused
    assert carrier.sent == []
    keys.asked = 1
    keys.calls.pop()()
    assert carrier.types == ["hello" if brings else "error"]
    assert not carrier.paused


def test_a_socket_that_is_gone_before_its_key_came_is_forgotten() -> None:
    keys = LateKeys(True)
    door = Door(keys=keys)
    session, carrier = door.enter(LOBBY)
    session.frame(json.dumps({"type": "auth", "data": {"token": door.gateway.token()}}))
    session.gone(1006, "", False)
    keys.asked = 1
    keys.calls.pop()()
    assert carrier.sent == []
    assert len(list(door.gateway.registry.all())) == 0
