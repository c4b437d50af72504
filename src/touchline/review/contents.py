"""What one bundle and its video hold, each part read on first use."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from touchline.core.errors import TouchlineError
from touchline.core.events import Coverage, Event, VideoInfo
from touchline.formats.boxes.tracks_parquet import read_track_columns
from touchline.formats.bundle import CANDIDATES, EVENTS, MANIFEST, TRACKS, Bundle, Manifest, video_fingerprint
from touchline.formats.events.own_events import event_ids
from touchline.media.shown.browsers import Playback, playback_of
from touchline.media.video import probe
from touchline.report.options import ReportOptions
from touchline.report.sections.curves import Curves, pool_curves
from touchline.report.values import BundleValues
from touchline.review.shelf import Item

MAX_CURVE_SAMPLES = 300_000
"""Largest number of samples of a curve: 3 hours at 25 per second, with some room."""

_WITHOUT_VIDEO = 1280, 720
"""Picture size where neither a video nor tracks state one, pixels."""


class Contents:
    """The contents of an item as they were when it was read.

    Args:
        item: the bundle and its video.

    Raises:
        InputError: the video cannot be shown at all, or the manifest is damaged.

    """

    def __init__(self, item: Item) -> None:
        self.item = item
        self.bundle: Bundle = item.bundle
        self.manifest: Manifest | None = item.bundle.read_manifest() if item.has_manifest else None
        self.info: VideoInfo | None = None if item.video is None else probe(item.video, stream=self._stream)

    @property
    def _stream(self) -> int | None:
        """Index of the video stream that was analysed; None for the default one."""
        settings = {} if self.manifest is None else self.manifest.settings
        known = [task.get("stream") for task in settings.values() if isinstance(task, dict)]
        return next((stream for stream in known if isinstance(stream, int)), None)

    @property
    def analysed(self) -> bool:
        """Whether the bundle holds results of a model."""
        return self.manifest is not None and bool(self.manifest.files)

    @cached_property
    def fingerprint(self) -> str:
        """Fingerprint of the video; the one in the manifest if there is no video."""
        if self.item.video is not None:
            return video_fingerprint(self.item.video)
        assert self.manifest is not None
        return self.manifest.video_fingerprint

    @cached_property
    def playback(self) -> Playback | None:
        """How browsers play the video; None without one."""
        return None if self.info is None else playback_of(self.info)

    @cached_property
    def values(self) -> BundleValues | None:
        """The bundle as the report reads it; None if nothing was analysed."""
        return self.fresh_values() if self.analysed else None

    def fresh_values(self) -> BundleValues:
        """Return the bundle as the report reads it; what is read of it is not kept."""
        return BundleValues(self.bundle, self.shown, ReportOptions())

    @property
    def shown(self) -> VideoInfo:
        """Properties of the video; stand-ins if there is none."""
        if self.info is not None:
            return self.info
        width, height = _WITHOUT_VIDEO
        return VideoInfo(Path(self.item.title), width, height, fps=0.0, duration_us=self.coverage.duration_us)

    @property
    def coverage(self) -> Coverage:
        """What was analysed; nothing for a video without results."""
        return Coverage(0, 0) if self.manifest is None else self.manifest.coverage

    @cached_property
    def duration_us(self) -> int:
        """Length of the time axis, at least 1."""
        ends = [one.end_us or one.start_us for version in self.item.versions for one in version.timeline]
        ends += [event.end_us or event.start_us for event in self.found.values()]
        scores = None if self.values is None else self.values.scores
        if scores is not None and len(scores):
            ends.append(int(scores.times_us[-1]))
        return max(self.shown.duration_us, self.coverage.duration_us, *ends, 1)

    @cached_property
    def found(self) -> dict[str, Event]:
        """The model's events and candidates by id, in order of half and time."""
        if not self.analysed:
            return {}
        candidates = self.bundle.read_candidates()
        return dict(zip(event_ids(candidates), candidates, strict=True))

    @cached_property
    def teams(self) -> frozenset[str]:
        """The teams in the model's events."""
        return frozenset(event.team for event in self.found.values() if event.team is not None)

    @cached_property
    def players(self) -> frozenset[str]:
        """The players in the model's events."""
        return frozenset(event.player for event in self.found.values() if event.player is not None)

    @cached_property
    def reported(self) -> frozenset[str]:
        """The ids of the model's events; the other ids of :attr:`found` are candidates."""
        path = self.bundle.path / EVENTS
        if not self.analysed or not path.is_file():
            return frozenset()
        return frozenset(event_ids(self.bundle.read_events()))

    @cached_property
    def labels(self) -> list[str]:
        """The labels of curves, thresholds and events, in that order."""
        curves = self.values.scores.labels if self.values is not None and self.values.scores is not None else ()
        others = [event.label for version in self.item.versions for event in version.timeline]
        events = sorted({event.label for event in self.found.values()} | set(others))
        return list(dict.fromkeys([*curves, *self.bundle.thresholds, *events]))

    @cached_property
    def curves(self) -> Curves | None:
        """The confidence curves as bytes; None if there are none."""
        scores = None if self.values is None else self.values.scores
        return None if scores is None or not len(scores) else pool_curves(scores, max_samples=MAX_CURVE_SAMPLES)

    @cached_property
    def track_ids(self) -> frozenset[int]:
        """The ids of all tracks."""
        path = self.bundle.path / TRACKS
        if not self.analysed or not path.is_file():
            return frozenset()
        return frozenset(read_track_columns(path, columns=["track_id"])["track_id"].unique().to_pylist())

    @cached_property
    def notes(self) -> list[str]:
        """Remarks for the user on files that do not fit together."""
        return list(self._notes())

    def _notes(self) -> Iterator[str]:
        manifest = self.manifest
        if manifest is None:
            return
        if self.item.video is None:
            yield f"the video {manifest.video_name} was not found beside the bundle; give its path as well to see it"
        elif manifest.video_fingerprint and self.fingerprint != manifest.video_fingerprint:
            yield f"{self.item.video.name} has changed since it was analysed; times may be off"
        held = self.bundle.checksums(EVENTS, CANDIDATES)
        for name in (EVENTS, CANDIDATES):
            if name in manifest.files and held.get(name) != manifest.files[name]:
                yield f"{name} does not match its checksum; it was changed, or copied only in part"
        yield from manifest.spotting.get("remarks", ())


def stamp_of(item: Item) -> tuple[int, int] | None:
    """Return what changes when an item is analysed again; None without a bundle."""
    try:
        status = (item.bundle.path / MANIFEST).stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def read_contents(item: Item) -> Contents:
    """Return the contents of an item; a video that cannot be shown is left out of a bundle.

    Raises:
        TouchlineError: there is nothing to show.

    """
    try:
        return Contents(item)
    except TouchlineError:
        if item.video is None or not item.has_manifest:
            raise
        return Contents(replace(item, video=None))
