"""Camera views estimated from the labelled keypoints of real frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from pitch_truth import HEIGHT, WIDTH, labelled_frames

from touchline.core.geometry.pitch import keypoints_m
from touchline.tracking.pitch.homography import PitchView, fit_view
from touchline.tracking.pitch.size import fit_pitch_size

MARKS_M = np.array([(x, y) for x in np.linspace(-50, 50, 21) for y in np.linspace(-32, 32, 15)])


def summary(errors: npt.ArrayLike, *, unit: str) -> dict[str, float]:
    """Return median, 90th percentile and mean of errors."""
    values = np.asarray(errors, dtype=np.float64)
    found = values[np.isfinite(values)]
    numbers = {"median": np.median(found), "p90": np.percentile(found, 90), "mean": found.mean()}
    return {f"{name}_{unit}": round(float(value), 3) for name, value in numbers.items()}


def shares(errors: npt.ArrayLike, stds: npt.ArrayLike) -> dict[str, float]:
    """Return the shares of errors within one and two stated standard deviations."""
    ratio = np.asarray(errors) / np.asarray(stds)
    return {"in_1_std": round(float((ratio < 1).mean()), 3), "in_2_std": round(float((ratio < 2).mean()), 3)}


def measure_labels() -> list[dict[str, Any]]:
    """Predict each labelled keypoint from the other keypoints of its frame, by group of frames."""
    frames = labelled_frames()
    rows: list[dict[str, Any]] = []
    everything = []
    refused = [f.path.stem for f in frames if fit_view(f.keypoints, width=WIDTH, height=HEIGHT) is None]
    for prefix in sorted({frame.prefix for frame in frames}):
        mine = [frame for frame in frames if frame.prefix == prefix]
        errors = np.concatenate([_left_out(frame.keypoints) for frame in mine])
        everything.append(errors)
        size = fit_pitch_size([frame.keypoints for frame in mine], width=WIDTH, height=HEIGHT).pitch
        ground = f"{size.length_m:.1f} x {size.width_m:.1f}"
        rows.append(
            {
                "prefix": prefix,
                "ground_m": ground,
                **_row(errors, len(mine), [r for r in refused if r.startswith(prefix)]),
            }
        )
    return [*rows, {"prefix": "all", **_row(np.concatenate(everything), len(frames), refused)}]


def _row(errors: npt.NDArray[np.float64], frames: int, refused: list[str]) -> dict[str, Any]:
    """Summarise errors (n, 3): pixels, metres, stated metres."""
    known = np.isfinite(errors).all(axis=1)
    px, metres, std = errors[known].T
    return {
        "frames": frames,
        "refused": " ".join(refused) or "-",
        "keypoints": len(errors),
        "unplaced": int((~known).sum()),
        **summary(px, unit="px"),
        **summary(metres, unit="m"),
        **shares(metres, std),
    }


def _left_out(keypoints: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return every visible keypoint's leave-one-out error (n, 3): pixels, metres, stated metres; NaN without a view."""
    errors = []
    for index in np.flatnonzero(keypoints[:, 2]):
        others = keypoints.copy()
        others[index, 2] = 0
        view = fit_view(others, width=WIDTH, height=HEIGHT)
        if view is None:
            errors.append((np.nan,) * 3)
            continue
        there, here = keypoints_m()[[index]], keypoints[[index], :2]
        metres, std = view.to_metres(here)
        own = 1.5 * view.metres_per_pixel(here)[0]
        px = np.hypot(*(view.to_pixels(there) - here)[0])
        errors.append((px, np.hypot(*(metres - there)[0]), np.hypot(std[0], own)))
    return np.array(errors).reshape(-1, 3)


def measure_noise() -> list[dict[str, Any]]:
    """Add known noise to the keypoints of real cameras; a tenth of them become outliers."""
    frames = labelled_frames()
    cameras = [(f, fit_view(f.keypoints, width=WIDTH, height=HEIGHT)) for f in frames]
    rows = []
    for noise_px in (0.8, 1.6, 3.2, 6.4):
        random = np.random.default_rng(7)
        errors, stds, none, wild = [], [], 0, 0
        for frame, camera in cameras:
            if camera is None:
                continue
            view = fit_view(_noised(camera, frame.keypoints, noise_px, random), width=WIDTH, height=HEIGHT)
            if view is None:
                none += 1
                continue
            off, std = grid_errors(view, camera)
            wild += bool(np.median(off) > 5)
            errors.append(off)
            stds.append(std)
        off, std = np.concatenate(errors), np.concatenate(stds)
        kept = std <= 3.0
        rows.append(
            {
                "noise_px": noise_px,
                "no_view": none,
                "wild_views": wild,
                **summary(off, unit="m"),
                **shares(off, std),
                "kept_3m": round(float(kept.mean()), 3),
                "median_kept_m": round(float(np.median(off[kept])), 3),
                "p90_kept_m": round(float(np.percentile(off[kept], 90)), 3),
            }
        )
    return rows


def _noised(
    camera: PitchView, keypoints: npt.NDArray[np.float64], noise_px: float, random: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return the exact visible keypoints, and the same with noise and a tenth of outliers."""
    shown = keypoints[:, 2] > 0
    points = np.c_[camera.to_pixels(keypoints_m()) + random.normal(0, noise_px, (32, 2)), shown]
    wild = random.random(32) < 0.1
    points[wild, :2] = random.uniform(0, (WIDTH, HEIGHT), (int(wild.sum()), 2))
    return points


def grid_errors(view: PitchView, camera: PitchView) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return errors and stated errors on a grid over the visible part of the pitch."""
    marks = camera.to_pixels(MARKS_M)
    inside = (marks > 0).all(axis=1) & (marks < (WIDTH, HEIGHT)).all(axis=1)
    metres, std = view.to_metres(marks[inside])
    known = np.isfinite(std)
    return np.hypot(*(metres - MARKS_M[inside]).T)[known], std[known]
