"""Measure how often what is claimed about tracked people is right, by how sure it is said to be.

    python benchmarks/reliability.py FOLDER [--fit] [--json benchmarks/results/reliability.json]

FOLDER holds the networks' output on the simulated matches, ``obs_013.npz`` and so on; missing ones are made. A match
is cut into camera shots of 10 s with 2 s left out between them. Each table has the stated confidence, the observed
frequency and its 95 % interval, by bins; intervals of the summary are bootstrap intervals over tracks.

- role: keeper, player or referee; a track on none of the players, who are all known, counts as an official.
- team: of outfield players, as found, with the kits moved towards each other (until they are one), and with few people.
- identity: at least nine tenths of the track's boxes lie on one player.
- person: the track shows the player of its person's longest track.
- place, speed: shares of errors within 1 and 2 stated deviations (for a place in two dimensions 0.63 and 0.98 are
  right, for a speed 0.68 and 0.95).

--fit uses matches 011 and 012, as far as FOLDER has them, and prints the constants of the program; without it, matches
013 and 014 are reported, which nothing was fitted on.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from compare_trackers import COLUMNS, follow_offline
from pitch_truth import SimulatedMatch, simulated_match
from scipy.optimize import minimize
from simulated_matches import DATA, FPS, KEEPERS, LAST_OF_FIRST_TEAM
from tracking_cases import read_truth, restarts, true_motions

from touchline.core.geometry.kinematics import speeds_mps
from touchline.core.tracks import DETECTION_LABELS, GOALKEEPER, PLAYER, REFEREE, Track
from touchline.metrics.bootstrap import over_cases
from touchline.metrics.calibration import equal_counts
from touchline.metrics.tracking import evaluate_tracking
from touchline.tracking.observations import Observation, pack, unpack
from touchline.tracking.people.identity import RISKS, risks_of
from touchline.tracking.people.kits import Look
from touchline.tracking.people.persons import find_persons
from touchline.tracking.people.roles import match_teams, roles_of
from touchline.tracking.people.tracker import DEFAULT_SETTINGS, TrackerSettings
from touchline.tracking.shot_tracking import (
    FollowedShot,
    Span,
    follow_shot,
    stretches_of,
    track_order,
    tracks_of,
    with_person,
)

FITTED, REPORTED = ("011", "012"), ("013", "014")
HIGH = 0.3
SHOT, LEFT_OUT = 125, 25
LEAST_OVERLAP = 0.3
MOSTLY = 0.9
NEARER = (1.0, 0.5, 0.35, 0.25, 0.15, 0.0)
FEW = (8, 4)
STEP_US = 80_000


@dataclass(frozen=True, slots=True, eq=False)
class Followed:
    """One match: its shots, their tracks, and the player on whom each box lies, 0 for none."""

    match: SimulatedMatch
    shots: list[FollowedShot]
    tracks: list[list[Track]]
    players: list[list[npt.NDArray[np.int64]]]


def observed(folder: Path, name: str, *, count: int) -> list[Observation]:
    """Return the networks' output on the first frames of a match; kept in a folder."""
    path = folder / f"obs_{name}.npz"
    if not path.exists():
        np.savez(path, **pack(observe_video(DATA / "simulated" / f"match_{name}" / "video.mp4", count=count)))
    with np.load(path) as file:
        return list(unpack(dict(file)))[:count]


def observe_video(video: Path, *, count: int) -> list[Observation]:
    """Run the networks on the first frames of a video."""
    from touchline.analysis.tasks.track import load_tracker
    from touchline.media.video import VideoReader

    found: list[Observation] = []
    with VideoReader(video) as reader:
        observer = load_tracker().observer(reader.info)
        for number, frame in enumerate(reader.frames()):
            found += observer.push(number, frame)
            if len(found) >= count:
                break
    return found[:count]


