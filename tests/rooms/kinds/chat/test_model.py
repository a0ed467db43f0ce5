"""Random users on random sockets, through crashes and restarts, against a model that fits on a page."""

from __future__ import annotations

import random
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
import trio

from rooms import Identity

USERS = ["ada", "bob", "cyd", "mod"]
LINGER_SECONDS = 5.0


@dataclass
class Model:
    """What must be true of the room."""

    head: int = 0
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    cids: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    sockets: dict[str, int] = field(default_factory=dict)
    lingering: dict[str, float] = field(default_factory=dict)

    @property
    def present(self) -> set[str]:
        return {user for user, count in self.sockets.items() if count} | set(self.lingering)

    def next_seq(self) -> int:
        self.head += 1
        return self.head


@dataclass
class Replica:
    """What one user's program knows: it applies what it hears, and resumes from what it has seen."""

    user: str
    chatter: Any = None
    epoch: str | None = None
    seen: int = 0
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)

    def hear(self) -> list[tuple[str, dict[str, Any]]]:
        events = self.chatter.events()
        for type_, data in events:
            if type_ == "joined" and "history" in data:
                self._begin(data)
            elif type_ in ("message", "edited", "deleted", "reacted", "pinned"):
                assert data["seq"] == self.seen + 1, "an event was lost or came twice"
                self.seen = data["seq"]
                getattr(self, f"_{type_}")(data)
        return events

    def _begin(self, joined: dict[str, Any]) -> None:
        if not joined["recovered"]:
            self.messages = {}
        self.messages.update((message["id"], deepcopy(message)) for message in joined["history"])
        self.epoch, self.seen = joined["epoch"], joined["head"]

    def _message(self, data: dict[str, Any]) -> None:
        self.messages[data["id"]] = dict(data)

    def _edited(self, data: dict[str, Any]) -> None:
        self.messages[data["id"]].update(message=data["message"], edited=True, changed=data["seq"])

    def _deleted(self, data: dict[str, Any]) -> None:
        message = self.messages[data["id"]]
        for key in ("edited", "pinned", "reactions"):
            message.pop(key, None)
        message.update(message="", deleted=True, changed=data["seq"])

    def _reacted(self, data: dict[str, Any]) -> None:
        message = self.messages[data["id"]]
        reactions = {**message.get("reactions", {}), data["emoji"]: data["users"]}
        message["reactions"] = {emoji: users for emoji, users in reactions.items() if users}
        if not message["reactions"]:
            del message["reactions"]
        message["changed"] = data["seq"]

    def _pinned(self, data: dict[str, Any]) -> None:
        message = self.messages[data["id"]]
        message.pop("pinned", None)
        message.update({"pinned": True} if data["on"] else {}, changed=data["seq"])


