"""What a scenario works with: it starts servers on their core with a fresh folder, and loads them from the other."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import jwt

from bench.catalogue import SECRET, Subject
from bench.generator import Flag, Generator
from bench.ports import free_port
from bench.process import ServerProcess

JOIN = '{"type":"join","name":"u%c","data":{"name":"u%c"},"timestamp":1715728800000}'
MESSAGE = '{"type":"message","data":{"message":"%t %p"},"timestamp":1715728800000}'
ROOM_PATH = "/rooms/r%r/ws"
TOKEN_SECONDS = 24 * 3600
ASLEEP_SECONDS_MAX = 120.0


@dataclass(frozen=True, kw_only=True)
class Workbench:
    """``quick`` asks scenarios for small numbers; ``folder`` is on the disk whose figures are printed."""

    folder: Path
    seconds: float
    quick: bool
    server_core: str
    load_core: str

    @contextmanager
    def serve(
        self, subject: Subject, *words: str, data: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Iterator[ServerProcess]:
        """The server, listening; ``words`` are added to its command. Without ``data`` its folder is fresh and removed afterwards."""
        folder = data or self.fresh_folder(subject.name)
        port = free_port()
        try:
            with ServerProcess(
                subject.name,
                [*subject.command(port, folder), *words],
                {**subject.environment, **(environment or {})},
                port,
                self.server_core,
                self.folder / f"{subject.name}.log",
                "/readyz" if subject.is_ours else None,
            ) as server:
                yield server
        finally:
            if data is None:
                shutil.rmtree(folder, ignore_errors=True)

    def fresh_folder(self, name: str) -> Path:
        """An empty folder that only its owner can enter."""
        folder = self.folder / f"{name}-{time.monotonic_ns()}"
        folder.mkdir(mode=0o700)
        return folder

    def load(self, server: ServerProcess, **options: Flag) -> Generator:
        """The generator against the server. Every connection bears a token of a user of its own; peers ignore it."""
        given: dict[str, Flag] = {"path": ROOM_PATH, "join": JOIN, "message": MESSAGE, "tokens": self._tokens(), **options}
        return Generator(server.port, self.load_core, ("Authorization: Bearer %k",), **given)

    def _tokens(self) -> Path:
        path = self.folder / "tokens"
        if not path.exists():
            expires = int(time.time()) + TOKEN_SECONDS
            tokens = [jwt.encode({"sub": f"u{i}", "rooms": ["*"], "exp": expires}, SECRET, "HS256") for i in range(15_000)]
            path.write_text("\n".join(tokens) + "\n")
        return path


def wait_until_asleep(server: ServerProcess) -> None:
    """Returns when every room of our server hibernates; raises ``TimeoutError`` if they do not."""
    deadline = time.monotonic() + ASLEEP_SECONDS_MAX
    while time.monotonic() < deadline:
        if server.metric("rooms_awake") == 0:
            return
        time.sleep(0.2)
    raise TimeoutError(f"{server.metric('rooms_awake'):.0f} rooms still awake after {ASLEEP_SECONDS_MAX:.0f} s")
