"""The chat room, against the public names of ``rooms`` only."""

from rooms.kinds.chat.requests import Who
from rooms.kinds.chat.room import ChatRoom
from rooms.kinds.chat.settings import ChatSettings

__all__ = ["ChatRoom", "ChatSettings", "Who"]
