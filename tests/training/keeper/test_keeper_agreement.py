"""Labels that several opinions agree on, crops changed as batches, and a network trained on them in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from tinypose import NETWORK, backgrounds
from touchline.core.poses import JOINTS, MIRROR
from touchline.models.networks.mobile_pose_net import MobilePoseNet
from touchline.models.networks.pose_net import PoseNet
from touchline.synthetic.keeper_figures import random_figure
from touchline.training.keeper.label_cleaning import clean_poses, modes, same_sides
from touchline.training.keeper.label_opinions import View, view_matrix
from touchline.training.keeper.pose import AgreementStage
from touchline.training.keeper.pose_agreed import Round, train_agreed
from touchline.training.keeper.pose_augment_batch import Augmentation, Pictures, augment_batch, blur, crop_batch
from touchline.training.keeper.pose_data import draw_figures
from touchline.training.keeper.pose_in_memory import Fit, Material, fit_in_memory, rate_share, read_poses
from touchline.training.keeper.pose_labels import Opinions, clean_labels, in_squares, with_figures, with_nobody
from touchline.training.logs import read_metrics

WRIST, HIP = JOINTS.index("left_wrist"), JOINTS.index("left_hip")
STILL = Augmentation(turn=0, any_turn=0, zoom=(1.0, 1.0), shift=0, cut=0, covered=0, blurred=0, moved=0, coarse=0)


def _pose(seed: int = 0) -> np.ndarray:
    """A standing figure of 100 units, facing the camera."""
    joints = random_figure(np.random.default_rng(seed)).joints[:, :2] * 100
    return joints + np.random.default_rng(seed).normal(0, 1e-3, joints.shape)


def test_an_opinion_with_swapped_sides_is_mirrored() -> None:
    pose = _pose()
    opinions = np.stack([pose, pose + 0.5, pose[list(MIRROR)]])
    same, swapped = same_sides(opinions, np.ones(3))
    assert swapped.tolist() == [False, False, True]
    assert same[2] == pytest.approx(pose)


def test_the_majority_decides_the_sides_by_weight() -> None:
    pose = _pose()
    opinions = np.stack([pose, pose[list(MIRROR)]])
    assert same_sides(opinions, np.array([1.0, 3.0]))[1].tolist() == [True, False]


def test_a_joint_goes_where_most_agree_and_a_lonely_one_is_dropped() -> None:
    joints = np.zeros((4, 16, 2))
    joints[:3, WRIST] = [[10, 0], [11, 0], [12, 0]]
    joints[3, WRIST] = [90, 0]
    joints[:, HIP] = [[0, 0], [50, 0], [100, 0], [150, 0]]
    place, trust = modes(joints, np.ones(4), within=5.0)
    assert place[WRIST] == pytest.approx([11, 0]) and trust[WRIST] == pytest.approx(0.75)
    assert trust[HIP] == 0
    assert trust[0] == 1


def test_missing_opinions_do_not_count() -> None:
    pose = _pose()
    opinions = np.stack([pose, pose, np.full_like(pose, np.nan)])[:, None]
    clean = clean_poses(opinions, [1, 1, 5])
    limbs = [row for row, other in enumerate(MIRROR) if row != other]
    assert clean.joints[0, limbs] == pytest.approx(pose[limbs]) and clean.trust[0, limbs] == pytest.approx(np.ones(12))
    with pytest.raises(ValueError, match="expected"):
        clean_poses(opinions, [1, 1])


def test_views_map_back_to_the_picture() -> None:
    matrix = view_matrix(100, 60, View(1.0, 0, True))
    assert matrix @ [50, 30, 1] == pytest.approx([128, 128])
    assert matrix @ [0, 30, 1] == pytest.approx([256, 128])


def _opinions(count: int = 4) -> tuple[Opinions, np.ndarray]:
    poses = np.stack([_pose(seed) for seed in range(count)]) / 300 + 0.5
    published = poses.copy()
    published[0] = published[0][list(MIRROR)]
    depth = np.tile(np.arange(16.0), (count, 1)) / 100
    return Opinions(np.stack([poses, poses, published]), np.array([1, 1, 0.5]), depth, np.ones(count, bool)), poses


def test_depth_follows_the_sides_and_is_replaced_where_it_is_not_trusted() -> None:
    opinions, poses = _opinions()
    labels = clean_labels(opinions)
    limbs = [row for row, other in enumerate(MIRROR) if row != other]
    assert labels.joints[:, limbs, :2] == pytest.approx(poses[:, limbs], abs=1e-5)
    assert labels.joints[0, WRIST, 2] == pytest.approx(opinions.depth[0, MIRROR[WRIST]])
    assert labels.joints[1, WRIST, 2] == pytest.approx(opinions.depth[1, WRIST])
    opinions.places[2, 1] += 0.4  # far from the others
    other = np.concatenate([poses, np.full((4, 16, 1), 0.2)], axis=2)
    other[..., 6, 2] = 0
    labels = clean_labels(opinions, other=other)
    assert labels.joints[1, WRIST, 2] == pytest.approx(0.2) and labels.deep[1, WRIST] == pytest.approx(0.3)


def test_pixels_become_shares_of_the_padded_square() -> None:
    assert in_squares(np.full((1, 1, 16, 2), 10.0), [(100, 60)])[0, 0, 0] == pytest.approx([0.3, 0.1])


def _dots() -> Pictures:
    rng = np.random.default_rng(1)
    joints = torch.from_numpy(rng.uniform(0.25, 0.75, (6, 16, 3)).astype(np.float32))
    joints[..., 2] = torch.arange(16) / 16.0
    pixels = torch.zeros(6, 3, 128, 128, dtype=torch.uint8)
    for picture, places in enumerate(joints):
        for x, y, _ in places:
            row, column = int(y * 128), int(x * 128)
            pixels[picture, :, row - 1 : row + 2, column - 1 : column + 2] = 255
    ones = torch.ones(6, 16)
    return Pictures(pixels, joints, ones, ones, torch.ones(6), torch.ones(6, 2))


def test_joints_follow_the_pixels_of_turned_and_mirrored_crops() -> None:
    batch = crop_batch(
        _dots(), side_px=128, generator=torch.Generator().manual_seed(0), how=Augmentation(any_turn=0.5, cut=0.5)
    )
    mirrored = 0
    for crop, joints, inside in zip(batch.crops, batch.joints, batch.inside, strict=True):
        mirrored += bool(joints[0, 2] * 5 > joints[5, 2] * 5 + 1e-6)
        for (x, y, _), there in zip(joints.tolist(), inside.tolist(), strict=True):
            if there and 0.04 < x < 0.96 and 0.04 < y < 0.96:
                row, column = int(y * 128), int(x * 128)
                assert crop[:, row - 3 : row + 4, column - 3 : column + 4].max() > 0.3
    assert 0 < mirrored < 6


def test_unchanged_crops_are_the_pictures_and_blur_keeps_their_light() -> None:
    pictures = _dots()
    generator = torch.Generator().manual_seed(0)
    batch = crop_batch(pictures, side_px=128, generator=generator, how=STILL)
    assert (batch.crops.mean((1, 2, 3)) - pictures.pixels.float().mean((1, 2, 3)) / 255).abs().max() < 1e-4
    moved = blur(batch.crops, generator=generator, how=Augmentation(moved=1.0, coarse=0))
    assert moved.max() < batch.crops.max() and moved.mean() == pytest.approx(float(batch.crops.mean()), rel=0.05)
    augmented = augment_batch(pictures, side_px=64, generator=generator)
    assert augmented.crops.shape == (6, 3, 64, 64) and bool((augmented.seen <= augmented.inside).all())


def test_learning_rates_rise_and_fall() -> None:
    assert rate_share(0.03) == pytest.approx(1.0) and rate_share(0.015) == pytest.approx(0.5)
    assert rate_share(0.515) == pytest.approx(0.5) and rate_share(1.0) == pytest.approx(0.0)
    with pytest.raises(ValueError, match="give one of the two"):
        Fit(steps=1, seconds=1.0)


def test_training_in_memory_counts_steps_and_can_run_for_seconds() -> None:
    figures = with_figures(draw_figures(backgrounds(), count=3))
    material = Material(figures, nobody=with_nobody(backgrounds()))
    fit = Fit(steps=2, batch=4, side_px=64, nobody=0.3)
    network, steps = fit_in_memory(PoseNet(**NETWORK), material, fit)  # type: ignore[arg-type]
    assert steps == 2
    places, shares, seen = read_poses(network, figures.pixels, side_px=64)
    assert places.shape == (3, 16, 3) and shares.shape == (3, 16) and seen.shape == (3, 17)
    states = []
    _, steps = fit_in_memory(
        PoseNet(**NETWORK),  # type: ignore[arg-type]
        material,
        Fit(seconds=0.01, batch=2, side_px=64),
        on_state=states.append,
        every_s=0.0,
    )
    assert steps >= 1 and states[-1].done >= 1


def test_both_rounds_run_and_each_fold_is_found_by_a_network_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tiny = lambda stage: PoseNet(**NETWORK)  # type: ignore[arg-type]  # noqa: E731
    monkeypatch.setattr("touchline.training.keeper.pose_agreed.start_network", tiny)
    stage = AgreementStage(start_from="none", opinions=["none"], first_steps=1, steps=1, batch=4, side_px=64)
    samples = draw_figures(backgrounds(), count=4)
    opinions, _ = _opinions()
    extra = with_nobody(backgrounds())
    run = Round(stage, [s.pixels for s in samples], with_figures(samples), extra, torch.device("cpu"), tmp_path)
    network, unseen = train_agreed(opinions, np.array([1, 1, 2, 2]), run)
    assert np.isfinite(unseen).all() and isinstance(network, PoseNet)
    assert {path.name for path in tmp_path.iterdir()} == {"first_1", "first_2", "last"}
    assert all((path / "curves.svg").is_file() and read_metrics(path / "metrics.jsonl") for path in tmp_path.iterdir())


def test_the_mobile_network_gives_maps_at_a_quarter() -> None:
    maps = MobilePoseNet()(torch.rand(1, 3, 64, 96))
    assert maps.heat.shape == (1, 16, 16, 24) and maps.depth.shape == maps.heat.shape and maps.seen.shape == (1, 17)
    with pytest.raises(ValueError, match="joints=0"):
        MobilePoseNet(joints=0)
