"""Distillation losses: known answers on one fixed batch, and what each leaves alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from touchline.training.recognition import distillation_losses as losses

S = torch.tensor([[2, 0.5, -1, 0], [0.1, 0.2, 0.3, 0.4], [-1, 0, 1, 3]], dtype=torch.float64)
T = torch.tensor([[3, 1, -2, 0.5], [-1, 2, 0, 1], [0, -1, 2, 2]], dtype=torch.float64)
Y = torch.tensor([0, 3, 2])


def close(value: Tensor, wanted: float) -> None:
    assert float(value) == pytest.approx(wanted, abs=2e-6)


def test_soft_targets() -> None:
    close(F.cross_entropy(S, Y), 1.256689)
    close(losses.soft_targets(S, T, temperature=4), 0.425319)
    close(losses.soft_targets(S, T, temperature=6), 0.436686)


def test_blends_of_labels_and_teacher() -> None:
    ce = F.cross_entropy(S, Y)
    close(losses.blend(losses.soft_targets(S, T, temperature=4), ce, kd_weight=0.5, ce_weight=0.5), 0.841004)
    legacy = losses.soft_targets_mean(S, T, temperature=6)
    close(losses.blend(legacy, ce, kd_weight=0.95, ce_weight=0.05), 0.166547)
    close(losses.blend(losses.soft_targets(S, T, temperature=6), ce, kd_weight=0.95, ce_weight=0.05), 0.477687)


def test_decoupled() -> None:
    target, others = losses.decoupled_parts(S, T, Y, temperature=4)
    close(target, 0.110685)
    close(others, 0.454051)
    assert float(losses.decoupled(S, T, Y, temperature=4)) == pytest.approx(3.743089, abs=5e-6)


def test_decoupled_parts_add_up_to_soft_targets() -> None:
    kept = 1 - F.softmax(T / 4, dim=1)[torch.arange(3), Y]
    total = torch.stack(
        [
            target + weight * others
            for weight, (target, others) in zip(
                kept,
                (losses.decoupled_parts(S[i : i + 1], T[i : i + 1], Y[i : i + 1], temperature=4) for i in range(3)),
                strict=True,
            )
        ]
    )
    close(total.mean(), float(losses.soft_targets(S, T, temperature=4)))


def test_standardised() -> None:
    close(losses.standardised(S, T, temperature=2), 0.244864)
    close(losses.standardised(S, T, temperature=4), 0.233516)
    assert float(losses.standardised(3 * S + 1, T, temperature=2)) == pytest.approx(0.244864, abs=2e-6)


def test_correlation() -> None:
    inter, intra = losses.correlation_parts(S, T)
    close(inter, 0.447004)
    close(intra, 0.301240)
    close(losses.correlation(S, T), 0.447004 + 0.301240)


def test_distances_between_clips() -> None:
    teacher = torch.tensor([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0]], dtype=torch.float64)
    student = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]], dtype=torch.float64)
    close(losses.distances(teacher, student), 0.071699)
    close(losses.distances(student, teacher), 0.071699)
    close(losses.distances(3 * teacher, student), 0.071699)


def test_angles_do_not_change_with_size_or_place() -> None:
    features = torch.randn(5, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    close(losses.angles(2 * features + 7, features), 0.0)
    assert float(losses.angles(features.flip(0), features)) > 1e-3


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "soft targets": lambda s, t: losses.soft_targets(s, t, temperature=4),
    "mean": lambda s, t: losses.soft_targets_mean(s, t, temperature=4),
    "decoupled": lambda s, t: losses.decoupled(s, t, Y, temperature=4),
    "standardised": lambda s, t: losses.standardised(s, t, temperature=1),
    "correlation": losses.correlation,
    "distances": losses.distances,
    "angles": losses.angles,
    "cosine": losses.feature_cosine,
}


@pytest.mark.parametrize("name", LOSSES)
def test_a_student_equal_to_its_teacher_has_nothing_to_learn(name: str) -> None:
    student = T.clone().requires_grad_()
    loss = LOSSES[name](student, T)
    loss.backward()
    assert float(loss.detach()) == pytest.approx(0.0, abs=1e-9)
    assert student.grad is not None and float(student.grad.abs().max()) < 1e-7


@pytest.mark.parametrize("name", LOSSES)
def test_teachers_get_no_gradient(name: str) -> None:
    student, teacher = S.clone().requires_grad_(), T.clone().requires_grad_()
    LOSSES[name](student, teacher).backward()
    assert teacher.grad is None
    assert student.grad is not None and bool(torch.isfinite(student.grad).all())


def test_without_distillation_the_labels_are_left() -> None:
    ce = F.cross_entropy(S, Y)
    close(losses.blend(losses.soft_targets(S, T, temperature=4), ce, kd_weight=0.0, ce_weight=1.0), float(ce))


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fit"):
        losses.soft_targets(S, T[:, :3], temperature=1)
    with pytest.raises(ValueError, match="temperature=0"):
        losses.soft_targets(S, T, temperature=0)
    with pytest.raises(ValueError, match="project"):
        losses.feature_cosine(S, T[:, :2])
