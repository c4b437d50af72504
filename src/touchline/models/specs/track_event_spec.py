"""The configuration of models that name events of play from tracks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from touchline.models.specs.spec import DEFAULT_THRESHOLD, StoredConfig

OFF = 2.0
"""A threshold that no confidence reaches: the label is off by default, because it was not found well enough."""


class TrackEventConfig(StoredConfig):
    """The configuration of a model of events from tracks.

    Attributes:
        rate_hz: analysed frames a second that it was trained on.
        thresholds: least confidence, by label; above 1 for a label that is off by default.
        calibration: (slope, offset) by label, applied to a score's logit to give the probability that the event is
            true; empty if never measured.

    """

    task: Literal["track-events"] = "track-events"
    rate_hz: float = Field(default=12.5, gt=0, le=1000)
    calibration: dict[str, tuple[float, float]] = Field(default_factory=dict)

    def threshold(self, label: str) -> float:
        """Return the least confidence of a label."""
        return self.thresholds.get(label, DEFAULT_THRESHOLD)

    @property
    def off(self) -> tuple[str, ...]:
        """The labels that are off by default."""
        return tuple(label for label in self.labels if self.threshold(label) > 1)
