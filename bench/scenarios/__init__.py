"""The scenarios, by name, in the order in which they are run."""

from __future__ import annotations

from collections.abc import Mapping

from bench.scenario import Scenario
from bench.scenarios.accept import ACCEPT
from bench.scenarios.idle import IDLE
from bench.scenarios.listing import LIST
from bench.scenarios.neighbour import NEIGHBOUR
from bench.scenarios.recover import RECOVER
from bench.scenarios.rehydrate import REHYDRATE
from bench.scenarios.traffic import CHAT, ECHO, FAN, ROOMS

_ALL = (FAN, CHAT, ROOMS, ECHO, IDLE, ACCEPT, REHYDRATE, LIST, RECOVER, NEIGHBOUR)
SCENARIOS: Mapping[str, Scenario] = {scenario.name: scenario for scenario in _ALL}
