"""The flags that commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from gateway.settings import Settings, load_settings

Data = Annotated[Path | None, Parameter(help="The data folder. [default: ./data]")]
Config = Annotated[Path | None, Parameter(help="A file of settings. [default: rooms.toml, if there is one]")]
Kind = Annotated[str, Parameter(help="The kind of room.")]
Json = Annotated[bool, Parameter(name="--json", negative=(), show_default=False, help="One JSON object a line.")]


def settings_of(data: Path | None, config: Path | None) -> Settings:
    """The settings as the server would have them, ``data`` first. Raises ``SettingError``."""
    return load_settings({"data": data}, config=config).settings
