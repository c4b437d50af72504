"""Camera motion between two frames: the homography that aligns all edges outside of people.

Corners are rare on grass, so frames are aligned directly: every strong edge pixel measures how far it moved across its
edge, and reweighted least squares, from coarse to fine, finds the homography that explains most of them. Painted lines
contribute this way although no point along them can be tracked. Whatever stays put while the rest moves (a score board,
a station's logo) is learned and excluded.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64

Picture = npt.NDArray[np.float32]

WORK_WIDTH_PX = 320
"""Width in pixels of the finest pyramid level that is aligned."""

_LEVELS = 3
_STEPS = (8, 5, 4)
_POINTS = (400, 900, 1400)
_CELLS = (8, 5)
_PRIOR = np.array([1e-7, 1e-7, 1e-7, 1e-7, 1e-8, 1e-8, 3e-6, 3e-6])
_LEAST_POINTS = 40
_NOISE_LUMA = 2.0
_EDGE_LUMA = 1.0
_FAR_LUMA = 20.0
_OUTSIDE_LUMA = 1e4
_CLOSE_PX = 0.02
_DOUBTFUL = 0.8
_MOVED_PX = 0.5
_LEARN = 0.2
_STILL = 0.6
_STILL_LUMA = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """The camera's motion from the previous frame to the current one.

    Attributes:
        matrix: float64 (3, 3), maps pixels of the previous full-size frame to pixels of the current one.
        quality: 0 to 1, the share of edge pixels that agree; 0 when the alignment failed, in which case the matrix is
            the identity.

    """

    matrix: Floats64
    quality: float

    @classmethod
    def unknown(cls) -> Motion:
        """Return the motion that stands for "not known": identity matrix, quality 0."""
        return cls(np.eye(3), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """One level of an image pyramid with its edge pixels.

    Attributes:
        shape: height and width.
        points: (n, 3), homogeneous coordinates of the edge pixels: x, y, 1.
        values: (n,), their luma.
        slopes: (n, 8), derivative of the luma with respect to the eight parameters.

    """

    shape: tuple[int, ...]
    points: npt.NDArray[np.float32]
    values: npt.NDArray[np.float32]
    slopes: npt.NDArray[np.float32]


class CameraMotion:
    """An estimator of the camera's motion from frame to frame."""

    def __init__(self) -> None:
        self._levels: list[_Level] = []
        self._before: Picture | None = None
        self._last = np.eye(3)
        self._still: Picture | None = None

    def reset(self) -> None:
        """Forget the previous frame: the next one starts a shot."""
        self._levels, self._last = [], np.eye(3)

    def update(self, luma: npt.NDArray[np.uint8], *, boxes_xyxy: npt.NDArray | None = None) -> Motion:
        """Estimate the motion since the previous frame.

        Args:
            luma: uint8 (H, W).
            boxes_xyxy: (n, 4), people in this frame, whose edges are ignored.

        """
        scale = min(1.0, WORK_WIDTH_PX / luma.shape[1])
        pyramid = _pyramid(_shrink(luma, scale))
        middle = pyramid[-2]
        if self._before is None or self._before.shape != middle.shape:
            self._still, self._levels = np.zeros(middle.shape, np.float32), []
        motion = Motion.unknown()
        if self._levels and self._before is not None:
            self._last, quality = _align(self._levels, pyramid, [np.eye(3), self._last])
            if quality < _DOUBTFUL:
                again = _align(self._levels, pyramid, [_shift(self._before, middle, 2.0)])
                self._last, quality = max((self._last, quality), again, key=lambda found: found[1])
            self._learn(self._before, middle, _zoom(self._last, 0.5))
            motion = Motion(_zoom(self._last, 1 / scale), quality)
        mask = _people(pyramid[-1].shape, boxes_xyxy, scale)
        self._before, self._levels = middle, self._edges(pyramid, mask)
        return motion

    def _edges(self, pyramid: list[Picture], mask: npt.NDArray[np.uint8]) -> list[_Level]:
        if self._still is not None:
            still = (self._still > _STILL).astype(np.uint8)
            mask = mask & (1 - cv2.resize(still, mask.shape[::-1], interpolation=cv2.INTER_NEAREST))
        return [_level(picture, mask, count) for picture, count in zip(pyramid, _POINTS, strict=True)]

    def _learn(self, before: Picture, after: Picture, matrix: Floats64) -> None:
        """Record which edges stood still although the camera moved."""
        height, width = before.shape
        centre = np.array([width / 2, height / 2, 1.0])
        moved = matrix @ centre
        if self._still is None or float(np.abs(moved[:2] / moved[2] - centre[:2]).max()) < _MOVED_PX:
            return
        carried = cv2.warpPerspective(before, matrix, (width, height), flags=cv2.INTER_LINEAR)
        better = cv2.blur(cv2.absdiff(after, carried) - cv2.absdiff(after, before), (5, 5)) > _STILL_LUMA
        self._still += np.float32(_LEARN) * (better.astype(np.float32) - self._still)


