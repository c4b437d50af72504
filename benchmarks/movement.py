"""Measure movement classes from positions and ball possession from boxes, against exact simulated matches.

    touchline track ../shared/data/simulated/match_013/video.mp4 --out FOLDER/013
    python benchmarks/movement.py FOLDER [--matches 013] [--json benchmarks/results/movement.json]

"touchline" is the output of ``touchline track`` with its detector, tracker and pitch finder; each moment of a track is
assigned to the player whose true box overlaps it most. "true tracks" uses the true boxes, and the true positions with
0.3 m of noise in each frame. The ground truth of movement is the speed of the true positions under the same thresholds,
without margins or minimum lengths; that of the ball is the owner recorded by the simulator while the ball is visible.
Intervals are bootstrap intervals over players (movement) and over stretches of 10 s (ball). Nothing was chosen on match
013; the constants of ``recognition.movement`` and ``recognition.on_the_ball`` were chosen on the true tracks of 011.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pitch_truth import FPS, HEIGHT, SHARED, WIDTH, SimulatedMatch, simulated_match

from touchline.core.actions import MOVEMENTS, Action, ActionLookup, Actions
from touchline.core.geometry.kinematics import speeds_mps
from touchline.core.tracks import Track
from touchline.formats.boxes.tracks_parquet import read_tracks_parquet
from touchline.metrics.bootstrap import over_groups
from touchline.metrics.recognition import ROUNDS, confusion_matrix, report
from touchline.recognition.movement import STARTS_MPS, movements_of
from touchline.recognition.on_the_ball import holders_of

NOISE_M = 0.3
LEAST_OVERLAP = 0.3
BLOCK_S = 10
Ints = npt.NDArray[np.int64]


def main() -> None:
    """Run the benchmark and print the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, help="folder of the bundles written by touchline track")
    parser.add_argument("--matches", nargs="+", default=["013"])
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    results: dict[str, Any] = {"matches": arguments.matches}
    for way in ("true tracks", "touchline"):
        rows, balls = [], []
        for name in arguments.matches:
            match = simulated_match(name)
            places = true_places(match)
            tracks, actions = oracle(match, places) if way == "true tracks" else from_bundle(arguments.folder / name)
            rows += movement_rows(match, places, tracks, ActionLookup(actions), prefix=name)
            balls += ball_rows(match, tracks, actions, prefix=name)
        results[way] = {"movement": movement_scores(rows), "on the ball": ball_scores(balls)}
    print(json.dumps(results, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1) + "\n")


def true_places(match: SimulatedMatch) -> dict[int, dict[str, npt.NDArray[Any]]]:
    """Return for each player frames from 0, positions in metres, and movement indices, -1 where unknown."""
    found = {}
    for player in np.unique(match.rows[:, 1]).astype(int):
        rows = match.rows[match.rows[:, 1] == player]
        frames = rows[:, 0].astype(np.int64) - 1
        feet = np.c_[rows[:, 2] + rows[:, 4] / 2, rows[:, 3] + rows[:, 5]]
        places = np.concatenate([match.metres(f, point[None]) for f, point in zip(frames, feet, strict=True)])
        speeds = speeds_mps(frames * 80_000, places)
        band = np.searchsorted(STARTS_MPS, np.nan_to_num(speeds), side="right") - 1
        found[player] = {
            "frames": frames,
            "places": places,
            "band": np.where(np.isfinite(speeds), band, -1),
            "boxes": np.c_[rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]].astype(np.float32),
        }
    return found


def oracle(match: SimulatedMatch, places: dict[int, dict[str, npt.NDArray[Any]]]) -> tuple[list[Track], Actions]:
    """Return true boxes and noisy true positions as tracks, with the actions that touchline derives from them."""
    random = np.random.default_rng(0)
    tracks = []
    for player, facts in places.items():
        noisy = facts["places"] + random.normal(0, NOISE_M, facts["places"].shape)
        tracks.append(_track(player, facts["frames"], facts["boxes"], positions=noisy.astype(np.float32)))
    ball = _ball(match)
    shown = np.flatnonzero(((ball[:, :2] >= 0) & (ball[:, :2] < (WIDTH, HEIGHT))).all(axis=1))
    at = ball[shown, :2].astype(np.float32)
    tracks.append(_track(1000, shown, np.c_[at - 2, at + 2], label="ball"))
    actions = [action for track in tracks[:-1] for action in movements_of(track)]
    return tracks, Actions((*actions, *holders_of(tracks)))


def from_bundle(folder: Path) -> tuple[list[Track], Actions]:
    """Return the tracks that touchline wrote, with their actions."""
    tracks = list(read_tracks_parquet(next(folder.glob("*.touchline")) / "tracks.parquet"))
    moved = [action for track in tracks if track.label not in ("ball", "referee") for action in movements_of(track)]
    return tracks, Actions((*moved, *holders_of(tracks)))


def movement_rows(
    match: SimulatedMatch,
    places: dict[int, dict[str, npt.NDArray[Any]]],
    tracks: list[Track],
    lookup: ActionLookup,
    *,
    prefix: str,
) -> list[tuple[str, int, int]]:
    """Return (player, true movement, predicted movement or -1) at every moment a known player is tracked."""
    band_at = {
        p: dict(zip(facts["frames"].tolist(), facts["band"].tolist(), strict=True)) for p, facts in places.items()
    }
    rows = []
    for track in tracks:
        if track.label in ("ball", "referee"):
            continue
        for frame, time_us, player in zip(track.frames, track.times_us, players_of(match, track), strict=True):
            truth = band_at.get(player, {}).get(int(frame), -1)
            if truth < 0:
                continue
            predicted = [a.label for a in lookup.at(track.track_id, time_us=int(time_us)) if a.source == "movement"]
            rows.append((f"{prefix}-{player}", truth, MOVEMENTS.index(predicted[0]) if predicted else -1))
    return rows


