"""The annotated lines of a picture as SoccerNet stores them: ``NAME.json``, points by the name of the line.

A straight line has its two ends in the picture, a circle points along it; x and y are shares of width and height.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.errors import InputError
from touchline.core.geometry.named_lines import ANNOTATED_NAMES
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.guard import reading
from touchline.formats.files.json_files import parse_object

OTHER_FILES = frozenset({"per_match_info", "match_info"})
"""Names of files beside the annotations that hold something else."""


def lines_from_json(data: bytes, *, source: str) -> dict[str, Floats64]:
    """Read the points (k, 2) of each line, shares of the picture; lines without points are left out.

    Raises:
        InputError: the bytes hold something else, or a line of another name.

    """
    document = parse_object(data, source=source)
    for name in document:
        if name not in ANNOTATED_NAMES:
            near = did_you_mean(name, ANNOTATED_NAMES)
            raise InputError(f"{source}: {name!r} is none of the 26 lines of SoccerNet's calibration{near}")
    with reading(source, what="the lines of a picture, points x and y by name"):
        lines = {name: [(float(p["x"]), float(p["y"])) for p in points] for name, points in document.items()}
        return {name: np.array(points, np.float64) for name, points in lines.items() if points}


def lines_json(lines: Mapping[str, Floats64]) -> dict[str, Any]:
    """Return points (k, 2), shares of the picture, as SoccerNet's JSON."""
    return {name: [{"x": x, "y": y} for x, y in points.tolist()] for name, points in lines.items()}


def in_pixels(lines: Mapping[str, Floats64], *, width: int, height: int) -> dict[str, Floats64]:
    """Return shares of the picture as pixels, the last row and column being share 1 as in SoccerNet's evaluation."""
    return {name: points * (width - 1, height - 1) for name, points in lines.items()}
