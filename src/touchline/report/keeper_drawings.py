"""Drawings of the keeper page, as SVG: skeletons, the chance of a save, the map around a shot, the map of poses."""

from __future__ import annotations

import base64
import html
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.poses import BONES, JOINTS
from touchline.core.shots import LENGTH_YD, POSTS_YD, WIDTH_YD, Shot
from touchline.goalkeeping.maps import FROM_X_YD, OptimalMap
from touchline.goalkeeping.technique import Techniques
from touchline.media.stills import encode_still

Floats = npt.NDArray[np.float64]

SIDE = 150
COLOURS = ("#2f80ff", "#2f9e6b", "#d9480f", "#8a63d2", "#c2417c", "#7b8794")
"""Of techniques, in their order."""

_MOST = 0.42
_FROM_Y_YD, _SHOWN_YD = 10.0, 32.0
_LOW_RGB, _MIDDLE_RGB, _HIGH_RGB = (
    np.array(rgb, np.float64) for rgb in ((180, 60, 40), (245, 240, 225), (30, 110, 160))
)


def skeleton_svg(joints: Floats, *, label: str, spin: bool = False) -> str:
    """A pose (16, 2 or 3), x right and y down, NaN where hidden, filling a square.

    With ``spin`` the page's script turns it around its upright axis when it is dragged.
    """
    points = np.asarray(joints, np.float64)
    middle, scale = _fit(points)
    flat = (points[:, :2] - middle) * scale
    lines = []
    for first, second in BONES:
        if np.isfinite(flat[[first, second]]).all():
            (x1, y1), (x2, y2) = flat[first], flat[second]
            lines.append(
                f'<line class="{_side(first, second)}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
                f'data-bone="{first},{second}"/>'
            )
    turned = ""
    if spin and points.shape[1] == 3:
        shown = np.column_stack([flat, (points[:, 2] - np.nanmean(points[:, 2])) * scale])
        turned = f' class="spin" data-joints="{" ".join(_number(v) for v in shown.ravel())}" tabindex="0"'
    half = SIDE / 2
    return (
        f'<svg viewBox="{-half:g} {-half:g} {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" role="img" '
        f'aria-label="{html.escape(label)}"{turned}>{"".join(lines)}</svg>'
    )


def _fit(points: Floats) -> tuple[Floats, float]:
    """Middle (2,) of the seen joints and what brings them into the square, however they are turned."""
    low, high = np.nanmin(points[:, :2], axis=0), np.nanmax(points[:, :2], axis=0)
    middle = (low + high) / 2
    radius = float(np.nanmax(np.linalg.norm(np.nan_to_num(points[:, :2] - middle), axis=1)))
    return middle, _MOST * SIDE / max(radius, 1e-9)


def _number(value: float) -> str:
    return f"{value:.1f}" if np.isfinite(value) else "x"


def _side(first: int, second: int) -> str:
    sides = {JOINTS[joint].partition("_")[0] for joint in (first, second)} & {"right", "left"}
    return sides.pop() if len(sides) == 1 else "middle"


def chance_svg(p: float, low: float, high: float) -> str:
    """A chance on a line from 0 to 1 with its interval."""
    return (
        '<svg class="chance" viewBox="0 0 220 30" width="220" height="30" role="img" '
        f'aria-label="{p:.0%}, interval {low:.0%} to {high:.0%}"><line class="axis" x1="10" y1="12" x2="210" y2="12"/>'
        f'<rect class="interval" x="{10 + 200 * low:.1f}" y="7" width="{200 * (high - low):.1f}" height="10" rx="3"/>'
        f'<circle class="point" cx="{10 + 200 * p:.1f}" cy="12" r="5"/>'
        '<text x="10" y="29">0</text><text x="110" y="29" text-anchor="middle">50 %</text>'
        '<text x="210" y="29" text-anchor="end">100 %</text></svg>'
    )


