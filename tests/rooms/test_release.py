"""Release: each socket gets its frames in one piece, in order, and a broadcast is encoded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rooms.audience import Audience
from rooms.effects import Act, Broadcast, Close, Effect, Send
from rooms.payload import Bundle
from rooms.release import let_be_heard


class Peer:
    def __init__(self) -> None:
        self.bundles: list[Bundle] = []
        self.heard: list[Any] = []

    def send_nowait(self, bundle: Bundle) -> None:
        self.bundles.append(bundle)
        self.heard += bundle.messages

    def close_nowait(self, code: int, reason: str) -> None:
        self.heard.append((code, reason))


class Far:
    """What a release needs of a connection."""

    def __init__(self) -> None:
        self.peer = Peer()


def released(effects: Sequence[Effect]) -> None:
    let_be_heard([effects])


def connections(count: int) -> list[Any]:
    return [Far() for _ in range(count)]


def test_everybody_in_the_audience_shares_one_bundle_of_consecutive_broadcasts():
    everybody = connections(3)
    audience = Audience(everybody)

    released([Broadcast(audience, "one", ()), Broadcast(audience, "two", ())])

    bundles = {id(each.peer.bundles[0]) for each in everybody}
    assert len(bundles) == 1
    assert [each.peer.heard for each in everybody] == [["one", "two"]] * 3
    assert all(len(each.peer.bundles) == 1 for each in everybody)


def test_a_sender_hears_its_ack_in_its_place_among_the_broadcasts_in_one_piece():
    ada, bob = connections(2)
    audience = Audience([ada, bob])

    released([Send(ada, "ack 1"), Broadcast(audience, "one", ()), Send(bob, "ack 2"), Broadcast(audience, "two", ())])

    assert ada.peer.heard == ["ack 1", "one", "two"]
    assert bob.peer.heard == ["one", "ack 2", "two"]
    assert len(ada.peer.bundles) == len(bob.peer.bundles) == 1


def test_who_is_left_out_hears_only_the_rest():
    ada, bob = connections(2)
    audience = Audience([ada, bob])

    released([Broadcast(audience, "one", (ada,)), Broadcast(audience, "two", ())])

    assert ada.peer.heard == ["two"]
    assert bob.peer.heard == ["one", "two"]


def test_one_left_out_of_everything_is_not_written_to():
    ada, bob = connections(2)

    released([Broadcast(Audience([ada, bob]), "one", (ada,))])

    assert ada.peer.bundles == []


def test_a_connection_outside_the_audience_hears_its_own_messages_only():
    ada, bob = connections(2)

    released([Send(bob, "hello"), Broadcast(Audience([ada]), "one", (bob,)), Send(bob, "bye")])

    assert bob.peer.heard == ["hello", "bye"]


def test_a_close_follows_what_was_sent_before_it_and_precedes_the_rest():
    ada, bob = connections(2)

    released([Broadcast(Audience([ada, bob]), "one", ()), Close(ada, 4410, "kicked"), Broadcast(Audience([bob]), "two", ())])

    assert ada.peer.heard == ["one", (4410, "kicked")]
    assert bob.peer.heard == ["one", "two"]


def test_acts_keep_their_order_among_themselves():
    done: list[int] = []

    released([Act(done.append, (1,)), Act(done.append, (2,))])

    assert done == [1, 2]


def test_each_message_is_encoded_once_a_wire_format_even_when_bundles_overlap():
    everybody = connections(4)
    audience = Audience(everybody)
    released([Send(everybody[0], "ack"), Broadcast(audience, "one", ()), Broadcast(audience, "two", (everybody[1],))])
    encoded: list[str] = []

    class Angular:
        def encode(self, message: Any, /) -> bytes:
            encoded.append(message)
            return f"<{message}>".encode()

    wire = Angular()
    frames = [each.peer.bundles[0].frames(wire) for each in everybody]

    assert frames == [b"<ack><one><two>", b"<one>", b"<one><two>", b"<one><two>"]
    assert sorted(encoded) == ["ack", "one", "two"]


@st.composite
def scripts(draw: st.DrawFn) -> list[tuple[str, int, int]]:
    step = st.tuples(st.sampled_from(["send", "broadcast", "except", "change"]), st.integers(0, 3), st.integers(0, 2))
    return draw(st.lists(step, max_size=30))


@given(scripts())
def test_merging_changes_nothing_that_anybody_hears(script: list[tuple[str, int, int]]):
    """Whatever is sent to whomever, each connection hears the same as if everything had been sent one by one."""
    everybody = connections(4)
    audiences = [Audience(everybody), Audience(everybody[:2]), Audience(everybody[1:])]
    audience = audiences[0]
    expected: list[list[str]] = [[] for _ in everybody]
    effects: list[Effect] = []
    for number, (what, who, which) in enumerate(script):
        message = f"m{number}"
        if what == "change":
            audience = audiences[which]
        elif what == "send":
            effects.append(Send(everybody[who], message))
            expected[who].append(message)
        else:
            left_out = (everybody[who],) if what == "except" else ()
            effects.append(Broadcast(audience, message, left_out))
            for index, each in enumerate(everybody):
                if each in audience.members and each not in left_out:
                    expected[index].append(message)

    released(effects)

    assert [each.peer.heard for each in everybody] == expected
