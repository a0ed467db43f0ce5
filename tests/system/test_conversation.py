"""Two people in a room, over real sockets, with the `websockets` library."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count, pairwise

import pytest
from websockets.exceptions import ConnectionClosed

from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.tokens import token

numbers = count(1)


@pytest.fixture(scope="module", params=CARRIERS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all conversations; each has a room of its own."""
    carrier: CarrierName = request.param
    with Server(tmp_path_factory.mktemp("server"), carrier=carrier) as running:
        yield running


@pytest.fixture
def lobby() -> str:
    return f"lobby{next(numbers)}"


@pytest.fixture
def ada(server: Server, lobby: str) -> Iterator[Client]:
    with Client(server.socket_url(lobby), token=token("ada", lobby)) as client:
        yield client


@pytest.fixture
def bob(server: Server, lobby: str) -> Iterator[Client]:
    with Client(server.socket_url(lobby), token=token("bob", lobby)) as client:
        yield client


def test_hello_comes_first_and_says_who_one_is(ada: Client, lobby: str) -> None:
    hello = ada.next()
    assert hello["type"] == "hello"
    assert hello["data"]["user"]["user"] == "ada"
    assert hello["data"]["protocol"] == "rooms.v1"
    assert hello["data"]["authorizedRooms"] == [lobby]
    assert hello["tz"].endswith("Z")


def test_joined_is_of_the_room_and_the_others_hear_of_it(ada: Client, bob: Client, lobby: str) -> None:
    joined = ada.join(name="Ada")
    assert joined["room"] == lobby
    assert joined["user"] == "ada"
    assert joined["head"] == 0
    assert joined["history"] == []
    bob.join()
    assert ada.receive("joined")["user"] == "bob"


def test_nothing_of_a_room_is_heard_before_join(ada: Client, bob: Client) -> None:
    ada.join()
    ada.say("not for bob")
    assert [message["message"] for message in bob.join()["history"]] == ["not for bob"]
    assert [envelope["type"] for envelope in bob.settled()] == ["hello"]


def test_everybody_hears_every_message_in_one_order_without_gaps(ada: Client, bob: Client) -> None:
    ada.join()
    bob.join()
    for i in range(20):
        for client in (ada, bob):
            client.send("message", message=f"{i}", ref=i)
    heard = [[client.receive("message") for _ in range(40)] for client in (ada, bob)]
    assert heard[0] == heard[1]
    assert [message["seq"] for message in heard[0]] == list(range(1, 41))
    assert {message["from"] for message in heard[0]} == {"ada", "bob"}


def test_an_ack_precedes_the_message_and_names_it(ada: Client) -> None:
    ada.join()
    ada.send("message", message="hi", ref=7, cid="c1")
    ack, message = ada.next(), ada.next()
    while ack["type"] in ("hello", "joined"):
        ack, message = message, ada.next()
    assert (ack["type"], ack["ref"], ack["data"]["cid"]) == ("ack", 7, "c1")
    assert message["type"] == "message"
    assert (message["data"]["id"], message["data"]["seq"]) == (ack["data"]["id"], ack["data"]["seq"])


def test_without_ref_and_cid_there_is_no_ack(ada: Client) -> None:
    ada.join()
    ada.send("message", message="quiet")
    assert "ack" not in [envelope["type"] for envelope in ada.settled()]


def test_typing_reaches_only_the_other(ada: Client, bob: Client, lobby: str) -> None:
    ada.join()
    bob.join()
    ada.send("typing")
    assert bob.receive("typing") == {"room": lobby, "user": "ada", "name": "ada", "typing": True}
    assert "typing" not in [envelope["type"] for envelope in ada.settled()]


def test_an_event_reaches_only_the_others_and_is_not_stored(server: Server, ada: Client, bob: Client, lobby: str) -> None:
    ada.join()
    bob.join()
    ada.send("event", name="cursor", data={"x": 1, "y": [2, None, "ü"]})
    event = bob.receive("event")
    assert (event["user"], event["name"], event["data"]) == ("ada", "cursor", {"x": 1, "y": [2, None, "ü"]})
    assert "event" not in [envelope["type"] for envelope in ada.settled()]
    ada.say("this is")
    assert [message["message"] for message in server.history(lobby)] == ["this is"]


def test_what_needs_a_membership_is_refused_without_one(ada: Client) -> None:
    ada.send("message", message="hi", ref=1)
    error = ada.envelope("error")
    assert (error["data"]["code"], error["ref"]) == ("not_in_room", 1)


