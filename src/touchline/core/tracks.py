"""Detections, tracks and camera shots: who is where in the picture, and when.

Boxes are ``(x0, y0, x1, y1)`` in pixels of the upright picture as shown, x to the right and y down, with the origin at
the corner of the pixel grid. Pitch positions are metres from the centre spot; see :mod:`touchline.core.geometry.pitch`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DETECTION_LABELS = ("ball", "goalkeeper", "player", "referee")
"""Detector classes, in the order of their indices."""

BALL, GOALKEEPER, PLAYER, REFEREE = range(4)

SHOT_KINDS = ("wide", "close-up", "replay", "other", "transition")
"""Kinds of camera shots: the pitch from afar, a few large people, a replayed action, none of these, or a gradual change
(a wipe, a dissolve or a fade) between two shots."""


@dataclass(frozen=True, slots=True, eq=False)
class Detections:
    """The output of a detector for one picture.

    Attributes:
        boxes_xyxy: float32 (n, 4), pixels of the upright picture; may extend beyond its edges.
        confidence: float32 (n,), 0 to 1.
        classes: int64 (n,), indices into ``DETECTION_LABELS``.

    """

    boxes_xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    classes: npt.NDArray[np.int64]

    def __post_init__(self) -> None:
        count = len(self.confidence)
        if self.boxes_xyxy.shape != (count, 4) or self.classes.shape != (count,):
            raise ValueError(
                f"{count} confidences do not fit boxes of shape {self.boxes_xyxy.shape} "
                f"and classes of shape {self.classes.shape}"
            )
        if not bool(np.all(self.boxes_xyxy[:, 2:] >= self.boxes_xyxy[:, :2])):
            raise ValueError("boxes_xyxy must have x1 >= x0 and y1 >= y0 in every row")

    def __len__(self) -> int:
        return len(self.confidence)

    def take(self, index: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Detections:
        """Return the detections selected by an index or a mask."""
        return Detections(self.boxes_xyxy[index], self.confidence[index], self.classes[index])

    @classmethod
    def none(cls) -> Detections:
        """Return an empty set of detections."""
        return cls(np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Shot:
    """A camera shot: an uncut run of frames of one kind.

    Attributes:
        index: position in the video, from 0.
        start_us, end_us: half-open span, microseconds.
        kind: one of ``SHOT_KINDS``.
        pitch: share of its frames, 0 to 1, in which the camera was calibrated from the pitch lines.

    """

    index: int
    start_us: int
    end_us: int
    kind: str = "other"
    pitch: float = 0.0

    def __post_init__(self) -> None:
        if not 0 <= self.start_us < self.end_us:
            raise ValueError(f"shot [{self.start_us}, {self.end_us}) us must satisfy 0 <= start < end")
        if self.kind not in SHOT_KINDS:
            raise ValueError(f"kind={self.kind!r} must be one of {SHOT_KINDS}")

    @property
    def wide(self) -> bool:
        """Whether it shows the pitch from afar; teams and ball actions are reported in such shots only."""
        return self.kind == "wide"


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person, or the ball, tracked through one camera shot.

    Attributes:
        track_id: from 1, unique in the video.
        label: role over the whole track, one of ``DETECTION_LABELS``.
        times_us: int64 (n,), strictly increasing presentation times, microseconds.
        frames: int64 (n,), strictly increasing indices of decoded frames, from 0.
        boxes_xyxy: float32 (n, 4), pixels.
        confidence: float32 (n,), 0 to 1, of the detection, or of the interpolated box where nothing was detected.
        observed: bool (n,), True where the box was detected, False where it was interpolated.
        shot: index of the camera shot.
        team: ``"A"`` or ``"B"``; None if unknown or of neither team.
        team_confidence: 0 to 1.
        positions_m: float32 (n, 2) on the pitch, metres, NaN where unknown; None if the pitch was never found.
        name: name given by a person, or None.
        label_confidence: 0 to 1, that ``label`` is right.
        identity_confidence: 0 to 1, that the track is one and the same person throughout.
        person: number from 1 of the person, shared by the tracks believed to show him; None if not judged.
        person_confidence: 0 to 1, that the track belongs to the person's others; 1 if it is the only one.
        place_std_m: float32 (n,), standard deviation of ``positions_m``, both axes together; NaN where unknown; None
            without places.
        speed_std_mps: float32 (n,), standard deviation of the speed; likewise.

    """

    track_id: int
    label: str
    times_us: npt.NDArray[np.int64]
    frames: npt.NDArray[np.int64]
    boxes_xyxy: npt.NDArray[np.float32]
    confidence: npt.NDArray[np.float32]
    observed: npt.NDArray[np.bool_]
    shot: int = 0
    team: str | None = None
    team_confidence: float = 0.0
    positions_m: npt.NDArray[np.float32] | None = None
    name: str | None = None
    label_confidence: float = 1.0
    identity_confidence: float = 1.0
    person: int | None = None
    person_confidence: float = 1.0
    place_std_m: npt.NDArray[np.float32] | None = None
    speed_std_mps: npt.NDArray[np.float32] | None = None

    def __post_init__(self) -> None:
        count = len(self.times_us)
        if self.track_id < 1:
            raise ValueError(f"track_id={self.track_id} must be 1 or more")
        if self.label not in DETECTION_LABELS:
            raise ValueError(f"label={self.label!r} must be one of {DETECTION_LABELS}")
        if count == 0:
            raise ValueError(f"track {self.track_id} has no boxes; a track needs at least one")
        shapes = {
            "frames": (self.frames.shape, (count,)),
            "boxes_xyxy": (self.boxes_xyxy.shape, (count, 4)),
            "confidence": (self.confidence.shape, (count,)),
            "observed": (self.observed.shape, (count,)),
            "positions_m": ((count, 2) if self.positions_m is None else self.positions_m.shape, (count, 2)),
            "place_std_m": ((count,) if self.place_std_m is None else self.place_std_m.shape, (count,)),
            "speed_std_mps": ((count,) if self.speed_std_mps is None else self.speed_std_mps.shape, (count,)),
        }
        for name, (shape, wanted) in shapes.items():
            if shape != wanted:
                raise ValueError(f"track {self.track_id}: {name} has shape {shape}, not {wanted}")
        for name, values in (("times_us", self.times_us), ("frames", self.frames)):
            if not bool(np.all(np.diff(values) > 0)):
                raise ValueError(f"track {self.track_id}: {name} must increase strictly")

    def __len__(self) -> int:
        return len(self.times_us)


@dataclass(frozen=True, slots=True)
class Tracks:
    """All tracks of one video.

    Attributes:
        tracks: sorted by ``track_id``.
        shots: camera shots in order; every track lies in one of them.
        width, height: size of the upright picture, pixels.

    """

    tracks: tuple[Track, ...]
    shots: tuple[Shot, ...]
    width: int
    height: int

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.tracks, key=lambda track: track.track_id))
        ids = [track.track_id for track in ordered]
        if len(set(ids)) != len(ids):
            raise ValueError("two tracks share the same track_id; ids must be unique")
        object.__setattr__(self, "tracks", ordered)

    def __iter__(self) -> Iterator[Track]:
        return iter(self.tracks)

    def __len__(self) -> int:
        return len(self.tracks)
