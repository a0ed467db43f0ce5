"""The session of an envelope kind: joining, leaving, and what rooms and clients say to each other."""

from __future__ import annotations

from typing import Any

import pytest

from rooms import Bundle, Event, Identity, Refusal, RoomKey
from tests.gateway.session_client import LOBBY, Client, error
from tests.gateway.standins import Gateway, Say

# joining and leaving


def test_a_join_connects_and_the_rooms_answer_is_passed_on() -> None:
    client = Client(Gateway())
    assert client.ask("join", 1) == []
    end = client.gateway.rooms.last
    assert end.key == LOBBY
    assert (end.request.session, end.request.ref) == (client.session.id, 1)
    end.say("joined", 1, room="lobby")
    assert client.carrier.take()[0]["ref"] == 1


@pytest.mark.parametrize("room", ["lobby", None])
def test_the_room_may_be_named_or_left_out(room: str | None) -> None:
    client = Client(Gateway())
    client.ask("join", room=room)
    assert len(client.gateway.rooms.ends) == 1


@pytest.mark.parametrize("room", ["other", "", "a/b", 7, ["lobby"]])
def test_a_socket_of_one_room_joins_no_other(room: Any) -> None:
    client = Client(Gateway())
    assert error(client.ask("join", room=room))["code"] == "bad_message"
    assert client.gateway.rooms.ends == []


def test_a_room_may_be_named_in_another_spelling() -> None:
    key = RoomKey("rooms", "café")
    client = Client(Gateway(), key, Identity("a", "a", ("*",)))
    client.ask("join", room="cafe\u0301")
    assert client.gateway.rooms.last.key == key


def test_joining_again_asks_the_room_and_connects_no_second_time() -> None:
    client = Client(Gateway())
    end = client.join()
    client.ask("join", 2, name="again")
    assert len(client.gateway.rooms.ends) == 1
    assert [(message.type, message.ref, message.data.name) for message in end.posted] == [("join", 2, "again")]


def test_a_refused_join_leaves_the_socket_open_and_may_be_tried_again() -> None:
    client = Client(Gateway())
    client.ask("join", 5)
    client.gateway.rooms.last.peer.refused(Refusal("overloaded", "Full", retry_after_ms=700))
    (event,) = client.carrier.take()
    assert event["data"] == {"code": "overloaded", "message": "Full", "room": "lobby", "retry_after_ms": 700}
    assert event["ref"] == 5
    assert error(client.ask("message", message="x"))["code"] == "not_in_room"
    client.join()
    assert len(client.gateway.rooms.ends) == 2
    client.session.gone(1000, "", True)
    assert client.gateway.rooms.ends[0].ended is None, "it never was connected"


@pytest.mark.parametrize("code", [4410, 4411, 1011])
def test_a_join_refused_with_a_close_code_ends_the_socket(code: int) -> None:
    client = Client(Gateway())
    client.gateway.rooms.refuses[LOBBY] = Refusal("banned", "Banned", close_code=code)
    assert error(client.ask("join"))["code"] == "banned"
    assert client.closed == code


def test_the_room_answers_a_leave_and_the_socket_may_join_again() -> None:
    client = Client(Gateway())
    end = client.join()
    assert client.ask("leave", 4) == []
    assert [(message.type, message.ref) for message in end.posted] == [("leave", 4)]
    assert error(client.ask("message", message="x"))["code"] == "not_in_room"
    client.ask("join", 6)
    again = client.gateway.rooms.last
    assert again is not end
    end.say("left", 4, room="lobby")
    end.peer.close_nowait(1000, "left")
    assert end.ended == (1000, "left", True)
    assert client.carrier.types == ["left"]
    again.say("joined", 6)
    assert client.carrier.types == ["left", "joined"]
    assert client.closed is None


def test_a_leave_that_fails_leaves_all_the_same() -> None:
    client = Client(Gateway())
    end = client.join()
    client.ask("leave", 4)
    end.peer.failed(end.posted[0], Refusal("internal", "Internal error"))
    (left,) = client.carrier.take()
    assert (left["type"], left["ref"], left["data"]["reason"]) == ("left", 4, "left")
    assert end.ended == (1000, "left", True)


def test_a_leave_gets_through_to_a_room_that_is_full_of_mail() -> None:
    client = Client(Gateway())
    end = client.join()
    end.is_full = True
    assert client.ask("leave", 4)[0]["type"] == "left"
    assert end.ended == (1000, "left", True)


def test_a_kind_that_does_not_hear_of_leaving_is_left_all_the_same() -> None:
    client = Client(Gateway(), RoomKey("votes", "a"), Identity("a", "a", ("*",)))
    end = client.join()
    assert client.ask("leave", 1)[0]["data"] == {"room": "a", "session": client.session.id, "user": "a", "reason": "left"}
    assert end.ended == (1000, "left", True)


def test_who_is_in_no_room_cannot_leave_one() -> None:
    assert error(Client(Gateway()).ask("leave", 1))["code"] == "not_in_room"


def test_when_the_socket_is_gone_every_room_is_told_once_also_one_being_left() -> None:
    client = Client(Gateway())
    end = client.join()
    client.ask("leave")
    client.join()
    client.session.gone(1001, "bye", True)
    assert client.gateway.rooms.last.ended == (1001, "bye", True)
    end.peer.close_nowait(1000, "left")
    assert end.ended == (1000, "left", True)


