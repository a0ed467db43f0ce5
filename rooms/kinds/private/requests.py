"""Pure. What a client may ask of a private conversation: what it may ask of a chat room, as far as it makes sense between two."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from rooms.kinds.chat.requests import Delete, Edit, React, Read, ReadHistory, Say, Typing


class Open(Struct, gc=False):
    """How the gateway connects a socket to a conversation. ``is_known``: it knows that the other user exists, without asking."""

    is_known: bool = False


class Block(Struct, gc=False):
    """``block``: whether the other may say something here."""

    on: bool = True


REQUESTS: Mapping[str, type[Struct]] = {
    "private": Say,
    "history": ReadHistory,
    "edit": Edit,
    "delete": Delete,
    "react": React,
    "read": Read,
    "typing": Typing,
    "block": Block,
}
