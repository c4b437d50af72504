"""True tracks made as bad as a tracker's: gaps, noise, broken tracks, wrong teams, and a view of the pitch that drifts.

The defaults are what ``benchmarks/track_errors.py`` measured of the built-in tracker on a simulated match. Lengths are
in body heights (heights of the box concerned), times in seconds, so that they apply at any zoom and frame rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.signal import lfilter

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Track, Tracks

NEAR_FEET = 0.6
"""Within this many body heights of somebody's feet the ball is lost more often: measured, 63 to 82 % seen, not 95 %."""

_LABELS = ("A", "B")


@dataclass(frozen=True, slots=True)
class TrackErrors:
    """How a tracker errs.

    Attributes:
        ball_noise: standard deviation of the ball's place (x, y), body heights.
        ball_lasting: correlation of this error between two frames.
        ball_unseen_s: seconds between two losses of the ball beside somebody's feet, on average.
        ball_kept_away: share of losses that do not happen to a ball away from everybody's feet.
        ball_gaps_s: lengths of such losses, quantiles at equal distances.
        ball_filled_s: gaps up to this length are filled in along a straight line.
        ball_wrong_s: seconds between two spells in which something else is taken for the ball, on average.
        ball_wrong_for_s: their lengths, quantiles at equal distances.
        people_noise: standard deviation of feet (x, y) and heights, body heights.
        people_lasting: correlation of these errors between two frames.
        missed_every_s: seconds between two losses of a person, on average.
        missed_s: lengths of such losses, quantiles at equal distances.
        fragment_s: average length of a track, from its start to a change of its id.
        team_wrong: share of tracks with the other team.
        team_unknown: share of tracks without a team.
        pitch_drift_m: standard deviation of the place of everybody in common, metres.
        pitch_lasting: its correlation between two frames.
        motion_noise: standard deviation of the camera's motion in a frame, body heights.

    """

    ball_noise: tuple[float, float] = (0.046, 0.023)
    ball_lasting: float = 0.79
    ball_unseen_s: float = 0.6
    ball_kept_away: float = 0.75
    ball_gaps_s: tuple[float, ...] = (0.08, 0.08, 0.16, 0.16, 0.24, 0.34, 0.64, 2.0)
    ball_filled_s: float = 1.5
    ball_wrong_s: float = 6.5
    ball_wrong_for_s: tuple[float, ...] = (0.08, 0.08, 0.08, 0.2, 1.4, 3.1)
    people_noise: tuple[float, float, float] = (0.035, 0.033, 0.061)
    people_lasting: float = 0.87
    missed_every_s: float = 6.0
    missed_s: tuple[float, ...] = (0.08, 0.08, 0.16, 0.32, 0.56, 1.13, 3.0)
    fragment_s: float = 8.2
    team_wrong: float = 0.03
    team_unknown: float = 0.03
    pitch_drift_m: float = 0.28
    pitch_lasting: float = 0.99
    motion_noise: float = 0.0026

    def times(self, factor: float) -> TrackErrors:
        """Return errors a factor as bad: noise as a multiple, losses that much more often."""
        across, down, tall = self.people_noise
        return replace(
            self,
            ball_noise=(self.ball_noise[0] * factor, self.ball_noise[1] * factor),
            ball_unseen_s=self.ball_unseen_s / factor,
            ball_wrong_s=self.ball_wrong_s / factor,
            people_noise=(across * factor, down * factor, tall * factor),
            missed_every_s=self.missed_every_s / factor,
            fragment_s=self.fragment_s / factor,
            team_wrong=min(self.team_wrong * factor, 0.5),
            team_unknown=min(self.team_unknown * factor, 0.5),
            pitch_drift_m=self.pitch_drift_m * factor,
            motion_noise=self.motion_noise * factor,
        )


def degrade(
    tracks: Tracks, camera: CameraPath, *, errors: TrackErrors, random: np.random.Generator
) -> tuple[Tracks, CameraPath]:
    """Make the exact tracks and camera of one camera shot as bad as a tracker's.

    Args:
        tracks: exact tracks; every box is observed.
        camera: the exact camera, with the pitch known in every frame.
        errors: how bad.
        random: source of chance; equal generators give equal results.

    """
    body = _body_px(tracks)
    found: list[Track] = []
    for track in tracks:
        if track.label == "ball":
            found += _ball(track, tracks, camera, body_px=body, errors=errors, random=random)
        else:
            found += _person(track, errors=errors, random=random)
    numbered = tuple(replace(track, track_id=number) for number, track in enumerate(found, start=1))
    return Tracks(numbered, tracks.shots, tracks.width, tracks.height), _camera(camera, body, errors, random)


