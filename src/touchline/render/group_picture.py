"""Points of several groups in one picture, as PNG or SVG; needs matplotlib (``pip install 'touchline[keeper]'``)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.core.errors import ResourceError, UsageError
from touchline.core.extras import need

_COLOURS = ("#3b7dd8", "#e08e0b", "#b3372f", "#5b9e48", "#7b5ea7", "#8c6d46")
_SIZE_INCH = (6.4, 5.2)
_DPI = 90


def draw_groups(
    path: Path | str, points: Floats64, groups: Indices, *, names: Sequence[str], title: str, note: str = ""
) -> None:
    """Write points coloured by their group, with the size of each group in the legend. Equal points, equal bytes.

    Args:
        path: a .png or .svg file.
        points: (n, 2).
        groups: int64 (n,), index into ``names``.
        names: of the groups, six at most.
        title: title above the points.
        note: line below them.

    Raises:
        UsageError: the suffix is not supported, or matplotlib is not installed.
        ResourceError: the file cannot be written.

    """
    path = Path(path)
    if path.suffix.lower() not in (".png", ".svg"):
        raise UsageError(f"{path}: use a name that ends in .png or .svg")
    mpl, figures = need("matplotlib", what="drawing groups"), need("matplotlib.figure", what="drawing groups")
    with mpl.rc_context({"svg.hashsalt": "touchline", "font.size": 8}):
        figure = figures.Figure(figsize=_SIZE_INCH, dpi=_DPI, layout="constrained")
        axes = figure.subplots()
        for k, (name, colour) in enumerate(zip(names, _COLOURS, strict=False)):
            own = points[groups == k]
            axes.scatter(own[:, 0], own[:, 1], s=16, color=colour, alpha=0.8, label=f"{name} ({len(own)})")
        axes.set_title(title, fontsize=10)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.legend(loc="best", fontsize=8)
        if note:
            figure.supxlabel(note, fontsize=7.5, ha="left", x=0.01)
        metadata = {"Software": None} if path.suffix.lower() == ".png" else {"Date": None}
        try:
            figure.savefig(path, metadata=metadata)
        except OSError as error:
            raise ResourceError(f"{path}: cannot be written ({error.strerror}); does the folder exist?") from error


def group_sizes(groups: Indices, *, names: Sequence[str]) -> dict[str, int]:
    """Return the number of points of each group by its name."""
    return dict(zip(names, np.bincount(groups, minlength=len(names)).tolist(), strict=True))
