"""How a report is made, besides what its bundle holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from touchline.core.events import Timeline


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """How a report is made.

    Attributes:
        title: heading of the page; None for the video's file name.
        embed_video: put the video inside the page, so that it can be sent as one file (up to 64 MiB).
        truth: known events, drawn as hollow marks above the lanes; precision and recall follow the sliders.
        candidates: every peak down to a low confidence, so that lowering a slider adds events. Peaks are dropped
            by height before closeness and a lower one never displaces a higher one, so the candidates at or above
            a threshold are just the events found with it. None: only the bundle's events.
        thresholds: confidence from which an event of a label is shown, at first; None for those that the events were
            found with. A label that is missing has 0.

    """

    title: str | None = None
    embed_video: bool = False
    truth: Timeline | None = None
    candidates: Timeline | None = None
    thresholds: Mapping[str, float] | None = None

    def __post_init__(self) -> None:
        for label, threshold in (self.thresholds or {}).items():
            if not 0.0 <= threshold <= 1.0:
                raise ValueError(f"threshold of {label!r} is {threshold}; it must be 0 to 1")
