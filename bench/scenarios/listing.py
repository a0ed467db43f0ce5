"""To come."""

from bench.scenario import Scenario

LIST = Scenario("list", "", (), lambda *_: {})