class Play:
    """One run: every step is done to the room and to the model, then all replicas are compared with the model."""

    def __init__(self, lobby: Any, seed: int) -> None:
        self.lobby = lobby
        self.random = random.Random(seed)
        self.model = Model()
        self.replicas = [Replica(user) for user in USERS for _ in range(3)]
        self.texts = iter(range(1_000_000))

    async def run(self, steps: int) -> None:
        acts = [self.join] * 5 + [self.say] * 6 + [self.change] * 5 + [self.go] * 3 + [self.wait] * 2
        acts += [self.search] * 2 + [self.say_again, self.fall]
        for _ in range(steps):
            await self.random.choice(acts)()
            self.check()

    async def join(self) -> None:
        away = [replica for replica in self.replicas if replica.chatter is None]
        if not away:
            return
        replica = self.random.choice(away)
        user, model = replica.user, self.model
        since = {"since": replica.seen, "epoch": replica.epoch} if replica.epoch and self.random.random() < 0.8 else {"limit": 100}
        others = self.here()
        news = [] if user in model.present else [("joined", user)]
        replica.chatter = await self.lobby.join_as(Identity(user, user.title(), moderates=("lobby",) if user == "mod" else ()), **since)
        model.sockets[user] = model.sockets.get(user, 0) + 1
        model.lingering.pop(user, None)
        [(type_, joined)] = replica.hear()
        assert type_ == "joined"
        assert joined["recovered"] is ("since" in since)
        assert {entry["user"]: entry["connections"] for entry in joined["users"]} == {u: model.sockets.get(u, 0) for u in model.present}
        assert joined["online"] == len(model.present)
        self.told(others, news)

    async def say(self) -> None:
        replica = self.anybody()
        if replica is None:
            return
        text, cid = f"text {next(self.texts)}", self.random.choice([None, f"c{next(self.texts)}"])
        seq = self.model.next_seq()
        ack = await replica.chatter.say(text, **({"cid": cid} if cid else {}))
        assert ack["seq"] == seq
        message = {"id": ack["id"], "seq": seq, "changed": seq, "room": "lobby", "from": replica.user, "message": text}
        self.model.messages[ack["id"]] = {**message, "name": replica.user.title(), **({"cid": cid} if cid else {})}
        if cid:
            self.model.cids[replica.user, cid] = {"text": text, "ack": ack}

    async def say_again(self) -> None:
        replica = self.anybody()
        mine = [] if replica is None else [key for key in self.model.cids if key[0] == replica.user]
        if mine:
            _, cid = self.random.choice(mine)
            said = self.model.cids[replica.user, cid]
            assert await replica.chatter.say(said["text"], cid=cid) == said["ack"]

    async def change(self) -> None:
        replica = self.anybody()
        living = [message for message in self.model.messages.values() if "deleted" not in message]
        if replica is None or not living:
            return
        message = self.random.choice(living)
        may = message["from"] == replica.user or replica.user == "mod"
        await self.random.choice([self.edit, self.delete, self.react, self.react, self.pin])(replica, message, may)

    async def edit(self, replica: Replica, message: dict[str, Any], may: bool) -> None:
        text = f"text {next(self.texts)}"
        answer = await replica.chatter.ask("edit", id=message["id"], message=text)
        self.changed(answer, may, message, message=text, edited=True)

    async def delete(self, replica: Replica, message: dict[str, Any], may: bool) -> None:
        answer = await replica.chatter.ask("delete", id=message["id"])
        if may:
            for key in ("edited", "pinned", "reactions"):
                message.pop(key, None)
        self.changed(answer, may, message, message="", deleted=True)

    async def pin(self, replica: Replica, message: dict[str, Any], may: bool) -> None:
        on = "pinned" not in message
        answer = await replica.chatter.ask("pin", id=message["id"], on=on)
        may = replica.user == "mod"
        self.changed(answer, may, message, **({"pinned": True} if on else {}))
        if may and not on:
            del message["pinned"]

    async def react(self, replica: Replica, message: dict[str, Any], may: bool) -> None:
        emoji = self.random.choice("👍🎂")
        users = message.get("reactions", {}).get(emoji, [])
        on = replica.user not in users
        answer = await replica.chatter.ask("react", id=message["id"], emoji=emoji, on=on)
        after = [*users, replica.user] if on else [user for user in users if user != replica.user]
        reactions = {e: u for e, u in {**message.get("reactions", {}), emoji: after}.items() if u}
        self.changed(answer, True, message, **({"reactions": reactions} if reactions else {}))
        if not reactions:
            message.pop("reactions", None)

    async def search(self) -> None:
        """Exactly the present texts are found: the word that all have, and a number that one has, had or never had."""
        replica = self.anybody()
        if replica is None:
            return
        texts = {message["message"]: id for id, message in self.model.messages.items() if message["message"]}
        everything = await replica.chatter.ask("search", query="TEXT", limit=100)
        assert {message["id"] for message in everything["messages"]} == set(texts.values())
        number = self.random.randrange(1 + len(self.model.messages) * 2)
        found = await replica.chatter.ask("search", query=f"text {number} te", limit=100)
        assert [message["id"] for message in found["messages"]] == [id for text, id in texts.items() if text == f"text {number}"]

    def changed(self, answer: Any, may: bool, message: dict[str, Any], /, **facts: Any) -> None:
        if not may:
            assert answer.code == "not_authorized"
            return
        seq = self.model.next_seq()
        assert answer == {"room": "lobby", "id": message["id"], "seq": seq}
        message.update(facts, changed=seq)

    async def go(self) -> None:
        replica = self.anybody()
        if replica is None:
            return
        replica.hear()
        chatter, replica.chatter = replica.chatter, None
        others, user = self.here(), replica.user
        how = self.random.choice(["leave", "close", "cut"])
        await (chatter.tell("leave") if how == "leave" else getattr(chatter, how)())
        self.model.sockets[user] -= 1
        gone = self.model.sockets[user] == 0
        if gone and how == "cut":
            self.model.lingering[user] = trio.current_time() + LINGER_SECONDS
        self.told(others, [("left", user)] if gone and how != "cut" else [])

    async def wait(self) -> None:
        others = self.here()
        await trio.sleep(self.random.choice([1.1, 3.3, 12.1]))
        over = sorted((at, user) for user, at in self.model.lingering.items() if at <= trio.current_time())
        for _, user in over:
            del self.model.lingering[user]
        self.told(others, [("left", user) for _, user in over])

    async def fall(self) -> None:
        await self.random.choice([self.lobby.crash, self.lobby.restart])()
        self.model.sockets, self.model.lingering = {}, {}
        for replica in self.here():
            replica.hear()
            replica.chatter = None

    def here(self) -> list[Replica]:
        return [replica for replica in self.replicas if replica.chatter is not None]

    def anybody(self) -> Replica | None:
        return self.random.choice(self.here() or [None])

    def told(self, replicas: list[Replica], news: list[tuple[str, str]]) -> None:
        """Each of ``replicas`` has heard exactly ``news`` of who came and went."""
        for replica in replicas:
            heard = [(type_, data["user"]) for type_, data in replica.hear() if type_ in ("joined", "left")]
            assert heard == news, replica.user

    def check(self) -> None:
        for replica in self.here():
            replica.hear()
            assert replica.seen == self.model.head
            known = {id: {k: v for k, v in message.items() if k != "time"} for id, message in replica.messages.items()}
            assert known == self.model.messages


@pytest.mark.parametrize("seed", range(12))
async def test_everybody_knows_what_the_model_knows(open_lobby, seed):
    """Resume, history, seq, changed, cids and presence, whatever happens in whatever order."""
    async with open_lobby(recovery_messages_max=10_000) as lobby:
        play = Play(lobby, seed)
        await play.run(steps=120)
        assert play.model.head > 10
