"""What a network reads of a scene: numbers for each frame, and for the people nearest to the ball in it.

Lengths are in body heights, speeds in body heights a second, both pressed together so that large values stay small.
Where the ball is lost for a short time its place is estimated between its last and its next known one; farther away, or
without a ball, the middle of all people takes its place. Metres are a separate group that may be missing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats32, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.spotting.from_tracks.path import BallPath, ball_path, seen_from
from touchline.spotting.from_tracks.scene import Scene, moved

PEOPLE = 8
"""Number of people described in each frame: those nearest to the ball."""
STEPS = (-6, -4, -3, -2, -1, 1, 2, 3, 4, 6)
"""Frames, counted from each one, at which the ball's place is described."""
SAME_STEPS = (-6, -3, -1, 1, 3, 6)
MOVE_STEPS = (-6, -3, 3, 6)
LONGEST_GAP_S = 3.0
"""The ball's place is estimated this long after its last known one, and before its next."""
_KEEPER, _REFEREE = 1, 3
_FAR = 9.0

FRAME_VALUES = 5 + 2 * len(STEPS) + 8 + 3 + 2 + 1 + 2 * len(SAME_STEPS)
METRE_VALUES = 7
PERSON_VALUES = 9 + 2 + len(MOVE_STEPS) + 3 + 2


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """The features of the n frames of a scene.

    Attributes:
        frame: float32 (n, ``FRAME_VALUES``).
        metres: float32 (n, ``METRE_VALUES``), zero where the pitch is not known; the first value is whether it is.
        people: float32 (n, ``PEOPLE``, ``PERSON_VALUES``), the nearest person first; zero where there are fewer.
        present: bool (n, ``PEOPLE``), whether there is such a person.
        slots: int64 (n, ``PEOPLE``), the person's slot in the scene, -1 for nobody.

    """

    frame: Floats32
    metres: Floats32
    people: Floats32
    present: Bools
    slots: Indices

    def __len__(self) -> int:
        return len(self.frame)


def features_of(scene: Scene, *, path: BallPath | None = None) -> Features:
    """Return the features of a scene."""
    path = ball_path(scene) if path is None else path
    ball, known, since_s, until_s = estimated_ball(scene)
    body = path.body_px[:, None]
    feet = scene.feet_px
    apart = _apart(scene, ball, path.body_px)
    slots = _nearest(apart)
    present = slots >= 0
    if apart.shape[1]:
        present &= np.take_along_axis(np.isfinite(apart), np.maximum(slots, 0), axis=1)
    frame = np.concatenate(
        [
            np.stack([known, scene.ball_seen, scene.ball_confidence, since_s, until_s], axis=1),
            _ball_steps(scene, ball, known, body),
            _velocities(path),
            _camera_values(scene, body),
            np.where(known[:, None], ball / np.array(scene.size_px) - 0.5, 0.0),
            (scene.person >= 0).sum(axis=1, keepdims=True) / 20.0,
            _sameness(scene, slots),
        ],
        axis=1,
    )
    people = _people(scene, ball, feet, apart, slots, path)
    return Features(
        frame=_clean(frame),
        metres=_metres(scene, ball, known),
        people=_clean(np.where(present[..., None], people, 0.0)),
        present=present,
        slots=np.where(present, slots, -1),
    )


def estimated_ball(scene: Scene) -> tuple[Floats64, Bools, Floats64, Floats64]:
    """Return the ball's place in every frame, whether it is known, and the shares of ``LONGEST_GAP_S`` to known ones.

    Returns:
        float64 (n, 2) pixels, the middle of all people where the ball is not known; bool (n,); float64 (n,) time since
        it was last detected, and until it is next detected, 0 to 1.

    """
    times_s = scene.times_us / US_PER_S
    seen = scene.ball_seen & np.isfinite(scene.ball_px[:, 0])
    ahead, since = _carried(scene.ball_px, scene.motions, times_s)
    behind, until = (
        values[::-1] for values in _carried(scene.ball_px[::-1], _backwards(scene.motions), -times_s[::-1])
    )
    both = np.isfinite(since) & np.isfinite(until)
    later, sooner = np.where(both, until, 0.0), np.where(both, since, 0.0)
    share = later / np.maximum(later + sooner, 1e-9)
    weight = np.where(both, share, np.where(np.isfinite(since), 1.0, 0.0))[:, None]
    between = weight * np.nan_to_num(ahead) + (1 - weight) * np.nan_to_num(behind)
    known = np.isfinite(since) | np.isfinite(until)
    ball = np.where(np.isfinite(scene.ball_px), scene.ball_px, between)
    place = np.where(known[:, None], ball, _middle(scene))
    return place, known, _since(seen, times_s), _since(seen[::-1], -times_s[::-1])[::-1]


