"""Measure the teams and roles of tracks on simulated matches and on real pictures.

    python benchmarks/teams.py [--detections FOLDER] [--json benchmarks/results/teams.json]

Simulated matches 013 and 014 (nothing was fitted on them), every second frame: the true boxes, and the same with every
edge moved by 8 % of the box's size, are cut into shots of 5, 20 and 60 s, in which everybody is one track without votes
from a detector. "match" uses the kits of the whole match, "shot" those of each shot alone; a team counts as right if
its letter is right under the one naming that fits the whole match best, so swapping teams between shots costs half.
"each alone" assigns a team to every box separately. With FOLDER (<match>.npz: frame from 1, boxes_xyxy, confidence,
classes), also touchline's tracks through a detector's output in shots of 20 s, with its votes; their ground truth is
the player on whom most of their boxes lie.

Real pictures (players/, eleven matches): kits are estimated from all pictures of a match, then the lighting is changed,
and the share of boxes that keep their team is counted. Roles there: votes with the confusions below, with and without
colour.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from simulated_matches import (
    DATA,
    FPS,
    HEIGHT,
    KEEPERS,
    LAST_OF_FIRST_TEAM,
    REPORTED_ON,
    WIDTH,
    Match,
    read_detections,
    read_match,
)

from touchline.core.arrays import Floats64
from touchline.core.tracks import BALL, DETECTION_LABELS, GOALKEEPER, PLAYER, REFEREE, Detections
from touchline.tracking.camera_motion import CameraMotion, Motion
from touchline.tracking.people.appearance import describe
from touchline.tracking.people.kits import Look
from touchline.tracking.people.roles import RoleOf, looks_of, match_teams, roles_of
from touchline.tracking.people.tracker import follow_people
from touchline.tracking.people.tracklets import Tracklet

SHOTS_S = (5, 20, 60)
FOLLOWED_S = 20
EVERY = 2
JITTER = 0.08
LEAST_SHOWN = 0.6
LIGHTS: dict[str, Any] = {
    "half the light": (0.5, 0.5, 0.5),
    "warm light": (1.15, 1.0, 0.8),
    "cold light": (0.8, 0.95, 1.15),
    "blue shade over half": (0.45, 0.5, 0.6),
    "gamma 0.7": None,
}
CONFUSION = {GOALKEEPER: (0.60, 0.35, 0.05), PLAYER: (0.02, 0.96, 0.02), REFEREE: (0.03, 0.20, 0.77)}


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The part of an observation that tracking people needs."""

    detections: Detections
    motion: Motion
    appearance: npt.NDArray[np.float32]


def shown(boxes: Floats64) -> npt.NDArray[np.bool_]:
    """Return which boxes lie mostly within the picture."""
    inside = np.clip(boxes, 0, (WIDTH, HEIGHT, WIDTH, HEIGHT))
    return np.prod(inside[:, 2:] - inside[:, :2], axis=1) > LEAST_SHOWN * np.prod(boxes[:, 2:] - boxes[:, :2], axis=1)


def describe_truth(match: Match, *, seed: int) -> dict[str, list[Any]]:
    """Return ids, boxes and descriptors of every second frame, for the true boxes and jittered ones."""
    rng = np.random.default_rng(seed)
    found: dict[str, list[Any]] = {"true boxes": [], "jittered boxes": []}
    for i, frame in enumerate(match.frames()):
        if i % EVERY:
            continue
        mine = shown(match.boxes_xyxy[i])
        boxes, ids, rgb = match.boxes_xyxy[i][mine], match.ids[i][mine], frame.to_rgb()
        size = np.tile(boxes[:, 2:] - boxes[:, :2], 2)
        for kind, jitter in (("true boxes", 0.0), ("jittered boxes", JITTER)):
            moved = (boxes + jitter * size * rng.normal(0, 1, boxes.shape)).astype(np.float32)
            found[kind].append((ids, moved, describe(rgb, moved)))
    return found


