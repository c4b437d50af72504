"""Events of play from the results in a bundle: tracks, camera, curves of the picture model, and sound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from touchline.analysis.tasks.spot_summary import CANDIDATE_THRESHOLD
from touchline.core.arrays import Floats32, Indices
from touchline.core.errors import UsageError
from touchline.core.events import Scores, Timeline
from touchline.core.labels import PLAY as LABELS
from touchline.core.labels import PLAY_OF_BALL_12
from touchline.core.suggestions import did_you_mean
from touchline.core.tracks import BALL, DETECTION_LABELS, Tracks
from touchline.formats.bundle import Bundle
from touchline.formats.camera import CAMERA
from touchline.formats.play import Play, PlaySpan, Touch
from touchline.formats.sound import SOUND, read_sound
from touchline.models.folders import builtin_folder
from touchline.spotting.from_tracks.events import TrackEvents, find_track_events
from touchline.spotting.from_tracks.fusion import NAME, FusionModel, load_fusion
from touchline.spotting.from_tracks.model import BUILT_IN, TrackEventModel, load_track_events
from touchline.spotting.from_tracks.play import Sources, play_events

UNKNOWN = 0.5
"""Probability of being in play where nothing is known."""

LONGEST_STEP_US = 500_000
"""Longest time between samples of one span."""

VERSION = 2
"""Version of the steps from tracks to events; a part of every key."""


@dataclass(frozen=True, slots=True)
class PlayFound:
    """What was found in a bundle.

    Attributes:
        candidates: all candidates down to a low confidence.
        timeline: those from their label's threshold up.
        play: when the ball was in play, touches, and curves.
        remarks: remarks for the user.

    """

    candidates: Timeline
    timeline: Timeline
    play: Play
    remarks: tuple[str, ...]


class PlaySpotter:
    """What names events of play from tracks: a model of contacts, and the fusion with everything else.

    Args:
        thresholds: confidence threshold by label, 0 to 1; other labels keep the fusion's, 1 for those that are off.
        fusion: how evidence becomes a confidence; None for the built-in model.

    Raises:
        UsageError: a threshold is outside 0 to 1, or for a label that is no event of play.

    """

    def __init__(self, *, thresholds: Mapping[str, float] | None = None, fusion: FusionModel | None = None) -> None:
        self.model = _built_in()
        self.fusion = load_fusion() if fusion is None else fusion
        _check(thresholds or {})
        self.thresholds = {**{label: self.fusion.thresholds.get(label, 1.0) for label in LABELS}, **(thresholds or {})}

    @property
    def models(self) -> tuple[tuple[str, str], ...]:
        """Name and SHA-256 of the models in use."""
        finder = () if self.model is None else ((self.model.name, self.model.sha256),)
        return (*finder, (NAME, self.fusion.sha256))

    def key(self) -> dict[str, Any]:
        """Return all models and settings that determine the results besides the thresholds, as JSON."""
        return {"models": [list(model) for model in self.models], "version": VERSION}

    def find(self, bundle: Bundle, *, picture: Scores | None, picture_name: str = "") -> PlayFound:
        """Return the events of play of a bundle that holds tracks.

        Args:
            bundle: the bundle.
            picture: curves of the picture model; None without one.
            picture_name: its name.

        """
        tracks = bundle.read_tracks()
        camera = bundle.read_camera() if (bundle.path / CAMERA).is_file() else None
        found = find_track_events(tracks, camera=camera, model=self.model)
        sound = read_sound(bundle.path) if (bundle.path / SOUND).is_file() else None
        sources = Sources(tracks, picture, picture_name, sound)
        every = play_events(found, sources=sources, fusion=self.fusion)
        kept = tuple(e for e in every if e.confidence >= min(CANDIDATE_THRESHOLD, self.thresholds[e.label]))
        sure = tuple(event for event in kept if event.confidence >= self.thresholds[event.label])
        return PlayFound(Timeline(kept), Timeline(sure), play_of(found), _remarks(tracks))


def _built_in() -> TrackEventModel | None:
    """Return the built-in model of events from tracks; None if none ships, so that the rules name them."""
    there = (builtin_folder() / f"{BUILT_IN}.safetensors").is_file()
    return load_track_events(device="cpu") if there else None  # so small that a GPU would only wait


def play_of(found: TrackEvents) -> Play:
    """Return the play of a video, for its files."""
    touches = tuple(
        Touch(one.time_us, one.track_id, one.team, one.place_m, one.strength, one.reason) for one in found.contacts
    )
    return Play(with_product_labels(found.scores), play_spans(found.in_play), touches)


def with_product_labels(scores: Scores) -> Scores:
    """Return curves with the product's labels in place of those of ball-12."""
    return replace(scores, labels=tuple(PLAY_OF_BALL_12.get(label, label) for label in scores.labels))


def play_spans(in_play: Scores) -> tuple[PlaySpan, ...]:
    """Return the spans in and out of play; samples of exactly 0.5 are unknown and belong to neither."""
    spans: list[PlaySpan] = []
    run: list[int] = []
    shares, times_us = in_play.values[:, 0], in_play.times_us
    for i in range(len(shares) + 1):
        goes_on = i < len(shares) and run and _state(shares[i]) == _state(shares[run[-1]]) and _next(times_us, i)
        if run and not goes_on:
            spans.append(_span(shares[run], times_us[run]))
            run = []
        if i < len(shares) and shares[i] != UNKNOWN:
            run.append(i)
    return tuple(spans)


def _state(share: float) -> int:
    return int(np.sign(share - UNKNOWN))


def _next(times_us: Indices, i: int) -> bool:
    """Return whether a sample follows the one before without a break."""
    return bool(times_us[i] - times_us[i - 1] <= LONGEST_STEP_US)


def _span(shares: Floats32, times_us: Indices) -> PlaySpan:
    mean = float(np.mean(shares, dtype=np.float64))
    step_us = int(np.median(np.diff(times_us))) if len(times_us) > 1 else LONGEST_STEP_US // 5
    return PlaySpan(int(times_us[0]), int(times_us[-1]) + step_us, mean > UNKNOWN, max(mean, 1 - mean))


def _check(thresholds: Mapping[str, float]) -> None:
    for label, value in thresholds.items():
        if label not in LABELS or not 0 <= value <= 1:
            raise UsageError(
                f"threshold {label}={value}: events of play are {', '.join(LABELS)}; a threshold is 0 to 1"
                + did_you_mean(label, LABELS)
            )


def _remarks(tracks: Tracks) -> tuple[str, ...]:
    """Return what the events lacked, in words."""
    wide = {shot.index for shot in tracks.shots if shot.wide}
    if not wide:
        return ("no camera shot shows the pitch from afar, so no event of play is reported",)
    remarks = []
    if not any(track.label == DETECTION_LABELS[BALL] and track.shot in wide for track in tracks):
        remarks.append("the ball was not found in any wide shot: events of play are few and unsure")
    if not any(shot.pitch for shot in tracks.shots if shot.wide):
        remarks.append("the pitch was not found in any wide shot: events of play have no places in metres")
    return tuple(remarks)
