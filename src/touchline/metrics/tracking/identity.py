"""Identity scores (Ristani et al., 2016): IDF1, IDP and IDR, equal to ``trackeval`` 1.3.0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from touchline.core.columns import IntArray
from touchline.metrics.tracking.sequence import Sequenced


@dataclass(frozen=True, slots=True)
class Identity:
    """Boxes with the right, a missing and a wrong identity, when each true id is assigned at most one predicted id."""

    idtp: int
    idfn: int
    idfp: int

    @property
    def idf1(self) -> float:
        """F1 score of the identities."""
        return self.idtp / max(1.0, self.idtp + 0.5 * self.idfp + 0.5 * self.idfn)

    @property
    def idp(self) -> float:
        """Precision of the identities."""
        return self.idtp / max(1.0, self.idtp + self.idfp)

    @property
    def idr(self) -> float:
        """Recall of the identities."""
        return self.idtp / max(1.0, self.idtp + self.idfn)


def identity(sequenced: Sequenced, *, iou: float) -> Identity:
    """Return the identity scores of one sequence; boxes match at an IoU of ``iou`` or more."""
    close = sequenced.identities[sequenced.pairs.iou >= iou]
    together = np.bincount(close, minlength=len(sequenced.identity_ids))
    right = most_together(sequenced.identity_ids, together)
    return Identity(right, len(sequenced.truth.ids) - right, len(sequenced.found.ids) - right)


def combine_identity(parts: Sequence[Identity]) -> Identity:
    """Combine the identity scores of several sequences."""
    return Identity(sum(p.idtp for p in parts), sum(p.idfn for p in parts), sum(p.idfp for p in parts))


def most_together(ids: IntArray, weight: IntArray) -> int:
    """Return the highest total weight of a one-to-one assignment among pairs of ids.

    Ids that never meet, such as those of different camera shots, are matched separately.

    Args:
        ids: int64 (u, 2), pairs of ids, each pair once.
        weight: int64 (u,), 0 or more.

    """
    ids, weight = ids[weight > 0], weight[weight > 0]
    if not len(weight):
        return 0
    rows, row = np.unique(ids[:, 0], return_inverse=True)
    columns, column = np.unique(ids[:, 1], return_inverse=True)
    size = len(rows) + len(columns)
    graph = coo_array((np.ones(len(weight)), (row, len(rows) + column)), shape=(size, size))
    island = connected_components(graph, directed=False)[1][row]
    order = np.argsort(island, kind="stable")
    ends = np.flatnonzero(np.diff(island[order])) + 1
    return sum(_heaviest(row[part], column[part], weight[part]) for part in np.split(order, ends))


def _heaviest(row: IntArray, column: IntArray, weight: IntArray) -> int:
    """Return the highest total weight within one connected component."""
    if len(weight) == 1:
        return int(weight[0])
    rows, i = np.unique(row, return_inverse=True)
    columns, j = np.unique(column, return_inverse=True)
    dense = np.zeros((len(rows), len(columns)))
    dense[i, j] = weight
    return round(float(dense[linear_sum_assignment(dense, maximize=True)].sum()))
