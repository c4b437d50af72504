"""Contacts: moments at which the ball's velocity changes beside a person, from geometry alone.

The velocity before and after a moment is taken over a fixed time, so that the frame rate and the smoothing do not
matter. Places that the tracker filled in between two detections are straight lines, which have no contacts: they are
left out.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from touchline.core.arrays import Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.tracks import Track
from touchline.spotting.from_tracks.path import BallPath
from touchline.spotting.from_tracks.scene import Scene

_STILL = 1.0
"""Speed below which the ball counts as still, body heights a second."""
_TURN_DEG = 20.0


@dataclass(frozen=True, slots=True)
class ContactSettings:
    """Settings of the search for contacts.

    Attributes:
        least_change: least change of velocity, body heights a second.
        apart_s: of two contacts closer than this, the stronger one is kept.
        reach: largest distance between ball and person, body heights; farther away, a change is a bounce or an error.

    """

    least_change: float = 2.5
    apart_s: float = 0.2
    reach: float = 0.8


@dataclass(frozen=True, slots=True)
class Contact:
    """A moment at which the ball's velocity changes.

    Attributes:
        time_us: microseconds.
        frame: index of the frame in its scene.
        shot: index of the camera shot.
        track_id: the nearest person within reach; None if there is none.
        team: that person's team, ``"A"`` or ``"B"``; None if unknown.
        xy_px: the ball in the picture.
        place_m: the ball on the pitch, metres; None if unknown.
        strength: change of the ball's velocity, body heights a second.
        distance: between ball and person, body heights; infinite if nobody is seen.
        reason: what was seen, in words.

    """

    time_us: int
    frame: int
    shot: int
    track_id: int | None
    team: str | None
    xy_px: tuple[float, float]
    place_m: tuple[float, float] | None
    strength: float
    distance: float
    reason: str


def find_contacts(scene: Scene, path: BallPath, *, settings: ContactSettings | None = None) -> tuple[Contact, ...]:
    """Find the contacts of a scene, in order of time."""
    chosen = settings or ContactSettings()
    frames = _peaks(np.where(path.sound, path.change, np.nan), scene.times_us, settings=chosen)
    apart = distances(scene, path.body_px)
    return tuple(_nearest(scene, path, apart, frame=int(frame), reach=chosen.reach) for frame in frames)


def distances(scene: Scene, body_px: Floats64) -> Floats64:
    """Return how far the ball is from each person, body heights, float64 (n, s); infinite in empty slots.

    It is the distance to the person's box. Between people whose boxes hold the ball, a tenth of the distance to their
    feet decides.
    """
    boxes, ball = scene.boxes_px, scene.ball_px[:, None]
    outside = np.maximum(np.maximum(boxes[..., :2] - ball, ball - boxes[..., 2:]), 0.0)
    whole = np.linalg.norm(outside, axis=2) + 0.1 * np.linalg.norm(scene.feet_px - ball, axis=2)
    apart = whole / body_px[:, None]
    return np.asarray(np.where(np.isfinite(apart), apart, np.inf))


def contact_at(scene: Scene, path: BallPath, *, frame: int, slot: int) -> Contact:
    """Return what is known of a moment at which a person, in a slot of the scene, plays the ball."""
    return _contact(scene, path, distances(scene, path.body_px), frame=frame, slot=slot)


def _peaks(change: Floats64, times_us: Indices, *, settings: ContactSettings) -> Indices:
    """Return the frames of the strongest changes, none nearer to a stronger one than ``apart_s``."""
    kept: list[int] = []
    for frame in np.argsort(-np.nan_to_num(change, nan=-1.0), kind="stable").tolist():
        if not change[frame] >= settings.least_change:
            break
        if all(abs(int(times_us[frame] - times_us[other])) >= settings.apart_s * US_PER_S for other in kept):
            kept.append(frame)
    return np.array(sorted(kept), np.int64)


def _nearest(scene: Scene, path: BallPath, apart: Floats64, *, frame: int, reach: float) -> Contact:
    """Return the contact of a frame with the nearest person, if that one is within reach."""
    slot = int(np.argmin(apart[frame])) if apart.shape[1] else -1
    near = slot >= 0 and apart[frame, slot] <= reach
    contact = _contact(scene, path, apart, frame=frame, slot=slot if near else -1)
    return contact if near or slot < 0 else replace(contact, distance=float(apart[frame, slot]))


def _contact(scene: Scene, path: BallPath, apart: Floats64, *, frame: int, slot: int) -> Contact:
    """Return the contact of a frame with the person in a slot; -1 for nobody."""
    distance = float(apart[frame, slot]) if slot >= 0 else float("inf")
    track = scene.tracks[int(scene.person[frame, slot])] if slot >= 0 else None
    place = path.place_m[frame]
    return Contact(
        time_us=int(scene.times_us[frame]),
        frame=frame,
        shot=scene.shot.index,
        track_id=None if track is None else track.track_id,
        team=None if track is None else track.team,
        xy_px=(float(scene.ball_px[frame, 0]), float(scene.ball_px[frame, 1])),
        place_m=(float(place[0]), float(place[1])) if np.isfinite(place).all() else None,
        strength=float(np.nan_to_num(path.change[frame])),
        distance=distance,
        reason=_reason(path, frame, who=_who(track), distance=distance),
    )


def _who(track: Track | None) -> str:
    if track is None:
        return ""
    return f"{track.label} {track.track_id}{f' of team {track.team}' if track.team else ''}"


def _reason(path: BallPath, frame: int, *, who: str, distance: float) -> str:
    """Describe what the ball does, and beside whom."""
    before, after = (float(np.linalg.norm(speed[frame])) for speed in (path.before, path.after))
    turn = float(path.turn_deg[frame])
    if before < _STILL < after:
        what = "the ball is set in motion"
    elif after < _STILL < before:
        what = "the ball is stopped"
    elif np.isfinite(turn) and turn >= _TURN_DEG:
        what = f"the ball turns by {turn:.0f} degrees"
    elif not np.isfinite(before + after):
        what = "the ball is not seen throughout"
    else:
        how = "speeds up" if after > before else "slows down"
        what = f"the ball {how} from {before:.1f} to {after:.1f} body heights a second"
    if not who:
        return f"{what}, with nobody in reach"
    return f"{what}, {distance:.1f} body heights from {who}" if np.isfinite(distance) else f"{what}; {who} has it"
