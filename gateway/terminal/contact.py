"""Coming to the server for the first time, and what to do when that is not possible."""

from __future__ import annotations

from rooms.client import Client, ClientClosed, ClientError, Refused, TokenRefused


class Unreachable(Exception):
    """One sentence: why the chat cannot begin, and what to do."""


async def first_contact(client: Client, url: str) -> None:
    """Wait until the server knows who this is. Raises ``Unreachable`` after the first try, not after many."""
    while not client.is_open:
        if client.state == "waiting":
            raise Unreachable(f"no server answers at {url} ({client.error}); start one with `rooms serve --dev`, or say where with --url")
        if client.state == "closed":
            raise Unreachable(sentence(client.error, url))
        await client.wait_changed()


def sentence(error: ClientError | None, url: str) -> str:
    """What ended the chat, and what to do about it."""
    match error:
        case TokenRefused():
            return (
                f"{url} lets nobody in without a good token ({error.message}); get one with `rooms token --sub NAME --room ROOM`"
                " on the server, and pass it with --token"
            )
        case ClientClosed():
            return f"{url} ended it: {error.message}"
        case Refused(code="not_authorized"):
            return "the token does not let its bearer into this room; `rooms token --room ROOM` makes one that does"
        case Refused():
            return f"the server refused: {error.message or error.code}"
    return str(error)