def shots_of(described: list[Any], *, seconds: int) -> list[list[Tracklet]]:
    """Return each player's boxes in shots of the given seconds as one tracklet per shot, with the player's id."""
    length, shots = int(seconds * FPS / EVERY), []
    for start in range(0, len(described), length):
        run = described[start : start + length]
        index = np.concatenate([np.full(len(ids), i) for i, (ids, _, _) in enumerate(run)])
        ids, boxes, colours = (np.concatenate([picture[k] for picture in run]) for k in range(3))
        shots.append([one_tracklet(int(i), index, ids == i, boxes, colours) for i in np.unique(ids)])
    return shots


def one_tracklet(number: int, index: Any, mine: Any, boxes: Any, colours: Any) -> Tracklet:
    count = int(mine.sum())
    return Tracklet(
        number,
        index[mine],
        np.zeros(count, np.int64),
        boxes[mine],
        np.ones(count, np.float32),
        np.full(count, PLAYER, np.int64),
        np.ones(count, bool),
        colours[mine],
    )


def score(truth: list[list[int]], roles: list[list[RoleOf]], boxes: list[list[int]]) -> dict[str, Any]:
    """Return the accuracy of teams over outfield players and of roles over all, per track and per box."""
    rows = [
        (player, role, count)
        for shot in zip(truth, roles, boxes, strict=True)
        for player, role, count in zip(*shot, strict=True)
    ]
    field = [(player <= LAST_OF_FIRST_TEAM, role, count) for player, role, count in rows if player not in KEEPERS]
    weight = np.array([count for *_, count in field], float)
    namings = [np.array([role.team == ("A" if first == flip else "B") for first, role, _ in field]) for flip in (0, 1)]
    best = max(namings, key=lambda hits: float(hits.mean()))
    keepers = [role.label == "goalkeeper" for player, role, _ in rows if player in KEEPERS]
    kept = [role.label == "player" for player, role, _ in rows if player not in KEEPERS]
    sure = np.array([role.team_confidence for _, role, _ in field])
    return {
        "tracks": len(field),
        "team_by_track": float(best.mean()),
        "team_by_box": float(np.average(best, weights=weight)),
        "players_called_player": float(np.mean(kept)),
        "keepers": len(keepers),
        "keepers_called_keeper": float(np.mean(keepers)) if keepers else None,
        "mean_confidence": float(sure.mean()),
        "wrong_above_0.9": int((~best & (sure > 0.9)).sum()),
    }


def judge(shots: list[list[Tracklet]], truth: list[list[int]]) -> dict[str, Any]:
    """Return the scores with the kits of the match, and with those of each shot alone."""
    looks = [looks_of(shot) for shot in shots]
    kits = match_teams(looks)
    counts = [[len(tracklet) for tracklet in shot] for shot in shots]
    by_match = [roles_of(look, kits=kits) for look in looks]
    by_shot = [roles_of(look, kits=match_teams([look])) for look in looks]
    return {"match": score(truth, by_match, counts), "shot": score(truth, by_shot, counts)}


def judge_boxes(described: list[Any]) -> dict[str, Any]:
    """Return the scores with each box as a separate track, in every fifth frame."""
    shots = [
        [one_tracklet(int(i), np.zeros(len(ids), np.int64), ids == i, boxes, colours) for i in ids]
        for ids, boxes, colours in described[::5]
    ]
    looks = [looks_of(shot) for shot in shots]
    kits = match_teams(looks)
    truth = [[tracklet.id for tracklet in shot] for shot in shots]
    return score(truth, [roles_of(look, kits=kits) for look in looks], [[1] * len(ids) for ids in truth])


def simulated(folder: Path | None) -> dict[str, Any]:
    """Return the scores of each match."""
    result: dict[str, Any] = {}
    for name in REPORTED_ON:
        match = read_match(name)
        rows: dict[str, Any] = {}
        for kind, described in describe_truth(match, seed=int(name[-3:])).items():
            rows[f"{kind}, each alone"] = {"box": judge_boxes(described)}
            for seconds in SHOTS_S:
                shots = shots_of(described, seconds=seconds)
                rows[f"{kind}, {seconds} s"] = judge(shots, [[tracklet.id for tracklet in shot] for shot in shots])
        if folder is not None:
            rows[f"followed, {FOLLOWED_S} s"] = followed(*read_detections(folder / f"{name}.npz", match))
        result[name] = rows
    return result


