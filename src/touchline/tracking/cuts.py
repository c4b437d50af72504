"""Cuts between camera shots, and the kind of each shot.

Two frames belong to the same shot when the structure of one is found in the other, possibly shifted by a pan.
Structure is the luma after removal of its local mean and contrast, so that lighting does not count.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Picture = npt.NDArray[np.float32]

_SIZE = (64, 36)
_WINDOW = (9, 9)
_CONTRAST_LUMA = 4.0
_SHIFT = (16, 8)
_MEMORY = 12
_FLASH_SHARE = 0.25
_GLARE_LUMA = 240
_FLASH_LENGTH = 3
_FLAT = 1.0


@dataclass(frozen=True, slots=True)
class CutSettings:
    """The criteria by which a frame starts a new shot.

    Attributes:
        alike: correlation of structure above which two frames always belong to the same shot.
        drop: threshold on the sum of two losses, of structure and of tones, each as a share of the shot's recent level.
        usual_alike: correlation expected of a shot's first frames.
        usual_tones: overlap of histograms expected of a shot's first frames.

    """

    alike: float = 0.5
    drop: float = 0.8
    usual_alike: float = 0.6
    usual_tones: float = 0.95


DEFAULT_CUTS = CutSettings()


@dataclass(frozen=True, slots=True, eq=False)
class _View:
    """The description of one frame: transform of its structure (if any), histogram, and share of overexposed pixels."""

    flat: bool
    spectrum: npt.NDArray[np.complex64]
    tones: npt.NDArray[np.float64]
    glare: float


class CutFinder:
    """A detector of the first frame of each new shot."""

    def __init__(self, *, settings: CutSettings = DEFAULT_CUTS) -> None:
        self._settings = settings
        self._last: _View | None = None
        self._usual: deque[tuple[float, float]] = deque(maxlen=_MEMORY)
        self._flash = 0

    def update(self, luma: npt.NDArray[np.uint8]) -> bool:
        """Return whether a frame, luma uint8 (H, W), starts a new shot; the very first frame does."""
        view = _look(luma)
        before = self._last
        if before is None:
            self._last = view
            return True
        alike, tones = compare(before, view)
        if self._same(alike, tones):
            self._last, self._flash = view, 0
            self._usual.append((alike, tones))
            return False
        if view.glare - before.glare > _FLASH_SHARE and self._flash < _FLASH_LENGTH:
            self._flash += 1
            return False
        self._last, self._flash = view, 0
        self._usual.clear()
        return True

    def _same(self, alike: float, tones: float) -> bool:
        settings = self._settings
        if alike >= settings.alike:
            return True
        usual = (settings.usual_alike, settings.usual_tones)
        if self._usual:
            usual = tuple(np.median(np.array(self._usual), axis=0).tolist())
        return (
            sum(max(0.0, 1 - now / before) for now, before in zip((alike, tones), usual, strict=True)) < settings.drop
        )


def _look(luma: npt.NDArray[np.uint8]) -> _View:
    small = cv2.resize(luma, _SIZE, interpolation=cv2.INTER_AREA).astype(np.float32)
    rest = small - cv2.blur(small, _WINDOW)
    structure = rest / (np.sqrt(cv2.blur(rest * rest, _WINDOW)) + _CONTRAST_LUMA)
    structure -= structure.mean()
    strength = float(np.linalg.norm(structure))
    spectrum = np.fft.rfft2(structure / max(strength, 1e-6))
    tones = np.histogram(small, 32, (0, 256))[0] / small.size
    return _View(strength < _FLAT, spectrum.astype(np.complex64), tones, float((small > _GLARE_LUMA).mean()))


def compare(before: _View, after: _View) -> tuple[float, float]:
    """Return the best correlation of structure over all shifts of a pan, and the overlap of histograms; both 0 to 1."""
    shared = float(np.minimum(before.tones, after.tones).sum())
    if before.flat or after.flat:
        return float(before.flat and after.flat), shared
    surface = np.fft.irfft2(np.conj(before.spectrum) * after.spectrum, s=_SIZE[::-1])
    wide, tall = _SHIFT
    near = surface[np.r_[0 : tall + 1, -tall:0]][:, np.r_[0 : wide + 1, -wide:0]]
    return max(0.0, float(near.max())), shared


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """The facts about one frame that distinguish the kinds of shots.

    Attributes:
        people: number of people found.
        tallest: height of the tallest person, as a share of the frame's height.
        pitch: whether the pitch's lines were found.

    """

    people: int
    tallest: float
    pitch: bool


def shot_kind(facts: Sequence[PictureFacts]) -> str:
    """Classify a shot as one of ``SHOT_KINDS``: ``"wide"``, ``"close-up"`` or ``"other"``.

    Replays are not separated from live play: nothing measured here distinguishes them.
    """
    if not facts:
        return "other"
    tallest = float(np.median([fact.tallest for fact in facts]))
    people = float(np.median([fact.people for fact in facts]))
    if people >= 1 and tallest > 0.4:
        return "close-up"
    if people >= 6 or (people >= 3 and np.mean([fact.pitch for fact in facts]) > 0.5):
        return "wide"
    return "other"
