"""From the observations of a shot to its tracks: people and ball tracked, placed on the pitch, and given roles.

There are two steps because the teams of a match are known only once all its shots are: :func:`follow_shot` tracks
everyone through one shot; :func:`tracks_of` assigns roles and teams with the kits of the match and fills in every
decoded frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchline.core.tracks import BALL, DETECTION_LABELS, Shot, Track
from touchline.tracking.ball.ball import follow_ball
from touchline.tracking.camera_motion import Motion
from touchline.tracking.cuts import PictureFacts, shot_kind
from touchline.tracking.observations import Observation
from touchline.tracking.people.identity import identity_confidences
from touchline.tracking.people.persons import PersonOf, Stretch
from touchline.tracking.people.roles import Kits, Look, looks_of, roles_of
from touchline.tracking.people.smoothing import smooth
from touchline.tracking.people.tracker import DEFAULT_SETTINGS, TrackerSettings, follow_people
from touchline.tracking.people.tracklet_linking import fill, rejoin
from touchline.tracking.people.tracklets import Tracklet
from touchline.tracking.pitch.homography import PitchView, fit_view
from touchline.tracking.pitch.placing import place_person, place_track, smooth_views
from touchline.tracking.pitch.size import fit_pitch_size
from touchline.tracking.replays import EDGE_S, ShotEdges

Metres = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Span:
    """The decoded frames of a shot.

    Attributes:
        index: of the shot, from 0.
        frames: int64 (n,), indices of the decoded frames.
        times_us: int64 (n,), their presentation times.
        end_us: end time of the shot.

    """

    index: int
    frames: npt.NDArray[np.int64]
    times_us: npt.NDArray[np.int64]
    end_us: int


@dataclass(frozen=True, slots=True, eq=False)
class FollowedShot:
    """The tracklets of one shot, before roles are assigned.

    Attributes:
        shot: the shot.
        span: its decoded frames.
        frames: int64 (s,), indices of the decoded frames that were sampled; a tracklet's index refers to these.
        times_us: int64 (s,), presentation times of the sampled frames.
        tracklets: those of people, then those of the ball.
        positions_m: float32 (n, 2) for each tracklet, NaN where unknown; None if the pitch was never found.
        stds: float32 (n, 2) for each tracklet of a person, standard deviations of place (m) and speed (m/s), NaN where
            unknown; None without places.
        looks: summaries of the people, from which roles are assigned.
        identities: for each of the people, 0 to 1, how sure it is that the tracklet shows one person throughout.
        edges: first and last frames of the shot, from which replays are found.

    """

    shot: Shot
    span: Span
    frames: npt.NDArray[np.int64]
    times_us: npt.NDArray[np.int64]
    tracklets: tuple[Tracklet, ...]
    positions_m: tuple[Metres | None, ...]
    stds: tuple[Metres | None, ...]
    looks: tuple[Look, ...]
    identities: tuple[float, ...]
    edges: ShotEdges


def follow_shot(
    observations: Sequence[Observation],
    *,
    span: Span,
    width: int,
    height: int,
    fps: float,
    settings: TrackerSettings = DEFAULT_SETTINGS,
) -> FollowedShot:
    """Track people and ball through one shot and place them on the pitch.

    Args:
        observations: the shot's sampled frames in order, at least one.
        span: the shot's decoded frames.
        width: frame width, pixels.
        height: frame height, pixels.
        fps: frames sampled per second.
        settings: the tracker's settings.

    """
    motions = [observation.motion for observation in observations]
    views = _views(observations, motions=motions, width=width, height=height, fps=fps)
    people = rejoin(follow_people(observations, fps=fps, settings=settings), motions=motions, fps=fps)
    people = [smooth(fill(person, motions=motions, fps=fps), motions=motions, fps=fps) for person in people]
    times_us = np.array([observation.time_us for observation in observations], np.int64)
    seen = [observation.detections for observation in observations]
    balls = follow_ball(seen, times_us, motions=motions, width=width, height=height)
    tracklets = (*people, *balls)
    placed = [place_person(p.boxes_xyxy, p.index, views, times_us=times_us[p.index]) for p in people]
    rolled = [place_track(ball.boxes_xyxy, ball.index, views) for ball in balls]
    positions = (*(person.places_m for person in placed), *rolled)
    pitch_known = [view is not None for view in views]
    shot = Shot(
        index=span.index,
        start_us=int(span.times_us[0]),
        end_us=span.end_us,
        kind=shot_kind(_facts(observations, pitch_known, height=height, sure=settings.high)),
        pitch=float(np.mean(pitch_known)),
    )
    none: tuple[Metres | None, ...] = (None,) * len(tracklets)
    return FollowedShot(
        shot=shot,
        span=span,
        frames=np.array([observation.frame for observation in observations], np.int64),
        times_us=times_us,
        tracklets=tracklets,
        positions_m=positions if any(pitch_known) else none,
        stds=(*(person.stds for person in placed), *(None for _ in balls)) if any(pitch_known) else none,
        edges=_edges(observations, shot=shot, fps=fps),
        identities=tuple(identity_confidences(people, fps=fps)),
        looks=tuple(looks_of(people, positions_m=positions[: len(people)] if any(pitch_known) else None)),
    )


def tracks_of(followed: FollowedShot, *, kits: Kits | None, first_id: int) -> list[Track]:
    """Return the tracks of a shot, with one box for every decoded frame between a track's first and last.

    Args:
        followed: the shot.
        kits: kits of the two teams, from :func:`touchline.tracking.people.roles.match_teams`; None if unknown. They are
            used in wide shots only: in other shots nobody has a team, and roles come from the detector's votes alone.
        first_id: id of the first track; the others count up in order of appearance.

    """
    roles = roles_of(followed.looks, kits=kits if followed.shot.wide else None)
    tracks = []
    for number, i in enumerate(track_order(followed)):
        role = roles[i] if i < len(roles) else None
        filled = _every_picture(followed, i)
        tracks.append(
            Track(
                track_id=first_id + number,
                label=DETECTION_LABELS[BALL] if role is None else role.label,
                label_confidence=1.0 if role is None else role.confidence,
                identity_confidence=1.0 if role is None else followed.identities[i],
                team=None if role is None else role.team,
                team_confidence=0.0 if role is None else role.team_confidence,
                shot=followed.shot.index,
                times_us=filled.times_us,
                frames=filled.frames,
                boxes_xyxy=filled.boxes_xyxy,
                confidence=filled.confidence,
                observed=filled.observed,
                positions_m=filled.positions_m,
                place_std_m=None if filled.stds is None else filled.stds[:, 0],
                speed_std_mps=None if filled.stds is None else filled.stds[:, 1],
            )
        )
    return tracks


def stretches_of(followed: FollowedShot, *, kits: Kits | None, first_id: int) -> list[Stretch]:
    """Return what finding persons needs of the people of a shot; arguments as for :func:`tracks_of`."""
    roles = roles_of(followed.looks, kits=kits if followed.shot.wide else None)
    stretches = []
    for number, i in enumerate(track_order(followed)):
        if i >= len(roles):
            continue
        places, index = followed.positions_m[i], followed.tracklets[i].index
        known = np.zeros((0, 2)) if places is None else places[np.isfinite(places).all(axis=1)].astype(np.float64)
        first, last = (known[0], known[-1]) if len(known) else (np.full(2, np.nan), np.full(2, np.nan))
        stretches.append(
            Stretch(
                track_id=first_id + number,
                label=roles[i].label,
                team=roles[i].team,
                start_us=int(followed.times_us[index[0]]),
                end_us=int(followed.times_us[index[-1]]),
                first_m=first,
                last_m=last,
                surely=followed.identities[i] * max(roles[i].team_confidence, roles[i].team is None),
            )
        )
    return stretches


def with_person(track: Track, persons: Mapping[int, PersonOf]) -> Track:
    """Return a track with its person, if that was found."""
    found = persons.get(track.track_id)
    return track if found is None else replace(track, person=found.person, person_confidence=found.confidence)


def track_order(followed: FollowedShot) -> list[int]:
    """Return the index of the tracklet behind each track of :func:`tracks_of`, in order of appearance."""
    return sorted(range(len(followed.tracklets)), key=lambda i: (int(followed.tracklets[i].index[0]), i))


def _views(
    observations: Sequence[Observation], *, motions: Sequence[Motion], width: int, height: int, fps: float
) -> list[PitchView | None]:
    """Return the camera's view in each frame, for a ground of the size estimated from the shot's keypoints."""
    keypoints = [observation.keypoints for observation in observations]
    pitch = fit_pitch_size(keypoints, width=width, height=height).or_standard()
    views = [None if k is None else fit_view(k, width=width, height=height, pitch=pitch) for k in keypoints]
    return smooth_views(views, motions, fps=fps, keypoints=keypoints)


def _edges(observations: Sequence[Observation], *, shot: Shot, fps: float) -> ShotEdges:
    """Return the first and last frames of a shot."""
    count = max(2, round(EDGE_S * fps))
    first = np.stack([observation.thumb for observation in observations[:count]])
    last = np.stack([observation.thumb for observation in observations[-count:]])
    return ShotEdges(shot.start_us, shot.end_us, first, last)


def _facts(
    observations: Sequence[Observation], pitch_known: Sequence[bool], *, height: int, sure: float
) -> list[PictureFacts]:
    """Return the facts that determine the kind of a shot, for each frame."""
    facts = []
    for observation, pitch in zip(observations, pitch_known, strict=True):
        people = observation.detections.classes != BALL
        people &= observation.detections.confidence >= sure
        boxes = observation.detections.boxes_xyxy[people]
        tallest = float((boxes[:, 3] - boxes[:, 1]).max()) / height if len(boxes) else 0.0
        facts.append(PictureFacts(people=len(boxes), tallest=tallest, pitch=pitch))
    return facts


@dataclass(frozen=True, slots=True, eq=False)
class _Filled:
    """A tracklet resampled to decoded frames."""

    frames: npt.NDArray[np.int64]
    times_us: npt.NDArray[np.int64]
    boxes_xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    observed: npt.NDArray[np.bool_]
    positions_m: Metres | None
    stds: Metres | None


def _every_picture(followed: FollowedShot, number: int) -> _Filled:
    """Resample a tracklet to every decoded frame from its first to its last, except in gaps that were left open."""
    tracklet, positions, stds = followed.tracklets[number], followed.positions_m[number], followed.stds[number]
    known = followed.frames[tracklet.index]
    fresh = np.flatnonzero(np.diff(known, prepend=-1) > 0)  # a frame sampled for two points of the grid counts once
    known, index = known[fresh], tracklet.index[fresh]
    inside = (followed.span.frames >= known[0]) & (followed.span.frames <= known[-1])
    frames, times_us = followed.span.frames[inside], followed.span.times_us[inside]
    before = np.searchsorted(known, frames, side="right") - 1
    after = np.minimum(before + 1, len(known) - 1)
    exact = known[before] == frames
    near = exact | (index[after] - index[before] <= 1)
    before, after, exact, frames, times_us = before[near], after[near], exact[near], frames[near], times_us[near]
    known_us = followed.times_us[index]
    step_us = np.maximum(known_us[after] - known_us[before], 1)
    share = np.where(exact, 0.0, (times_us - known_us[before]) / step_us)[:, None]

    def between(values: npt.NDArray) -> npt.NDArray[np.float32]:
        values = values[fresh].astype(np.float64)
        return np.where(exact[:, None], values[before], (1 - share) * values[before] + share * values[after]).astype(
            np.float32
        )

    return _Filled(
        frames=frames,
        times_us=times_us,
        boxes_xyxy=between(tracklet.boxes_xyxy),
        confidence=between(tracklet.confidence[:, None])[:, 0],
        observed=exact & tracklet.observed[fresh][before],
        positions_m=None if positions is None else between(positions),
        stds=None if stds is None else between(stds),
    )