def followed(match: Match, detections: list[Detections]) -> dict[str, Any]:
    """Return the scores of touchline's tracks through a detector's people."""
    camera, sights = CameraMotion(), []
    for seen, frame in zip(detections, match.frames(), strict=True):
        people = seen.take((seen.classes != BALL) & (seen.confidence >= 0.1))
        motion = camera.update(frame.luma, boxes_xyxy=people.boxes_xyxy)
        sights.append(Seen(people, motion, describe(frame.to_rgb(), people.boxes_xyxy)))
    length, shots, truth = int(FOLLOWED_S * FPS), [], []
    for start in range(0, len(sights), length):
        tracklets = [one for one in follow_people(sights[start : start + length], fps=FPS) if len(one) >= 5]
        owners = [owner_of(tracklet, match, start) for tracklet in tracklets]
        shots.append([one for one, owner in zip(tracklets, owners, strict=True) if owner])
        truth.append([owner for owner in owners if owner])
    return judge(shots, truth)


def owner_of(tracklet: Tracklet, match: Match, start: int) -> int:
    """Return the player on whom most boxes of a track lie; 0 if that is less than half of them."""
    owners = []
    for i, box in zip(tracklet.index[tracklet.observed], tracklet.boxes_xyxy[tracklet.observed], strict=True):
        true = match.boxes_xyxy[start + int(i)]
        low, high = np.maximum(true[:, :2], box[:2]), np.minimum(true[:, 2:], box[2:])
        shared = np.prod(np.maximum(high - low, 0), axis=1)
        union = np.prod(true[:, 2:] - true[:, :2], axis=1) + np.prod(box[2:] - box[:2]) - shared
        overlap = shared / np.maximum(union, 1e-9)
        owners.append(int(match.ids[start + int(i)][overlap.argmax()]) if (overlap > 0.3).any() else 0)
    votes = np.bincount(owners)
    return int(votes.argmax()) if votes.max() > 0.5 * len(owners) else 0


