"""The kind of each camera shot, and where within a shot it changes.

Six or more people of usual size are a wide shot: in a close-up the detector, which learned people seen from afar, finds
few or none. That alone never makes a shot a close-up; this is decided by the look of the picture, from grass, detail
at several scales and the size of what stands on the grass.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Rgb
from touchline.listening.model import TinyNet

NAME = "shot-closeness"

CLOSE = 0.5
"""Closeness above which a picture looks like a close-up."""

MANY = 6
"""Number of people of usual size from which a shot is wide, however it looks."""

_SOME = 3
_LARGE = 0.4
_SWITCH_S = 1.0
_MEDIUM, _SIZE = (192, 108), (96, 54)
_COARSE_WIDTH = 640
_TALL_CUE, _TALL = 4, 0.5
_GREEN = 1.06
_DARK_LUMA = 20


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """The facts about one frame that distinguish the kinds of shots.

    Attributes:
        people: number of people found.
        tallest: height of the tallest person, as a share of the frame's height.
        pitch: whether the pitch's lines were found.
        closeness: 0 to 1, how much the picture looks like a close-up.
        changing: whether the frame lies in a gradual change between two shots.

    """

    people: int
    tallest: float
    pitch: bool
    closeness: float = 0.0
    changing: bool = False


def shot_kind(facts: Sequence[PictureFacts]) -> str:
    """Classify a shot as one of ``SHOT_KINDS``, except for replays, which only other shots can show to be such."""
    if not facts:
        return "other"
    if all(fact.changing for fact in facts):
        return "transition"
    tallest = float(np.median([fact.tallest for fact in facts]))
    people = float(np.median([fact.people for fact in facts]))
    close = float(np.median([fact.closeness for fact in facts])) > CLOSE
    if people >= 1 and tallest > _LARGE:
        return "close-up"
    if people >= MANY or (people >= _SOME and not close and np.mean([fact.pitch for fact in facts]) > 0.5):
        return "wide"
    return "close-up" if close else "other"


def kind_changes(facts: Sequence[PictureFacts], *, fps: float) -> list[int]:
    """Return the numbers of the frames at which a shot becomes wide or stops being wide, as in a long zoom.

    Both sides last so long that they outweigh a second of frames.
    """
    wide = np.array([shot_kind([fact]) == "wide" for fact in facts], bool)
    cost = np.stack([wide, ~wide], axis=1).astype(np.float64)  # of calling each frame not wide, and wide
    total, came = np.zeros(2), np.zeros((len(wide), 2), np.int64)
    for number, row in enumerate(cost):
        switched = total[::-1] + _SWITCH_S * fps
        came[number] = np.where(switched < total, [1, 0], [0, 1])
        total = np.minimum(switched, total) + row
    state, changes = int(total.argmin()), []
    for number in range(len(wide) - 1, 0, -1):
        before = int(came[number, state])
        if before != state:
            changes.append(number)
        state = before
    return changes[::-1]


@cache
def load_closeness() -> TinyNet:
    """Return the network that ships with the package."""
    document = json.loads(files("touchline.models").joinpath("builtin", f"{NAME}.json").read_bytes())
    return TinyNet.from_json(document)


def closeness(picture: Rgb) -> float:
    """Return how much a picture, uint8 (H, W, 3), looks like a close-up rather than a view from afar: 0 to 1.

    Without anything tall on the grass it is at most ``CLOSE``: blurred grass alone is no close-up.
    """
    cues = look_cues(picture)
    chance = float(load_closeness().probability(cues[None])[0])
    return chance if cues[_TALL_CUE] > _TALL else min(chance, CLOSE)


def look_cues(picture: Rgb) -> Floats32:
    """Return the cues (16,) of a picture: shares of grass, what stands on it, and detail at several scales."""
    medium = cv2.resize(_coarse(picture), _MEDIUM, interpolation=cv2.INTER_AREA)
    small = cv2.resize(medium, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    red, green, blue = small[..., 0], small[..., 1], small[..., 2]
    grass = (green > _GREEN * red) & (green > _GREEN * blue) & (green > _DARK_LUMA)
    low = grass[_SIZE[1] * 2 // 5 :]
    detail = _detail(cv2.cvtColor(medium, cv2.COLOR_RGB2GRAY).astype(np.float32))
    cues = [grass.mean(), low.mean(), grass[:18].mean(), *_blobs(low), *detail]
    return np.array(cues, np.float32)


def _coarse(picture: Rgb) -> Rgb:
    """Return a picture shrunk by a whole number, to 640 pixels or a little more: averaging whole pixels is fast."""
    height, width = picture.shape[:2]
    step = width // _COARSE_WIDTH
    if step < 2 or width % step or height % step:
        return picture
    return np.asarray(cv2.resize(picture, (width // step, height // step), interpolation=cv2.INTER_AREA))


def _blobs(grass: npt.NDArray[np.bool_]) -> list[float]:
    """Return the size of the largest thing that stands on grass, and how many small ones do."""
    _, _, stats, _ = cv2.connectedComponentsWithStats((~grass).astype(np.uint8), connectivity=4)
    things = stats[1:]
    if not len(things):
        return [0.0, 0.0, 0.0, 0.0]
    largest = things[things[:, cv2.CC_STAT_AREA].argmax()]
    height, width = grass.shape
    tall, wide = things[:, cv2.CC_STAT_HEIGHT], things[:, cv2.CC_STAT_WIDTH]
    few = int(((tall >= 2) & (tall <= height // 4) & (wide <= tall * 2)).sum())
    return [
        float(largest[cv2.CC_STAT_AREA]) / grass.size,
        float(largest[cv2.CC_STAT_HEIGHT]) / height,
        float(largest[cv2.CC_STAT_WIDTH]) / width,
        float(np.log1p(few)),
    ]


def _detail(luma: Floats32) -> list[float]:
    """Return how much detail there is at four scales: the level, then each relative to it; whole and lower half."""
    bands, before = [], luma
    for sigma in (1.0, 2.0, 4.0, 8.0):
        after = cv2.GaussianBlur(luma, (0, 0), sigma)
        bands.append(np.abs(before - after))
        before = after
    cues: list[float] = []
    for part in (slice(None), slice(54, None)):
        energy = np.log(np.array([float(band[part].mean()) for band in bands]) + 0.05)
        cues += [float(energy.mean()), *(energy - energy.mean())[:3].tolist()]
    return [*cues, float(luma.std()) / 50]
