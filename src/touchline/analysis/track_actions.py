"""Action recognition along existing tracks: the video is decoded once and crops go straight to the recogniser."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from touchline.analysis.shot_actions import ActionBook
from touchline.core.actions import Actions
from touchline.core.errors import InputError
from touchline.core.tracks import DETECTION_LABELS, PLAYER, Shot, Track, Tracks
from touchline.formats.boxes.mot import MotTable, read_mot
from touchline.formats.boxes.tracks_parquet import read_tracks_parquet
from touchline.formats.bundle import TRACKS
from touchline.media.video import Progress, VideoReader, probe, with_progress
from touchline.recognition.crops import crop_person
from touchline.recognition.recogniser import ClipRecogniser
from touchline.recognition.track_recogniser import TrackRecogniser


def read_known_tracks(path: Path, *, video: Path) -> Tracks:
    """Read the tracks of a video from ``tracks.parquet``, a bundle that holds it, or a MOT file.

    A MOT file has frame numbers but no times: the times are those of the video's decoded frames.

    Raises:
        InputError: the file does not exist or does not belong to this video.

    """
    if path.is_dir():
        path = path / TRACKS
    if path.suffix == ".parquet":
        return read_tracks_parquet(path)
    table = read_mot(path)
    info = probe(video)
    with VideoReader(video) as reader:
        times_us = np.array([frame.time_us for frame in reader.frames()], np.int64)
    if len(table) and int(table.frames.max()) > len(times_us):
        raise InputError(
            f"{path}: frame {int(table.frames.max())} is beyond the {len(times_us)} frames of {video}; "
            "are these the tracks of another video?"
        )
    tracks = tuple(_track(table, int(i), times_us) for i in np.unique(table.ids))
    end_us = int(times_us[-1]) + 1 if len(times_us) else 1
    return Tracks(tracks, (Shot(0, 0, end_us),), info.width, info.height)


def _track(table: MotTable, track_id: int, times_us: np.ndarray) -> Track:
    rows = np.flatnonzero(table.ids == track_id)
    rows = rows[np.argsort(table.frames[rows], kind="stable")]
    frames = table.frames[rows] - 1
    return Track(
        track_id,
        DETECTION_LABELS[PLAYER],
        times_us[frames],
        frames,
        table.boxes_xyxy[rows].astype(np.float32),
        np.clip(table.confidence[rows], 0, 1).astype(np.float32),
        np.ones(len(rows), np.bool_),
    )


def actions_along_tracks(
    video: Path, tracks: Tracks, *, recogniser: ClipRecogniser | None, progress: Progress | None = None
) -> Actions:
    """Return the actions of everyone in a video.

    Args:
        video: the video file the tracks belong to.
        tracks: the tracks of the video.
        recogniser: the clip recogniser; None for movement and ball possession alone, which need no frames.
        progress: called with the progress of the decode.

    Raises:
        InputError: the video cannot be used, or ends before the tracks do.

    """
    windows = [] if recogniser is None else _windows(video, tracks, recogniser, progress)
    book = ActionBook(recogniser)
    by_shot: dict[int, list[Track]] = defaultdict(list)
    for track in tracks:
        by_shot[track.shot].append(track)
    for shot in sorted(by_shot):
        ids = {track.track_id for track in by_shot[shot]}
        book.add(by_shot[shot], windows=[scores for scores in windows if scores.track_id in ids])
    return book.actions()


def _windows(video: Path, tracks: Tracks, recogniser: ClipRecogniser, progress: Progress | None) -> list:
    """Return the scores of everyone's windows, from one pass over the video."""
    people = [track for track in tracks if track.label != "ball"]
    starts: dict[int, list[int]] = defaultdict(list)
    for number, track in enumerate(people):
        starts[int(track.frames[0])].append(number)
    along, active, last = TrackRecogniser(recogniser), {}, -1
    size = {"width": recogniser.spec.width, "height": recogniser.spec.height}
    with VideoReader(video) as reader:
        frames = with_progress(reader.frames(), duration_us=reader.info.duration_us, progress=progress)
        for index, frame in enumerate(frames):
            last = index
            active.update(dict.fromkeys(starts.get(index, ()), 0))
            rgb = frame.to_rgb() if active else None
            for number in list(active):
                track, row = people[number], active[number]
                if int(track.frames[row]) != index or rgb is None:
                    continue
                crop = crop_person(rgb, track.boxes_xyxy[row], **size)
                if crop is not None:
                    along.push(track.track_id, time_us=frame.time_us, crop=crop)
                active[number] = row + 1
                if row + 1 == len(track):
                    along.end(track.track_id)
                    del active[number]
    beyond = max((int(track.frames[-1]) for track in people), default=-1)
    if beyond > last:
        raise InputError(
            f"{video}: has {last + 1} frames, but the tracks reach to frame {beyond + 1}; are these the tracks of "
            "another video?"
        )
    return along.finish()
