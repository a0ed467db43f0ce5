"""`rooms chat` against a real server: the full screen by the keys one hits, a pipe by its lines."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import select
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import trio
from textual.pilot import Pilot

from gateway.terminal.chat_app import ChatApp
from gateway.terminal.contact import Unreachable
from gateway.terminal.input_box import InputBox
from gateway.terminal.message_log import MessageLog
from rooms.client import Client as RoomsClient
from rooms.client import ClientSettings, Guest, Room, open_client
from tests.system.client import Client
from tests.system.server import Server
from tests.system.tokens import token

PATIENCE_SECONDS = 35.0
SIZES = [(140, 40), (40, 12)]
HASTE = ClientSettings(backoff_min_seconds=0.1, backoff_max_seconds=0.3)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server(tmp_path_factory.mktemp("chat"), carrier="hub", dev=True) as server:
        yield server


def app_of(server: Server, room: str, name: str) -> ChatApp:
    url = f"http://{server.host}"
    return ChatApp(partial(open_client, url, guest=Guest(name=name, key=f"{room} {name}"), settings=HASTE), url, room, name)


def screen(app: ChatApp) -> str:
    """Every line of what was said, and the lines around it."""
    said = "\n".join(strip.text for strip in app.query_one(MessageLog).strips)
    return "\n".join([said, *(str(widget.render()) for widget in app.query("Static"))])


async def until(app: ChatApp, holds: Callable[[str], bool]) -> str:
    """What the screen shows once it is so."""
    for _ in range(int(PATIENCE_SECONDS / 0.05)):
        if holds(screen(app)):
            return screen(app)
        await asyncio.sleep(0.05)
    raise AssertionError(f"never came:\n{screen(app)}")


@pytest.mark.parametrize(("columns", "rows"), SIZES)
def test_two_people_talk(columns: int, rows: int, server: Server) -> None:
    room = f"talk-{columns}"

    async def story() -> None:
        app = app_of(server, room, "Tess")
        with Client(server.socket_url(room)) as bob:
            bob.send("join", name="Bob")
            bob.receive("joined")
            async with app.run_test(size=(columns, rows)) as pilot:
                await until(app, lambda shown: f"#{room}" in shown)
                assert app.has_class("members") is (columns >= 80)
                await pilot.press(*"Hello @Bo", "tab", "enter")
                message = await asyncio.to_thread(bob.receive, "message")
                assert message["message"] == "Hello @Bob"
                assert message["mentions"] == [bob_of(server, room)]
                bob.send("typing", typing=True)
                await until(app, lambda shown: "Bob is typing" in shown)
                bob.send("message", message="Hi Tess, \x1b[31mthis is a line that is longer than a narrow terminal is wide", cid="1")
                shown = await until(app, lambda shown: "Hi Tess" in shown and "typing" not in shown)
                assert "\x1b" not in shown
                bob.send("react", id=message["id"], emoji="X")
                await until(app, lambda shown: "X 1" in shown)
                bob.send("message", message="an answer", reply_to=message["id"], cid="2")
                await until(app, lambda shown: "┌ Tess: Hello @Bob" in shown)
                await pilot.press("alt+up", "alt+up", "alt+up")
                await enter(app, pilot, "/edit Hello all")
                await until(app, lambda shown: "┌ Tess: Hello all" in shown)
                for line in ("/reply yes", "/edit yes indeed", "/react O", "/me nods", "/frob", "/who Bob"):
                    await enter(app, pilot, line)
                shown = await until(app, lambda shown: "nods" in shown and "1 here" in shown.replace("2 here", "1 here"))
                assert "yes indeed" in shown
                assert "there is no /frob" in shown
                await enter(app, pilot, "/delete")
                await until(app, lambda shown: "deleted" in shown and "nods" not in shown)
                await enter(app, pilot, "/quit")
            assert app.return_value is None

    asyncio.run(asyncio.wait_for(story(), 2 * PATIENCE_SECONDS))


async def enter(app: ChatApp, pilot: Pilot[object], line: str) -> None:
    """Write a line and hit Enter."""
    app.query_one(InputBox).insert(line)
    await pilot.press("enter")


def bob_of(server: Server, room: str) -> str:
    """The user of the one in the room who is called Bob."""
    with Client(server.socket_url(room)) as client:
        client.send("join", name="Eve")
        users = client.receive("joined")["users"]
        client.send("leave")
        client.receive("left")
        return next(str(user["user"]) for user in users if user["name"] == "Bob")


def talk_alone(bob: Client, count: int) -> None:
    """Come in and say ``number 0.`` and so on."""
    bob.send("join", name="Bob")
    for number in range(count):
        bob.send("message", message=f"number {number}.", cid=str(number))
    while bob.receive("message")["seq"] < count:
        pass


def test_page_up_loads_what_was_said_before_and_new_things_do_not_move_the_reader(server: Server) -> None:
    async def story() -> None:
        with Client(server.socket_url("long")) as bob:
            talk_alone(bob, 120)
            app = app_of(server, "long", "Tess")
            async with app.run_test(size=(80, 24)) as pilot:
                await until(app, lambda shown: "number 119." in shown)
                assert "number 60." not in screen(app)
                while "number 0." not in screen(app):
                    await pilot.press("pageup")
                log = app.query_one(MessageLog)
                before = log.scroll_offset.y
                bob.send("message", message="something new", cid="new")
                await until(app, lambda shown: "something new" in shown and "─ new ─" in shown and "↓ 1 new" in shown)
                assert log.scroll_offset.y == before
                await pilot.press("ctrl+end")
                await until(app, lambda shown: "↓ 1 new" not in shown)
                assert log.scroll_offset.y > before
                assert (await asyncio.to_thread(bob.receive, "read"))["seq"] == 120
                assert (await asyncio.to_thread(bob.receive, "read"))["seq"] == 121
                bob.send("message", message="seen at once", cid="seen")
                assert (await asyncio.to_thread(bob.receive, "read"))["seq"] == 122
                bob.send("leave")
                await until(app, lambda shown: "· Bob left" in shown)

    asyncio.run(asyncio.wait_for(story(), 2 * PATIENCE_SECONDS))


def test_who_pages_up_before_the_room_knows_what_was_read_is_told_of_what_is_new(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    read, is_up = Room.read, trio.Event()

    async def slow_read(room: Room) -> None:
        await is_up.wait()
        await read(room)

    async def story() -> None:
        with Client(server.socket_url("haste")) as bob:
            talk_alone(bob, 40)
            monkeypatch.setattr(Room, "read", slow_read)
            app = app_of(server, "haste", "Tess")
            async with app.run_test(size=(80, 24)) as pilot:
                await until(app, lambda shown: "number 39." in shown)
                await pilot.press("pageup")
                is_up.set()
                assert (await asyncio.to_thread(bob.receive, "read"))["seq"] == 40
                bob.send("message", message="something new", cid="new")
                await until(app, lambda shown: "─ new ─" in shown and "↓ 1 new" in shown)

    asyncio.run(asyncio.wait_for(story(), 2 * PATIENCE_SECONDS))


def test_what_is_written_before_there_is_a_room_stays_until_there_is_one(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    join, may_join = RoomsClient.join, trio.Event()

    async def slow_join(client: RoomsClient, *arguments: Any, **named: Any) -> Room:
        await may_join.wait()
        return await join(client, *arguments, **named)

    monkeypatch.setattr(RoomsClient, "join", slow_join)

    async def story() -> None:
        app = app_of(server, "slow", "Tess")
        async with app.run_test(size=(80, 24)) as pilot:
            await until(app, lambda shown: "entering #slow …" in shown)
            await enter(app, pilot, "hello?")
            assert app.query_one(InputBox).text == "hello?"
            may_join.set()
            await until(app, lambda shown: "#slow  1 here" in shown)
            await pilot.press("enter")
            await until(app, lambda shown: "hello?" in shown and "sending" not in shown)
            await enter(app, pilot, "/leave")
            await until(app, lambda shown: "no room is open" in shown)
            await enter(app, pilot, "/topic What now?")
            await until(app, lambda shown: "enter a room first: /join ROOM" in shown)
        assert [each["message"] for each in server.history("slow")] == ["hello?"]

    asyncio.run(asyncio.wait_for(story(), 2 * PATIENCE_SECONDS))


def test_private_conversations_are_tabs_of_their_own(server: Server) -> None:
    async def story() -> None:
        app = app_of(server, "tabs", "Ada")
        with Client(f"ws://{server.host}/ws") as ben:
            ben.receive("hello")
            ben.send("join", room="tabs", name="Ben")
            ben.receive("joined")
            async with app.run_test(size=(100, 30)) as pilot:
                await until(app, lambda shown: "Ben" in shown)
                await enter(app, pilot, "/private Ben psst")
                letter = await asyncio.to_thread(ben.receive, "private")
                assert letter["message"] == "psst"
                await until(app, lambda shown: "@Ben" in shown and "sending" not in shown)
                await pilot.press("ctrl+n")
                await until(app, lambda shown: "#tabs  2 here" in shown)
                ben.send("private", to=letter["from"], message="and you", cid="1")
                await until(app, lambda shown: "@Ben 1" in shown)
                await pilot.press("ctrl+n")
                await until(app, lambda shown: "and you" in shown)
                ben.send("read", **{"with": letter["from"], "seq": 2})
                await enter(app, pilot, "/leave")
                await until(app, lambda shown: "#tabs  2 here" in shown)

    asyncio.run(asyncio.wait_for(story(), 2 * PATIENCE_SECONDS))


def test_what_is_written_while_the_server_is_away_is_sent_when_it_is_back(tmp_path: Path) -> None:
    async def story() -> None:
        with Server(tmp_path, dev=True) as server:
            app = app_of(server, "away", "Tess")
            async with app.run_test(size=(80, 24)) as pilot:
                await until(app, lambda shown: "#away" in shown)
                await asyncio.to_thread(server.kill)
                await until(app, lambda shown: "offline" in shown)
                await enter(app, pilot, "still here")
                await until(app, lambda shown: "sending" in shown)
                await asyncio.to_thread(server.start)
                await until(app, lambda shown: "sending" not in shown and "offline" not in shown and "still here" in shown)
            assert [each["message"] for each in server.history("away")] == ["still here"]

    asyncio.run(asyncio.wait_for(story(), 3 * PATIENCE_SECONDS))


def test_a_server_that_is_not_there_ends_it_with_a_sentence() -> None:
    async def story() -> None:
        url = "http://127.0.0.1:1"
        app = ChatApp(partial(open_client, url, guest=Guest()), url, "lobby", "Tess")
        async with app.run_test(size=(80, 24)):
            for _ in range(200):
                if app.return_value is not None:
                    break
                await asyncio.sleep(0.05)
        error: BaseException | None = app.return_value
        while isinstance(error, BaseExceptionGroup):
            error = error.exceptions[0]
        assert isinstance(error, Unreachable)
        assert "rooms serve" in str(error)

    asyncio.run(asyncio.wait_for(story(), PATIENCE_SECONDS))


# the command itself


def chat(server: Server, *arguments: str, lines: str = "", status: int = 0) -> str:
    """What `rooms chat` prints when it is given these lines through a pipe."""
    command = [*server.command("chat"), *arguments, "--url", f"http://{server.host}"]
    done = subprocess.run(command, env=home(server), input=lines, capture_output=True, text=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == status, done.stderr
    return done.stdout + done.stderr


def home(server: Server) -> dict[str, str]:
    """The environment, with a home of its own."""
    return {**server.environment(), "HOME": str(server.data.parent)}


def test_a_pipe_says_its_lines_and_hears_the_others(server: Server) -> None:
    """A name is the same guest each time, and another name another guest."""
    chat(server, "piped", "--name", "Ada", lines="first\nsecond\n/me waves\n")
    heard = chat(server, "piped", "--name", "Bo", lines="third\n/frob\n")
    assert "Bo: third" in heard
    chat(server, "piped", "--name", "Ada", lines="fourth\n")

    kept = server.history("piped")
    assert [each["message"] for each in kept] == ["first", "second", "waves", "third", "fourth"]
    assert [line[6:] for line in heard.splitlines() if line[2:3] == ":"][:3] == ["Ada: first", "Ada: second", "* Ada waves"]
    assert "there is no /frob" in heard
    assert kept[0]["from"] == kept[4]["from"] != kept[3]["from"]


def test_messages_can_be_objects_and_what_was_not_sent_is_a_failure(server: Server) -> None:
    too_long = "x" * 5_000
    said = chat(server, "objects", "--name", "Ada", "--json", lines=f"first\n{too_long}\nsecond\n", status=1)
    objects = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert [(each["seq"], each["name"], each["message"]) for each in objects] == [(1, "Ada", "first"), (2, "Ada", "second")]
    assert "rooms chat: not sent: 'xxx" in said


def test_a_reader_that_has_seen_enough_and_an_interrupt_end_it_quietly(server: Server) -> None:
    command = [*server.command("chat"), "quiet", "--url", f"http://{server.host}", "--name", "Ada"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": home(server)}
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        process.stdin.write("one\n")
        process.stdin.flush()
        assert "one" in process.stdout.readline()
        process.stdout.close()
        process.stdin.write("two\n")
        process.stdin.flush()
        assert process.wait(PATIENCE_SECONDS) == 0
        assert process.stderr.read() == ""
    with subprocess.Popen(command, **pipes) as process:  # type: ignore[call-overload]
        assert "one" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 130
        assert process.stderr.read() == ""


def test_a_token_is_shown_and_a_refusal_says_what_to_do(tmp_path: Path) -> None:
    with Server(tmp_path) as server:
        (tmp_path / "token").write_text(token("ada", "lobby"))
        chat(server, "lobby", "--token", f"@{tmp_path / 'token'}", lines="hello\n")
        assert [each["from"] for each in server.history("lobby")] == ["ada"]
        assert "rooms token" in chat(server, "lobby", lines="x\n", status=1)
        assert "rooms token" in chat(server, "secret", "--token", token("ada", "lobby"), status=1)


@pytest.mark.parametrize(
    ("arguments", "helps"),
    [
        (["a/b"], "1 to 128 characters"),
        (["lobby", "--url", "ftp://x"], "http://host:port"),
        (["lobby", "--name", ""], "1 to 64 characters"),
        (["lobby", "--token", "@/no/such/file"], "No such file"),
    ],
)
def test_a_wrong_argument_is_said_and_nothing_is_done(arguments: list[str], helps: str, server: Server) -> None:
    done = subprocess.run([*server.command("chat"), *arguments], env=home(server), input="", capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert helps in done.stderr


def test_a_terminal_gets_the_full_screen_and_is_given_back_as_it_was(server: Server) -> None:
    near, far = pty.openpty()
    command = [*server.command("chat"), "terminal", "--url", f"http://{server.host}", "--name", "Tess"]
    environment = {**home(server), "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"}
    with subprocess.Popen(command, env=environment, stdin=far, stdout=far, stderr=far, close_fds=True) as process:
        os.close(far)
        seen = drawn(near, b"#terminal")
        os.write(near, b"from a terminal\r")
        seen += drawn(near, b"from a terminal")
        os.write(near, b"\x11")  # Ctrl+Q
        seen += drawn(near, b"\x1b[?1049l")
        assert process.wait(PATIENCE_SECONDS) == 0
    os.close(near)
    assert b"\x1b[?1049h" in seen, "the other screen was used"
    assert [each["message"] for each in server.history("terminal")] == ["from a terminal"]


def drawn(terminal: int, text: bytes) -> bytes:
    """What was drawn until ``text`` was."""
    seen = b""
    for _ in range(int(PATIENCE_SECONDS / 0.1)):
        if select.select([terminal], [], [], 0.1)[0]:
            with suppress(OSError):
                seen += os.read(terminal, 65_536)
        if text in seen:
            return seen
    raise AssertionError(f"{text!r} was never drawn: {seen[-2000:]!r}")
