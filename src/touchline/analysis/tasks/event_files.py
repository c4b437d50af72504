"""The files of events that every spotting task writes into a bundle, all of the half that the video shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from touchline.analysis.tasks.task import Job
from touchline.core.events import Timeline
from touchline.formats.bundle import Bundle

HALF_KEY = "half"
"""Name of the key's entry with the half of the match; absent for half 1."""


def half_key(job: Job) -> Mapping[str, Any]:
    """Return the part of a spotting task's key that says which half its events are of; empty for half 1."""
    return {} if job.half == 1 else {HALF_KEY: job.half}


def write_event_files(bundle: Bundle, timeline: Timeline, *, candidates: Timeline, job: Job) -> None:
    """Write the events, the candidates, and the events in SoccerNet's layout."""
    timeline = timeline.of_half(job.half)
    bundle.write_events(timeline)
    bundle.write_candidates(candidates.of_half(job.half))
    bundle.write_results(timeline, game=job.game or job.video.stem)
