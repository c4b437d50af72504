"""Events of play from everything that is known: tracks and ball, the picture model, and the sound.

:mod:`touchline.spotting.from_tracks.events` names candidates from the tracks; here each gets its fused confidence, who
did it, what became of the ball, and the reason in one sentence. Nothing is claimed outside wide shots: in close-ups,
replays and on graphics nobody can see the play.
"""

from __future__ import annotations

import bisect
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.events import Event, Scores, Timeline
from touchline.core.labels import PLAY_OF_BALL_12
from touchline.core.sound import SoundReading
from touchline.core.tracks import BALL, DETECTION_LABELS, Tracks
from touchline.spotting.from_tracks.contacts import Contact
from touchline.spotting.from_tracks.decoder import DecoderSettings, one_touch
from touchline.spotting.from_tracks.events import TrackEvents
from touchline.spotting.from_tracks.fusion import (
    LEAST_TRUST,
    NEAR_S,
    RESTARTS,
    SHOTS,
    SOUND_SPAN_S,
    Evidence,
    FusionModel,
    trust_in_picture,
)
from touchline.spotting.from_tracks.labels import PARENT
from touchline.spotting.from_tracks.nearby import Moments, between, in_wide
from touchline.spotting.from_tracks.outcomes import PASS_LIKE, Following, following
from touchline.spotting.peaks import find_events

SOURCE = "tracks"
"""``source`` of an event from tracks alone; a fused one has the picture model's name added."""

APART_S = 0.5
"""A peak this close to a candidate of its label belongs to it."""

LEAST_PEAK = 0.05
"""Least height of a peak of the tracks' curves that is a candidate."""

_APART_SAMPLES = 6

LEAST_PICTURE = 0.2
"""Least height of a smoothed peak of the picture model that is a candidate."""

CONTACT_S = 0.16
"""Seconds around a candidate within which a contact speaks for it."""

FULL_CHANGE = 8.0
"""Change of the ball's velocity that counts fully, body heights a second: that of the rules."""

