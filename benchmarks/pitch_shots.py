"""Camera shots of simulated matches: single frames against the smoothed shot, and the resulting movement."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from pitch_labels import shares, summary
from pitch_truth import FPS, HEIGHT, SIMULATED_PITCH, WIDTH, SimulatedMatch, simulated_shot

from touchline.core.geometry.kinematics import movement, smooth_course, speeds_mps
from touchline.core.geometry.pitch import STANDARD, Pitch
from touchline.tracking.camera_motion import Motion
from touchline.tracking.pitch.homography import LOOSE_POINTS, PitchView, fit_view
from touchline.tracking.pitch.placing import place_points, smooth_views
from touchline.tracking.pitch.size import fit_pitch_size

REPORTED = ("013", "014")
NOISE_PX, ALIKE, WILD, MISSED = 1.5, 0.9, 0.03, 0.1
CASES = ("all pictures", "every fifth picture", "2 of 4 s without", "taken for 105 x 68", "size from keypoints")
Keypoints = list[npt.NDArray[np.float64]]
Views = list[PitchView | None]


def noised_keypoints(match: SimulatedMatch, *, frames: int, seed: int = 1) -> Keypoints:
    """Return exact keypoints with noise correlated over about ten frames, some outliers and some missing."""
    random = np.random.default_rng(seed)
    loose = np.array([LOOSE_POINTS.get(i, 1.0) for i in range(32)])
    noise = random.normal(0, 1, (32, 2))
    found = []
    for frame in range(frames):
        noise = ALIKE * noise + (1 - ALIKE**2) ** 0.5 * random.normal(0, 1, (32, 2))
        points = match.keypoints(frame)
        points[:, :2] += NOISE_PX * noise * loose[:, None]
        points[random.random(32) < MISSED, 2] = 0
        wild = random.random(32) < WILD
        points[wild, :2] += random.normal(0, 30, (int(wild.sum()), 2))
        found.append(points)
    return found


def place_shot(keypoints: Sequence[npt.ArrayLike], motions: Sequence[Motion], *, pitch: Pitch) -> tuple[Views, Views]:
    """Return the views of single frames, and the smoothed views."""
    single = [fit_view(points, width=WIDTH, height=HEIGHT, pitch=pitch) for points in keypoints]
    return single, smooth_views(single, motions, fps=FPS, keypoints=keypoints)


def position_errors(match: SimulatedMatch, views: Sequence[PitchView | None]) -> dict[str, Any]:
    """Return the errors of the positions of all players' feet."""
    errors, stds, people = [], [], 0
    for frame, view in enumerate(views):
        feet = match.feet_px(frame)
        people += len(feet)
        metres, std = place_points(feet, np.zeros(len(feet), np.int64), [view])
        known = std <= 3.0
        errors.append(np.hypot(*(metres - match.metres(frame, feet)).T)[known])
        stds.append(std[known])
    off, std = np.concatenate(errors), np.concatenate(stds)
    return {
        "pictures_placed": round(float(np.mean([view is not None for view in views])), 3),
        "people_placed": round(len(off) / people, 3),
        **summary(off, unit="m"),
        "p99_m": round(float(np.percentile(off, 99)), 2),
        **shares(off, std),
    }


def measure_simulated(*, seconds: float) -> list[dict[str, Any]]:
    """Compare single and smoothed views, with the keypoints of all frames and with some left out."""
    rows = []
    for name in REPORTED:
        match, motions = simulated_shot(name, seconds=seconds)
        keypoints = noised_keypoints(match, frames=len(motions))
        for case in CASES:
            pitch = _pitch(keypoints, case)
            ground = f"{pitch.length_m:.1f} x {pitch.width_m:.1f}"
            for label, views in zip(
                ("single", "smoothed"), place_shot(_left(keypoints, case), motions, pitch=pitch), strict=True
            ):
                row = {"match": name, "case": case, "ground_m": ground, "views": label}
                rows.append(row | position_errors(match, views))
    return rows


def _pitch(keypoints: Keypoints, case: str) -> Pitch:
    """Return the ground that a case assumes."""
    if case == CASES[4]:
        return fit_pitch_size(keypoints, width=WIDTH, height=HEIGHT).or_standard()
    return STANDARD if case == CASES[3] else SIMULATED_PITCH


