"""Game states from tracks, and tracks from game states.

Teams of tracks are A and B, those of game states left and right: the team whose players are farther to the left on
average. Shirt numbers are the names that persons gave ("10", "#10 Name"); tracks have no others.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from touchline.core.clock import US_PER_S
from touchline.core.columns import BoolArray, FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.core.tracks import BALL, DETECTION_LABELS, GOALKEEPER, PLAYER, Shot, Track, Tracks
from touchline.formats.boxes.track_format import TrackFormat
from touchline.formats.events.event_format import Converted
from touchline.formats.events.export_context import ExportContext
from touchline.formats.gamestate.labels import GameState, Who

SPLITS = ("train", "valid", "test", "challenge")
"""Splits of the data set; the first digit of an image id is the number of its split, from 1."""

FPS = 25
_SEQUENCE = re.compile(r"SNGS-(\d{3})")
_SHIRT = re.compile(r"#?(\d{1,2})(?!\d)")
_OF_TEAMS = {"left": "A", "right": "B"}


class GameStateTracks(TrackFormat):
    """The predictions of one sequence for SoccerNet's game-state reconstruction.

    In files named as a sequence (``SNGS-116.json``), with the split given, image ids are those of the data set; in
    others they are the frame's number from 0, which the evaluator understands as well.
    """

    name = "gamestate"
    title = "people on the pitch for SoccerNet's game-state reconstruction"
    suffix = ".json"
    plain_name = True

    def losses(self, tracks: Tracks, *, context: ExportContext) -> tuple[str, ...]:
        """Return what is left out and what is not known."""
        del context
        rows = sum(len(track) for track in _people(tracks))
        placed = sum(int(_placed(track).sum()) for track in _people(tracks))
        lost = [f"{rows - placed} of {rows} boxes without a place on the pitch are left out"] if placed < rows else []
        players = [track for track in _people(tracks) if track.label == DETECTION_LABELS[PLAYER]]
        unnamed = sum(shirt_number(track) is None for track in players)
        if unnamed:
            lost.append(f"{unnamed} of {len(players)} players have no shirt number; a name such as 10 gives one")
        return tuple(lost)

    def content(self, tracks: Tracks, *, context: ExportContext) -> bytes:
        """Return the prediction file."""
        prefix = image_prefix(context.game, split=context.options.split)
        return orjson.dumps({"predictions": list(_predictions(tracks, prefix=prefix))})

    def write(self, tracks: Tracks, path: Path, *, context: ExportContext) -> Converted:
        """Write the file; its name says which sequence it is."""
        return super().write(tracks, path, context=replace(context, game=path.stem))


def image_prefix(game: str, *, split: str) -> str:
    """Return what stands before the frame's number in the image ids of a sequence; empty if it is not known."""
    found = _SEQUENCE.fullmatch(game)
    return f"{SPLITS.index(split) + 1}{found[1]}" if found and split in SPLITS else ""


def shirt_number(track: Track) -> int | None:
    """Return the shirt number in the name that a person gave; None without one."""
    found = _SHIRT.match(track.name.strip()) if track.name else None
    return None if found is None else int(found[1])


def sides_of_teams(tracks: Tracks) -> Mapping[str, str]:
    """Return team -> ``"left"`` or ``"right"``: which of the teams is farther to the left on average."""
    teams = sorted({track.team for track in tracks if track.team is not None})
    mean = {team: _mean_x(tracks, team) for team in teams}
    if len(teams) == 1:
        return {teams[0]: "right" if mean[teams[0]] > 0 else "left"}
    return dict(zip(sorted(teams, key=lambda team: mean[team]), ("left", "right"), strict=False))


