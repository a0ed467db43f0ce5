"""Three users who write, read, block, come, go and sleep at random, and a process that is killed, against a plain model."""

from __future__ import annotations

from itertools import count, permutations
from random import Random
from typing import Any

import pytest

from rooms import Refusal
from rooms.kinds.users import USERS
from tests.rooms.kinds.private.conftest import Line, Town

NAMES = ("ada", "bob", "carol")


class Model:
    """What was said, read and blocked, and which texts each user's lines have heard."""

    def __init__(self) -> None:
        self.messages: dict[frozenset[str], list[dict[str, Any]]] = {frozenset(pair): [] for pair in permutations(NAMES, 2)}
        self.read: dict[tuple[str, str], int] = {}
        self.blocked: set[tuple[str, str]] = set()
        self.heard: dict[str, list[str]] = {name: [] for name in NAMES}

    def between(self, user: str, other: str) -> list[dict[str, Any]]:
        return self.messages[frozenset((user, other))]

    def unread(self, user: str, other: str) -> int:
        after = self.read.get((user, other), 0)
        return sum(each["from"] == other and each["seq"] > after and not each["deleted"] for each in self.between(user, other))


class Play:
    """One run."""

    def __init__(self, town: Town, seed: int) -> None:
        self.town = town
        self.random = Random(seed)
        self.model = Model()
        self.lines: dict[str, list[Line]] = {name: [] for name in NAMES}
        self.numbers = count()

    async def step(self) -> None:
        user, other = self.random.sample(NAMES, 2)
        steps = [self.say] * 6 + [self.read, self.delete, self.edit, self.block, self.come, self.come, self.go, self.sleep, self.crash]
        await self.random.choice(steps)(user, other)

    async def say(self, user: str, other: str) -> None:
        text = str(next(self.numbers))
        answer = await self.town.ask(user, other, "private", message=text)
        if isinstance(answer, Refusal):
            assert (answer.code, (other, user) in self.model.blocked) == ("blocked", True)
            return
        assert (other, user) not in self.model.blocked
        self.model.between(user, other).append({**answer, "from": user, "text": text, "deleted": False})

    async def read(self, user: str, other: str) -> None:
        answer = await self.town.ask(user, other, "read", seq=self.random.randrange(40))
        assert isinstance(answer, dict)
        self.model.read[user, other] = answer["seq"]

    async def delete(self, user: str, other: str) -> None:
        own = [each for each in self.model.between(user, other) if each["from"] == user]
        if own:
            each = self.random.choice(own)
            assert isinstance(await self.town.ask(user, other, "delete", id=each["id"]), dict)
            each["deleted"] = True

    async def edit(self, user: str, other: str) -> None:
        own = [each for each in self.model.between(user, other) if each["from"] == user and not each["deleted"]]
        if own and (other, user) not in self.model.blocked:
            each = self.random.choice(own)
            assert isinstance(await self.town.ask(user, other, "edit", id=each["id"], message=each["text"] + "!"), dict)

    async def block(self, user: str, other: str) -> None:
        on = self.random.random() < 0.5
        await self.town.ask(user, other, "block", on=on)
        (self.model.blocked.add if on else self.model.blocked.discard)((user, other))

    async def come(self, user: str, other: str) -> None:
        self.lines[user].append(await self.town.line(user))
        self.hear(user)
        self.check(user, self.lines[user][-1])

    async def go(self, user: str, other: str) -> None:
        if self.lines[user]:
            self.hear(user)
            await self.lines[user].pop().hang_up()

    async def sleep(self, user: str, other: str) -> None:
        await self.town.harness.settle()
        self.town.harness.runtime.hibernate(self.town.harness.key(user, USERS))

    async def crash(self, user: str, other: str) -> None:
        for name in NAMES:
            self.hear(name)
            self.lines[name].clear()
        await self.town.harness.crash()
        await self.town.harness.settle()

    def hear(self, user: str) -> None:
        """What came by any line of the user, each id once a line."""
        for line in self.lines[user]:
            ids = [event.data["id"] for event in line.hear() if event.type == "private" and event.data["from"] != user]
            assert len(ids) == len(set(ids)), "twice on one socket"
            self.model.heard[user] += ids

    def check(self, user: str, line: Line) -> None:
        """The list agrees with the model, and nothing that was said to the user is missing."""
        listed = {entry["with"]: (entry["unread"], entry["last"]["seq"], entry.get("blocked", False)) for entry in line.welcome}
        expected = {
            other: (self.model.unread(user, other), said[-1]["seq"], (user, other) in self.model.blocked)
            for other in NAMES
            if other != user and (said := self.model.between(user, other))
        }
        assert listed == expected
        for other in NAMES:
            if other != user:
                due = {each["id"] for each in self.model.between(user, other) if each["from"] == other and not each["deleted"]}
                assert due <= set(self.model.heard[user]), "said, and never heard"


@pytest.mark.parametrize("seed", range(6))
async def test_lists_and_delivery_agree_with_what_was_said(town: Town, seed: int) -> None:
    play = Play(town, seed)
    for _ in range(120):
        await play.step()
    for user in NAMES:
        await play.come(user, user)
