"""The room kinds that come with the server."""

from rooms import Kind
from rooms.kinds.chat import ChatRoom, ChatSettings

__all__ = ["ChatRoom", "ChatSettings", "built_in_kinds"]


def built_in_kinds(chat: ChatSettings) -> list[Kind]:
    """Every kind that a server has without being told of it."""
    return [Kind("rooms", ChatRoom.limited(chat))]
