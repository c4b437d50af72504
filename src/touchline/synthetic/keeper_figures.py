"""Simulated keepers: figures of tapered limbs on crops of real pitches, with exact joint positions in space.

They are not realistic: they teach left and right, bending and reaching from every viewpoint before training on real
pictures. Proportions follow Winter ("Biomechanics and Motor Control of Human Movement", 1990), in fractions of body
height.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64, Rgb
from touchline.core.poses import JOINTS

Color = tuple[int, int, int]

_SHIN, _THIGH, _HIPS, _TRUNK, _NECK_TO_TOP = 0.246, 0.245, 0.15, 0.29, 0.19
_SHOULDERS, _UPPER_ARM, _FOREARM = 0.23, 0.186, 0.17
_FAR_SIDE_SHADE = 0.25

_LIMBS: tuple[tuple[str, str, float, float, str], ...] = (
    ("hip", "knee", 0.062, 0.045, "shorts"),
    ("knee", "ankle", 0.045, 0.026, "socks"),
    ("shoulder", "elbow", 0.042, 0.033, "shirt"),
    ("elbow", "wrist", 0.033, 0.022, "sleeve"),
)
"""Two joints, half the thickness at each in body heights, and the piece of clothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Figure:
    """A figure in space.

    Attributes:
        joints: float64 (16, 3) in body heights: x right, y down, z away from the camera, pelvis at the origin.

    """

    joints: Floats64


def _rotation(axis: str, angle_rad: float) -> Floats64:
    cos, sin = np.cos(angle_rad), np.sin(angle_rad)
    if axis == "x":
        return np.array([[1, 0, 0], [0, cos, -sin], [0, sin, cos]])
    if axis == "y":
        return np.array([[cos, 0, sin], [0, 1, 0], [-sin, 0, cos]])
    return np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])


def random_figure(rng: np.random.Generator) -> Figure:
    """Return a keeper in a random pose and view: standing, crouching, spreading, kneeling or diving."""
    joints = np.zeros((len(JOINTS), 3))
    place = {name: number for number, name in enumerate(JOINTS)}
    crouch = abs(rng.normal(0.5, 0.4))
    lean = rng.normal(0.35, 0.3) * (0.4 + crouch)
    spine = _rotation("z", rng.normal(0, 0.18)) @ _rotation("x", lean) @ _rotation("y", rng.normal(0, 0.25))
    up = spine @ np.array([0, -1.0, 0])
    joints[place["thorax"]] = up * _TRUNK * 0.97
    joints[place["neck"]] = up * _TRUNK
    nod = _rotation("x", rng.normal(-0.5 * lean, 0.25)) @ up
    joints[place["head_top"]] = joints[place["neck"]] + nod * _NECK_TO_TOP
    for side, sign in (("right", -1.0), ("left", 1.0)):
        hip = np.array([sign * _HIPS / 2, 0.0, 0.0])
        knee, ankle = _leg(rng, sign=sign, crouch=crouch)
        shoulder = joints[place["neck"]] + spine @ np.array([sign * _SHOULDERS / 2, 0.02, 0.0])
        elbow, wrist = _arm(rng, sign=sign)
        joints[place[f"{side}_hip"]] = hip
        joints[place[f"{side}_knee"]] = hip + knee
        joints[place[f"{side}_ankle"]] = hip + knee + ankle
        joints[place[f"{side}_shoulder"]] = shoulder
        joints[place[f"{side}_elbow"]] = shoulder + spine @ elbow
        joints[place[f"{side}_wrist"]] = shoulder + spine @ (elbow + wrist)
    dive = rng.normal(0, 1.1) if rng.random() < 0.2 else rng.normal(0, 0.12)
    turned = _rotation("x", rng.normal(0.12, 0.12)) @ _rotation("y", rng.uniform(-np.pi, np.pi)) @ _rotation("z", dive)
    return Figure(joints @ turned.T)


def _leg(rng: np.random.Generator, *, sign: float, crouch: float) -> tuple[Floats64, Floats64]:
    """Return the thigh and shin as vectors, body facing the camera (towards -z)."""
    spread = sign * -abs(rng.normal(0.25, 0.35)) if rng.random() < 0.9 else sign * rng.normal(0, 0.4)
    raise_rad = crouch * rng.uniform(0.4, 1.2) + rng.normal(0.05, 0.25)
    bend = max(0.0, crouch * rng.uniform(0.6, 1.8) + abs(rng.normal(0, 0.25)))
    if rng.random() < 0.12:
        raise_rad, bend = rng.normal(0.0, 0.3), rng.uniform(1.2, 2.4)
    thigh = _rotation("z", spread) @ _rotation("x", -raise_rad)
    shin = _rotation("z", spread * rng.uniform(0.0, 1.0)) @ _rotation("x", min(bend, 2.5) - raise_rad)
    down = np.array([0, 1.0, 0])
    return thigh @ down * _THIGH, shin @ down * _SHIN


