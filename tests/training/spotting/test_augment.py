"""Augmentations: each alone does what it says, together they are repeatable."""

import dataclasses

import pytest
import torch
from torch import Generator, Tensor

from touchline.training.spotting.augment import AugmentSettings, augment, mix_up, motion_kernel

NOTHING = AugmentSettings(
    **dict.fromkeys(
        ("camera_move", "rotate", "crop", "flip", "sharpness", "motion_blur", "brightness", "contrast"), 0.0
    ),
    posterise=0.0,
    noise=0.0,
)


def _clips(count: int = 3) -> Tensor:
    return torch.rand(count, 5, 36, 64, generator=Generator().manual_seed(0))


def _only(**changes: object) -> AugmentSettings:
    return dataclasses.replace(NOTHING, **changes)


def _run(clips: Tensor, settings: AugmentSettings, seed: int = 1) -> Tensor:
    return augment(clips, settings, generator=Generator().manual_seed(seed))


def test_nothing_leaves_the_batch() -> None:
    clips = _clips()
    assert torch.equal(_run(clips, NOTHING), clips)


def test_the_same_seed_gives_the_same_and_the_input_stays() -> None:
    clips = _clips(8)
    before = clips.clone()
    first, again, other = (_run(clips, AugmentSettings(), seed) for seed in (1, 1, 2))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)
    assert torch.equal(clips, before)
    assert first.shape == clips.shape


def test_flip_mirrors_left_and_right() -> None:
    clips = _clips()
    assert torch.allclose(_run(clips, _only(flip=1.0)), clips.flip(-1), atol=1e-5)


def test_half_a_flip_falls_on_half_of_the_clips() -> None:
    clips = _clips(1).expand(400, -1, -1, -1)
    changed = (_run(clips, _only(flip=0.5)) - clips).abs().amax((1, 2, 3)) > 0.01
    assert changed.float().mean().item() == pytest.approx(0.5, abs=0.08)


def test_rotation_turns_about_the_centre_in_pixels() -> None:
    clips = torch.zeros(1, 1, 41, 81)
    clips[:, :, 19:22, 69:72] = 1.0  # 30 px to the right of the centre
    turned = _run(clips, _only(rotate=1.0, rotate_deg=45.0))[0, 0]
    rows, columns = torch.meshgrid(torch.arange(41.0) - 20, torch.arange(81.0) - 40, indexing="ij")
    y, x = (rows * turned).sum() / turned.sum(), (columns * turned).sum() / turned.sum()
    assert torch.hypot(x, y).item() == pytest.approx(30.0, abs=0.7)
    assert abs(y.item()) > 1.0


def test_crop_zooms_in_by_its_area_and_ratio() -> None:
    columns = torch.linspace(0.0, 1.0, 64).expand(1, 1, 36, 64)
    settings = _only(crop=1.0, crop_scale=(0.81, 0.81), crop_ratio=(36 / 64, 36 / 64))
    zoomed = _run(columns, settings)
    span = zoomed[0, 0, 18, -2] - zoomed[0, 0, 18, 1]
    assert span.item() == pytest.approx(0.9 * 61 / 63, abs=0.01)


def test_camera_moves_through_the_clip_in_even_steps() -> None:
    columns = torch.linspace(0.0, 1.0, 640).expand(1, 5, 36, 640).clone()
    moved = _run(columns, _only(camera_move=1.0, move_deg=0.0, move_scale=(1.0, 1.0)))[0, :, 18, 320]
    steps = moved.diff()
    assert steps.abs().min() > 0
    assert torch.allclose(steps, steps.mean().expand(4), atol=1e-4)


def test_brightness_adds_contrast_multiplies_posterise_keeps_bits() -> None:
    grey = torch.full((1, 2, 8, 8), 0.5)
    assert torch.allclose(_run(grey, _only(brightness=1.0, brightness_add=(0.2, 0.2))), torch.tensor(0.7))
    assert torch.allclose(_run(grey, _only(contrast=1.0, contrast_times=(1.2, 1.2))), torch.tensor(0.6))
    levels = _run(_clips(), _only(posterise=1.0, posterise_bits=(3, 3))).mul(255).round().unique()
    assert levels.tolist() == [0, 32, 64, 96, 128, 160, 192, 224]


def test_noise_has_its_sigma_and_differs_between_frames() -> None:
    grey = torch.full((1, 2, 64, 64), 0.5)
    noisy = _run(grey, _only(noise=1.0)) - grey
    assert noisy.std().item() == pytest.approx(0.05, rel=0.05)
    assert not torch.equal(noisy[0, 0], noisy[0, 1])


def test_blur_and_sharpness_keep_flat_pictures() -> None:
    grey = torch.full((1, 2, 20, 20), 0.5)
    assert torch.allclose(_run(grey, _only(motion_blur=1.0, sharpness=1.0)), grey, atol=1e-5)
    assert _run(_clips(), _only(motion_blur=1.0)).var() < _clips().var()


def test_motion_kernel_is_a_line_that_leans() -> None:
    even = motion_kernel(11, angle_deg=0.0, direction=0.0)
    assert even[5] == pytest.approx(torch.full((11,), 1 / 11), abs=1e-6)
    leaning = motion_kernel(11, angle_deg=0.0, direction=1.0)
    assert leaning[5, 0].item() == pytest.approx(0.0, abs=1e-6)
    assert leaning[5, 10] > leaning[5, 5] > leaning[5, 1]
    assert leaning.sum().item() == pytest.approx(1.0)


def test_mix_up_blends_clips_and_targets_alike() -> None:
    clips, targets = _clips(4), torch.eye(4)
    mixed, blended = mix_up(clips, targets, beta=0.4, generator=Generator().manual_seed(5))
    assert blended.sum(1) == pytest.approx(torch.ones(4))
    assert torch.allclose(mixed, torch.einsum("ij,jthw->ithw", blended, clips), atol=1e-5)
    same, _ = mix_up(clips, targets, beta=0.0, generator=Generator())
    assert same is clips


@pytest.mark.gpu
def test_the_device_changes_nothing_but_the_noise() -> None:
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")
    settings = dataclasses.replace(AugmentSettings(), noise=0.0)
    clips = _clips(8)
    assert torch.allclose(_run(clips.cuda(), settings).cpu(), _run(clips, settings), atol=1e-3)
