"""Who is measured: this server in several builds, and its peers, each with what it keeps of a message."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bench.toolchain import HERE, cache_folder, floor

SECRET = "a-secret-for-load-tests-only-0123456789abcdef"
PEERS = HERE / "peers"
NOTHING = "keeps nothing"


@dataclass(frozen=True)
class Subject:
    """One server: how to start it on a port with an empty folder, and what it promises."""

    name: str
    summary: str
    keeps: str
    """The fsync policy, to be printed beside every figure."""
    command: Callable[[int, Path], list[str]]
    missing: Callable[[], str | None]
    """What has to be installed first, or ``None``."""
    environment: Mapping[str, str] = field(default_factory=dict)
    is_ours: bool = False


def _ours(name: str, summary: str, keeps: str, **environment: str) -> Subject:
    return Subject(
        name,
        summary,
        keeps,
        lambda port, data: [sys.executable, "-m", "gateway", "serve", "--port", str(port), "--data", str(data)],
        lambda: None,
        {"ROOMS_JWT_SECRET": SECRET, "ROOMS_RATE_LIMITS": "off", "PYTHONPATH": str(HERE.parent), **environment},
        is_ours=True,
    )


def _node(name: str, summary: str, program: str, script: str) -> Subject:
    modules = cache_folder() / "node_modules"
    package = {"node": "ws"}.get(program, program)
    executable = "node" if program == "node" else str(modules / ".bin" / program)
    return Subject(
        name,
        summary,
        NOTHING,
        lambda port, _: [executable, str(PEERS / script), str(port)],
        lambda: _missing(modules / package) or (None if shutil.which(executable) else executable),
        {"NODE_PATH": str(modules)},
    )


def _workerd(name: str, summary: str, keeps: str, persist: int) -> Subject:
    program = cache_folder() / "node_modules" / ".bin" / "workerd"

    def command(port: int, data: Path) -> list[str]:
        text = (PEERS / "workerd.capnp.in").read_text()
        for place, value in (("@PORT@", port), ("@DATA@", data), ("@PERSIST@", persist)):
            text = text.replace(place, str(value))
        shutil.copy(PEERS / "workerd.js", data.parent / "workerd.js")
        configuration = data.parent / "workerd.capnp"
        configuration.write_text(text)
        return [str(program), "serve", str(configuration)]

    return Subject(name, summary, keeps, command, lambda: _missing(program))


def _python(name: str, summary: str, script: str, package: str) -> Subject:
    environment = cache_folder() / "venv"
    return Subject(
        name,
        summary,
        NOTHING,
        lambda port, _: [str(environment / "bin" / "python"), str(PEERS / script), str(port)],
        lambda: None if list(environment.glob(f"lib/python*/site-packages/{package}")) else f"{package} in {environment}",
    )


def _missing(path: Path) -> str | None:
    return None if path.exists() else str(path)


_ALL = (
    _ours("ours", "this server", "every message fdatasynced before it is heard"),
    _ours("ours-stream", "its stream carrier", "the same", ROOMS_CARRIER="stream"),
    _ours("ours-hub", "its hub carrier", "the same", ROOMS_CARRIER="hub"),
    _ours("ours-relaxed", "ROOMS_DURABILITY=relaxed", "written, not synced, before it is heard", ROOMS_DURABILITY="relaxed"),
    _workerd("workerd-disk", "the Durable Objects runtime", "every message synced before it is heard", 1),
    _workerd("workerd-mem", "the same without storing", NOTHING, 0),
    _node("ws", "npm ws on Node", "node", "ws.js"),
    _node("bun", "Bun (uWebSockets), native publish", "bun", "bun.js"),
    Subject("floor", "one epoll loop in C", NOTHING, lambda port, _: [str(floor()), str(port)], lambda: None),
    _python("websockets", "the websockets library, asyncio", "pyws.py", "websockets"),
    _python("picows", "picows (Cython) on uvloop", "pico.py", "picows"),
    _python("starlette", "Starlette on uvicorn and uvloop", "star.py", "starlette"),
    _python("trio-websocket", "trio-websocket, plain", "triows.py", "trio_websocket"),
)
SUBJECTS: Mapping[str, Subject] = {subject.name: subject for subject in _ALL}
