"""`rooms backup` beside a server that is written to, and a second server on what `rooms restore` makes of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from tests.system.client import Client
from tests.system.crowd import Crowd, Member
from tests.system.server import Server
from tests.system.tokens import token

ROOMS = [f"room-{number}" for number in range(8)]
IN_FLIGHT = 4


class Writer:
    """Keeps messages in flight in one room and notes what the server promised of them."""

    def __init__(self, crowd: Crowd, server: Server, room: str) -> None:
        self.room = room
        self.said = 0
        self._member: Member = crowd.open(server.port, f"/rooms/{room}/ws", token(f"user-{room}", "*"))

    def begin(self) -> None:
        self._member.send("join")

    def go_on(self) -> None:
        while self.said - len(self.acked) < IN_FLIGHT:
            self.said += 1
            self._member.send("message", message=f"{self.room} {self.said}", cid=str(self.said))

    @property
    def is_open(self) -> bool:
        return self._member.is_open

    @property
    def acked(self) -> dict[str, tuple[str, int]]:
        return {ack["cid"]: (ack["id"], ack["seq"]) for ack in self._member.of("ack")}


def test_every_message_acked_before_the_backup_began_is_in_a_server_on_the_restored_folder(tmp_path: Path) -> None:
    with Crowd() as crowd, Server(tmp_path, carrier="hub") as server:
        writers = [Writer(crowd, server, room) for room in ROOMS]
        crowd.wait(lambda: all(writer.is_open for writer in writers), "sockets")
        for writer in writers:
            writer.begin()
        write_until(crowd, writers, lambda: all(len(writer.acked) > 50 for writer in writers))

        before = {writer.room: writer.acked for writer in writers}
        command = server.command("backup", str(tmp_path / "backup"), "--json")
        with subprocess.Popen(command, env=server.environment(), stdout=subprocess.PIPE, text=True) as backing_up:
            write_until(crowd, writers, lambda: backing_up.poll() is not None)
            printed = json.loads(backing_up.communicate()[0])
        assert (backing_up.returncode, printed["left_out"]) == (0, [])
        assert printed["rooms"] >= len(ROOMS)
        after = {writer.room: len(writer.acked) for writer in writers}
        write_until(crowd, writers, lambda: all(len(writer.acked) > after[writer.room] for writer in writers))
        with Client(server.socket_url(ROOMS[0]), token=token("ada", "*")) as ada:
            former = ada.join()
        server.stop()
        server.rooms("check")

    (tmp_path / "second").mkdir()
    with Server(tmp_path / "second", carrier="hub", env={"ROOMS_DATA": str(tmp_path / "restored")}) as second:
        second.stop()  # it made an empty folder: that one is not restored into
        assert "not empty" in refused(second, "restore", str(tmp_path / "backup"))
        second.rooms("restore", str(tmp_path / "backup"), "--data", str(second.data))
        second.rooms("check", "--data", str(second.data))
        other = Server(tmp_path / "second", carrier="hub")
        with other:
            assert "another server uses" in refused(other, "restore", str(tmp_path / "backup"))
            for room in ROOMS:
                kept = {row["cid"]: (row["id"], row["seq"]) for row in other.history(room)}
                assert before[room].items() <= kept.items()
                assert sorted(seq for _, seq in kept.values()) == list(range(1, len(kept) + 1))
            with Client(other.socket_url(ROOMS[0]), token=token("ada", "*")) as ada:
                joined = ada.join(since=former["head"], epoch=former["epoch"])
                assert joined["recovered"] is False
                assert joined["epoch"] != former["epoch"]
                assert ada.say("on we go")["seq"] == joined["head"] + 1


def write_until(crowd: Crowd, writers: list[Writer], is_done: object) -> None:
    assert callable(is_done)

    def done() -> bool:
        for writer in writers:
            writer.go_on()
        return bool(is_done())

    crowd.wait(done, "writers")


def refused(server: Server, *arguments: str) -> str:
    """What a command that is asked wrongly says."""
    done = subprocess.run(server.command(*arguments), env=server.environment(), capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (2, "")
    return done.stderr