def _arm(rng: np.random.Generator, *, sign: float) -> tuple[Floats64, Floats64]:
    """Return the upper arm and forearm as vectors in the trunk's frame."""
    lift = sign * -abs(rng.normal(0.6, 0.55))
    forward = rng.normal(0.3, 0.5)
    upper = _rotation("z", lift) @ _rotation("x", -forward)
    bend = _rotation("z", sign * -rng.normal(-0.1, 0.5)) @ _rotation("x", -abs(rng.normal(0.6, 0.5)))
    down = np.array([0, 1.0, 0])
    return upper @ down * _UPPER_ARM, upper @ bend @ down * _FOREARM


def _random_color(rng: np.random.Generator, *, bright: bool = True) -> Color:
    hue, saturation = int(rng.integers(0, 180)), int(rng.integers(60 if bright else 0, 256))
    value = int(rng.integers(80 if bright else 10, 256))
    red, green, blue = cv2.cvtColor(np.array([[[hue, saturation, value]]], np.uint8), cv2.COLOR_HSV2RGB)[0, 0]
    return int(red), int(green), int(blue)


def _kit(rng: np.random.Generator) -> dict[str, Color]:
    """Return a keeper's colours; often the whole kit has one colour."""
    shirt = _random_color(rng, bright=rng.random() < 0.8)
    shorts = shirt if rng.random() < 0.6 else _random_color(rng, bright=False)
    tone = rng.uniform(0.25, 0.95)
    skin = (int(230 * tone), int(180 * tone), int(150 * tone))
    return {
        "shirt": shirt,
        "sleeve": shirt if rng.random() < 0.75 else skin,
        "shorts": shorts,
        "socks": shorts if rng.random() < 0.6 else _random_color(rng, bright=False),
        "skin": skin,
        "gloves": _random_color(rng, bright=False) if rng.random() < 0.8 else skin,
        "boots": _random_color(rng, bright=False),
        "hair": tuple(int(v * rng.uniform(0.1, 0.7)) for v in (200, 160, 110)),  # type: ignore[dict-item]
        "number": _random_color(rng, bright=False),
    }


def draw_figure(
    canvas: Rgb, figure: Figure, *, places_px: Floats64, height_px: float, rng: np.random.Generator
) -> None:
    """Draw a figure with its joints at ``places_px`` (16, 2), far limbs first."""
    kit = _kit(rng)
    place = {name: number for number, name in enumerate(JOINTS)}
    parts: list[tuple[float, str, str]] = []
    depth = figure.joints[:, 2]
    for side in ("right", "left"):
        for first, second, *_ in _LIMBS:
            one, other = place[f"{side}_{first}"], place[f"{side}_{second}"]
            parts.append(((depth[one] + depth[other]) / 2, f"{side}_{first}", f"{side}_{second}"))
    parts += [(depth[place["neck"]] / 2, "trunk", ""), (depth[place["head_top"]], "head", "")]
    for z, first, second in sorted(parts, key=lambda part: -part[0]):
        shade = float(np.clip(1.0 - _FAR_SIDE_SHADE * z * 2, 0.6, 1.25) * rng.uniform(0.9, 1.1))
        if first == "trunk":
            _draw_trunk(canvas, places_px, height_px, kit, shade=shade, from_behind=_from_behind(figure.joints))
        elif first == "head":
            _draw_head(canvas, places_px, height_px, kit, from_behind=_from_behind(figure.joints))
        else:
            _draw_limb(canvas, places_px, height_px, kit, ends=(first, second), shade=shade)


def _from_behind(joints: Floats64) -> bool:
    return bool(joints[JOINTS.index("right_shoulder"), 0] > joints[JOINTS.index("left_shoulder"), 0])


def _shaded(color: Color, shade: float) -> Color:
    red, green, blue = (int(min(255, value * shade)) for value in color)
    return red, green, blue


def _capsule(canvas: Rgb, ends_px: Floats64, radii_px: tuple[float, float], color: Color) -> None:
    along = ends_px[1] - ends_px[0]
    across = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-6)
    (a, b), (r0, r1) = ends_px, radii_px
    outline = np.stack([a + across * r0, b + across * r1, b - across * r1, a - across * r0])
    cv2.fillConvexPoly(canvas, np.round(outline * 8).astype(np.int32), color, cv2.LINE_AA, 3)
    for centre, radius in ((a, r0), (b, r1)):
        cv2.circle(canvas, _point(centre), max(1, round(radius * 8)), color, -1, cv2.LINE_AA, 3)


def _point(place: Floats64) -> tuple[int, int]:
    return round(float(place[0]) * 8), round(float(place[1]) * 8)


