"""Before and after: mAP@1 of two models on the same held-out corrections, with bootstrap intervals.

The held-out spans are cut into blocks of half a minute. Blocks are drawn whole, and the same ones for both models.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.events import Timeline
from touchline.core.labels import BALL_FPS
from touchline.formats.corrections.reviewed import Span, inside, total_us
from touchline.metrics.bootstrap import draws
from touchline.metrics.spotting import average_map
from touchline.training.corrections.gain import Gain

BLOCK_US = 30 * US_PER_S
METRIC = "at1"
ROUNDS = 1000


@dataclass(frozen=True, slots=True)
class Block:
    """Half a minute of held-out truth, and the events of both models in it."""

    truth: Timeline
    before: Timeline
    after: Timeline


@dataclass(frozen=True, slots=True)
class Comparison(Gain):
    """Two models on the same held-out corrections.

    Attributes:
        before, after, gain, better_in: mAP@1, see :class:`Gain`.
        per_class: mAP@1 by label, before and after.
        minutes: duration of what was held out.
        events: held-out true events by label.

    """

    per_class: dict[str, tuple[float, float]]
    minutes: float
    events: dict[str, int]

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values, rounded."""
        return {
            "metric": "SoccerNet mAP@1 inside held-out reviewed spans",
            **Gain.to_json(self),
            "per_class": {label: [round(value, 4) for value in pair] for label, pair in self.per_class.items()},
            "minutes": round(self.minutes, 2),
            "events": self.events,
        }


def blocks_of(truth: Timeline, before: Timeline, after: Timeline, *, spans: Sequence[Span]) -> list[Block]:
    """Return the blocks of one match's held-out spans."""
    return [
        Block(*(inside(timeline, [part]) for timeline in (truth, before, after)))
        for span in spans
        for part in _parts(span)
    ]


def _parts(span: Span) -> Iterator[Span]:
    """Yield a span in equal parts of about the block's length."""
    count = max(round((span[1] - span[0]) / BLOCK_US), 1)
    edges = [span[0] + (span[1] - span[0]) * number // count for number in range(count + 1)]
    yield from pairwise(edges)


def compare(
    blocks: Sequence[Block], *, labels: Sequence[str], spans: Sequence[Span], rounds: int = ROUNDS
) -> Comparison:
    """Compare two models.

    Args:
        blocks: of all held-out matches.
        labels: classes whose mean counts; those without a held-out event are left out.
        spans: the held-out spans, for their duration.
        rounds: number of bootstrap rounds.

    """
    counts = Counter(event.label for block in blocks for event in block.truth)
    scored = [label for label in labels if counts[label]]
    whole, drawn = np.arange(len(blocks)), draws(len(blocks), rounds=rounds)
    value = [_map(blocks, whole, scored, after=after) for after in (False, True)]
    each = np.array([[_map(blocks, rows, scored, after=after)[0] for after in (False, True)] for rows in drawn])
    score = Gain.of(value[0][0], value[1][0], each)
    return Comparison(
        before=score.before,
        after=score.after,
        gain=score.gain,
        better_in=score.better_in,
        per_class={label: (value[0][1][i], value[1][1][i]) for i, label in enumerate(scored)},
        minutes=total_us(spans) / US_PER_S / 60,
        events={label: counts[label] for label in scored},
    )


def _map(
    blocks: Sequence[Block], rows: Sequence[int] | np.ndarray, labels: Sequence[str], *, after: bool
) -> tuple[float, list[float]]:
    """Return mAP@1 of one model in some blocks, and that of each class."""
    chosen = [blocks[row] for row in rows]
    found = [block.after if after else block.before for block in chosen]
    result = average_map([block.truth for block in chosen], found, labels=labels, fps=BALL_FPS, metric=METRIC)
    return float(result["a_mAP"]), [float(v) for v in result["a_mAP_per_class"]]  # type: ignore[arg-type, union-attr]