_BELOW = 0.99
_BALL_SPAN_S = 0.4
_SMOOTH_SAMPLES, _PEAKS_APART_SAMPLES = 1.5, 8


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What speaks for or against events, besides the candidates.

    Attributes:
        tracks: everyone and the ball, with the camera shots.
        picture: curves of the picture model; None without one.
        picture_name: its name.
        sound: what was heard; None without sound.

    """

    tracks: Tracks
    picture: Scores | None = None
    picture_name: str = ""
    sound: SoundReading | None = None


def play_events(found: TrackEvents, *, sources: Sources, fusion: FusionModel) -> Timeline:
    """Return all candidates with fused confidence, team, player, outcome and reason, in wide shots only.

    Args:
        found: what the tracks say.
        sources: what else is known.
        fusion: how evidence becomes a confidence.

    """
    witness = Witness(found, sources)
    candidates = track_candidates(found, off=fusion.off)
    there = in_wide([one.time_us for one in candidates], sources.tracks.shots)
    wide = [one for one, is_wide in zip(candidates, there, strict=True) if is_wide]
    outs = tuple((one.time_us, _place(one.contact)) for one in wide if one.label == "OUT" and one.decoded)
    describe = Describer(found.contacts, sources=sources, outs=outs)
    alone = picture_candidates(wide, found, sources)
    judged = [
        (one, evidence := witness.of(one), confidence_of(one.label, evidence))
        for some, confidence_of in ((wide, fusion.confidence), (alone, fusion.picture_alone))
        for one in some
    ]
    names, evidences, confidences = zip(*judged, strict=True) if judged else ((), (), ())
    sure = one_name_a_touch(names, confidences, thresholds=fusion.thresholds)
    return Timeline(tuple(map(describe, names, evidences, sure)))


def one_name_a_touch(
    candidates: Sequence[Candidate], confidences: Sequence[float], *, thresholds: Mapping[str, float]
) -> list[float]:
    """Return the confidences after the surer of a carry and a kick that are one touch took the touch for itself.

    Only one of them is true: the other has at most the confidence that is left, and stays below its threshold.

    Args:
        candidates: what may have happened.
        confidences: one for each.
        thresholds: confidence by label from which a candidate is an event; 1 for others.

    """
    left = list(confidences)
    order = sorted(range(len(candidates)), key=lambda i: (-confidences[i], candidates[i].time_us, candidates[i].label))
    reach_us = round(DecoderSettings().one_touch_s * US_PER_S)
    taken: list[tuple[int, int]] = []  # times in order, each with its candidate
    for i in order:
        time_us = candidates[i].time_us
        first, last = (bisect.bisect_left(taken, (time_us + side * reach_us,)) for side in (-1, 1))
        rivals = [left[j] for _, j in taken[first:last] if one_touch(candidates[j], candidates[i])]
        if rivals:
            left[i] = min(left[i], 1.0 - max(rivals), _BELOW * thresholds.get(candidates[i].label, 1.0))
        elif thresholds.get(candidates[i].label, 1.0) < 1.0:  # a label that is off takes nothing from others
            bisect.insort(taken, (time_us, i))
    return left


@dataclass(frozen=True, slots=True)
class Candidate:
    """A candidate of the tracks.

    Attributes:
        label: one of ``touchline.core.labels.PLAY``.
        time_us: microseconds.
        confidence: of the tracks' model, 0 to 1.
        contact: the contact with the ball that it rests on; None without one.
        decoded: whether the tracks' decoder chose it.

    """

    label: str
    time_us: int
    confidence: float
    contact: Contact | None
    decoded: bool

    @property
    def who(self) -> int | None:
        """Id of the track of the person at the ball; None if unknown."""
        return None if self.contact is None else self.contact.track_id


def track_candidates(found: TrackEvents, *, off: Collection[str] = ()) -> list[Candidate]:
    """Return the events that the tracks' decoder chose, and all other peaks of the curves, in order of time.

    A kind of pass that is off is the pass that it is.
    """
    chosen = [
        Candidate(_label(_parent(one.label, off)), one.time_us, one.confidence, one.contact, decoded=True)
        for one in found.events
    ]
    others = []
    near = Moments((one.label, one.time_us) for one in chosen)
    if len(found.scores):
        thresholds = dict.fromkeys(found.scores.labels, LEAST_PEAK)
        for peak in find_events(
            found.scores, thresholds=thresholds, sigma_samples=0.0, distance_samples=_APART_SAMPLES
        ):
            label = _label(peak.label)
            if not near.holds(label, peak.start_us, within_us=APART_S * US_PER_S):
                contact = _contact_at(peak.start_us, found.contacts)
                others.append(Candidate(label, peak.start_us, peak.confidence, contact, decoded=False))
    return sorted((*chosen, *others), key=lambda one: (one.time_us, one.label))


def _parent(name: str, off: Collection[str]) -> str:
    return PARENT.get(name, name) if name in off else name


def _label(name: str) -> str:
    return PLAY_OF_BALL_12.get(name, name)


def picture_candidates(known: Sequence[Candidate], found: TrackEvents, sources: Sources) -> list[Candidate]:
    """Return the peaks of the picture model in wide shots that belong to no candidate of the tracks."""
    if sources.picture is None:
        return []
    peaks = find_events(
        sources.picture,
        thresholds=dict.fromkeys(sources.picture.labels, LEAST_PICTURE),
        sigma_samples=_SMOOTH_SAMPLES,
        distance_samples=_PEAKS_APART_SAMPLES,
    )
    others = []
    near = Moments((one.label, one.time_us) for one in known)
    there = in_wide([peak.start_us for peak in peaks], sources.tracks.shots)
    for peak, is_wide in zip(peaks, there, strict=True):
        label = _label(peak.label)
        if is_wide and not near.holds(label, peak.start_us, within_us=APART_S * US_PER_S):
            contact = _contact_at(peak.start_us, found.contacts)
            others.append(Candidate(label, peak.start_us, LEAST_PEAK, contact, decoded=False))
    return others


class Witness:
    """Says what speaks for a candidate.

    Args:
        found: what the tracks say.
        sources: what else is known.

    """

    def __init__(self, found: TrackEvents, sources: Sources) -> None:
        self._sources = sources
        self._contacts = found.contacts
        self._ball = BallSight(sources.tracks)
        self.trust = _trust(found, sources)

    def of(self, candidate: Candidate) -> Evidence:
        """Return what speaks for a candidate."""
        sources = self._sources
        return Evidence(
            tracks=candidate.confidence,
            picture=picture_near(sources.picture, candidate.label, candidate.time_us),
            sound=_heard(sources.sound, candidate.label, candidate.time_us),
            seen=self._ball.seen(candidate.time_us),
            decoded=candidate.decoded,
            trust=self.trust,
            contact=strength_near(self._contacts, candidate.time_us),
        )


def _trust(found: TrackEvents, sources: Sources) -> float:
    """Return the trust in the picture model on this video: whether it sees something where the ball is touched."""
    if sources.picture is None or not len(sources.picture):
        return 0.0
    from scipy.ndimage import maximum_filter1d  # importing takes as long as the rest of a start

    reach = max(1, round(NEAR_S * len(sources.picture) / max(1e-6, _seconds(sources.picture))))
    highest = maximum_filter1d(sources.picture.values.max(axis=1).astype(np.float64), 2 * reach + 1)
    touched = [contact.time_us for contact in found.contacts if contact.track_id is not None]
    rows = np.clip(np.searchsorted(sources.picture.times_us, touched), 0, len(highest) - 1)
    wide = in_wide(sources.picture.times_us, sources.tracks.shots)
    return trust_in_picture(highest[rows] if touched else np.zeros(0), highest[wide])


def _seconds(scores: Scores) -> float:
    return float(scores.times_us[-1] - scores.times_us[0]) / US_PER_S


def picture_near(picture: Scores | None, label: str, time_us: int) -> float | None:
    """Return the picture model's highest score near a time, 0 to 1; None if it does not know the label."""
    names = [] if picture is None else [_label(name) for name in picture.labels]
    if picture is None or label not in names:
        return None
    reach_us = round(NEAR_S * US_PER_S)
    first, last = np.searchsorted(picture.times_us, [time_us - reach_us, time_us + reach_us + 1])
    values = picture.values[first:last, names.index(label)]
    return float(np.clip(values.max(), 0, 1)) if len(values) else None


