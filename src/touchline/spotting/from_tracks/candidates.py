"""Candidates for events, from a model's curves: peaks, with the person that the ball's path or the model names."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from touchline.core.arrays import Floats32, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.models.specs.track_event_spec import TrackEventConfig
from touchline.spotting.from_tracks.contacts import Contact
from touchline.spotting.from_tracks.decoder import Candidate
from touchline.spotting.from_tracks.features import PEOPLE, Features
from touchline.spotting.from_tracks.labels import PASSES, TRACK_LABELS, WINS
from touchline.spotting.from_tracks.model import TrackScores
from touchline.spotting.from_tracks.scene import Scene

PEAK_S = 0.24
"""Of two peaks of one label closer than this, the higher one is a candidate."""
SAME_S = 0.24
"""A contact this near in time is the candidate's."""
NEAR_S = 0.32
"""A kind of pass that scores within this time of a pass is that pass's kind."""
LEAST_HOLDER = 0.3
FLOOR = 0.5
"""Candidates reach at least this share of their label's threshold."""

CHAINED = tuple(label for label in TRACK_LABELS if label not in (*PASSES[1:], *WINS))
"""Labels of which at most one is true at a moment; the others come in addition."""


def candidates_of(
    scene: Scene, features: Features, scores: TrackScores, contacts: Sequence[Contact], *, config: TrackEventConfig
) -> list[Candidate]:
    """Return the candidates of the labels that exclude each other, in any order.

    A label that is off by default has none.
    """
    found = []
    for label in (one for one in CHAINED if config.threshold(one) <= 1):
        found += _peaks(scene, features, scores, contacts, label=label, floor=FLOOR, config=config)
    return found


def wins_of(
    scene: Scene, features: Features, scores: TrackScores, contacts: Sequence[Contact], *, config: TrackEventConfig
) -> list[Candidate]:
    """Return the blocks and tackles, which come in addition to other events."""
    found = []
    for label in (one for one in WINS if config.threshold(one) <= 1):
        found += _peaks(scene, features, scores, contacts, label=label, floor=1.0, config=config)
    return found


def kind_of_pass(time_us: int, times_us: Indices, values: Floats32, *, config: TrackEventConfig) -> str:
    """Return the kind of a pass at a time: the one that exceeds its threshold most; ``"PASS"`` if none does."""
    near = np.abs(times_us - time_us) <= NEAR_S * US_PER_S
    best, most = PASSES[0], 0.0
    for kind in PASSES[1:]:
        value = float(values[near, TRACK_LABELS.index(kind)].max(initial=0.0)) - config.threshold(kind)
        if value >= most:
            best, most = kind, value
    return best


def nearest_contact(time_us: int, contacts: Sequence[Contact]) -> Contact | None:
    """Return the contact with a person at a time, if there is one."""
    near = [one for one in contacts if one.track_id is not None and abs(one.time_us - time_us) <= SAME_S * US_PER_S]
    return min(near, key=lambda one: (abs(one.time_us - time_us), one.time_us), default=None)


def holders(scene: Scene, features: Features, scores: TrackScores) -> Indices:
    """Return the slot of the person that has the ball in each frame, -1 for nobody, int64 (n,)."""
    column = scores.holder.argmax(axis=1)
    sure = scores.holder.max(axis=1) >= LEAST_HOLDER
    slots = np.take_along_axis(features.slots, np.minimum(column, PEOPLE - 1)[:, None], axis=1)[:, 0]
    return np.where(sure & (column < PEOPLE), slots, -1).astype(np.int64)


def peaks_of(curve: Floats32 | Floats64, times_us: Indices, *, least: float, apart_s: float = PEAK_S) -> Indices:
    """Return the frames at which a curve is at least ``least`` and the highest within ``apart_s`` on either side."""
    kept = []
    for frame in np.flatnonzero(curve >= least).tolist():
        first, end = np.searchsorted(times_us, times_us[frame] + np.array([-apart_s, apart_s]) * US_PER_S)
        if frame == first + int(np.argmax(curve[first : max(end, frame + 1)])):
            kept.append(frame)
    return np.array(kept, np.int64)


def _peaks(
    scene: Scene,
    features: Features,
    scores: TrackScores,
    contacts: Sequence[Contact],
    *,
    label: str,
    floor: float,
    config: TrackEventConfig,
) -> list[Candidate]:
    threshold = config.threshold(label)
    curve = scores.events[:, TRACK_LABELS.index(label)]
    whose = holders(scene, features, scores)
    found = []
    for frame in peaks_of(curve, scene.times_us, least=floor * threshold).tolist():
        time_us = int(scene.times_us[frame])
        contact = nearest_contact(time_us, contacts)
        slot = int(whose[frame])
        who = None if slot < 0 else scene.tracks[int(scene.person[frame, slot])].track_id
        who = who if contact is None else contact.track_id
        found.append(Candidate(label, time_us, float(curve[frame]), threshold, who, frame))
    return found
