"""What a bundle holds, as the sections of its report read it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from touchline.core.actions import Actions
from touchline.core.events import Coverage, Event, Scores, Timeline, VideoInfo
from touchline.core.sound import SoundReading
from touchline.core.tracks import Tracks
from touchline.formats.bundle import ACTIONS, EVENTS, REPORT, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.sound import SOUND, SOUND_CURVES, read_sound
from touchline.report.options import ReportOptions


class BundleValues:
    """The values of one bundle, each read when it is first asked for; files that are not whole count as missing.

    Args:
        bundle: what is shown.
        info: of its video.
        options: how.

    """

    def __init__(self, bundle: Bundle, info: VideoInfo, options: ReportOptions) -> None:
        self.bundle = bundle
        self.info = info
        self.options = options

    @property
    def page(self) -> Path:
        """The page's file."""
        return self.bundle.path / REPORT

    @property
    def title(self) -> str:
        """Heading of the page."""
        return self.info.path.name if self.options.title is None else self.options.title

    @cached_property
    def manifest(self) -> Manifest:
        """What the bundle was made of and with."""
        return self.bundle.read_manifest()

    @property
    def coverage(self) -> Coverage:
        """What of the video was analysed."""
        return self.manifest.coverage

    def holds(self, *files: str) -> bool:
        """Whether files are in the bundle as its manifest has them."""
        known = {name: self.manifest.files.get(name) for name in files}
        return self.bundle.checksums(*files) == known

    def settings(self, task: str) -> Mapping[str, Any]:
        """What decided a task's results; empty where it did not run."""
        return self.manifest.settings.get(task, {})

    @cached_property
    def thresholds(self) -> Mapping[str, float]:
        """Confidence that an event needs, by label."""
        given = self.options.thresholds
        return self.settings("spot").get("thresholds", {}) if given is None else given

    @cached_property
    def timeline(self) -> Timeline:
        """The events found."""
        return self.bundle.read_events() if self.holds(EVENTS) else Timeline()

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The candidates and what the timeline has beyond them, in order."""
        candidates = self.options.candidates
        if candidates is None:
            return self.timeline.events
        known = {(event.half, event.start_us, event.label) for event in candidates}
        extra = [event for event in self.timeline if (event.half, event.start_us, event.label) not in known]
        return Timeline((*candidates.events, *extra)).events

    @cached_property
    def scores(self) -> Scores | None:
        """The curves behind the events."""
        return self.bundle.read_scores() if self.holds(SCORES) else None

    @cached_property
    def tracks(self) -> Tracks | None:
        """Everyone followed."""
        return self.bundle.read_tracks() if self.holds(TRACKS) else None

    @cached_property
    def actions(self) -> Actions | None:
        """What everyone does."""
        return self.bundle.read_actions() if self.holds(ACTIONS) else None

    @cached_property
    def sound(self) -> SoundReading | None:
        """What was heard."""
        return read_sound(self.bundle.path) if self.holds(SOUND, SOUND_CURVES) else None

    @property
    def duration_us(self) -> int:
        """How long the page's time axis is, at least 1."""
        ends = [event.end_us or event.start_us for event in self.events]
        last_score = int(self.scores.times_us[-1]) if self.scores is not None and len(self.scores) else 0
        return max(self.info.duration_us, self.coverage.duration_us, last_score, *ends, 1)
