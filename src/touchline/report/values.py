"""The contents of a bundle, as the sections of its report read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

from touchline.core.actions import Actions
from touchline.core.board.values import MatchClock
from touchline.core.corrections.actions import corrected_actions
from touchline.core.corrections.events import ACCEPTED, REJECTED
from touchline.core.corrections.state import Corrections
from touchline.core.corrections.tracks import corrected_tracks
from touchline.core.events import Coverage, Event, Scores, Timeline, VideoInfo
from touchline.core.sound import SoundReading
from touchline.core.tracks import Tracks
from touchline.formats.bundle import ACTIONS, CANDIDATES, EVENTS, REPORT, SCORES, TRACKS, Bundle, Manifest
from touchline.formats.match_clock import CLOCK
from touchline.formats.play import PLAY, PLAY_CURVES, Play, read_play
from touchline.formats.sound import SOUND, SOUND_CURVES, read_sound
from touchline.report.options import ReportOptions


class BundleValues:
    """The contents of one bundle, each read on first use; files that fail their checksum count as missing.

    Args:
        bundle: the bundle to show.
        info: properties of its video.
        options: settings of the report.
        corrected: read events, tracks and actions as they are after a person's review, with the names that were given.

    """

    def __init__(self, bundle: Bundle, info: VideoInfo, options: ReportOptions, *, corrected: bool = False) -> None:
        self.bundle = bundle
        self.info = info
        self.options = options
        self._corrected = corrected

    @property
    def page(self) -> Path:
        """Path of the page."""
        return self.bundle.path / REPORT

    @property
    def title(self) -> str:
        """Heading of the page."""
        return self.info.path.name if self.options.title is None else self.options.title

    @cached_property
    def manifest(self) -> Manifest:
        """The bundle's manifest."""
        return self.bundle.read_manifest()

    @property
    def key(self) -> str:
        """Name of this video's events in a browser's storage; other events have other names."""
        return f"{self.manifest.video_fingerprint[:16]}-{self.manifest.files.get(EVENTS, '')[:16]}"

    @property
    def coverage(self) -> Coverage:
        """The parts of the video that were analysed."""
        return self.manifest.coverage

    def holds(self, *files: str) -> bool:
        """Return whether files exist in the bundle with the checksums in its manifest."""
        known = {name: self.manifest.files.get(name) for name in files}
        return self.bundle.checksums(*files) == known

    def settings(self, task: str) -> Mapping[str, Any]:
        """Return the settings that determined a task's results; empty if it did not run."""
        return self.manifest.settings.get(task, {})

    @cached_property
    def corrections(self) -> Corrections:
        """What a person corrected; nothing if it is not to be applied."""
        return self.bundle.read_corrections() if self._corrected else Corrections()

    @cached_property
    def thresholds(self) -> Mapping[str, float]:
        """Confidence threshold by label, 0 to 1."""
        given = self.options.thresholds
        found = self.settings("spot").get("thresholds", {}) if given is None else given
        return {**found, **self.corrections.thresholds}

    @cached_property
    def timeline(self) -> Timeline:
        """The events found."""
        return self.bundle.read_events() if self.holds(EVENTS) else Timeline()

    @cached_property
    def events(self) -> tuple[Event, ...]:
        """The candidates and any further events of the timeline, in order; after a review, what it left of them."""
        return tuple(event for event, _ in self._reviewed) if self.corrections else self._found

    @cached_property
    def accepted(self) -> tuple[int, ...]:
        """The indices of the events that a person accepted or added: they count whatever their confidence is."""
        return tuple(index for index, (_, accepted) in enumerate(self._reviewed) if accepted)

    @cached_property
    def _reviewed(self) -> tuple[tuple[Event, bool], ...]:
        """The events that a review left, in order, each with whether a person accepted it."""
        corrections = self.corrections
        if not corrections:
            return ()
        return tuple(
            (corrections.named(one.event), one.state == ACCEPTED)
            for one in self.bundle.read_corrected_events(corrections)
            if one.state != REJECTED and (one.state == ACCEPTED or not corrections.is_reviewed(one.event.start_us))
        )

    @cached_property
    def _found(self) -> tuple[Event, ...]:
        candidates = self.options.candidates
        if candidates is None:
            if not self.holds(CANDIDATES):
                return self.timeline.events
            candidates = self.bundle.read_candidates()
        known = {(event.half, event.start_us, event.label) for event in candidates}
        extra = [event for event in self.timeline if (event.half, event.start_us, event.label) not in known]
        return Timeline((*candidates.events, *extra)).events

    @cached_property
    def scores(self) -> Scores | None:
        """The confidence curves behind the events."""
        return self.bundle.read_scores() if self.holds(SCORES) else None

    @cached_property
    def play(self) -> Play | None:
        """When the ball was in play, and the curves behind events that were named from tracks."""
        return read_play(self.bundle.path) if self.holds(PLAY, PLAY_CURVES) else None

    @property
    def curves(self) -> Scores | None:
        """The curves to show behind the events: those of the tracks, if events were named from them."""
        return self.scores if self.play is None else self.play.curves

    @cached_property
    def tracks(self) -> Tracks | None:
        """The tracks of people and the ball."""
        found = self._found_tracks
        return corrected_tracks(found, self.corrections) if found is not None and self.corrections else found

    @cached_property
    def _found_tracks(self) -> Tracks | None:
        return self.bundle.read_tracks() if self.holds(TRACKS) else None

    @cached_property
    def actions(self) -> Actions | None:
        """The actions of everyone tracked."""
        found = self.bundle.read_actions() if self.holds(ACTIONS) else None
        if found is None or self._found_tracks is None or not self.corrections:
            return found
        corrected = corrected_actions(found.actions, self._found_tracks, self.corrections)
        return replace(found, actions=corrected, windows=())

    @cached_property
    def sound(self) -> SoundReading | None:
        """The results on the sound."""
        return read_sound(self.bundle.path) if self.holds(SOUND, SOUND_CURVES) else None

    @cached_property
    def clock(self) -> MatchClock | None:
        """The match clock on the score board."""
        return self.bundle.read_clock() if self.holds(CLOCK) else None

    @property
    def duration_us(self) -> int:
        """Length of the page's time axis in microseconds, at least 1."""
        ends = [event.end_us or event.start_us for event in self.events]
        last_score = int(self.scores.times_us[-1]) if self.scores is not None and len(self.scores) else 0
        return max(self.info.duration_us, self.coverage.duration_us, last_score, *ends, 1)
