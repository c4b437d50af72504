"""Made-up play for tests: a ball and people whose every place is known, as tracks and a camera's path."""

from __future__ import annotations

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Shot, Track, Tracks

FPS = 12.5
SIZE = (640, 360)
BODY_PX = 40.0
PIXELS_A_METRE = 20.0


def times_of(count: int) -> Indices:
    return np.round(np.arange(count) * 1e6 / FPS).astype(np.int64)


def track_of(
    number: int,
    centres: Floats64,
    *,
    label: str = "player",
    team: str | None = None,
    size: tuple[float, float] = (16.0, BODY_PX),
    observed: np.ndarray | None = None,
    rows: Indices | None = None,
) -> Track:
    """A track whose box's lower edge (people) or middle (ball) follows the centres (n, 2); NaN leaves a frame out."""
    kept = np.flatnonzero(np.isfinite(centres).all(axis=1)) if rows is None else rows
    x, y = centres[kept].T
    half = size[0] / 2
    top, low = (y - size[1] / 2, y + size[1] / 2) if label == "ball" else (y - size[1], y)
    count = len(kept)
    return Track(
        track_id=number,
        label=label,
        times_us=times_of(len(centres))[kept],
        frames=kept.astype(np.int64),
        boxes_xyxy=np.stack([x - half, top, x + half, low], axis=1).astype(np.float32),
        confidence=np.ones(count, np.float32),
        observed=np.ones(count, np.bool_) if observed is None else observed[kept],
        team=team,
    )


def ball_of(number: int, centres: Floats64, *, observed: np.ndarray | None = None) -> Track:
    return track_of(number, centres, label="ball", size=(6.0, 6.0), observed=observed)


def play(*tracks: Track, count: int, kind: str = "wide") -> Tracks:
    shot = Shot(0, 0, int(times_of(count + 1)[-1]), kind=kind)
    return Tracks(tracks, (shot,), *SIZE)


def camera_of(count: int, *, step_px: tuple[float, float] = (0.0, 0.0), pitch: bool = False) -> CameraPath:
    """A camera that moves the picture by ``step_px`` in every frame; the centre spot starts in its middle."""
    motion = np.array([[1.0, 0.0, step_px[0]], [0.0, 1.0, step_px[1]], [0.0, 0.0, 1.0]])
    to_pitch = np.full((count, 3, 3), np.nan)
    for i in range(count if pitch else 0):
        x, y = SIZE[0] / 2 + step_px[0] * i, SIZE[1] / 2 + step_px[1] * i
        scale = 1 / PIXELS_A_METRE
        to_pitch[i] = [[scale, 0.0, -x * scale], [0.0, -scale, y * scale], [0.0, 0.0, 1.0]]
    return CameraPath(
        times_us=times_of(count),
        starts=np.arange(count) == 0,
        motions=np.tile(motion, (count, 1, 1)),
        quality=np.ones(count, np.float32),
        to_pitch=to_pitch,
        pitch_m=np.full((count, 2), (105.0, 68.0) if pitch else np.nan, np.float32),
    )


def one_kick(count: int = 40, *, kick: int = 20, speed_px: float = 12.0) -> Floats64:
    """A ball that rolls to the right at walking pace and is kicked straight up the picture at a frame."""
    frames = np.arange(count, dtype=np.float64)
    x = np.where(frames <= kick, 200 + 2 * frames, 200 + 2 * kick)
    y = np.where(frames <= kick, 300.0, 300 - speed_px * (frames - kick))
    return np.stack([x, y], axis=1)
