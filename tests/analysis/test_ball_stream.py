"""Features of the ball: cut out along its track, nothing where there is none."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from fakefeatures import number_extractor
from makevideo import write_numbered
from touchline.analysis.ball_stream import ball_path, ball_view, crop_box
from touchline.analysis.features import FeatureOptions, View, extract_features
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.features.vectors import read_features
from touchline.media.frame import Frame


def track(track_id: int, frames: list[int], *, label: str = "ball", x0: float = 10, confidence: float = 0.9) -> Track:
    """A box 10 by 10 pixels that moves one pixel a frame of 40 ms."""
    at = np.array(frames, np.int64)
    boxes = np.stack([x0 + at, 20 + 0 * at, x0 + 10 + at, 30 + 0 * at], axis=1).astype(np.float32)
    return Track(
        track_id, label, at * 40_000, at, boxes, np.full(len(at), confidence, np.float32), np.ones(len(at), bool)
    )


def tracks(*found: Track) -> Tracks:
    return Tracks(found, (Shot(0, 0, 100_000_000),), 96, 64)


def test_the_ball_is_between_its_boxes() -> None:
    path = ball_path(tracks(track(1, [0, 1, 5]), track(2, [0, 1], label="player", x0=50)))
    assert path.box_at(0).tolist() == [10, 20, 20, 30]  # type: ignore[union-attr]
    assert path.box_at(120_000).tolist() == [13, 20, 23, 30]  # type: ignore[union-attr]
    assert path.box_at(240_000) is None and path.box_at(-1) is None


def test_it_is_lost_and_found_again() -> None:
    path = ball_path(tracks(track(1, [0, 1, 30, 31]), track(2, [50, 51])))
    assert path.box_at(600_000) is None, "a pause of more than half a second"
    assert path.box_at(1_220_000) is not None
    assert path.box_at(1_600_000) is None, "between two tracks"
    assert path.box_at(2_000_000) is not None


def test_of_two_balls_the_surer_one_counts() -> None:
    path = ball_path(tracks(track(1, [0, 1], confidence=0.2), track(2, [0, 1], x0=40, confidence=0.8)))
    assert path.box_at(0).tolist() == [40, 20, 50, 30]  # type: ignore[union-attr]
    assert len(path.times_us) == 2


def test_no_ball_at_all() -> None:
    path = ball_path(tracks(track(1, [0, 1], label="player")))
    assert len(path.times_us) == 0 and path.box_at(0) is None


def test_the_margin_is_added_on_each_side() -> None:
    rgb = np.arange(64 * 96 * 3, dtype=np.int64).reshape(64, 96, 3).astype(np.uint8)
    box = np.array([10.0, 20, 20, 30])
    assert np.array_equal(crop_box(rgb, box, margin=0.2), rgb[18:32, 8:22])  # type: ignore[arg-type]
    assert crop_box(rgb, box, margin=50).shape == rgb.shape  # type: ignore[union-attr]
    assert crop_box(rgb, box + 200, margin=0.2) is None
    assert crop_box(rgb, np.array([95.2, 63.2, 95.4, 63.4]), margin=0).shape == (1, 1, 3)  # type: ignore[union-attr]


def test_the_view_looks_at_the_ball() -> None:
    rgb = np.zeros((64, 96, 3), np.uint8)
    rgb[20:30, 12:22] = 255
    view = ball_view(tracks(track(1, [0, 5])), margin=0.0)
    seen = view.look(Frame(80_000, rgb[:, :, 0], lambda: rgb))
    assert seen is not None and seen.shape == (10, 10, 3) and (seen == 255).all()
    assert view.look(Frame(400_000, rgb[:, :, 0], lambda: rgb)) is None
    other = ball_view(tracks(track(1, [0, 6])), margin=0.0)
    assert view.settings != other.settings, "another track makes other features"


@pytest.mark.parametrize("batch", [1, 4])
def test_rows_without_a_ball_are_known(tmp_path: Path, batch: int) -> None:
    video = write_numbered(tmp_path / "match.mp4", frames=250, width=96, height=64)
    whole = tracks(track(1, list(range(50, 120))), track(2, list(range(180, 260))))
    path = ball_path(whole)
    view = View("ball", lambda frame: frame.to_rgb() if path.box_at(frame.time_us) is not None else None, {"a": 1})
    result = extract_features(
        video, extractor=number_extractor(batch=batch), options=FeatureOptions(out=tmp_path), view=view
    )
    assert result.path.name == "match_ball_numbers.npy" and not result.degraded
    features = read_features(result.path)
    assert features.info.absent == ((0, 4), (10, 15)) and features.info.model == "ball_numbers"
    assert not np.asarray(features.values)[features.lost_rows()].any()
    assert np.asarray(features.values)[~features.lost_rows(), 0].tolist() == [
        50, 62, 75, 87, 100, 112, 187, 200, 212, 225, 237
    ]  # fmt: skip
