"""A sequence of the MOT Challenge, SoccerNet or SportsMOT as tracks: its truth, and who is who by ``gameinfo.ini``.

Teams left and right of SoccerNet become A and B, shirt numbers become names. Without ``gameinfo.ini`` everybody is a
player, and class 3 is the ball, as in the files that touchline writes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from touchline.core.clock import US_PER_S
from touchline.core.columns import IntArray
from touchline.core.errors import InputError
from touchline.core.tracks import DETECTION_LABELS, Shot, Track, Tracks
from touchline.formats.boxes.mot import BALL_CLASS, MotTable, read_mot
from touchline.formats.boxes.sequence_info import SequenceInfo, Tracklet, parse_game_info, parse_sequence_info
from touchline.formats.files.guard import read_regular

FPS = 25.0
"""Frame rate where ``seqinfo.ini`` states none: that of SoccerNet and SportsMOT."""

_OF_TEAMS = {"left": "A", "right": "B"}


def read_sequence(folder: Path | str) -> Tracks:
    """Read the truth of a sequence, ``FOLDER/gt/gt.txt``, with ``seqinfo.ini`` and ``gameinfo.ini`` beside it.

    Tracks of role "other" are left out, as are rows with confidence 0, which are not scored. The size of the picture is
    that of ``seqinfo.ini``, or reaches to the last box.

    Raises:
        InputError: there is no truth, or a file of the sequence is broken.

    """
    folder = Path(folder)
    table = read_mot(folder / "gt" / "gt.txt")
    table = table.take(table.confidence != 0)
    if not len(table):
        raise InputError(f"{folder / 'gt' / 'gt.txt'}: holds no box")
    info = _info(folder / "seqinfo.ini")
    game = folder / "gameinfo.ini"
    who = parse_game_info(read_regular(game), source=str(game)) if game.is_file() else {}
    people = {name: who.get(name) or _by_class(table, name) for name in np.unique(table.ids).tolist()}
    known = {name: one for name, one in people.items() if one.role in DETECTION_LABELS}
    rate = info.fps or FPS
    tracks = [_track(table, name, one, number=n, fps=rate) for n, (name, one) in enumerate(known.items(), 1)]
    last_us = round(max(int(table.frames.max()), info.frames or 0) * US_PER_S / rate)
    width, height = (int(np.ceil(side)) for side in table.boxes_xyxy[:, 2:].max(axis=0))
    return Tracks(tuple(tracks), (Shot(0, 0, last_us, kind="wide"),), info.width or width, info.height or height)


def _info(path: Path) -> SequenceInfo:
    """Return the facts of the sequence; empty ones without the file."""
    return parse_sequence_info(read_regular(path), source=str(path)) if path.is_file() else SequenceInfo()


def _by_class(table: MotTable, name: int) -> Tracklet:
    """Return who a track is by its class alone."""
    ball = bool((table.classes[table.ids == name] == BALL_CLASS).all())
    return Tracklet("ball" if ball else "player")


def _track(table: MotTable, name: int, who: Tracklet, *, number: int, fps: float) -> Track:
    """Return the rows of one id as a track."""
    rows: IntArray = np.flatnonzero(table.ids == name)
    rows = rows[np.argsort(table.frames[rows], kind="stable")]
    frames = table.frames[rows] - 1
    return Track(
        track_id=number,
        label=who.role,
        times_us=np.round(frames * US_PER_S / fps).astype(np.int64),
        frames=frames,
        boxes_xyxy=table.boxes_xyxy[rows].astype(np.float32),
        confidence=np.ones(len(rows), np.float32),
        observed=np.ones(len(rows), np.bool_),
        team=_OF_TEAMS.get(who.team or ""),
        team_confidence=0.0 if who.team is None else 1.0,
        name=None if who.number is None else str(who.number),
    )
