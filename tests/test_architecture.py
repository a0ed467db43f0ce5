"""The rules that keep the project readable: which way imports point, who may wait, who reads the environment."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("storage", "rooms", "gateway")  # each may import itself and those before it
LINES_MAX = 400
FOREIGN = ("asyncio", "anyio", "curio", "gevent", "threading", "multiprocessing", "concurrent")


@dataclass(frozen=True)
class Module:
    """One source file: its dotted ``name``, its package, its text and syntax tree."""

    path: Path

    @property
    def package(self) -> str:
        return self.path.relative_to(ROOT).parts[0]

    @property
    def name(self) -> str:
        return self.path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")

    @property
    def text(self) -> str:
        return self.path.read_text("utf-8")

    @property
    def tree(self) -> ast.Module:
        return parse(self.path)

    def imports(self) -> Iterator[str]:
        """Every module imported anywhere in the file, in full; of ``from a import b`` it is ``a``."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from (alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, f"{self.name} line {node.lineno}: a relative import hides which package it is from"
                yield node.module or ""


@cache
def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"), str(path))


def modules(*packages: str) -> list[Module]:
    found = [Module(path) for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    assert found, f"no files in {packages}: this test looks in the wrong place"
    return found


def each(*packages: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", modules(*packages), ids=lambda module: module.name)


@each(*PACKAGES)
def test_imports_point_one_way(module: Module) -> None:
    """gateway → rooms → storage, and never back."""
    above = PACKAGES[PACKAGES.index(module.package) + 1 :]
    upward = [name for name in module.imports() if name.split(".")[0] in above]
    assert not upward, f"{module.name} imports what stands above it: {upward}"


@each("rooms", "gateway")
def test_other_packages_are_entered_by_their_front_door(module: Module) -> None:
    """What another package offers is in its ``__init__``'s ``__all__``; ``rooms.testing`` and each kind are doors too."""
    inside = [n for n in module.imports() if n.split(".")[0] in PACKAGES and n.split(".")[0] != module.package and not is_door(n)]
    assert not inside, f"{module.name} reaches into {inside}; import it from the package"


@each("rooms/kinds", "examples")
def test_kinds_are_written_against_public_names(module: Module) -> None:
    """The rooms we ship have nothing that an author of rooms has not."""
    inside = [n for n in module.imports() if n.split(".")[0] in PACKAGES and not is_door(n) and not n.startswith("rooms.kinds.")]
    assert not inside, f"{module.name} reaches into {inside}"


def is_door(name: str) -> bool:
    return name in (*PACKAGES, "rooms.testing", "rooms.client", "rooms.kinds") or (name.startswith("rooms.kinds.") and name.count(".") == 2)


@pytest.mark.parametrize("package", PACKAGES[:2])
def test_a_package_says_what_is_public(package: str) -> None:
    tree = parse(ROOT / package / "__init__.py")
    named = [node for node in tree.body if isinstance(node, ast.Assign) and any(getattr(t, "id", "") == "__all__" for t in node.targets)]
    assert named, f"{package}/__init__.py has no __all__"


@each("storage")
def test_storage_is_plain_blocking_python(module: Module) -> None:
    assert "trio" not in {name.split(".")[0] for name in module.imports()}
    waiting = [n.lineno for n in ast.walk(module.tree) if isinstance(n, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith)]
    assert not waiting, f"{module.name} waits in lines {waiting}"


def is_client(module: Module) -> bool:
    """``rooms.client`` is the other end of the wire: it has sockets, and nothing of the runtime."""
    return module.name == "rooms.client" or module.name.startswith("rooms.client.")


@each("rooms")
def test_rooms_know_no_sockets_and_no_http(module: Module) -> None:
    network = {"socket", "ssl", "http", "h11", "starlette", "wsproto", "trio_websocket", "httpx2"}
    if is_client(module):
        network -= {"ssl", "trio_websocket", "wsproto"}
    assert not network & {name.split(".")[0] for name in module.imports()}


@each("rooms/client")
def test_the_client_knows_the_server_by_its_protocol_alone(module: Module) -> None:
    """Nothing of the runtime, the storage or the gateway; only itself."""
    ours = [name for name in module.imports() if name.split(".")[0] in PACKAGES]
    assert not [name for name in ours if not name.startswith("rooms.client.")]


@each("rooms", "storage")
def test_no_room_and_no_runtime_needs_the_client(module: Module) -> None:
    if not is_client(module):
        assert not [name for name in module.imports() if name.startswith("rooms.client")]


@each(*PACKAGES)
def test_trio_is_the_only_loop_and_owns_the_threads(module: Module) -> None:
    foreign = [name for name in module.imports() if name.split(".")[0] in FOREIGN]
    allowed = {"threading"} if module.package == "storage" else set()  # a lock between the loop and the worker that syncs
    if module.name == "gateway.terminal.two_loops":
        allowed = {"asyncio"}  # the loop of the screen's library, whose guest trio is
    assert set(foreign) <= allowed, f"{module.name} imports {foreign}"


@each(*PACKAGES)
def test_only_settings_reads_the_environment(module: Module) -> None:
    if module.name == "gateway.settings":
        return
    readers = {"environ", "getenv", "environb", "getenvb"}
    found = [n.lineno for n in ast.walk(module.tree) if isinstance(n, ast.Attribute) and n.attr in readers]
    assert not found, f"{module.name} reads the environment in lines {found}"


def test_everything_is_caught_in_two_places_only() -> None:
    """Around a turn and around a session. What raises again, having cleaned up, or throws the error into a hook, catches nothing."""
    handlers = [(m.name, node) for m in modules(*PACKAGES) for node in ast.walk(m.tree) if isinstance(node, ast.ExceptHandler)]
    caught = [name for name, node in handlers if catches_all(node) and not passes_on(node)]
    assert len(caught) <= 2, f"everything is caught in {caught}"
    assert len([name for name in caught if name.startswith("rooms.")]) <= 1
    assert not [name for name in caught if name.startswith("storage.")]


def passes_on(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return (isinstance(last, ast.Raise) and last.exc is None) or "hook.throw" in ast.unparse(last)


def catches_all(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException") for kind in kinds)


@each(*PACKAGES, "tests", "bench", "examples")
def test_no_file_is_larger_than_one_wants_to_live_in(module: Module) -> None:
    lines = module.text.count("\n")
    assert lines <= LINES_MAX, f"{module.path} has {lines} lines; is it still one role?"


@each(*PACKAGES)
def test_a_file_is_named_by_the_noun_it_defines(module: Module) -> None:
    assert not {"utils", "util", "helpers", "common", "base", "manager", "misc"} & set(module.name.split("."))


@each(*PACKAGES)
def test_a_file_says_what_it_is(module: Module) -> None:
    assert ast.get_docstring(module.tree), f"{module.name} has no docstring"


@each("tests")
def test_no_test_sleeps_or_mocks(module: Module) -> None:
    assert not {"unittest", "unittest.mock", "mock"} & set(module.imports())
    sleeps = [n.lineno for n in ast.walk(module.tree) if isinstance(n, ast.Attribute) and ast.unparse(n) == "time.sleep"]
    assert not sleeps, f"{module.name} sleeps in lines {sleeps}"
