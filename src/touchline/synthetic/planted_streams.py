"""Feature streams with planted events: some visible, some audible, some decided only by what happened minutes before.

Everything is Gaussian and known, so the difficulty is known as well: ``detectability`` is the d' of an ideal observer
who knows an event's pattern and the noise, and decides at a known time whether the event is there. With ``tracks``, the
audible events are sounds instead, and their stream is touchline's analysis of that sound.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from touchline.core.arrays import Floats64
from touchline.formats.features.stream_sets import INDEX, Recording, StreamSet, open_stream_set, write_stream_set
from touchline.formats.files.atomic import make_folder
from touchline.synthetic.planted_tracks import TRACK_WIDTH, TrackSettings, sound_track, track_stream, write_track

Kind = Literal["seen", "heard", "both", "context"]

LABELS = ("seen-1", "seen-2", "heard-1", "heard-2", "both", "context-1", "context-2")
KIND_OF: dict[str, Kind] = {
    "seen-1": "seen",
    "seen-2": "seen",
    "heard-1": "heard",
    "heard-2": "heard",
    "both": "both",
    "context-1": "context",
    "context-2": "context",
}
"""Label -> evidence needed to recognise it."""
PICTURE, SOUND = "picture", "sound"
_PATTERN_S = (-2.5, 0.0, 2.5)
"""Times of a pattern's three bumps relative to its event, seconds."""
_BUMP_S = 1.0
_REACH_S = 6.0


