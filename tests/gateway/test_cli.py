"""The command line: what it prints, how it ends, and that a wrong word brings a sentence that helps."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import jwt
import pytest
from websockets.sync.client import connect

from gateway.cli import COMMANDS, main
from tests.system.server import ROOT, SECRET, Server


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands run in an empty folder, with no settings but those of the test."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("ROOMS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder in which three things were said in ``lobby``, and whose server was killed at once: the journal is ahead."""
    folder = tmp_path_factory.mktemp("told")
    with Server(folder, dev=True) as server:
        with connect(server.socket_url("lobby")) as ada:
            ada.send('{"type":"join","data":{"name":"Ada"}}')
            for n in (1, 2, 3):
                ada.send(json.dumps({"type": "message", "data": {"message": f"number {n}\nand \u202emore", "cid": str(n)}}))
            while '"ack"' not in (frame := str(ada.recv(timeout=5))) or '"cid":"3"' not in frame:
                pass
            server.kill()
        yield server.data


def run(capsys: pytest.CaptureFixture[str], *words: str | Path) -> tuple[int, str, str]:
    """A command's exit status, stdout and stderr."""
    status = main([str(word) for word in words])
    out, err = capsys.readouterr()
    return status, out, err


def test_history_shows_what_only_the_journal_has(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, out, _ = run(capsys, "history", "lobby", "--data", told)

    assert status == 0
    lines = out.splitlines()
    assert [line.split()[0] for line in lines] == ["1", "2", "3"]
    assert lines[0].endswith("): number 1\\nand \\u202emore")


def test_history_as_json_is_one_object_a_line(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "history", "lobby", "--json", "--tail", "2", "--data", told)

    rows = [json.loads(line) for line in out.splitlines()]
    assert [row["seq"] for row in rows] == [2, 3]
    assert all({"seq", "id", "time", "from", "message"} <= set(row) for row in rows)
    assert rows[0]["message"] == "number 2\nand \u202emore"
    assert "\u202e" not in out, "a terminal would obey it"


def test_reading_changes_nothing(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def everything() -> dict[str, tuple[int, int]]:
        files = [path for path in sorted(told.rglob("*")) if path.is_file() and not path.name.endswith("-shm")]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}

    before = everything()
    for words in (["history", "lobby"], ["list"], ["inspect", "lobby"], ["check"]):
        assert run(capsys, *words, "--data", told)[0] == 0
    assert everything() == before


def test_list_has_the_columns_and_the_json_of_every_room(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, table, _ = run(capsys, "list", "--data", told)
    _, lines, _ = run(capsys, "list", "--json", "--data", told)
    _, none, _ = run(capsys, "list", "--kind", "counters", "--json", "--data", told)

    header, row = table.splitlines()
    assert header.split() == ["NAME", "KIND", "MESSAGES", "SIZE", "LAST", "ACTIVITY"]
    assert row.split()[:3] == ["lobby", "rooms", "3"]
    listed = json.loads(lines)
    assert (listed["name"], listed["kind"], listed["messages"]) == ("lobby", "rooms", 3)
    assert listed["size_bytes"] >= 0
    assert listed["last_activity"].endswith("Z")
    assert none == ""


def test_inspect_shows_the_tables_and_the_epoch(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "inspect", "lobby", "--data", told)
    _, lines, _ = run(capsys, "inspect", "lobby", "--json", "--data", told)

    facts = json.loads(lines.splitlines()[0])
    assert facts["tables"]["messages"] == 3
    assert facts["epoch"] in out
    assert "messages (3 rows)" in out


def test_check_is_quiet_about_a_sound_folder_and_names_a_damaged_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with Server(tmp_path, dev=True) as server:
        with connect(server.socket_url("lobby")) as ada:
            ada.send('{"type":"join"}')
            ada.send('{"type":"message","data":{"message":"x","cid":"1"}}')
            while '"ack"' not in str(ada.recv(timeout=5)):
                pass
        assert server.stop() == 0
    assert run(capsys, "check", "--data", server.data)[0] == 0

    for file in (server.data / "rooms").rglob("lobby.sqlite3*"):
        file.write_bytes(b"no database at all" * 400)
    status, out, _ = run(capsys, "check", "--data", server.data)

    assert status == 1
    assert "lobby" in out


def test_a_reader_beside_the_server_and_any_sqlite_tool_agree(tmp_path: Path) -> None:
    with Server(tmp_path, dev=True) as server:
        with connect(server.socket_url("lobby")) as ada:
            ada.send('{"type":"join","data":{"name":"Ada"}}')
            ada.send('{"type":"message","data":{"message":"Hello","cid":"1"}}')
            while '"ack"' not in str(ada.recv(timeout=5)):
                pass
            assert [row["message"] for row in server.history("lobby")] == ["Hello"]
        assert server.stop() == 0
    file = next((server.data / "rooms").rglob("lobby.sqlite3"))
    with sqlite3.connect(file) as connection:
        assert connection.execute("select seq, body from messages").fetchall() == [(1, "Hello")]


def test_follow_prints_what_is_said_from_now_on(tmp_path: Path) -> None:
    with Server(tmp_path, dev=True) as server, connect(server.socket_url("lobby")) as ada:
        ada.send('{"type":"join","data":{"name":"Ada"}}')
        words = server.command("history", "lobby", "--follow", "--json")
        follower = subprocess.Popen(words, cwd=ROOT, env=server.environment(), stdout=subprocess.PIPE, text=True)
        assert follower.stdout is not None
        for n in (1, 2):
            ada.send(json.dumps({"type": "message", "data": {"message": f"{n}", "cid": str(n)}}))
            assert json.loads(follower.stdout.readline())["message"] == str(n)
        follower.send_signal(signal.SIGINT)
        assert follower.wait(10) == 130


def test_token_as_json_says_until_when_it_is_good(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMS_JWT_SECRET", SECRET)

    status, out, _ = run(capsys, "token", "--sub", "alice", "--room", "lobby", "--ttl", "15m", "--json")

    assert status == 0
    told = json.loads(out)
    assert jwt.decode(told["token"], SECRET, algorithms=["HS256"]) == told["claims"]
    assert told["claims"]["exp"] == datetime.fromisoformat(told["expires"]).timestamp()


def test_token_is_alone_on_stdout_and_says_what_it_was_told(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROOMS_JWT_SECRET", SECRET)

    status, out, err = run(capsys, "token", "--sub", "alice", "--room", "lobby", "--room", "team-*", "--admin", "--ttl", "15m")

    assert (status, err, out.count("\n")) == (0, "", 1)
    claims = jwt.decode(out.strip(), SECRET, algorithms=["HS256"])
    assert (claims["sub"], claims["rooms"], claims["admin"]) == ("alice", ["lobby", "team-*"], True)
    assert claims["exp"] - claims["iat"] == 900


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["frobnicate"], "Unknown command"),
        (["token"], "--sub"),
        (["token", "--sub", "alice"], "ROOMS_JWT_SECRET"),
        (["token", "--sub", "a/b"], "cannot be a user"),
        (["token", "--sub", "alice", "--ttl", "soon"], "no duration"),
        (["serve"], "--dev"),
        (["serve", "--port", "high"], "port"),
        (["serve", "--dev", "--kind", "nothing"], "module:Class"),
        (["serve", "--dev", "--kind", "x=nowhere:Class"], "no module nowhere"),
        (["serve", "--dev", "--kind", "x=json:JSONDecoder"], "rooms.Room"),
        (["serve", "--dev", "--kind", "rooms=json:Class"], "rooms"),
        (["serve", "--prot", "8080"], "--prot"),
        (["serve", "--config", "nowhere.toml"], "nowhere.toml"),
        (["history"], "NAME"),
        (["history", "lobby"], "--data"),
        (["history", "a/b"], "no room can be called"),
        (["history", "lobby", "--tail", "-1"], "--tail"),
        (["inspect", "lobby", "--kind", "Bad"], "no kind"),
        (["list", "--data", "nowhere"], "nowhere"),
        (["check"], "--data"),
    ],
)
def test_a_wrong_word_brings_a_sentence_and_status_2(
    words: list[str], says: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    status, out, err = run(capsys, *words)

    assert (status, out) == (2, "")
    assert err.startswith("rooms: ")
    assert says in err
    assert "Traceback" not in err
    assert list(tmp_path.iterdir()) == [], "nothing was made"


def test_an_unknown_room_is_named_with_what_to_do(told: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _, err = run(capsys, "history", "nowhere", "--data", told)

    assert status == 2
    assert "rooms list" in err


def test_config_says_where_each_value_came_from(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ROOMS_PORT", "9000")
    monkeypatch.setenv("ROOMS_JWT_SECRET", SECRET)
    (tmp_path / "rooms.toml").write_text('durability = "relaxed"\n')

    _, out, _ = run(capsys, "config", "--json")

    found = {row["name"]: row for row in map(json.loads, out.splitlines())}
    assert (found["port"]["value"], found["port"]["source"]) == ("9000", "environment")
    assert (found["durability"]["value"], found["durability"]["source"]) == ("relaxed", "rooms.toml")
    assert found["idle_seconds"]["source"] == "default"
    assert SECRET not in out
    assert all(row["meaning"] for row in found.values())


def test_every_command_has_help(capsys: pytest.CaptureFixture[str]) -> None:
    for command in COMMANDS:
        status, out, _ = run(capsys, command, "--help")
        assert status == 0
        assert f"rooms {command}" in out


def test_the_module_is_the_command_and_the_current_folder_shadows_nothing(tmp_path: Path) -> None:
    (tmp_path / "trio.py").write_text("raise SystemExit('shadowed')\n")
    (tmp_path / "cyclopts.py").write_text("raise SystemExit('shadowed')\n")
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}

    done = subprocess.run(
        [sys.executable, "-m", "gateway", "config", "--json"], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30
    )

    assert done.returncode == 0, done.stderr
    assert '"port"' in done.stdout


def test_a_reader_that_has_seen_enough_is_no_error(told: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    words = [sys.executable, "-P", "-m", "gateway", "history", "lobby", "--data", str(told)]
    command = subprocess.Popen(words, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert command.stdout is not None
    assert command.stderr is not None
    command.stdout.close()

    assert command.wait(30) == 0
    assert command.stderr.read() == ""
