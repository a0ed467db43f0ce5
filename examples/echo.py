"""A room that says to each what it said: text as text, binary as binary. Keeps nothing.

rooms serve --dev --kind echo=examples.echo:Echo
"""

from __future__ import annotations

from rooms import Connection, Room


class Echo(Room):
    """Answers every frame with the same frame."""

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        connection.send(message)
