"""The session of an envelope kind: who it is, and until when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgpack
import pytest

from gateway.session.registry import NOBODY
from rooms import Identity
from tests.gateway.session_client import ALICE, LOBBY, Client, error
from tests.gateway.standins import NOW_MS, Gateway

# greeting


def test_who_comes_with_a_token_is_greeted_at_once_and_nothing_of_the_room_is_heard() -> None:
    gateway = Gateway()
    gateway.rooms.users[LOBBY] = 3
    client = Client(gateway)
    (hello,) = client.carrier.events
    assert hello["type"] == "hello"
    assert hello["data"]["user"] == {"user": "alice", "name": "Alice", "avatar": None}
    assert hello["data"]["authorizedRooms"] == ["lobby"]
    assert hello["data"]["stats"] == {"lobby": {"online": 3}}
    assert hello["data"]["protocol"] == "rooms.v1"
    assert hello["data"]["session"] == client.session.id
    assert hello["data"]["limits"]["message_bytes"] == 65_536
    assert "online" not in hello["data"]
    assert gateway.rooms.ends == []


def test_stats_tell_of_the_rooms_that_the_token_names_one_by_one() -> None:
    who = Identity("a", "a", ("other", "team-*", "counters/x", "*", "lobby"))
    client = Client(Gateway(), who=who)
    assert client.carrier.events[0]["data"]["stats"] == {"lobby": {"online": 0}, "other": {"online": 0}}


def test_msgpack_clients_are_answered_in_msgpack_and_may_ask_in_either() -> None:
    client = Client(Gateway(), wire="msgpack")
    assert client.carrier.sent[0][0] == 0x82
    assert client.say(msgpack.packb({"type": "ping", "ref": 1}))[0]["type"] == "pong"
    assert client.ask("ping", 2)[0]["ref"] == 2


# auth by the first message


def test_who_shows_no_token_in_time_is_closed() -> None:
    gateway = Gateway()
    client = Client(gateway, who=NOBODY)
    gateway.wheel.pass_seconds(9.9)
    assert client.closed is None
    gateway.wheel.pass_seconds(0.2)
    assert client.closed == 4408
    assert client.carrier.events == []


def test_a_first_auth_is_answered_by_hello_and_the_deadline_falls() -> None:
    gateway = Gateway()
    client = Client(gateway, who=NOBODY)
    (hello,) = client.ask("auth", 1, token=gateway.token())
    assert (hello["type"], hello["ref"]) == ("hello", 1)
    gateway.wheel.pass_seconds(20)
    assert client.closed is None


@pytest.mark.parametrize("data", [{"token": "x"}, {"token": ""}, {}, {"name": "Ada"}, {"key": "k"}, {"ticket": "t"}])
def test_a_first_auth_that_proves_nothing_ends_the_socket(data: dict[str, Any]) -> None:
    client = Client(Gateway(), who=NOBODY)
    events = client.ask("auth", 1, **data)
    assert error(events) == {"code": "not_authorized", "message": "Token invalid or expired"}
    assert events[0]["ref"] == 1
    assert client.closed == 4401


def test_a_first_auth_that_does_not_grant_the_room_ends_the_socket() -> None:
    gateway = Gateway()
    client = Client(gateway, who=NOBODY)
    assert error(client.ask("auth", token=gateway.token(rooms=["other"])))["code"] == "not_authorized"
    assert client.closed == 4403


def test_an_auth_of_the_wrong_shape_ends_an_unknown_socket() -> None:
    client = Client(Gateway(), who=NOBODY)
    assert error(client.ask("auth", token=1))["code"] == "bad_message"
    assert client.closed == 4400


def test_nothing_but_auth_is_heard_before_auth() -> None:
    client = Client(Gateway(), who=NOBODY)
    for type in ("join", "message", "stats", "ping", "nonsense"):
        assert error(client.ask(type))["code"] == "not_authorized"
    assert client.closed is None
    assert client.gateway.rooms.ends == []


def test_who_keeps_talking_before_auth_is_closed() -> None:
    client = Client(Gateway(), who=NOBODY)
    for _ in range(10):
        client.ask("join")
    assert client.closed == 4400


def test_bad_and_good_tokens_are_refused_in_the_same_words() -> None:
    gateway = Gateway()
    answers = []
    for token in ("x", gateway.token(seconds=-5), gateway.token(sub="")):
        client = Client(gateway, who=NOBODY)
        answers.append((error(client.ask("auth", token=token)), client.carrier.closed))
    assert answers[0] == answers[1] == answers[2]


def test_a_ticket_is_as_good_as_the_token_of_its_maker() -> None:
    gateway = Gateway()
    tickets = {"t-1": ALICE}
    gateway.services = replace(gateway.services, take_ticket=lambda ticket: tickets.pop(ticket, None))
    client = Client(gateway, who=NOBODY)
    assert client.ask("auth", ticket="t-1")[0]["type"] == "hello"
    assert Client(gateway, who=NOBODY).ask("auth", ticket="t-1")[0]["type"] == "error"


# expiry and refresh


def test_expiring_is_said_thirty_seconds_before_and_the_socket_ends_at_expiry() -> None:
    gateway = Gateway()
    client = Client(gateway)
    end = client.join()
    gateway.wheel.pass_seconds(3569)
    assert client.carrier.take() == []
    gateway.wheel.pass_seconds(1.5)
    (expiring,) = client.carrier.take()
    assert (expiring["type"], expiring["data"]) == ("expiring", {"at": ALICE.expires_ms})
    gateway.wheel.pass_seconds(29)
    assert client.closed is None
    gateway.wheel.pass_seconds(1)
    assert client.closed == 4401
    assert client.carrier.take()[-1]["data"] == {"code": "not_authorized", "message": "Token expired"}
    client.session.gone(1006, "", False)
    assert end.ended == (1006, "", False)


def test_a_token_that_is_nearly_over_is_said_to_be_expiring_at_once() -> None:
    client = Client(Gateway(), who=Identity("a", "a", ("lobby",), expires_ms=NOW_MS + 5_000))
    assert client.carrier.types == ["hello", "expiring"]


def test_a_fresh_token_keeps_the_socket_open() -> None:
    gateway = Gateway()
    client = Client(gateway)
    end = client.join()
    gateway.wheel.pass_seconds(3580)
    (hello,) = client.ask("auth", "r", token=gateway.token(seconds=3600))
    assert (hello["type"], hello["ref"]) == ("hello", "r")
    gateway.wheel.pass_seconds(60)
    assert client.closed is None
    assert end.peer.identity.expires_ms > ALICE.expires_ms
    gateway.wheel.pass_seconds(3600)
    assert client.closed == 4401
    assert client.carrier.types.count("expiring") == 1


@pytest.mark.parametrize("claims", [{"sub": "bob"}, {"seconds": -1}, {"admin": "yes"}])
def test_after_a_bad_refresh_the_old_expiry_stands(claims: dict[str, Any]) -> None:
    gateway = Gateway()
    client = Client(gateway)
    assert error(client.ask("auth", 3, token=gateway.token(**claims)))["code"] == "not_authorized"
    assert client.session.identity is ALICE
    gateway.wheel.pass_seconds(3601)
    assert client.closed == 4401


def test_a_refresh_that_no_longer_grants_the_room_ends_the_membership_and_the_socket() -> None:
    gateway = Gateway()
    client = Client(gateway)
    end = client.join()
    events = client.ask("auth", token=gateway.token(rooms=["other"]))
    assert [event["type"] for event in events] == ["hello", "left"]
    assert events[1]["data"] == {"room": "lobby", "session": client.session.id, "user": "alice", "reason": "not_authorized"}
    assert end.ended == (4403, "not_authorized", True)
    assert client.closed == 4403


def test_the_date_may_jump() -> None:
    gateway = Gateway()
    client = Client(gateway)
    gateway.clock.ms += 3_700_000
    gateway.wheel.pass_seconds(61)
    assert client.closed == 4401


def test_many_refreshes_leave_one_deadline() -> None:
    gateway = Gateway()
    client = Client(gateway)
    for i in range(50):
        client.ask("auth", token=gateway.token(jti=str(i + 1)))
        gateway.wheel.pass_seconds(1)
    gateway.wheel.pass_seconds(300)
    assert len(gateway.wheel.entries) <= 2


def test_a_session_that_is_gone_is_not_kept_by_its_deadline_for_long() -> None:
    gateway = Gateway()
    Client(gateway).session.gone(1000, "", True)
    gateway.wheel.pass_seconds(61)
    assert gateway.wheel.entries == []


def test_a_guest_has_no_deadline_at_all() -> None:
    gateway = Gateway(dev=True)
    Client(gateway, who=Identity("guest-a", "a", ("*",), guest=True))
    assert gateway.wheel.entries == []


# guests


def test_a_guest_that_gives_a_key_is_the_same_guest_next_time() -> None:
    gateway = Gateway(dev=True)
    users = []
    for _ in range(2):
        client = Client(gateway, who=gateway.services.guests.welcome())  # type: ignore[union-attr]
        (hello,) = client.ask("auth", name="Ada", key="my own random string")
        users.append(hello["data"]["user"])
    assert users[0] == users[1]
    assert users[0]["name"] == "Ada"


def test_a_guest_cannot_become_another_in_a_room() -> None:
    gateway = Gateway(dev=True)
    client = Client(gateway, who=Identity("guest-a", "a", ("*",), guest=True))
    client.join()
    assert error(client.ask("auth", key="k"))["code"] == "not_authorized"
    assert error(client.ask("auth", token=gateway.token()))["code"] == "not_authorized"
    assert client.session.identity.user == "guest-a"


def test_a_guest_may_show_a_token_before_it_joins() -> None:
    gateway = Gateway(dev=True)
    client = Client(gateway, who=Identity("guest-a", "a", ("*",), guest=True))
    assert client.ask("auth", token=gateway.token())[0]["data"]["user"]["user"] == "alice"
    assert gateway.registry.of_user("alice") == [client.session]
    assert gateway.registry.of_user("guest-a") == []


def test_a_guests_name_comes_from_its_join() -> None:
    client = Client(Gateway(dev=True), who=Identity("guest-a", "guest-a", ("*",), guest=True))
    assert client.join(name="Ada").peer.identity.name == "Ada"


def test_a_users_name_is_the_tokens() -> None:
    assert Client(Gateway()).join(name="Mallory").peer.identity.name == "Alice"
