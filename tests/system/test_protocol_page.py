"""Every row of the protocol's tables has a black-box test."""

from __future__ import annotations

import ast
import re

from tests.system.server import ROOT


def test_every_row_of_the_protocol_has_a_test() -> None:
    page = (ROOT / "docs/reference/protocol.md").read_text("utf-8")
    to_server = page.split("### To the server")[1].split("### From the server")[0]
    from_server = page.split("### From the server")[1].split("**Sequence and recovery.**")[0]
    asked, heard = tried()
    assert types_of(to_server) == asked
    assert types_of(from_server) <= heard
    assert heard <= set(re.findall(r"`([a-z]+)\b", page))


def types_of(table: str) -> set[str]:
    """The types that the first cells of a table name."""
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    return {type for cell in cells for type in re.findall(r"`([a-z]+)`", cell)}


def tried() -> tuple[set[str], set[str]]:
    """The rows of requests and of events that tests say, by ``row``, that they are about."""
    asked: set[str] = set()
    heard: set[str] = set()
    for path in (ROOT / "tests/system").glob("test_protocol_*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "row":
                asked.update(str(ast.literal_eval(argument)) for argument in node.args)
                heard.update(*(ast.literal_eval(keyword.value) for keyword in node.keywords))
    return asked, heard
