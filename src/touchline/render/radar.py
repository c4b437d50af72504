"""The radar: the pitch from above in a corner of the picture, with a dot for everyone whose position is known."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.geometry.pitch import STANDARD, Pitch, lines_m, spots_m
from touchline.render.radar_places import RADAR_PLACE, RadarPlace, corner_of

Dot = tuple[npt.NDArray[np.float64], tuple[int, int, int], bool]
"""Position (2,) in metres, colour, and whether it is the ball."""

_MARGIN_M = 4.0
_SHARE = 0.22
"""Width as a share of the picture's: the smallest at which 22 dots stay apart in a picture of 640 pixels."""
_GRASS = (22, 62, 38)
_CHALK = (212, 228, 216)
_INK = (12, 18, 26)
_OPACITY = 0.62
_SHIFT = 3
"""Number of fractional bits of the coordinates passed to OpenCV."""


class Radar:
    """A painter that draws positions on a small pitch in a corner of the picture."""

    def __init__(self, *, width: int, height: int, pitch: Pitch = STANDARD, place: RadarPlace = RADAR_PLACE) -> None:
        """Draw the pitch for pictures of one size.

        Args:
            width: width of the pictures, pixels.
            height: height of the pictures, pixels.
            pitch: dimensions of the pitch.
            place: where the radar is; not ``"none"``.

        """
        reach_m = np.array([pitch.length_m / 2 + _MARGIN_M, pitch.width_m / 2 + _MARGIN_M])
        self._px_per_m = min(_SHARE * width / (2 * reach_m[0]), 0.32 * height / (2 * reach_m[1]))
        self._reach_m = reach_m
        self._size = tuple(max(1, round(float(v))) for v in 2 * reach_m * self._px_per_m)
        self._corner = corner_of(place, (self._size[0], self._size[1]), (width, height))
        self._dot_px = max(2.4, 1.15 * self._px_per_m)
        self._ground = self._draw_ground(pitch)

    def paint(self, picture: Rgb, dots: Sequence[Dot]) -> None:
        """Draw the radar into a picture, in place; nothing if there are no dots.

        Args:
            picture: uint8 (height, width, 3), contiguous.
            dots: positions to draw; those beyond the margin are drawn at its edge.

        """
        if not dots:
            return
        left, top = self._corner
        below = picture[top : top + self._size[1], left : left + self._size[0]]
        panel = cv2.addWeighted(self._ground, _OPACITY, below, 1.0 - _OPACITY, 0.0)
        for position_m, colour, is_ball in sorted(dots, key=lambda dot: dot[2]):
            centre = self._place(position_m[None])[0]
            radius = self._dot_px * (0.7 if is_ball else 1.0)
            for ink, grow in ((_INK, 1.0), (colour, 0.0)):
                size = round((radius + grow) * (1 << _SHIFT))
                cv2.circle(panel, tuple(centre.tolist()), size, ink, -1, cv2.LINE_AA, shift=_SHIFT)
        below[:] = panel

    def _place(self, points_m: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
        """Convert metres (n, 2) to panel coordinates with ``_SHIFT`` fractional bits; y is flipped to point down."""
        inside = points_m.clip(-self._reach_m, self._reach_m)
        pixels = (inside * (1.0, -1.0) + self._reach_m) * self._px_per_m
        return np.rint(pixels * (1 << _SHIFT)).astype(np.int64)

    def _draw_ground(self, pitch: Pitch) -> Rgb:
        ground = np.full((self._size[1], self._size[0], 3), _GRASS, np.uint8)
        for line in lines_m(pitch):
            cv2.polylines(ground, [self._place(line)], False, _CHALK, 1, cv2.LINE_AA, shift=_SHIFT)
        for spot in self._place(spots_m(pitch)):
            cv2.circle(ground, tuple(spot.tolist()), 1 << _SHIFT, _CHALK, -1, cv2.LINE_AA, shift=_SHIFT)
        return ground
