"""What a room keeps on disk, looked at with `sqlite3` and the command line, beside the server and after its death."""

from __future__ import annotations

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.system.client import Client
from tests.system.crowd import Crowd
from tests.system.server import ROOT, Server
from tests.system.tokens import token

SAID = ["one", "two", "three", "vier", "五", "'six'", '"seven"']


@pytest.fixture
def ada(server: Server) -> Iterator[Client]:
    with Client(server.socket_url("lobby"), token=token("ada", "*")) as client:
        client.join()
        for text in SAID:
            client.say(text)
        yield client


def room_file(server: Server) -> Path:
    (path,) = (server.data / "rooms" / "rooms").rglob("lobby.sqlite3")
    return path


def selected(path: Path, statement: str) -> list[str]:
    """What the system's own sqlite3 prints, complaints first."""
    program = shutil.which("sqlite3")
    assert program, "install Debian's sqlite3"
    done = subprocess.run([program, "-readonly", path, statement], capture_output=True, text=True, timeout=20)
    return [*done.stderr.splitlines(), *done.stdout.splitlines()]


def test_the_file_reads_like_a_log_beside_the_server_and_after_it(server: Server, ada: Client) -> None:
    expected = [f"{seq}|ada|{text}" for seq, text in enumerate(SAID, 1)]
    statement = "select seq, sender, body from messages"
    with Crowd() as patience:  # the file may be a tenth of a second behind what was heard
        patience.wait(lambda: selected(room_file(server), statement) == expected, "the lazy commit")
    ada.say("after somebody looked")
    server.stop()
    assert selected(room_file(server), statement) == [*expected, f"{len(SAID) + 1}|ada|after somebody looked"]


def test_history_right_after_kill_9_shows_every_acknowledged_message(server: Server, ada: Client) -> None:
    ada.say("the last word")
    server.kill()
    rows = server.history("lobby")
    assert [row["message"] for row in rows] == [*SAID, "the last word"]
    assert [row["seq"] for row in rows] == list(range(1, len(rows) + 1))
    assert {row["from"] for row in rows} == {"ada"}
    assert [json.loads(line)["message"] for line in server.rooms("history", "lobby", "--tail", "2", "--json").splitlines()] == [
        SAID[-1],
        "the last word",
    ]
    (listed,) = map(json.loads, server.rooms("list", "--kind", "rooms", "--json").splitlines())
    assert (listed["name"], listed["kind"], listed["messages"]) == ("lobby", "rooms", len(rows))
    server.rooms("check")


def test_reading_commands_change_nothing(server: Server, ada: Client) -> None:
    server.kill()
    before = {path: path.read_bytes() for path in server.data.rglob("*") if path.is_file() and not path.name.endswith("-shm")}
    for command in (["list"], ["history", "lobby"], ["inspect", "lobby"], ["check"], ["config"]):
        server.rooms(*command)
    after = {path: path.read_bytes() for path in server.data.rglob("*") if path.is_file() and not path.name.endswith("-shm")}
    assert after == before


def test_commands_beside_the_running_server(server: Server, ada: Client) -> None:
    assert [row["message"] for row in server.history("lobby")] == SAID
    assert len(server.rooms("history", "lobby", "--tail", "5").splitlines()) == 5
    assert "lobby" in server.rooms("list")
    assert "lobby" in server.rooms("inspect", "lobby")
    assert json.loads(server.rooms("inspect", "lobby", "--json"))["epoch"]
    server.rooms("check")
    assert ada.say("and the server did not mind")


def test_history_of_an_unknown_room_says_so(server: Server) -> None:
    done = subprocess.run(
        server.command("history", "nowhere"), cwd=ROOT, env=server.environment(), capture_output=True, text=True, timeout=60
    )
    assert done.returncode != 0
    assert "nowhere" in done.stderr


def test_the_folder_is_its_owners_alone(server: Server, ada: Client) -> None:
    for path in [server.data, *server.data.rglob("*")]:
        expected = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == expected, path


def test_a_second_server_on_the_folder_refuses_and_the_first_serves_on(server: Server, ada: Client) -> None:
    second = Server(server.data.parent, env={"ROOMS_PORT": "0"})
    second.log_path = server.data.parent / "second.log"
    second.start(wait=False)
    assert second.wait() != 0
    assert "another server uses" in second.log()
    assert ada.say("not disturbed")


def test_a_damaged_room_is_set_aside_and_all_others_serve(server: Server, ada: Client) -> None:
    with Client(server.socket_url("kitchen"), token=token("ada", "*")) as kitchen:
        kitchen.join()
        kitchen.say("fine")
    assert server.stop() == 0
    path = room_file(server)
    path.write_bytes(b"")
    for beside in (Path(f"{path}-wal"), Path(f"{path}-shm")):
        beside.unlink(missing_ok=True)
    assert "lobby" in server.rooms("check", status=1)
    server.start()
    with Client(server.socket_url("lobby"), token=token("ada", "*")) as late:
        late.send("join")
        assert late.close_code() == 1011
        assert late.receive("error")["code"] == "unavailable"
    assert server.get("/rooms/lobby/ws", upgrade(server))[0] == 503, "what is known is refused before the upgrade"
    with Client(server.socket_url("kitchen"), token=token("ada", "*")) as kitchen:
        assert [message["message"] for message in kitchen.join()["history"]] == ["fine"]


def upgrade(server: Server) -> dict[str, str]:
    return {
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        "Authorization": f"Bearer {token('ada', '*')}",
    }
