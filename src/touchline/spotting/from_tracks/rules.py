"""Events named by rules: the baseline that a learned model has to beat, and what serves where there is no model.

Every contact gets three marks from 0 to 1: how much the ball's velocity changes, how near the person is, and how far
the ball then gets from that person (after Bischofberger et al. 2024 and ELASTIC, 2025, without their lists of events).
Their mean is the confidence. A contact whose ball reaches somebody else is a pass; one that is followed by control is
a drive.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats32, Floats64
from touchline.core.clock import US_PER_S
from touchline.spotting.from_tracks.contacts import Contact, distances
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.path import BallPath
from touchline.spotting.from_tracks.scene import Scene


@dataclass(frozen=True, slots=True)
class RuleSettings:
    """Settings of the rules.

    Attributes:
        full_change: change of velocity that earns full marks, body heights a second.
        far: distance between ball and person that earns none, body heights.
        full_way: distance the ball gets from the person that earns full marks, body heights.
        least_speed: least speed of a pass, body heights a second.
        longest_s: seconds for which a ball is followed that nobody touches.
        control_s: seconds of control that make a drive.
        control: largest distance between ball and person under control, body heights.
        spread_s: standard deviation of an event's bump in the curve of its class.

    """

    full_change: float = 8.0
    far: float = 0.8
    full_way: float = 3.0
    least_speed: float = 2.5
    longest_s: float = 4.0
    control_s: float = 0.8
    control: float = 1.2
    spread_s: float = 0.08


@dataclass(frozen=True, slots=True)
class Claim:
    """A label for a contact, with a confidence from 0 to 1."""

    label: str
    contact: Contact
    confidence: float


def rule_claims(
    scene: Scene, path: BallPath, contacts: Sequence[Contact], *, settings: RuleSettings | None = None
) -> tuple[Claim, ...]:
    """Return what the rules make of the contacts of one scene, in order of time."""
    chosen = settings or RuleSettings()
    apart = distances(scene, path.body_px)
    touched = [contact for contact in contacts if contact.track_id is not None]
    after = [*touched[1:], None][: len(touched)]  # no contact at all has none after it
    found = [claim for pair in zip(touched, after, strict=True) for claim in _claims(scene, path, apart, *pair, chosen)]
    return tuple(found)


def rule_scores(scene: Scene, claims: Sequence[Claim], *, settings: RuleSettings | None = None) -> Floats32:
    """Return the curve of each label over a scene, float32 (n, labels): a bump at each claim."""
    spread_us = (settings or RuleSettings()).spread_s * US_PER_S
    values = np.zeros((len(scene), len(TRACK_LABELS)), np.float32)
    for claim in claims:
        bump = claim.confidence * np.exp(-0.5 * ((scene.times_us - claim.contact.time_us) / spread_us) ** 2)
        column = TRACK_LABELS.index(claim.label)
        values[:, column] = np.maximum(values[:, column], bump.astype(np.float32))
    return values


def _claims(
    scene: Scene, path: BallPath, apart: Floats64, contact: Contact, following: Contact | None, settings: RuleSettings
) -> Iterator[Claim]:
    mine = _apart_from(scene, apart, contact)
    end_us = contact.time_us + settings.longest_s * US_PER_S
    if following is not None:
        end_us = min(end_us, following.time_us)
    until = (scene.times_us >= contact.time_us) & (scene.times_us <= end_us)
    way = _largest(mine[until])
    speed = float(np.linalg.norm(path.after[contact.frame]))
    marks = (
        min(contact.strength / settings.full_change, 1.0),
        max(1.0 - contact.distance / settings.far, 0.0),
        min(way / settings.full_way, 1.0),
    )
    same = following is not None and following.track_id == contact.track_id
    if speed >= settings.least_speed and not same:
        yield Claim("PASS", contact, float(np.mean(marks)))
    held = _held_s(mine[contact.frame :], scene.times_us[contact.frame :] / US_PER_S, within=settings.control)
    if held >= settings.control_s:
        yield Claim("DRIVE", contact, float(np.mean([marks[0], marks[1], min(held / (3 * settings.control_s), 1.0)])))


def _apart_from(scene: Scene, apart: Floats64, contact: Contact) -> Floats64:
    """Return the distance between the ball and a contact's person in each frame, NaN where either is not there."""
    ids = np.array([*(track.track_id for track in scene.tracks), -1], np.int64)
    mine = ids[scene.person] == contact.track_id
    nearest = np.where(mine, apart, np.inf).min(axis=1)
    return np.asarray(np.where(np.isfinite(nearest), nearest, np.nan))


def _largest(values: Floats64) -> float:
    known = values[np.isfinite(values)]
    return float(known.max()) if len(known) else 0.0


def _held_s(apart: Floats64, times_s: Floats64, *, within: float) -> float:
    """Return for how many seconds from the first frame on the ball stays within a distance."""
    lost = np.flatnonzero(~(apart <= within))
    last = int(lost[0]) - 1 if len(lost) else len(apart) - 1
    return float(times_s[last] - times_s[0]) if last > 0 else 0.0