class PlantedSettings(BaseModel):
    """Settings of a set of planted streams.

    Attributes:
        recordings: number of recordings for training, validation and testing.
        minutes: length of a recording, minutes.
        rate_hz: samples per second.
        picture_width, sound_width: feature dimensions of the streams.
        events: average number of events of each label per recording.
        decoys: number of single-stream halves of a "both" event per recording, in each stream.
        detectability: d' of a pattern in a stream.
        cue_detectability: d' of the pattern that distinguishes the two context labels.
        cue_before_s: smallest and largest time from a cue to its context event, seconds.
        events_a_cue: number of context events after a cue, all of the label that it decides.
        noise_memory: correlation of noise between consecutive samples.
        game_spread: standard deviation of the offset of each recording.
        strength_spread: standard deviation of the logarithm of an event's strength.
        tracks: settings of the sound tracks, if the sound stream is to be computed from sound; otherwise None.
        seed: seed of the whole set.

    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    recordings: tuple[int, int, int] = (120, 8, 24)
    minutes: float = Field(default=30.0, gt=5, le=120)
    rate_hz: float = Field(default=1.0, gt=0, le=25)
    picture_width: int = Field(default=16, ge=8, le=4096)
    sound_width: int = Field(default=8, ge=8, le=4096)
    events: float = Field(default=6.0, gt=0, le=60)
    decoys: float = Field(default=6.0, ge=0, le=60)
    detectability: float = Field(default=8.0, gt=0)
    cue_detectability: float = Field(default=24.0, gt=0)
    cue_before_s: tuple[float, float] = (60.0, 150.0)
    events_a_cue: int = Field(default=3, ge=1, le=10)
    noise_memory: float = Field(default=0.6, ge=0, lt=1)
    game_spread: float = Field(default=0.5, ge=0)
    strength_spread: float = Field(default=0.15, ge=0)
    tracks: TrackSettings | None = None
    seed: int = 0

    @property
    def widths(self) -> dict[str, int]:
        """Feature dimension of each stream."""
        return {PICTURE: self.picture_width, SOUND: self.sound_width if self.tracks is None else TRACK_WIDTH}


class PlantedPatterns:
    """The patterns of a set, shared by all of its recordings.

    A pattern is three bumps in time, each in its own direction. The two labels of a pair have the same bumps in
    opposite order, so only a head that knows before from after can distinguish them.
    """

    def __init__(self, settings: PlantedSettings) -> None:
        random = np.random.default_rng([settings.seed, 1])
        self.settings = settings
        self.directions = {
            name: _directions(random, width=settings.picture_width if stream == PICTURE else settings.sound_width)
            for name, stream in _STREAM_OF.items()
        }
        for name, other in _REVERSED.items():
            self.directions[name] = self.directions[other][::-1]

    def shape(self, name: str, offset_samples: float, *, detectability: float) -> tuple[int, Floats64]:
        """Return (samples before the event's own, rows (k, width)) of a pattern with a sub-sample offset.

        Args:
            name: name of the pattern, a key of ``_STREAM_OF``.
            offset_samples: delay of the event after the sample, 0 to 1 samples.
            detectability: d' in this set's noise.

        """
        rate_hz = self.settings.rate_hz
        reach = math.ceil(_REACH_S * rate_hz)
        time_s = (np.arange(-reach, reach + 1) - offset_samples) / rate_hz
        bumps = np.exp(-0.5 * ((time_s[:, None] - np.array(_PATTERN_S)) / _BUMP_S) ** 2)
        rows = bumps @ self.directions[name]
        memory = self.settings.noise_memory
        padded = np.concatenate([np.zeros((1, rows.shape[1])), rows, np.zeros((1, rows.shape[1]))])
        fresh = (padded[1:] - memory * padded[:-1]) / math.sqrt(1 - memory**2)
        return reach, rows * (detectability / float(np.linalg.norm(fresh)))


_STREAM_OF = {
    "seen-1": PICTURE,
    "seen-2": PICTURE,
    "heard-1": SOUND,
    "heard-2": SOUND,
    "both-seen": PICTURE,
    "both-heard": SOUND,
    "context": PICTURE,
    "cue-1": PICTURE,
    "cue-2": PICTURE,
}
_REVERSED = {"seen-2": "seen-1", "heard-2": "heard-1"}


def _directions(random: np.random.Generator, *, width: int) -> Floats64:
    """Return three unit vectors (3, width)."""
    drawn = random.standard_normal((3, width))
    return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)


def make_planted_set(folder: Path | str, settings: PlantedSettings) -> StreamSet:
    """Return the planted set of these settings in a folder, creating it if it does not exist."""
    folder = Path(folder)
    if not (folder / INDEX).exists():
        make_folder(folder)
        tracks = folder if settings.tracks is not None and settings.tracks.keep else None
        write_stream_set(folder, _recordings(settings, tracks=tracks), labels=LABELS, rate_hz=settings.rate_hz)
    return open_stream_set(folder)


def _recordings(settings: PlantedSettings, *, tracks: Path | None) -> Iterator[tuple[Recording, dict[str, Floats64]]]:
    patterns = PlantedPatterns(settings)
    number = 0
    for part, count in zip(("train", "valid", "test"), settings.recordings, strict=True):
        for _ in range(count):
            yield plant(patterns, number, part=part, tracks=tracks)
            number += 1


def plant(
    patterns: PlantedPatterns, number: int, *, part: str, tracks: Path | None = None
) -> tuple[Recording, dict[str, Floats64]]:
    """Make one recording, its events and streams; if ``tracks`` is a folder, write the sound track to it."""
    settings = patterns.settings
    random = np.random.default_rng([settings.seed, 2, number])
    samples = round(settings.minutes * 60 * settings.rate_hz)
    streams = {
        PICTURE: _noise(random, samples, settings.picture_width, settings=settings),
        SOUND: _noise(random, samples, settings.sound_width, settings=settings),
    }
    events = _draw_events(random, settings)
    for label, time_s in events:
        strength = math.exp(settings.strength_spread * random.standard_normal())
        for pattern in _PATTERNS_OF[label]:
            cue = pattern.startswith("cue")
            detectability = settings.cue_detectability if cue else settings.detectability
            _add(streams, patterns, pattern, time_s, detectability=strength * detectability)
    name = f"planted_{number:04d}"
    if settings.tracks is not None:
        random = np.random.default_rng([settings.seed, 3, number])
        sound = sound_track(events, seconds=settings.minutes * 60, settings=settings.tracks, random=random)
        streams[SOUND] = track_stream(sound, samples=samples, rate_hz=settings.rate_hz)
        if tracks is not None:
            write_track(tracks / f"{name}.wav", sound)
    true = sorted((time_s, LABELS.index(label)) for label, time_s in events if label in LABELS)
    recording = Recording(
        name,
        samples,
        {},
        np.array([label for _, label in true], np.int64),
        np.array([time_s for time_s, _ in true], np.float64),
        part,
    )
    return recording, streams


_PATTERNS_OF = {
    **{label: (label,) for label in ("seen-1", "seen-2", "heard-1", "heard-2", "both-seen", "both-heard")},
    "both": ("both-seen", "both-heard"),
    "context-1": ("context",),
    "context-2": ("context",),
    "cue-1": ("cue-1",),
    "cue-2": ("cue-2",),
}
"""Planted item -> its patterns; items that are not labels are decoys and cues."""


def _noise(random: np.random.Generator, samples: int, width: int, *, settings: PlantedSettings) -> Floats64:
    """Return autocorrelated noise (samples, width) of variance 1 about the recording's own mean."""
    from scipy.signal import lfilter

    memory = settings.noise_memory
    fresh = random.standard_normal((samples, width))
    fresh[1:] *= math.sqrt(1 - memory**2)
    noise = lfilter([1.0], [1.0, -memory], fresh, axis=0)
    return np.asarray(noise + settings.game_spread * random.standard_normal(width), np.float64)


def _draw_events(random: np.random.Generator, settings: PlantedSettings) -> list[tuple[str, float]]:
    """Return what is planted and when: (label or decoy or cue, seconds)."""
    length_s, margin_s = settings.minutes * 60, 2 * _REACH_S
    planted: list[tuple[str, float]] = []
    at_s = margin_s + random.uniform(0, 30)
    pace_s = length_s * settings.events_a_cue / (2 * settings.events)
    while True:
        number = int(random.integers(1, 3))
        after_s = _spaced(random, *settings.cue_before_s, count=settings.events_a_cue)
        if at_s + after_s[-1] > length_s - margin_s:
            break
        planted.append((f"cue-{number}", at_s))
        planted += [(f"context-{number}", at_s + one_s) for one_s in after_s]
        at_s = max(at_s + after_s[-1] + 2 * _REACH_S, at_s + pace_s * random.uniform(0.8, 1.2))
    counts = {label: settings.events for label in ("seen-1", "seen-2", "heard-1", "heard-2", "both")}
    counts |= {"both-seen": settings.decoys, "both-heard": settings.decoys}
    for label, mean in counts.items():
        for _ in range(int(random.poisson(mean))):
            planted += _place(random, label, planted, low_s=margin_s, high_s=length_s - margin_s)
    return planted


def _spaced(random: np.random.Generator, low_s: float, high_s: float, *, count: int) -> list[float]:
    """Return ``count`` sorted times between two, apart from each other if there is room."""
    room_s = max(high_s - low_s - 2 * _REACH_S * (count - 1), 0.0)
    drawn = np.sort(random.uniform(0, room_s, count)) + low_s
    return [float(one) for one in drawn + 2 * _REACH_S * np.arange(count)]


def _place(
    random: np.random.Generator, label: str, planted: list[tuple[str, float]], *, low_s: float, high_s: float
) -> list[tuple[str, float]]:
    """Add the label at a time that is clear of everything else; do nothing if there is none."""
    for _ in range(100):
        time_s = float(random.uniform(low_s, high_s))
        if all(abs(time_s - other_s) > 2 * _REACH_S for _, other_s in planted):
            return [(label, time_s)]
    return []


def _add(
    streams: dict[str, Floats64], patterns: PlantedPatterns, name: str, time_s: float, *, detectability: float
) -> None:
    at = time_s * patterns.settings.rate_hz
    sample = math.floor(at)
    before, rows = patterns.shape(name, at - sample, detectability=detectability)
    stream = streams[_STREAM_OF[name]]
    low, high = max(sample - before, 0), min(sample - before + len(rows), len(stream))
    stream[low:high] += rows[low - (sample - before) : high - (sample - before)]
