"""What rooms, messages and files look like in the description. Pure."""

from __future__ import annotations

from gateway.http.description import Json

CODE = "6f1c0b9e-5a0d-4f0e-9a57-0d2b1b0c7e11"

FILE: Json = {"id": "0199f0c2a7d97c0e8d7f2a9b4c1e6f30", "name": "sea.png", "type": "image/png", "size": 48_213, "width": 640, "height": 480}

MESSAGE: Json = {
    "id": "0199f0c2b6a37d5c9f0e4b1a2c3d4e5f",
    "seq": 42,
    "changed": 42,
    "room": CODE,
    "from": "ada",
    "name": "Ada Lovelace",
    "message": "look at this",
    "time": "2026-11-20T20:07:00.123Z",
    "files": [FILE["id"]],
    "attachments": [FILE],
}

ROOM: Json = {
    "room": CODE,
    "title": "Analytical engines",
    "topic": "",
    "history_days": 0,
    "online": 3,
    "head": 42,
    "epoch": "9b1f0c3e5a7d2468",
    "read": 40,
    "unread": 2,
    "role": "owner",
    "made": True,
    "last": MESSAGE,
    "last_activity": "2026-11-20T20:07:00.123Z",
}

MEMBER: Json = {
    "user": "ada",
    "name": "Ada Lovelace",
    "avatar": None,
    "meta": {},
    "connections": 2,
    "since": "2026-11-20T19:58:11.000Z",
}