def test_a_join_that_the_room_has_not_answered_is_told_that_the_socket_is_gone() -> None:
    client = Client(Gateway())
    client.ask("join")
    client.session.gone(1006, "", False)
    assert client.gateway.rooms.last.ended == (1006, "", False)
    client.gateway.rooms.last.say("joined")
    assert client.carrier.take() == []


@pytest.mark.parametrize("code", [4404, 4410, 4411, 1000])
def test_a_room_that_closes_closes_the_socket_of_one_room(code: int) -> None:
    client = Client(Gateway())
    end = client.join()
    end.say("kicked", room="lobby")
    end.peer.close_nowait(code, "out")
    assert client.carrier.closed == (code, "out")
    assert client.carrier.types == ["kicked"]
    assert end.ended is None, "it is told when the socket is gone"
    client.session.gone(code, "out", True)
    assert end.ended == (code, "out", True)


# messages


def test_a_message_is_mailed_as_the_struct_of_its_type() -> None:
    client = Client(Gateway())
    end = client.join()
    assert client.ask("message", "r", message="hi", cid="c") == []
    (message,) = end.posted
    assert (message.type, message.data, message.ref) == ("message", Say("hi", cid="c"), "r")


def test_errors_carry_ref_cid_and_room() -> None:
    client = Client(Gateway())
    (event,) = client.ask("message", "r", message="hi", cid="c", room="lobby")
    assert event["data"] == {"code": "not_in_room", "message": "Not in room", "room": "lobby", "cid": "c"}
    assert event["ref"] == "r"


def test_an_error_repeats_only_what_has_the_right_shape() -> None:
    (event,) = Client(Gateway()).ask("message", "r", message="hi", cid=["c"], room={"a": 1})
    assert event["data"] == {"code": "not_in_room", "message": "Not in room"}


def test_a_message_that_failed_is_answered_with_its_ref_and_cid() -> None:
    client = Client(Gateway())
    end = client.join()
    client.ask("message", "r", message="hi", cid="c")
    end.peer.failed(end.posted[0], Refusal("unknown_outcome", "Perhaps"))
    (event,) = client.carrier.take()
    assert event["ref"] == "r"
    assert event["data"] == {"code": "unknown_outcome", "message": "Perhaps", "room": "lobby", "cid": "c"}
    assert client.closed is None


def test_a_full_mailbox_is_said_and_nothing_was_mailed() -> None:
    client = Client(Gateway())
    end = client.join()
    end.is_full = True
    assert error(client.ask("message", 1, message="x"))["code"] == "overloaded"
    assert end.posted == []


def test_a_private_conversation_is_not_the_room() -> None:
    """``with`` stands for ``room``: answering with the room's own history would be a mix-up."""
    client = Client(Gateway())
    end = client.join()
    assert error(client.ask("message", 1, message="x", **{"with": "bob"}))["code"] == "not_found"
    assert end.posted == []


def test_an_unknown_type_is_said() -> None:
    client = Client(Gateway())
    (event,) = client.ask("nonsense", 9)
    assert event["data"] == {"code": "unknown_type", "message": "Unknown message received"}
    assert event["ref"] == 9


@pytest.mark.parametrize("frame", ["", "x", "[]", b"\xc1", '{"type":"message","data":{"message":"a","message":"b"}}'])
def test_what_is_no_envelope_is_said_in_the_protocols_words(frame: str | bytes) -> None:
    client = Client(Gateway())
    client.join()
    assert error(client.say(frame))["message"].startswith("Invalid message format")
    assert client.closed is None


def test_the_field_that_does_not_fit_is_named_and_the_room_hears_nothing() -> None:
    client = Client(Gateway())
    end = client.join()
    assert "message" in error(client.ask("message", 1, cid="c"))["message"]
    assert end.posted == []


def test_ten_bad_messages_in_a_minute_end_the_socket() -> None:
    client = Client(Gateway())
    for _ in range(9):
        client.say("x")
    assert client.closed is None
    client.say("x")
    assert client.closed == 4400
    assert client.carrier.types == []


def test_bad_messages_further_apart_do_not() -> None:
    client = Client(Gateway())
    for _ in range(50):
        client.say("x")
        client.gateway.wheel.pass_seconds(7)
    assert client.closed is None


def test_after_the_end_frames_are_ignored() -> None:
    client = Client(Gateway())
    end = client.join()
    client.session.close(4403, "out")
    client.session.frame('{"type":"message","data":{"message":"x"}}')
    client.session.frame("ping")
    end.say("message")
    assert end.posted == []
    assert client.carrier.sent == []


def test_ping_is_answered_without_a_room() -> None:
    client = Client(Gateway())
    assert client.ask("ping", 1)[0]["type"] == "pong"
    client.session.frame("ping")
    assert client.carrier.sent == [b"\x81\x04pong"]
    assert client.gateway.rooms.ends == []


def test_stats_are_told_when_asked() -> None:
    client = Client(Gateway())
    client.gateway.rooms.users[LOBBY] = 9
    (event,) = client.ask("stats", 1)
    assert (event["data"], event["ref"]) == ({"lobby": {"online": 9}}, 1)


def test_what_is_said_to_many_is_encoded_once() -> None:
    gateway = Gateway()
    clients = [Client(gateway) for _ in range(3)]
    ends = [client.join() for client in clients]
    bundle = Bundle([Event("message", {"message": "hi"}), Event("typing", {})])
    for end in ends:
        end.peer.send_nowait(bundle)
    assert clients[0].carrier.sent[0] is clients[1].carrier.sent[0] is clients[2].carrier.sent[0]
    assert clients[0].carrier.types == ["message", "typing"]
