"""Drawn pitches and warped pictures: what is said to be at a place is there."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from touchline.core.geometry.pitch import MIRROR, Pitch, keypoints_m
from touchline.synthetic.pitch_render import Draws, draw_cameras, line_cover, look_at_ground, pixel_grid, render
from touchline.training.pitch.augment import Bank, DrawnBank, draw_batch, drawn_keypoints_m, random_warps
from touchline.training.pitch.data import PitchFrame, project_keypoints
from touchline.training.pitch.losses import keypoint_loss

WIDTH, HEIGHT = 640, 384


def marked_frame(name: str = "m00_000") -> PitchFrame:
    """A dark picture with a bright square of its own at each keypoint that is seen."""
    to_pixels = np.array([[9.0, 1.0, 300.0], [0.2, -4.0, 170.0], [0.0003, 0.004, 1.0]])
    points, visible = project_keypoints(to_pixels, Pitch())
    rgb = np.zeros((360, 640, 3), np.uint8)
    for x, y in points[visible].astype(int):
        rgb[max(0, y - 3) : y + 4, max(0, x - 3) : x + 4] = 255
    return PitchFrame(name, rgb, points, visible, to_pixels, (52.5, 34.0))


def test_keypoints_of_drawn_grounds_are_those_of_the_pitch() -> None:
    sizes = torch.tensor([[52.5, 34.0], [50.0, 32.0]])
    found = drawn_keypoints_m(sizes).numpy()
    assert found[0] == pytest.approx(keypoints_m(), abs=1e-4)
    assert found[1] == pytest.approx(keypoints_m(Pitch(100.0, 64.0)), abs=1e-4)


@pytest.mark.parametrize("step", [1, 2])
def test_warped_and_mirrored_keypoints_stay_on_their_marks(step: int) -> None:
    bank = Bank([marked_frame()], device=torch.device("cpu"))
    draws = Draws(seed=step, device="cpu")
    batch = draw_batch(bank, 12, draws=draws, width=WIDTH, height=HEIGHT, strength=0.5, step=step)
    assert batch.pictures.shape == (12, 3, HEIGHT // step, WIDTH // step)
    hits = []
    for picture, points, visible in zip(batch.pictures, batch.points_px, batch.visible, strict=True):
        for x, y in points[visible].long():
            spot = picture[:, y, x].mean()
            hits.append(bool(spot > picture.mean() + 0.1))
    assert len(hits) > 60
    assert np.mean(hits) > 0.9


def test_homographies_follow_the_keypoints() -> None:
    bank = Bank([marked_frame()], device=torch.device("cpu"))
    batch = draw_batch(bank, 8, draws=Draws(seed=5, device="cpu"), width=WIDTH, height=HEIGHT, strength=1.0, step=2)
    metres = drawn_keypoints_m(batch.half_m)
    spread = torch.cat([metres, torch.ones(8, 32, 1)], 2) @ batch.to_pixels.transpose(1, 2)
    pixels = spread[..., :2] / spread[..., 2:]
    # A mirrored picture names its points anew, and so do the metres: both are the same points of the same pitch.
    assert torch.allclose(pixels[batch.visible], batch.points_px[batch.visible], atol=0.1)


def test_mirror_swaps_partners() -> None:
    frame = marked_frame()
    assert frame.visible.any()
    assert (MIRROR[MIRROR] == np.arange(32)).all()


def test_warps_of_no_strength_change_nothing() -> None:
    warp = random_warps(Draws(seed=0, device="cpu"), 3, strength=0.0)
    assert torch.allclose(warp / warp[:, 2:, 2:], torch.eye(3).expand(3, 3, 3), atol=1e-4)


def test_a_drawn_line_is_where_its_keypoints_are() -> None:
    draws = Draws(seed=1, device="cpu")
    cameras = draw_cameras(draws, 4, width=320, height=180)
    ground = look_at_ground(cameras.to_pixels, pixel_grid(width=320, height=180, device=draws.device))
    cover = line_cover(ground, cameras.half_m, line_half_m=torch.full((4,), 0.1), least_px=1.5)
    points = drawn_keypoints_m(cameras.half_m)
    spread = torch.cat([points, torch.ones(4, 32, 1)], 2) @ cameras.to_pixels.transpose(1, 2)
    pixels = (spread[..., :2] / spread[..., 2:]).floor().long()
    on_lines = [k for k in range(32) if k not in (8, 21)]
    checked = 0
    for row in range(4):
        for k in on_lines:
            x, y = pixels[row, k].tolist()
            if spread[row, k, 2] > 0 and 0 <= x < 320 and 0 <= y < 180:
                assert cover[row, y, x] > 0.2, (row, k)
                checked += 1
    assert checked >= 8
    assert float(cover.mean()) < 0.3


def test_drawn_pictures_are_pictures_and_repeat() -> None:
    def one(seed: int) -> torch.Tensor:
        draws = Draws(seed=seed, device="cpu")
        return render(draws, draw_cameras(draws, 1, width=160, height=90), width=160, height=90)

    first = one(3)
    assert first.shape == (1, 3, 90, 160)
    assert bool(torch.isfinite(first).all())
    assert 0.0 <= float(first.min()) < float(first.max()) <= 1.0
    assert torch.equal(first, one(3))
    assert not torch.equal(first, one(4))


def test_the_oldest_drawn_pictures_are_replaced() -> None:
    bank = DrawnBank(2, first=2, draws=Draws(seed=0, device="cpu"))
    before = bank.rgb.clone()
    bank.refresh(1)
    changed = [not torch.equal(old, new) for old, new in zip(before, bank.rgb, strict=True)]
    assert changed == [True, False]


def test_the_loss_is_least_at_the_truth() -> None:
    from touchline.models.networks.pitch_net import PitchMaps

    bank = Bank([marked_frame()], device=torch.device("cpu"))
    batch = draw_batch(bank, 2, draws=Draws(seed=2, device="cpu"), width=WIDTH, height=HEIGHT, strength=0.3, step=2)
    cells_x, cells_y = torch.arange(80), torch.arange(48)
    place = batch.points_px / 4 - 0.5
    off = (cells_x - place[..., :1]).square()[:, :, None, :] + (cells_y - place[..., 1:]).square()[..., None]
    absent = torch.where(batch.visible, -50.0, 50.0)

    def loss(shift: int) -> float:
        maps = PitchMaps((-off / 2).roll(shift, -1), absent, torch.zeros(2, 4, 48, 80))
        return float(keypoint_loss(maps, batch, sigma_cells=1.0))

    seen = batch.visible.float().mean().item()
    assert loss(0) == pytest.approx(seen * (1 + np.log(2 * np.pi)), rel=0.1)
    assert loss(0) < loss(1) < loss(3)
