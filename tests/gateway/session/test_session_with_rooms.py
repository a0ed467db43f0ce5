"""Sessions on real rooms: the seam that the stand-ins of the other tests only imitate. Files are real, time is virtual."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import trio

from gateway.session.company import Company
from gateway.session.raw_session import RawSession
from gateway.session.registry import NOBODY
from gateway.wheel import Wheel
from rooms import Connection, ConnectRequest, Event, Identity, Refusal, Room, RoomKey, State
from rooms.kinds.chat import ChatRoom
from rooms.kinds.directory import DIRECTORY, DirectoryRoom
from rooms.kinds.private import PrivateRoom
from rooms.kinds.users import PRIVATE, USERS, UserRoom
from rooms.testing import Harness, open_harness
from tests.gateway.session_client import Client, error
from tests.gateway.standins import NOW_MS, Gateway, RecordingCarrier

CHAT = "rooms"
BY_NAME: Callable[[str], Identity] = lambda user: Identity(user, user.title(), ("*",), expires_ms=NOW_MS + 3_600_000)  # noqa: E731


class Shout(Room):
    """A raw kind that says everything louder, and refuses who asks it to."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        return Refusal("not_authorized", "Go away", close_code=4403) if request.query.get("refuse") else None

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        if message == "fail":
            raise RuntimeError("as asked")
        if message == "close":
            connection.close(4000, "as asked")
        connection.send(message.upper())


@pytest.fixture
async def harness(tmp_path: Path, autojump_clock: trio.testing.MockClock) -> AsyncIterator[Harness]:
    kinds: dict[str, type[Room]] = {CHAT: ChatRoom, "echo": Shout, USERS: UserRoom, PRIVATE: PrivateRoom, DIRECTORY.kind: DirectoryRoom}
    async with open_harness(kinds, data=tmp_path) as harness:
        yield harness


@pytest.fixture
async def gateway(harness: Harness, nursery: trio.Nursery) -> Gateway:
    """Sessions' services on the harness's rooms."""
    made = Gateway()
    wheel = Wheel(harness.log)  # type: ignore[arg-type]
    nursery.start_soon(wheel.run)
    kinds = {name: kind for kind in harness._kinds for name in [kind.name]}
    made.services = replace(made.services, hosting=harness.runtime, kinds=kinds, timers=wheel, now=trio.current_time, log=harness.log)
    return made


def key(name: str) -> RoomKey:
    return RoomKey(CHAT, name)


async def ask(harness: Harness, client: Client, type: str, ref: Any = None, **data: Any) -> list[dict[str, Any]]:
    """Send a request, and all that came once the rooms are quiet."""
    at_once = client.ask(type, ref, **data)
    await harness.settle()
    return at_once + client.carrier.take()


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


async def test_two_users_talk_in_one_order(harness: Harness, gateway: Gateway, autojump_clock: object) -> None:
    ada, bob = (Client(gateway, key("lobby"), BY_NAME(user)) for user in ("ada", "bob"))
    for client in (ada, bob):
        assert "joined" in types(await ask(harness, client, "join", 1))
    ada.carrier.take()
    assert types(await ask(harness, ada, "message", 2, message="hi", cid="c")) == ["ack", "message"]
    (heard,) = bob.carrier.take()
    assert (heard["data"]["from"], heard["data"]["message"], heard["data"]["seq"]) == ("ada", "hi", 1)
    assert types(await ask(harness, ada, "typing")) == []
    assert types(bob.carrier.take()) == ["typing"]


async def test_a_leave_is_answered_in_order_and_a_join_may_follow_at_once(
    harness: Harness, gateway: Gateway, autojump_clock: object
) -> None:
    ada = Client(gateway, key("lobby"), BY_NAME("ada"))
    await ask(harness, ada, "join", 1)
    ada.carrier.take()
    for request in ('{"type":"message","data":{"message":"bye"},"ref":2}', '{"type":"leave","ref":3}', '{"type":"join","ref":4}'):
        ada.session.frame(request)
    await harness.settle()
    answers = [event for event in ada.carrier.take() if "ref" in event]
    assert [(event["type"], event["ref"]) for event in answers] == [("ack", 2), ("left", 3), ("joined", 4)]
    assert types(await ask(harness, ada, "message", 5, message="again")) == ["ack", "message"]
    assert ada.closed is None


async def test_a_switch_leaves_the_other_room_for_everybody_to_see(harness: Harness, gateway: Gateway, autojump_clock: object) -> None:
    ada, bob = Client(gateway, None, BY_NAME("ada")), Client(gateway, key("one"), BY_NAME("bob"))
    await ask(harness, ada, "join", room="one")
    await ask(harness, bob, "join")
    bob.carrier.take()
    events = await ask(harness, ada, "join", 2, room="two", switch=True)
    assert [(event["type"], event["data"]["room"]) for event in events] == [("left", "one"), ("joined", "two")]
    (left,) = bob.carrier.take()
    assert (left["type"], left["data"]["user"]) == ("left", "ada")