def _carried(points: Floats64, motions: Floats64, times_s: Floats64) -> tuple[Floats64, Floats64]:
    """Carry each known point forward until the next one; return places and seconds since, infinite where too long."""
    places, since = points.copy(), np.zeros(len(points))
    last_s = -np.inf
    for i in range(len(points)):
        if np.isfinite(points[i, 0]):
            last_s = times_s[i]
        elif times_s[i] - last_s <= LONGEST_GAP_S:
            places[i] = moved(motions[i : i + 1], places[i - 1 : i])[0]
        since[i] = times_s[i] - last_s if times_s[i] - last_s <= LONGEST_GAP_S else np.inf
    return places, np.where(np.isfinite(places[:, 0]), since, np.inf)


def _backwards(motions: Floats64) -> Floats64:
    """Return the motions of the frames in reverse order, each from the frame before it in that order."""
    back = np.tile(np.eye(3), (len(motions), 1, 1))
    if len(motions) > 1:
        back[1:] = np.linalg.inv(motions[1:])[::-1]
    return back


def _since(seen: Bools, times_s: Floats64) -> Floats64:
    last = np.maximum.accumulate(np.where(seen, times_s, -np.inf))
    return np.minimum((times_s - last) / LONGEST_GAP_S, 1.0)


def _middle(scene: Scene) -> Floats64:
    """Return the middle of everybody's feet in each frame; of the picture, if nobody is there."""
    feet = scene.feet_px
    count = np.isfinite(feet[..., 0]).sum(axis=1)[:, None]
    total = np.nansum(feet, axis=1)
    return np.where(count > 0, total / np.maximum(count, 1), np.array(scene.size_px) / 2)


def _apart(scene: Scene, ball: Floats64, body_px: Floats64) -> Floats64:
    """Return the distance of each person's feet from the ball, body heights (n, s); infinite in empty slots."""
    apart = np.linalg.norm(scene.feet_px - ball[:, None], axis=2) / body_px[:, None]
    return np.where(np.isfinite(apart), apart, np.inf)


def _nearest(apart: Floats64) -> Indices:
    count = apart.shape[1]
    order = np.argsort(apart, axis=1, kind="stable")[:, :PEOPLE]
    missing = PEOPLE - min(count, PEOPLE)
    return np.pad(order, ((0, 0), (0, missing)), constant_values=-1).astype(np.int64)


def _ball_steps(scene: Scene, ball: Floats64, known: Bools, body: Floats64) -> Floats64:
    """Return where the ball was and will be, seen from each frame, body heights."""
    there = np.where(known[:, None], ball, np.nan)
    steps = [_pressed((seen_from(scene, there, step) - there) / body) for step in STEPS]
    return np.concatenate(steps, axis=1)


def _velocities(path: BallPath) -> Floats64:
    before, after = path.before, path.after
    turn = np.cos(np.radians(path.turn_deg))
    speeds = [np.linalg.norm(side, axis=1) for side in (before, after)]
    change = path.change
    values = np.stack([*before.T, *after.T, speeds[1] - speeds[0], change], axis=1)
    return np.concatenate([_pressed(values), np.stack([turn, path.sound], axis=1)], axis=1)


def _camera_values(scene: Scene, body: Floats64) -> Floats64:
    """Return how fast the picture moves (body heights a second) and is zoomed."""
    middle = np.tile(np.array(scene.size_px) / 2, (len(scene), 1))
    step_s = np.maximum(np.diff(scene.times_us, prepend=scene.times_us[:1] - 80_000) / US_PER_S, 0.01)[:, None]
    shift = (moved(scene.motions, middle) - middle) / body / step_s
    size = np.abs(np.linalg.det(scene.motions[:, :2, :2]))
    zoom = np.log(np.maximum(size, 1e-6))[:, None] / step_s
    return np.concatenate([_pressed(shift), np.clip(zoom, -2, 2)], axis=1)


def _sameness(scene: Scene, slots: Indices) -> Floats64:
    """Return whether the nearest person, and the nearest person's team, are those of some frames before and after."""
    first = np.maximum(slots[:, :1], 0)
    if scene.person.shape[1] == 0:
        return np.zeros((len(scene), 2 * len(SAME_STEPS)))
    who = np.take_along_axis(scene.person, first, axis=1)[:, 0]
    team = np.take_along_axis(scene.teams, first, axis=1)[:, 0]
    values = []
    for step in SAME_STEPS:
        there, their = _shift(who, step), _shift(team, step)
        values.append((there == who) & (who >= 0))
        values.append(np.where((their >= 0) & (team >= 0), np.where(their == team, 1.0, -1.0), 0.0))
    return np.stack(values, axis=1).astype(np.float64)


def _shift(values: Indices, step: int) -> Indices:
    out = np.full(len(values), -1, np.int64)
    if abs(step) < len(values):
        out[max(0, -step) : len(values) - max(0, step)] = values[max(0, step) : len(values) + min(0, step)]
    return out


