"""The user's room, against the public names of ``rooms`` only. It serves inside, and has no address."""

from rooms.kinds.users.line import WELCOME
from rooms.kinds.users.pairs import PRIVATE, conversation_of, parties_of
from rooms.kinds.users.room import USERS, UserRoom

__all__ = ["PRIVATE", "USERS", "WELCOME", "UserRoom", "conversation_of", "parties_of"]
