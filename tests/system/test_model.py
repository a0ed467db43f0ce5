"""Ten users with three devices each, on sockets that are cut and servers that are killed, against a model.

The devices join, leave, speak, write to each other, edit, delete, read and search at random, by seed; the server is killed and
restarted under them. What was acknowledged is the model; in the end presence, unread counts, history and search are as it says, and
so is what each device made of the events it heard.

    ROOMS_PLAY_SECONDS=120 ROOMS_PLAY_SEED=7 ./run test tests/system/test_model.py        two minutes, another seed
"""

from __future__ import annotations

import faulthandler
import json
import os
import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count, islice
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.system.client import Client
from tests.system.crowd import Crowd
from tests.system.play.device import Device
from tests.system.play.model import Model, Talk, shown_of
from tests.system.server import CarrierName, Server
from tests.system.tokens import token

SECONDS = float(os.environ.get("ROOMS_PLAY_SECONDS", "5"))
SEED = os.environ.get("ROOMS_PLAY_SEED")
USERS = ["ada", "bob", "cyd", "dan", "eve", "fay", "gus", "hal", "ida", "jon"]
DEVICES = 3
ROOMS = ["lobby", "attic", "大厅", "a room"]
WORDS = ["apple", "birne", "čerešňa", "大", "🎉", "plum", "quince", "fig"]
PATIENCE_SECONDS = 30.0
FORMATS = ("rooms.v1.json", "rooms.v1.msgpack")

Data = dict[str, Any]


