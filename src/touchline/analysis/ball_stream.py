"""Crops of the ball along its track, as input for feature extraction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.analysis.features import View
from touchline.core.clock import US_PER_S
from touchline.core.tracks import Track, Tracks
from touchline.media.frame import Frame

NAME = "ball"
MARGIN = 0.2
"""Margin added on each side of the ball's box, as a share of the box's width or height."""
MAX_PAUSE_S = 0.5
"""Longest gap, in seconds, between two boxes of a track across which the ball's position is interpolated."""


@dataclass(frozen=True, slots=True, eq=False)
class BallPath:
    """The ball's box over time: interpolated between the boxes of its tracks, undefined outside them.

    Attributes:
        times_us: int64 (n,), microseconds, strictly increasing.
        boxes_xyxy: float64 (n, 4), pixels.
        runs: int64 (n,), run number of each box; boxes of one run belong to one track without a long gap.

    """

    times_us: npt.NDArray[np.int64]
    boxes_xyxy: npt.NDArray[np.float64]
    runs: npt.NDArray[np.int64]

    def box_at(self, time_us: int) -> npt.NDArray[np.float64] | None:
        """Return the box (4,) at a time, interpolated linearly; None if the ball's position is unknown then."""
        after = int(np.searchsorted(self.times_us, time_us))
        if after < len(self.times_us) and self.times_us[after] == time_us:
            return self.boxes_xyxy[after]
        if after in (0, len(self.times_us)) or self.runs[after] != self.runs[after - 1]:
            return None
        span_us = int(self.times_us[after] - self.times_us[after - 1])
        share = (time_us - int(self.times_us[after - 1])) / span_us
        between: npt.NDArray[np.float64] = (1 - share) * self.boxes_xyxy[after - 1] + share * self.boxes_xyxy[after]
        return between


def ball_path(tracks: Tracks) -> BallPath:
    """Return the ball's path through a video; where tracks overlap in time, the most confident box is used."""
    balls = [track for track in tracks if track.label == "ball"]
    if not balls:
        return BallPath(np.zeros(0, np.int64), np.zeros((0, 4)), np.zeros(0, np.int64))
    times_us = np.concatenate([ball.times_us for ball in balls])
    boxes = np.concatenate([ball.boxes_xyxy for ball in balls]).astype(np.float64)
    confidence = np.concatenate([ball.confidence for ball in balls])
    runs = np.concatenate(_runs(balls))
    order = np.lexsort((-confidence, times_us))
    first = np.concatenate([[True], np.diff(times_us[order]) > 0])
    kept = order[first]
    return BallPath(times_us[kept], boxes[kept], runs[kept])


def _runs(balls: list[Track]) -> list[npt.NDArray[np.int64]]:
    """Return the run numbers of each track's boxes, numbered consecutively over all tracks."""
    runs, count = [], 0
    for ball in balls:
        pauses = np.diff(ball.times_us, prepend=ball.times_us[:1]) > MAX_PAUSE_S * US_PER_S
        runs.append(count + np.cumsum(pauses))
        count = int(runs[-1][-1]) + 1
    return runs


def ball_view(tracks: Tracks, *, margin: float = MARGIN) -> View:
    """Return a view of the ball: its box plus a margin, clipped to the frame.

    Args:
        tracks: the video's tracks, including the ball's.
        margin: share of the box's width and height added on each side; a large one includes nearby players.

    """
    path = ball_path(tracks)

    def look(frame: Frame) -> npt.NDArray[np.uint8] | None:
        box = path.box_at(frame.time_us)
        return None if box is None else crop_box(frame.to_rgb(), box, margin=margin)

    digest = hashlib.sha256(path.times_us.tobytes() + path.boxes_xyxy.tobytes()).hexdigest()
    return View(NAME, look, {"margin": margin, "ball": digest})


def crop_box(
    rgb: npt.NDArray[np.uint8], box_xyxy: npt.NDArray[np.float64], *, margin: float
) -> npt.NDArray[np.uint8] | None:
    """Crop a picture uint8 (H, W, 3) to a box (4,) plus a margin; None if the box lies outside the picture."""
    x0, y0, x1, y1 = (float(value) for value in box_xyxy)
    pad_x, pad_y = margin * (x1 - x0), margin * (y1 - y0)
    left, top = max(int(np.floor(x0 - pad_x)), 0), max(int(np.floor(y0 - pad_y)), 0)
    right, bottom = min(int(np.ceil(x1 + pad_x)), rgb.shape[1]), min(int(np.ceil(y1 + pad_y)), rgb.shape[0])
    if right <= left or bottom <= top:
        return None
    return np.ascontiguousarray(rgb[top:bottom, left:right])