def _left(keypoints: Keypoints, case: str) -> Keypoints:
    """Return the keypoints that a case keeps."""
    kept = np.arange(len(keypoints))
    shown = {CASES[1]: kept % 5 == 0, CASES[2]: kept % 50 < 25}.get(case, kept >= 0)
    return [points if show else points * (1, 1, 0) for points, show in zip(keypoints, shown, strict=True)]


def measure_movement(*, seconds: float) -> list[dict[str, Any]]:
    """Compare speeds and distances from smoothed and exact views with exact trajectories."""
    rows = []
    for name in REPORTED:
        match, motions = simulated_shot(name, seconds=seconds)
        frames = len(motions)
        single, smoothed = place_shot(noised_keypoints(match, frames=frames), motions, pitch=SIMULATED_PITCH)
        for views, label in ((None, "exact"), (smoothed, "smoothed"), (single, "single")):
            for box_px in (0.0, 1.0):
                row = movement_errors(match, views, frames=frames, box_px=box_px)
                rows.append({"match": name, "views": label, "box_noise_px": box_px, **row})
    return rows


def movement_errors(
    match: SimulatedMatch, views: Sequence[PitchView | None] | None, *, frames: int, box_px: float
) -> dict[str, Any]:
    """Return errors of speed and distance, and the share of time in the right band of speed, over all players."""
    random = np.random.default_rng(3)
    times = (np.arange(frames) * 1e6 / FPS).astype(np.int64)
    speed_errors, distance, top = [], [], []
    for player in np.unique(match.rows[:, 1]):
        exact, feet = _course(match, player, frames=frames)
        noisy = feet + random.normal(0, box_px, feet.shape)
        found = _exact_places(match, noisy) if views is None else _places(views, noisy)
        found[~np.isfinite(exact[:, 0])] = np.nan
        truth = smooth_course(times, exact, window_s=0.6)
        error = speeds_mps(times, found) - np.hypot(*truth.velocities_mps.T)
        speed_errors.append(error[np.isfinite(error)])
        exact[~np.isfinite(found[:, 0])] = np.nan
        true, ours = movement(times, exact, window_s=0.6), movement(times, found)
        if true.known_s > 5:
            distance.append((ours.distance_m / ours.known_s) / (true.distance_m / true.known_s) - 1)
            top.append(ours.top_speed_mps - true.top_speed_mps)
    error = np.concatenate(speed_errors)
    return {
        "speed_rmse_mps": round(float(np.sqrt((error**2).mean())), 3),
        "speed_median_mps": round(float(np.median(np.abs(error))), 3),
        "distance_bias": round(float(np.mean(distance)), 3),
        "distance_abs": round(float(np.mean(np.abs(distance))), 3),
        "top_speed_bias_mps": round(float(np.mean(top)), 2),
    }


def _course(
    match: SimulatedMatch, player: float, *, frames: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return a player's positions in metres and feet in pixels, (frames, 2) each; NaN if outside or put back."""
    rows = match.rows[(match.rows[:, 1] == player) & (match.rows[:, 0] <= frames)]
    feet = np.full((frames, 2), np.nan)
    at = rows[:, 0].astype(np.int64) - 1
    feet[at] = np.c_[rows[:, 2] + rows[:, 4] / 2, rows[:, 3] + rows[:, 5]]
    feet[~((feet > 0) & (feet < (WIDTH, HEIGHT))).all(axis=1)] = np.nan
    places = _exact_places(match, feet)
    jumps = np.flatnonzero(np.hypot(*np.diff(places, axis=0).T) > 1.2)
    places[np.unique(np.r_[jumps, jumps + 1])] = np.nan
    return places, feet


def _exact_places(match: SimulatedMatch, feet: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    mapped = np.einsum("fij,fj->fi", np.linalg.inv(match.views[: len(feet)]), np.c_[feet, np.ones(len(feet))])
    return mapped[:, :2] / mapped[:, 2:]


def _places(views: Sequence[PitchView | None], feet: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    metres, std = place_points(feet, np.arange(len(feet)), views)
    metres[~(std <= 3.0)] = np.nan
    return metres