async def test_a_message_to_a_hibernated_room_is_answered(harness: Harness, gateway: Gateway, autojump_clock: object) -> None:
    ada = Client(gateway, key("lobby"), BY_NAME("ada"))
    await ask(harness, ada, "join")
    await trio.sleep(12)
    assert harness.runtime.state(key("lobby")) is State.HIBERNATED
    ada.session.frame("ping")
    assert ada.carrier.sent == [b"\x81\x04pong"]
    assert harness.runtime.state(key("lobby")) is State.HIBERNATED
    assert types(await ask(harness, ada, "message", 1, message="still here")) == ["ack", "message"]


async def test_a_socket_that_waits_for_auth_wakes_no_room_and_is_closed_in_time(
    harness: Harness, gateway: Gateway, autojump_clock: object
) -> None:
    nobody = Client(gateway, key("lobby"), NOBODY)
    await trio.sleep(11)
    assert nobody.closed == 4408
    assert harness.runtime.state(key("lobby")) is State.EVICTED


async def test_a_refresh_that_grants_no_more_is_seen_by_the_others(harness: Harness, gateway: Gateway, autojump_clock: object) -> None:
    ada, bob = Client(gateway, None, BY_NAME("alice")), Client(gateway, key("lobby"), BY_NAME("bob"))
    await ask(harness, ada, "join", room="lobby")
    await ask(harness, bob, "join")
    bob.carrier.take()
    assert sorted(types(await ask(harness, ada, "auth", token=gateway.token(rooms=["other"])))) == ["hello", "left"]
    assert types(bob.carrier.take()) == ["left"]
    assert error(await ask(harness, ada, "message", room="lobby", message="x"))["code"] == "not_in_room"


async def test_who_is_gone_leaves_the_room(harness: Harness, gateway: Gateway, autojump_clock: object) -> None:
    ada = Client(gateway, key("lobby"), BY_NAME("ada"))
    await ask(harness, ada, "join")
    assert harness.runtime.online(key("lobby")) == 1
    ada.session.gone(1001, "", True)
    await harness.settle()
    assert harness.runtime.online(key("lobby")) == 0


def raw(gateway: Gateway, **query: str) -> tuple[RawSession, RecordingCarrier]:
    carrier = RecordingCarrier()
    assert gateway.registry.take_place() is None
    session = RawSession(gateway.services, RoomKey("echo", "a"), BY_NAME("ada"), carrier, ConnectRequest("s", query))
    session.begin()
    return session, carrier


class BrokenCompany(Company):
    """Raises where a session does something of its own at the word of a room."""

    def came(self, key: RoomKey, identity: Identity) -> list[Event]:
        if identity.user == "eve":
            raise KeyError(identity.user)
        return super().came(key, identity)


@pytest.mark.parametrize("name", ["lobby", None])
async def test_what_a_session_raises_at_the_word_of_a_room_ends_that_socket_and_no_other(
    harness: Harness, gateway: Gateway, autojump_clock: object, name: str | None
) -> None:
    gateway.services = replace(gateway.services, company=BrokenCompany(lambda _key: (), gateway.services.timers, 500))
    ada, eve = (Client(gateway, None if name is None else key(name), BY_NAME(user)) for user in ("ada", "eve"))
    await harness.settle()
    await ask(harness, ada, "join", 1, room="lobby")
    await ask(harness, eve, "join", 1, room="lobby")
    assert eve.closed == 1011
    assert "session_failed" in gateway.services.log.events  # type: ignore[attr-defined]
    assert "ack" in types(await ask(harness, ada, "message", 2, room="lobby", message="still here"))


async def test_a_raw_socket_speaks_with_its_room_and_survives_a_failed_turn(
    harness: Harness, gateway: Gateway, autojump_clock: object
) -> None:
    session, carrier = raw(gateway)
    for frame in ("a", "fail", b"b"):
        session.frame(frame)
    await harness.settle()
    assert b"".join(carrier.sent) == b"\x81\x01A\x82\x01B"
    session.frame("close")
    await harness.settle()
    assert carrier.closed == (4000, "as asked")
    session.gone(4000, "as asked", True)
    await harness.settle()
    assert harness.runtime.online(RoomKey("echo", "a")) == 0


async def test_a_raw_socket_that_is_refused_is_closed(harness: Harness, gateway: Gateway, autojump_clock: object) -> None:
    session, carrier = raw(gateway, refuse="yes")
    session.frame("early")
    await harness.settle()
    assert carrier.closed == (4403, "Go away")
    assert carrier.sent == []
    session.gone(4403, "Go away", True)
    await trio.sleep(15)
    assert harness.runtime.state(RoomKey("echo", "a")) is State.EVICTED