def _draw_limb(
    canvas: Rgb, places: Floats64, height_px: float, kit: dict[str, Color], *, ends: tuple[str, str], shade: float
) -> None:
    side, _, first = ends[0].partition("_")
    _, second, thick, thin, cloth = next(limb for limb in _LIMBS if limb[0] == first)
    line = np.stack([places[JOINTS.index(f"{side}_{first}")], places[JOINTS.index(f"{side}_{second}")]])
    _capsule(canvas, line, (thick * height_px, thin * height_px), _shaded(kit[cloth], shade))
    if second in ("wrist", "ankle"):
        along = line[1] - line[0]
        step = along / max(float(np.hypot(*along)), 1e-6) * height_px
        tip = line[1] + (step * 0.06 if second == "wrist" else step * 0.02 + np.array([0.0, 0.035]) * height_px)
        size = 0.03 * height_px if second == "wrist" else 0.026 * height_px
        color = kit["gloves" if second == "wrist" else "boots"]
        _capsule(canvas, np.stack([line[1], tip]), (size, size), _shaded(color, shade))


def _draw_trunk(
    canvas: Rgb, places: Floats64, height_px: float, kit: dict[str, Color], *, shade: float, from_behind: bool
) -> None:
    names = ("right_shoulder", "left_shoulder", "left_hip", "right_hip")
    corners = np.stack([places[JOINTS.index(name)] for name in names])
    hull = cv2.convexHull(np.round(corners * 8).astype(np.int32))
    color = _shaded(kit["shirt"], shade)
    cv2.fillConvexPoly(canvas, hull, color, cv2.LINE_AA, 3)
    neck, pelvis = places[JOINTS.index("neck")], places[JOINTS.index("pelvis")]
    _capsule(canvas, np.stack([neck, pelvis]), (0.075 * height_px, 0.07 * height_px), color)
    _capsule(canvas, corners[:2], (0.045 * height_px,) * 2, color)
    _capsule(canvas, corners[2:], (0.06 * height_px,) * 2, _shaded(kit["shorts"], shade))
    if from_behind:
        middle = neck * 0.6 + pelvis * 0.4
        _capsule(canvas, np.stack([middle, middle * 0.7 + pelvis * 0.3]), (0.025 * height_px,) * 2, kit["number"])


def _draw_head(canvas: Rgb, places: Floats64, height_px: float, kit: dict[str, Color], *, from_behind: bool) -> None:
    neck, top = places[JOINTS.index("neck")], places[JOINTS.index("head_top")]
    _capsule(canvas, np.stack([neck, neck * 0.6 + top * 0.4]), (0.03 * height_px,) * 2, kit["skin"])
    _capsule(canvas, np.stack([neck * 0.5 + top * 0.5, neck * 0.3 + top * 0.7]), (0.055 * height_px,) * 2, kit["skin"])
    low, high = (0.5, 0.5) if from_behind else (0.2, 0.8)
    hair = np.stack([neck * 0.25 + top * 0.75, neck * low + top * high])
    _capsule(canvas, hair, (0.055 * height_px,) * 2, kit["hair"])


def figure_picture(
    rng: np.random.Generator, backgrounds: Sequence[Rgb], *, side_px: int
) -> tuple[Rgb, npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return a square picture of one random figure.

    Args:
        rng: random generator of everything.
        backgrounds: square pictures without people.
        side_px: side of the result, pixels.

    Returns:
        The picture; its joints (16, 2) in pixels; and their depth (16,) behind the pelvis in pixels.

    """
    figure = random_figure(rng)
    flat = figure.joints[:, :2]
    low, high = flat.min(axis=0), flat.max(axis=0)
    height_px = side_px * rng.uniform(0.72, 0.88) / float((high - low).max())
    places = (flat - (low + high) / 2) * height_px + side_px / 2
    canvas = _background(rng, backgrounds, side_px=side_px)
    draw_figure(canvas, figure, places_px=places, height_px=height_px, rng=rng)
    if rng.random() < 0.25:
        _draw_net(canvas, rng)
    canvas = cv2.GaussianBlur(canvas, (0, 0), float(rng.uniform(0.4, 1.6)) * side_px / 160)
    noise = rng.normal(0, rng.uniform(0, 8), canvas.shape)
    pixels = np.clip(canvas + noise, 0, 255).astype(np.uint8)
    return pixels, places.astype(np.float32), (figure.joints[:, 2] * height_px).astype(np.float32)


def _background(rng: np.random.Generator, backgrounds: Sequence[Rgb], *, side_px: int) -> Rgb:
    cut = backgrounds[int(rng.integers(len(backgrounds)))]
    return np.ascontiguousarray(cv2.resize(cut, (side_px, side_px), interpolation=cv2.INTER_LINEAR))


def _draw_net(canvas: Rgb, rng: np.random.Generator) -> None:
    side = canvas.shape[0]
    spacing = int(rng.integers(side // 16, side // 6))
    slope = rng.normal(0, 0.15)
    color = (int(rng.integers(140, 240)),) * 3
    for start in range(-side, 2 * side, spacing):
        cv2.line(canvas, (start, 0), (int(start + slope * side), side), color, 1, cv2.LINE_AA)
        cv2.line(canvas, (0, start), (side, int(start + slope * side)), color, 1, cv2.LINE_AA)
