"""The device room: which device is which socket, and who hears what."""

from __future__ import annotations

from rooms import Connection, ConnectRequest, Event, Refusal, Room

DEVICES = ("mobile", "desktop")
"""What a device may be; each is also the tag of its connection."""

OTHER = {"mobile": "desktop", "desktop": "mobile"}
REPLACED = "This connection has been overwritten with a new one"
REPLACED_CODE = 4409
NO_DEVICE = Refusal("bad_message", "device: mobile or desktop")
NOT_YOURS = Refusal("not_authorized", "Not authorized", close_code=4403)


class DeviceRoom(Room):
    """The room of the user it is named after: at most one socket a device, the latest wins.

    Text goes to both devices in a ``frame`` event, bytes go to the other one as they are. Nothing is stored: which device a
    connection is, its tag says.
    """

    envelopes = True
    relays = True

    async def on_connect(self, connection: Connection, request: ConnectRequest) -> Refusal | None:
        """Take the place of the device, from whoever has it."""
        device = request.query.get("device")
        if device not in DEVICES:
            return NO_DEVICE
        if connection.user != self.name:
            return NOT_YOURS
        for older in self.connections(device):
            older.send(Event("replaced", {"device": device, "message": REPLACED}))
            older.close(REPLACED_CODE, REPLACED)
        connection.tags = [device]
        return None

    async def on_message(self, connection: Connection, message: str | bytes) -> None:
        """Pass it on."""
        device = connection.tags[0]
        if isinstance(message, bytes):
            self.broadcast(message, tag=OTHER[device])
        else:
            self.broadcast(self._frame(device, message))

    def _frame(self, device: str, text: str) -> Event:
        here = {each: bool(self.connections(each)) for each in ("desktop", "mobile")}
        return Event("frame", {**here, "room": self.name, "from": device, "message": text})
