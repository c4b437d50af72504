"""Settings of a report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from touchline.core.events import Timeline


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """Settings of a report.

    Attributes:
        title: heading of the page; None for the video's file name.
        embed_video: embed the video in the page, so that it can be sent as one file (up to 64 MiB).
        truth: known events, drawn as hollow marks above the lanes; precision and recall follow the sliders.
        candidates: every peak down to a low confidence, so that lowering a slider adds events. Peaks are dropped
            by height before closeness and a lower one never displaces a higher one, so the candidates at or above
            a threshold are exactly the events found with it. None: those of the bundle.
        thresholds: initial confidence threshold by label, 0 to 1; None for the thresholds the events were found with.
            A missing label has threshold 0.

    """

    title: str | None = None
    embed_video: bool = False
    truth: Timeline | None = None
    candidates: Timeline | None = None
    thresholds: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for label, threshold in (self.thresholds or {}).items():
            if not 0.0 <= threshold <= 1.0:
                raise ValueError(f"thresholds: {label!r} is {threshold}; it must be 0 to 1")
