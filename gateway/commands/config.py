"""``rooms config``: every setting, its value, where it came from and what it means."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter

from gateway.commands.flags import Config, Data, Json
from gateway.commands.output import print_json, print_row
from gateway.settings import described, load_settings


def config(
    *,
    data: Data = None,
    config: Config = None,
    json: Json = False,
    dev: Annotated[bool, Parameter(negative=(), show_default=False, help="As `rooms serve --dev` would have it.")] = False,
) -> int:
    """Print every setting with its value, where it came from and what it means."""
    loaded = load_settings({"data": data, "dev": dev or None}, config=config)
    settings = described(loaded)
    if json:
        for setting in settings:
            print_json(asdict(setting))
        return 0
    widths = [max(len(getattr(setting, column)) for setting in settings) for column in ("name", "value", "source")]
    widths[1] = min(widths[1], 24)
    print_row(["ROOMS_…", "VALUE", "FROM", "MEANING"], [*widths, 0])
    for setting in settings:
        unit = f" ({setting.unit})" if setting.unit else ""
        print_row([setting.name.upper(), setting.value, setting.source, setting.meaning + unit], [*widths, 0])
    return 0
