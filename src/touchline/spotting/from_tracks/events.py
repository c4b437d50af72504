"""From tracks to events: contacts, curves by class, and the events that they make.

In short, from Python::

    from touchline.formats.bundle import Bundle
    from touchline.spotting.from_tracks import find_track_events

    bundle = Bundle("match.touchline")
    found = find_track_events(bundle.read_tracks(), camera=bundle.read_camera(), model=None)
    for event in found.events:
        print(event.label, event.time_us, event.contact.reason if event.contact else "")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats32, Indices
from touchline.core.events import Event, Scores, Timeline
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Tracks
from touchline.spotting.from_tracks.contacts import Contact, ContactSettings, find_contacts
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.path import ball_path
from touchline.spotting.from_tracks.rules import Claim, RuleSettings, rule_claims, rule_scores
from touchline.spotting.from_tracks.scene import Scene, scenes_of

SOURCE = "tracks"
"""The source of these events in a timeline."""
LEAST_CONFIDENCE = 0.5
"""Least confidence of a claim of the rules that becomes an event."""


@dataclass(frozen=True, slots=True)
class TrackEvent:
    """An event of play.

    Attributes:
        label: one of :data:`TRACK_LABELS`.
        time_us: microseconds.
        confidence: 0 to 1.
        shot: index of the camera shot.
        contact: the contact that it rests on; None for an event without one.

    """

    label: str
    time_us: int
    confidence: float
    shot: int
    contact: Contact | None = None


@dataclass(frozen=True, slots=True, eq=False)
class TrackEvents:
    """What geometry says about a video.

    Attributes:
        scores: the curve of every label of :data:`TRACK_LABELS` over the analysed frames of all wide shots.
        in_play: the same for one label, ``"in play"``: the probability that the ball is in play; 0.5 if unknown.
        holder: int64 (samples,), id of the track that has the ball, 0 if nobody or unknown.
        contacts: all contacts of wide shots, in order of time.
        events: the events, in order of time.

    """

    scores: Scores
    in_play: Scores
    holder: Indices
    contacts: tuple[Contact, ...]
    events: tuple[TrackEvent, ...]

    @property
    def timeline(self) -> Timeline:
        """The events as a timeline: the person's track as player, the reason and the place in ``extra``."""
        return Timeline(tuple(map(_as_event, self.events)))


def find_track_events(
    tracks: Tracks,
    *,
    camera: CameraPath | None,
    model: None = None,
    contacts: ContactSettings | None = None,
    rules: RuleSettings | None = None,
) -> TrackEvents:
    """Find the events of play in the wide shots of a video, from its tracks alone.

    Args:
        tracks: people and ball.
        camera: the camera's path; None for a camera that stands still and knows no pitch.
        model: a learned model of events; None uses the rules.
        contacts: settings of the search for contacts.
        rules: settings of the rules.

    """
    parts = [
        _by_rules(scene, contacts=contacts, rules=rules)
        for scene in scenes_of(tracks, camera=camera)
        if scene.shot.wide and len(scene)
    ]
    return _joined(parts)


@dataclass(frozen=True, slots=True, eq=False)
class _Part:
    """What was found in one scene."""

    times_us: Indices
    values: Floats32
    in_play: Floats32
    holder: Indices
    contacts: tuple[Contact, ...]
    events: tuple[TrackEvent, ...]


def _by_rules(scene: Scene, *, contacts: ContactSettings | None, rules: RuleSettings | None) -> _Part:
    path = ball_path(scene)
    found = find_contacts(scene, path, settings=contacts)
    claims = rule_claims(scene, path, found, settings=rules)
    return _Part(
        times_us=scene.times_us,
        values=rule_scores(scene, claims, settings=rules),
        in_play=np.full(len(scene), 0.5, np.float32),
        holder=np.zeros(len(scene), np.int64),
        contacts=found,
        events=tuple(_from_claim(claim) for claim in claims if claim.confidence >= LEAST_CONFIDENCE),
    )


def _from_claim(claim: Claim) -> TrackEvent:
    contact = claim.contact
    return TrackEvent(claim.label, contact.time_us, claim.confidence, contact.shot, contact)


def _joined(parts: Sequence[_Part]) -> TrackEvents:
    times_us = np.concatenate([part.times_us for part in parts]) if parts else np.zeros(0, np.int64)
    values = np.concatenate([part.values for part in parts]) if parts else np.zeros((0, len(TRACK_LABELS)), np.float32)
    in_play = np.concatenate([part.in_play for part in parts]) if parts else np.zeros(0, np.float32)
    return TrackEvents(
        scores=Scores(values, times_us, TRACK_LABELS),
        in_play=Scores(in_play[:, None], times_us, ("in play",)),
        holder=np.concatenate([part.holder for part in parts]) if parts else np.zeros(0, np.int64),
        contacts=tuple(contact for part in parts for contact in part.contacts),
        events=tuple(event for part in parts for event in part.events),
    )


def _as_event(event: TrackEvent) -> Event:
    contact = event.contact
    extra: dict[str, object] = {}
    if contact is not None:
        extra["reason"] = contact.reason
        if contact.place_m is not None:
            extra["x_m"], extra["y_m"] = (round(value, 2) for value in contact.place_m)
    return Event(
        event.label,
        event.time_us,
        confidence=round(event.confidence, 6),
        team=None if contact is None else contact.team,
        player=None if contact is None or contact.track_id is None else str(contact.track_id),
        source=SOURCE,
        extra=extra,
    )
