"""Events of play from everything that is known: tracks and ball, the picture model, and the sound.

``touchline.spotting.from_tracks.find`` names candidates from the tracks; here each gets its fused confidence, who did
it, what became of the ball, and the reason in one sentence. Nothing is claimed outside wide shots: in close-ups,
replays and on graphics nobody can see the play.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.events import Event, Scores, Timeline
from touchline.core.labels import PLAY_OF_BALL_12
from touchline.core.sound import SoundReading
from touchline.core.tracks import BALL, DETECTION_LABELS, Track, Tracks
from touchline.spotting.from_tracks.contacts import Contact
from touchline.spotting.from_tracks.fusion import (
    NEAR_S,
    RESTARTS,
    SHOTS,
    SOUND_SPAN_S,
    Evidence,
    FusionModel,
    picture_alone,
)
from touchline.spotting.from_tracks.outcomes import PASS_LIKE, following

SOURCE = "tracks"
"""``source`` of an event from tracks alone; a fused one has the picture model's name added."""

APART_S = 0.5
"""A peak of the picture model this close to a candidate of its label belongs to it."""

_BALL_SPAN_S = 0.4
_LEAST_BALL = 0.5
"""Share of the ball's boxes around a peak of the picture model from which its path can contradict it."""


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


def play_events(
    candidates: Timeline, contacts: Sequence[Contact], *, sources: Sources, fusion: FusionModel
) -> Timeline:
    """Return all candidates with fused confidence, team, player, outcome and reason, in wide shots only.

    Args:
        candidates: events named from the tracks, down to a low confidence.
        contacts: everyone's contacts with the ball, in order of time.
        sources: what else is known.
        fusion: how evidence becomes a confidence.

    """
    ball = BallSight(sources.tracks)
    wide = [event for event in candidates if _in_wide(event.start_us, sources.tracks)]
    outs = [(event.start_us, _place(_contact_of(event, contacts))) for event in wide if event.label == "OUT"]
    found = []
    for event in wide:
        evidence = evidence_for(event, sources=sources, ball=ball)
        sure = replace(event, confidence=fusion.confidence(event.label, evidence))
        found.append(_described(sure, evidence, contacts, sources=sources, outs=outs))
    return Timeline((*found, *_picture_alone(found, sources, ball=ball)))


def evidence_for(event: Event, *, sources: Sources, ball: BallSight) -> Evidence:
    """Return what speaks for a candidate of the tracks."""
    return Evidence(
        tracks=event.confidence,
        picture=picture_near(sources.picture, event.label, event.start_us),
        sound=_heard(sources.sound, event.label, event.start_us),
        seen=ball.seen(event.start_us),
    )


def picture_near(picture: Scores | None, label: str, time_us: int) -> float | None:
    """Return the picture model's highest score near a time, 0 to 1; None if it does not know the label."""
    names = [] if picture is None else [PLAY_OF_BALL_12.get(name, name) for name in picture.labels]
    if picture is None or label not in names:
        return None
    reach_us = round(NEAR_S * US_PER_S)
    first, last = np.searchsorted(picture.times_us, [time_us - reach_us, time_us + reach_us + 1])
    values = picture.values[first:last, names.index(label)]
    return float(np.clip(values.max(), 0, 1)) if len(values) else None


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
        pictures = np.unique(np.concatenate([track.times_us for track in tracks])) if len(tracks) else times_us
        self._pictures_us = pictures

    def seen(self, time_us: int) -> float:
        """Return the share of the pictures around a time in which the ball was detected, 0 to 1."""
        reach_us = round(_BALL_SPAN_S * US_PER_S)
        span = [time_us - reach_us, time_us + reach_us + 1]
        first, last = np.searchsorted(self._times_us, span)
        begin, end = np.searchsorted(self._pictures_us, span)
        return float(min(1.0, self._observed[first:last].sum() / max(1, end - begin)))


def _in_wide(time_us: int, tracks: Tracks) -> bool:
    """Return whether a time lies in a wide shot; where no shot is known, nothing is claimed."""
    return any(shot.wide and shot.start_us <= time_us < shot.end_us for shot in tracks.shots)


