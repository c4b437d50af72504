"""How alike two frames are: in structure, whatever a pan between them, and in tones.

Structure is the luma after removal of its local mean and contrast, so that lighting does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

_SIZE = (64, 36)
_WINDOW = (9, 9)
_CONTRAST_LUMA = 4.0
_SHIFT = (16, 8)
_FLAT = 1.0
_DOWN, _ACROSS = np.ix_(np.r_[0 : _SHIFT[1] + 1, -_SHIFT[1] : 0], np.r_[0 : _SHIFT[0] + 1, -_SHIFT[0] : 0])
"""Where in a correlation surface the shifts of a pan are."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """The description of one frame: the transform of its structure, whether it has none, and its histogram of luma."""

    flat: bool
    spectrum: npt.NDArray[np.complex64]
    tones: npt.NDArray[np.float32]


def look(luma: npt.NDArray[np.uint8]) -> View:
    """Describe a frame, luma uint8 (H, W)."""
    bright = cv2.resize(luma, _SIZE, interpolation=cv2.INTER_AREA)
    small = bright.astype(np.float32)
    rest = small - cv2.blur(small, _WINDOW)
    structure = rest / (np.sqrt(cv2.blur(rest * rest, _WINDOW)) + _CONTRAST_LUMA)
    structure -= structure.mean()
    strength = float(np.linalg.norm(structure))
    spectrum = np.fft.rfft2(structure / max(strength, 1e-6))
    tones = np.bincount((bright >> 3).ravel(), minlength=32) / small.size
    return View(strength < _FLAT, spectrum.astype(np.complex64), tones.astype(np.float32))


def compare(view: View, others: Sequence[View]) -> npt.NDArray[np.float32]:
    """Compare a frame with others.

    Returns:
        float32 (n, 2), for each of them the best correlation of structure over all shifts of a pan, and the overlap of
        histograms; both 0 to 1.

    """
    products = np.conj(np.stack([other.spectrum for other in others])) * view.spectrum
    surfaces = np.fft.irfft2(products, s=_SIZE[::-1], axes=(1, 2))
    alike = np.clip(surfaces[:, _DOWN, _ACROSS].max(axis=(1, 2)), 0.0, 1.0)
    flat = np.array([other.flat for other in others])
    alike = np.where(flat | view.flat, np.float32(flat & view.flat), alike)
    shared = np.minimum(np.stack([other.tones for other in others]), view.tones).sum(axis=1)
    return np.stack([alike, shared], axis=1).astype(np.float32)