def players_of(match: SimulatedMatch, track: Track) -> list[int]:
    """Return the player on whom each box of a track lies; 0 for none."""
    found = []
    for frame, box in zip(track.frames, track.boxes_xyxy, strict=True):
        rows = match.rows[slice(*np.searchsorted(match.rows[:, 0], (frame + 1, frame + 2)))]
        true = np.c_[rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]
        shared = np.clip(np.minimum(true[:, 2:], box[2:]) - np.maximum(true[:, :2], box[:2]), 0, None).prod(axis=1)
        union = (true[:, 2:] - true[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod() - shared
        best = int(np.argmax(shared / union)) if len(rows) else -1
        found.append(int(rows[best, 1]) if best >= 0 and (shared / union)[best] >= LEAST_OVERLAP else 0)
    return found


def movement_scores(rows: list[tuple[str, int, int]]) -> dict[str, Any]:
    """Return the agreement for each movement and overall, and the share without a prediction."""
    truth, predicted = (np.array([row[k] for row in rows]) for k in (1, 2))
    players = np.array([row[0] for row in rows])
    answered = predicted >= 0
    confusion = confusion_matrix(truth[answered], predicted[answered], classes=len(MOVEMENTS))
    scores = report(confusion)
    right = truth[answered] == predicted[answered]
    names, index = np.unique(players[answered], return_inverse=True)
    share = np.stack([np.bincount(index, weights=right), np.bincount(index)])
    agreed = over_groups(_Share(share[0], share[1]), names.tolist(), rounds=ROUNDS)
    return {
        "moments": len(rows),
        "said": round(float(answered.mean()), 4),
        "agreement": [round(v, 4) for v in (agreed.value, agreed.low, agreed.high)],
        "off by more than one": round(float((np.abs(truth[answered] - predicted[answered]) > 1).mean()), 5),
        "confusion": confusion.tolist(),
        "of each": {
            name: {"precision": round(row.precision, 4), "recall": round(row.recall, 4), "moments": row.support}
            for name, row in zip(MOVEMENTS, scores.classes, strict=True)
        },
    }


def ball_rows(
    match: SimulatedMatch, tracks: list[Track], actions: Actions, *, prefix: str
) -> list[tuple[str, int, int]]:
    """Return (block, true owner or 0, predicted owner, 0 or -1 for a track on no player) where the ball is visible."""
    ball = _ball(match)
    predicted = np.zeros(len(ball), np.int64)
    by_id = {track.track_id: track for track in tracks}
    for action in actions.actions:
        if action.source == "ball":
            _mark(predicted, match, by_id[action.track_id], action)
    shown = ((ball[:, :2] >= 0) & (ball[:, :2] < (WIDTH, HEIGHT))).all(axis=1)
    owner = np.where(ball[:, 2] >= 0, ball[:, 2] * 11 + ball[:, 3] + 1, 0).astype(np.int64)
    return [
        (f"{prefix}-{int(frame / FPS / BLOCK_S)}", int(owner[frame]), int(predicted[frame]))
        for frame in np.flatnonzero(shown).tolist()
    ]


def _mark(predicted: Ints, match: SimulatedMatch, track: Track, action: Action) -> None:
    """Mark the player of an action in the frames it covers."""
    for frame, time_us, player in zip(track.frames, track.times_us, players_of(match, track), strict=True):
        if action.start_us <= time_us < action.end_us:
            predicted[frame] = player or -1


def ball_scores(rows: list[tuple[str, int, int]]) -> dict[str, Any]:
    """Return precision and recall over moments."""
    owner, predicted = (np.array([row[k] for row in rows]) for k in (1, 2))
    names, index = np.unique([row[0] for row in rows], return_inverse=True)
    hits = np.bincount(index, weights=(predicted != 0) & (predicted == owner))
    answered, had = np.bincount(index, weights=predicted != 0), np.bincount(index, weights=owner > 0)
    scores: dict[str, Any] = {"moments": len(rows), "owned": int((owner > 0).sum())}
    for name, whole in (("precision", answered), ("recall", had)):
        interval = over_groups(_Share(hits, whole), names.tolist(), rounds=ROUNDS)
        scores[name] = [round(v, 4) for v in (interval.value, interval.low, interval.high)]
    return scores


class _Share:
    """A statistic: the ratio of two sums over resampled blocks."""

    def __init__(self, part: npt.NDArray[np.float64], whole: npt.NDArray[np.float64]) -> None:
        self.part, self.whole = part, whole

    def __call__(self, drawn: Ints) -> float:
        return float(self.part[drawn].sum() / max(self.whole[drawn].sum(), 1))


def _ball(match: SimulatedMatch) -> npt.NDArray[np.float64]:
    """Return per frame x and y in the picture, team and number of the owner, -1 for nobody."""
    rows = np.genfromtxt(SHARED / "simulated" / f"match_{match.name}" / "ball.csv", delimiter=",", names=True)
    return np.stack([rows["x_px"], rows["y_px"], rows["owner_team"], rows["owner_player"]], axis=1)


def _track(
    track_id: int,
    frames: Ints,
    boxes: npt.NDArray[np.float32],
    *,
    label: str = "player",
    positions: npt.NDArray[np.float32] | None = None,
) -> Track:
    sure = np.ones(len(frames), np.float32)
    return Track(
        track_id, label, frames * 80_000, frames, boxes.astype(np.float32), sure, sure > 0, positions_m=positions
    )


if __name__ == "__main__":
    main()
