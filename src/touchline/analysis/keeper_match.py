"""Keeper moments of a match: shots from the timeline, keepers and ball from the tracks, frames from the video."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.clock import US_PER_S, format_clock
from touchline.core.errors import InputError
from touchline.core.events import Event, Timeline
from touchline.core.geometry.pitch import STANDARD, Pitch
from touchline.core.shots import GOAL, GOAL_YD, LENGTH_YD, WIDTH_YD, Shot
from touchline.core.tracks import DETECTION_LABELS, Track, Tracks
from touchline.formats.keeper.moments_index import IndexedMoment, write_moments_index
from touchline.goalkeeping.expected_saves import SaveModel, load_expected_saves
from touchline.goalkeeping.found_keeper import Box, FoundKeeper, find_pose
from touchline.goalkeeping.moments import UNNAMED, Moment, SeenKeeper, cut_out, moment_of
from touchline.goalkeeping.pose_finder import PoseFinderLike, load_pose_finder
from touchline.goalkeeping.technique import Techniques, load_techniques
from touchline.media.clips import read_clip
from touchline.report.keepers.page import anchor_of, write_keeper_pages

BALL, KEEPER = DETECTION_LABELS[:2]
YARDS_PER_M = 1 / 0.9144
SHOT_LABELS = frozenset({"shot", "shots on target", "shots off target", "penalty", "goal"})
GOAL_LABEL = "goal"
OFF_TARGET = "shots off target"
LEAST_HEIGHT_PX = 60.0
"""Height in pixels below which no pose is estimated for a keeper."""

FROM_TRACKS = (
    "positions are from the tracks, pressure is judged by distance alone, and the chance is that of a one-on-one: it "
    "is less reliable with defenders in between"
)
PICTURES_AT_S = (0.0, 0.2)
_NEAR_US = 400_000
_SAME_SHOT_US = 3 * US_PER_S
_PRESSURE_M = 1.5
_FURTHEST_KEEPER_M = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class KeeperMoment:
    """A shot in a match and the keeper who faces it.

    Attributes:
        time_us: time of the shot in microseconds.
        label: label of the event.
        keeper: the keeper's track; None if no keeper was tracked at that time.
        shot: where the shot was taken from; None if that is unknown.
        notes: remarks for the reader.

    """

    time_us: int
    label: str
    keeper: Track | None
    shot: Shot | None
    notes: tuple[str, ...] = ()


def keeper_moments(timeline: Timeline, tracks: Tracks, *, pitch: Pitch = STANDARD) -> list[KeeperMoment]:
    """Return the shots of a match, each with the keeper who faced it and its origin.

    Args:
        timeline: the match's events; those whose label is in ``SHOT_LABELS`` (in upper or lower case) are shots, and a
            goal within three seconds of a shot is that shot's outcome.
        tracks: tracks of the same video.
        pitch: size of the pitch, used to convert positions to distances from the goal.

    """
    return [_moment(event, outcome, tracks, pitch=pitch) for event, outcome in _shots(timeline)]


def _shots(timeline: Timeline) -> list[tuple[Event, str | None]]:
    """Return each shot once, with its outcome if the labels give it."""
    found: list[tuple[Event, str | None]] = []
    for event in timeline:
        label = event.label.lower()
        if label not in SHOT_LABELS:
            continue
        last = found[-1][0] if found else None
        if label == GOAL_LABEL and last is not None and event.start_us - last.start_us <= _SAME_SHOT_US:
            found[-1] = (last, GOAL)
        else:
            found.append((event, {GOAL_LABEL: GOAL, OFF_TARGET: "Off T"}.get(label)))
    return found


def _moment(event: Event, outcome: str | None, tracks: Tracks, *, pitch: Pitch) -> KeeperMoment:
    there = [(track, row) for track in tracks if (row := _row_at(track, event.start_us)) is not None]
    keepers = [(track, row) for track, row in there if track.label == KEEPER]
    ball_m = _ball_place(there)
    if ball_m is None:
        alone = keepers[0][0] if len(keepers) == 1 else None
        note = "where the shot came from is unknown: the ball or the pitch was not found at that time"
        return KeeperMoment(event.start_us, event.label, alone, None, (note, *_nobody(alone)))
    side = 1.0 if ball_m[0] >= 0 else -1.0
    facing = _facing(keepers, np.array([side * pitch.length_m / 2, 0.0]))
    keeper = None if facing is None else facing[0]
    place_m = None if facing is None else _place(*facing)
    x_yd, y_yd = _yards(ball_m, side=side, pitch=pitch)
    if (x_yd, y_yd) == GOAL_YD:
        return KeeperMoment(event.start_us, event.label, keeper, None, ("the ball is in the goal", *_nobody(keeper)))
    shot = Shot(
        x_yd,
        y_yd,
        under_pressure=_is_pressed(there, ball_m, keeper=keeper),
        keeper_yd=None if place_m is None else _yards(place_m, side=side, pitch=pitch),
        id=f"{event.label} at {format_clock(event.start_us)}",
        keeper=None if keeper is None else keeper.name or f"Keeper {keeper.team or keeper.track_id}",
        outcome=outcome,
    )
    return KeeperMoment(event.start_us, event.label, keeper, shot, (FROM_TRACKS, *_nobody(keeper)))


def _ball_place(there: Sequence[tuple[Track, int]]) -> Floats64 | None:
    """Return the ball's position on the pitch in metres, if known."""
    places = [_place(track, row) for track, row in there if track.label == BALL]
    return next((place for place in places if place is not None), None)