def test_one_leaves_and_the_other_is_told(ada: Client, bob: Client) -> None:
    ada.join()
    bob.join()
    bob.send("leave", ref="bye")
    assert bob.envelope("left")["ref"] == "bye"
    assert ada.receive("left")["user"] == "bob"
    bob.send("message", message="still here?", ref=2)
    assert bob.receive("error")["code"] == "not_in_room"
    assert bob.join()["head"] == 0


def test_joining_twice_answers_again_and_tells_nobody(ada: Client, bob: Client) -> None:
    ada.join()
    bob.join()
    assert ada.receive("joined")["user"] == "bob"
    bob.join()
    assert "joined" not in [envelope["type"] for envelope in ada.settled()]


def test_who_counts_users_once_with_their_connections(server: Server, ada: Client, bob: Client, lobby: str) -> None:
    with Client(server.socket_url(lobby), token=token("ada", lobby)) as ada_too:
        for client in (ada, ada_too, bob):
            client.join()
        bob.send("who", ref=1)
        members = bob.receive("members")
    assert members["online"] == 2
    assert {user["user"]: user["connections"] for user in members["users"]} == {"ada": 2, "bob": 1}


def test_a_user_leaves_with_the_last_socket_only(server: Server, ada: Client, bob: Client, lobby: str) -> None:
    bob.join()
    ada.join()
    with Client(server.socket_url(lobby), token=token("ada", lobby)) as ada_too:
        ada_too.join()
        ada_too.send("leave", ref=1)
        ada_too.receive("left")
    assert "left" not in [envelope["type"] for envelope in bob.settled()]
    ada.socket.close()
    assert bob.receive("left")["user"] == "ada"


def test_the_same_cid_is_stored_once_and_another_body_is_a_conflict(server: Server, ada: Client, lobby: str) -> None:
    ada.join()
    first = ada.say("once", cid="c")
    assert ada.say("once", cid="c") == first
    ada.send("message", message="something else", cid="c", ref="other")
    error = ada.envelope("error")
    assert (error["data"]["code"], error["ref"]) == ("conflict", "other")
    assert [message["message"] for message in server.history(lobby)] == ["once"]


def test_a_cid_is_remembered_over_reconnects_and_restarts_and_is_the_users_own(
    server: Server, ada: Client, bob: Client, lobby: str
) -> None:
    ada.join()
    bob.join()
    first = ada.say("once", cid="c")
    assert bob.say("mine", cid="c")["seq"] == first["seq"] + 1
    server.kill()
    server.start()
    with Client(server.socket_url(lobby), token=token("ada", lobby)) as again:
        again.join()
        assert again.say("once", cid="c") == first
    assert [message["message"] for message in server.history(lobby)] == ["once", "mine"]


def test_history_is_paged_in_both_directions(ada: Client) -> None:
    ada.join()
    for i in range(1, 31):
        ada.say(f"{i}")

    def page(**bounds: int) -> tuple[list[int], bool]:
        ada.send("history", ref="page", **bounds)
        answer = ada.receive("history")
        assert answer["head"] == 30
        return [message["seq"] for message in answer["messages"]], answer["more"]

    assert page(limit=10) == (list(range(21, 31)), True)
    assert page(before=21, limit=10) == (list(range(11, 21)), True)
    assert page(before=11, limit=10) == (list(range(1, 11)), False)
    assert page(after=0, limit=10) == (list(range(1, 11)), True)
    assert page(after=20, limit=10) == (list(range(21, 31)), False)
    assert page(after=30) == ([], False)


def test_who_returns_with_since_gets_exactly_what_was_missed(server: Server, ada: Client, bob: Client, lobby: str) -> None:
    epoch = bob.join()["epoch"]
    ada.join()
    ada.say("1")
    bob.receive("message")
    bob.socket.close()
    for text in ("2", "3", "4"):
        ada.say(text)
    with Client(server.socket_url(lobby), token=token("bob", lobby)) as again:
        joined = again.join(since=1, epoch=epoch)
    assert [message["message"] for message in joined["history"]] == ["2", "3", "4"]
    assert (joined["recovered"], joined["more"], joined["head"]) == (True, False, 4)


@pytest.mark.parametrize("wrong", [{"since": 1, "epoch": "another"}, {"since": 99}, {"since": 1}], ids=str)
def test_who_returns_with_what_cannot_be_resumed_is_told(ada: Client, bob: Client, wrong: dict[str, object]) -> None:
    epoch = ada.join()["epoch"]
    ada.say("1")
    ada.say("2")
    if wrong.get("since") == 99:
        wrong = {**wrong, "epoch": epoch}
    joined = bob.join(**wrong)
    assert joined["recovered"] is False
    assert [message["seq"] for message in joined["history"]] == [1, 2]


