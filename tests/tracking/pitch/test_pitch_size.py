"""A ground's size from pictures of it."""

import numpy as np
import pytest

from pitch_scene import HEIGHT, WIDTH, camera, seen
from touchline.core.geometry.pitch import STANDARD, Pitch
from touchline.tracking.pitch.size import USUAL_STD_M, fit_pitch_size


def pictures(pitch: Pitch, *, noise_px: float) -> list[np.ndarray]:
    return [
        seen(camera(pan_deg=pan, focal_px=450), pitch=pitch, noise_px=noise_px, seed=i)
        for i, pan in enumerate(np.linspace(-30, 30, 20))
    ]


def test_another_size_is_found() -> None:
    size = fit_pitch_size(pictures(Pitch(110, 72), noise_px=1.0), width=WIDTH, height=HEIGHT)
    assert size.pitch.length_m == pytest.approx(110, abs=0.7)
    assert size.pitch.width_m == pytest.approx(72, abs=0.7)
    assert size.or_standard() == size.pitch


def test_the_standard_size_stays() -> None:
    size = fit_pitch_size(pictures(STANDARD, noise_px=1.5), width=WIDTH, height=HEIGHT)
    assert size.or_standard() == STANDARD


def test_without_evidence_the_usual_is_assumed_and_doubted() -> None:
    for nothing in ([], [None], [np.zeros((32, 3))]):
        size = fit_pitch_size(nothing, width=WIDTH, height=HEIGHT)
        assert size.pitch == STANDARD == size.or_standard()
        assert (size.length_std_m, size.width_std_m) == pytest.approx(tuple(USUAL_STD_M))
