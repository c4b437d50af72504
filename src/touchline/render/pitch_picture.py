"""Maps on the attacking half of a pitch, as PNG or SVG; needs mplsoccer (``pip install 'touchline[keeper]'``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.errors import ResourceError, UsageError
from touchline.core.extras import need

_PANEL_INCH = (3.6, 2.9)
_CUT = {"pad_top": 2, "pad_bottom": -26, "pad_left": -13, "pad_right": -13}
"""Yards of the half that are omitted, because no shots come from there."""
_BAR: dict[str, Any] = {"orientation": "horizontal", "shrink": 0.85, "pad": 0.03}
_DPI = 90
_LINE = "#4a4a4a"
_NOTHING = "#f2f2f2"
_UNSURE = "#c9c9c9"
_CATEGORIES = ("#3b7dd8", "#e08e0b", "#b3372f", "#5b9e48", "#7b5ea7", "#8c6d46")
_NOTE_SIZE = 7.5
_SUFFIXES = (".png", ".svg")


@dataclass(frozen=True, slots=True, eq=False)
class ValuePanel:
    """A panel with a number at every position.

    Attributes:
        title: title above the panel.
        values: float64 (nx, ny); NaN is left blank.
        limits: range of the colour map.
        colours: name of a matplotlib colour map.
        form: format of the numbers on the colour bar.
        lines: values of the contour lines.
        unsure: bool (nx, ny), positions to draw grey: there are data, but not enough for this value.

    """

    title: str
    values: Floats64
    limits: tuple[float, float]
    colours: str = "RdYlBu"
    form: str = "{x:.0%}"
    lines: tuple[float, ...] = ()
    unsure: npt.NDArray[np.bool_] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ChoicePanel:
    """A panel with one of several names at every position.

    Attributes:
        title: title above the panel.
        choice: int64 (nx, ny), index into ``names``; -1 for no choice.
        known: bool (nx, ny); other positions are left blank.
        names: names of the choices.
        nobody: meaning of -1.

    """

    title: str
    choice: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]
    names: tuple[str, ...]
    nobody: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A position to mark."""

    x_yd: float
    y_yd: float
    label: str
    sign: str = "o"


def draw_pitch_maps(
    path: Path | str,
    panels: Sequence[ValuePanel | ChoicePanel],
    *,
    x_yd: Floats64,
    y_yd: Floats64,
    title: str = "",
    notes: Sequence[str] = (),
    marks: Sequence[Mark] = (),
) -> None:
    """Write panels side by side, with the goal at the top.

    Args:
        path: a .png or .svg file.
        panels: panels to draw, left to right.
        x_yd: cell centres along the pitch, evenly spaced, the goal at 120 yards.
        y_yd: cell centres across the pitch, 0 to 80 yards.
        title: title above all panels.
        notes: lines below all panels.
        marks: positions to mark in every panel.

    Raises:
        UsageError: the suffix is not supported, or mplsoccer is not installed.
        ResourceError: the file cannot be written.

    """
    path = Path(path)
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path}: use a name that ends in {' or '.join(_SUFFIXES)}")
    pitch = _pitch()
    mpl, figures = need("matplotlib", what="drawing a map"), need("matplotlib.figure", what="drawing a map")
    with mpl.rc_context({"svg.hashsalt": "touchline", "font.size": 8}):
        height = _PANEL_INCH[1] + 0.17 * len(notes)
        figure = figures.Figure(figsize=(_PANEL_INCH[0] * len(panels), height), dpi=_DPI, layout="constrained")
        for axes, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            pitch.draw(ax=axes)
            axes.set_title(panel.title, fontsize=10)
            if isinstance(panel, ValuePanel):
                _draw_values(figure, axes, panel, _edges(x_yd), _edges(y_yd))
            else:
                _draw_choice(figure, axes, panel, _edges(x_yd), _edges(y_yd))
            for mark in marks:
                axes.plot(
                    mark.y_yd, mark.x_yd, mark.sign, color="black", markersize=6, markerfacecolor="white", zorder=5
                )
                box = {"facecolor": "white", "alpha": 0.75, "linewidth": 0, "pad": 1}
                at = (mark.y_yd, mark.x_yd)
                axes.annotate(mark.label, at, (6, -9), textcoords="offset points", bbox=box, zorder=5)
        figure.suptitle(title, fontsize=11)
        if notes:
            figure.supxlabel("\n".join(notes), fontsize=_NOTE_SIZE, ha="left", x=0.01)
        _save(figure, path)


def _pitch() -> Any:
    library = need("mplsoccer", what="drawing a map", instead=", or use --json")
    return library.VerticalPitch(
        pitch_type="statsbomb", half=True, line_color=_LINE, linewidth=1, line_zorder=3, **_CUT
    )


def _draw_values(figure: Any, axes: Any, panel: ValuePanel, x: Floats64, y: Floats64) -> None:
    _draw_flat(axes, ~np.isfinite(panel.values), _NOTHING, x, y)
    if panel.unsure is not None:
        _draw_flat(axes, panel.unsure, _UNSURE, x, y)
    low, high = panel.limits
    mesh = axes.pcolormesh(y, x, panel.values, cmap=panel.colours, vmin=low, vmax=high, zorder=1, rasterized=True)
    if panel.lines:
        middle_y, middle_x = (y[:-1] + y[1:]) / 2, (x[:-1] + x[1:]) / 2
        lines = axes.contour(middle_y, middle_x, panel.values, panel.lines, colors="black", linewidths=0.5, zorder=2)
        axes.clabel(lines, fmt=lambda value: panel.form.format(x=value), fontsize=6)
    figure.colorbar(mesh, ax=axes, format=panel.form, **_BAR)


def _draw_choice(figure: Any, axes: Any, panel: ChoicePanel, x: Floats64, y: Floats64) -> None:
    colormaps = need("matplotlib.colors", what="drawing a map")
    _draw_flat(axes, ~panel.known, _NOTHING, x, y)
    colours = colormaps.ListedColormap([_UNSURE, *_CATEGORIES[: len(panel.names)]])
    shown = np.where(panel.known, panel.choice, np.nan)
    limits = {"vmin": -1.5, "vmax": len(panel.names) - 0.5}
    mesh = axes.pcolormesh(y, x, shown, cmap=colours, zorder=1, rasterized=True, **limits)
    ticks = list(range(-1, len(panel.names)))
    bar = figure.colorbar(mesh, ax=axes, ticks=ticks, **_BAR)
    bar.ax.set_xticklabels([panel.nobody, *panel.names], fontsize=6.5)


def _draw_flat(axes: Any, where: npt.NDArray[np.bool_], colour: str, x: Floats64, y: Floats64) -> None:
    """Fill the masked positions with one colour."""
    colormaps = need("matplotlib.colors", what="drawing a map")
    flat = np.where(where, 1.0, np.nan)
    axes.pcolormesh(y, x, flat, cmap=colormaps.ListedColormap([colour]), zorder=0.5, rasterized=True)


def _edges(middles: Floats64) -> Floats64:
    half = (middles[1] - middles[0]) / 2
    return np.append(middles - half, middles[-1] + half)


def _save(figure: Any, path: Path) -> None:
    metadata = {"Software": None} if path.suffix.lower() == ".png" else {"Date": None}
    try:
        figure.savefig(path, metadata=metadata)
    except OSError as error:
        raise ResourceError(f"{path}: cannot be written ({error.strerror}); check that the folder exists") from error
