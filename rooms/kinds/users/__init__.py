"""The user's room, against the public names of ``rooms`` only. It serves inside, and has no address."""

from rooms.kinds.users.room import USERS, UserRoom

__all__ = ["USERS", "UserRoom"]
