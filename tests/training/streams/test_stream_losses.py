"""Losses and targets of heads over feature streams, by known values."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from touchline.models.networks.heads.calf import Calf
from touchline.models.specs.stream_outputs import DenseOutput, WindowOutput
from touchline.training.streams.losses import (
    chunk_loss,
    context_aware_loss,
    dense_loss,
    detection_loss,
    matched_detections,
    window_loss,
)
from touchline.training.streams.targets import (
    FAR,
    PieceEvents,
    detection_targets,
    nearest_events,
    signed_times,
    window_targets,
)

GOAL = torch.tensor([[-40.0], [-20.0], [120.0], [180.0]])


def events(*pairs: tuple[float, int]) -> PieceEvents:
    return PieceEvents(np.array([at for at, _ in pairs], float), np.array([label for _, label in pairs], np.int64))


@pytest.mark.parametrize(
    ("score", "signed", "expected"),
    [
        (0.02, 0, 3.806664),
        (0.5, 0, 0.587787),
        (0.98, 0, 0.0),
        (0.5, -30, 0.182322),
        (0.02, 60, 0.567984),
        (0.98, 150, 0.567984),
    ],
)
def test_the_context_aware_loss_of_a_goal(score: float, signed: float, expected: float) -> None:
    loss = context_aware_loss(torch.tensor([[score]], dtype=torch.float64), torch.tensor([[signed]]), GOAL.double())
    assert loss.item() == pytest.approx(expected, abs=2e-6)


def test_nothing_is_asked_right_before_an_event_and_lowness_far_from_it() -> None:
    score = torch.tensor([0.9])
    assert context_aware_loss(score, torch.tensor([-10.0]), GOAL).item() == 0
    far = math.log(0.9) - math.log(0.1)
    for signed in (-41.0, 180.0, 500.0, -1e6):
        assert context_aware_loss(score, torch.tensor([signed]), GOAL).item() == pytest.approx(far, abs=1e-4)


def test_detections_are_matched_closest_first() -> None:
    predicted = torch.tensor([[[0.5, 0.10], [0.5, 0.30], [0.5, 0.32]]])
    predicted = torch.cat([predicted, torch.full((1, 3, 2), 0.5)], dim=2)
    targets = torch.zeros(1, 3, 4)
    targets[0, 0] = torch.tensor([1.0, 0.31, 1.0, 0.0])
    targets[0, 1] = torch.tensor([1.0, 0.33, 0.0, 1.0])
    # 0.32 and 0.30 are both 0.01 from 0.31; 0.32 is 0.01 from 0.33 as well: two pairs, and 0.10 stays alone
    matched = matched_detections(predicted, targets)[0].tolist()
    assert matched[0] == -1
    assert sorted(matched[1:]) == [0, 1]


def test_the_detection_loss_by_hand() -> None:
    predicted = torch.tensor([[[0.8, 0.5, 0.7, 0.3], [0.4, 0.9, 0.5, 0.5]]])
    targets = torch.tensor([[[1.0, 0.6, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]])
    hit = 5 * 0.1**2 + 0.2**2 + 0.3**2 + 0.3**2
    assert detection_loss(predicted, targets).item() == pytest.approx(hit + 0.5 * 0.4**2, abs=1e-6)
    assert detection_loss(predicted, torch.zeros(1, 2, 4)).item() == pytest.approx(0.5 * (0.8**2 + 0.4**2), abs=1e-6)


def test_signed_times_follow_the_event_whose_influence_reaches_further() -> None:
    edges = np.array([[-10.0], [-5.0], [20.0], [40.0]])
    signed = signed_times([events((100, 0), (150, 0))], classes=1, piece=200, edges=edges)[0, :, 0]
    assert signed[95] == -5
    assert signed[100] == 0
    assert signed[119] == 19
    # 35 after the first (share .75 of the way out) and 15 before the second (not reached yet): still the first
    assert signed[135] == 35
    # 43 after the first, past its reach, 7 before the second
    assert signed[143] == -7
    # 39 after the first (share .95), 11 before: not reached; at 141 the second takes over
    assert signed[139] == 39
    assert abs(signed[199]) > 1e5  # past the reach of both
    alone = signed_times([events()], classes=1, piece=5, edges=edges)
    assert bool((np.abs(alone) > 1e5).all())


def test_targets_of_a_piece() -> None:
    piece = events((3.5, 1), (9.0, 0), (12.0, 0), (-2.0, 1))
    assert window_targets([piece, events()], classes=2, piece=10).tolist() == [[0, 1, 1], [1, 0, 0]]
    near = nearest_events([piece], classes=3, piece=10)[0]
    assert near[0].tolist() == [9.0, -2.0, np.float32(FAR)]
    assert near[3, 1] == 0.5
    assert near[9, 0] == 0
    found = detection_targets([piece], classes=2, piece=10, detections=3)[0]
    assert found.tolist() == [[1, np.float32(0.3), 0, 1], [1, np.float32(0.9), 1, 0], [0, 0, 0, 0]]
    assert detection_targets([piece], classes=2, piece=10, detections=1)[0, 0, 1] == np.float32(0.3)


def test_losses_fall_as_answers_get_better() -> None:
    targets = torch.tensor([[0.0, 1.0]])
    good, bad = (window_loss(WindowOutput(torch.tensor([[-x, x]])), targets) for x in (3.0, -3.0))
    assert good < 0.1 < bad
    away = torch.full((1, 9, 1), FAR)
    away[0, 3:6, 0] = torch.tensor([1.0, 0.0, -1.0])
    logits = torch.where(away.abs() < 2, 4.0, -4.0)
    sharp = DenseOutput(logits, away.clamp(-4, 4), torch.full_like(away, -2.0))
    blunt = DenseOutput(logits, -away.clamp(-4, 4), torch.full_like(away, -2.0))
    settings = {"radius": 1.5, "focal": 1.5, "positive_weight": 4.0}
    assert dense_loss(sharp, away, **settings) < dense_loss(blunt, away, **settings)
    assert dense_loss(DenseOutput(logits), away, **settings) < dense_loss(DenseOutput(-logits), away, **settings)


def test_spread_grows_towards_the_error_and_shrinks_towards_it() -> None:
    away = torch.full((1, 4, 1), FAR)
    away[0, 1, 0] = 1.0
    for displacement, sign in ((-3.0, -1), (0.9, 1)):
        spread = torch.zeros_like(away).requires_grad_()
        output = DenseOutput(torch.zeros_like(away), torch.full_like(away, displacement), spread)
        dense_loss(output, away, radius=1.5, focal=0.0, positive_weight=1.0).backward()
        assert spread.grad is not None
        assert torch.sign(spread.grad[0, 1, 0]).item() == sign
        assert float(spread.grad[0, [0, 2, 3]].abs().max()) == 0


def test_samples_at_the_ends_of_a_piece_count_little() -> None:
    def loss_of_an_event(at: int) -> float:
        away = torch.full((1, 101, 2), FAR)
        away[0, [at, 50], 0] = 0.0
        logits = torch.full((1, 101, 2), -9.0)
        logits[0, 50, 0] = 9.0
        return dense_loss(DenseOutput(logits), away, radius=1.0, focal=0.0, positive_weight=1.0).item()

    assert 0 < loss_of_an_event(2) < 0.2 * loss_of_an_event(40)


def test_calf_losses_together_have_slopes() -> None:
    torch.manual_seed(0)
    network = Calf(4, 2, chunk=32, receptive_field=8, detections=3)
    calf_loss(network, torch.randn(2, 32, 4), [events((5, 0), (20, 1)), events()]).backward()
    slopes = [parameter.grad for parameter in network.parameters()]
    assert all(slope is not None and bool(torch.isfinite(slope).all()) for slope in slopes)


def test_calf_learns_what_happens() -> None:
    """Two patterns, one in each chunk: the surest detections must come to depend on what is seen."""
    torch.manual_seed(0)
    network = Calf(4, 2, chunk=32, receptive_field=8, detections=4)
    pieces = [events((at, label)) for at in (6, 14, 22) for label in (0, 1)]
    tokens = 0.1 * torch.randn(6, 32, 4)
    for row, piece in zip(tokens, pieces, strict=True):
        row[int(piece.at[0]), 2 * int(piece.label[0])] = 3.0
    adam = torch.optim.AdamW(network.parameters(), lr=3e-3)
    for _ in range(60):
        adam.zero_grad()
        calf_loss(network, tokens, pieces).backward()
        adam.step()
    found = network.eval()(tokens).detections
    best = found[torch.arange(6), found[:, :, 0].argmax(dim=1)]
    assert best[:, 2:].argmax(dim=1).tolist() == [0, 1] * 3
    assert float(best[:, 2:].detach().amax(dim=1).min()) > 0.6


def calf_loss(network: Calf, tokens: torch.Tensor, pieces: list[PieceEvents]) -> torch.Tensor:
    edges = np.array([[-8.0, -8.0], [-4, -4], [4, 4], [8, 8]])
    signed = torch.from_numpy(signed_times(pieces, classes=2, piece=32, edges=edges))
    targets = torch.from_numpy(detection_targets(pieces, classes=2, piece=32, detections=network.detections))
    return chunk_loss(network(tokens), signed, targets, torch.from_numpy(edges).float(), segmentation_weight=0.1)
