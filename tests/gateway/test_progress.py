"""How far a command has come is said on a terminal, and nowhere else."""

from __future__ import annotations

import io
import sys

import pytest

from gateway.commands.progress import ProgressLine, progress_text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_how_much_is_done_is_said_as_far_as_it_is_known() -> None:
    assert progress_text("copying rooms", 1200, 100_000) == "copying rooms  1,200 of 100,000 (1%)"
    assert progress_text("copying files", 30, 0) == "copying files  30"
    assert progress_text("syncing", 0, 0) == "syncing"


def test_a_terminal_shows_one_line_that_is_wiped_at_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with ProgressLine() as progress:
        for done in range(1001):
            progress("copying", done, 1000)
    shown = terminal.getvalue()
    assert "copying  1,000 of 1,000 (100%)" in shown
    assert "\n" not in shown
    assert shown.count("copying") < 100, "not a write for each room"
    assert shown.endswith("\r")


def test_a_pipe_hears_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stderr", pipe)
    with ProgressLine() as progress:
        progress("copying", 1, 2)
    assert pipe.getvalue() == ""
