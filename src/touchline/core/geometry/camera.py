"""The camera over a whole video: how it moved between analysed frames, and which view of the pitch it had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np

from touchline.core.arrays import Bools, Floats32, Floats64, Indices


@dataclass(frozen=True, slots=True, eq=False)
class CameraPath:
    """The camera in every analysed frame of a video.

    Attributes:
        times_us: int64 (n,), strictly increasing presentation times, microseconds.
        starts: bool (n,), whether the frame is the first one of a camera shot.
        motions: float64 (n, 3, 3), map pixels of the previous analysed frame to pixels of this one; the identity where
            the motion is not known.
        quality: float32 (n,), 0 to 1, share of the picture's edges that agree with the motion; 0 where it is not known.
        to_pitch: float64 (n, 3, 3), map pixels (x, y, 1) to metres on the pitch (x, y, 1) times a factor that is
            positive below the horizon; NaN where the pitch is not known.
        pitch_m: float32 (n, 2), length and width of the pitch that ``to_pitch`` assumes, metres; NaN where not known.

    """

    times_us: Indices
    starts: Bools
    motions: Floats64
    quality: Floats32
    to_pitch: Floats64
    pitch_m: Floats32

    def __post_init__(self) -> None:
        count = len(self.times_us)
        wanted = {
            "starts": (count,),
            "motions": (count, 3, 3),
            "quality": (count,),
            "to_pitch": (count, 3, 3),
            "pitch_m": (count, 2),
        }
        for name, shape in wanted.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} has shape {getattr(self, name).shape}, not {shape}: one row for each time")
        if not bool(np.all(np.diff(self.times_us) > 0)):
            raise ValueError("times_us of a camera path must increase strictly")
        if not (np.isfinite(self.motions).all() and np.isfinite(self.quality).all()):
            raise ValueError("motions and quality of a camera path must be finite; an unknown motion is the identity")

    def __len__(self) -> int:
        return len(self.times_us)

    @property
    def pitch_known(self) -> Bools:
        """Bool (n,), whether places on the pitch are known."""
        return np.asarray(np.isfinite(self.to_pitch).all(axis=(1, 2)))

    @classmethod
    def joined(cls, paths: Sequence[CameraPath]) -> CameraPath:
        """Return consecutive paths as one."""
        if not paths:
            return cls.nothing()
        return cls(*(np.concatenate([getattr(path, field.name) for path in paths]) for field in fields(cls)))

    @classmethod
    def nothing(cls) -> CameraPath:
        """Return the path of a video without frames."""
        square, pair = np.zeros((0, 3, 3)), np.zeros((0, 2), np.float32)
        return cls(np.zeros(0, np.int64), np.zeros(0, np.bool_), square, np.zeros(0, np.float32), square, pair)
