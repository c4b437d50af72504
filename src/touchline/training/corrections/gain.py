"""Whether a model that learnt from corrections is better than before: one rule for every kind of model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from touchline.core.arrays import Floats64
from touchline.metrics.bootstrap import Interval, middle

SURE = 0.95
"""A model is better if its score is higher in this share of the bootstrap's rounds."""


@dataclass(frozen=True, slots=True)
class Gain:
    """The scores of two models on the same held-out corrections.

    Attributes:
        before, after: score of the model that was corrected, and of the fine-tuned one.
        gain: the difference.
        better_in: share of the bootstrap's rounds in which the fine-tuned model is better.

    """

    before: Interval
    after: Interval
    gain: Interval
    better_in: float

    @classmethod
    def of(cls, before: float, after: float, rounds: Floats64) -> Gain:
        """Compare two scores, given those of the bootstrap's rounds (n, 2), before and after."""
        won = rounds[:, 1] - rounds[:, 0]
        return cls(
            before=Interval(before, *middle(rounds[:, 0])),
            after=Interval(after, *middle(rounds[:, 1])),
            gain=Interval(after - before, *middle(won)),
            better_in=float((won > 0).mean()),
        )

    @property
    def better(self) -> bool:
        """Whether the fine-tuned model is better beyond chance."""
        return self.gain.value > 0 and self.better_in >= SURE

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain values, rounded."""
        intervals = {name: getattr(self, name).to_json() for name in ("before", "after", "gain")}
        rounded = {name: {key: round(value, 4) for key, value in one.items()} for name, one in intervals.items()}
        return {**rounded, "better_in": round(self.better_in, 4), "better": self.better}