def _shrink(luma: npt.NDArray[np.uint8], scale: float) -> Picture:
    size = (max(32, round(luma.shape[1] * scale)), max(32, round(luma.shape[0] * scale)))
    small = cv2.resize(luma, size, interpolation=cv2.INTER_AREA) if scale < 1 else luma
    return cv2.GaussianBlur(small.astype(np.float32), (3, 3), 0)


def _people(shape: tuple[int, ...], boxes_xyxy: npt.NDArray | None, scale: float) -> npt.NDArray[np.uint8]:
    """Return a mask uint8 (h, w): 0 on people, 1 elsewhere."""
    mask = np.ones(shape, np.uint8)
    if boxes_xyxy is not None and len(boxes_xyxy):
        for x0, y0, x1, y1 in np.clip(np.round(boxes_xyxy * scale + (-2, -2, 3, 3)), 0, 1 << 20).astype(int).tolist():
            mask[y0:y1, x0:x1] = 0
    return mask


def _pyramid(small: Picture) -> list[Picture]:
    """Return the pyramid from coarse to fine, each level twice the size of the previous one."""
    pictures = [small]
    for _ in range(_LEVELS - 1):
        pictures.insert(0, cv2.pyrDown(pictures[0]))
    return pictures


def _level(picture: Picture, mask: npt.NDArray[np.uint8], count: int) -> _Level:
    """Return a pyramid level with its strongest edges, spread over cells."""
    height, width = picture.shape
    dx, dy = cv2.Sobel(picture, cv2.CV_32F, 1, 0, scale=0.125), cv2.Sobel(picture, cv2.CV_32F, 0, 1, scale=0.125)
    strength = dx * dx + dy * dy
    strength *= mask if mask.shape == picture.shape else cv2.resize(mask, (width, height))
    for edge in (strength[:2], strength[-2:], strength[:, :2], strength[:, -2:]):
        edge[:] = 0
    rows, columns = _spread(strength, count)
    x, y = columns.astype(np.float32), rows.astype(np.float32)
    gx, gy = dx[rows, columns], dy[rows, columns]
    u, v = (x - width / 2) / width, (y - height / 2) / width
    along = gx * u + gy * v
    slopes = np.stack([gx * u, gx * v, gy * u, gy * v, gx, gy, -along * u, -along * v], axis=1) * np.float32(width)
    return _Level(picture.shape, np.stack([x, y, np.ones_like(x)], axis=1), picture[rows, columns], slopes)