def _nobody(keeper: Track | None) -> tuple[str, ...]:
    return () if keeper is not None else ("no keeper was tracked at that time",)


def _facing(keepers: Sequence[tuple[Track, int]], goal_m: Floats64) -> tuple[Track, int] | None:
    """Return the keeper nearest to the goal being shot at, with the row of the track."""
    away = []
    for track, row in keepers:
        place = _place(track, row)
        away.append(np.inf if place is None else float(np.linalg.norm(place - goal_m)))
    if not away or min(away) > _FURTHEST_KEEPER_M:
        return None
    return keepers[int(np.argmin(away))]


def _is_pressed(there: Sequence[tuple[Track, int]], ball_m: Floats64, *, keeper: Track | None) -> bool:
    """Return whether one of the keeper's team-mates is within reach of the ball."""
    if keeper is None or keeper.team is None:
        return False
    for track, row in there:
        place = _place(track, row) if track.team == keeper.team and track is not keeper else None
        if place is not None and float(np.linalg.norm(place - ball_m)) <= _PRESSURE_M:
            return True
    return False


def _row_at(track: Track, time_us: int) -> int | None:
    """Return the row of a track nearest to a time; None if the track has no box near it."""
    row = int(np.abs(track.times_us - time_us).argmin())
    return row if abs(int(track.times_us[row]) - time_us) <= _NEAR_US else None


def _place(track: Track, row: int) -> Floats64 | None:
    if track.positions_m is None or not np.isfinite(track.positions_m[row]).all():
        return None
    return np.asarray(track.positions_m[row], np.float64)


def _yards(place_m: Floats64, *, side: float, pitch: Pitch) -> tuple[float, float]:
    """Convert metres to StatsBomb coordinates in yards: the target goal at (120, 40), distances from it to scale."""
    x = LENGTH_YD - (pitch.length_m / 2 - side * place_m[0]) * YARDS_PER_M
    y = GOAL_YD[1] + side * place_m[1] * YARDS_PER_M
    return float(np.clip(x, 0, LENGTH_YD)), float(np.clip(y, 0, WIDTH_YD))


def look_at_match(
    video: Path,
    moments: Sequence[KeeperMoment],
    *,
    finder: PoseFinderLike,
    model: SaveModel,
    techniques: Techniques,
    stream: int | None = None,
) -> list[Moment]:
    """Return the moments with pictures, pose, technique and chance of a save.

    Args:
        video: the video file of the match.
        moments: keeper moments of the match.
        finder: the pose finder.
        model: the expected-saves model.
        techniques: the known techniques.
        stream: index of the video stream; None for the default stream.

    """
    wanted = [_rows(moment) for moment in moments]
    times = [time_us for rows in wanted for time_us, _ in rows]
    frames = dict(zip(times, read_clip(video, times_us=times, stream=stream), strict=True))
    found = []
    for moment, rows in zip(moments, wanted, strict=True):
        seen = [_seen(frames[time_us].to_rgb(), box, time_us=time_us, finder=finder) for time_us, box in rows]
        notes = moment.notes if rows or moment.keeper is None else (*moment.notes, _too_small(moment))
        found.append(moment_of(seen, moment.shot, model=model, techniques=techniques, notes=notes))
    return found


def _rows(moment: KeeperMoment) -> list[tuple[int, Box]]:
    """Return the times and boxes at which the keeper is examined: while tracked and tall enough."""
    if moment.keeper is None:
        return []
    track, rows = moment.keeper, []
    for after_s in PICTURES_AT_S:
        row = _row_at(track, moment.time_us + round(after_s * US_PER_S))
        if row is not None and _height_px(track, row) >= LEAST_HEIGHT_PX and row not in rows:
            rows.append(row)
    return [(int(track.times_us[row]), _box(track, row)) for row in rows]


