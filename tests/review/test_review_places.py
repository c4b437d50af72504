"""A point of the picture on the pitch."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.review.places import place_of

FEET_M = np.array([[-30, -20], [30, -20], [20, 25], [-25, 15], [0, 0], [10, -10]], np.float64)


def seen(places_m: np.ndarray) -> np.ndarray:
    """Where a camera with perspective shows these places, pixels."""
    x, y = places_m.T
    depth = 60 + y
    return np.stack([640 + 600 * x / depth, 900 - 20_000 / depth], axis=1)


def write(path: Path, count: int, *, shift_m: float = 0.0) -> Path:
    tracks = []
    for k, (place, foot) in enumerate(zip(FEET_M[:count], seen(FEET_M[:count]), strict=True)):
        frames = np.arange(3, dtype=np.int64)
        box = np.tile(np.array([foot[0] - 5, foot[1] - 40, foot[0] + 5, foot[1]], np.float32), (3, 1))
        places = np.tile((place + shift_m * k).astype(np.float32), (3, 1))
        ones = np.ones(3, np.float32)
        tracks.append(Track(k + 1, "player", frames * 40_000, frames, box, ones, ones > 0, positions_m=places))
    write_tracks_parquet(path, Tracks(tuple(tracks), (Shot(0, 0, 120_000),), 1280, 720))
    return path


def test_a_point_is_where_the_camera_shows_it(tmp_path: Path) -> None:
    path = write(tmp_path / "tracks.parquet", 6)
    for place in ([5.0, 5.0], [-12.0, 20.0]):
        (point,) = seen(np.array([place]))
        assert place_of(path, time_us=45_000, point_px=tuple(point)) == pytest.approx(place, abs=0.1)


def test_nothing_is_said_where_it_is_not_known(tmp_path: Path) -> None:
    path = write(tmp_path / "tracks.parquet", 6)
    (point,) = seen(np.array([[0.0, 0.0]]))
    assert place_of(path, time_us=5_000_000, point_px=tuple(point)) is None
    assert place_of(path, time_us=0, point_px=(640.0, 890.0)) is None  # near the horizon, far off
    assert place_of(write(tmp_path / "few.parquet", 3), time_us=0, point_px=tuple(point)) is None
