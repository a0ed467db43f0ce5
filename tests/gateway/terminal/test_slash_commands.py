"""What typed lines mean, and what Tab makes of them."""

from __future__ import annotations

import pytest

from gateway.terminal.completion import Cycle, completions
from gateway.terminal.slash_commands import COMMANDS, Command, Mistake, Sanction, read, read_sanction

USERS = ["ada", "bob", "Bobby"]
ROOMS = ["lobby", "loft"]


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("Hello / there", "Hello / there"),
        ("//etc/passwd", "/etc/passwd"),
        ("/me waves", Command("me", "waves")),
        ("/ME  waves ", Command("me", "waves")),
        ("/quit", Command("quit", "")),
        ("/private bob hi there", Command("private", "bob hi there")),
    ],
)
def test_a_line_is_said_or_obeyed(line: str, meant: object) -> None:
    assert read(line) == meant


@pytest.mark.parametrize(("line", "helps"), [("/frob", "/help"), ("/", "/help"), ("/join", "/join ROOM"), ("/react  ", "/react EMOJI")])
def test_a_mistake_says_what_would_make_sense(line: str, helps: str) -> None:
    mistake = read(line)
    assert isinstance(mistake, Mistake)
    assert helps in mistake.words


@pytest.mark.parametrize(
    ("rest", "meant"),
    [
        ("bob", Sanction("bob", None, None)),
        ("bob 60", Sanction("bob", 60, None)),
        ("bob 60 too loud", Sanction("bob", 60, "too loud")),
        ("bob too loud", Sanction("bob", None, "too loud")),
        ("bob 0 loud", Sanction("bob", None, "0 loud")),
    ],
)
def test_a_sanction_names_whom_for_how_long_and_why(rest: str, meant: Sanction) -> None:
    assert read_sanction(rest) == meant


@pytest.mark.parametrize(
    ("text", "candidates"),
    [
        ("/re", ["/react ", "/reply ", "/retry "]),
        ("bo", ["bob: ", "Bobby: "]),
        ("hey BO", ["bob ", "Bobby "]),
        ("hey @ad", ["@ada "]),
        ("/kick b", ["bob ", "Bobby "]),
        ("/kick @b", ["bob ", "Bobby "]),
        ("/join lo", ["lobby ", "loft "]),
        ("", []),
        ("zz", []),
    ],
)
def test_tab_completes_commands_users_and_rooms(text: str, candidates: list[str]) -> None:
    assert list(completions(text, len(text), USERS, ROOMS).candidates) == candidates


def test_tab_again_takes_the_next_and_another_key_begins_anew() -> None:
    cycle = Cycle()
    text, cursor = "bo", 2
    seen = []
    for _ in range(3):
        completed = cycle.next(text, cursor, USERS, ROOMS)
        assert completed is not None
        text, cursor = completed
        seen.append(text)
    assert seen == ["bob: ", "Bobby: ", "bob: "]
    cycle.reset()
    assert cycle.next("ad", 2, USERS, ROOMS) == ("ada: ", 5)


def test_tab_in_the_middle_keeps_what_follows() -> None:
    assert Cycle().next("ask bo about it", 6, USERS, ROOMS) == ("ask bob  about it", 8)


def test_every_command_says_what_it_does() -> None:
    assert all(slash.does for slash in COMMANDS.values())
    assert {"help", "me", "join", "private", "react", "edit", "delete", "reply", "search", "who", "kick", "quit"} <= set(COMMANDS)
