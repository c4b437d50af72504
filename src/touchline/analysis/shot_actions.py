"""What everyone in a followed shot does: crops kept while the video was decoded, put through a recogniser in order."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.actions import Action, Actions, WindowScores
from touchline.core.tracks import BALL, Detections, Track
from touchline.formats.files.atomic import make_folder, write_bytes_atomic
from touchline.formats.files.npz import npz_bytes
from touchline.models.specs.spec import ClipSpec
from touchline.recognition.crops import crop_person
from touchline.recognition.movement import movements_of
from touchline.recognition.on_the_ball import holders_of
from touchline.recognition.recogniser import ClipRecogniser
from touchline.recognition.smoothing import actions_of, smooth_windows
from touchline.recognition.track_recogniser import TrackRecogniser
from touchline.tracking.shot_tracking import FollowedShot, track_order

_JPEG_QUALITY = 92
_MIN_HEIGHT_PX = 16.0
"""People smaller than this show nothing that could be recognised."""

Rgb = npt.NDArray[np.uint8]


class PersonCropper:
    """Keeps of every detected person what a recogniser will look at, as JPEG.

    Args:
        spec: the clips that the recogniser wants.

    """

    def __init__(self, spec: ClipSpec) -> None:
        self._spec = spec

    def __call__(self, rgb: Rgb, detections: Detections) -> tuple[bytes, ...]:
        """An encoded crop for each detection; nothing for the ball and for people who are too small."""
        people = detections.classes != BALL
        people &= detections.boxes_xyxy[:, 3] - detections.boxes_xyxy[:, 1] >= _MIN_HEIGHT_PX
        return tuple(
            self._crop(rgb, box) if person else b"" for box, person in zip(detections.boxes_xyxy, people, strict=True)
        )

    def _crop(self, rgb: Rgb, box: npt.NDArray[np.float32]) -> bytes:
        crop = crop_person(rgb, box, width=self._spec.width, height=self._spec.height)
        if crop is None:
            return b""
        _, data = cv2.imencode(".jpg", crop[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return data.tobytes()


def recognise_shot(
    followed: FollowedShot,
    crops: Iterable[tuple[int, tuple[bytes, ...]]],
    *,
    first_index: int,
    recogniser: ClipRecogniser,
) -> list[WindowScores]:
    """The scores of everyone's windows; ``track_id`` is the tracklet's number in the shot, from 1.

    Args:
        followed: the shot.
        crops: index on the grid and crops of the detections, picture by picture; those of other shots are passed over.
        first_index: index on the grid of the shot's first picture.
        recogniser: names clips.

    """
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    lasts: dict[int, list[int]] = defaultdict(list)
    for number, tracklet in enumerate(followed.tracklets, start=1):
        if tracklet.classes[0] == BALL:
            continue
        for index, row in zip(tracklet.index.tolist(), tracklet.rows.tolist(), strict=True):
            if row >= 0:
                rows[index].append((number, row))
        lasts[int(tracklet.index[-1])].append(number)
    along = TrackRecogniser(recogniser)
    for grid_index, kept in crops:
        index = grid_index - first_index
        if not 0 <= index < len(followed.times_us):
            continue
        for number, row in rows.get(index, ()):
            if row < len(kept) and kept[row]:
                along.push(number, time_us=int(followed.times_us[index]), crop=_decoded(kept[row]))
        for number in lasts.get(index, ()):
            along.end(number)
    return along.finish()


def _decoded(data: bytes) -> Rgb:
    bgr = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    return np.ascontiguousarray(np.asarray(bgr, np.uint8)[:, :, ::-1])


class WindowFiles:
    """The windows' scores of followed shots in a folder, one file each.

    Args:
        folder: an existing one.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "windows"

    def holds(self, shot: int) -> bool:
        """Whether a shot's windows are there."""
        return self._path(shot).is_file()

    def write(self, shot: int, windows: list[WindowScores]) -> None:
        """Keep a shot's windows."""
        make_folder(self._folder)
        arrays: dict[str, np.ndarray] = {"ids": np.array([w.track_id for w in windows], np.int64)}
        for w in windows:
            arrays |= {f"{w.track_id}_times": np.stack([w.starts_us, w.ends_us]), f"{w.track_id}_padded": w.padded}
            arrays |= {f"{w.track_id}_values": w.values}
        write_bytes_atomic(self._path(shot), npz_bytes(arrays))

    def read(self, shot: int) -> list[WindowScores]:
        """A shot's windows; none where none were written."""
        if not self.holds(shot):
            return []
        with np.load(self._path(shot), allow_pickle=False) as arrays:
            return [
                WindowScores(
                    int(i),
                    starts_us=arrays[f"{i}_times"][0],
                    ends_us=arrays[f"{i}_times"][1],
                    values=arrays[f"{i}_values"],
                    padded=arrays[f"{i}_padded"],
                )
                for i in arrays["ids"]
            ]

    def _path(self, shot: int) -> Path:
        return self._folder / f"shot-{shot:06d}.npz"


class ActionBook:
    """Collects what everyone does, shot by shot.

    Args:
        recogniser: whose windows are added; None for movement and ball alone.

    """

    def __init__(self, recogniser: ClipRecogniser | None) -> None:
        self._recogniser = recogniser
        self._actions: list[Action] = []
        self._windows: list[WindowScores] = []
        self._people = 0
        self._placed = 0

    def add(self, tracks: list[Track], *, windows: list[WindowScores]) -> None:
        """The tracks of a shot that are kept, and the windows of these."""
        people = [track for track in tracks if track.label != "ball"]
        for track in people:
            moves = movements_of(track)
            self._placed += bool(moves)
            self._actions += moves
        self._people += len(people)
        self._actions += holders_of(tracks)
        if self._recogniser is not None:
            for scores in windows:
                labels, source = self._recogniser.labels, self._recogniser.name
                self._actions += actions_of(smooth_windows(scores), labels=labels, source=source)
                self._windows.append(scores)

    def actions(self) -> Actions:
        """Everything that was added."""
        notes = []
        if self._people and not self._placed:
            notes.append("no places on the pitch are known, so nothing is said of standing, walking or running")
        if self._recogniser is not None and self._people and not self._windows:
            notes.append(f"nobody was large enough to be looked at by {self._recogniser.name}")
        return Actions(
            actions=tuple(self._actions),
            windows=tuple(self._windows),
            labels=() if self._recogniser is None else self._recogniser.labels,
            recogniser=None if self._recogniser is None else self._recogniser.name,
            notes=tuple(notes),
        )


def windows_of_tracks(
    followed: FollowedShot, windows: list[WindowScores], *, first_id: int, kept: set[int]
) -> list[WindowScores]:
    """A shot's windows under the ids of its tracks, those of tracks that are kept."""
    ids = {number + 1: first_id + place for place, number in enumerate(track_order(followed))}
    named = [replace(scores, track_id=ids[scores.track_id]) for scores in windows]
    return sorted((scores for scores in named if scores.track_id in kept), key=lambda scores: scores.track_id)
