"""The directory's room: which calls it answers."""

from __future__ import annotations

from rooms import Room, RoomKey, callable_from_rooms
from rooms.kinds.directory import endings, revocations, users

DIRECTORY = RoomKey("directory", "server")
"""The only room of its kind."""


class DirectoryRoom(Room):
    """Knows every user that ever came, every token that no longer counts, and which rooms were ended.

    Keeps the tables ``users``, ``revoked_tokens``, ``revoked_users`` and ``endings``. It asks no other room, so that every room may ask it.
    """

    migrations = ((*users.TABLES, *revocations.TABLES), endings.TABLES)

    async def on_start(self) -> None:
        """The tables are read as they are asked for."""
        self.users = users.Users(self.storage)
        self.revocations = revocations.Revocations(self.storage)
        self.endings = endings.Endings(self.storage)

    @callable_from_rooms
    async def note(self, names: list[str]) -> dict[str, list[str | None]]:
        """Sockets of these users were admitted. What is shown of those that have a profile: name and avatar's tag, by user."""
        self.users.note(names, self.now_ms)
        return self.users.profiles(names)

    @callable_from_rooms
    async def knows(self, user: str) -> bool:
        """Whether the user has an account, or a socket of theirs was ever admitted."""
        return self.users.knows(user)

    @callable_from_rooms
    async def claim(self, user: str) -> bool:
        """Let an account have this name: ``False`` if a token has used it. Again for the same name is ``True`` again."""
        return self.users.claim(user, self.now_ms)

    @callable_from_rooms
    async def describe(self, user: str, name: str | None, avatar: str | None) -> None:
        """The user's profile is this now."""
        self.users.describe(user, name, avatar, self.now_ms)

    @callable_from_rooms
    async def revoke_token(self, token_id: str, until_ms: int | None) -> bool:
        """A token with this ``jti`` counts no longer; forgotten after ``until_ms``. ``False``: as many are revoked as may be."""
        return self.revocations.add_token(token_id, until_ms, self.now_ms)

    @callable_from_rooms
    async def revoke_user(self, user: str, since_ms: int) -> bool:
        """Tokens of the user issued up to ``since_ms`` count no longer. ``False``: as many are revoked as may be."""
        return self.revocations.add_user(user, since_ms)

    @callable_from_rooms
    async def revoked_tokens(self, after: str, limit: int) -> list[list[object]]:
        """Up to ``limit`` revoked tokens whose id follows ``after``: ``[id, until_ms]``, ascending."""
        return self.revocations.tokens(after, limit, self.now_ms)

    @callable_from_rooms
    async def revoked_users(self, after: str, limit: int) -> list[list[object]]:
        """Up to ``limit`` revoked users that follow ``after``: ``[user, since_ms]``, ascending."""
        return self.revocations.users(after, limit)

    @callable_from_rooms
    async def begin_ending(self, room: str, folder: str, made: bool) -> None:
        """The history of a chat room whose files are in ``folder`` is to end; ``made``: the room's name is not used again."""
        self.endings.begin(room, folder, made)

    @callable_from_rooms
    async def ending_over(self, room: str, folder: str) -> None:
        """Nothing is left of it."""
        self.endings.over(room, folder)

    @callable_from_rooms
    async def endings_after(self, after: str, limit: int) -> list[list[object]]:
        """Up to ``limit`` ended rooms whose name follows ``after``: ``[room, folder, made, over]``, ascending."""
        return self.endings.page(after, limit)