def map_svg(found: OptimalMap, *, shot: Shot) -> str:
    """The chance of a save around the goal, the shooter as a dot, the keeper as a square where his place is known."""
    width, height = WIDTH_YD, LENGTH_YD - FROM_X_YD
    marks = [_shooter(shot)]
    if shot.keeper_yd is not None:
        x, y = shot.keeper_yd[1], LENGTH_YD - shot.keeper_yd[0]
        marks.append(f'<rect class="keeper" x="{x - 0.9:.2f}" y="{y - 0.9:.2f}" width="1.8" height="1.8"/>')
    return (
        f'<svg class="pitch" viewBox="{_FROM_Y_YD:g} -3 {width - 2 * _FROM_Y_YD:g} {_SHOWN_YD + 3:g}" width="360" '
        'role="img" aria-label="Chance of a save from everywhere, this shot marked">'
        f'<image href="{_heat(found)}" x="0" y="0" width="{width:g}" height="{height:g}" preserveAspectRatio="none"/>'
        f"{_lines()}{''.join(marks)}</svg>"
    )


def _shooter(shot: Shot) -> str:
    x, y = shot.y_yd, LENGTH_YD - shot.x_yd
    line = f'<line class="aim" x1="{x:.2f}" y1="{y:.2f}" x2="{WIDTH_YD / 2:g}" y2="0"/>'
    return f'{line}<circle class="shooter" cx="{x:.2f}" cy="{y:.2f}" r="1.1"/>'


def _heat(found: OptimalMap) -> str:
    """The map as a picture in a URL: low chances red, high ones blue, nothing where nothing is known."""
    p = found.p[::-1]
    share = np.nan_to_num((p - 0.3) / 0.55, nan=0.5).clip(0, 1)[..., None]
    below = _LOW_RGB + (_MIDDLE_RGB - _LOW_RGB) * (2 * share).clip(0, 1)
    colours = below + (_HIGH_RGB - _MIDDLE_RGB) * (2 * share - 1).clip(0, 1)
    colours[~found.covered[::-1]] = (222, 226, 232)
    data = encode_still(colours.round().astype(np.uint8))
    return f"data:image/png;base64,{base64.b64encode(data).decode('ascii')}"


def _lines() -> str:
    """Goal, goal area, penalty area, spot and arc of a pitch of 120 x 80 yd, the goal line on top."""
    low, high = POSTS_YD
    return (
        f'<g class="lines"><rect x="18" y="0" width="44" height="18"/><rect x="30" y="0" width="20" height="6"/>'
        f'<rect class="goal" x="{low:g}" y="-2" width="{high - low:g}" height="2"/><circle cx="40" cy="12" r="0.3"/>'
        f'<path d="M32 18 A10 10 0 0 0 48 18"/><rect x="0" y="0" width="80" height="36"/></g>'
    )


def pose_map_svg(techniques: Techniques, joints: Floats) -> str:
    """Where a comparable pose lies among those of professionals; for the eye only."""
    points = techniques.map.points
    here = techniques.map.place(joints)
    every = np.vstack([points, here])
    low, span = every.min(axis=0), np.maximum(np.ptp(every, axis=0), 1e-9)
    places = 8 + (every - low) / span * (SIDE - 16)
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2" fill="{COLOURS[k % len(COLOURS)]}"/>'
        for (x, y), k in zip(places[:-1], techniques.map.technique, strict=True)
    ]
    x, y = places[-1]
    return (
        f'<svg class="poses" viewBox="0 0 {SIDE} {SIDE}" width="{SIDE}" height="{SIDE}" role="img" '
        f'aria-label="This pose among professionals">{"".join(dots)}'
        f'<path class="here" d="M{x - 6:.1f} {y:.1f}h12M{x:.1f} {y - 6:.1f}v12"/></svg>'
    )


def bars(rows: Sequence[tuple[str, str, float]]) -> str:
    """Shares 0 to 1 as labelled bars: (name, colour, share); unknown ones (NaN) are said to be so."""
    items = []
    for name, colour, share in rows:
        known = np.isfinite(share)
        width = 100 * float(share) if known else 0.0
        items.append(
            f'<tr><th scope="row">{html.escape(name)}</th><td class="bar"><svg viewBox="0 0 100 8" '
            f'preserveAspectRatio="none" aria-hidden="true"><rect width="{width:.1f}" height="8" fill="{colour}"/>'
            f'</svg></td><td class="value">{f"{share:.0%}" if known else "unknown"}</td></tr>'
        )
    return f'<table class="bars">{"".join(items)}</table>'
