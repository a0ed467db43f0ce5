"""The `websockets` library on asyncio, with its own broadcast(): in memory, nothing kept."""

import asyncio
import collections
import json
import sys
import time

from websockets.asyncio.server import broadcast, serve

rooms = collections.defaultdict(set)


async def client(socket):
    room = rooms[socket.request.path.split("/")[2]]
    room.add(socket)
    user = None
    try:
        async for raw in socket:
            said = json.loads(raw)
            if said["type"] == "join":
                user = said["name"]
                continue
            event = {"type": "message", "data": {"from": user, "message": said["data"]["message"]}, "tz": time.time()}
            broadcast(room, json.dumps(event))
    finally:
        room.discard(socket)


async def main():
    async with serve(client, "127.0.0.1", int(sys.argv[1]), compression=None) as server:
        await server.serve_forever()


asyncio.run(main())
