"""Who may come in, and how the others are told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.auth.admission import GatewayDoor
from gateway.edge.address import ClientAddress
from gateway.edge.door import Admission, ToApplication
from gateway.edge.head import RequestHead
from gateway.lifetime import Stage
from gateway.session.envelope_session import EnvelopeSession
from gateway.session.raw_session import RawSession
from rooms import Identity, Refusal, RoomKey
from tests.gateway.door_kit import LOBBY, Door, LateKeys, bearer, code_of, subprotocol
from tests.gateway.standins import RecordingCarrier

# the ways in


@pytest.mark.parametrize(
    "carry",
    [
        bearer,
        lambda token: ("clientid", token),
        subprotocol,
        lambda token: ("sec-websocket-protocol", token),
        lambda token: ("cookie", f"rooms_session={token}"),
    ],
)
def test_a_good_token_enters_however_it_comes(carry: Callable[[str], tuple[str, str]]) -> None:
    door = Door()
    session, carrier = door.enter(LOBBY, carry(door.gateway.token()))
    assert isinstance(session, EnvelopeSession)
    assert carrier.types == ["hello"]
    assert session.identity.user == "alice"


def test_a_ticket_enters_once() -> None:
    door = Door()
    tickets = {"t": Identity("alice", "alice", ("lobby",))}
    door.door = GatewayDoor(replace(door.gateway.services, take_ticket=lambda ticket: tickets.pop(ticket, None)), door.lifetime)
    assert door.enter(LOBBY + "?ticket=t")[1].types == ["hello"]
    assert door.enter(LOBBY + "?ticket=t")[1].closed == (4401, "Token invalid or expired")


def test_without_a_token_one_is_waited_for() -> None:
    _, carrier = Door().enter(LOBBY)
    assert carrier.sent == []
    assert carrier.closed is None


def test_in_dev_a_guest_is_greeted_at_once() -> None:
    _, carrier = Door(dev=True).enter("/rooms/any/ws")
    assert carrier.events[0]["data"]["user"]["user"].startswith("guest-")


def test_in_dev_a_raw_socket_without_a_token_is_a_guest_at_once() -> None:
    door = Door(dev=True)
    door.enter("/echo/a/ws")
    assert door.gateway.rooms.last.peer.identity.guest


def test_in_dev_a_bad_token_is_refused_all_the_same() -> None:
    assert code_of(Door(dev=True).ask(LOBBY, bearer("x"))) == (401, "not_authorized")


# refusals that can be read


@pytest.mark.parametrize("header", ["authorization", "clientid"])
def test_a_token_in_a_header_is_refused_before_the_upgrade(header: str) -> None:
    door = Door()

    def carried(token: str) -> tuple[str, str]:
        return header, f"Bearer {token}" if header == "authorization" else token

    for token in ("", "x", door.gateway.token(seconds=-1), door.gateway.token(sub="")):
        assert code_of(door.ask(LOBBY, carried(token))) == (401, "not_authorized")
    assert code_of(door.ask(LOBBY, carried(door.gateway.token(rooms=["other"])))) == (403, "not_authorized")
    assert len(door.gateway.registry) == 0


def test_a_token_elsewhere_is_refused_after_the_upgrade() -> None:
    door = Door()
    for token, code in (("x", 4401), (door.gateway.token(seconds=-1), 4401), (door.gateway.token(rooms=["other"]), 4403)):
        for header in (subprotocol(token), ("cookie", f"rooms_session={token}")):
            session, carrier = door.enter(LOBBY, header)
            assert carrier.events[0]["data"]["code"] == "not_authorized"
            assert carrier.closed is not None
            assert carrier.closed[0] == code
            session.frame('{"type":"join"}')
            session.gone(code, "", True)
    assert len(door.gateway.registry) == 0
    assert door.gateway.rooms.ends == []


def test_all_bad_tokens_are_refused_in_the_same_words() -> None:
    door = Door()
    tokens = [
        "x",
        door.gateway.token(seconds=-1),
        door.gateway.token(nbf=9e9),
        door.gateway.token(sub="guest-x"),
        door.gateway.token()[:-2],
    ]
    replies = [door.ask(LOBBY, bearer(token)) for token in tokens]
    assert all(reply == replies[0] for reply in replies)


@pytest.mark.parametrize("query", ["token=x", "access_token=x", "a=eyJhbGciOiJIUzI1NiJ9.e30.x"])
def test_a_token_in_the_address_is_refused_however_good(query: str) -> None:
    door = Door()
    assert door.enter(f"{LOBBY}?{query}")[1].closed == (4401, "Token invalid or expired")
    assert code_of(door.ask(f"{LOBBY}?{query}", bearer(door.gateway.token()))) == (401, "not_authorized")


def test_the_token_of_a_raw_room_is_refused_in_json_too() -> None:
    _, carrier = Door().enter("/echo/a/ws", subprotocol("x"))
    assert carrier.events[0]["type"] == "error"
    assert carrier.closed is not None


def test_a_msgpack_client_reads_its_refusal_in_msgpack() -> None:
    _, carrier = Door().enter(LOBBY, subprotocol("x", "rooms.v1.msgpack"))
    assert carrier.sent[0][0] == 0x82


@pytest.mark.parametrize("token", ["good", "bad"])
def test_exactly_one_subprotocol_is_selected_on_refusals_too(token: str) -> None:
    door = Door()
    carried = door.gateway.token() if token == "good" else "x"
    selected = [door.ask(LOBBY, subprotocol(carried, *others)).subprotocol for others in ((), ("rooms.v1.json",), ("rooms.v1.msgpack",))]
    assert selected == [f"bearer.{carried}", "rooms.v1.json", "rooms.v1.msgpack"]
    assert door.ask(LOBBY).subprotocol is None


# which rooms


def test_grants_decide_the_room_of_every_kind() -> None:
    door = Door()
    for grants, target, may in (
        (["lobby"], "/rooms/lobby/ws", True),
        (["team-*"], "/rooms/team-a/ws", True),
        (["team-*"], "/rooms/team/ws", False),
        (["lobby"], "/echo/lobby/ws", False),
        (["echo/lobby"], "/echo/lobby/ws", True),
        (["echo/*"], "/echo/any/ws", True),
        (["echo/*"], "/rooms/any/ws", False),
        (["*"], "/echo/any/ws", True),
        ([], "/rooms/lobby/ws", False),
        (None, "/rooms/lobby/ws", False),
    ):
        answer = door.ask(target, bearer(door.gateway.token(rooms=grants)))
        assert isinstance(answer, Admission) is may, (grants, target)
    assert isinstance(door.ask("/echo/any/ws", bearer(door.gateway.token(rooms=[], admin=True))), Admission)


def test_a_socket_of_many_rooms_needs_only_a_good_token() -> None:
    door = Door()
    session, carrier = door.enter("/ws", bearer(door.gateway.token(rooms=[])))
    assert session.key is None
    assert carrier.types == ["hello"]


@pytest.mark.parametrize(("target", "status"), [("/nothing/a/ws", 404), ("/rooms/a%2Fb/ws", 400), ("/rooms/lobby", 404)])
def test_a_wrong_address_is_refused(target: str, status: int) -> None:
    assert Door().ask(target).status == status


def test_a_socket_address_without_upgrade_is_426() -> None:
    reply = Door().ask(LOBBY, upgrade=False)
    assert (reply.status, reply.body) == (426, b"Upgrade header must be websocket")


@pytest.mark.parametrize("target", ["/", "/api/me", "/rooms/lobby/page", "/healthz"])
def test_the_rest_is_the_applications(target: str) -> None:
    assert isinstance(Door().ask(target, upgrade=False), ToApplication)


def test_a_raw_room_sees_the_upgrade_without_keys() -> None:
    door = Door()
    token = door.gateway.token(rooms=["*"])
    headers = (
        bearer(token),
        ("clientid", "x"),
        ("cookie", "rooms_session=x"),
        ("sec-websocket-protocol", "bearer.x"),
        ("x-a", "1"),
        ("x-a", "2"),
    )
    door.ask("/echo/a/ws", *headers[1:])  # whatever it is, it raises nothing
    session, _ = door.enter("/echo/a/ws?q=1&q=2&e=&p=%C3%A9", headers[0], *headers[2:])
    assert isinstance(session, RawSession)
    request = door.gateway.rooms.last.request
    assert request.query == {"q": "2", "e": "", "p": "é"}
    assert request.headers == {"host": "chat.example.com", "upgrade": "websocket", "connection": "Upgrade", "x-a": "1, 2"}
    assert request.session == session.id
    assert token not in repr(request)


def test_a_room_that_cannot_serve_is_503() -> None:
    door = Door()
    door.gateway.rooms.refuses[RoomKey("rooms", "lobby")] = Refusal("unavailable", "Set aside")
    reply = door.ask(LOBBY, bearer(door.gateway.token()))
    assert code_of(reply) == (503, "unavailable")
    assert dict(reply.headers)[b"retry-after"]


@pytest.mark.parametrize("stage", [Stage.STARTING, Stage.DRAINING])
def test_while_it_is_not_serving_nobody_is_let_in(stage: Stage) -> None:
    assert code_of(Door(stage).ask(LOBBY)) == (503, "unavailable")


# pages


@pytest.mark.parametrize(
    ("origin", "may"),
    [("https://chat.example.com", True), ("https://friend.example.org", True), ("https://evil.example.com", False), ("null", False)],
)
def test_a_page_of_somebody_else_is_403_before_anything(origin: str, may: bool) -> None:
    door = Door(public_url="https://chat.example.com", allowed_origins=("https://friend.example.org",), dev=True)
    answer = door.ask(LOBBY, ("origin", origin))
    assert isinstance(answer, Admission) if may else code_of(answer) == (403, "not_authorized")


# plain HTTP


async def test_a_rooms_http_asks_who_it_is() -> None:
    client = ClientAddress("192.0.2.1", secure=False)

    def head(*headers: tuple[str, str]) -> RequestHead:
        return RequestHead("GET", "/echo/a/x", [(name.encode(), value.encode()) for name, value in headers])

    door = Door()
    identity = await door.door.identify(head(bearer(door.gateway.token())), client)
    assert isinstance(identity, Identity)
    assert isinstance(await door.door.identify(head(bearer("x")), client), Refusal)
    assert await door.door.identify(head(), client) is None
    guest = await Door(dev=True).door.identify(head(), client)
    assert isinstance(guest, Identity)
    assert guest.guest
    late = Door(keys=LateKeys(True))
    assert isinstance(await late.door.identify(head(bearer(late.gateway.token())), client), Identity)


_HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["authorization", "clientid", "sec-websocket-protocol", "cookie", "origin"]),
        st.text(st.characters(min_codepoint=33, max_codepoint=255), max_size=30)
        | st.sampled_from(["Bearer x", "bearer.x", "rooms.v1.json", "rooms_session=x", "null", "eyJ.e30.x"]),
    ),
    max_size=4,
)


@given(
    _HEADERS,
    st.sampled_from(["/ws", LOBBY, "/echo/a/ws", "/x", "/rooms/%ff/ws", "/echo/a/ws?token=1&a=%ff", LOBBY + "?ticket=x"]),
    st.booleans(),
)
def test_no_request_raises_and_no_stranger_gets_in(headers: list[tuple[str, str]], target: str, upgrade: bool) -> None:
    door = Door()
    answer = door.ask(target, *headers, upgrade=upgrade)
    if isinstance(answer, Admission):
        carrier = RecordingCarrier()
        session = answer.open(carrier)
        assert "hello" not in carrier.types
        session.gone(1006, "", False)
    assert door.gateway.rooms.ends == []
    assert len(door.gateway.registry) == 0
