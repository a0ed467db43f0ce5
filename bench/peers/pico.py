"""picows (Cython) on uvloop: in memory, nothing kept. The fastest WebSocket server of the Python world."""

import collections
import json
import sys
import time

import uvloop
from picows import WSListener, WSMsgType, ws_create_server

rooms = collections.defaultdict(set)


class Client(WSListener):
    def __init__(self, name):
        self.room = rooms[name]
        self.user = None

    def on_ws_connected(self, transport):
        self.room.add(transport)

    def on_ws_disconnected(self, transport):
        self.room.discard(transport)

    def on_ws_frame(self, transport, frame):
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        said = json.loads(frame.get_payload_as_bytes())
        if said["type"] == "join":
            self.user = said["name"]
            return
        event = {"type": "message", "data": {"from": self.user, "message": said["data"]["message"]}, "tz": time.time()}
        payload = json.dumps(event).encode()
        for other in self.room:
            other.send(WSMsgType.TEXT, payload)


async def main():
    server = await ws_create_server(lambda request: Client(request.path.decode().split("/")[2]), "127.0.0.1", int(sys.argv[1]))
    await server.serve_forever()


uvloop.run(main())