def follow(folder: Path, name: str, *, count: int) -> Followed:
    """Track a match in shots, and find the player behind every box."""
    match, seen = simulated_match(name), observed(folder, name, count=count)
    shots = []
    for start in range(0, len(seen) - LEFT_OUT, SHOT + LEFT_OUT):
        part = seen[start : start + SHOT]
        frames = np.array([one.frame for one in part], np.int64)
        span = Span(len(shots), frames, frames * STEP_US, int(frames[-1] + 1) * STEP_US)
        part = [replace(one, time_us=one.frame * STEP_US) for one in part]
        shots.append(follow_shot(part, span=span, width=640, height=360, fps=FPS, settings=TrackerSettings(high=HIGH)))
    kits = match_teams([shot.looks for shot in shots if shot.shot.wide])
    persons = find_persons(
        [one for k, shot in enumerate(shots) for one in stretches_of(shot, kits=kits, first_id=1000 * k + 1)]
    )
    tracks = [
        [with_person(t, persons) for t in tracks_of(shot, kits=kits, first_id=1000 * k + 1) if t.label != "ball"]
        for k, shot in enumerate(shots)
    ]
    return Followed(match, shots, tracks, [[players_of(match, track) for track in shot] for shot in tracks])


def players_of(match: SimulatedMatch, track: Track) -> npt.NDArray[np.int64]:
    """Return the player on whom each box of a track lies; 0 for none."""
    found = np.zeros(len(track), np.int64)
    for k, (frame, box) in enumerate(zip(track.frames, track.boxes_xyxy, strict=True)):
        rows = match.rows[slice(*np.searchsorted(match.rows[:, 0], (frame + 1, frame + 2)))]
        true = np.c_[rows[:, 2:4], rows[:, 2:4] + rows[:, 4:6]]
        inner = np.clip(np.minimum(true[:, 2:], box[2:]) - np.maximum(true[:, :2], box[:2]), 0, None).prod(axis=1)
        union = (true[:, 2:] - true[:, :2]).prod(axis=1) + (box[2:] - box[:2]).prod() - inner
        if len(rows) and (inner / union).max() >= LEAST_OVERLAP:
            found[k] = int(rows[int((inner / union).argmax()), 1])
    return found


def most(players: npt.NDArray[np.int64]) -> tuple[int, float]:
    """Return the player on whom most boxes lie, and the share of those that lie on him."""
    values, counts = np.unique(players, return_counts=True)
    best = int(counts.argmax())
    return int(values[best]), float(counts[best] / counts.sum())


def claims(matches: list[Followed]) -> dict[str, tuple[list[float], list[float]]]:
    """Return for every kind of claim the stated confidences, and whether each is right."""
    found: dict[str, tuple[list[float], list[float]]] = {name: ([], []) for name in ("role", "identity", "person")}
    for one in matches:
        longest: dict[int, tuple[int, int]] = {}
        rows = [
            (t, most(p)) for ts, ps in zip(one.tracks, one.players, strict=True) for t, p in zip(ts, ps, strict=True)
        ]
        for track, (player, _) in rows:
            length = int(track.times_us[-1] - track.times_us[0])
            if length > longest.get(track.person or 0, (0, -1))[1]:
                longest[track.person or 0] = (player, length)
        sizes = {person: sum(track.person == person for track, _ in rows) for person in longest}
        for track, (player, share) in rows:
            role = REFEREE if player == 0 else GOALKEEPER if player in KEEPERS else PLAYER
            add(found["role"], track.label_confidence, track.label == DETECTION_LABELS[role])
            if player:
                add(found["identity"], track.identity_confidence, share >= MOSTLY)
            if player and track.person and sizes[track.person] > 1 and len(track) < longest[track.person][1] // STEP_US:
                add(found["person"], track.person_confidence, longest[track.person][0] == player)
    return found


def add(rows: tuple[list[float], list[float]], stated: float, right: bool) -> None:
    """Add one claim."""
    rows[0].append(float(stated))
    rows[1].append(float(right))


