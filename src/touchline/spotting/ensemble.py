"""Several models' scores as one: the mean of the raw scores, before smoothing and peaks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchline.errors import InputError
from touchline.types import Scores


def average_scores(members: Sequence[Scores], *, weights: Sequence[float] | None = None) -> Scores:
    """Mean scores of models with the same labels, over the times that all of them scored.

    Args:
        members: one for each model, at least one.
        weights: of each member, positive; equal where None.

    Raises:
        InputError: labels differ, or no time is common to all.

    """
    if not members:
        raise ValueError("an ensemble needs at least one member; none was given")
    shares = np.ones(len(members)) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != (len(members),) or not bool(np.all(shares > 0)):
        raise ValueError(f"weights={weights} must be {len(members)} positive numbers")
    labels = members[0].labels
    for member in members[1:]:
        if member.labels != labels:
            raise InputError(f"an ensemble needs one set of labels; {labels} and {member.labels} differ")
    times_us = members[0].times_us
    for member in members[1:]:
        times_us = np.intersect1d(times_us, member.times_us, assume_unique=True)
    if len(times_us) == 0:
        raise InputError("the members of an ensemble have no sample time in common; use models of one frame rate")
    total = np.zeros((len(times_us), len(labels)))
    for member, share in zip(members, shares / shares.sum(), strict=True):
        total += share * member.values[np.searchsorted(member.times_us, times_us)]
    return Scores(total.astype(np.float32), times_us, labels)
