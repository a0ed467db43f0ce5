"""A user's devices: one mobile and one desktop that hear each other. Keeps nothing."""

from rooms.kinds.devices.room import DEVICES, DeviceRoom

__all__ = ["DEVICES", "DeviceRoom"]
