"""The camera's path as a value."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from touchline.core.geometry.camera import CameraPath


def camera(*times_us: int) -> CameraPath:
    count = len(times_us)
    return CameraPath(
        times_us=np.array(times_us, np.int64),
        starts=np.arange(count) == 0,
        motions=np.tile(np.eye(3), (count, 1, 1)),
        quality=np.ones(count, np.float32),
        to_pitch=np.stack([np.full((3, 3), np.nan) if i % 2 else np.eye(3) for i in range(count)]),
        pitch_m=np.full((count, 2), np.nan, np.float32),
    )


def test_paths_of_shots_are_joined_in_order() -> None:
    whole = CameraPath.joined([camera(0, 80, 160), camera(240, 320)])
    assert whole.times_us.tolist() == [0, 80, 160, 240, 320]
    assert whole.starts.tolist() == [True, False, False, True, False]
    assert whole.pitch_known.tolist() == [True, False, True, True, False]


def test_no_shots_are_an_empty_path() -> None:
    assert len(CameraPath.joined([])) == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quality": np.ones(2, np.float32)}, "quality has shape"),
        ({"times_us": np.array([0, 80, 80], np.int64)}, "increase strictly"),
        ({"motions": np.full((3, 3, 3), np.nan)}, "must be finite"),
    ],
)
def test_a_path_that_cannot_be_is_refused(change: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        replace(camera(0, 80, 160), **change)
