"""A conversation that cannot say what was missed keeps nobody from the others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rooms import RuntimeSettings
from rooms.kinds.private import PrivateRoom
from rooms.kinds.users import PRIVATE
from rooms.testing import open_harness
from tests.rooms.kinds.private.conftest import KINDS, Town


async def test_a_line_is_welcomed_and_the_missed_come_when_they_can(tmp_path: Path) -> None:
    failing = True

    class Forgetful(PrivateRoom):
        async def missed(self, *arguments: Any) -> Any:
            if failing:
                raise RuntimeError("as the test wants it")
            return await super().missed(*arguments)

        missed.__callable_from_rooms__ = True  # type: ignore[attr-defined]

    async with open_harness({**KINDS, PRIVATE: Forgetful}, data=tmp_path, settings=RuntimeSettings(retire_seconds=30)) as harness:
        town = Town(harness)
        await town.say("ada", "bob", "one")
        line = await town.line("bob")
        assert [entry["unread"] for entry in line.welcome] == [1]
        assert line.said() == []
        await town.say("ada", "bob", "two")
        assert line.said() == ["two"], "it hears what is said from now on"
        failing = False
        again = await town.line("bob")
        assert again.said() == ["one", "two"], "what was said later does not make up for what was missed"