def _heard(sound: SoundReading | None, label: str, time_us: int) -> float:
    """Return the confidence of the sound that belongs to a label, 0 to 1."""
    reach_us = round(SOUND_SPAN_S * US_PER_S)
    if sound is None:
        return 0.0
    if label in RESTARTS:
        blown = [one.confidence for one in sound.whistles if time_us - reach_us <= one.end_us and one.start_us <= time_us]
        return max(blown, default=0.0)
    if label in SHOTS:
        return max((one.confidence for one in sound.swells if 0 <= one.time_us - time_us <= reach_us), default=0.0)
    return 0.0


def _contact_of(event: Event, contacts: Sequence[Contact]) -> Contact | None:
    """Return the contact with the ball that an event is: the nearest one within a tenth of a second."""
    near = min(contacts, key=lambda one: abs(one.time_us - event.start_us), default=None)
    return near if near is not None and abs(near.time_us - event.start_us) <= US_PER_S // 10 else None


def _place(contact: Contact | None) -> tuple[float, float] | None:
    return None if contact is None else contact.place_m


def _described(
    event: Event,
    evidence: Evidence,
    contacts: Sequence[Contact],
    *,
    sources: Sources,
    outs: Sequence[tuple[int, tuple[float, float] | None]],
) -> Event:
    """Return an event with who did it, what became of the ball, and why it is believed."""
    contact = _contact_of(event, contacts)
    extra: dict[str, object] = {}
    if contact is not None and contact.place_m is not None:
        extra["place_m"] = _rounded(contact.place_m)
    if contact is not None and event.label in PASS_LIKE:
        found = following(contact, contacts, shots=sources.tracks.shots, outs=outs)
        extra["outcome"] = found.outcome
        if found.receiver is not None:
            extra["receiver"] = found.receiver
        if found.to_m is not None:
            extra["to_m"] = _rounded(found.to_m)
        if found.length_m is not None:
            extra["length_m"] = round(found.length_m, 1)
    extra["reason"] = reason_of(event.label, contact, evidence)
    track_id = None if contact is None else contact.track_id
    name = _track_name(track_id, sources.tracks)
    return replace(
        event,
        team=event.team if contact is None else contact.team,
        player=None if track_id is None else (name or str(track_id)),
        source=SOURCE if evidence.picture is None else f"{SOURCE}+{sources.picture_name}",
        extra=extra,
    )


def reason_of(label: str, contact: Contact | None, evidence: Evidence) -> str:
    """Return in one sentence why an event is believed."""
    what = "no contact with the ball was seen" if contact is None else contact.reason
    kind = "whistle" if label in RESTARTS else "crowd"
    heard = f"{kind} {evidence.sound:.2f}" if evidence.sound > 0 else "none"
    picture = "not known to it" if evidence.picture is None else f"{evidence.picture:.2f}"
    parts = [what, f"tracks {evidence.tracks:.2f}", f"picture {picture}", f"sound {heard}"]
    if evidence.seen < 1:
        parts.append(f"ball seen in {100 * evidence.seen:.0f} % of the pictures around")
    return "; ".join(parts)


def _picture_alone(found: Sequence[Event], sources: Sources, *, ball: BallSight) -> Iterator[Event]:
    """Yield candidates of low confidence that only the picture model sees, where the ball's path says nothing."""
    if sources.picture is None or not len(sources.picture):
        return
    from touchline.spotting.peaks import find_events

    peaks = find_events(sources.picture, thresholds=dict.fromkeys(sources.picture.labels, 0.2))
    for peak in peaks:
        label = PLAY_OF_BALL_12.get(peak.label, peak.label)
        known = any(one.label == label and abs(one.start_us - peak.start_us) < APART_S * US_PER_S for one in found)
        if known or not _in_wide(peak.start_us, sources.tracks) or ball.seen(peak.start_us) >= _LEAST_BALL:
            continue
        reason = f"only the picture speaks for it ({peak.confidence:.2f}); the ball was not tracked"
        yield Event(
            label,
            peak.start_us,
            confidence=picture_alone(peak.confidence),
            source=sources.picture_name or None,
            extra={"reason": reason},
        )


def _rounded(place_m: tuple[float, float]) -> list[float]:
    return [round(float(place_m[0]), 1), round(float(place_m[1]), 1)]


def _track_name(track_id: int | None, tracks: Tracks) -> str | None:
    """Return the name that a person gave a track's player."""
    named: Track | None = next((track for track in tracks if track.track_id == track_id), None)
    return None if named is None else named.name
