"""The values behind the drawings of a keeper page; ``templates/keepers/drawings.html`` renders them as SVG."""

from __future__ import annotations

import base64
from collections.abc import Iterable

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.poses import BONES, JOINTS
from touchline.core.shots import LENGTH_YD, WIDTH_YD, Shot
from touchline.goalkeeping.maps import FROM_X_YD, OptimalMap
from touchline.goalkeeping.technique import Techniques
from touchline.media.stills import encode_still

Drawing = dict[str, object]
"""The values a template draws, by name."""

SIDE = 150
COLOURS = ("#2f80ff", "#2f9e6b", "#d9480f", "#8a63d2", "#c2417c", "#7b8794")
"""Colours of the techniques, in order."""

_MOST = 0.42
_LOW_RGB, _MIDDLE_RGB, _HIGH_RGB = (
    np.array(rgb, np.float64) for rgb in ((180, 60, 40), (245, 240, 225), (30, 110, 160))
)


def skeleton(joints: Floats64, *, label: str, spin: bool = False) -> Drawing:
    """Return the drawing of a pose (16, 2 or 3), x right and y down, NaN where hidden, scaled to fill a square.

    With ``spin``, dragging rotates the pose around its vertical axis in the page.
    """
    points = np.asarray(joints, np.float64)
    middle, scale = _fit(points)
    flat = (points[:, :2] - middle) * scale
    bones = [
        {"side": _side(first, second), "ends": [*map(float, (*flat[first], *flat[second]))], "joints": (first, second)}
        for first, second in BONES
        if np.isfinite(flat[[first, second]]).all()
    ]
    turned = None
    if spin and points.shape[1] == 3:
        shown = np.column_stack([flat, (points[:, 2] - np.nanmean(points[:, 2])) * scale])
        turned = " ".join(_number(value) for value in shown.ravel())
    return {"side": SIDE, "label": label, "bones": bones, "turned": turned}


def _fit(points: Floats64) -> tuple[Floats64, float]:
    """Return the centre (2,) of the visible joints and the scale that fits them into the square in any rotation."""
    low, high = np.nanmin(points[:, :2], axis=0), np.nanmax(points[:, :2], axis=0)
    middle = (low + high) / 2
    radius = float(np.nanmax(np.linalg.norm(np.nan_to_num(points[:, :2] - middle), axis=1)))
    return middle, _MOST * SIDE / max(radius, 1e-9)


def _number(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "x"


def _side(first: int, second: int) -> str:
    """Return the side of the body to which a bone belongs: "left", "right" or "middle"."""
    sides = {JOINTS[joint].partition("_")[0] for joint in (first, second)} & {"right", "left"}
    return sides.pop() if len(sides) == 1 else "middle"


def chance_map(found: OptimalMap, *, shot: Shot) -> Drawing:
    """Return the map of save chances, the shooter as a dot and the keeper, if the position is known, as a square."""
    keeper = None if shot.keeper_yd is None else (shot.keeper_yd[1], LENGTH_YD - shot.keeper_yd[0])
    return {
        "heat": _heat(found),
        "width": WIDTH_YD,
        "height": LENGTH_YD - FROM_X_YD,
        "shooter": (shot.y_yd, LENGTH_YD - shot.x_yd),
        "keeper": keeper,
    }


def _heat(found: OptimalMap) -> str:
    """Return the map as a base64 PNG: low chances red, high chances blue, unknown grey."""
    p = found.p[::-1]
    share = np.nan_to_num((p - 0.3) / 0.55, nan=0.5).clip(0, 1)[..., None]
    below = _LOW_RGB + (_MIDDLE_RGB - _LOW_RGB) * (2 * share).clip(0, 1)
    colours = below + (_HIGH_RGB - _MIDDLE_RGB) * (2 * share - 1).clip(0, 1)
    colours[~found.covered[::-1]] = (222, 226, 232)
    return base64.b64encode(encode_still(colours.round().astype(np.uint8))).decode("ascii")


def pose_map(techniques: Techniques, joints: Floats64) -> Drawing:
    """Return the map of professionals' poses with a comparable pose marked; for illustration only."""
    points = techniques.map.points
    every = np.vstack([points, techniques.map.place(joints)])
    low, span = every.min(axis=0), np.maximum(np.ptp(every, axis=0), 1e-9)
    places = (8 + (every - low) / span * (SIDE - 16)).tolist()
    colours = [COLOURS[k % len(COLOURS)] for k in techniques.map.technique]
    dots = [(x, y, colour) for (x, y), colour in zip(places[:-1], colours, strict=True)]
    return {"side": SIDE, "dots": dots, "here": places[-1]}


def bars(shares: Iterable[tuple[str, float]]) -> list[Drawing]:
    """Return shares 0 to 1 by technique as labelled bars; a share that is not finite becomes None."""
    return [
        {"name": name, "colour": COLOURS[k % len(COLOURS)], "share": float(share) if np.isfinite(share) else None}
        for k, (name, share) in enumerate(shares)
    ]
