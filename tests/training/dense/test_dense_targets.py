"""What a dense spotter learns of each frame, and its losses, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from touchline.models.networks.dense.spotter import DenseLogits
from touchline.training.dense.augment import AugmentSettings, blurred, change_pictures, turn_hue
from touchline.training.dense.batches import ClipPlaces, ClipSampler, ClipSettings, mixed_targets
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.losses import displacement_loss, focal_loss, loss_terms, softmax_loss, team_loss
from touchline.training.dense.settings import DenseLoss
from touchline.training.dense.targets import FrameEvent, frame_targets

NO_CHANGE = AugmentSettings(flip=0, hue=0, saturation=0, brightness=0, contrast=0, blur=0)


def video(head: int = 0, *, frames: int = 40, events: tuple[FrameEvent, ...] = (), value: int = 0) -> DenseVideo:
    pictures = np.full((frames, 4, 6, 3), value, np.uint8)
    targets = frame_targets(events, frames=frames, radius=1)
    return DenseVideo(f"v{head}-{value}", head, pictures, events, targets, 10.0)


def test_an_event_spreads_over_its_radius_with_signed_distances() -> None:
    targets = frame_targets([FrameEvent(3, 1, team=1)], frames=7, radius=2)
    assert targets.classes.tolist() == [0, 2, 2, 2, 2, 2, 0]
    assert targets.displacement.tolist() == [0, -2, -1, 0, 1, 2, 0]
    assert targets.team.tolist() == [-1, 1, 1, 1, 1, 1, -1]
    assert (np.arange(7) - targets.displacement)[1:6].tolist() == [3] * 5


def test_the_nearer_of_two_events_has_a_frame_and_the_earlier_of_equally_near_ones() -> None:
    targets = frame_targets([FrameEvent(6, 1), FrameEvent(2, 0)], frames=9, radius=3)
    assert targets.classes.tolist() == [1, 1, 1, 1, 1, 2, 2, 2, 2]
    assert targets.displacement.tolist() == [-2, -1, 0, 1, 2, -1, 0, 1, 2]


def test_radius_0_is_the_frame_itself_and_events_beyond_the_ends_reach_in() -> None:
    assert frame_targets([FrameEvent(1, 0)], frames=3, radius=0).classes.tolist() == [0, 1, 0]
    assert frame_targets([FrameEvent(4, 0)], frames=3, radius=2).classes.tolist() == [0, 0, 1]


def test_a_cut_is_background_outside_the_video_and_mirroring_swaps_teams() -> None:
    cut = frame_targets([FrameEvent(0, 0, team=0)], frames=2, radius=0).cut(-1, 3)
    assert cut.classes.tolist() == [0, 1, 0, 0]
    assert cut.mirrored().team.tolist() == [-1, 1, -1, -1]
    assert cut.mirrored().displacement.tolist() == [0, 0, 0, 0]


def test_mixtures_weigh_classes_displacements_and_teams() -> None:
    one = frame_targets([FrameEvent(1, 0, team=0)], frames=3, radius=1)
    other = frame_targets([FrameEvent(1, 1, team=1)], frames=3, radius=0)
    mixed = mixed_targets((0,), [[(0.75, one), (0.25, other)]], [2], device="cpu")
    assert mixed.classes[0][0].tolist() == [[0.25, 0.75, 0], [0, 0.75, 0.25], [0.25, 0.75, 0]]
    assert mixed.displacement[0].tolist() == [-0.75, 0, 0.75]
    assert mixed.team[0].tolist() == [[0.75, 0], [0.75, 0.25], [0.75, 0]]


def test_softmax_loss_weighs_the_foreground() -> None:
    logits = torch.zeros(1, 2, 3)
    target = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
    assert float(softmax_loss(logits, target, foreground_weight=5)) == pytest.approx((1 + 5) / 2 * math.log(3))
    plain = torch.nn.functional.cross_entropy(
        torch.tensor([[0.3, -1, 2]]), torch.tensor([[0.5, 0.25, 0.25]]), weight=torch.tensor([1.0, 5, 5])
    )
    mine = softmax_loss(torch.tensor([[[0.3, -1, 2]]]), torch.tensor([[[0.5, 0.25, 0.25]]]), foreground_weight=5)
    torch.testing.assert_close(mine, plain)


def test_focal_loss_by_hand() -> None:
    logits = torch.tensor([[[1.0, 1.0, 3.0]]])  # odds 0 and 2 against the background
    target = torch.tensor([[[0.0, 1.0, 0.0]]])
    sure = 1 / (1 + math.exp(-2))
    expected = 5 * 0.5**2 * math.log(2) - sure**2 * math.log(1 - sure)
    assert float(focal_loss(logits, target, gamma=2, foreground_weight=5)) == pytest.approx(expected, rel=1e-6)


def test_displacement_and_team_losses_by_hand() -> None:
    assert float(displacement_loss(torch.tensor([[1.0, 0]]), torch.tensor([[3.0, 0]]))) == 2.0
    target = torch.tensor([[[1.0, 0], [0, 0]]])
    assert float(team_loss(torch.zeros(1, 2, 2), target)) == pytest.approx(math.log(2))
    assert float(team_loss(torch.zeros(1, 2, 2), torch.zeros(1, 2, 2))) == 0.0


def test_a_head_learns_from_clips_of_its_own_set_only() -> None:
    logits = [torch.zeros(2, 3, 2, requires_grad=True), torch.zeros(2, 3, 4, requires_grad=True)]
    targets = frame_targets([FrameEvent(1, 0)], frames=3, radius=0)
    mixed = mixed_targets((1, 1), [[(1.0, targets)]] * 2, [1, 3], device="cpu")
    terms = loss_terms(DenseLogits(tuple(logits), None, None), mixed, DenseLoss())
    torch.stack(list(terms.values())).sum().backward()
    assert list(terms) == ["classes_1"]
    assert logits[0].grad is None
    assert logits[1].grad is not None and float(logits[1].grad.abs().sum()) > 0


def test_clips_around_events_contain_one_and_others_lie_anywhere() -> None:
    one = video(events=(FrameEvent(20, 0),))
    random = np.random.default_rng(0)
    near = [ClipPlaces([one], frames=8, event_share=1.0).draw(random)[1] for _ in range(50)]
    assert all(start <= 20 < start + 8 for start in near)
    assert len(set(near)) > 4
    anywhere = [ClipPlaces([one], frames=8, event_share=0.0).draw(random)[1] for _ in range(300)]
    assert min(anywhere) == -2
    assert max(anywhere) == 33


def sampler(videos: list[DenseVideo], *, mixup: float, augment: AugmentSettings = NO_CHANGE) -> ClipSampler:
    settings = ClipSettings(frames=8, batch=16, event_share=0.5, mixup=mixup)
    return ClipSampler(videos, settings, augment, class_counts=(1, 2), shares=(1, 1), seed=0)


def test_batches_draw_from_both_sets_and_keep_their_targets_apart() -> None:
    batch = sampler([video(0, value=51), video(1, value=255)], mixup=0).draw()
    assert batch.pictures.shape == (16, 8, 3, 4, 6)
    brightest = batch.pictures.amax((1, 2, 3, 4))
    assert torch.where(torch.tensor(batch.targets.heads) == 0, 0.2, 1.0).tolist() == pytest.approx(brightest.tolist())
    counts = {head: len(batch.targets.rows(head)) for head in (0, 1)}
    assert min(counts.values()) > 2
    assert {head: tuple(t.shape) for head, t in batch.targets.classes.items()} == {
        0: (counts[0], 8, 2),
        1: (counts[1], 8, 3),
    }


def test_pictures_and_targets_are_mixed_by_the_same_shares() -> None:
    """A white video whose every frame is an event, and a black one without: brightness is the share of events."""
    events = tuple(FrameEvent(frame, 0) for frame in range(40))
    two = sampler([video(0, value=255, events=events), video(0, value=0), video(1)], mixup=0.5)
    batch = two.draw()
    rows = batch.targets.rows(0)
    share = batch.targets.classes[0][..., 1]
    torch.testing.assert_close(batch.pictures[rows].mean((2, 3, 4)), share)
    assert ((share > 0.05) & (share < 0.95)).any()


def test_mirrored_clips_are_reported() -> None:
    clips = torch.rand(6, 2, 3, 4, 5)
    changed, flipped = change_pictures(
        clips, NO_CHANGE.model_copy(update={"flip": 0.5}), generator=torch.Generator().manual_seed(0)
    )
    assert 0 < int(flipped.sum()) < 6
    for clip, new, mirrored in zip(clips, changed, flipped.tolist(), strict=True):
        torch.testing.assert_close(new, clip.flip(-1) if mirrored else clip)


def test_colours_turn_about_grey_and_blurs_keep_the_mean() -> None:
    grey = torch.full((1, 3, 6, 6), 0.5)
    torch.testing.assert_close(turn_hue(grey, 0.2), grey, atol=1e-5, rtol=0)
    green = torch.zeros(1, 3, 6, 6)
    green[:, 1] = 0.5
    assert not torch.allclose(turn_hue(green, 0.2), green, atol=0.05)
    torch.testing.assert_close(blurred(grey, sigma=1.5), grey)
