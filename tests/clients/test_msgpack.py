"""The JavaScript client's msgpack against two libraries that nobody here wrote: what one packs, the other unpacks."""

from __future__ import annotations

import json
import random
import subprocess
from typing import Any

import msgpack  # type: ignore[import-untyped]
import msgspec

from tests.clients.node import ROOT, needs_node, node_command

SEED = 20_261_121
COUNT = 400


def value(choice: random.Random, levels: int = 4) -> Any:
    """Something that JSON can say."""
    kinds = ["null", "bool", "small", "int", "float", "text"] + (["list", "map"] if levels else [])
    match choice.choice(kinds):
        case "null":
            return None
        case "bool":
            return choice.random() < 0.5
        case "small":
            return choice.randint(-200, 300)
        case "int":
            return choice.randint(-(2 ** choice.randint(1, 53)), 2 ** choice.randint(1, 53)) % 2**53 * choice.choice((1, -1))
        case "float":
            return choice.uniform(-1e9, 1e9) + 0.5
        case "text":
            return "".join(choice.choice("aä€😀 \n\0") for _ in range(choice.choice((0, 5, 20, 40, 300))))
        case "list":
            return [value(choice, levels - 1) for _ in range(choice.choice((0, 1, 3, 15, 16, 40)))]
    return {f"{choice.randint(0, 999)}k": value(choice, levels - 1) for _ in range(choice.choice((0, 1, 3, 15, 16, 40)))}


@needs_node
def test_it_agrees_with_the_msgpack_libraries_of_python() -> None:
    choice = random.Random(SEED)
    values = [value(choice, choice.randint(0, 3)) for _ in range(COUNT)] + ["x" * 70_000, list(range(70_000))]
    packed = [(msgpack.packb if number % 2 else msgspec.msgpack.encode)(each) for number, each in enumerate(values)]
    command = node_command()
    assert command is not None
    question = json.dumps({"values": values, "packed": [each.hex() for each in packed]})
    done = subprocess.run(
        [*command, str(ROOT / "tests/clients/msgpack.js")], input=question, capture_output=True, text=True, timeout=60, check=True
    )
    answer = json.loads(done.stdout)

    assert [msgpack.unpackb(bytes.fromhex(each)) for each in answer["packed"]] == values
    assert [msgspec.msgpack.decode(bytes.fromhex(each)) for each in answer["packed"]] == values
    assert answer["values"] == values
