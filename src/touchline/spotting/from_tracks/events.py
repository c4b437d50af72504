"""From tracks to events: contacts, curves by class, and the events that they make.

In short, from Python::

    from touchline.formats.bundle import Bundle
    from touchline.spotting.from_tracks import find_track_events, load_track_events

    bundle = Bundle("match.touchline")
    found = find_track_events(bundle.read_tracks(), camera=bundle.read_camera(), model=load_track_events())
    for event in found.events:
        print(event.label, event.time_us, event.contact.reason if event.contact else "")
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from touchline.core.arrays import Floats32, Indices
from touchline.core.events import Event, Scores, Timeline
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Tracks
from touchline.models.specs.track_event_spec import TrackEventConfig
from touchline.spotting.from_tracks.candidates import candidates_of, holders, kind_of_pass, nearest_contact, wins_of
from touchline.spotting.from_tracks.contacts import Contact, ContactSettings, contact_at, find_contacts
from touchline.spotting.from_tracks.decoder import Candidate, DecoderSettings, decode, restart_at
from touchline.spotting.from_tracks.features import features_of
from touchline.spotting.from_tracks.labels import PASSES, RESTARTS, STOPS, TRACK_LABELS
from touchline.spotting.from_tracks.model import TrackEventModel, TrackScores, as_families
from touchline.spotting.from_tracks.path import BallPath, ball_path
from touchline.spotting.from_tracks.rules import RuleSettings, rule_claims, rule_scores
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

    @property
    def family(self) -> str:
        """The label without the kind of a pass: ``"PASS"`` for a header, a high pass and a cross."""
        return PASSES[0] if self.label in PASSES else self.label


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
    model: TrackEventModel | None = None,
    contacts: ContactSettings | None = None,
    rules: RuleSettings | None = None,
    decoder: DecoderSettings | None = None,
) -> TrackEvents:
    """Find the events of play in the wide shots of a video, from its tracks alone.

    Args:
        tracks: people and ball.
        camera: the camera's path; None for a camera that stands still and knows no pitch.
        model: a learned model of events; None uses the rules.
        contacts: settings of the search for contacts.
        rules: settings of the rules.
        decoder: what may follow what.

    """
    parts = []
    for scene in scenes_of(tracks, camera=camera):
        if scene.shot.wide and len(scene):
            path = ball_path(scene)
            touched = find_contacts(scene, path, settings=contacts)
            if model is None:
                parts.append(_by_rules(scene, path, touched, rules=rules, decoder=decoder))
            else:
                parts.append(_by_model(scene, path, touched, model=model, decoder=decoder))
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


def _by_rules(
    scene: Scene,
    path: BallPath,
    contacts: tuple[Contact, ...],
    *,
    rules: RuleSettings | None,
    decoder: DecoderSettings | None,
) -> _Part:
    claims = rule_claims(scene, path, contacts, settings=rules)
    found = [
        Candidate(c.label, c.contact.time_us, c.confidence, LEAST_CONFIDENCE, c.contact.track_id, c.contact.frame)
        for c in claims
    ]
    chain = decode(found, settings=decoder)
    at = {contact.frame: contact for contact in contacts}
    return _Part(
        times_us=scene.times_us,
        values=rule_scores(scene, claims, settings=rules),
        in_play=np.full(len(scene), 0.5, np.float32),
        holder=np.zeros(len(scene), np.int64),
        contacts=contacts,
        events=tuple(_event(one, one.label, at[one.frame], shot=scene.shot.index) for one in chain),
    )


def _by_model(
    scene: Scene,
    path: BallPath,
    contacts: tuple[Contact, ...],
    *,
    model: TrackEventModel,
    decoder: DecoderSettings | None,
) -> _Part:
    features = features_of(scene, path=path)
    config = model.config
    scores = model.score(features)
    scores = replace(scores, events=as_families(scores.events, off=config.off))
    chain = decode(candidates_of(scene, features, scores, contacts, config=config), settings=decoder)
    kept = [*chain, *wins_of(scene, features, scores, contacts, config=config)]
    whose = holders(scene, features, scores)
    named = [_named(one, scene, path, contacts, whose=whose, scores=scores, config=config) for one in kept]
    on = [event for event in named if event.label not in config.off]  # the place may say that it is another restart
    return _Part(
        times_us=scene.times_us,
        values=scores.events,
        in_play=scores.in_play,
        holder=_ids(scene, whose),
        contacts=contacts,
        events=tuple(sorted(on, key=lambda event: (event.time_us, event.label))),
    )


def _named(
    one: Candidate,
    scene: Scene,
    path: BallPath,
    contacts: Sequence[Contact],
    *,
    whose: Indices,
    scores: TrackScores,
    config: TrackEventConfig,
) -> TrackEvent:
    """Return a candidate as an event: with its contact, the kind of a pass, and the restart of its place."""
    contact = nearest_contact(one.time_us, contacts)
    if contact is None and one.label not in STOPS and whose[one.frame] >= 0:
        contact = contact_at(scene, path, frame=one.frame, slot=int(whose[one.frame]))
    label = one.label
    if label == "PASS":
        label = kind_of_pass(one.time_us, scene.times_us, scores.events, config=config)
    pitch = scene.pitch_m[one.frame]
    if label in RESTARTS and contact is not None and contact.place_m is not None and np.isfinite(pitch).all():
        label = restart_at(contact.place_m, pitch_m=(float(pitch[0]), float(pitch[1])))
    slope, offset = config.calibration.get(one.label, (1.0, 0.0))
    return _event(one, label, contact, shot=scene.shot.index, confidence=calibrated(one.confidence, slope, offset))


def _event(
    one: Candidate, label: str, contact: Contact | None, *, shot: int, confidence: float | None = None
) -> TrackEvent:
    return TrackEvent(label, one.time_us, one.confidence if confidence is None else confidence, shot, contact)


def calibrated(confidence: float, slope: float, offset: float) -> float:
    """Return a confidence after a logistic calibration of its log odds."""
    kept = min(max(confidence, 1e-6), 1 - 1e-6)
    return float(1 / (1 + np.exp(-(slope * np.log(kept / (1 - kept)) + offset))))


def _ids(scene: Scene, slots: Indices) -> Indices:
    """Return the track ids behind a slot for each frame, 0 for nobody."""
    ids = np.array([*(track.track_id for track in scene.tracks), 0], np.int64)
    if scene.person.shape[1] == 0:
        return np.zeros(len(scene), np.int64)
    person = np.take_along_axis(scene.person, np.maximum(slots, 0)[:, None], axis=1)[:, 0]
    return np.where(slots >= 0, ids[person], 0).astype(np.int64)


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