def team_claims(matches: list[Followed], *, nearer: float, few: int | None) -> tuple[list[float], list[float], int]:
    """Return stated confidences of teams, whether they are right, and the number of players without a claim."""
    rows: tuple[list[float], list[float]] = ([], [])
    silent, rng = 0, np.random.default_rng(0)
    for one in matches:
        truths = [[most(p)[0] for p in in_order(one, k)] for k in range(len(one.shots))]
        looks = [list(shot.looks) for shot in one.shots]
        moved = move_kits(looks, truths, nearer=nearer)
        groups = [(moved, truths)] if few is None else drawn(moved, truths, few=few, rng=rng)
        for shots, players in groups:
            kits = match_teams(shots)
            roles = [role for shot in shots for role in roles_of(shot, kits=kits)]
            first = [p <= LAST_OF_FIRST_TEAM for shot in players for p in shot]
            field = [p > 0 and p not in KEEPERS for shot in players for p in shot]
            said = [(r, f) for r, f, ok in zip(roles, first, field, strict=True) if ok and r.team is not None]
            silent += sum(field) - len(said)
            hits = [(r.team == "A") == f for r, f in said]
            flip = np.mean(hits) < 0.5 if hits else False
            for (role, _), hit in zip(said, hits, strict=True):
                add(rows, role.team_confidence, hit != flip)
    return (*rows, silent)


def in_order(one: Followed, number: int) -> list[npt.NDArray[np.int64]]:
    """Return the players of a shot's people in the order of its looks."""
    shot = one.shots[number]
    people = [i for i in track_order(shot) if i < len(shot.looks)]
    by_look = dict(zip(people, one.players[number], strict=True))
    return [by_look[i] for i in range(len(shot.looks))]


def move_kits(looks: list[list[Look]], players: list[list[int]], *, nearer: float) -> list[list[Look]]:
    """Return the looks with the kits of both teams moved to a share of their distance, everything else unchanged."""
    sides = [
        np.array([p > 0 and p not in KEEPERS and (p <= LAST_OF_FIRST_TEAM) == side for shot in players for p in shot])
        for side in (True, False)
    ]
    flat = [look for shot in looks for look in shot]
    centres = [
        np.mean([look.colour for look, mine in zip(flat, side, strict=True) if mine and look.boxes > 0], axis=0)
        for side in sides
    ]
    half = (centres[1] - centres[0]) * (1 - nearer) / 2
    changed = iter(
        replace(look, colour=look.colour + half * (int(a) - int(b))) if look.boxes > 0 else look
        for look, a, b in zip(flat, *sides, strict=True)
    )
    return [[next(changed) for _ in shot] for shot in looks]


def drawn(looks: list[list[Look]], players: list[list[int]], *, few: int, rng: np.random.Generator) -> list[Any]:
    """Return each shot as a match of its own in which only a few people are seen."""
    groups = []
    for shot, truth in zip(looks, players, strict=True):
        for _ in range(4):
            kept = rng.permutation(len(shot))[:few]
            groups.append(([[shot[i] for i in kept]], [[truth[i] for i in kept]]))
    return groups


def movement_errors(matches: list[Followed]) -> dict[str, npt.NDArray[np.float64]]:
    """Return errors and stated deviations of places (metres) and speeds (m/s), one row for each box on a player."""
    places, speeds = [], []
    for one in matches:
        true_at = true_courses(one.match)
        for tracks, players in zip(one.tracks, one.players, strict=True):
            for track, lain in zip(tracks, players, strict=True):
                player = most(lain)[0]
                if track.positions_m is None or player == 0 or track.place_std_m is None or track.speed_std_mps is None:
                    continue
                place, speed = true_at[player]
                ok = lain == player
                off = np.hypot(*(track.positions_m - place[track.frames]).T)
                fast = speeds_mps(track.times_us, track.positions_m) - speed[track.frames]
                places.append(np.c_[off, track.place_std_m][ok])
                speeds.append(np.c_[np.abs(fast), track.speed_std_mps, speed[track.frames]][ok])
    return {"place": finite(places), "speed": finite(speeds)}


