"""Changes from one camera shot to the next: cuts, dissolves, fades and wipes.

Every frame is compared with its neighbours within 16. Around a cut, all before are alike, all after are alike, and
none across; around a gradual change the same holds with frames in between that are like neither. A flash leaves
before and after alike, a pan makes all differ in the same way. A small network learned to tell these from the table of
likenesses alone: it sees no picture. It looks 7 frames ahead, so that answers come later than the frames.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.listening.model import TinyNet
from touchline.tracking.frame_likeness import View, compare, look

REACH = 8
"""Number of frames before a boundary, and after it, whose likenesses count."""

AHEAD = REACH - 1 + 2
"""Number of frames by which an answer is later than its frame."""

NAME = "shot-changes"

_PAIRS = np.triu_indices(2 * REACH, 1)
_FAR = (_PAIRS[0] < REACH) & (_PAIRS[1] >= REACH) & (_PAIRS[1] - _PAIRS[0] >= 6)
_ACROSS = (_PAIRS[0] < REACH) & (_PAIRS[1] >= REACH)
_SAME = 0.7
_STILL, _OTHER = 0.9, 0.3
_LONG = 3


@dataclass(frozen=True, slots=True)
class Mark:
    """What a frame is to the shots of a video.

    Attributes:
        cut: whether it is the first frame of a shot, or of a gradual change between two shots.
        changing: whether it lies in a gradual change and shows neither shot alone.

    """

    cut: bool
    changing: bool


@dataclass(frozen=True, slots=True, eq=False)
class ChangeModel:
    """The network that turns likenesses into the probability of a change, and the threshold on it."""

    net: TinyNet
    threshold: float


@cache
def load_change_model() -> ChangeModel:
    """Return the model that ships with the package."""
    document = json.loads(files("touchline.models").joinpath("builtin", f"{NAME}.json").read_bytes())
    return ChangeModel(TinyNet.from_json(document["net"]), float(document["threshold"]))


class Likenesses:
    """A stream of frames turned into the likenesses around each boundary between two of them."""

    def __init__(self) -> None:
        self._views: deque[View] = deque(maxlen=2 * REACH)
        self._table = np.ones((2 * REACH, 2 * REACH, 2), np.float32)

    def push(self, luma: npt.NDArray[np.uint8]) -> Floats32 | None:
        """Add a frame, luma uint8 (H, W); return the cues (240,) of the boundary 7 frames earlier, None before that."""
        view = look(luma)
        if not self._views:
            self._views.extend([view] * REACH)
        return self._add(view)

    def finish(self) -> list[Floats32]:
        """Return the cues of the last boundaries, as if the last frame stayed; nothing if there was no frame."""
        padded = [self._add(self._views[-1]) for _ in range(REACH - 1)] if self._views else []
        return [cues for cues in padded if cues is not None]

    def _add(self, view: View) -> Floats32 | None:
        known = np.ones((2 * REACH, 2), np.float32)
        self._views.append(view)
        if len(self._views) > 1:
            known[-len(self._views) :] = compare(view, self._views)
        self._table = np.roll(self._table, -1, axis=(0, 1))
        self._table[-1, :], self._table[:, -1] = known, known
        return self._table[_PAIRS].ravel() if len(self._views) == 2 * REACH else None


def stays(cues: Floats32) -> bool:
    """Return whether the structure from before a boundary is the same after it: then nothing but a flash is there."""
    return float(np.median(cues[0::2][_FAR])) > _SAME


def jumps(cues: Floats32) -> bool:
    """Return whether the pictures stand still before a boundary and after it, and none of one side is like the other.

    The network asks for other tones, too, which pictures of one series may lack.
    """
    structure = cues[0::2]
    return float(structure[~_ACROSS].min()) > _STILL and float(structure[_ACROSS].max()) < _OTHER


class CutFinder:
    """A finder of the first frame of each new shot, and of the frames in which one turns into another."""

    def __init__(self, *, model: ChangeModel | None = None) -> None:
        self._model = model or load_change_model()
        self._likenesses = Likenesses()
        self._waiting: deque[float] = deque()
        self._first = True
        self._before = 0.0
        self._run = 0

    def push(self, luma: npt.NDArray[np.uint8]) -> list[Mark]:
        """Add a frame, luma uint8 (H, W); return the marks that are certain now, in the order of the frames."""
        cues = self._likenesses.push(luma)
        return [] if cues is None else self.hear(cues)

    def finish(self) -> list[Mark]:
        """Return the marks of the frames that have none yet."""
        return [mark for cues in self._likenesses.finish() for mark in self.hear(cues)] + self.rest()

    def hear(self, cues: Floats32) -> list[Mark]:
        """Add the cues (240,) of the next boundary; return the marks that are certain now."""
        chance = float(self._model.net.probability(cues[None])[0])
        self._waiting.append(0.0 if stays(cues) else 1.0 if jumps(cues) else chance)
        return [self._mark()] if len(self._waiting) > 2 else []

    def rest(self) -> list[Mark]:
        """Return the marks of the boundaries that were heard and have none yet."""
        return [self._mark() for _ in range(len(self._waiting))]

    def _mark(self) -> Mark:
        """Return the mark of the frame that has waited longest."""
        chance, first = self._waiting.popleft(), self._first
        after = [*self._waiting, 0.0]
        self._first = False
        self._run = self._run + 1 if chance >= self._model.threshold and not first else 0
        ahead = next(i for i, later in enumerate([*after[:2], 0.0]) if later < self._model.threshold)
        before, self._before = self._before, chance
        if not self._run:
            return Mark(first, False)
        if self._run + ahead >= _LONG:
            return Mark(self._run == 1 or not ahead, ahead > 0)
        rival = after[0] if self._run == 1 else before
        return Mark(chance >= rival if self._run == 1 else chance > rival, False)
