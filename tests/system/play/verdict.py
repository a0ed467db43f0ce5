"""Whether all is as the model says: what devices were told, and what the server answers to whoever asks it now."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any
from urllib.parse import quote

from tests.system.client import Client
from tests.system.play.model import FOUND_MAX, Talk, shown_of
from tests.system.play.play import ROOMS, USERS, WORDS, Data, Play


class Verdict:
    """The end of a play."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.server = play.server
        self.model = play.model
        self.devices = play.devices

    def reach(self) -> None:
        """Everybody comes back and gets everything answered; some go again; then all is as the model says."""
        for device in self.devices:
            device.back_at = 0.0
        self.play.settle("everybody is where they want to be", lambda: all(device.is_settled for device in self.devices))
        self.check_replicas()
        for device in self.play.random.sample(self.devices, 6):
            self.play.did(f"{device.name} goes for good")
            self.play.random.choice((device.drop, device.close))(self.play.crowd)
            device.back_at = float("inf")
        self.play.settle("presence agrees", lambda: not self.presence_faults())
        self.check_rooms()
        self.check_conversations()
        self.check_search()

    def check_replicas(self) -> None:
        """What each device has made of the events it heard. It may have begun with a page, so it may lack what is older."""
        self.play.settle("the devices have heard all", lambda: all(self.head(room) == seen for room, seen in self.seen()))
        for device in self.devices:
            for room in device.inside:
                said = self.model.room(room).messages
                known = {message_id: shown_of(message) for message_id, message in device.replicas[room].messages.items()}
                expected = {message_id: said[message_id].shown for message_id in known}
                assert known == expected, f"{device.name} has another picture of {room}"

    def seen(self) -> Iterator[tuple[str, int]]:
        for device in self.devices:
            for room in device.inside:
                yield room, device.replicas[room].seen

    def head(self, room: str) -> int:
        return self.model.room(room).head

    def presence_faults(self) -> list[str]:
        """Where what devices know of others, by ``joined``, ``left``, ``online`` and ``offline``, is not so."""
        users_in = {room: {device.user for device in self.devices if room in device.inside} for room in ROOMS}
        faults = []
        for device in self.devices:
            for room in device.inside:
                if device.replicas[room].users != users_in[room]:
                    faults.append(f"{device.name} sees {device.replicas[room].users} in {room}, not {users_in[room]}")
            company: set[str] = set().union(*(users for users in users_in.values() if device.user in users)) - {device.user}
            if device.is_greeted and device.online != company:
                faults.append(f"{device.name} has {device.online} online, not {company}")
        return faults

    def check_rooms(self) -> None:
        for room in ROOMS:
            talk = self.model.room(room)
            assert self.history_of(room) == talk.history(), f"the history of {room}"
            sockets = {user: sum(room in device.inside for device in self.devices if device.user == user) for user in USERS}
            present = {user: connections for user, connections in sockets.items() if connections}
            members = self.get(f"/api/rooms/{quote(room)}/members", "ada")
            assert {user["user"]: user["connections"] for user in members["users"]} == present, f"who is in {room}"
            assert members["online"] == len(present)
            for user in USERS:
                state = self.get(f"/api/rooms/{quote(room)}", user)
                expected = (talk.head, talk.reads.get(user, 0), talk.unread(user))
                assert (state["head"], state["read"], state["unread"]) == expected, f"{room} as {user} finds it"

    def history_of(self, room: str) -> list[Any]:
        messages: list[Data] = []
        page: Data = {"more": True}
        while page["more"]:
            after = messages[-1]["seq"] if messages else 0
            page = self.get(f"/api/rooms/{quote(room)}/messages?after={after}&limit=100", "ada")
            messages += page["messages"]
        return [shown_of(message) for message in messages]

    def get(self, path: str, user: str) -> Data:
        status, body = self.server.get(path, {"Authorization": f"Bearer {self.play.token(user)}"})
        assert status == 200, (path, status, body)
        answer: Data = json.loads(body)
        return answer

    def check_conversations(self) -> None:
        for user in USERS:
            with self.client(user) as client:
                client.send("conversations", ref=1)
                listed = {entry["with"]: entry for entry in client.receive("conversations")["list"]}
                for other in USERS:
                    talk = self.model.conversation(user, other)
                    assert (other in listed) is bool(talk.messages), f"{user} and {other}"
                    if talk.messages:
                        found = listed[other]
                        newest = max(talk.messages.values(), key=lambda said: said.seq)
                        expected = (talk.head, talk.unread(user), newest.id, newest.text)
                        assert (found["head"], found["unread"], found["last"]["id"], found["last"]["message"]) == expected, (
                            f"the conversation of {user} with {other}"
                        )
                        assert self.letters(client, other) == talk.history(), f"what {user} and {other} wrote"

    def letters(self, client: Client, other: str) -> list[Any]:
        messages: list[Data] = []
        more = True
        while more:
            client.send("history", **{"with": other, "after": messages[-1]["seq"] if messages else 0, "limit": 100})
            page = client.receive("history")
            messages, more = messages + page["messages"], page["more"]
        return [shown_of(message) for message in messages]

    def check_search(self) -> None:
        with self.client("ada") as client:
            for room in ROOMS:
                talk = self.model.room(room)
                client.send("join", room=room, ref=room)
                client.receive("joined")
                for word in [*WORDS, *self.some_words(talk)]:
                    found, there = self.found(client, room, word), talk.having(word)
                    assert found <= there, f"what has {word} in {room}"
                    assert found == there or len(there) > FOUND_MAX // 2, f"what has {word} in {room}"

    def some_words(self, talk: Talk) -> list[str]:
        """Words that stand in one message, or did before it was edited or deleted."""
        texts = [text for said in talk.messages.values() for text in said.texts_by_seq.values()]
        return [text.split()[1] for text in islice(texts, 0, None, max(1, len(texts) // 12))]

    def found(self, client: Client, room: str, word: str) -> set[str]:
        """The ids of all results. The last word is found as a beginning too, so a word that ends is asked for with another behind it."""
        ids: set[str] = set()
        cursor: Data = {}
        while True:
            client.send("search", room=room, query=word, limit=100, **cursor)
            results = client.receive("results")
            ids |= {message["id"] for message in results["messages"] if word in message["message"].split()}
            if "cursor" not in results:
                return ids
            cursor = {"cursor": results["cursor"]}

    def client(self, user: str) -> Client:
        return Client(f"ws://{self.server.host}/ws", token=self.play.token(user))
