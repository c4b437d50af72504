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

from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import BALL, DETECTION_LABELS, Detections, Shot, Track
from touchline.tracking.ball.ball import follow_ball
from touchline.tracking.camera_carry import Camera
from touchline.tracking.camera_motion import Motion
from touchline.tracking.graphics import covered, points_covered
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
from touchline.tracking.shot_kinds import PictureFacts, shot_kind
from touchline.tracking.skipped import held, looked_at, over_skipped

Metres = npt.NDArray[np.float32]

NO_ONE_WHOLE = ("close-up", "transition")
"""Kinds of shots in which nobody is tracked: the detector knows people seen from afar, and here it finds limbs."""

_SOON = 25
"""Number of sampled frames from which the graphics of one frame are collected: they are known late."""


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
        camera: the camera's motion and view in the sampled frames.

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
    camera: CameraPath


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
    observations = without_graphics(observations)
    motions = [observation.motion for observation in observations]
    views = _views(observations, motions=motions, width=width, height=height, fps=fps)
    pitch_known = [view is not None for view in views]
    kind = shot_kind(_facts(observations, pitch_known, height=height, sure=settings.high))
    if kind in NO_ONE_WHOLE:
        observations, views = [_without_people(o) for o in observations], [None] * len(views)
    moves = Camera(motions, count=len(observations))
    looked = [observation.looked for observation in observations]
    people = follow_people(observations, fps=fps, settings=settings, looked=looked)
    people = rejoin(people, motions=moves, fps=fps, looked=float(np.mean(looked)))
    people = [smooth(fill(person, motions=moves, fps=fps), motions=moves, fps=fps) for person in people]
    times_us = np.array([observation.time_us for observation in observations], np.int64)
    balls = _balls(observations, motions=motions, width=width, height=height, fps=fps)
    tracklets = (*people, *balls)
    placed = [place_person(p.boxes_xyxy, p.index, views, times_us=times_us[p.index]) for p in people]
    rolled = [place_track(ball.boxes_xyxy, ball.index, views) for ball in balls]
    positions = (*(person.places_m for person in placed), *rolled)
    shot = Shot(
        index=span.index,
        start_us=int(span.times_us[0]),
        end_us=span.end_us,
        kind=kind,
        pitch=float(np.mean([view is not None for view in views])),
    )
    none: tuple[Metres | None, ...] = (None,) * len(tracklets)
    return FollowedShot(
        shot=shot,
        span=span,
        frames=np.array([observation.frame for observation in observations], np.int64),
        times_us=times_us,
        tracklets=tracklets,
        positions_m=positions if shot.pitch else none,
        stds=(*(person.stds for person in placed), *(None for _ in balls)) if shot.pitch else none,
        edges=_edges(observations, shot=shot, fps=fps, sure=settings.high),
        camera=_camera(times_us, motions=motions, views=views),
        identities=tuple(identity_confidences(people, fps=fps)),
        looks=tuple(looks_of(people, positions_m=positions[: len(people)] if shot.pitch else None)),
    )


def _balls(
    observations: Sequence[Observation], *, motions: Sequence[Motion], width: int, height: int, fps: float
) -> list[Tracklet]:
    """Track the ball through the frames that were looked at, and fill in the others."""
    index, seen = looked_at(observations)
    balls = follow_ball(
        [observation.detections for observation in seen],
        np.array([observation.time_us for observation in seen], np.int64),
        motions=[observation.motion for observation in seen],
        width=width,
        height=height,
    )
    if len(seen) == len(observations):
        return balls
    return [over_skipped(ball, index, motions=motions, fps=fps) for ball in balls]


def without_graphics(observations: Sequence[Observation]) -> list[Observation]:
    """Return observations without detections and keypoints that lie on graphics, which are not in the scene.

    A graphic counts on a frame if it is known then, or becomes known within the next frames of the shot.
    """
    return [
        _off_graphics(observation, np.concatenate([o.graphics for o in observations[number : number + _SOON]]))
        for number, observation in enumerate(observations)
    ]


def _off_graphics(observation: Observation, graphics: npt.NDArray[np.float32]) -> Observation:
    if not len(graphics):
        return observation
    keypoints = observation.keypoints
    if keypoints is not None:
        hidden = points_covered(keypoints[:, :2], graphics)
        keypoints = np.where(hidden[:, None] & (np.arange(3) == 2), np.float32(0), keypoints)
    return _disbelieved(observation, covered(observation.detections.boxes_xyxy, graphics), keypoints=keypoints)