def _box(track: Track, row: int) -> Box:
    x0, y0, x1, y1 = (float(value) for value in track.boxes_xyxy[row])
    return x0, y0, x1, y1


def _height_px(track: Track, row: int) -> float:
    return float(track.boxes_xyxy[row, 3] - track.boxes_xyxy[row, 1])


def _too_small(moment: KeeperMoment) -> str:
    row = None if moment.keeper is None else _row_at(moment.keeper, moment.time_us)
    tall = "not seen" if moment.keeper is None or row is None else f"{_height_px(moment.keeper, row):.0f} pixels tall"
    return f"the keeper is {tall}; pose estimation needs at least {LEAST_HEIGHT_PX:.0f} pixels"


def _seen(rgb: npt.NDArray[np.uint8], box_xyxy: Box, *, time_us: int, finder: PoseFinderLike) -> SeenKeeper:
    pose, box, note = find_pose(rgb, finder, keeper=FoundKeeper(box_xyxy))
    return cut_out(f"at {format_clock(time_us)}", rgb, pose, box_xyxy=box, note=note)


def has_shots(timeline: Timeline) -> bool:
    """Return whether any event is a shot."""
    return any(event.label.lower() in SHOT_LABELS for event in timeline)


def write_bundle_pages(
    video: Path, folder: Path, *, timeline: Timeline, tracks: Tracks, stream: int | None = None
) -> tuple[str, ...]:
    """Write a match's keeper pages with the built-in models; return remarks for the user if that is not possible."""
    try:
        finder = load_pose_finder()
        write_match_pages(
            video,
            folder,
            timeline=timeline,
            tracks=tracks,
            finder=finder,
            model=load_expected_saves(),
            stream=stream,
        )
    except InputError as error:
        return (f"{folder.name}: {error}",)
    return ()


@dataclass(frozen=True, slots=True, eq=False)
class MatchPages:
    """The keeper pages of a match; the page ``index`` lists the keepers, ``index.json`` beside it the moments."""

    index: Path
    moments: tuple[Moment, ...]


def write_match_pages(
    video: Path,
    folder: Path,
    *,
    timeline: Timeline,
    tracks: Tracks,
    finder: PoseFinderLike,
    model: SaveModel,
    stream: int | None = None,
) -> MatchPages:
    """Write a match's keeper pages.

    Args:
        video: the video file of the match.
        folder: folder for the pages.
        timeline: events of the video.
        tracks: tracks of the video.
        finder: the pose finder.
        model: the expected-saves model.
        stream: index of the video stream; None for the default stream.

    Raises:
        InputError: none of the events is a shot.

    """
    found = keeper_moments(timeline, tracks)
    if not found:
        labels = ", ".join(timeline.labels) or "none"
        raise InputError(f"{video}: no shot among its events (labels: {labels}); the keeper pages need shots")
    techniques = load_techniques()
    moments = look_at_match(video, found, finder=finder, model=model, techniques=techniques, stream=stream)
    source = f"{video.name}, {len(moments)} {'shot' if len(moments) == 1 else 'shots'}"
    pages = write_keeper_pages(folder, moments, model=model, techniques=techniques, source=source)
    write_moments_index(folder, _indexed(found, moments, pages))
    return MatchPages(folder / "index.html", tuple(moments))


def _indexed(
    found: Sequence[KeeperMoment], moments: Sequence[Moment], pages: Mapping[str, Path]
) -> list[IndexedMoment]:
    """Return what the index says of each moment, in the order of the match."""
    counts: Counter[str] = Counter()
    rows = []
    for place, moment in zip(found, moments, strict=True):
        keeper, reading = moment.keeper or UNNAMED, moment.reading
        rows.append(
            IndexedMoment(
                time_us=place.time_us,
                label=place.label,
                track_id=None if place.keeper is None else place.keeper.track_id,
                keeper=moment.keeper,
                outcome=None if moment.shot is None else moment.shot.outcome,
                technique=reading.name,
                confidence=None if reading.name is None else round(reading.confidence, 4),
                p_save=None if moment.saves is None else round(moment.saves.p, 4),
                p_range=None if moment.saves is None else [round(moment.saves.low, 4), round(moment.saves.high, 4)],
                note=reading.reason,
                page=pages[keeper].name,
                anchor=anchor_of(counts[keeper]),
            )
        )
        counts[keeper] += 1
    return rows
