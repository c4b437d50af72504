"""Exact matches varied and degraded: mirrored, at another tempo, seen by another camera, with a tracker's errors."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from touchline.core.arrays import Bools, Floats32, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Track, Tracks
from touchline.spotting.from_tracks.features import PEOPLE, Features, features_of
from touchline.spotting.from_tracks.labels import TRACK_LABELS
from touchline.spotting.from_tracks.scene import Scene, scenes_of
from touchline.synthetic.track_errors import TrackErrors, degrade, lost_frames
from touchline.training.track_events.kinds import PlayLabel
from touchline.training.track_events.settings import Variation
from touchline.training.track_events.truth import MatchTruth

UNKNOWN_HOLDER = -100


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """One varied match as a network reads it, with n frames, and what it should say.

    Attributes:
        features: of each frame.
        times_us: int64 (n,).
        targets: float32 (n, labels), 1 at an event and less around it.
        in_play: float32 (n,), 1 while the ball is in play.
        holder: int64 (n,), which of the nearest people has the ball; ``PEOPLE`` for nobody, ``UNKNOWN_HOLDER`` where
            the one who has it is not among them.
        events: the true events, at the times of this variation.

    """

    features: Features
    times_us: Indices
    targets: Floats32
    in_play: Floats32
    holder: Indices
    events: tuple[PlayLabel, ...]


def varied_example(truth: MatchTruth, *, variation: Variation, spread_s: float, random: np.random.Generator) -> Example:
    """Return a match varied at random, as an example to learn from."""
    tempo, body, tilt, factor = (
        float(random.uniform(*limits))
        for limits in (variation.tempo, variation.body, variation.tilt, variation.error_factor)
    )
    tracks, camera = another_camera(truth.tracks, truth.camera, body=body, tilt=tilt, mirrored=random.random() < 0.5)
    tracks, camera = at_tempo(tracks, camera, tempo=tempo)
    tracks, camera = degrade(tracks, camera, errors=TrackErrors().times(factor), random=random)
    (scene,) = scenes_of(tracks, camera=camera)
    ball = _spans(scene.times_us, variation.without_ball, span_s=variation.span_s, random=random)
    metres = _spans(scene.times_us, variation.without_metres, span_s=variation.span_s, random=random)
    scene = without_metres(without_ball(scene, ball), metres)
    return example_of(scene, truth, tempo=tempo, spread_s=spread_s)


def example_of(scene: Scene, truth: MatchTruth, *, tempo: float = 1.0, spread_s: float) -> Example:
    """Return a scene of a match as an example: its features and targets."""
    events = tuple(PlayLabel(round(event.time_us * tempo), event.label) for event in truth.events)
    features = features_of(scene)
    rows = np.searchsorted(truth.camera.times_us, np.round(scene.times_us / tempo - 1000))
    rows = np.clip(rows, 0, len(truth.owner) - 1)
    return Example(
        features=features,
        times_us=scene.times_us,
        targets=targets_of(events, scene.times_us, spread_s=spread_s),
        in_play=truth.in_play[rows].astype(np.float32),
        holder=_holder(scene, features.slots, truth.owner[rows]),
        events=events,
    )


def targets_of(events: tuple[PlayLabel, ...], times_us: Indices, *, spread_s: float) -> Floats32:
    """Return the target of each label in each frame (n, labels): a bump of height 1 around each event."""
    values = np.zeros((len(times_us), len(TRACK_LABELS)), np.float32)
    for event in events:
        if event.label in TRACK_LABELS:
            column = TRACK_LABELS.index(event.label)
            bump = np.exp(-0.5 * ((times_us - event.time_us) / (spread_s * US_PER_S)) ** 2)
            values[:, column] = np.maximum(values[:, column], np.where(bump > 0.02, bump, 0.0))
    return values


def another_camera(
    tracks: Tracks, camera: CameraPath, *, body: float, tilt: float, mirrored: bool
) -> tuple[Tracks, CameraPath]:
    """Return a match as another camera sees it.

    Args:
        tracks: the exact tracks.
        camera: the exact camera.
        body: factor on the people's sizes.
        tilt: factor on all heights in the picture but the people's.
        mirrored: whether left and right are exchanged, in the picture and on the pitch.

    """
    flip = -1.0 if mirrored else 1.0
    change = np.array([[flip, 0.0, tracks.width if mirrored else 0.0], [0.0, tilt, 0.0], [0.0, 0.0, 1.0]])
    back = np.linalg.inv(change)
    seen = replace(
        camera,
        motions=change @ camera.motions @ back,
        to_pitch=np.diag([flip, 1.0, 1.0]) @ camera.to_pitch @ back,
    )
    moved = tuple(replace(track, boxes_xyxy=_boxes(track, change, body)) for track in tracks)
    return replace(tracks, tracks=moved), seen


def _boxes(track: Track, change: Floats64, body: float) -> Floats32:
    boxes = track.boxes_xyxy.astype(np.float64)
    ball = track.label == "ball"
    anchor_y = (boxes[:, 1] + boxes[:, 3]) / 2 if ball else boxes[:, 3]
    x = change[0, 0] * (boxes[:, 0] + boxes[:, 2]) / 2 + change[0, 2]
    y = change[1, 1] * anchor_y
    size = (boxes[:, 2:] - boxes[:, :2]) * (1.0 if ball else body)
    above, below = (size[:, 1] / 2, size[:, 1] / 2) if ball else (size[:, 1], 0.0)
    return np.stack([x - size[:, 0] / 2, y - above, x + size[:, 0] / 2, y + below], axis=1).astype(np.float32)


def at_tempo(tracks: Tracks, camera: CameraPath, *, tempo: float) -> tuple[Tracks, CameraPath]:
    """Return a match with all times multiplied by a factor."""

    def later(times_us: Indices) -> Indices:
        return np.round(times_us * tempo).astype(np.int64)

    shots = tuple(replace(shot, end_us=round(shot.end_us * tempo)) for shot in tracks.shots)
    moved = tuple(replace(track, times_us=later(track.times_us)) for track in tracks)
    return replace(tracks, tracks=moved, shots=shots), replace(camera, times_us=later(camera.times_us))


def without_ball(scene: Scene, rows: Bools) -> Scene:
    """Return a scene whose ball was never found in some frames."""
    return replace(
        scene,
        ball_px=np.where(rows[:, None], np.nan, scene.ball_px),
        ball_seen=scene.ball_seen & ~rows,
        ball_confidence=np.where(rows, 0.0, scene.ball_confidence),
    )


def without_metres(scene: Scene, rows: Bools) -> Scene:
    """Return a scene whose pitch was never found in some frames."""
    return replace(scene, to_pitch=np.where(rows[:, None, None], np.nan, scene.to_pitch))


def _spans(times_us: Indices, share: float, *, span_s: tuple[float, float], random: np.random.Generator) -> Bools:
    """Return which frames fall into random spans that cover a share of the time."""
    if share <= 0:
        return np.zeros(len(times_us), np.bool_)
    usual = sum(span_s) / 2
    return lost_frames(times_us, every_s=usual * (1 - share) / share, lengths_s=span_s, random=random)


def _holder(scene: Scene, slots: Indices, owner: Indices) -> Indices:
    names = np.array([*(int(track.name or 0) for track in scene.tracks), 0], np.int64)
    whom = np.where(slots >= 0, names[np.take_along_axis(scene.person, np.maximum(slots, 0), axis=1)], 0)
    mine = (whom == owner[:, None]) & (slots >= 0)
    found = np.where(mine.any(axis=1), mine.argmax(axis=1), UNKNOWN_HOLDER)
    return np.where(owner == 0, PEOPLE, found).astype(np.int64)
