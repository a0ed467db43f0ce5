"""Reads a page of the documentation and does what it says, as a reader would: saves its files, serves, types its commands.

A page says what to do with a block in the line before it, which readers do not see:

    <!-- file: counter.py -->         the next block is saved under this name
    <!-- serve: --dev -->             a server with these flags runs from here on (on a port of its own, in place of 8080)

``python`` blocks are run and may be followed by an ``output`` block; in ``console`` blocks, lines after ``$`` are typed and the
others are what they print. ``…`` stands for anything, also for many lines.
"""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.system.server import ROOT, Server, free_port

_PART = re.compile(r"<!-- (?P<order>file|serve): (?P<argument>.*?) -->|^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_NOT_TYPED = ("./run test", "./run lint", ".ci/run", "git clone", "npx ")


@dataclass(frozen=True)
class Part:
    """An order (``file`` or ``serve``) with its argument, or a block: its language and text."""

    what: str
    text: str
    line: int


def parts_of(page: Path) -> Iterator[Part]:
    """The orders and blocks of a page, from the top down."""
    text = page.read_text("utf-8")
    for match in _PART.finditer(text):
        line = text.count("\n", 0, match.start()) + 1
        if match["order"]:
            yield Part(match["order"], match["argument"], line)
        else:
            yield Part(match["language"], match["text"], line)


class Reader:
    """Follows one page in ``folder``. A block that fails, or prints something else, is an ``AssertionError`` with its line."""

    def __init__(self, page: Path, folder: Path) -> None:
        self._page = page
        self._folder = folder
        self._port = free_port()
        self._server: Server | None = None
        self._flags = ""
        self._file: str | None = None
        self._printed = ""

    def follow(self) -> int:
        """Do the whole page; how many blocks were run."""
        done = 0
        try:
            for part in parts_of(self._page):
                done += self._do(part)
        finally:
            self._stop()
        return done

    def _do(self, part: Part) -> bool:
        if part.what == "serve":
            self._serve(part.text)
        elif part.what == "file":
            self._file = part.text
        elif self._file is not None:
            (self._folder / self._file).write_text(self._here(part.text), "utf-8")
            self._file = None
        elif part.what == "python":
            self._printed = self._run([sys.executable, "-c", self._here(part.text)], part)
            return True
        elif part.what == "output":
            _compare(part.text, self._printed, f"{self._page}:{part.line}")
        elif part.what == "console":
            self._type(part)
            return True
        return False

    def _serve(self, flags: str) -> None:
        self._stop()
        words = shlex.split(flags)
        self._flags = flags
        others = [word for word in words if word != "--dev"]
        self._server = Server(self._folder, dev="--dev" in words, arguments=others, cwd=self._folder)
        self._server.port = self._port
        self._server.start()

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def _type(self, part: Part) -> None:
        for command, expected in _typed(part.text):
            if command.startswith(_NOT_TYPED):
                continue
            served = re.fullmatch(r"(?:\./run|rooms) serve(.*)", command)
            if served:
                assert served[1].strip() == self._flags, f"{self._page}:{part.line} serves with other flags than its order says"
                continue
            _compare(expected, self._run(self._words(command), part), f"{self._page}:{part.line} $ {command}")

    def _words(self, command: str) -> list[str]:
        """What to run for what a reader types: ``rooms`` of this checkout, its Python, and apsw's shell for ``sqlite3``."""
        programs = {
            "rooms": [sys.executable, "-P", "-m", "gateway"],
            "./run": [sys.executable, "-P", "-m", "gateway"],
            "python": [sys.executable],
            "pytest": [sys.executable, "-m", "pytest", "-p", "no:cacheprovider"],
            "sqlite3": [sys.executable, "-m", "apsw"],
        }
        program, *arguments = shlex.split(self._here(command))
        files = [str(found) for argument in arguments for found in self._matches(argument)]
        return [*programs.get(program, [program]), *files]

    def _matches(self, argument: str) -> list[Path | str]:
        """A shell's ``*`` in paths of the data folder."""
        if argument.startswith("data/") and "*" in argument:
            return sorted(self._folder.glob(argument)) or [argument]
        return [argument]

    def _here(self, text: str) -> str:
        """The page's port is that of our own server."""
        return text.replace("127.0.0.1:8080", f"127.0.0.1:{self._port}")

    def _run(self, words: list[str], part: Part) -> str:
        environment = (self._server or Server(self._folder, dev=True)).environment()
        done = subprocess.run(
            words, cwd=self._folder, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60
        )
        log = self._server.log() if self._server is not None else ""
        assert done.returncode == 0, f"{self._page}:{part.line} failed\n{done.stdout}{done.stderr}\n{log}"
        return done.stdout


def _typed(text: str) -> Iterator[tuple[str, str]]:
    """Each command of a console block and what it prints."""
    for piece in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
        command, _, printed = piece.partition("\n")
        yield command, printed


def _compare(expected: str, printed: str, where: str) -> None:
    pattern = ".*".join(map(re.escape, expected.strip().split("…")))
    assert re.fullmatch(pattern, printed.strip(), re.DOTALL), f"{where}\nexpected:\n{expected}\nprinted:\n{printed}"


__all__ = ["ROOT", "Reader", "parts_of"]
