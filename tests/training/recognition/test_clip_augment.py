"""Changed clips: the reference's copies pixel for pixel, and modern ones within bounds."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.training.recognition.clip_augment import (
    AugmentSettings,
    augment,
    flip,
    flip_joints,
    reference_copies,
    rotate,
    translate,
)

STILL = AugmentSettings(
    flip=0,
    scale=(1, 1),
    aspect=1,
    turn_deg=0,
    brightness=0,
    contrast=0,
    saturation=0,
    grey=0,
    erase=0,
    time_scale=1,
    noise=0,
)


def clip(frames: int = 16) -> np.ndarray:
    y, x = np.mgrid[0:176, 0:128]
    smooth = 127 + 60 * np.sin(x / 17) + 60 * np.cos(y / 23)
    return np.stack([np.stack([smooth, smooth[:, ::-1], smooth / 2 + t], -1) for t in range(frames)]).astype(np.uint8)


@pytest.mark.parametrize("shift", [32, -32])
def test_shifted_copies_have_32_black_columns(shift: int) -> None:
    before = clip()
    after = translate(before, x_px=shift)
    assert after.shape == before.shape
    black, rest = (after[:, :, :32], after[:, :, 32:]) if shift > 0 else (after[:, :, -32:], after[:, :, :-32])
    kept = before[:, :, :-32] if shift > 0 else before[:, :, 32:]
    assert not black.any()
    np.testing.assert_array_equal(rest, kept)


def test_turning_there_and_back_keeps_the_middle() -> None:
    before = clip(2)
    back = rotate(rotate(before, degrees=30), degrees=330)
    y, x = np.mgrid[0:176, 0:128]
    disc = (x - 64) ** 2 + (y - 88) ** 2 < 50**2
    assert np.abs(back[:, disc].astype(int) - before[:, disc]).max() <= 6


def test_copies_are_four_named_and_of_the_same_size() -> None:
    copies = reference_copies(clip())
    assert list(copies) == ["_rotate_30", "_rotate_330", "_translate_32_0", "_translate_-32_0"]
    assert {copy.shape for copy in copies.values()} == {(16, 176, 128, 3)}


def test_mirroring_twice_changes_nothing() -> None:
    before = clip(3)
    np.testing.assert_array_equal(flip(flip(before)), before)
    joints = np.random.default_rng(0).uniform(0, 127, (3, 18, 3)).astype(np.float32)
    joints[..., 2] = 1
    joints[1, 4] = 0
    mirrored = flip_joints(joints, width=128)
    np.testing.assert_allclose(mirrored[0, 5], [127 - joints[0, 2, 0], joints[0, 2, 1], 1], rtol=1e-6)
    assert not mirrored[1, 7].any()
    np.testing.assert_allclose(flip_joints(mirrored, width=128), joints, atol=1e-4)


def test_nothing_asked_changes_nothing() -> None:
    before = clip(16)
    after = augment(before, frames=16, width=128, height=176, settings=STILL, random=np.random.default_rng(0))
    np.testing.assert_array_equal(after, before)


@pytest.mark.parametrize("frames", [1, 5, 16, 40])
def test_any_length_gives_what_the_network_wants(frames: int) -> None:
    for seed in range(5):
        random = np.random.default_rng(seed)
        after = augment(clip(frames), frames=13, width=64, height=96, settings=AugmentSettings(), random=random)
        assert after.shape == (13, 96, 64, 3) and after.dtype == np.uint8


def test_the_same_seed_gives_the_same_clip() -> None:
    first, second = (
        augment(clip(8), frames=8, width=32, height=32, settings=AugmentSettings(), random=np.random.default_rng(7))
        for _ in range(2)
    )
    np.testing.assert_array_equal(first, second)


def test_a_mirrored_view_is_the_mirror_image() -> None:
    before = clip(4)
    mirrored = STILL.model_copy(update={"flip": 1.0})
    after = augment(before, frames=4, width=128, height=176, settings=mirrored, random=np.random.default_rng(0))
    np.testing.assert_array_equal(after, flip(before))
