"""Keeper poses from pictures to a model file: geometry of what is learnt from, losses, folds, a run on made data."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml

from tinypose import NETWORK, SIDE_PX, backgrounds, frames_folder, keeper_folder
from touchline.core.errors import InputError
from touchline.core.poses import BONES, JOINTS, MIRROR
from touchline.formats.keeper.pictures import read_keeper_pictures
from touchline.goalkeeping.pose_finder import load_pose_finder
from touchline.metrics.calibration import equal_counts
from touchline.models.networks.pose_net import PoseMaps
from touchline.synthetic.keeper_figures import figure_picture, random_figure
from touchline.training.keeper.pose import deal_folds
from touchline.training.keeper.pose_augment import PoseSample, augment, cover
from touchline.training.keeper.pose_data import PoseSampler, Shares, as_sample, cut_backgrounds
from touchline.training.keeper.pose_losses import PoseBatch, heat_targets, pose_losses
from touchline.training.keeper.pose_measure import (
    Found,
    Truth,
    fit_confidence,
    mean_pose,
    measure_poses,
    steadiness,
    view_pairs,
)
from touchline.training.run import run_recipe


def _spotted_sample() -> PoseSample:
    """White dots where the joints are, on black."""
    rng = np.random.default_rng(3)
    joints = rng.uniform(30, 90, (16, 2)).round().astype(np.float32)
    pixels = np.zeros((120, 100, 3), np.uint8)
    for x, y in joints.astype(int):
        pixels[y - 1 : y + 2, x - 1 : x + 2] = 255
    return PoseSample(pixels, joints, np.arange(16, dtype=np.float32))


def test_joints_follow_the_pixels_and_sides_are_swapped_when_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("touchline.training.keeper.pose_augment.recolor", lambda pixels, rng: pixels)
    monkeypatch.setattr("touchline.training.keeper.pose_augment.cover", lambda p, places, rng: (p, np.zeros(16, bool)))
    sample = _spotted_sample()
    mirrored = 0
    for seed in range(20):
        crop = augment(sample, np.random.default_rng(seed), side_px=128)
        deep = crop.joints[:, 2] / np.abs(crop.joints[:, 2]).max()
        mirrored += bool(deep[MIRROR.index(0)] < 0.01)
        for (x, y, _), inside in zip(crop.joints, crop.inside, strict=True):
            if inside and 0.03 < x < 0.97 and 0.03 < y < 0.97:
                row, column = int(y * 128), int(x * 128)
                assert crop.pixels[row - 2 : row + 3, column - 2 : column + 3].max() > 60
    assert 0 < mirrored < 20


def test_covered_joints_are_under_what_covers_them() -> None:
    places = np.random.default_rng(0).uniform(0, 1, (16, 3)).astype(np.float32)
    grey = np.full((64, 64, 3), 128, np.uint8)
    seen_any = False
    for seed in range(30):
        pixels, covered = cover(grey, places, np.random.default_rng(seed))
        seen_any |= bool(covered.any())
        assert pixels.shape == grey.shape and bool((grey == 128).all())
    assert seen_any


def test_figures_have_human_proportions_and_lie_in_their_picture() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        joints = random_figure(rng).joints
        lengths = [np.linalg.norm(joints[a] - joints[b]) for a, b in BONES]
        assert joints[6] == pytest.approx(np.zeros(3))
        assert lengths[0] == pytest.approx(0.246) and lengths[5] == pytest.approx(0.246)
        assert max(lengths) < 0.3
    pixels, places, depth = figure_picture(rng, backgrounds(), side_px=96)
    assert pixels.shape == (96, 96, 3) and pixels.dtype == np.uint8
    assert places.min() > 0 and places.max() < 96 and depth[6] == pytest.approx(0)


def _batch(places: torch.Tensor) -> PoseBatch:
    n = len(places)
    ones = torch.ones(n, 16)
    return PoseBatch(torch.zeros(n, 3, 64, 64), places, ones, ones, torch.ones(n), torch.ones(n))


def test_losses_are_least_at_the_truth() -> None:
    torch.manual_seed(0)
    places = torch.rand(2, 16, 3) * 0.5 + 0.25
    places[..., 2] -= 0.5
    target = heat_targets(places[..., :2], size=16).unflatten(-1, (16, 16))
    assert target.sum((2, 3)) == pytest.approx(torch.ones(2, 16), abs=1e-4)
    depth = places[..., 2, None, None].expand(-1, -1, 16, 16)
    seen = torch.full((2, 17), 9.0)
    right = pose_losses(PoseMaps((target + 1e-9).log(), depth, seen), _batch(places))
    wrong = pose_losses(PoseMaps((target.flip(3) + 1e-9).log(), -depth, -seen), _batch(places))
    assert right["place"] < 0.01 and right["depth"] < 0.01 and right["seen"] < 0.01
    assert all(right[name] < wrong[name] for name in ("heat", "place", "depth", "seen"))


def test_what_is_not_in_the_picture_is_not_learnt_from() -> None:
    places = torch.rand(1, 16, 3)
    batch = _batch(places)
    nobody = PoseBatch(batch.crops, places, torch.zeros(1, 16), torch.zeros(1, 16), torch.zeros(1), torch.zeros(1))
    maps = PoseMaps(torch.randn(1, 16, 16, 16), torch.randn(1, 16, 16, 16), torch.full((1, 17), -9.0))
    losses = pose_losses(maps, nobody)
    assert losses["heat"] == 0 and losses["place"] == 0 and losses["depth"] == 0 and losses["bones"] == 0
    assert losses["seen"] < 0.01


def test_pictures_of_a_shot_are_never_split(tmp_path: Path) -> None:
    pictures = read_keeper_pictures(keeper_folder(tmp_path / "k"))
    assert len(pictures) == 12 and [p.kept for p in pictures[:3]] == [True, False, True]
    fold = deal_folds(pictures, folds=3, seed=0)
    for group in {picture.group for picture in pictures}:
        assert len({int(f) for f, picture in zip(fold, pictures, strict=True) if picture.group == group}) == 1
    assert set(fold.tolist()) == {0, 1, 2}
    with pytest.raises(InputError, match="cannot be divided into 99 folds"):
        deal_folds(pictures, folds=99, seed=0)


def test_batches_hold_what_they_should(tmp_path: Path) -> None:
    pictures = read_keeper_pictures(keeper_folder(tmp_path / "k"))
    cuts = cut_backgrounds(frames_folder(tmp_path / "frames"), count=6)
    sampler = PoseSampler(
        [as_sample(p) for p in pictures], [], cuts, shares=Shares(0.0, 0.5), side_px=64, batch=24, seed=0
    )
    batch = sampler.draw()
    assert batch.crops.shape == (24, 3, 64, 64) and float(batch.crops.min()) >= 0 and float(batch.crops.max()) <= 1
    assert 0 < batch.person.sum() < 24
    assert bool(((batch.trust > 0) == (batch.person > 0)).all())
    assert bool((batch.seen <= batch.inside).all())
    with pytest.raises(InputError, match="no pictures"):
        cut_backgrounds(tmp_path / "k", count=6)


def _truth(count: int = 12) -> Truth:
    rng = np.random.default_rng(0)
    figures = np.stack([random_figure(rng).joints for _ in range(count)]) * 0.4 + [0.5, 0.5, 0]
    groups = np.array([f"shot-{k // 2}" for k in range(count)])
    return Truth(figures, groups, np.ones(count, bool))


def test_the_truth_scores_best_and_its_scale_does_not_count() -> None:
    truth = _truth()
    nan = np.full((12, 17), np.nan)
    found = Found(truth.places.copy(), nan[:, :16], nan)
    said = measure_poses(found, truth)
    assert said["pck"] == {"value": 1.0, "low": 1.0, "high": 1.0} and said["mpjpe_torsos"]["value"] == 0
    found.places[:] *= 2
    assert measure_poses(found, truth)["mpjpe_torsos"]["value"] == pytest.approx(0, abs=1e-9)
    average = mean_pose(truth, np.arange(12) // 2)
    assert measure_poses(average, truth)["pck"]["value"] < 0.6


def test_steadiness_is_nought_for_the_same_pose_and_one_by_chance() -> None:
    truth = _truth(60)
    pairs = view_pairs(truth.groups)
    assert len(pairs) == 30
    same = truth.places[(np.arange(60) // 2) * 2]
    assert steadiness(same, truth.groups)["within_over_all"] == pytest.approx(0, abs=1e-9)
    assert 0.6 < steadiness(truth.places, truth.groups)["within_over_all"] < 1.4


def test_confidence_is_fitted_to_what_is_right() -> None:
    truth = _truth(60)
    rng = np.random.default_rng(1)
    shares = rng.uniform(0.05, 0.95, (60, 16))
    right = rng.uniform(0, 1, (60, 16)) < shares
    places = truth.places + np.where(right, 0.0, 0.5)[..., None]
    spec = fit_confidence(Found(places, shares, np.full((60, 17), 0.9)), truth)
    assert spec.share > 0.5
    assert equal_counts(shares, right, bins=10).error < 0.1 < equal_counts(1 - shares, right, bins=10).error


@pytest.mark.slow
def test_a_recipe_trains_measures_resumes_and_ships(tmp_path: Path) -> None:
    keeper_folder(tmp_path / "data" / "keepers", shots=8, penalties=4)
    frames_folder(tmp_path / "data" / "players")
    stage = {"steps": 2, "batch": 4}
    recipe = {
        "task": "keeper-pose",
        "name": "small",
        "data_root": str(tmp_path / "data"),
        "figures": 4,
        "start_from": None,
        "folds": 2,
        "measured": [0, 1],
        "side_px": SIDE_PX,
        "network": NETWORK,
        "first": stage,
        "then": stage,
    }
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe))
    out = tmp_path / "out"
    model = run_recipe(path, device="cpu", out=out)
    measured = json.loads((out / "measured.json").read_text())
    assert measured["network"]["all"]["pictures"] == 22
    assert set(measured) >= {"network", "mean pose", "nearest picture (HOG)", "confidence"}
    before = (out / "fold_1" / "checkpoint.pt").stat().st_mtime_ns
    assert run_recipe(path, device="cpu", out=out) == model
    assert (out / "fold_1" / "checkpoint.pt").stat().st_mtime_ns == before
    finder = load_pose_finder(str(model), device="cpu", backend="torch")
    pose = finder.find([np.zeros((50, 30, 3), np.uint8)])[0]
    assert len(pose.confidence) == len(JOINTS)
