"""The built-in keeper-pose network: what it must do whatever its weights, and what it was measured at."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from touchline.formats.keeper.pictures import read_keeper_pictures
from touchline.goalkeeping.pose_finder import PoseFinder, doubts, load_pose_finder
from touchline.metrics.poses import correct_joints
from touchline.models.store import find_model
from touchline.synthetic.keeper_figures import figure_picture
from touchline.training.keeper.pose import deal_folds
from touchline.training.keeper.pose_data import read_picture


@pytest.fixture(scope="module")
def finder() -> PoseFinder:
    found = load_pose_finder(device="cpu", backend="torch")
    assert isinstance(found, PoseFinder)
    return found


def test_it_is_small_and_has_a_card() -> None:
    path = find_model("keeper-pose")
    assert path.stat().st_size < 8e6
    assert "Measured" in path.with_suffix(".md").read_text()


def test_where_nobody_is_it_says_so(finder: PoseFinder) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (120, 80, 3)).astype(np.uint8)
    for crop in (np.zeros((50, 50, 3), np.uint8), np.full((64, 96, 3), 128, np.uint8), noise):
        pose = finder.find([crop])[0]
        assert not pose.confidence.any() and "no person" in doubts(pose)[0]


def test_it_finds_most_joints_of_figures_and_knows_their_sides(finder: PoseFinder) -> None:
    rng = np.random.default_rng(7)
    grass = [np.clip(np.array([70, 110, 60]) + rng.normal(0, 6, (120, 120, 3)), 0, 255).astype(np.uint8)]
    figures = [figure_picture(rng, grass, side_px=120) for _ in range(12)]
    found = np.stack([pose.joints_px for pose in finder.find([pixels for pixels, _, _ in figures])])
    assert correct_joints(found, np.stack([joints for _, joints, _ in figures])).mean() > 0.55


@pytest.mark.shared_data
@pytest.mark.slow
def test_on_shots_it_never_saw(finder: PoseFinder, shared_data: Path) -> None:
    pictures = read_keeper_pictures(shared_data / "keepers")
    fold = deal_folds(pictures, folds=5, seed=0)
    held = [picture for picture, k in zip(pictures, fold, strict=True) if k == 0 and picture.kept]
    assert len(held) == 139
    found = np.stack([finder.find([read_picture(picture.path)])[0].joints_px for picture in held])
    correct = correct_joints(found, np.stack([picture.joints_px for picture in held]))
    assert correct.mean() == pytest.approx(0.800, abs=0.01)
