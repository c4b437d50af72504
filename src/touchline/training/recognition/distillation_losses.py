"""Distillation losses, each as a pure function of logits or features.

Logits are float (n, classes), labels int64 (n,), features float (n, D). Gradients flow to the student only. Every
function returns a scalar, averaged over the batch.
"""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor
from torch.nn import functional as F

_STANDARDISE_EPS = 1e-7
_CORRELATION_EPS = 1e-8
_MASKED = -1e9


def soft_targets(student: Tensor, teacher: Tensor, *, temperature: float) -> Tensor:
    """Kullback-Leibler divergence of softened classes times T squared, summed over classes.

    Hinton et al., "Distilling the Knowledge in a Neural Network", 2015.
    """
    _check(student, teacher, temperature=temperature)
    log_student = F.log_softmax(student / temperature, dim=1)
    log_teacher = F.log_softmax(teacher.detach() / temperature, dim=1)
    return F.kl_div(log_student, log_teacher, reduction="batchmean", log_target=True) * temperature**2


def soft_targets_mean(student: Tensor, teacher: Tensor, *, temperature: float) -> Tensor:
    """The same with the mean over classes too: smaller by the number of classes.

    This is the default of ``KLDivLoss()``, and so what SoccerKDNet's students were trained with.
    """
    return soft_targets(student, teacher, temperature=temperature) / student.shape[1]


def decoupled(
    student: Tensor,
    teacher: Tensor,
    labels: Tensor,
    *,
    temperature: float,
    target_weight: float = 1.0,
    other_weight: float = 8.0,
) -> Tensor:
    """Separately weighted losses for the true class's probability and for the ranking of the others (DKD).

    Zhao et al., "Decoupled Knowledge Distillation", CVPR 2022.
    """
    target, others = decoupled_parts(student, teacher, labels, temperature=temperature)
    return target_weight * target + other_weight * others


def decoupled_parts(student: Tensor, teacher: Tensor, labels: Tensor, *, temperature: float) -> tuple[Tensor, Tensor]:
    """Return the two parts of DKD, each times T squared: the true class against the rest, and among the rest."""
    _check(student, teacher, temperature=temperature)
    true = F.one_hot(labels, student.shape[1]).bool()
    pairs = []
    for logits in (student, teacher.detach()):
        log_all = F.log_softmax(logits / temperature, dim=1)
        log_true = log_all[true]
        log_rest = log_all.masked_fill(true, -float("inf")).logsumexp(dim=1)
        log_among = F.log_softmax((logits / temperature).masked_fill(true, _MASKED), dim=1)
        pairs.append((log_true, log_rest, log_among))
    (s_true, s_rest, s_among), (t_true, t_rest, t_among) = pairs
    target = t_true.exp() * (t_true - s_true) + t_rest.exp() * (t_rest - s_rest)
    others = F.kl_div(s_among.masked_fill(true, 0), t_among.masked_fill(true, 0), reduction="none", log_target=True)
    others = others.masked_fill(true, 0).sum(dim=1)
    return target.mean() * temperature**2, others.mean() * temperature**2


def standardise(logits: Tensor) -> Tensor:
    """Standardise logits (n, classes) to mean 0 and standard deviation 1 in each row."""
    spread = logits.std(dim=1, keepdim=True) + _STANDARDISE_EPS
    return (logits - logits.mean(dim=1, keepdim=True)) / spread


def standardised(student: Tensor, teacher: Tensor, *, temperature: float) -> Tensor:
    """Soft targets of standardised logits: the relation of the classes counts, not the teacher's logit scale.

    Sun et al., "Logit Standardization in Knowledge Distillation", CVPR 2024. A standardised logit of C classes is at
    most (C - 1) / sqrt(C), so few classes need a low temperature: 0.5 to 1 for four or five.
    """
    return soft_targets(standardise(student), standardise(teacher.detach()), temperature=temperature)


def correlation(
    student: Tensor, teacher: Tensor, *, temperature: float = 1.0, inter_weight: float = 1.0, intra_weight: float = 1.0
) -> Tensor:
    """One minus Pearson's correlation of probabilities, between classes of a clip and between clips of a class (DIST).

    Huang et al., "Knowledge Distillation from a Stronger Teacher", NeurIPS 2022.
    """
    inter, intra = correlation_parts(student, teacher, temperature=temperature)
    return inter_weight * inter + intra_weight * intra


def correlation_parts(student: Tensor, teacher: Tensor, *, temperature: float = 1.0) -> tuple[Tensor, Tensor]:
    """Return the two parts of DIST, each times T squared: between a clip's classes, and between a class's clips."""
    _check(student, teacher, temperature=temperature)
    p = F.softmax(student / temperature, dim=1)
    q = F.softmax(teacher.detach() / temperature, dim=1)
    return _uncorrelated(p, q) * temperature**2, _uncorrelated(p.T, q.T) * temperature**2


def distances(student: Tensor, teacher: Tensor) -> Tensor:
    """Difference of the distances between the clips of a batch, each set relative to its mean (RKD-D).

    Park et al., "Relational Knowledge Distillation", CVPR 2019: the mean of smooth L1 over all n x n pairs.
    """
    return F.smooth_l1_loss(_relative_distances(student), _relative_distances(teacher.detach()))


def angles(student: Tensor, teacher: Tensor) -> Tensor:
    """Difference of the angles between any three clips of a batch (RKD-A), see :func:`distances`."""
    return F.smooth_l1_loss(_angles(student), _angles(teacher.detach()))


def feature_cosine(student: Tensor, teacher: Tensor) -> Tensor:
    """One minus the cosine between features (n, D) of student and teacher."""
    if student.shape != teacher.shape:
        raise ValueError(f"features {tuple(student.shape)} and {tuple(teacher.shape)} differ; project the student's")
    return (1 - F.cosine_similarity(student, teacher.detach(), dim=1)).mean()


def blend(distilled: Tensor, classified: Tensor, *, kd_weight: float, ce_weight: float) -> Tensor:
    """Return the weighted sum of the teacher's and the labels' losses."""
    return kd_weight * distilled + ce_weight * classified


def _uncorrelated(a: Tensor, b: Tensor) -> Tensor:
    """One minus Pearson's correlation of rows, averaged."""
    a, b = a - a.mean(dim=1, keepdim=True), b - b.mean(dim=1, keepdim=True)
    return (1 - F.cosine_similarity(a, b, dim=1, eps=_CORRELATION_EPS)).mean()


def _relative_distances(features: Tensor) -> Tensor:
    apart = features[:, None] - features[None]
    squared = apart.square().sum(dim=-1)
    away = squared > 0
    lengths = squared.where(away, squared.new_ones(())).sqrt().where(away, squared.new_zeros(()))
    return lengths / lengths[away].mean().clamp_min(1e-12) if bool(away.any()) else lengths


def _angles(features: Tensor) -> Tensor:
    directions = F.normalize(features[None] - features[:, None], dim=-1)
    return directions @ directions.transpose(1, 2)


def _check(student: Tensor, teacher: Tensor, *, temperature: float) -> None:
    if student.shape != teacher.shape:
        raise ValueError(f"student's logits {tuple(student.shape)} do not fit the teacher's {tuple(teacher.shape)}")
    if temperature <= 0:
        raise ValueError(f"temperature={temperature} must be above 0")


OF_LOGITS: dict[str, Callable[..., Tensor]] = {
    "soft-targets": soft_targets,
    "soft-targets-mean": soft_targets_mean,
    "standardised": standardised,
    "correlation": correlation,
}
"""Losses on the student's and the teacher's logits at a temperature, by their names in recipes."""
