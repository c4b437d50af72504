"""The exact truth of a simulated match: tracks, camera, events, who has the ball, and whether it is in play."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.clock import US_PER_S
from touchline.core.geometry.camera import CameraPath
from touchline.core.tracks import Shot, Track, Tracks
from touchline.training.track_events.kinds import MatchState, PlayLabel, kinds_of_play

PITCH_M = (108.8, 70.2)
"""Length and width of the simulator's pitch, metres."""
SIZE_PX = (640, 360)
"""Width and height of the simulator's pictures."""
FIRST_OF_SECOND = 12
"""Number of the second team's first player, its goalkeeper; the first team counts from 1."""
_BALL_ID = 23
_BALL_M = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class MatchTruth:
    """A simulated match; arrays have one row for each of n frames.

    Attributes:
        name: name of its folder.
        tracks: every player while in the picture (track ids 1 to 22, also as names), and the ball (23).
        camera: the exact camera.
        events: labels of play with their times, in order.
        owner: int64 (n,), id of the player that has the ball, 0 if nobody has.
        in_play: bool (n,), whether the ball is in play.

    """

    name: str
    tracks: Tracks
    camera: CameraPath
    events: tuple[PlayLabel, ...]
    owner: Indices
    in_play: Bools


def read_truth(folder: Path) -> MatchTruth:
    """Read a folder that the simulator's ``label.py`` wrote.

    Raises:
        OSError, ValueError: a file is missing or has another layout.

    """
    ball = np.genfromtxt(folder / "ball.csv", delimiter=",", names=True)
    with np.load(folder / "camera.npz") as arrays:
        projection, fps = arrays["P"].astype(np.float64), float(arrays["fps"])
    times_us = np.round(np.arange(len(ball)) * US_PER_S / fps).astype(np.int64)
    camera = _camera(projection, times_us)
    state = MatchState(
        fps=fps,
        ball_m=np.stack([ball["x_m"], ball["y_m"], ball["z_m"]], axis=1),
        owner=_owner(ball["owner_team"], ball["owner_player"]),
        mode=ball["game_mode"].astype(np.int64),
    )
    shot = Shot(0, 0, int(times_us[-1]) + round(US_PER_S / fps), kind="wide", pitch=1.0)
    tracks = (*_people(folder / "tracks.txt", times_us), *_ball(projection, state.ball_m, times_us, size=SIZE_PX))
    labels = _labels(folder / "Labels-ball.json")
    return MatchTruth(
        name=folder.name,
        tracks=Tracks(tracks, (shot,), *SIZE_PX),
        camera=camera,
        events=tuple(sorted((*labels, *kinds_of_play(state, labels)), key=lambda event: (event.time_us, event.label))),
        owner=state.owner,
        in_play=state.mode == 0,
    )


def _owner(team: Floats64, player: Floats64) -> Indices:
    number = player + 1 + (FIRST_OF_SECOND - 1) * (team == 1)
    return np.where(team >= 0, number, 0).astype(np.int64)


def _camera(projection: Floats64, times_us: Indices) -> CameraPath:
    """Return the camera's path of exact projections (n, 3, 4) from metres to pixels."""
    ground = projection[:, :, [0, 1, 3]]
    to_pitch = np.linalg.inv(ground)
    to_pitch /= np.einsum("nj,j->n", to_pitch[:, 2], (320.0, 360.0, 1.0))[:, None, None]
    motions = np.tile(np.eye(3), (len(ground), 1, 1))
    motions[1:] = ground[1:] @ np.linalg.inv(ground[:-1])
    motions /= motions[:, 2:, 2:]
    count = len(times_us)
    return CameraPath(
        times_us=times_us,
        starts=np.arange(count) == 0,
        motions=motions,
        quality=np.ones(count, np.float32),
        to_pitch=np.asarray(to_pitch, np.float64),
        pitch_m=np.tile(np.array(PITCH_M, np.float32), (count, 1)),
    )


def _people(path: Path, times_us: Indices) -> list[Track]:
    rows = np.loadtxt(path, delimiter=",", ndmin=2)
    tracks = []
    for number in np.unique(rows[:, 1]).astype(int).tolist():
        mine = rows[rows[:, 1] == number]
        mine = mine[np.argsort(mine[:, 0])]
        frames = mine[:, 0].astype(np.int64) - 1
        boxes = np.concatenate([mine[:, 2:4], mine[:, 2:4] + mine[:, 4:6]], axis=1)
        second = number >= FIRST_OF_SECOND
        label = "goalkeeper" if number in (1, FIRST_OF_SECOND) else "player"
        tracks.append(_track(number, frames, times_us, boxes, label=label, team="B" if second else "A"))
    return tracks


def _ball(projection: Floats64, ball_m: Floats64, times_us: Indices, *, size: tuple[int, int]) -> list[Track]:
    whole = np.concatenate([ball_m, np.ones((len(ball_m), 1))], axis=1)
    pixels = np.einsum("nij,nj->ni", projection, whole)
    centre = pixels[:, :2] / pixels[:, 2:]
    raised = np.einsum("nij,nj->ni", projection, whole + np.array([0, 0, _BALL_M, 0]))
    radius = np.maximum(np.abs(centre[:, 1] - raised[:, 1] / raised[:, 2]) / 2, 1.0)[:, None]
    frames = np.flatnonzero(((centre >= 0) & (centre < size)).all(axis=1))
    boxes = np.concatenate([centre - radius, centre + radius], axis=1)[frames]
    return [_track(_BALL_ID, frames, times_us, boxes, label="ball", team=None)] if len(frames) else []


def _track(number: int, frames: Indices, times_us: Indices, boxes: Floats64, *, label: str, team: str | None) -> Track:
    return Track(
        track_id=number,
        label=label,
        times_us=times_us[frames],
        frames=frames,
        boxes_xyxy=boxes.astype(np.float32),
        confidence=np.ones(len(frames), np.float32),
        observed=np.ones(len(frames), np.bool_),
        name=str(number),
        team=team,
        team_confidence=1.0 if team else 0.0,
    )


def _labels(path: Path) -> tuple[PlayLabel, ...]:
    annotations = json.loads(path.read_text(encoding="utf-8"))["annotations"]
    return tuple(PlayLabel(int(row["position"]) * 1000, str(row["label"])) for row in annotations)
