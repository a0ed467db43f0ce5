"""The session of an envelope kind: limits, the end, and whatever else a client sends."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from gateway.session.registry import NOBODY
from rooms import Identity, Refusal
from tests.gateway.session_client import ALICE, LOBBY, Client, error
from tests.gateway.standins import Gateway

# limits


def test_over_the_rate_a_message_is_refused_with_when_to_try_again() -> None:
    client = Client(Gateway())
    end = client.join()
    for _ in range(60):
        client.ask("message", message="x")
    (event,) = client.ask("message", "r", message="x")
    assert (event["data"]["code"], event["ref"]) == ("rate_limited", "r")
    client.gateway.wheel.pass_seconds(event["data"]["retry_after_ms"] / 1000)
    assert client.ask("message", message="x") == []
    assert len(end.posted) == 61


def test_who_is_over_the_rate_is_told_which_message_it_was() -> None:
    client = Client(Gateway())
    client.join()
    for _ in range(60):
        client.ask("message", message="x")
    refused = error(client.ask("message", message="x", room="lobby", cid="c61"))
    assert (refused["code"], refused["room"], refused["cid"]) == ("rate_limited", "lobby", "c61")
    refused = error(client.ask("private", message="x", to="bob", cid="c62"))
    assert (refused["code"], refused["with"], refused["cid"]) == ("rate_limited", "bob", "c62")


def test_reconnecting_gains_nothing() -> None:
    gateway = Gateway()
    client = Client(gateway)
    client.join()
    for _ in range(60):
        client.ask("message", message="x")
    client.session.gone(1000, "", True)
    client = Client(gateway)
    client.join()
    assert error(client.ask("message", message="x"))["code"] == "rate_limited"


def test_joins_have_a_rate_of_their_own() -> None:
    client = Client(Gateway())
    client.join()
    assert [client.ask("join") for _ in range(199)] == [[]] * 199
    assert error(client.ask("join"))["code"] == "rate_limited"
    assert client.ask("message", message="x") == []


def test_pings_count_too() -> None:
    client = Client(Gateway())
    for _ in range(60):
        client.session.frame("ping")
    assert error(client.say("ping"))["code"] == "rate_limited"


def test_far_over_the_rate_for_long_ends_the_socket() -> None:
    client = Client(Gateway())
    client.join()
    for _ in range(120 * 13):
        client.gateway.wheel.pass_seconds(1 / 120)
        client.session.frame('{"type":"message","data":{"message":"x"}}')
        if client.closed is not None:
            break
    assert client.closed == 4429
    assert client.gateway.wheel.seconds - 1000 > 10


def test_limits_can_be_switched_off() -> None:
    client = Client(Gateway(rate_limits=False))
    end = client.join()
    for _ in range(500):
        client.session.frame('{"type":"message","data":{"message":"x"}}')
    assert len(end.posted) == 500


def test_one_socket_too_many_of_a_user_is_refused_when_it_says_who_it_is() -> None:
    gateway = Gateway(connections_per_user_max=1)
    Client(gateway)
    client = Client(gateway, who=NOBODY)
    assert error(client.ask("auth", token=gateway.token()))["code"] == "rate_limited"
    assert client.closed == 1013


# the end


def test_everything_is_given_back_at_the_end() -> None:
    gateway = Gateway()
    for who in (ALICE, NOBODY):
        client = Client(gateway, who=who)
        assert (len(gateway.registry), len(list(gateway.registry.all())), gateway.counters.connections) == (1, 1, 1)
        client.session.gone(1001, "", True)
        assert (len(gateway.registry), len(list(gateway.registry.all())), gateway.counters.connections) == (0, 0, 0)
    assert gateway.counters.closes == {1001: 2}


def test_our_own_close_code_is_the_one_that_counts() -> None:
    gateway = Gateway()
    client = Client(gateway)
    client.session.close(4401, "x")
    client.session.gone(1006, "", False)
    assert gateway.counters.closes == {4401: 1}


def test_what_came_and_went_is_counted() -> None:
    gateway = Gateway()
    client = Client(gateway)
    client.ask("ping")
    client.say("x")
    assert gateway.counters.messages_received == 2
    assert gateway.counters.messages_sent == 3
    assert gateway.counters.refusals == {"bad_message": 1}


# whatever a client sends

_FRAMES = st.one_of(
    st.text(max_size=60),
    st.binary(max_size=60),
    st.builds(
        lambda type, data: json.dumps({"type": type, "data": data}),
        st.sampled_from(["auth", "join", "leave", "message", "ping", "stats", "hello", "x"]),
        st.dictionaries(
            st.sampled_from(["room", "message", "cid", "token", "name", "key", "switch"]),
            st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.sampled_from(["lobby", "other"]),
            max_size=4,
        ),
    ),
)


@given(st.lists(st.tuples(_FRAMES, st.integers(0, 4)), max_size=25), st.booleans(), st.booleans(), st.booleans())
def test_no_frame_raises_and_rooms_are_told_of_every_end(frames: list[tuple[str | bytes, int]], many: bool, known: bool, dev: bool) -> None:
    """Rooms answer, refuse, fail and close in between; the stand-ins check that nothing is posted after an end, and each end said once."""
    gateway = Gateway(dev=dev)
    client = Client(gateway, None if many else LOBBY, Identity("a", "a", ("*",), guest=dev) if known else NOBODY)
    for frame, answer in frames:
        client.session.frame(frame)
        for end in gateway.rooms.ends:
            if end.ended is None and answer == 1:
                end.say("joined")
            elif end.ended is None and answer == 2 and end.posted:
                end.peer.failed(end.posted[-1], Refusal("internal", "x"))
            elif end.ended is None and answer == 3:
                end.peer.close_nowait(1000, "left")
        gateway.wheel.pass_seconds(answer)
    client.session.gone(1000, "", True)
    assert all(end.ended is not None for end in gateway.rooms.ends if not any(m.type == "leave" for m in end.posted))
    assert len(gateway.registry) == 0