def strength_near(contacts: Sequence[Contact], time_us: int) -> float:
    """Return how much the ball's velocity changes beside a person near a time, 0 to 1."""
    near = between(contacts, time_us - CONTACT_S * US_PER_S, time_us + CONTACT_S * US_PER_S)
    return min(1.0, max((one.strength for one in near if one.track_id is not None), default=0.0) / FULL_CHANGE)


class BallSight:
    """How well the ball was seen at any time.

    Args:
        tracks: everyone and the ball.

    """

    def __init__(self, tracks: Tracks) -> None:
        balls = [track for track in tracks if track.label == DETECTION_LABELS[BALL]]
        times_us = np.concatenate([ball.times_us for ball in balls]) if balls else np.zeros(0, np.int64)
        observed = np.concatenate([ball.observed for ball in balls]) if balls else np.zeros(0, np.bool_)
        order = np.argsort(times_us, kind="stable")
        self._times_us, self._observed = times_us[order], observed[order]
        looked = [track.times_us[track.observed] for track in tracks]  # the others were filled in, not looked at
        self._pictures_us = np.unique(np.concatenate(looked)) if looked else times_us

    def seen(self, time_us: int) -> float:
        """Return the share of the analysed pictures around a time in which the ball was detected, 0 to 1."""
        reach_us = round(_BALL_SPAN_S * US_PER_S)
        span = [time_us - reach_us, time_us + reach_us + 1]
        first, last = np.searchsorted(self._times_us, span)
        begin, end = np.searchsorted(self._pictures_us, span)
        return float(min(1.0, self._observed[first:last].sum() / max(1, end - begin)))


