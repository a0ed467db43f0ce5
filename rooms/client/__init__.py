"""A client of a rooms server, on trio: rooms and private conversations over one socket that resumes by itself.

async with open_client("https://chat.example", token=token) as client:
    room = await client.join("lobby")
    await room.send("Hello")

It imports nothing of the runtime: it knows the server by its protocol alone.
"""

from rooms.client.client import Client, ClientState
from rooms.client.conversation import Conversation
from rooms.client.credentials import Reason, socket_url
from rooms.client.errors import (
    ClientClosed,
    ClientError,
    EventsLost,
    NotJoined,
    OutcomeUnknown,
    QueueFull,
    Refused,
    RequestTimeout,
    TokenRefused,
    TokenUnavailable,
)
from rooms.client.events import (
    Blocked,
    Closing,
    Deleted,
    Destroyed,
    Edited,
    ErrorEvent,
    Event,
    Expiring,
    Hello,
    Kicked,
    MessageEvent,
    Offline,
    Online,
    Pinned,
    Reacted,
    Read,
    Reset,
    RoomChanged,
    Signal,
    StateChanged,
    Stats,
    Typing,
    Unknown,
    UserJoined,
    UserLeft,
)
from rooms.client.messages import KnownConversation, Members, Message, Page, Results, Sent, User
from rooms.client.opening import open_client
from rooms.client.outbox import Outgoing
from rooms.client.room import Room, RoomState
from rooms.client.settings import ClientSettings, Guest
from rooms.client.subscription import Subscription

__all__ = [
    "Blocked",
    "Client",
    "ClientClosed",
    "ClientError",
    "ClientSettings",
    "ClientState",
    "Closing",
    "Conversation",
    "Deleted",
    "Destroyed",
    "Edited",
    "ErrorEvent",
    "Event",
    "EventsLost",
    "Expiring",
    "Guest",
    "Hello",
    "Kicked",
    "KnownConversation",
    "Members",
    "Message",
    "MessageEvent",
    "NotJoined",
    "Offline",
    "Online",
    "OutcomeUnknown",
    "Outgoing",
    "Page",
    "Pinned",
    "QueueFull",
    "Reacted",
    "Read",
    "Reason",
    "Refused",
    "RequestTimeout",
    "Reset",
    "Results",
    "Room",
    "RoomChanged",
    "RoomState",
    "Sent",
    "Signal",
    "StateChanged",
    "Stats",
    "Subscription",
    "TokenRefused",
    "TokenUnavailable",
    "Typing",
    "Unknown",
    "User",
    "UserJoined",
    "UserLeft",
    "open_client",
    "socket_url",
]
