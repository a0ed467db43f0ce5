"""The user's room: which calls it answers."""

from __future__ import annotations

from typing import Any

from rooms import Connection, ConnectRequest, Envelope, Event, Refusal, Room, callable_from_rooms
from rooms.kinds.directory import DIRECTORY
from rooms.kinds.users import line
from rooms.kinds.users.account import Account
from rooms.kinds.users.conversations import TABLES as CONVERSATION_TABLES
from rooms.kinds.users.conversations import Conversations
from rooms.kinds.users.grants import TABLES as GRANT_TABLES
from rooms.kinds.users.grants import Grants
from rooms.kinds.users.profile import Profile, Profiles
from rooms.kinds.users.sign_ins import TABLES as SIGN_IN_TABLES
from rooms.kinds.users.sign_ins import SignIn, SignIns

USERS = "users"
"""The kind's name: the room of Ada is ``users/ada``."""


class UserRoom(Room):
    """One user: the account if there is one, the profile, who is signed in where, the rooms they were let into, and whom they talk to.

    Keeps the keys ``account``, ``profile`` and ``avatar`` and the tables ``sign_ins``, ``grants``, ``conversations`` and ``blocks``.
    The user's sockets of many rooms are connected to it: the session of each hears private messages so.
    """

    envelopes = True
    requests = line.REQUESTS
    migrations = ((*SIGN_IN_TABLES, *GRANT_TABLES), CONVERSATION_TABLES)

    async def on_start(self) -> None:
        """Everything is read as it is asked for."""
        self.account = Account(self.storage)
        self.profiles = Profiles(self.storage)
        self.sign_ins = SignIns(self.storage)
        self.grants = Grants(self.storage)
        self.conversations = Conversations(self.storage)
        self.reaching: dict[str, int] = {}
        """Messages that were written to a socket, by who said them: the turn that keeps it is on its way."""

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        """A socket of the user: it is told how the conversations stand, and then what reached no socket before."""
        if connection.user != self.name:
            return Refusal("not_authorized", "Not authorized")
        line.welcome(self, connection, request.ref)
        await line.catch_up(self, connection)
        return None

    async def on_message(self, connection: Connection, message: Envelope) -> Refusal | None:
        """What a session asks on behalf of its client."""
        if message.type == line.WELCOME:
            line.welcome(self, connection, message.ref)
        else:
            line.conversations(self, connection, message.data, message.ref)
        return None

    @callable_from_rooms
    async def hear(self, other: str, type: str, data: dict[str, Any], state: dict[str, Any]) -> None:
        """Something happened in the private conversation with ``other``, which stands now as ``state`` says."""
        line.hear(self, other, type, data, state)

    @callable_from_rooms
    async def overhear(self, type: str, data: dict[str, Any]) -> None:
        """Something happened there that nobody keeps."""
        self.broadcast(Event(type, data))

    @callable_from_rooms
    async def reached(self, other: str, seq: int) -> None:
        """What ``other`` said up to ``seq`` was written to a socket of the user."""
        self.conversations.reached(other, seq)
        if self.reaching.get(other) == seq:
            del self.reaching[other]

    @callable_from_rooms
    async def blocked(self, other: str, on: bool) -> None:
        """The user blocks ``other`` from now on, or no longer: the conversation has it so already."""
        self.conversations.block(other, on, self.now_ms)
        self.broadcast(Event("blocked", {"with": other, "on": on}))

    @callable_from_rooms
    async def register(self, name: str, password: str) -> bool:
        """Make the account: the name to show and the password's hash. ``False`` if there is one, or a token has used the user's name."""
        if self.account.exists or not await self.stub(*DIRECTORY).claim(self.name):
            return False
        self.account.create(password, self.now_ms)
        self._show(Profile(name))
        return True

    @callable_from_rooms
    async def password(self) -> str | None:
        """The hash of the password; ``None`` without an account."""
        return self.account.password

    @callable_from_rooms
    async def set_password(self, password: str) -> None:
        """Keep another hash of the password. Does nothing without an account."""
        self.account.set_password(password)

    @callable_from_rooms
    async def profile(self) -> dict[str, Any]:
        """``name`` and ``avatar``'s tag, either may be ``None``."""
        return self.profiles.described()

    @callable_from_rooms
    async def change_profile(self, name: str | None, avatar: bytes | None) -> dict[str, Any]:
        """Change what is given; the profile as it is then. ``avatar`` is a picture as it is to be served."""
        tag = None if avatar is None else self.profiles.set_avatar(avatar)
        before = self.profiles.current
        self._show(Profile(name or before.name, tag or before.avatar))
        return self.profiles.described()

    @callable_from_rooms
    async def avatar(self) -> list[Any] | None:
        """The picture's tag and bytes, if there is one."""
        return self.profiles.avatar()

    @callable_from_rooms
    async def sign_in(self, id: str, expires_ms: int, claims: dict[str, Any] | None) -> dict[str, Any]:
        """Begin a sign-in: with ``claims`` for whoever showed a token that says so, else for the account's owner.

        As ``signed_in`` would answer.
        """
        return self._described(self.sign_ins.begin(id, self.now_ms, expires_ms, claims))

    @callable_from_rooms
    async def signed_in(self, id: str) -> dict[str, Any] | None:
        """What the sign-in stands for: ``began_ms``, ``expires_ms``, ``claims``, the profile, ``rooms`` granted. ``None``: it is over."""
        found = self.sign_ins.get(id, self.now_ms)
        return None if found is None else self._described(found)

    @callable_from_rooms
    async def sign_out(self, id: str) -> bool:
        """End a sign-in; whether there was one."""
        return self.sign_ins.end(id)

    @callable_from_rooms
    async def sign_out_everywhere(self) -> None:
        """End them all."""
        self.sign_ins.end_all()

    @callable_from_rooms
    async def grant(self, room: str) -> bool:
        """Let the user into a chat room from now on. Again is ``True`` again; ``False``: they may enter as many as they can."""
        return self.grants.add(room, self.now_ms)

    @callable_from_rooms
    async def withdraw(self, room: str) -> bool:
        """Take a room away again; whether it was granted."""
        return self.grants.remove(room)

    @callable_from_rooms
    async def granted(self) -> list[str]:
        """The rooms granted, the latest first."""
        return self.grants.rooms()

    def _described(self, found: SignIn) -> dict[str, Any]:
        return {**found._asdict(), **self.profiles.described(), "rooms": self.grants.rooms()}

    def _show(self, shown: Profile) -> None:
        """Keep the profile, and have the directory know it."""
        self.profiles.set(shown)
        self.stub(*DIRECTORY).tell.describe(self.name, shown.name, shown.avatar)
