"""A shell that has read ``rooms completion`` completes the words of every command."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.cli import COMMANDS, main

_COMPLETE = """
source "$1"
shift
COMP_WORDS=(rooms "$@")
COMP_CWORD=$#
_rooms
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("completion") / "rooms"
    with pytest.MonkeyPatch.context() as patch, path.open("w", encoding="utf-8") as file:
        patch.setattr("sys.stdout", file)
        assert main(["completion", "bash"]) == 0
    return path


def completed(script: Path, *words: str) -> list[str]:
    bash = shutil.which("bash")
    if bash is None:
        pytest.skip("there is no bash here")
    done = subprocess.run([bash, "-c", _COMPLETE, "bash", script, *words], capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_commands_are_completed(script: Path) -> None:
    assert completed(script, "back") == ["backup"]
    assert {*COMMANDS, "bench"} <= set(completed(script, ""))


def test_flags_are_completed(script: Path) -> None:
    assert completed(script, "history", "--fo") == ["--follow"]
    assert "--data" in completed(script, "restore", "--")
    assert completed(script, "serve", "--dev", "--po") == ["--port"]


def test_zsh_completes_whether_the_script_lies_in_its_path_or_is_sourced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "zsh"]) == 0
    *_, test, call, _, register, end = capsys.readouterr().out.splitlines()
    assert test == "if [[ $funcstack[1] == _rooms ]]; then"
    assert call.split() == ["_cyclopts_rooms", '"$@"']
    assert register.split() == ["compdef", "_cyclopts_rooms", "rooms"]
    assert end == "fi"


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_other_shells_are_served_too(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    printed = capsys.readouterr().out
    assert all(command in printed for command in COMMANDS)
