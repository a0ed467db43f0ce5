"""The far end of a session under test."""

from __future__ import annotations

import json
from typing import Any

from gateway.session.envelope_session import EnvelopeSession
from gateway.session.many_rooms_session import ManyRoomsSession
from rooms import Identity, RoomKey
from tests.gateway.standins import NOW_MS, Gateway, RecordingCarrier

LOBBY = RoomKey("rooms", "lobby")
ALICE = Identity("alice", "Alice", ("lobby",), expires_ms=NOW_MS + 3_600_000)


class Client:
    """The far end of one session."""

    def __init__(self, gateway: Gateway, key: RoomKey | None = LOBBY, who: Identity = ALICE, wire: str = "json") -> None:
        self.gateway = gateway
        self.carrier = RecordingCarrier()
        assert gateway.registry.take_place() is None
        services, written = gateway.services, getattr(gateway.services.formats, wire)
        if key is None:
            self.session: EnvelopeSession = ManyRoomsSession(services, written, who, self.carrier)
        else:
            self.session = EnvelopeSession(services, key, written, who, self.carrier)
        self.session.begin()

    def ask(self, type: str, ref: Any = None, **data: Any) -> list[dict[str, Any]]:
        """Send one request; what came back at once."""
        self.carrier.take()
        self.session.frame(json.dumps({"type": type, "data": data, **({} if ref is None else {"ref": ref})}))
        return self.carrier.take()

    def say(self, frame: str | bytes) -> list[dict[str, Any]]:
        self.carrier.take()
        self.session.frame(frame)
        return self.carrier.take()

    def join(self, **data: Any) -> Any:
        """Join, and have the room answer; the room's end."""
        self.ask("join", "j", **data)
        end = self.gateway.rooms.last
        end.say("joined", "j", room=end.key.name)
        self.carrier.take()
        return end

    @property
    def closed(self) -> int | None:
        return None if self.carrier.closed is None else self.carrier.closed[0]


def error(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The data of the one event, an error."""
    (event,) = events
    assert event["type"] == "error", event
    data: dict[str, Any] = event["data"]
    return data
