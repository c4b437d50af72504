"""Scenes: people, ball and camera of one camera shot as arrays over its analysed frames.

People are packed into slots: a slot holds one person at a time, and another one after that person's track has ended, so
that the arrays stay small however often tracks break.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import BALL, DETECTION_LABELS, Shot, Track, Tracks

GRID_S = 0.08
"""Least time between two frames of the grid where the camera's path is not known: that of the tracker's own grid."""

_TEAMS = {"A": 0, "B": 1}


@dataclass(frozen=True, eq=False)
class Scene:
    """One camera shot on the grid of its n analysed frames, with people in s slots.

    Attributes:
        shot: the camera shot.
        times_us: int64 (n,), microseconds.
        motions: float64 (n, 3, 3), homography from the previous frame's pixels to this one's; the identity where
            unknown.
        to_pitch: float64 (n, 3, 3), homography from pixels to metres, NaN where unknown.
        pitch_m: float64 (n, 2), length and width of the pitch, metres, NaN where unknown.
        size_px: width and height of the picture.
        ball_px: float64 (n, 2), centre of the ball, NaN where there is none.
        ball_seen: bool (n,), whether the ball was detected there, not filled in.
        ball_confidence: float64 (n,), 0 where there is none.
        person: int64 (n, s), index into ``tracks``; -1 for an empty slot.
        boxes_px: float64 (n, s, 4), boxes of people, NaN in empty slots.
        tracks: the tracks of people, in the order that ``person`` counts them.

    """

    shot: Shot
    times_us: Indices
    motions: Floats64
    to_pitch: Floats64
    pitch_m: Floats64
    size_px: tuple[int, int]
    ball_px: Floats64
    ball_seen: Bools
    ball_confidence: Floats64
    person: Indices
    boxes_px: Floats64
    tracks: tuple[Track, ...]

    def __len__(self) -> int:
        return len(self.times_us)

    @cached_property
    def feet_px(self) -> Floats64:
        """float64 (n, s, 2), the middle of each box's lower edge."""
        boxes = self.boxes_px
        return np.stack([(boxes[..., 0] + boxes[..., 2]) / 2, boxes[..., 3]], axis=-1)

    @cached_property
    def heights_px(self) -> Floats64:
        """float64 (n, s), heights of the boxes."""
        return np.asarray(self.boxes_px[..., 3] - self.boxes_px[..., 1])

    @cached_property
    def teams(self) -> Indices:
        """int64 (n, s): 0 for team A, 1 for team B, -1 for neither, unknown, or an empty slot."""
        known = np.array([*(_TEAMS.get(track.team or "", -1) for track in self.tracks), -1], np.int64)
        return known[self.person]

    @cached_property
    def roles(self) -> Indices:
        """int64 (n, s): index into ``DETECTION_LABELS``, -1 for an empty slot."""
        known = np.array([*(DETECTION_LABELS.index(track.label) for track in self.tracks), -1], np.int64)
        return known[self.person]

    @cached_property
    def _carries(self) -> dict[int, Floats64]:
        return {}

    def into(self, offset: int) -> Floats64:
        """Return homographies (n, 3, 3) from the frame ``offset`` later (earlier, if negative) to each frame."""
        if offset not in self._carries:
            if offset == 0:
                found = np.tile(np.eye(3), (len(self), 1, 1))
            elif offset > 0:
                step = shifted(np.asarray(np.linalg.inv(self.motions), np.float64), 1, fill=np.eye(3))
                found = step if offset == 1 else step @ shifted(self.into(offset - 1), 1, fill=np.eye(3))
            else:
                before = shifted(self.into(offset + 1), -1, fill=np.eye(3))
                found = self.motions if offset == -1 else self.motions @ before
            self._carries[offset] = found
        return self._carries[offset]

    def place_m(self, points_px: Floats64) -> Floats64:
        """Place points (n, ..., 2) of each frame with that frame's homography: metres, NaN where unknown."""
        return moved(self.to_pitch, points_px)


def scenes_of(tracks: Tracks, *, camera: CameraPath | None) -> Iterator[Scene]:
    """Yield the scene of each camera shot that has tracks.

    Args:
        tracks: all tracks of a video.
        camera: the camera's path over the same video; None for a camera that stands still and knows no pitch.

    """
    for shot in tracks.shots:
        inside = [track for track in tracks if track.shot == shot.index]
        if inside:
            yield _scene(inside, shot=shot, camera=_part(camera, shot, inside), size_px=(tracks.width, tracks.height))


def moved(matrices: Floats64, points: Floats64) -> Floats64:
    """Apply a homography (n, 3, 3) of each frame to its points (n, ..., 2); NaN behind the horizon."""
    shape = (len(matrices),) + (1,) * (points.ndim - 2)
    x, y = points[..., 0], points[..., 1]
    rows = [_row(matrices[:, i].reshape(*shape, 3), x, y) for i in range(3)]
    depth = np.where(rows[2] > 0, rows[2], np.nan)
    return np.stack([rows[0] / depth, rows[1] / depth], axis=-1)


