"""Rooms: named, single-owner actors with their own files, and the runtime that runs their turns."""

from rooms.alarm import Alarm
from rooms.clock import SystemClock, WallClock
from rooms.connection import Connection
from rooms.envelope import Envelope, Event
from rooms.errors import (
    AttachmentTooLarge,
    BadAutoResponse,
    BadClose,
    BadTags,
    CallCycle,
    CallFailed,
    CallTimeout,
    CallUndone,
    NotCallable,
    NotSendable,
    OutsideTurn,
    RoomError,
    RoomOverloaded,
    RoomUnavailable,
    TooManyBackgrounds,
    TooManyTells,
    UnknownKind,
)
from rooms.http import ConnectRequest, Request, Response
from rooms.identity import Identity
from rooms.kind import Kind
from rooms.lifecycle import State
from rooms.log import Log, SilentLog
from rooms.overview import Overview, RoomFacts
from rooms.payload import Bundle, Message
from rooms.peer import Peer
from rooms.refusal import Refusal
from rooms.room import Room, callable_from_rooms
from rooms.runtime import Runtime
from rooms.settings import RuntimeSettings
from rooms.stats import Histogram, Stats
from rooms.stub import Stub
from storage import RoomKey

__all__ = [
    "Alarm",
    "AttachmentTooLarge",
    "BadAutoResponse",
    "BadClose",
    "BadTags",
    "Bundle",
    "CallCycle",
    "CallFailed",
    "CallTimeout",
    "CallUndone",
    "ConnectRequest",
    "Connection",
    "Envelope",
    "Event",
    "Histogram",
    "Identity",
    "Kind",
    "Log",
    "Message",
    "NotCallable",
    "NotSendable",
    "OutsideTurn",
    "Overview",
    "Peer",
    "Refusal",
    "Request",
    "Response",
    "Room",
    "RoomError",
    "RoomFacts",
    "RoomKey",
    "RoomOverloaded",
    "RoomUnavailable",
    "Runtime",
    "RuntimeSettings",
    "SilentLog",
    "State",
    "Stats",
    "Stub",
    "SystemClock",
    "TooManyBackgrounds",
    "TooManyTells",
    "UnknownKind",
    "WallClock",
    "callable_from_rooms",
]