def finite(parts: list[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return all rows without unknown values."""
    rows = np.concatenate(parts) if parts else np.zeros((0, 2))
    return rows[np.isfinite(rows).all(axis=1)]


def true_courses(match: SimulatedMatch) -> dict[int, tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Return the true place (frames, 2) and speed (frames,) of every player."""
    frames = len(match.views)
    found = {}
    for player in np.unique(match.rows[:, 1]).astype(int):
        rows = match.rows[match.rows[:, 1] == player]
        place, speed = np.full((frames, 2), np.nan), np.full(frames, np.nan)
        at = rows[:, 0].astype(np.int64) - 1
        feet = np.c_[rows[:, 2] + rows[:, 4] / 2, rows[:, 3] + rows[:, 5]]
        kept = at < frames
        place[at[kept]] = [match.metres(f, p[None])[0] for f, p in zip(at[kept], feet[kept], strict=True)]
        speed[at[kept]] = speeds_mps(at[kept] * STEP_US, place[at[kept]])
        found[int(player)] = (place, speed)
    return found


def table(stated: list[float], right: list[float]) -> dict[str, Any]:
    """Return a reliability table with its calibration error and the share that is right, with an interval."""
    if not stated:
        return {"claims": 0}
    said, happened = np.array(stated), np.array(right)
    share = over_cases(lambda rows: float(happened[rows].mean()), len(said), rounds=500)
    gap = over_cases(lambda rows: float(happened[rows].mean() - said[rows].mean()), len(said), rounds=500)
    bins = equal_counts(said, happened, bins=max(1, min(5, len(said) // 10)))
    return {
        "claims": len(said),
        "right": rounded(share.to_json()),
        "right less stated": rounded(gap.to_json()),
        "calibration error": round(bins.error, 4),
        "bins": {name: np.round(values, 4).tolist() for name, values in bins.to_json().items()},
    }


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Return values with four decimals."""
    return {name: round(value, 4) for name, value in values.items()}


def deviations(rows: npt.NDArray[np.float64]) -> dict[str, Any]:
    """Return how errors compare with their stated deviations, overall and by terciles of the stated deviation."""
    if len(rows) == 0:
        return {"boxes": 0}
    parts = np.array_split(rows[np.argsort(rows[:, 1], kind="stable")], 3)
    return {
        "boxes": len(rows),
        "median error": round(float(np.median(rows[:, 0])), 3),
        "p90 error": round(float(np.percentile(rows[:, 0], 90)), 3),
        "within 1": round(float((rows[:, 0] <= rows[:, 1]).mean()), 3),
        "within 2": round(float((rows[:, 0] <= 2 * rows[:, 1]).mean()), 3),
        "terciles": [
            {
                "stated": round(float(np.sqrt((part[:, 1] ** 2).mean())), 3),
                "happened": round(float(np.sqrt((part[:, 0] ** 2).mean())), 3),
            }
            for part in parts
        ],
    }


def report(matches: list[Followed]) -> dict[str, Any]:
    """Return all tables."""
    found: dict[str, Any] = {name: table(*rows) for name, rows in claims(matches).items()}
    for nearer in NEARER:
        *rows, silent = team_claims(matches, nearer=nearer, few=None)
        found[f"team, kits at {nearer:g} of their distance"] = {**table(*rows), "without a claim": silent}
    for few in FEW:
        *rows, silent = team_claims(matches, nearer=1.0, few=few)
        found[f"team, {few} people seen"] = {**table(*rows), "without a claim": silent}
    found |= {name: deviations(rows) for name, rows in movement_errors(matches).items()}
    found["persons"] = {
        one.match.name: len({t.person for shot in one.tracks for t in shot if t.team}) for one in matches
    }
    found["tracks"] = {one.match.name: sum(t.team is not None for shot in one.tracks for t in shot) for one in matches}
    steps = [fastest(track) for one in matches for shot in one.tracks for track in shot]
    found["fastest step"] = round(max(steps), 2)
    return found


def tracker_scores(folder: Path, name: str, *, count: int) -> dict[str, float]:
    """Return HOTA and its parts for touchline's tracks; a restart of the scene begins a new sequence."""
    seen = observed(folder, name, count=count)
    place = DATA / "simulated" / f"match_{name}"
    truth = read_truth(place / "tracks.txt")[: len(seen)]
    cuts = [cut for cut in restarts(truth, true_motions(place)[: len(seen)]) if cut < len(seen)]
    settings = replace(DEFAULT_SETTINGS, high=HIGH)
    found = []
    for number, (start, end) in enumerate(pairwise([0, *cuts, len(seen)])):
        part = follow_offline(seen[start:end], fps=FPS, settings=settings)
        found += [(ids + 1_000_000 * number, boxes) for ids, boxes in part]
    true = [(ids + 1_000_000 * sum(cut <= i for cut in cuts), boxes) for i, (ids, boxes) in enumerate(truth)]
    scores = evaluate_tracking(true, found).results()
    return {column: round(float(scores[column]) * (1 if column == "IDSW" else 100), 2) for column in COLUMNS}


def fastest(track: Track) -> float:
    """Return the highest speed between two neighbouring places, m/s."""
    if track.positions_m is None:
        return 0.0
    known = np.isfinite(track.positions_m).all(axis=1)
    steps = np.hypot(*np.diff(track.positions_m[known], axis=0).T) / np.diff(track.times_us[known]) * 1e6
    return float(steps.max()) if len(steps) else 0.0


def fit(matches: list[Followed]) -> dict[str, Any]:
    """Return constants of the program that make the stated confidences those observed."""
    risks, same = [], []
    for one in matches:
        for number, shot in enumerate(one.shots):
            people = shot.tracklets[: len(shot.looks)]
            for row, players in zip(risks_of(people, fps=FPS), in_order(one, number), strict=True):
                player, share = most(players)
                if player:
                    risks.append(row)
                    same.append(share >= MOSTLY)
    rates = fit_rates(np.array(risks), np.array(same))
    rows = claims(matches)["role"]
    odds = np.log(np.clip(rows[0], 1e-6, 1 - 1e-6) / (1 - np.clip(rows[0], 1e-6, 1 - 1e-6)))
    slope = minimize(lambda p: nll(p[0] * odds + p[1], np.array(rows[1])), [1.0, 0.0], method="Nelder-Mead").x
    errors = movement_errors(matches)
    factor = {k: float(np.sqrt((np.minimum(v[:, 0] / v[:, 1], 6.0) ** 2).mean())) for k, v in errors.items()}
    return {
        "RATES": dict(zip(RISKS, np.round(rates, 4).tolist(), strict=True)),
        "role": slope.tolist(),
        "factors": factor,
    }


def fit_rates(risks: npt.NDArray[np.float64], same: npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Return the hazards that make what happened likeliest, with a weak pull towards small ones."""

    def loss(logs: npt.NDArray[np.float64]) -> float:
        sure = np.clip(np.exp(-(risks @ np.exp(logs)) - 1e-4), 1e-6, 1 - 1e-6)
        return float(-(np.log(sure[same]).sum() + np.log(1 - sure[~same]).sum()) + 0.02 * ((logs + 4) ** 2).sum())

    return np.asarray(np.exp(minimize(loss, np.full(risks.shape[1], -4.0), method="Powell").x))


def nll(odds: npt.NDArray[np.float64], right: npt.NDArray[np.float64]) -> float:
    """Return the mean log loss of log-odds."""
    return float(np.logaddexp(0, np.where(right > 0.5, -odds, odds)).mean())


def main() -> None:
    """Run the benchmark, print and write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="folder that keeps the networks' output")
    parser.add_argument("--fit", action="store_true", help="print constants fitted on matches 011 and 012")
    parser.add_argument("--matches", nargs="+", help="other matches than these")
    parser.add_argument("--count", type=int, default=600, help="frames of each match")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    names = arguments.matches or (FITTED if arguments.fit else REPORTED)
    matches = [follow(arguments.folder, name, count=arguments.count) for name in names]
    found = {"matches": list(names), "frames": arguments.count, **report(matches)}
    found["tracker"] = {name: tracker_scores(arguments.folder, name, count=arguments.count) for name in names}
    if arguments.fit:
        found["fitted"] = fit(matches)
    print(json.dumps(found, indent=1))
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
