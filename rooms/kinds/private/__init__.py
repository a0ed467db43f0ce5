"""The private conversation of two users, against the public names of ``rooms`` only. It serves inside, and has no address."""

from rooms.kinds.private.requests import REQUESTS, Open
from rooms.kinds.private.room import PrivateRoom

__all__ = ["REQUESTS", "Open", "PrivateRoom"]