def shifted(values: Floats64, offset: int, *, fill: Floats64 | float = np.nan) -> Floats64:
    """Return row ``i + offset`` as row ``i``; ``fill`` where there is none."""
    out = np.empty(values.shape, np.float64)
    out[...] = fill
    if abs(offset) < len(values):
        out[max(0, -offset) : len(values) - max(0, offset)] = values[max(0, offset) : len(values) + min(0, offset)]
    return out


def _row(row: Floats64, x: Floats64, y: Floats64) -> Floats64:
    return np.asarray(row[..., 0] * x + row[..., 1] * y + row[..., 2])


def _part(camera: CameraPath | None, shot: Shot, tracks: Sequence[Track]) -> CameraPath:
    """Return the camera's path in one shot; one that stands still if it is not known."""
    if camera is None:
        return _still(_grid(tracks))
    rows = (camera.times_us >= shot.start_us) & (camera.times_us < shot.end_us)
    return CameraPath(
        times_us=camera.times_us[rows],
        starts=camera.starts[rows],
        motions=camera.motions[rows],
        quality=camera.quality[rows],
        to_pitch=camera.to_pitch[rows],
        pitch_m=camera.pitch_m[rows],
    )


def _grid(tracks: Sequence[Track]) -> Indices:
    """Return the times at which anybody was detected, at most one in every ``GRID_S``."""
    seen = np.unique(np.concatenate([track.times_us[track.observed] for track in tracks]))
    kept: list[int] = []
    for time_us in seen.tolist():
        if not kept or time_us - kept[-1] >= 0.9e6 * GRID_S:
            kept.append(time_us)
    return np.array(kept, np.int64)


def _still(times_us: Indices) -> CameraPath:
    count = len(times_us)
    return CameraPath(
        times_us=times_us,
        starts=np.arange(count) == 0,
        motions=np.tile(np.eye(3), (count, 1, 1)),
        quality=np.zeros(count, np.float32),
        to_pitch=np.full((count, 3, 3), np.nan),
        pitch_m=np.full((count, 2), np.nan, np.float32),
    )


def _scene(tracks: Sequence[Track], *, shot: Shot, camera: CameraPath, size_px: tuple[int, int]) -> Scene:
    label = DETECTION_LABELS[BALL]
    people = tuple(track for track in tracks if track.label != label)
    ball_px, seen, confidence = _ball([track for track in tracks if track.label == label], camera.times_us)
    person, boxes = _slots(people, camera.times_us)
    motions = camera.motions.copy()
    if len(motions):
        motions[0] = np.eye(3)
    return Scene(
        shot=shot,
        times_us=camera.times_us,
        motions=motions,
        to_pitch=camera.to_pitch,
        pitch_m=camera.pitch_m.astype(np.float64),
        size_px=size_px,
        ball_px=ball_px,
        ball_seen=seen,
        ball_confidence=confidence,
        person=person,
        boxes_px=boxes,
        tracks=people,
    )


def _ball(balls: Sequence[Track], times_us: Indices) -> tuple[Floats64, Bools, Floats64]:
    """Return centre, whether it was detected, and confidence of the most confident ball in each frame."""
    centre = np.full((len(times_us), 2), np.nan)
    seen, confidence = np.zeros(len(times_us), np.bool_), np.zeros(len(times_us))
    for ball in balls:
        rows, at = _common(ball.times_us, times_us)
        better = ball.confidence[rows] > confidence[at]
        rows, at = rows[better], at[better]
        centre[at] = (ball.boxes_xyxy[rows, :2].astype(np.float64) + ball.boxes_xyxy[rows, 2:]) / 2
        seen[at], confidence[at] = ball.observed[rows], ball.confidence[rows]
    return centre, seen, confidence


def _slots(people: Sequence[Track], times_us: Indices) -> tuple[Indices, Floats64]:
    """Return whose each slot is, and their boxes; a slot is given to another track when its own has ended."""
    last: list[int] = []
    placed: list[tuple[int, int, Indices, Indices]] = []
    for number in sorted(range(len(people)), key=lambda i: int(people[i].times_us[0])):
        rows, at = _common(people[number].times_us, times_us)
        if len(at):
            slot = next((i for i, end in enumerate(last) if end < at[0]), len(last))
            last[slot : slot + 1] = [int(at[-1])]
            placed.append((number, slot, rows, at))
    person = np.full((len(times_us), len(last)), -1, np.int64)
    boxes = np.full((len(times_us), len(last), 4), np.nan)
    for number, slot, rows, at in placed:
        person[at, slot] = number
        boxes[at, slot] = people[number].boxes_xyxy[rows]
    return person, boxes


def _common(mine: Indices, grid: Indices) -> tuple[Indices, Indices]:
    """Return the rows of ``mine`` and of ``grid`` with equal times."""
    _, rows, at = np.intersect1d(mine, grid, assume_unique=True, return_indices=True)
    return rows.astype(np.int64), at.astype(np.int64)