class Play:
    """One run. ``acts`` are the last things done, told when it fails."""

    def __init__(self, server: Server, crowd: Crowd, seed: int) -> None:
        self.server = server
        self.crowd = crowd
        self.random = random.Random(seed)
        self.model = Model()
        self.acts: deque[str] = deque(maxlen=80)
        self.devices = [
            Device(user, number, self.token(user), self.model, FORMATS[number % 2]) for user in USERS for number in range(1, DEVICES + 1)
        ]
        self.numbers = count(1)
        self.began = time.monotonic()

    def token(self, user: str) -> str:
        return token(user, *ROOMS, name=user.title())

    # the play

    def run(self, seconds: float) -> None:
        """Everybody comes once, so that they know each other; then whatever happens."""
        self.settle("everybody is greeted", lambda: all(device.is_greeted for device in self.devices))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            act = self.random.choice(_ACTS)
            act(self)
            self.look(self.random.choice((0.0, 0.0, 0.002, 0.02)))

    def look(self, seconds: float = 0.0) -> None:
        """Hear what came, and come back to where a socket was lost."""
        self.crowd.turn(seconds)
        now = time.monotonic()
        for device in self.devices:
            device.hear()
            if device.member is None and device.back_at <= now and self.server.process is not None:
                self.open(device)

    def open(self, device: Device) -> None:
        try:
            device.open(self.crowd, self.server.port)
        except OSError:
            device.back_at = time.monotonic() + 0.1

    def settle(self, what: str, is_done: Callable[[], bool]) -> None:
        """Look until it is so."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        again_at = 0.0
        while not is_done():
            assert time.monotonic() < deadline, f"not within {PATIENCE_SECONDS} s: {what}\n{self.unsettled()}"
            self.look(0.02)
            if time.monotonic() > again_at:
                again_at = time.monotonic() + 0.3
                for device in self.devices:
                    device.ask_again()

    def unsettled(self) -> str:
        return "\n".join(
            f"{device.name}: greeted {device.is_greeted}, wants {device.wanted}, is in {device.inside}, asked "
            + ", ".join(f"{ref} {asked.type}" for ref, asked in islice(device.outbox.items(), 5))
            for device in self.devices
            if not device.is_settled
        )

    def did(self, what: str) -> None:
        self.acts.append(f"{time.monotonic() - self.began:7.3f} {what}")

    def anybody(self) -> Device:
        return self.random.choice(self.devices)

    def text(self) -> str:
        return f"{self.random.choice(WORDS)} word{next(self.numbers)} {self.random.choice(WORDS)}"

    # acts

    def join(self) -> None:
        device, room = self.anybody(), self.random.choice(ROOMS)
        if room not in device.wanted:
            self.did(f"{device.name} joins {room}")
            device.join(room)

    def leave(self) -> None:
        device = self.anybody()
        for room in sorted(device.inside)[:1]:
            self.did(f"{device.name} leaves {room}")
            device.leave(room)

    def say(self) -> None:
        device = self.anybody()
        if device.wanted:
            room, text = self.random.choice(sorted(device.wanted)), self.text()
            self.did(f"{device.name} says {text!r} in {room}")
            device.say(room, text)

    def write(self) -> None:
        device, other, text = self.anybody(), self.random.choice(USERS), self.text()
        self.did(f"{device.name} writes {text!r} to {other}")
        device.write_to(other, text)

    def edit(self) -> None:
        for device, where, message_id in self.some_own():
            text = self.text()
            self.did(f"{device.name} edits {message_id} in {where}: {text!r}")
            device.edit(where, message_id, text)

    def delete(self) -> None:
        for device, where, message_id in self.some_own():
            self.did(f"{device.name} deletes {message_id} in {where}")
            device.delete(where, message_id)

    def read(self) -> None:
        device = self.anybody()
        where, talk = self.random.choice(self.places(device))
        seq = self.random.randint(0, talk.head)
        self.did(f"{device.name} has read {where} up to {seq}")
        if seq:
            device.read(where, seq)

    def murmur(self) -> None:
        device = self.anybody()
        for room in sorted(device.inside)[:1]:
            device.whisper("typing", room=room)
            device.whisper("event", room=room, name="wave", data={})
            device.whisper("search", room=room, query=self.random.choice(WORDS))
            device.whisper("who", room=room)

    def cut(self) -> None:
        device = self.anybody()
        self.did(f"the socket of {device.name} is cut")
        device.drop(self.crowd)
        device.back_at = time.monotonic() + self.random.choice((0.0, 0.05, 0.5))

    def close(self) -> None:
        device = self.anybody()
        self.did(f"{device.name} closes its socket")
        device.close(self.crowd)
        device.back_at = time.monotonic() + self.random.choice((0.0, 0.05, 0.5))

    def kill(self) -> None:
        self.did("the server is killed")
        self.server.kill()
        self.start()

    def stop(self) -> None:
        self.did("the server is stopped")
        process = self.server.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        deadline = time.monotonic() + PATIENCE_SECONDS
        while process.poll() is None:
            assert time.monotonic() < deadline, "the server does not stop"
            self.look(0.01)
        assert self.server.wait() == 0
        self.start()

    def start(self) -> None:
        self.server.start()
        now = time.monotonic()
        for device in self.devices:
            device.back_at = now + self.random.random() * 0.3
        self.did("the server runs again")

    def places(self, device: Device) -> list[tuple[Data, Talk]]:
        """Where the device has something to do: the rooms it wants to be in, and the conversations of its user."""
        rooms: list[tuple[Data, Talk]] = [({"room": room}, self.model.room(room)) for room in sorted(device.wanted)]
        return rooms + [({"with": other}, self.model.conversation(device.user, other)) for other in self.acquaintances(device.user)]

    def acquaintances(self, user: str) -> list[str]:
        """Those in whose conversation with the user something was said; if there is none yet, one in which it fails silently."""
        pairs = [pair for pair, talk in sorted(self.model.conversations.items()) if user in pair and talk.messages]
        return [one if other == user else other for one, other in pairs] or [user]

    def some_own(self) -> Iterator[tuple[Device, Data, str]]:
        device = self.anybody()
        where, talk = self.random.choice(self.places(device))
        own = sorted(said.id for said in talk.own(device.user))
        if own:
            yield device, where, self.random.choice(own)

    # the end

    def end(self) -> None:
        """Everybody comes back and gets everything answered; some go again; then all is as the model says."""
        for device in self.devices:
            device.back_at = 0.0
        self.settle("everybody is where they want to be", lambda: all(device.is_settled for device in self.devices))
        self.check_replicas()
        for device in self.random.sample(self.devices, 6):
            self.did(f"{device.name} goes for good")
            self.random.choice((device.drop, device.close))(self.crowd)
            device.back_at = float("inf")
        self.settle("presence agrees", lambda: not self.presence_faults())
        self.check_rooms()
        self.check_conversations()
        self.check_search()

    def check_replicas(self) -> None:
        """What each device has made of the events it heard. It may have begun with a page, so it may lack what is older."""
        self.settle("the devices have heard all", lambda: all(self.head(room) == seen for room, seen in self.seen()))
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
        status, body = self.server.get(path, {"Authorization": f"Bearer {self.token(user)}"})
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
                    assert self.found(client, room, word) == talk.having(word), f"what has {word} in {room}"

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
        return Client(f"ws://{self.server.host}/ws", token=self.token(user))


_ACTS: list[Callable[[Play], None]] = [
    *[Play.say] * 40,
    *[Play.write] * 20,
    *[Play.edit] * 12,
    *[Play.delete] * 6,
    *[Play.read] * 12,
    *[Play.join] * 20,
    *[Play.leave] * 8,
    *[Play.murmur] * 6,
    *[Play.cut] * 5,
    *[Play.close] * 3,
]
_RESTARTS: list[Callable[[Play], None]] = [Play.kill, Play.kill, Play.stop]
RESTART_SECONDS = (1.5, 4.0)


@contextmanager
def told_when_it_fails(play: Play, seed: int) -> Iterator[None]:
    """The seed and what was done last."""
    try:
        yield
    except BaseException:
        print(f"ROOMS_PLAY_SEED={seed}, and this is what was done last:", *play.acts, sep="\n")
        raise


@pytest.fixture
def seed(carrier: CarrierName) -> int:
    """The same in every run, unless the environment says another."""
    return int(SEED) if SEED else {"stream": 1, "hub": 2}[carrier]


def test_what_ten_users_with_three_devices_were_told_is_so(tmp_path: Path, carrier: CarrierName, seed: int) -> None:
    faulthandler.cancel_dump_traceback_later()  # what hangs here says so by itself, and two minutes are longer than a test may hang
    env = {"ROOMS_DRAIN_SECONDS": "0.5", "ROOMS_IDLE_SECONDS": "0.5"}
    with Server(tmp_path, carrier=carrier, env=env) as server, Crowd() as crowd:
        play = Play(server, crowd, seed)
        with told_when_it_fails(play, seed):
            left = SECONDS
            while left > 0:
                span = min(left, play.random.uniform(*RESTART_SECONDS))
                play.run(span)
                left -= span
                if left > 0:
                    play.random.choice(_RESTARTS)(play)
            play.end()
        assert "Traceback" not in server.log(), "the server's log tells of a failure"
        assert server.stop() == 0
        assert server.rooms("check") == "no faults\n"