def _spread(strength: Picture, count: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return rows and columns of the strongest pixels: at most one per 2 x 2 block, equally limited in every cell."""
    height, width = strength.shape
    tall, wide = height // (2 * _CELLS[1]), width // (2 * _CELLS[0])
    if tall * wide < 2:
        return np.zeros(0, np.int64), np.zeros(0, np.int64)
    cells = strength[: 2 * tall * _CELLS[1], : 2 * wide * _CELLS[0]]
    best = np.maximum(cells[::2], cells[1::2])
    best = np.maximum(best[:, ::2], best[:, 1::2])
    flat = best.reshape(_CELLS[1], tall, _CELLS[0], wide).transpose(0, 2, 1, 3).reshape(-1, tall * wide)
    each = min(count // len(flat), tall * wide - 1)
    chosen = np.argpartition(flat, -each, axis=1)[:, -each:]
    cell, place = np.nonzero(np.take_along_axis(flat, chosen, axis=1) > _EDGE_LUMA**2)
    inside = chosen[cell, place]
    rows = 2 * (cell // _CELLS[0] * tall + inside // wide)
    columns = 2 * (cell % _CELLS[0] * wide + inside % wide)
    four = np.stack([cells[rows + i, columns + j] for i in (0, 1) for j in (0, 1)]).argmax(axis=0)
    return rows + four // 2, columns + four % 2


def _align(before: list[_Level], after: list[Picture], guesses: list[Floats64]) -> tuple[Floats64, float]:
    """Return the homography from one frame to the next at the finest level, and the share of pixels that agree."""
    if min(len(level.values) for level in before) < _LEAST_POINTS:
        return np.eye(3), 0.0
    matrix = min(
        (_zoom(guess, 2.0 ** (1 - len(before))) for guess in guesses),
        key=lambda guess: float(np.minimum(np.abs(_apart(before[0], after[0], guess)), _FAR_LUMA).mean()),
    )
    quality = 0.0
    for number, (level, picture, steps) in enumerate(zip(before, after, _STEPS, strict=True)):
        matrix, quality = _refine(level, picture, _zoom(matrix, 2.0) if number else matrix, steps)
    return matrix, quality


def _shift(before: Picture, after: Picture, factor: float) -> Floats64:
    """Return the shift that correlates two images best, as a homography at ``factor`` times their size."""
    window = cv2.createHanningWindow(before.shape[::-1], cv2.CV_32F)
    (dx, dy), _ = cv2.phaseCorrelate(before * window, after * window)
    matrix = np.eye(3)
    matrix[:2, 2] = factor * dx, factor * dy
    return matrix


def _zoom(matrix: Floats64, factor: float) -> Floats64:
    """Return the same motion in an image ``factor`` times as large."""
    size = np.array([factor, factor, 1.0])
    return size[:, None] * matrix / size


def _apart(level: _Level, picture: Picture, matrix: Floats64) -> npt.NDArray[np.float32]:
    """Return the luma residual of each edge pixel after the motion; very large outside the image."""
    moved = level.points @ matrix.T.astype(np.float32)
    places = moved[None, :, :2] / moved[None, :, 2:]
    seen = cv2.remap(picture, places, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=_OUTSIDE_LUMA)
    return seen[0] - level.values


@cache
def _units(width: int, height: int) -> tuple[Floats64, Floats64]:
    """Return the matrix from picture widths around the middle to pixels, and its inverse."""
    norm = np.array([[width, 0, width / 2], [0, width, height / 2], [0, 0, 1]])
    return norm, np.linalg.inv(norm)


def _median(values: npt.NDArray[np.float32]) -> float:
    """Return the median of values, at least one, without NumPy's search for NaN."""
    lower, upper = (len(values) - 1) // 2, len(values) // 2
    ranked = np.partition(values, (lower, upper))
    return float((ranked[lower] + ranked[upper]) / np.float32(2))


def _refine(level: _Level, picture: Picture, matrix: Floats64, steps: int) -> tuple[Floats64, float]:
    """Refine a homography by inverse compositional Gauss-Newton; the weights suppress outliers."""
    height, width = level.shape
    norm, back = _units(width, height)
    apart = _apart(level, picture, matrix)
    brighter = _median(apart[::2])
    spread = max(_NOISE_LUMA, 1.5 * _median(np.abs(apart[::2] - brighter)))
    for _ in range(steps):
        off = apart - brighter
        weight = off / spread
        weight *= weight
        weight += 1
        weight = 1 / weight
        weight *= weight
        weighted = level.slopes * weight[:, None]
        normal = (weighted.T @ level.slopes).astype(np.float64)
        normal.flat[:: len(normal) + 1] += _PRIOR * np.trace(normal) + 1e-9
        step = np.linalg.solve(normal, (weighted.T @ off).astype(np.float64))
        change = np.array([[1 + step[0], step[1], step[4]], [step[2], 1 + step[3], step[5]], [step[6], step[7], 1.0]])
        matrix = matrix @ norm @ np.linalg.inv(change) @ back
        matrix /= matrix[2, 2]
        apart = _apart(level, picture, matrix)
        if float(np.abs(step).max()) * width < _CLOSE_PX:
            break
        spread = max(_NOISE_LUMA, spread / 2)
    return matrix, float(np.mean(np.abs(apart - brighter) < 2 * _NOISE_LUMA))
