"""`rooms backup` beside a server that is written to, and a second server on what `rooms restore` makes of it."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.system.client import Client
from tests.system.crowd import Crowd, Member
from tests.system.server import Server
from tests.system.tokens import token

ROOMS = [f"room-{number}" for number in range(4)]
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


def test_a_restored_server_knows_accounts_files_private_messages_and_what_to_find(tmp_path: Path) -> None:
    ada, bob = token("ada", "*"), token("bob", "*")
    with Server(tmp_path, carrier="hub") as server:
        account = {"user": "carl", "password": "correct horse battery"}
        assert called(server, "/api/accounts", {**account, "full_name": "Carl"})[0] == 201
        form = b'--x\r\nContent-Disposition: form-data; name="file"; filename="n.txt"\r\nContent-Type: text/plain\r\n\r\nkept\r\n--x--\r\n'
        with Client(server.socket_url("lobby"), token=ada) as client:
            client.join()
            headers = {"Authorization": f"Bearer {ada}", "Content-Type": "multipart/form-data; boundary=x"}
            status, answer = server.get("/api/rooms/lobby/files", headers, "POST", form)
            assert status == 201
            file = json.loads(answer)["id"]
            client.say("a zebra", files=[file])
        with Client(f"ws://{server.host}/ws", token=ada) as client, Client(f"ws://{server.host}/ws", token=bob):
            client.send("private", to="bob", message="psst", cid="1")
            client.receive("ack")
        server.rooms("backup", str(tmp_path / "backup"))
        server.kill()
        shutil.rmtree(server.data)
        server.rooms("restore", str(tmp_path / "backup"))
        server.start()

        assert called(server, "/api/sessions", account)[0] == 201
        assert server.get(f"/api/rooms/lobby/files/{file}", {"Authorization": f"Bearer {ada}"}) == (200, b"kept")
        with Client(server.socket_url("lobby"), token=ada) as client:
            client.join()
            client.send("search", query="zebra")
            assert [found["files"] for found in client.receive("results")["messages"]] == [[file]]
        with Client(f"ws://{server.host}/ws", token=bob) as client:
            assert [known["last"]["message"] for known in client.receive("hello")["conversations"]] == ["psst"]
        server.rooms("check")


def called(server: Server, path: str, body: dict[str, str]) -> tuple[int, bytes]:
    return server.get(path, {"Content-Type": "application/json"}, "POST", json.dumps(body).encode())


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
