"""Plain trio-websocket, the obvious way: in memory, nothing kept."""

import collections
import json
import sys
import time

import trio
from trio_websocket import ConnectionClosed, serve_websocket

rooms = collections.defaultdict(set)


async def client(request):
    socket = await request.accept()
    room = rooms[request.path.split("/")[2]]
    room.add(socket)
    user = None
    try:
        while True:
            said = json.loads(await socket.get_message())
            if said["type"] == "join":
                user = said["name"]
                continue
            event = {"type": "message", "data": {"from": user, "message": said["data"]["message"]}, "tz": time.time()}
            payload = json.dumps(event)
            for other in list(room):
                await other.send_message(payload)
    except ConnectionClosed:
        room.discard(socket)


trio.run(serve_websocket, client, "127.0.0.1", int(sys.argv[1]), None)
