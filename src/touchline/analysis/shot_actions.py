"""Action recognition for everyone in a tracked camera shot, from crops kept while the video was decoded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from touchline.core.actions import Action, Actions, WindowScores
from touchline.core.arrays import Rgb
from touchline.core.tracks import BALL, Detections, Track
from touchline.formats.files.atomic import make_own_folder, write_bytes_atomic
from touchline.formats.files.guard import reading
from touchline.formats.files.npz import load_sealed_npz, sealed_npz_bytes
from touchline.models.specs.spec import ClipSpec
from touchline.recognition.crops import crop_person
from touchline.recognition.movement import movements_of
from touchline.recognition.on_the_ball import holders_of
from touchline.recognition.recogniser import ClipRecogniser
from touchline.recognition.smoothing import actions_of, smooth_windows
from touchline.recognition.track_recogniser import TrackRecogniser
from touchline.tracking.shot_tracking import FollowedShot, track_order

_REMEDY = "run it again with --no-resume"


_JPEG_QUALITY = 92
_MIN_HEIGHT_PX = 16.0
"""Height in pixels below which people are too small for action recognition."""


class PersonCropper:
    """A callable that crops every detected person for a recogniser and encodes the crops as JPEG.

    Args:
        spec: the clip format that the recogniser needs.

    """

    def __init__(self, spec: ClipSpec) -> None:
        self._spec = spec

    def __call__(self, rgb: Rgb, detections: Detections) -> tuple[bytes, ...]:
        """Return an encoded crop for each detection; empty for the ball and for people who are too small."""
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
    whom: Collection[int] | None = None,
) -> list[WindowScores]:
    """Return the scores of everyone's windows; ``track_id`` is the tracklet's number in the shot, from 1.

    Args:
        followed: the tracked shot.
        crops: sampling index and crops of the detections, frame by frame; those of other shots are skipped.
        first_index: sampling index of the shot's first frame.
        recogniser: the clip recogniser.
        whom: numbers of the tracklets to recognise; None for everyone.

    """
    rows: dict[int, list[tuple[int, int]]] = defaultdict(list)
    lasts: dict[int, list[int]] = defaultdict(list)
    for number, tracklet in enumerate(followed.tracklets, start=1):
        if tracklet.classes[0] == BALL or (whom is not None and number not in whom):
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
    """The window scores of tracked shots, stored in a folder with one file per shot.

    Args:
        folder: an existing folder.

    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "windows"

    def holds(self, shot: int) -> bool:
        """Return whether a shot's windows are stored."""
        return self._path(shot).is_file()

    def write(self, shot: int, windows: list[WindowScores]) -> None:
        """Store a shot's windows."""
        make_own_folder(self._folder)
        arrays: dict[str, np.ndarray] = {"ids": np.array([w.track_id for w in windows], np.int64)}
        for w in windows:
            arrays |= {f"{w.track_id}_times": np.stack([w.starts_us, w.ends_us]), f"{w.track_id}_padded": w.padded}
            arrays |= {f"{w.track_id}_values": w.values}
        write_bytes_atomic(self._path(shot), sealed_npz_bytes(arrays))

    def read(self, shot: int) -> list[WindowScores]:
        """Return a shot's windows; empty if none are stored."""
        if not self.holds(shot):
            return []
        arrays = load_sealed_npz(self._path(shot), what="scores of windows", remedy=_REMEDY)
        with reading(self._path(shot), what="scores of windows", remedy=_REMEDY):
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
    """A collector of everyone's actions, shot by shot.

    Args:
        recogniser: the recogniser whose windows are added; None for movement and ball possession alone.

    """

    def __init__(self, recogniser: ClipRecogniser | None) -> None:
        self._recogniser = recogniser
        self._actions: list[Action] = []
        self._windows: list[WindowScores] = []
        self._people = 0
        self._placed = 0

    def add(self, tracks: list[Track], *, windows: list[WindowScores]) -> None:
        """Add the kept tracks of a shot and their windows."""
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
        """Return all actions added so far."""
        notes = []
        if self._people and not self._placed:
            notes.append("no positions on the pitch are known, so standing, walking and running are not reported")
        if self._recogniser is not None and self._people and not self._windows:
            notes.append(f"nobody was large enough in the picture for {self._recogniser.name}")
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
    """Return a shot's windows under the ids of their tracks, for the kept tracks, sorted by id."""
    ids = {number + 1: first_id + place for place, number in enumerate(track_order(followed))}
    named = [replace(scores, track_id=ids[scores.track_id]) for scores in windows]
    return sorted((scores for scores in named if scores.track_id in kept), key=lambda scores: scores.track_id)