def _people(scene: Scene, ball: Floats64, feet: Floats64, apart: Floats64, slots: Indices, path: BallPath) -> Floats64:
    """Return the values of the nearest people (n, people, values)."""
    if scene.person.shape[1] == 0:
        return np.zeros((len(scene), PEOPLE, PERSON_VALUES))
    picked = np.maximum(slots, 0)
    body = path.body_px[:, None, None]

    def pick(values: Floats64 | Indices) -> Floats64:
        index = picked if values.ndim == 2 else picked[..., None]
        return np.asarray(np.take_along_axis(values, index, axis=1))

    boxes, height = pick(scene.boxes_px), pick(scene.heights_px)
    mine = pick(feet)
    offset = (ball[:, None] - mine) / body
    outside = np.maximum(np.maximum(boxes[..., :2] - ball[:, None], ball[:, None] - boxes[..., 2:]), 0.0)
    far = np.linalg.norm(outside, axis=2) / body[..., 0]
    team, first = pick(scene.teams), pick(scene.teams)[:, :1]
    relation = np.where((team >= 0) & (first >= 0), np.where(team == first, 1.0, -1.0), 0.0)
    role = pick(scene.roles)
    tracks = [_tracked(scene, feet, step) for step in MOVE_STEPS]
    moves = {
        step: pick((there - feet) / path.body_px[:, None, None]) for step, there in zip(MOVE_STEPS, tracks, strict=True)
    }
    span = _seconds(scene, 3) + _seconds(scene, -3)
    velocity = (moves[3] - moves[-3]) / np.maximum(span, 0.01)[:, None, None]
    closing = [
        _closing(scene, ball, there, step, path.body_px) - apart for step, there in zip(MOVE_STEPS, tracks, strict=True)
    ]
    before, after = (np.nan_to_num(side)[:, None] for side in (path.before, path.after))
    facing = offset / np.maximum(np.linalg.norm(offset, axis=2, keepdims=True), 0.05)
    return np.concatenate(
        [
            _pressed(offset),
            np.stack(
                [
                    np.minimum(pick(apart), _FAR) / 3,
                    np.exp(-2 * far),
                    np.exp(-2 * np.where(np.isfinite(pick(apart)), pick(apart), _FAR)),
                    np.clip((boxes[..., 3] - ball[:, None, 1]) / np.maximum(height, 1.0), -1, 2),
                    relation,
                    role == _KEEPER,
                    role == _REFEREE,
                ],
                axis=2,
            ),
            _pressed(velocity),
            np.stack([np.clip(np.nan_to_num(pick(one), posinf=0, neginf=0), -3, 3) for one in closing], axis=2),
            np.stack(
                [
                    _pressed((before * facing).sum(axis=2)),
                    _pressed((after * facing).sum(axis=2)),
                    _pressed((np.nan_to_num(velocity) * facing).sum(axis=2)),
                ],
                axis=2,
            ),
            np.stack([np.isfinite(moves[-3][..., 0]), np.isfinite(moves[3][..., 0])], axis=2),
        ],
        axis=2,
    )


def _tracked(scene: Scene, feet: Floats64, step: int) -> Floats64:
    """Return the feet some frames later as seen from each frame, NaN where the slot holds somebody else."""
    there = seen_from(scene, feet, step)
    same = np.stack(
        [_shift(scene.person[:, slot], step) == scene.person[:, slot] for slot in range(feet.shape[1])], axis=1
    )
    return np.where(same[..., None], there, np.nan)


def _closing(scene: Scene, ball: Floats64, there: Floats64, step: int, body_px: Floats64) -> Floats64:
    """Return the distance between ball and people some frames later, body heights of each frame."""
    later = seen_from(scene, ball, step)
    return np.asarray(np.linalg.norm(there - later[:, None], axis=2) / body_px[:, None])


def _seconds(scene: Scene, step: int) -> Floats64:
    """Return the seconds between each frame and the one ``step`` frames away; 0.08 a frame beyond the ends."""
    times_s = scene.times_us / US_PER_S
    index = np.arange(len(scene))
    there = np.clip(index + step, 0, len(scene) - 1)
    return np.abs(times_s[there] - times_s) + 0.08 * np.abs(index + step - there)


def _metres(scene: Scene, ball: Floats64, known: Bools) -> Floats32:
    """Return whether the pitch is known, and where the ball is on it."""
    place = scene.place_m(ball)
    half = scene.pitch_m / 2
    usable = np.isfinite(place).all(axis=1) & np.isfinite(half).all(axis=1) & known
    beyond = np.abs(place) - half
    values = np.concatenate(
        [
            np.clip(place / half, -1.3, 1.3),
            np.clip(np.abs(place / half), 0, 1.3),
            np.clip(beyond / 5.0, -2.0, 2.0),
        ],
        axis=1,
    )
    return _clean(np.concatenate([usable[:, None], np.where(usable[:, None], values, 0.0)], axis=1))


def _pressed(values: Floats64) -> Floats64:
    """Return the values with large ones pressed together; an unknown one is 0."""
    return np.asarray(np.arcsinh(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)))


def _clean(values: Floats64) -> Floats32:
    return np.clip(np.nan_to_num(values, nan=0.0, posinf=_FAR, neginf=-_FAR), -_FAR, _FAR).astype(np.float32)
