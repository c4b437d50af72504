"""The tracker's errors on a simulated match, against its exact truth: what training degrades true tracks by.

    touchline track ../shared/data/simulated/match_011/video.mp4 --out /tmp/errors
    python benchmarks/track_errors.py /tmp/errors/video.touchline --match match_011

Lengths are in body heights of the true box, times in seconds, so that they apply to other zooms and frame rates.
"""

from __future__ import annotations

import argparse
import itertools
import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.geometry.camera import CameraPath
from touchline.formats.bundle import Bundle
from touchline.spotting.from_tracks.path import body_heights
from touchline.spotting.from_tracks.scene import Scene, moved, scenes_of
from touchline.training.track_events.truth import MatchTruth, read_truth

DATA = Path(__file__).parents[2] / "shared" / "data" / "simulated"
RESULT = Path(__file__).parent / "results" / "track_errors.json"
NEAR = 0.75
"""A box within this of a true person, body heights between their feet, is that person's."""
BALL_NEAR = 0.5
QUANTILES = (0.1, 0.25, 0.5, 0.75, 0.9, 0.97)


def runs_s(flags: Bools, *, step_s: float) -> Floats64:
    """Return the lengths of the runs of True, seconds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return (edges[1::2] - edges[::2]) * step_s


def spread(values: Floats64) -> dict[str, float]:
    """Return quantiles of values, and how many there are."""
    if len(values) == 0:
        return {"count": 0}
    found = {f"q{round(100 * q)}": round(float(np.quantile(values, q)), 4) for q in QUANTILES}
    return {"count": len(values), "mean": round(float(np.mean(values)), 4), **found}


def rms(values: Floats64) -> float:
    """Return the root mean square without the largest 5 %, which are other errors than noise."""
    kept = np.abs(values) <= np.nanquantile(np.abs(values), 0.95)
    return round(float(np.sqrt(np.mean(values[kept] ** 2))), 4)


def lasting(values: Floats64) -> float:
    """Return the correlation of an error with that of the next frame."""
    pairs = np.isfinite(values[1:]) & np.isfinite(values[:-1])
    return round(float(np.corrcoef(values[1:][pairs], values[:-1][pairs])[0, 1]), 3)


def ball_errors(found: Scene, true: Scene, *, step_s: float) -> dict[str, Any]:
    """Compare the ball in every frame in which the true one is in the picture."""
    body = body_heights(true)
    there = np.isfinite(true.ball_px[:, 0])
    off = (found.ball_px - true.ball_px) / body[:, None]
    far = np.linalg.norm(off, axis=1)
    has = np.isfinite(found.ball_px[:, 0]) & there
    right, seen = has & (far <= BALL_NEAR), found.ball_seen
    return {
        "frames": int(there.sum()),
        "seen_right": round(float((right & seen)[there].mean()), 4),
        "filled_right": round(float((right & ~seen)[there].mean()), 4),
        "seen_wrong": round(float((has & ~right & seen)[there].mean()), 4),
        "filled_wrong": round(float((has & ~right & ~seen)[there].mean()), 4),
        "none": round(float((there & ~has)[there].mean()), 4),
        "unseen_runs_s": spread(runs_s(there & ~(has & seen), step_s=step_s)),
        "none_runs_s": spread(runs_s(there & ~has, step_s=step_s)),
        "wrong_runs_s": spread(runs_s(has & ~right, step_s=step_s)),
        "noise_bodies": [rms(off[right & seen, axis]) for axis in (0, 1)],
        "noise_lasting": lasting(np.where(right & seen, off[:, 0], np.nan)),
        "seen_by_distance": _seen_by_distance(found, true, body, there),
        "invented": round(float(np.isfinite(found.ball_px[~there, 0]).mean()), 4) if (~there).any() else None,
    }


def _seen_by_distance(found: Scene, true: Scene, body: Floats64, there: Bools) -> dict[str, float]:
    """Return the share of frames with a detection by the distance between ball and nearest feet, body heights."""
    apart = np.linalg.norm(true.feet_px - true.ball_px[:, None], axis=2) / body[:, None]
    nearest = np.nanmin(np.where(np.isfinite(apart), apart, 99.0), axis=1)
    edges = (0.0, 0.3, 0.6, 1.0, 2.0, 99.0)
    rows = [(there & (nearest >= low) & (nearest < high), low) for low, high in itertools.pairwise(edges)]
    return {f"from {low}": round(float(found.ball_seen[inside].mean()), 3) for inside, low in rows if inside.any()}


def matched_people(found: Scene, true: Scene) -> tuple[Indices, Floats64]:
    """Return which found slot is each true person (n, people), -1 for none, and the offsets (n, people, 4) of boxes."""
    slots = np.full(true.person.shape, -1, np.int64)
    offsets = np.full((*true.person.shape, 4), np.nan)
    true_feet, found_feet, heights = true.feet_px, found.feet_px, true.heights_px
    for frame in range(len(true)):
        mine, theirs = np.flatnonzero(true.person[frame] >= 0), np.flatnonzero(found.person[frame] >= 0)
        if not (len(mine) and len(theirs)):
            continue
        apart = np.linalg.norm(true_feet[frame, mine][:, None] - found_feet[frame, theirs][None], axis=2)
        apart /= heights[frame, mine][:, None]
        for row, column in zip(*linear_sum_assignment(np.minimum(apart, NEAR + 1)), strict=True):
            if apart[row, column] <= NEAR:
                person, slot = mine[row], theirs[column]
                slots[frame, person] = slot
                off = found.boxes_px[frame, slot] - true.boxes_px[frame, person]
                offsets[frame, person] = off / heights[frame, person]
    return slots, offsets


def people_errors(found: Scene, true: Scene, *, step_s: float) -> dict[str, Any]:
    """Compare people: misses, noise of boxes, length of fragments, wrong teams, invented people."""
    slots, off = matched_people(found, true)
    there = true.person >= 0
    ids = np.where(slots >= 0, np.take_along_axis(found.person, np.maximum(slots, 0), axis=1), -1)
    teams = np.where(slots >= 0, np.take_along_axis(found.teams, np.maximum(slots, 0), axis=1), -2)
    misses, fragments, switches = [], [], 0
    for person in range(there.shape[1]):
        misses.append(runs_s(there[:, person] & (slots[:, person] < 0), step_s=step_s))
        mine = ids[:, person][ids[:, person] >= 0]
        changes = np.flatnonzero(np.diff(mine)) + 1
        switches += len(changes)
        fragments.append(np.diff(np.concatenate([[0], changes, [len(mine)]])) * step_s)
    known = slots >= 0
    feet = np.stack([(off[..., 0] + off[..., 2]) / 2, off[..., 3]], axis=-1)
    others = found.roles == 3
    return {
        "missed": round(1 - float(known[there].mean()), 4),
        "missed_runs_s": spread(np.concatenate(misses)),
        "fragments_s": spread(np.concatenate(fragments)),
        "switches_a_person_and_minute": round(switches / (there.sum() * step_s / 60), 3),
        "feet_noise_bodies": [rms(feet[known][:, axis]) for axis in (0, 1)],
        "feet_noise_lasting": [
            float(np.nanmean([lasting(feet[:, person, axis]) for person in range(there.shape[1])])) for axis in (0, 1)
        ],
        "height_noise_bodies": rms((off[..., 3] - off[..., 1])[known]),
        "team_wrong": round(float(((teams != true.teams) & (teams >= 0))[known].mean()), 4),
        "team_unknown": round(float((teams == -1)[known].mean()), 4),
        "invented_a_frame": round(
            float(((found.person >= 0) & ~others).sum(axis=1).mean() - known.sum(axis=1).mean()), 3
        ),
        "people_a_frame": round(float(there.sum(axis=1).mean()), 2),
    }


def camera_errors(found: CameraPath, true: CameraPath, scene: Scene) -> dict[str, Any]:
    """Compare places of true feet by the found and by the exact view, and motions at the true ball."""
    feet = scene.feet_px
    known = found.pitch_known
    off = moved(found.to_pitch, feet) - moved(true.to_pitch, feet)
    shared = np.nanmean(off[known], axis=1)
    body = body_heights(scene)
    middle = np.tile([[scene.size_px[0] / 2, scene.size_px[1] * 0.6]], (len(scene), 1))
    steps = moved(found.motions, middle) - moved(true.motions, middle)
    return {
        "pitch_known": round(float(known.mean()), 4),
        "shared_offset_m": [rms(shared[:, axis]) for axis in (0, 1)],
        "shared_offset_lasting": [lasting(shared[:, axis]) for axis in (0, 1)],
        "own_offset_m": [
            rms((off[known] - shared[:, None])[..., axis][np.isfinite(off[known][..., axis])]) for axis in (0, 1)
        ],
        "motion_bodies_a_frame": [rms(steps[1:, axis] / body[1:]) for axis in (0, 1)],
        "motion_lasting": [lasting(steps[1:, axis]) for axis in (0, 1)],
    }


def measure(bundle: Path, truth: MatchTruth) -> dict[str, Any]:
    """Compare the longest camera shot of a bundle of a match with the truth."""
    tracks, camera = Bundle(bundle).read_tracks(), Bundle(bundle).read_camera()
    found = max(scenes_of(tracks, camera=camera), key=len)
    (whole,) = list(scenes_of(truth.tracks, camera=truth.camera))
    rows = np.searchsorted(whole.times_us, found.times_us)
    mine = np.searchsorted(camera.times_us, found.times_us)
    true = _part(whole, rows)
    step_s = float(np.median(np.diff(found.times_us))) / US_PER_S
    return {
        "match": truth.name,
        "seconds": round(len(found) * step_s, 1),
        "ball": ball_errors(found, true, step_s=step_s),
        "people": people_errors(found, true, step_s=step_s),
        "camera": camera_errors(_camera_part(camera, mine), _camera_part(truth.camera, rows), true),
    }


def _part(scene: Scene, rows: Indices) -> Scene:
    """Return some frames of a scene."""
    names = (
        "times_us",
        "motions",
        "to_pitch",
        "pitch_m",
        "ball_px",
        "ball_seen",
        "ball_confidence",
        "person",
        "boxes_px",
    )
    return replace(scene, **{name: getattr(scene, name)[rows] for name in names})


def _camera_part(camera: CameraPath, rows: Indices) -> CameraPath:
    return CameraPath(*(getattr(camera, field.name)[rows] for field in fields(CameraPath)))


def main() -> None:
    """Measure one bundle and write the result."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--match", default="match_011")
    arguments = parser.parse_args()
    result = measure(arguments.bundle, read_truth(DATA / arguments.match))
    RESULT.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
