"""What can be said of a picture whose technique is not clear: the two likeliest techniques, and what would help."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from touchline.core.arrays import Rgb
from touchline.core.poses import JOINTS, PELVIS, Pose
from touchline.goalkeeping.pose_finder import SURE
from touchline.goalkeeping.technique import LEAST_JOINTS, NEEDED, TechniqueReading, Techniques

SMALL_PX = 100
"""A keeper shorter than this in the picture is small: joints are marked to some five pixels."""
BLURRED = 10.0
"""Edges (:func:`sharpness`) below which a picture is blurred: so were 10 of the 11 softest of 60 looked at."""
SIDEWAYS = 0.35
"""Shoulders narrower than this part of the torso: the keeper is seen from the side."""
_SHARP_SIDE_PX = 160


@dataclass(frozen=True, slots=True)
class Likely:
    """One of the likeliest techniques, with its probability, 0 to 1."""

    name: str
    probability: float


def two_likeliest(reading: TechniqueReading) -> tuple[Likely, ...]:
    """Return the two likeliest techniques, the likelier first; none if the pose could not be compared."""
    ordered = sorted(reading.probabilities.items(), key=lambda item: -item[1])
    return tuple(Likely(name, probability) for name, probability in ordered[:2])


def measured_reliability(techniques: Techniques) -> Mapping[str, Any] | None:
    """Return how often another picture's name is among the two likeliest of an unnamed one; None if not measured."""
    facts = techniques.facts.get("two_likeliest", {})
    found: Mapping[str, Any] | None = facts.get("unnamed", facts.get("all"))
    return found


def what_would_help(views: Sequence[tuple[Rgb, Pose]]) -> tuple[str, ...]:
    """Return what keeps a moment's pictures from being clear and what would help, most important first.

    Args:
        views: the cut-out of each picture, uint8 (h, w, 3), and the pose in its pixels.

    """
    if not views:
        return ("a picture of the moment",)
    said: list[str] = []
    for rgb, pose in views:
        said += [remark for remark in (_hidden(pose), _small(rgb, pose), _blurred(rgb), _sideways(pose)) if remark]
    if len(views) == 1:
        said.append("a second picture of the same moment, from another side: several pictures are read together")
    return tuple(dict.fromkeys(said))


def _hidden(pose: Pose) -> str:
    known = pose.confidence >= SURE
    hidden = [name.replace("_", " ") for name in NEEDED if not known[JOINTS.index(name)]]
    if hidden:
        return f"{_listed(hidden)} to be seen: covered, cut off or unclear here"
    if int(known.sum()) < LEAST_JOINTS:
        others = [name.replace("_", " ") for name, seen in zip(JOINTS, known, strict=True) if not seen]
        return (
            f"{_listed(others)} to be seen: {int(known.sum())} of {len(JOINTS)} joints are sure, {LEAST_JOINTS} needed"
        )
    return ""


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _small(rgb: Rgb, pose: Pose) -> str:
    seen = pose.joints_px[pose.confidence > 0]
    tall = float(np.ptp(seen[:, 1])) if len(seen) else float(rgb.shape[0])
    return f"a larger picture: the keeper is {tall:.0f} pixels tall" if tall < SMALL_PX else ""


def _blurred(rgb: Rgb) -> str:
    return "a sharper picture: this one is blurred" if sharpness(rgb) < BLURRED else ""


def sharpness(rgb: Rgb) -> float:
    """Return the strength of edges relative to the contrast, of a picture brought to one height, in per cent."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY).astype(np.float32)
    scale = _SHARP_SIDE_PX / max(grey.shape)
    size = (max(3, round(grey.shape[1] * scale)), max(3, round(grey.shape[0] * scale)))
    grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    return float(100 * np.abs(cv2.Laplacian(grey, cv2.CV_32F)).mean() / max(float(grey.std()), 1.0))


def _sideways(pose: Pose) -> str:
    places = {name: pose.joints_px[JOINTS.index(name)] for name in ("right_shoulder", "left_shoulder", "neck")}
    torso = float(np.linalg.norm(places["neck"] - pose.joints_px[PELVIS]))
    wide = abs(float(places["right_shoulder"][0] - places["left_shoulder"][0]))
    if torso > 0 and wide < SIDEWAYS * torso:
        return "a view from the front or from behind: from the side, one half of the body covers the other"
    return ""
