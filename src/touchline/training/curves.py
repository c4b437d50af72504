"""A picture of a training run from its log: loss terms, learning rate and measured scores against the step, as SVG."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from touchline.core.errors import ResourceError
from touchline.formats.files.atomic import write_text_atomic
from touchline.training.logs import LOG_NAME, read_metrics

_LOGGER = logging.getLogger(__name__)

CURVES_NAME = "curves.svg"
RATE = "lr"

_WIDTH, _PANEL, _TITLE = 760, 210, 40
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 170, 28, 30
_COLOURS = ("#1f6fb4", "#d1602b", "#2f8f4e", "#8a55b5", "#b3283f", "#6b6b6b", "#b8921c", "#1c9aa0")
_LOG_FROM = 20.0
"""Positive values whose greatest is this many times their least are drawn on a logarithmic axis."""

Points = list[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class _Panel:
    """One diagram: its curves by name, over a span of steps."""

    title: str
    curves: Mapping[str, Points]

    @property
    def is_log(self) -> bool:
        """Whether the axis of values is logarithmic."""
        values = self.values
        return min(values) > 0 and max(values) >= _LOG_FROM * min(values)

    @property
    def values(self) -> list[float]:
        """All values."""
        return [value for points in self.curves.values() for _, value in points]


@dataclass(frozen=True, slots=True)
class _Axis:
    """A map from values to pixels, linear or logarithmic."""

    low: float
    high: float
    from_px: float
    to_px: float
    is_log: bool = False

    def at(self, value: float) -> float:
        """Return the place of a value."""
        low, high, value = (math.log10(one) if self.is_log else one for one in (self.low, self.high, value))
        share = (value - low) / (high - low) if high > low else 0.5
        return self.from_px + share * (self.to_px - self.from_px)

    def ticks(self) -> list[float]:
        """Return about five round values on the axis; on a short logarithmic one, its ends."""
        if not self.is_log:
            return _round_values(self.low, self.high)
        powers = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
        tens = [10.0**power for power in powers]
        return tens[:: max(1, len(tens) // 5)] if len(tens) > 1 else [self.low, self.high]


def write_curves(folder: str | Path) -> Path | None:
    """Draw ``curves.svg`` beside the log in a folder; return it, or None if there is nothing to draw.

    A picture that cannot be written does not stop training: a warning is logged.

    Raises:
        InputError: the log is not one of touchline.

    """
    folder = Path(folder)
    picture = draw_curves(read_metrics(folder / LOG_NAME), title=folder.name)
    if picture is None:
        return None
    path = folder / CURVES_NAME
    try:
        write_text_atomic(path, picture)
    except (OSError, ResourceError) as error:
        _LOGGER.warning("%s cannot be written (%s)", path, error)
        return None
    return path


def draw_curves(rows: Iterable[Mapping[str, Any]], *, title: str) -> str | None:
    """Return an SVG picture of the rows of a log; None if they hold no numbers.

    Rows with a learning rate hold loss terms; the others, measurements. What is no finite number is left out.

    Args:
        rows: as :func:`~touchline.training.logs.read_metrics` returns them.
        title: of the picture.

    """
    panels = _panels(list(rows))
    if not panels:
        return None
    steps = [step for panel in panels for points in panel.curves.values() for step, _ in points]
    height = _TITLE + _PANEL * len(panels)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" width="{_WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="12" role="img">',
        f"<title>Training curves of {escape(title)}</title>",
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="{_LEFT}" y="26" font-size="15" font-weight="600" fill="#222">{escape(title)}</text>',
    ]
    for number, panel in enumerate(panels):
        parts += _drawn(panel, top=_TITLE + number * _PANEL, steps=(min(steps), max(steps)))
    return "\n".join([*parts, "</svg>", ""])


def _panels(rows: Sequence[Mapping[str, Any]]) -> list[_Panel]:
    training = [row for row in rows if RATE in row]
    measuring = [row for row in rows if RATE not in row]
    found = (
        _Panel("loss terms", _curves(training, without=(RATE,))),
        _Panel("learning rate", _curves([{"step": row["step"], RATE: row[RATE]} for row in training])),
        _Panel("measured", _curves(measuring)),
    )
    return [panel for panel in found if panel.curves]


def _curves(rows: Sequence[Mapping[str, Any]], *, without: Sequence[str] = ()) -> dict[str, Points]:
    """Return the finite numbers of rows by name, in the order of the log."""
    curves: dict[str, Points] = {}
    for row in rows:
        for name, value in row.items():
            if name != "step" and name not in without and isinstance(value, int | float) and math.isfinite(value):
                curves.setdefault(name, []).append((float(row["step"]), float(value)))
    return curves


def _drawn(panel: _Panel, *, top: float, steps: tuple[float, float]) -> list[str]:
    """Return the elements of a panel."""
    across = _Axis(*steps, _LEFT, _WIDTH - _RIGHT)
    low, high = min(panel.values), max(panel.values)
    up = _Axis(low, high, top + _PANEL - _BOTTOM, top + _TOP, panel.is_log)
    scale = " (logarithmic)" if panel.is_log else ""
    parts = [f'<text x="{_LEFT}" y="{top + 18}" font-weight="600" fill="#222">{panel.title}{scale}</text>']
    parts += [_grid_line(up.at(value), text=_text(value)) for value in up.ticks()]
    parts += [
        f'<text x="{across.at(step):.1f}" y="{top + _PANEL - 12:.1f}" text-anchor="middle" fill="#555">{step:g}</text>'
        for step in across.ticks()
    ]
    parts.append(f'<text x="{_WIDTH - _RIGHT + 34}" y="{top + _PANEL - 12:.1f}" fill="#555">step</text>')
    for number, (name, points) in enumerate(panel.curves.items()):
        parts += _curve(name, points, number=number, top=top, across=across, up=up)
    return parts


def _curve(name: str, points: Points, *, number: int, top: float, across: _Axis, up: _Axis) -> list[str]:
    """Return a line with a dot at its end, and its row in the legend with the last value."""
    colour = _COLOURS[number % len(_COLOURS)]
    places = [f"{across.at(step):.1f},{up.at(value):.1f}" for step, value in points]
    x, y = places[-1].split(",")
    row = top + _TOP + 10 + 17 * number
    label = f"{name} {_text(points[-1][1])}"
    return [
        f'<polyline points="{" ".join(places)}" fill="none" stroke="{colour}" stroke-width="1.8"/>',
        f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>',
        f'<text x="{_WIDTH - _RIGHT + 14}" y="{row:.1f}" fill="{colour}">{escape(label)}</text>',
    ]


def _grid_line(y: float, *, text: str) -> str:
    return (
        f'<line x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e2e2"/>'
        f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end" fill="#555">{text}</text>'
    )


def _round_values(low: float, high: float) -> list[float]:
    """Return multiples of 1, 2 or 5 times a power of ten from ``low`` to ``high``, at most six."""
    if not high > low:
        return [low]
    power = 10.0 ** math.floor(math.log10((high - low) / 5))
    step = next(power * factor for factor in (1, 2, 5, 10) if (high - low) / (power * factor) <= 5)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def _text(value: float) -> str:
    return f"{value:.3g}"
