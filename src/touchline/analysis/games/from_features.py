"""The events of a half of a game from its feature files, without a video."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from touchline.analysis.stream_sources import StreamSources
from touchline.analysis.tasks.spot_streams import VideoStreamSpotter, surest
from touchline.analysis.tasks.spot_summary import candidate_thresholds
from touchline.core.events import Timeline
from touchline.formats.features.vectors import read_features
from touchline.spotting.stream_spotter import StreamSpotter


@dataclass(frozen=True, slots=True)
class HalfEvents:
    """What a head finds in the features of a half.

    Attributes:
        candidates: the events and every further candidate.
        events: number of candidates over the head's thresholds.
        remarks: remarks for the user on the streams.

    """

    candidates: Timeline
    events: int
    remarks: tuple[str, ...]


def spot_half(
    head: StreamSpotter, files: Mapping[str, Path], *, half: int, asked: Mapping[str, float] | None = None
) -> HalfEvents:
    """Return the events of a half.

    Args:
        head: the head over feature streams.
        files: stream -> its feature file.
        half: recorded with each event.
        asked: label -> the least confidence of its candidates; others are kept down to a low confidence.

    Raises:
        UsageError: a threshold is outside 0 to 1, or for a label that the head does not have.
        InputError: a file cannot be read, or does not fit the head.

    """
    asked = asked or {}
    known = VideoStreamSpotter(head, sha256=head.sha256, sources=StreamSources(()), device_reason="")
    thresholds = known.thresholds_with(asked)
    widths = {stream.name: stream.width for stream in head.config.streams}
    streams = {name: read_features(path, width=widths.get(name)) for name, path in files.items()}
    found = head.spot(streams, half=half)
    candidates = surest(found.timeline, thresholds={**candidate_thresholds(thresholds), **asked})
    return HalfEvents(candidates, len(surest(found.timeline, thresholds=thresholds)), found.remarks)
