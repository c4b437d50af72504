"""A match with known answers to cut clips from: a numbered video with a chirp, events, tracks, actions, corrections."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np

from makevideo import write_numbered
from touchline.core.actions import Action, Actions
from touchline.core.corrections.history import Change
from touchline.core.events import Coverage, Event, Timeline
from touchline.core.tracks import Shot, Track, Tracks
from touchline.formats.actions import write_actions
from touchline.formats.boxes.tracks_parquet import write_tracks_parquet
from touchline.formats.bundle import ACTIONS, CORRECTIONS, TRACKS, Bundle, Manifest, video_fingerprint
from touchline.formats.corrections.writer import JournalWriter
from touchline.formats.events.own_events import event_ids
from touchline.render.clips.match import Match

S = 1_000_000
WIDTH, HEIGHT = 160, 96

EVENTS = (
    Event("PASS", 12 * S, confidence=0.9, team="A"),
    Event("SHOT", 20 * S, confidence=0.6, team="B"),
    Event("PASS", 36 * S, confidence=0.4, team="B"),
)
"""With the usual margins, the first two make one clip, 4 to 26 s, and the third another, 28 to 40 s."""


def chirp(seconds: float) -> np.ndarray:
    """Sound that is nowhere the same, so that a shift shows."""
    at_s = np.arange(round(48_000 * seconds)) / 48_000
    return (0.3 * np.sin(2 * np.pi * (300 * at_s + 40 * at_s**2))).astype(np.float32)


def a_match(
    folder: Path,
    *,
    name: str = "match",
    events: Sequence[Event] = EVENTS,
    seconds: int = 40,
    tracks: Sequence[Track] = (),
    actions: Iterable[Action] = (),
    thresholds: dict[str, float] | None = None,
    hurt_s: tuple[float, float] | None = None,
    **video: Any,
) -> Match:
    """Write a video of 25 frames a second, damaged in ``hurt_s``, and its bundle."""
    video = {"width": WIDTH, "height": HEIGHT, "tone": chirp(seconds), **video}
    path = write_numbered(folder / f"{name}.mp4", frames=25 * seconds, **video)
    if hurt_s is not None:
        hurt(path, from_s=hurt_s[0], to_s=hurt_s[1])
    bundle = Bundle.create(folder, path)
    bundle.write_events(Timeline(tuple(events)))
    if tracks:
        write_tracks_parquet(bundle.path / TRACKS, Tracks(tuple(tracks), (Shot(0, 0, seconds * S),), WIDTH, HEIGHT))
        write_actions(bundle.path / ACTIONS, Actions(tuple(actions)))
    bundle.write_manifest(
        Manifest(
            video_name=path.name,
            video_fingerprint=video_fingerprint(path),
            models=(),
            settings={"spot": {"thresholds": thresholds or {}}},
            coverage=Coverage(duration_us=seconds * S, frames_decoded=25 * seconds),
        )
    )
    return Match(bundle, path)


def hurt(video: Path, *, from_s: float, to_s: float) -> None:
    """Overwrite the pictures of a span of a video, so that they cannot be decoded."""
    data = bytearray(video.read_bytes())
    with av.open(str(video)) as container:
        for packet in container.demux(video=0):
            if packet.size and packet.pos is not None and from_s <= packet.pts * packet.time_base < to_s:
                data[packet.pos + 8 : packet.pos + packet.size] = bytes(packet.size - 8)
    video.write_bytes(bytes(data))


def correct(match: Match, *changes: tuple[str, str, dict[str, Any]]) -> Match:
    """Write corrections into a bundle; the match as it is then."""
    with JournalWriter(match.bundle.path / CORRECTIONS, video_fingerprint=match.fingerprint, who="anna") as journal:
        journal.do(*(Change(what, name, None, after) for what, name, after in changes))
    return Match(match.bundle, match.video)


def decided(match: Match, number: int, **changes: Any) -> tuple[str, str, dict[str, Any]]:
    """A decision on one of the model's events, accepted unless ``changes`` say otherwise."""
    timeline = match.bundle.read_events()
    event = timeline.events[number]
    value = {
        "label": event.label,
        "start_us": event.start_us,
        "end_us": event.end_us,
        "team": event.team,
        "player": event.player,
        "visible": event.visible,
        "half": event.half,
        "confidence": event.confidence,
        "state": "accepted",
        **changes,
    }
    return "event", event_ids(timeline)[number], value


def a_track(number: int, spans_s: Sequence[tuple[float, float]], *, team: str | None = "A") -> Track:
    """A track with a box every 0.2 s of these spans."""
    times_us = np.concatenate([np.arange(round(start * S), round(end * S), S // 5) for start, end in spans_s])
    boxes = np.tile(np.array([10, 10, 20, 40], np.float32), (len(times_us), 1))
    ones = np.ones(len(times_us), np.float32)
    return Track(number, "player", times_us, times_us // 40_000, boxes, ones, ones > 0, team=team)