def drifting(count: int, *, lasting: float, random: np.random.Generator) -> Floats64:
    """Return noise of unit deviation (count,) whose neighbours are correlated by ``lasting``."""
    fresh = random.normal(size=count + 1)
    fresh[1:] *= (1 - lasting**2) ** 0.5
    return np.asarray(lfilter([1.0], [1.0, -lasting], fresh)[1:])


def lost_frames(
    times_us: Indices, *, every_s: float, lengths_s: tuple[float, ...], random: np.random.Generator
) -> Bools:
    """Return which frames fall into losses that begin every so often and last as long as one of the lengths."""
    lost = np.zeros(len(times_us), np.bool_)
    shares = np.linspace(0, 1, len(lengths_s))
    now = float(times_us[0]) / US_PER_S + random.exponential(every_s)
    end = float(times_us[-1]) / US_PER_S
    while now <= end:
        length = float(np.interp(random.random(), shares, lengths_s))
        lost |= (times_us >= now * US_PER_S) & (times_us < (now + length) * US_PER_S)
        now += length + random.exponential(every_s)
    return lost


def runs(flags: Bools) -> list[tuple[int, int]]:
    """Return first row and end of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]]))).tolist()
    return list(zip(edges[::2], edges[1::2], strict=True))


def _nearest_px(points: Floats64, ball: Track, tracks: Tracks) -> Floats64:
    """Return how far the nearest feet are from the ball in each of its frames, pixels."""
    nearest = np.full(len(points), np.inf)
    for track in tracks:
        if track.label == "ball":
            continue
        _, mine, at = np.intersect1d(track.times_us, ball.times_us, assume_unique=True, return_indices=True)
        boxes = track.boxes_xyxy[mine]
        feet = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        nearest[at] = np.minimum(nearest[at], np.linalg.norm(feet - points[at], axis=1))
    return nearest


def _body_px(tracks: Tracks) -> float:
    """Return the usual height of a person, pixels."""
    heights = [track.boxes_xyxy[:, 3] - track.boxes_xyxy[:, 1] for track in tracks if track.label != "ball"]
    return float(np.median(np.concatenate(heights))) if heights else 25.0


def _person(track: Track, *, errors: TrackErrors, random: np.random.Generator) -> list[Track]:
    count = len(track)
    boxes = track.boxes_xyxy.astype(np.float64)
    heights = boxes[:, 3] - boxes[:, 1]
    across, down, tall = (
        sigma * drifting(count, lasting=errors.people_lasting, random=random) * heights for sigma in errors.people_noise
    )
    boxes += np.stack([across, down - tall, across, down], axis=1)
    boxes[:, 1] = np.minimum(boxes[:, 1], boxes[:, 3] - 2)
    lost = lost_frames(track.times_us, every_s=errors.missed_every_s, lengths_s=errors.missed_s, random=random)
    broken = random.random(count) < np.diff(track.times_us, prepend=track.times_us[:1]) / US_PER_S / errors.fragment_s
    pieces = np.cumsum(broken)
    found = []
    for piece in np.unique(pieces):
        kept = np.flatnonzero((pieces == piece) & ~lost)
        if len(kept):
            team = _team(track.team, errors, random)
            found.append(_rows(track, kept, boxes_xyxy=boxes[kept].astype(np.float32), team=team))
    return found


def _team(team: str | None, errors: TrackErrors, random: np.random.Generator) -> str | None:
    chance = random.random()
    if team not in _LABELS or chance < errors.team_unknown:
        return None
    other = _LABELS[1 - _LABELS.index(team)]
    return other if chance < errors.team_unknown + errors.team_wrong else team


def _ball(
    track: Track,
    tracks: Tracks,
    camera: CameraPath,
    *,
    body_px: float,
    errors: TrackErrors,
    random: np.random.Generator,
) -> list[Track]:
    """Return the ball's track in pieces: noisy, with gaps, some of them filled in, and now and then something else."""
    boxes = track.boxes_xyxy.astype(np.float64)
    middle = (boxes[:, :2] + boxes[:, 2:]) / 2
    half = (boxes[:, 2:] - boxes[:, :2]) / 2
    away = _nearest_px(middle, track, tracks) > NEAR_FEET * body_px
    for axis, sigma in enumerate(errors.ball_noise):
        middle[:, axis] += sigma * body_px * drifting(len(track), lasting=errors.ball_lasting, random=random)
    times_us = track.times_us
    wrong = lost_frames(times_us, every_s=errors.ball_wrong_s, lengths_s=errors.ball_wrong_for_s, random=random)
    _mistake(middle, wrong, track, tracks, random=random)
    lost = lost_frames(times_us, every_s=errors.ball_unseen_s, lengths_s=errors.ball_gaps_s, random=random)
    for first, end in runs(lost):
        lost[first:end] &= not (away[first] and random.random() < errors.ball_kept_away)
    kept, observed = _fill(middle, lost, track.times_us, camera, longest_s=errors.ball_filled_s)
    confidence = np.where(observed, random.uniform(0.4, 1.0, len(track)), random.uniform(0.2, 0.6, len(track)))
    whole = replace(
        track,
        boxes_xyxy=np.concatenate([middle - half, middle + half], axis=1).astype(np.float32),
        observed=observed,
        confidence=confidence.astype(np.float32),
    )
    return [_rows(whole, np.arange(first, end)) for first, end in runs(kept)]


