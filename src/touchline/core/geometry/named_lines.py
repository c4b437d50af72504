"""The lines of a pitch by the names of SoccerNet's calibration: where they run, and as which they look from behind.

Metres in the axes of :mod:`touchline.core.geometry.lens_camera`: x right, y towards the main stand, z downwards.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.geometry.pitch import (
    CIRCLE_M,
    GOAL_AREA_DEPTH_M,
    GOAL_AREA_HALF_M,
    GOAL_HALF_M,
    GOAL_HEIGHT_M,
    PENALTY_AREA_DEPTH_M,
    PENALTY_AREA_HALF_M,
    PENALTY_SPOT_M,
    STANDARD,
)

_SIDES = ("left", "right")
_UNNAMED = ("Goal unknown", "Line unknown")
"""Names of annotated lines that are none of the pitch's; they count, and no camera can find them."""


def _ends() -> dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]]:
    """Both ends of every straight line, in the order in which SoccerNet samples it."""
    goal, touch = STANDARD.length_m / 2, STANDARD.width_m / 2
    found: dict[str, tuple[tuple[float, float, float], tuple[float, float, float]]] = {
        "Side line top": ((-goal, -touch, 0), (goal, -touch, 0)),
        "Side line bottom": ((-goal, touch, 0), (goal, touch, 0)),
        "Side line left": ((-goal, -touch, 0), (-goal, touch, 0)),
        "Side line right": ((goal, -touch, 0), (goal, touch, 0)),
        "Middle line": ((0, -touch, 0), (0, touch, 0)),
    }
    areas = (
        ("Big rect.", PENALTY_AREA_DEPTH_M, PENALTY_AREA_HALF_M),
        ("Small rect.", GOAL_AREA_DEPTH_M, GOAL_AREA_HALF_M),
    )
    for name, depth, half in areas:
        for side, sign in zip(_SIDES, (-1, 1), strict=True):
            # "left" and "right" corners of an area are those of its picture: the left area begins at the goal line.
            outer, inner = sign * goal, sign * (goal - depth)
            first, second = (outer, inner) if side == "left" else (inner, outer)
            found[f"{name} {side} top"] = ((first, -half, 0), (second, -half, 0))
            found[f"{name} {side} bottom"] = ((first, half, 0), (second, half, 0))
            found[f"{name} {side} main"] = ((inner, -half, 0), (inner, half, 0))
    for side, sign in zip(_SIDES, (-1, 1), strict=True):
        x, height = sign * goal, -GOAL_HEIGHT_M
        # Posts are left and right as the keeper in front of them is seen: on the left goal the left one is nearer.
        left, right = (GOAL_HALF_M, -GOAL_HALF_M) if side == "left" else (-GOAL_HALF_M, GOAL_HALF_M)
        ends = (right, left) if side == "left" else (left, right)
        found[f"Goal {side} crossbar"] = ((x, ends[0], height), (x, ends[1], height))
        found[_post(side, "left")] = ((x, left, height), (x, left, 0))
        found[_post(side, "right")] = ((x, right, height), (x, right, 0))
    return found


def _post(side: str, which: str) -> str:
    """The name of a post; one of them ends with a blank in SoccerNet's files."""
    return f"Goal {side} post {which}" + (" " if (side, which) == ("left", "left") else "")


_ENDS = _ends()
_CIRCLES = ("Circle central", "Circle left", "Circle right")
LINE_NAMES = tuple(sorted((*_ENDS, *_CIRCLES)))
"""The 26 lines of SoccerNet's calibration, posts and circles included."""

ANNOTATED_NAMES = (*LINE_NAMES, *_UNNAMED)
"""Every name that an annotation may use."""


def seen_from_behind(name: str) -> str:
    """Return the line that takes a line's place if the pitch is turned by half a turn about its centre.

    Raises:
        ValueError: no such line.

    """
    if name not in ANNOTATED_NAMES:
        raise ValueError(f"{name!r} is not one of the {len(ANNOTATED_NAMES)} names of lines")
    if name in _UNNAMED:
        return name
    if name.startswith("Goal"):
        _, side, part, *which = name.split()
        other = _SIDES[1 - _SIDES.index(side)]
        return _post(other, which[0]) if which else f"Goal {other} {part}"
    swaps = {"left": "right", "right": "left", "top": "bottom", "bottom": "top"}
    return " ".join(swaps.get(word, word) for word in name.split(" "))


def is_circle(name: str) -> bool:
    """Return whether a line is a circle or a part of one."""
    return name in _CIRCLES


def sampled_lines(*, step_m: float = 0.9, circle_step_m: float = 0.2) -> Mapping[str, Floats64]:
    """Return points float64 (k, 3) along every line of a pitch of 105 x 68 m, in SoccerNet's order and distances.

    Args:
        step_m: distance of points on straight lines; 0.9 m in SoccerNet's evaluation.
        circle_step_m: distance of points along circles.

    """
    lines = {"Circle central": _circle(circle_step_m)}
    for name, (start, end) in _ENDS.items():
        lines[name] = _straight(np.array(start, np.float64), np.array(end, np.float64), step_m=step_m)
    spot = STANDARD.length_m / 2 - PENALTY_SPOT_M
    half = math.acos((PENALTY_AREA_DEPTH_M - PENALTY_SPOT_M) / CIRCLE_M)
    lines["Circle left"] = _arc(-spot, start=-half, end=half, step_m=circle_step_m)
    lines["Circle right"] = _arc(spot, start=math.pi - half, end=math.pi + half, step_m=circle_step_m)
    return lines


def _straight(start: Floats64, end: Floats64, *, step_m: float) -> Floats64:
    """Points every ``step_m`` from the start, as long as more than a step is left, and the end."""
    length = float(np.linalg.norm(end - start))
    count = max(int(length / step_m - 1), 0)
    along = start + (end - start) / length * (step_m * np.arange(count + 1))[:, None]
    return np.concatenate([along, end[None]])


def _circle(step_m: float) -> Floats64:
    """The centre circle, open: the last step to the first point is missing, as in SoccerNet's code."""
    steps = np.arange(int(2 * math.pi * CIRCLE_M / step_m), dtype=np.float64)
    return _on_circle(0.0, np.asarray(steps * step_m / CIRCLE_M, np.float64))


def _arc(centre_x: float, *, start: float, end: float, step_m: float) -> Floats64:
    count = int(CIRCLE_M * (end - start) / step_m)
    angles = start + np.arange(count + 1) * step_m / CIRCLE_M
    return _on_circle(centre_x, np.asarray(np.append(angles, end), np.float64))


def _on_circle(centre_x: float, angles: Floats64) -> Floats64:
    points = np.zeros((len(angles), 3))
    points[:, 0], points[:, 1] = centre_x + CIRCLE_M * np.cos(angles), CIRCLE_M * np.sin(angles)
    return points
