"""A small writer of line charts as SVG: a logarithmic x axis, a linear y axis from zero, one line a series. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape

WIDTH, HEIGHT = 460, 300
LEFT, RIGHT, TOP, BOTTOM = 56, 16, 40, 44
COLOURS = ("#2563eb", "#c2410c", "#15803d", "#7c3aed")
TICKS_WANTED = 5


@dataclass(frozen=True)
class Series:
    """Points ``(x, y)`` with ascending, positive x."""

    name: str
    points: Sequence[tuple[float, float]]


@dataclass(frozen=True)
class Chart:
    """One chart; its y axis begins at zero, so that a height means what it shows."""

    title: str
    x_title: str
    y_title: str
    series: Sequence[Series]


def svg(charts: Sequence[Chart], caption: str) -> str:
    """A drawing with the charts side by side and the caption below."""
    width, height = WIDTH * len(charts), HEIGHT + 24
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
    ]
    for i, chart in enumerate(charts):
        parts += [f'<g transform="translate({i * WIDTH},0)">', *_chart(chart), "</g>"]
    parts += [_text(12, height - 10, caption, "start", "#475569"), "</svg>"]
    return "\n".join(parts) + "\n"


def _chart(chart: Chart) -> Iterator[str]:
    points = [point for series in chart.series for point in series.points]
    axes = _Axes(min(x for x, _ in points), max(x for x, _ in points), max(y for _, y in points))
    yield _text(LEFT, 18, chart.title, "start", "#0f172a", bold=True)
    yield _text(LEFT, 32, chart.y_title, "start", "#475569")
    yield _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8, chart.x_title, "middle", "#475569")
    yield from _grid(axes)
    for series, colour in zip(chart.series, COLOURS, strict=False):
        yield from _line(series, axes, colour)
    if len(chart.series) > 1:
        yield from _legend(chart.series)


@dataclass(frozen=True)
class _Axes:
    x_low: float
    x_high: float
    y_high: float

    @property
    def step(self) -> float:
        """The distance of y's grid lines: 1, 2 or 5 times a power of ten."""
        rough = (self.y_high or 1.0) / TICKS_WANTED
        power = 10.0 ** math.floor(math.log10(rough))
        return next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)

    @property
    def top(self) -> float:
        return self.step * math.ceil((self.y_high or 1.0) / self.step)

    def x(self, value: float) -> float:
        span = math.log10(self.x_high / self.x_low) or 1.0
        return LEFT + (WIDTH - LEFT - RIGHT) * math.log10(value / self.x_low) / span

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / self.top


def _grid(axes: _Axes) -> Iterator[str]:
    for i in range(round(axes.top / axes.step) + 1):
        value = i * axes.step
        y = axes.y(value)
        yield f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e8f0"/>'
        yield _text(LEFT - 6, y + 4, f"{value:g}", "end", "#475569")
    for power in range(math.ceil(math.log10(axes.x_low)), math.floor(math.log10(axes.x_high)) + 1):
        x = axes.x(10.0**power)
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" stroke="#e2e8f0"/>'
        yield _text(x, HEIGHT - BOTTOM + 16, f"{10**power:,}", "middle", "#475569")


def _line(series: Series, axes: _Axes, colour: str) -> Iterator[str]:
    places = [(axes.x(x), axes.y(y)) for x, y in series.points]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>'
    for (x, y), (value_x, value_y) in zip(places, series.points, strict=True):
        label = escape(f"{series.name}: {value_x:,.0f} → {value_y:,.2f}")
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"><title>{label}</title></circle>'


def _legend(names: Sequence[Series]) -> Iterator[str]:
    x = float(WIDTH - RIGHT)
    for series, colour in reversed(list(zip(names, COLOURS, strict=False))):
        yield _text(x, 32, series.name, "end", colour)
        x -= 7.0 * len(series.name) + 12


def _text(x: float, y: float, text: str, anchor: str, colour: str, *, bold: bool = False) -> str:
    weight = ' font-weight="600"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{weight}>{escape(text)}</text>'