def _mistake(middle: Floats64, wrong: Bools, track: Track, tracks: Tracks, *, random: np.random.Generator) -> None:
    """Put the ball at somebody's foot in every run of wrong frames."""
    people = [one for one in tracks if one.label != "ball"]
    for first, end in runs(wrong):
        if not people:
            return
        person = people[int(random.integers(len(people)))]
        times = track.times_us[first:end]
        at = np.clip(np.searchsorted(person.times_us, times), 0, len(person) - 1)
        boxes = person.boxes_xyxy[at].astype(np.float64)
        foot = np.stack([(boxes[:, 0] + boxes[:, 2]) / 2, boxes[:, 3]], axis=1)
        near = np.abs(person.times_us[at] - times) <= US_PER_S // 10
        middle[first:end][near] = foot[near] + random.normal(0, 1, 2)


def _fill(
    middle: Floats64, lost: Bools, times_us: Indices, camera: CameraPath, *, longest_s: float
) -> tuple[Bools, Bools]:
    """Draw straight lines over the ground across short gaps; return which frames have a ball, and which a seen one."""
    kept = ~lost
    views = camera.to_pitch[np.searchsorted(camera.times_us, times_us)]
    for first, end in runs(lost):
        if first == 0 or end == len(lost) or (times_us[end] - times_us[first - 1]) / US_PER_S > longest_s:
            continue
        ends = np.stack([_apply(views[i], middle[i]) for i in (first - 1, end)])
        for row in range(first, end):
            share = (times_us[row] - times_us[first - 1]) / (times_us[end] - times_us[first - 1])
            middle[row] = _apply(np.linalg.inv(views[row]), (1 - share) * ends[0] + share * ends[1])
        kept[first:end] = True
    return kept, ~lost


def _apply(matrix: Floats64, point: Floats64) -> Floats64:
    moved = matrix @ np.array([point[0], point[1], 1.0])
    return np.asarray(moved[:2] / moved[2])


def _camera(camera: CameraPath, body_px: float, errors: TrackErrors, random: np.random.Generator) -> CameraPath:
    """Return the camera with a drifting view and noisy motions."""
    count = len(camera)
    to_pitch, motions = camera.to_pitch.copy(), camera.motions.copy()
    for axis in (0, 1):
        drift = errors.pitch_drift_m * drifting(count, lasting=errors.pitch_lasting, random=random)
        to_pitch[:, axis] += drift[:, None] * to_pitch[:, 2]
        noise = errors.motion_noise * body_px * random.normal(size=count)
        motions[:, axis] += noise[:, None] * motions[:, 2]
    return replace(camera, to_pitch=to_pitch, motions=motions)


def _rows(track: Track, rows: Indices, **changes: Any) -> Track:
    """Return some boxes of a track, with changes."""
    parts = {
        "times_us": track.times_us[rows],
        "frames": track.frames[rows],
        "boxes_xyxy": track.boxes_xyxy[rows],
        "confidence": track.confidence[rows],
        "observed": track.observed[rows],
        "positions_m": None if track.positions_m is None else track.positions_m[rows],
    }
    return replace(track, **{**parts, **changes})
