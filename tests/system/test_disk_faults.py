"""A disk that is full, and a disk that fails: what was promised holds, and nobody hears what is not kept."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.system.client import Client
from tests.system.crowd import Crowd
from tests.system.server import Server
from tests.system.tokens import token

DISK_BYTES = 96 << 20
IN_FLIGHT = 50


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, in memory. Needs root, which CI is."""
    point = tmp_path / "disk"
    point.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_BYTES},mode=0755", "tmpfs", point], check=True)
    try:
        yield point
    finally:
        subprocess.run(["umount", "--lazy", point], check=True)


def fill(disk: Path, leave_bytes: int) -> Path:
    """A file that takes what is free, less ``leave_bytes``; again if the server took some of it meanwhile."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        for _ in range(100):
            free = os.statvfs(disk)
            with contextlib.suppress(OSError):
                os.posix_fallocate(file.fileno(), 0, free.f_bavail * free.f_frsize - leave_bytes)
                return ballast
    raise AssertionError("the disk could not be filled")


@pytest.mark.parametrize("leave_bytes", [8192, 14 << 20], ids=["nothing", "less than a segment"])
def test_a_full_disk_refuses_and_heals_without_a_restart(small_disk: Path, leave_bytes: int) -> None:
    with Server(small_disk) as server:
        server.log_path = small_disk.parent / "server.log"
        with (
            Client(server.socket_url("lobby"), token=token("ada", "*")) as ada,
            Client(server.socket_url("kitchen"), token=token("ada", "*")) as other,
        ):
            ada.join()
            other.join()
            other.say("in another room")
            acked = [ada.say("before")["seq"]]
            ballast = fill(small_disk, leave_bytes)
            code, number = None, 0
            while code is None and number < 12_000:
                for _ in range(IN_FLIGHT):
                    number += 1
                    ada.send("message", message=f"{number} " + "x" * 3990, ref=number)
                answers = [answer(ada) for _ in range(IN_FLIGHT)]
                acked += [envelope["data"]["seq"] for envelope in answers if envelope["type"] == "ack"]
                code = next((envelope["data"]["code"] for envelope in answers if envelope["type"] == "error"), None)
            assert code in ("storage_full", "unknown_outcome"), "the disk never filled"
            other.send("history", ref="other rooms go on", limit=1)
            assert other.receive("history")["messages"]
            ada.send("history", ref="and reading goes on in this one", limit=1)
            assert ada.receive("history")["messages"]
            ballast.unlink()
            after = say_until_it_is_taken(ada)
            assert after >= acked[-1] + 1
        server.kill()
        rows = server.history("lobby")
        assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
        assert set(acked) <= {row["seq"] for row in rows}
        server.rooms("check")


def answer(client: Client) -> dict[str, Any]:
    """The next ``ack`` or ``error``."""
    while (envelope := client.next())["type"] not in ("ack", "error"):
        pass
    return envelope


def say_until_it_is_taken(client: Client) -> int:
    """The seq of a message sent again, with one cid, until the server has healed."""
    for i in range(200):
        client.send("message", message="after", cid="after", ref=f"after{i}")
        answered = answer(client)
        if answered["type"] == "ack":
            seq: int = answered["data"]["seq"]
            return seq
        client.settled()
    raise AssertionError(f"never healed: {answered}")


@pytest.mark.parametrize("when", [1, 2, 5])
def test_a_failed_sync_ends_the_server_and_nothing_unheard_is_lost(tmp_path: Path, when: int) -> None:
    server = Server(tmp_path)
    with server, Crowd() as crowd:
        ada = crowd.open(server.port, "/rooms/lobby/ws", token("ada", "*"))
        bob = crowd.open(server.port, "/rooms/lobby/ws", token("bob", "*"))
        crowd.wait(lambda: ada.is_open and bob.is_open, "upgrades")
        ada.send("join")
        bob.send("join")
        ada.send("message", message="before", cid="before")
        crowd.wait(lambda: bool(ada.of("ack") and bob.of("message")), "the first message")
        assert server.process is not None
        with injected(server.process.pid, f"fdatasync,fsync:error=EIO:when={when}+"):
            for i in range(20):
                ada.send("message", message=str(i), cid=str(i))
                crowd.turn(0.05)
            crowd.wait(lambda: bool(ada.is_over and bob.is_over), "the server to end")
            status = server.wait(30)
        assert status != 0
        assert "sync" in server.log().lower()
        crowd.read_to_the_end()
        server.start()
        stored = {row["message"]: row["seq"] for row in server.history("lobby")}
        for ack in ada.of("ack"):
            assert stored[ack["cid"]] == ack["seq"]
        for message in [*ada.of("message"), *bob.of("message")]:
            assert stored[message["message"]] == message["seq"]
        server.rooms("check")


@contextmanager
def injected(pid: int, fault: str) -> Iterator[None]:
    """The process with a fault in its system calls, by strace, until the block ends."""
    strace = shutil.which("strace")
    assert strace, "install Debian's strace"
    tracer = subprocess.Popen(
        [strace, "-f", "-p", str(pid), "-e", "trace=fdatasync,fsync", "-e", f"inject={fault}"], stderr=subprocess.PIPE, text=True
    )
    try:
        assert tracer.stderr is not None
        assert "attached" in tracer.stderr.readline()
        yield
    finally:
        tracer.kill()
        tracer.communicate()