def relit(rgb: npt.NDArray[np.uint8], name: str) -> npt.NDArray[np.uint8]:
    """Return a picture in another light."""
    levels = np.arange(256, dtype=np.float64)
    gains = LIGHTS[name]
    curves = [255 * (levels / 255) ** 0.7] * 3 if gains is None else [levels * gain for gain in gains]
    table = np.clip(np.round(np.stack(curves, axis=1)), 0, 255).astype(np.uint8)[None]
    changed = cv2.LUT(rgb, table)
    if name == "blue shade over half":
        changed[:, : rgb.shape[1] // 2] = rgb[:, : rgb.shape[1] // 2]
    return changed


def real_pictures() -> dict[str, list[Any]]:
    """Return picture, boxes and classes of the people, by source match."""
    matches: dict[str, list[Any]] = {}
    for path in sorted((DATA / "players").glob("*.jpg")):
        rgb = cv2.cvtColor(cv2.imread(str(path)), cv2.COLOR_BGR2RGB)
        rows = np.loadtxt(path.with_suffix(".txt"), ndmin=2).reshape(-1, 5)
        rows = rows[rows[:, 0] != BALL]
        middle, half = rows[:, 1:3], rows[:, 3:] / 2
        boxes = np.concatenate([middle - half, middle + half], axis=1) * np.tile(rgb.shape[1::-1], 2)
        matches.setdefault(path.name[:3], []).append((rgb, boxes.astype(np.float32), rows[:, 0].astype(np.int64)))
    return matches


def single(colour: Any, votes: Floats64) -> Look:
    """Return one box as a look."""
    return Look(colour.astype(np.float64), 1.0, votes, np.zeros(1, np.int64), np.zeros(1))


def sure_votes(classes: Any) -> Floats64:
    return np.eye(4)[classes]


def confused_votes(classes: Any, rng: np.random.Generator) -> Floats64:
    """Return one vote per box, with the confusions of a mediocre detector."""
    predicted = [1 + rng.choice(3, p=CONFUSION[int(cls)]) for cls in classes]
    return np.eye(4)[predicted] * rng.uniform(0.4, 0.9, (len(predicted), 1))


def real() -> dict[str, Any]:
    """Return the agreement under other light, and roles from confused votes, over the real pictures."""
    rng = np.random.default_rng(0)
    kept: dict[str, list[Any]] = {name: [] for name in LIGHTS}
    predicted: list[Any] = []
    shares = {}
    for name, pictures in real_pictures().items():
        classes = np.concatenate([cls for *_, cls in pictures])
        colours = np.concatenate([describe(rgb, boxes) for rgb, boxes, _ in pictures])
        looks = [single(*each) for each in zip(colours, sure_votes(classes), strict=True)]
        kits = match_teams([looks])
        teams = np.array([role.team or "" for role in roles_of(looks, kits=kits)])
        field = classes == PLAYER
        shares[name] = {"boxes": int(field.sum()), "A": float((teams[field] == "A").mean())}
        for light in LIGHTS:
            other = np.concatenate([describe(relit(rgb, light), boxes) for rgb, boxes, _ in pictures])
            again = roles_of([single(*each) for each in zip(other, sure_votes(classes), strict=True)], kits=kits)
            kept[light].append(np.array([role.team or "" for role in again])[field] == teams[field])
        votes = confused_votes(classes, rng)
        doubtful = [single(*each) for each in zip(colours, votes, strict=True)]
        roles = roles_of(doubtful, kits=match_teams([doubtful]))
        by_colour = [DETECTION_LABELS.index(role.label) for role in roles]
        predicted.append(np.stack([classes, votes.argmax(axis=1), by_colour]))
    return {
        "boxes": int(sum(row["boxes"] for row in shares.values())),
        "share_of_team_a": shares,
        "same_team_in_other_light": {light: float(np.concatenate(hits).mean()) for light, hits in kept.items()},
        "roles": role_table(np.concatenate(predicted, axis=1)),
    }


def role_table(predicted: Any) -> dict[str, Any]:
    """Return the recall of each role, by votes alone and with colour."""
    truth, votes, both = predicted
    table: dict[str, Any] = {}
    for kind, calls in (("votes alone", votes), ("votes and colour", both)):
        recall = {DETECTION_LABELS[cls]: float((calls[truth == cls] == cls).mean()) for cls in CONFUSION}
        table[kind] = {"all": float((calls == truth).mean()), **recall}
    return table


def show(result: dict[str, Any]) -> None:
    print(f"{'simulated':44}{'tracks':>8}{'by track':>10}{'by box':>8}{'player':>8}{'keeper':>8}{'sure':>7}")
    for name, rows in result["simulated"].items():
        for kind, by in rows.items():
            for kits, row in by.items():
                keeper = "-" if row["keepers_called_keeper"] is None else f"{row['keepers_called_keeper']:.2f}"
                print(
                    f"{f'{name} {kind}, {kits}':44}{row['tracks']:8}{row['team_by_track']:10.4f}"
                    f"{row['team_by_box']:8.4f}"
                    f"{row['players_called_player']:8.4f}{keeper:>8}{row['mean_confidence']:7.3f}"
                )
    pictures = result["real"]
    print(f"real pictures, {pictures['boxes']} boxes of players")
    for light, same in pictures["same_team_in_other_light"].items():
        print(f"  {light:24} {same:.4f} keep their team")
    for kind, row in pictures["roles"].items():
        print(f"  roles by {kind:18} " + ", ".join(f"{name} {value:.3f}" for name, value in row.items()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--detections", type=Path, help="folder of <match>.npz with a detector's output")
    parser.add_argument("--json", type=Path, help="file for the results")
    chosen = parser.parse_args()
    cv2.setNumThreads(1)
    result = {"simulated": simulated(chosen.detections), "real": real()}
    show(result)
    if chosen.json:
        chosen.json.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