def _heard(sound: SoundReading | None, label: str, time_us: int) -> float:
    """Return the confidence of the sound that belongs to a label, 0 to 1."""
    reach_us = round(SOUND_SPAN_S * US_PER_S)
    if sound is None:
        return 0.0
    if label in RESTARTS:
        blown = [
            one.confidence for one in sound.whistles if time_us - reach_us <= one.end_us and one.start_us <= time_us
        ]
        return max(blown, default=0.0)
    if label in SHOTS:
        return max((one.confidence for one in sound.swells if 0 <= one.time_us - time_us <= reach_us), default=0.0)
    return 0.0


def _contact_at(time_us: int, contacts: Sequence[Contact]) -> Contact | None:
    """Return the contact with the ball at a time: the nearest one within a tenth of a second."""
    near = between(contacts, time_us - US_PER_S // 10, time_us + US_PER_S // 10)
    return min(near, key=lambda one: abs(one.time_us - time_us), default=None)


def _place(contact: Contact | None) -> tuple[float, float] | None:
    return None if contact is None else contact.place_m


class Describer:
    """Turns candidates into events with who did it, what became of the ball, and why it is believed.

    Args:
        contacts: everyone's contacts with the ball, in order of time.
        sources: what else is known.
        outs: times in microseconds at which the ball left the pitch, each with the place in metres or None.

    """

    def __init__(
        self,
        contacts: Sequence[Contact],
        *,
        sources: Sources,
        outs: Sequence[tuple[int, tuple[float, float] | None]],
    ) -> None:
        self._contacts, self._sources, self._outs = contacts, sources, outs
        self._names = {track.track_id: track.name for track in sources.tracks if track.name}

    def __call__(self, candidate: Candidate, evidence: Evidence, confidence: float) -> Event:
        """Return the event of a candidate."""
        contact, sources = candidate.contact, self._sources
        extra: dict[str, object] = {"reason": reason_of(candidate, evidence)}
        if contact is not None and contact.place_m is not None:
            extra["place_m"] = _rounded(contact.place_m)
        if contact is not None and candidate.label in PASS_LIKE:
            extra |= _became(following(contact, self._contacts, shots=sources.tracks.shots, outs=self._outs))
        track_id = None if contact is None else contact.track_id
        return Event(
            candidate.label,
            candidate.time_us,
            confidence=confidence,
            team=None if contact is None else contact.team,
            player=None if track_id is None else self._names.get(track_id, str(track_id)),
            source=SOURCE if evidence.picture is None else f"{SOURCE}+{sources.picture_name}",
            extra=extra,
        )


def _became(found: Following) -> dict[str, object]:
    """Return what became of the ball, as values of ``Event.extra``; unknown ones are left out."""
    values = {
        "outcome": found.outcome,
        "receiver": found.receiver,
        "to_m": None if found.to_m is None else _rounded(found.to_m),
        "length_m": None if found.length_m is None else round(found.length_m, 1),
    }
    return {name: value for name, value in values.items() if value is not None}


def reason_of(candidate: Candidate, evidence: Evidence) -> str:
    """Return in one sentence why an event is believed."""
    contact = candidate.contact
    sound = "whistle" if candidate.label in RESTARTS else "crowd"
    if evidence.picture is None:
        picture = "the picture model does not know it"
    elif evidence.trust < LEAST_TRUST:
        picture = f"picture {evidence.picture:.2f}, not trusted on this video"
    else:
        picture = f"picture {evidence.picture:.2f}"
    parts = [
        "no contact with the ball was seen" if contact is None else contact.reason,
        f"tracks {evidence.tracks:.2f}",
        picture,
        f"sound: {sound} {evidence.sound:.2f}" if evidence.sound > 0 else "sound: none",
    ]
    if evidence.seen < 1:
        parts.append(f"ball seen in {100 * evidence.seen:.0f} % of the pictures around")
    return "; ".join(parts)


def _rounded(place_m: tuple[float, float]) -> list[float]:
    return [round(float(place_m[0]), 1), round(float(place_m[1]), 1)]
