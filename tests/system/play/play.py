"""What ten users with three devices each do, at random by seed, and a server that is killed and stopped under them."""

from __future__ import annotations

import random
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator
from itertools import count, islice
from typing import Any

from tests.system.crowd import Crowd
from tests.system.play.device import Device
from tests.system.play.model import Model, Talk
from tests.system.server import Server
from tests.system.tokens import token

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
RESTARTS: list[Callable[[Play], None]] = [Play.kill, Play.kill, Play.stop]
RESTART_SECONDS = (1.5, 4.0)
