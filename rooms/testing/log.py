"""A log that tests can read."""

from __future__ import annotations

from typing import Any


class RecordingLog:
    """Keeps every event: ``lines`` are ``(level, event, facts)``."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str, dict[str, Any]]] = []

    @property
    def events(self) -> list[str]:
        """The names of what was logged, in order."""
        return [event for _, event, _ in self.lines]

    def info(self, event: str, **facts: Any) -> None:
        self.lines.append(("info", event, facts))

    def warning(self, event: str, **facts: Any) -> None:
        self.lines.append(("warning", event, facts))

    def error(self, event: str, **facts: Any) -> None:
        self.lines.append(("error", event, facts))

    def critical(self, event: str, **facts: Any) -> None:
        self.lines.append(("critical", event, facts))
