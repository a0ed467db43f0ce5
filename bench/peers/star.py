"""Starlette on uvicorn and uvloop, what most Python developers would write: in memory, nothing kept."""

import collections
import contextlib
import json
import sys
import time

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocketDisconnect

rooms = collections.defaultdict(set)


async def client(socket):
    await socket.accept()
    room = rooms[socket.path_params["name"]]
    room.add(socket)
    user = None
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        while True:
            said = await socket.receive_json()
            if said["type"] == "join":
                user = said["name"]
                continue
            event = {"type": "message", "data": {"from": user, "message": said["data"]["message"]}, "tz": time.time()}
            payload = json.dumps(event)
            for other in list(room):
                await other.send_text(payload)
    room.discard(socket)


app = Starlette(routes=[WebSocketRoute("/rooms/{name}/ws", client)])
uvicorn.run(app, port=int(sys.argv[1]), log_level="error", loop="uvloop", ws_per_message_deflate=False)
