"""The whole chain: keypoints from the built-in network, camera views, positions."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import yaml
from pitch_labels import grid_errors, shares, summary
from pitch_shots import REPORTED, place_shot, position_errors
from pitch_truth import HEIGHT, SIMULATED_PITCH, WIDTH, LabelledFrame, labelled_frames, simulated_shot

from touchline.core.geometry.pitch import keypoints_m
from touchline.tracking.pitch.finder import PitchFinder, load_pitch_finder
from touchline.tracking.pitch.homography import fit_view
from touchline.tracking.pitch.size import fit_pitch_size

RECIPE = Path(__file__).parents[1] / "recipes" / "pitch.yaml"


def measure_network(*, seconds: float) -> list[dict[str, Any]]:
    """Return reprojection errors of labels on held-out prefixes, and metre errors there and on simulated matches."""
    finder = load_pitch_finder()
    unseen = [prefix for group in yaml.safe_load(RECIPE.read_text())["held_out"] for prefix in group]
    frames = [frame for frame in labelled_frames() if frame.prefix in unseen]
    found = finder.find([_picture(frame.path) for frame in frames])
    rows = [_real(p, frames, found) for p in (*unseen, "all")]
    for name in REPORTED:
        match, motions = simulated_shot(name, seconds=seconds)
        keypoints = _find_all(finder, match.pictures(seconds=seconds))
        found_size = fit_pitch_size(keypoints, width=WIDTH, height=HEIGHT).or_standard()
        for pitch, how in ((SIMULATED_PITCH, "known"), (found_size, "found")):
            ground = f"{how}: {pitch.length_m:.1f} x {pitch.width_m:.1f}"
            for label, views in zip(("single", "smoothed"), place_shot(keypoints, motions, pitch=pitch), strict=True):
                row = {"of": f"match {name}", "ground_m": ground, "views": label}
                rows.append(row | position_errors(match, views))
    return rows


def _real(prefix: str, frames: Sequence[LabelledFrame], found: Sequence[npt.NDArray[np.float32]]) -> dict[str, Any]:
    """Project labelled keypoints through the estimated views, and compare these with the views from the labels."""
    px, metres, stds, placed, count = [], [], [], 0, 0
    for frame, points in zip(frames, found, strict=True):
        truth = fit_view(frame.keypoints, width=WIDTH, height=HEIGHT)
        if prefix not in (frame.prefix, "all") or truth is None:
            continue
        count += 1
        view = fit_view(points, width=WIDTH, height=HEIGHT)
        if view is None:
            continue
        placed += 1
        shown = frame.keypoints[:, 2] > 0
        px.append(np.hypot(*(view.to_pixels(keypoints_m()[shown]) - frame.keypoints[shown, :2]).T))
        off, std = grid_errors(view, truth)
        metres.append(off)
        stds.append(std)
    row: dict[str, Any] = {"of": prefix, "views": "single", "frames": count, "pictures_placed": placed}
    if placed:
        off, std = np.concatenate(metres), np.concatenate(stds)
        row |= {**summary(np.concatenate(px), unit="px"), **summary(off, unit="m"), **shares(off, std)}
    return row


def _find_all(finder: PitchFinder, pictures: Any) -> list[npt.NDArray[np.float32]]:
    """Find the keypoints in a video's frames, in bounded memory."""
    found: list[npt.NDArray[np.float32]] = []
    batch: list[npt.NDArray[np.uint8]] = []
    for picture in pictures:
        batch.append(picture)
        if len(batch) == finder.batch:
            found += finder.find(batch)
            batch = []
    return found + (finder.find(batch) if batch else [])


def _picture(path: Path) -> npt.NDArray[np.uint8]:
    with av.open(str(path)) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")