def _disbelieved(
    observation: Observation, rows: npt.NDArray[np.bool_], *, keypoints: npt.NDArray[np.float32] | None
) -> Observation:
    """Return an observation with some detections at confidence 0; they keep their rows, by which crops are found."""
    seen = observation.detections
    confidence = np.where(rows, np.float32(0), seen.confidence)
    detections = Detections(seen.boxes_xyxy, confidence, seen.classes)
    return replace(observation, detections=detections, keypoints=keypoints)


def _without_people(observation: Observation) -> Observation:
    """Return an observation in which no detection is believed, and no keypoint."""
    return _disbelieved(observation, np.ones(len(observation.detections), np.bool_), keypoints=None)


def tracks_of(followed: FollowedShot, *, kits: Kits | None, first_id: int) -> list[Track]:
    """Return the tracks of a shot, with one box for every decoded frame between a track's first and last.

    Args:
        followed: the shot.
        kits: kits of the two teams, from :func:`touchline.tracking.people.roles.match_teams`; None if unknown. They are
            used in wide shots only: in other shots nobody has a team or a place on the pitch, and roles come from the
            detector's votes alone.
        first_id: id of the first track; the others count up in order of appearance.

    """
    placed = followed.shot.wide
    roles = roles_of(followed.looks, kits=kits if placed else None)
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
                positions_m=filled.positions_m if placed else None,
                place_std_m=filled.stds[:, 0] if placed and filled.stds is not None else None,
                speed_std_mps=filled.stds[:, 1] if placed and filled.stds is not None else None,
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


def _camera(
    times_us: npt.NDArray[np.int64], *, motions: Sequence[Motion], views: Sequence[PitchView | None]
) -> CameraPath:
    """Return the camera's path; a frame that was sampled for two points of the grid counts once."""
    unknown = np.full((3, 3), np.nan)
    sizes = [(np.nan, np.nan) if view is None else (view.pitch.length_m, view.pitch.width_m) for view in views]
    fresh = np.flatnonzero(np.diff(times_us, prepend=-1) > 0)
    return CameraPath(
        times_us=times_us[fresh],
        starts=fresh == 0,
        motions=np.stack([motion.matrix for motion in motions])[fresh],
        quality=np.array([motion.quality for motion in motions], np.float32)[fresh],
        to_pitch=np.stack([unknown if view is None else view.matrix for view in views])[fresh],
        pitch_m=np.array(sizes, np.float32)[fresh],
    )


def _edges(observations: Sequence[Observation], *, shot: Shot, fps: float, sure: float) -> ShotEdges:
    """Return the first and last frames of a shot, with the number of people detected in them."""
    count = max(2, round(EDGE_S * fps))
    first = np.stack([observation.thumb for observation in observations[:count]])
    last = np.stack([observation.thumb for observation in observations[-count:]])
    seen = [o.detections for o in observations]
    people = np.array([int(((d.classes != BALL) & (d.confidence >= sure)).sum()) for d in seen], np.int64)
    return ShotEdges(shot.start_us, shot.end_us, first, last, shot.kind, people[:count], people[-count:])


def _facts(
    observations: Sequence[Observation], pitch_known: Sequence[bool], *, height: int, sure: float
) -> list[PictureFacts]:
    """Return the facts that determine the kind of a shot, for each frame."""
    return [
        facts_of(observation, pitch=pitch, height=height, sure=sure)
        for observation, pitch in zip(held(observations), pitch_known, strict=True)
    ]


def facts_of(observation: Observation, *, pitch: bool, height: int, sure: float) -> PictureFacts:
    """Return the facts about one frame that determine the kind of its shot."""
    people = observation.detections.classes != BALL
    people &= observation.detections.confidence >= sure
    boxes = observation.detections.boxes_xyxy[people]
    tallest = float((boxes[:, 3] - boxes[:, 1]).max()) / height if len(boxes) else 0.0
    return PictureFacts(
        people=len(boxes),
        tallest=tallest,
        pitch=pitch,
        closeness=observation.closeness,
        changing=observation.changing,
    )


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