def test_many_missed_messages_come_in_pages(server: Server, ada: Client, bob: Client) -> None:
    epoch = ada.join()["epoch"]
    for i in range(250):
        ada.send("message", message=f"{i}")
    ada.settled()
    joined = bob.join(since=0, epoch=epoch, limit=100)
    pages, more = [joined["history"]], joined["more"]
    while more:
        bob.send("history", since=pages[-1][-1]["changed"], epoch=epoch, limit=100)
        answer = bob.receive("history")
        pages.append(answer["messages"])
        more = answer["more"]
    seqs = [message["seq"] for page in pages for message in page]
    assert seqs == list(range(1, 251))
    assert len(pages) == 3


def test_joining_while_others_talk_leaves_no_hole(server: Server, ada: Client, lobby: str) -> None:
    """What follows ``joined`` begins at head + 1, whatever is under way."""
    ada.join()
    eves = token("eve", lobby)
    for _ in range(10):
        for i in range(20):
            ada.send("message", message=f"{i}")
        with Client(server.socket_url(lobby), token=eves) as eve:
            joined = eve.join(limit=1)
            ada.send("message", message="after")
            following = [joined["head"], *(eve.receive("message")["seq"] for _ in range(1))]
            assert all(later == earlier + 1 for earlier, later in pairwise(following))


@pytest.mark.parametrize(
    ("frame", "code", "message"),
    [
        ("no json", "bad_message", "Invalid message format"),
        ("[]", "bad_message", None),
        ('{"data":{}}', "bad_message", None),
        ('{"type":"message","data":{"message":1}}', "bad_message", None),
        ('{"type":"message","data":{}}', "bad_message", None),
        ('{"type":"message","type":"message","data":{"message":"x"}}', "bad_message", None),
        ('{"type":"message","data":{"message":NaN}}', "bad_message", None),
        ('{"type":"event","data":{"name":"x","data":{"n":9007199254740993}}}', "bad_message", None),
        ('{"type":"event","data":{"name":"x","data":{"s":"\\ud800"}}}', "bad_message", None),
        ('{"type":"event","data":{"name":"x","data":' + '{"a":' * 20 + "1" + "}" * 20 + "}}", "bad_message", None),
        ('{"type":"nonsense","data":{}}', "unknown_type", "Unknown message received"),
        ('{"type":"message","data":{"message":"' + "x" * 4001 + '"}}', None, None),
    ],
)
def test_what_is_no_envelope_is_answered_and_the_socket_stays(ada: Client, frame: str, code: str | None, message: str | None) -> None:
    ada.join()
    ada.socket.send(frame)
    error = ada.receive("error")
    assert error["code"] == (code or error["code"])
    assert message is None or error["message"] == message
    assert ada.say("still here")["seq"] == 1


def test_ten_bad_messages_close_the_socket(ada: Client) -> None:
    for _ in range(10):
        ada.socket.send("rubbish")
    assert ada.close_code() == 4400


def test_a_frame_over_the_limit_closes_the_socket(ada: Client) -> None:
    ada.socket.send("x" * 65_537)
    assert ada.close_code() == 1009


def test_text_that_is_no_utf_8_closes_the_socket(ada: Client) -> None:
    ada.socket.send(b"\xff\xfe", text=True)
    assert ada.close_code() == 1007


def test_ping_is_answered_in_every_form(ada: Client) -> None:
    ada.next()
    ada.socket.send("ping")
    assert ada.socket.recv(20) == "pong"
    ada.send("ping", ref=1)
    assert ada.envelope("pong")["ref"] == 1
    assert ada.socket.ping().wait(20)


def test_stats_are_of_the_rooms_one_may_enter(ada: Client, lobby: str) -> None:
    ada.join()
    ada.send("stats", ref=1)
    assert ada.receive("stats")[lobby]["online"] == 1


def test_names_of_any_script_are_rooms_of_their_own(server: Server) -> None:
    names = ["Lobby", "lobby ", "大厅", "ß" * 128, "CON", "o'brien; drop table", "🎉"]
    for name in names:
        with Client(server.socket_url(name), token=token("ada", "*")) as client:
            assert client.join()["room"] == name
            client.say(f"in {name}")
    for name in names:
        assert [message["message"] for message in server.history(name)] == [f"in {name}"]


def test_a_socket_that_ended_is_not_spoken_to(ada: Client, bob: Client) -> None:
    ada.join()
    bob.join()
    bob.socket.close()
    assert ada.receive("left")["user"] == "bob"
    ada.say("alone")
    with pytest.raises(ConnectionClosed):
        bob.socket.recv(1)
