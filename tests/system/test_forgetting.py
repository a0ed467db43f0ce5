"""What was deleted or replaced is on the disk no more: not in the room's file, its index, its log, nor in the journal."""

from __future__ import annotations

from pathlib import Path
from time import monotonic, sleep

import pytest

from tests.system.client import Client
from tests.system.server import Server
from tests.system.tokens import token

A_MINUTE = 60.0


def places(server: Server, word: str) -> list[str]:
    """The files of the data folder in which ``word`` stands, in any of the encodings that SQLite, msgpack and JSON know."""
    wanted = [word.encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be")]
    found = []
    for path in sorted(server.data.rglob("*")):
        if path.is_file() and any(each in content(path) for each in wanted):
            found.append(str(path.relative_to(server.data)))
    return found


def content(path: Path) -> bytes:
    """Of a file that may be gone by now."""
    try:
        return path.read_bytes().lower()
    except FileNotFoundError:
        return b""


def wait_until_nowhere(server: Server, *words: str) -> float:
    """Return after how many seconds none of ``words`` is on the disk."""
    began = monotonic()
    while monotonic() - began < A_MINUTE:
        left = {word: places(server, word) for word in words}
        if not any(left.values()):
            return monotonic() - began
        sleep(0.2)
    raise AssertionError(f"after a minute still on the disk: {left}")


@pytest.fixture
def words() -> tuple[str, ...]:
    """Words of a length that fills more than one leaf of an index, and that nothing else contains."""
    return tuple(f"xylophon{i}quartz" for i in range(3))


def joined(server: Server, user: str = "ada") -> Client:
    client = Client(server.socket_url("lobby"), token=token(user, "lobby"))
    client.join()
    return client


def search(client: Client, query: str) -> list[str]:
    client.send("search", query=query, ref="search")
    return [message["message"] for message in client.receive("results")["messages"]]


def talk(client: Client, words: tuple[str, ...]) -> list[str]:
    """Say much, and among it the words; the ids of the messages with these."""
    ids = []
    for i in range(120):
        client.say(f"message {i} of many, with other words {i * 7919}")
        if i % 40 == 20:
            ids.append(client.say(f"a secret: {words[len(ids)]} and more", meta={"note": words[len(ids)]})["id"])
    return ids


def take_back(client: Client, ids: list[str]) -> None:
    """Delete all but the last, and give that another text. ``meta`` stays with an edited message, and is a message's own affair."""
    for message_id in ids:
        client.send("delete", id=message_id, ref=message_id)
        client.receive("ack")


def test_deleted_words_leave_the_disk_while_the_room_is_in_use(tmp_path: Path, words: tuple[str, ...]) -> None:
    with Server(tmp_path, carrier="hub") as server, joined(server) as ada:
        ids = talk(ada, words)
        assert search(ada, words[0])
        assert places(server, words[0])
        take_back(ada, ids)
        for i in range(20):
            ada.say(f"and on it goes {i}")
        wait_until_nowhere(server, *words)
        assert search(ada, words[0]) == []
        assert server.rooms("check") == "no faults\n"


def test_a_replaced_text_leaves_the_disk_and_its_new_one_is_found(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub") as server, joined(server) as ada:
        said = ada.say("the password is hunterxyz2")
        assert search(ada, "hunterxyz2")
        ada.send("edit", id=said["id"], message="the password is ********, of course", ref=1)
        ada.receive("ack")
        wait_until_nowhere(server, "hunterxyz2")
        assert search(ada, "password course") == ["the password is ********, of course"]


@pytest.mark.parametrize("moment", ["at once", "indexed"])
def test_a_crash_keeps_nothing_of_what_was_deleted(tmp_path: Path, words: tuple[str, ...], moment: str) -> None:
    """Nobody comes back to the room afterwards: what is lacking happens without."""
    with Server(tmp_path, carrier="hub") as server:
        ada = joined(server)
        ids = talk(ada, words)
        if moment == "indexed":
            assert search(ada, words[0])
        take_back(ada, ids)
        server.kill()
        server.start()
        wait_until_nowhere(server, *words)
        with joined(server) as again:
            assert search(again, words[0]) == []
            assert search(again, "message 119") == ["message 119 of many, with other words 942361"]


def test_deleted_words_leave_the_disk_of_a_room_that_hibernates(tmp_path: Path, words: tuple[str, ...]) -> None:
    with Server(tmp_path, carrier="hub", env={"ROOMS_IDLE_SECONDS": "0.5"}) as server, joined(server) as ada:
        ids = talk(ada, words)
        assert search(ada, words[0])
        take_back(ada, ids)
        ada.socket.close()
        wait_until_nowhere(server, *words)


def test_deleted_words_leave_the_disk_when_the_server_stops(tmp_path: Path, words: tuple[str, ...]) -> None:
    with Server(tmp_path, carrier="hub") as server:
        with joined(server) as ada:
            ids = talk(ada, words)
            assert search(ada, words[0])
            take_back(ada, ids)
        assert server.stop() == 0
        server.start()
        wait_until_nowhere(server, *words)


@pytest.mark.parametrize("how", ["deleted", "replaced"])
def test_a_private_word_that_was_taken_back_is_nowhere(tmp_path: Path, how: str) -> None:
    """Not in the conversation, nor in the rooms of the two users, who have it in their lists, nor in what these rooms told each other."""
    url = "ws://{}/ws"
    with Server(tmp_path, carrier="hub") as server:
        with Client(url.format(server.host), token=token("bob")) as bob:
            bob.receive("hello")
        with Client(url.format(server.host), token=token("ada")) as ada:
            ada.receive("hello")
            ada.send("private", to="bob", message="psst: xylophonequartz", ref=1)
            said = ada.receive("ack")
            ada.send("private", to="bob", message="and something else", ref=2)
            ada.receive("ack")
            with Client(url.format(server.host), token=token("bob")) as bob:
                assert bob.receive("private")["message"] == "psst: xylophonequartz"
            assert places(server, "xylophonequartz")
            asked = {"with": "bob", "id": said["id"]}
            if how == "deleted":
                ada.send("delete", ref=3, **asked)
            else:
                ada.send("edit", ref=3, message="psst: nothing", **asked)
            ada.receive("ack")
            wait_until_nowhere(server, "xylophonequartz")


def test_the_last_private_word_is_nowhere_either(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub") as server:
        clients = [Client(f"ws://{server.host}/ws", token=token(user)) for user in ("ada", "bob")]
        for client in clients:
            client.receive("hello")
        ada, bob = clients
        ada.send("private", to="bob", message="psst: xylophonequartz", ref=1)
        said = ada.receive("ack")
        bob.receive("private")
        ada.send("delete", ref=2, **{"with": "bob", "id": said["id"]})
        ada.receive("ack")
        wait_until_nowhere(server, "xylophonequartz")
        for client in clients:
            client.socket.close()
