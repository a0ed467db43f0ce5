"""Private messages over `kill -9`, restarts and hibernation; and how what was deleted leaves the disk."""

from __future__ import annotations

import contextlib
import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from tests.system.client import Client
from tests.system.server import CARRIERS, CarrierName, Server
from tests.system.test_private import ask, enter, settled


def unread(hello: dict[str, Any]) -> dict[str, int]:
    return {entry["with"]: entry["unread"] for entry in hello["conversations"]}


@pytest.mark.parametrize("carrier", CARRIERS)
def test_what_was_acknowledged_before_a_kill_reaches_the_recipient_once(tmp_path: Path, carrier: CarrierName) -> None:
    with Server(tmp_path, carrier=carrier) as server:
        bob, _ = enter(server, "bob")
        bob.socket.close()
        for round in range(2):
            senders = [enter(server, user)[0] for user in ("ada", "carol")]
            for number in range(5):
                for sender in senders:
                    ask(sender, "private", to="bob", message=f"{round}.{number}")
            server.kill()  # at once: what is told to bob's room may not have arrived
            server.start()
        bob, _ = enter(server, "bob")
        expected = {(user, f"{round}.{number}") for user in ("ada", "carol") for round in range(2) for number in range(5)}
        came = [bob.receive("private") for _ in range(len(expected))]
        assert {(said["from"], said["message"]) for said in came} == expected
        for user in ("ada", "carol"):
            assert [said["seq"] for said in came if said["from"] == user] == list(range(1, 11)), "in order"
        assert [event for event in settled(bob) if event["type"] == "private"] == []
        ask(bob, "read", **{"with": "ada"}, seq=4)
        bob.receive("read")
        assert settled(bob) == []  # so the marks are kept
        server.kill()
        server.start()
        bob, hello = enter(server, "bob")
        assert unread(hello) == {"ada": 6, "carol": 10}
        assert settled(bob) == [], "what has reached a socket does not come again"
        again, _ = enter(server, "ada")
        page = ask(again, "history", **{"with": "bob"})["data"]
        assert [message["seq"] for message in page["messages"]] == list(range(1, 11)), "nothing was kept twice"
        lines = server.rooms("history", "carol/bob", "--kind", "private", "--tail", "1", "--json").splitlines()
        assert [json.loads(line)["message"] for line in lines] == ["1.4"], "an operator can read it, whoever is named first"


@pytest.mark.parametrize("carrier", CARRIERS)
def test_messages_while_the_server_is_killed_are_neither_lost_nor_doubled(tmp_path: Path, carrier: CarrierName) -> None:
    """Bob listens all the while. By `hello`, by what comes and by the history he has each message, each once by its id."""
    with Server(tmp_path, carrier=carrier) as server:
        texts = itertools.count()
        acknowledged: set[str] = set()
        heard: dict[str, str] = {}
        enter(server, "bob")[0].socket.close()
        for _ in range(2):
            bob, ada = enter(server, "bob")[0], enter(server, "ada")[0]
            for _ in range(20):
                acknowledged.add(ask(ada, "private", to="bob", message=str(next(texts)), cid=str(next(texts)))["data"]["id"])
            server.kill()
            hear_all(bob, heard)
            server.start()
        bob, _ = enter(server, "bob")
        while acknowledged - heard.keys():
            said = bob.receive("private")
            heard[said["id"]] = said["message"]
        assert heard.keys() == acknowledged
        assert ask(bob, "conversations")["data"]["list"][0]["unread"] == 40


def hear_all(client: Client, heard: dict[str, str]) -> None:
    """Everything that came before the socket of a killed server ended."""
    with contextlib.suppress(ConnectionClosed):
        while True:
            said = client.next()
            if said["type"] == "private":
                heard[said["data"]["id"]] = said["data"]["message"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_a_sleeping_socket_of_many_rooms_hears_private_messages(tmp_path: Path, carrier: CarrierName) -> None:
    with Server(tmp_path, carrier=carrier, env={"ROOMS_IDLE_SECONDS": "0.2"}) as server:
        ada, bob = enter(server, "ada")[0], enter(server, "bob")[0]
        for number in range(2):
            ask(ada, "private", to="bob", message=str(number))
            assert bob.receive("private")["message"] == str(number)
            bob.send("typing", **{"with": "ada"})
            ada.receive("typing")
            for _ in range(200):
                if server.metric("rooms_awake") == 0:
                    break
                ask(ada, "ping")
            assert server.metric("rooms_awake") == 0
        ask(ada, "block", user="bob")
        assert ask(bob, "private", to="ada", message="x")["data"]["code"] == "blocked"


def test_a_deleted_text_leaves_every_file(tmp_path: Path) -> None:
    with Server(tmp_path, carrier="hub") as server:
        ada, bob = enter(server, "ada")[0], enter(server, "bob")[0]
        secret, other = "a text that nobody may find", "and one that was replaced"
        deleted = ask(ada, "private", to="bob", message=secret)["data"]["id"]
        edited = ask(ada, "private", to="bob", message=other)["data"]["id"]
        bob.receive("private")
        bob.receive("private")
        ask(ada, "delete", **{"with": "bob"}, id=deleted)
        ask(ada, "edit", **{"with": "bob"}, id=edited, message="fine")
        bob.receive("edited")
        assert bob.receive("deleted")
        for _ in range(2_000):
            left = [path for path in server.data.rglob("*") if path.is_file() and holds(path, secret, other)]
            if not left:
                break
            ask(ada, "ping")
            ask(ada, "conversations")
        assert not left
        assert ask(bob, "conversations")["data"]["list"][0]["last"]["message"] == "fine"


def holds(path: Path, *texts: str) -> bool:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return False
    return any(text.encode() in data for text in texts)
