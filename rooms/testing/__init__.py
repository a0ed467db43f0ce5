"""A harness for authors: run a room class in virtual time, with recording clients, on real files, without sockets.

async def test_everybody_hears(tmp_path, autojump_clock):
    async with open_harness({"lobby": Lobby}, data=tmp_path) as harness:
        ada = await harness.connect("attic", user="ada")
        await ada.send("hello")
        assert ada.received == ["hello"]
"""

from rooms.lifecycle import State
from rooms.testing.client import Client, Failure
from rooms.testing.clock import VirtualDate
from rooms.testing.disk import Disk
from rooms.testing.harness import Harness, open_harness
from rooms.testing.log import RecordingLog

__all__ = ["Client", "Disk", "Failure", "Harness", "RecordingLog", "State", "VirtualDate", "open_harness"]