def tracks_of(state: GameState, *, source: str = "the game state") -> Tracks:
    """Return the people of a game state as tracks; those of role "other" are left out.

    Raises:
        InputError: the file has no boxes in the picture; ``source`` names it.

    """
    if not bool(np.isfinite(state.boxes_xyxy).all()):
        raise InputError(f"{source}: has entries without bbox_image; tracks need boxes in the picture")
    known = [who.role in DETECTION_LABELS for who in state.who]
    rows = [np.flatnonzero((state.ids == name) & np.array(known)) for name in np.unique(state.ids).tolist()]
    tracks = [_track(state, index, number) for number, index in enumerate(filter(len, rows), 1)]
    shots = (Shot(0, 0, max(1, len(state.images)) * US_PER_S // FPS, kind="wide", pitch=1.0),)
    return Tracks(tuple(tracks), shots, *state.size)


def _track(state: GameState, index: IntArray, number: int) -> Track:
    """Return one track of the rows of a game state; role and team are those of most rows."""
    index = index[np.argsort(state.image[index], kind="stable")]
    frames = state.image[index]
    who = _usual([state.who[i] for i in index.tolist()])
    return Track(
        track_id=number,
        label=who.role,
        times_us=frames * US_PER_S // FPS,
        frames=frames,
        boxes_xyxy=state.boxes_xyxy[index].astype(np.float32),
        confidence=state.confidence[index].astype(np.float32),
        observed=np.ones(len(index), np.bool_),
        team=_OF_TEAMS.get(who.team or ""),
        team_confidence=0.0 if who.team is None else 1.0,
        positions_m=(state.places_m[index] * (1, -1)).astype(np.float32),
        name=None if who.jersey is None else str(who.jersey),
    )


def _usual(people: list[Who]) -> Who:
    return max(dict.fromkeys(people), key=people.count)


def _people(tracks: Tracks) -> list[Track]:
    return [track for track in tracks if track.label != DETECTION_LABELS[BALL]]


def _placed(track: Track) -> BoolArray:
    """Return a mask (n,) of the boxes with a place on the pitch."""
    if track.positions_m is None:
        return np.zeros(len(track), np.bool_)
    return np.asarray(np.isfinite(track.positions_m).all(axis=1))


def _mean_x(tracks: Tracks, team: str) -> float:
    """Return how far to the right a team's players are on average, metres; 0 if nobody was placed."""
    places = [
        track.positions_m[_placed(track), 0] for track in tracks if track.team == team and track.positions_m is not None
    ]
    joined = np.concatenate([np.zeros(0, np.float32), *places])
    return float(joined.mean()) if len(joined) else 0.0


def _predictions(tracks: Tracks, *, prefix: str) -> Iterator[dict[str, Any]]:
    """Yield the entries of a prediction file."""
    sides = sides_of_teams(tracks)
    for track in _people(tracks):
        attributes = _attributes(track, sides)
        for i in np.flatnonzero(_placed(track)).tolist():
            frame = int(track.frames[i])
            yield {
                "image_id": f"{prefix}{frame + 1:06d}" if prefix else f"{frame:06d}",
                "track_id": track.track_id,
                "supercategory": "object",
                "category_id": 1.0,
                "confidence": round(float(track.confidence[i]), 4),
                "attributes": attributes,
                "bbox_image": _image_box(track.boxes_xyxy[i].astype(np.float64)),
                "bbox_pitch": _pitch_box(track, i),
            }


def _attributes(track: Track, sides: Mapping[str, str]) -> dict[str, str | None]:
    """Return role, team and shirt number as SoccerNet writes them."""
    of_team = track.label in (DETECTION_LABELS[PLAYER], DETECTION_LABELS[GOALKEEPER])
    number = shirt_number(track) if of_team else None
    return {
        "role": track.label,
        "team": sides.get(track.team or "") if of_team else None,
        "jersey": None if number is None else str(number),
    }


def _image_box(box: FloatArray) -> dict[str, float]:
    """Return a box in SoccerNet's keys."""
    x, y, right, bottom = (round(float(value), 2) for value in box)
    middle = {"x_center": round((x + right) / 2, 2), "y_center": round((y + bottom) / 2, 2)}
    return {"x": x, "y": y, **middle, "w": round(right - x, 2), "h": round(bottom - y, 2)}


def _pitch_box(track: Track, row: int) -> dict[str, float]:
    """Return a place on the pitch in SoccerNet's keys; its y points to the camera, ours away from it."""
    assert track.positions_m is not None
    x, y = (float(value) for value in track.positions_m[row])
    parts = ("left", "middle", "right")
    return {f"{axis}_bottom_{part}": round(at, 3) for part in parts for axis, at in (("x", x), ("y", -y))}
