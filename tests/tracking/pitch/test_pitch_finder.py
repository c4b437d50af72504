"""From distributions to keypoints, and the finder around a network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from touchline.core.errors import InputError, UsageError
from touchline.core.geometry.pitch import KEYPOINT_NAMES
from touchline.models.networks.pitch_net import PitchNet
from touchline.models.runtime.runner import Runner
from touchline.models.specs.spec import PictureConfig, PictureSpec
from touchline.models.store import save_model
from touchline.tracking.pitch.finder import PitchFinder, load_pitch_finder, read_keypoints

SIZE = PictureSpec(width=128, height=64)


def bump(x_px: float, y_px: float, *, width: int = 40, height: int = 24, sigma: float = 0.7) -> np.ndarray:
    """A distribution about a place in pixels, on cells of four pixels."""
    x, y = np.arange(width) - (x_px / 4 - 0.5), np.arange(height) - (y_px / 4 - 0.5)
    map_ = np.exp(-(y[:, None] ** 2 + x[None] ** 2) / (2 * sigma**2))
    return (map_ / map_.sum()).astype(np.float32)


@pytest.mark.parametrize(("x_px", "y_px"), [(50.0, 30.0), (51.3, 28.9), (81.9, 60.2)])
def test_points_are_found_between_cells(x_px: float, y_px: float) -> None:
    (found,) = read_keypoints(bump(x_px, y_px)[None])
    assert found[:2] == pytest.approx([x_px, y_px], abs=0.1)
    assert found[2] == pytest.approx(1.0, abs=0.02)


def test_confidence_is_the_mass_at_the_place() -> None:
    twice = 0.5 * bump(20, 20) + 0.3 * bump(120, 80)
    flat = np.full((24, 40), 1 / 960, np.float32)
    found = read_keypoints(np.stack([twice, flat, np.zeros_like(flat)]))
    assert found[0, :2] == pytest.approx([20, 20], abs=0.2)
    assert found[:, 2] == pytest.approx([0.5, 9 / 960, 0.0], abs=0.02)
    assert np.isfinite(found).all()


def test_points_at_the_border_stay_inside() -> None:
    (found,) = read_keypoints(bump(1.0, 95.0)[None])
    assert 0 <= found[0] <= 4
    assert 90 <= found[1] <= 96


def config(**changes: object) -> PictureConfig:
    network = {"widths": [4, 4, 8, 8, 8], "blocks": [0, 0, 0, 0], "head": 4, "layers": 1, "heads": 2}
    values = {"task": "pitch", "name": "tiny", "architecture": "pitch-net", "labels": KEYPOINT_NAMES, "picture": SIZE}
    return PictureConfig.model_validate({**values, "network": network, **changes})


def saved(folder: Path, **changes: object) -> Path:
    torch.manual_seed(0)
    settings = config(**changes)
    return save_model(folder / "tiny", PitchNet(**settings.network), settings, half=True)


def test_points_come_in_the_pixels_of_each_picture() -> None:
    seen: list[np.ndarray] = []

    def graph(pixels: np.ndarray) -> tuple[np.ndarray, ...]:
        seen.append(pixels)
        return (np.repeat(bump(40, 20, width=32, height=16)[None, None], 32, axis=1),)

    finder = PitchFinder(config(), runner=Runner(graph, 1, ""))
    wide, tall = np.full((32, 256, 3), 200, np.uint8), np.full((256, 128, 3), 200, np.uint8)
    first, second = finder.find([wide, tall])
    assert first[0] == pytest.approx([80, 40, 1.0], abs=0.2)
    assert second[0] == pytest.approx([160, 80, 1.0], abs=0.5)
    assert first.shape == (32, 3)
    assert seen[0][0, 20:].max() == 0
    assert seen[1][0, :, 40:].max() == 0
    assert finder.find([]) == []


def test_backends_agree(tmp_path: Path) -> None:
    path = str(saved(tmp_path))
    picture = np.random.default_rng(0).integers(0, 255, (64, 128, 3), dtype=np.uint8)
    plain = load_pitch_finder(path, device="cpu", backend="torch").find([picture, picture])
    quick = load_pitch_finder(path, device="cpu", threads=1).find([picture, picture])
    assert len(quick) == 2
    assert np.allclose(plain[0][:, 2], quick[0][:, 2], atol=1e-3)


def test_other_models_are_refused(tmp_path: Path) -> None:
    labels = tuple(f"point {number}" for number in range(32))
    with pytest.raises(UsageError, match="does not find the 32 keypoints"):
        load_pitch_finder(str(saved(tmp_path, labels=labels)), device="cpu")
    with pytest.raises(InputError, match="detect"):
        load_pitch_finder(str(saved(tmp_path, task="detect")), device="cpu")
