"""Sound analysis results: curves at ten rows per second, whistles, and rises in crowd noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.clock import us_from_frame

CURVE_RATE_HZ = 10.0
"""Rows of curves per second; the first row is at time 0."""
BANDS_HZ = ((60, 250), (250, 500), (500, 1_000), (1_000, 2_000), (2_000, 4_000), (4_000, 8_000))
"""Frequency bands whose power is reported, Hz."""
PROBABILITIES = ("whistle", "crowd_loud", "crowd_onset")
"""Probability curves: a whistle sounds, the crowd is louder than usual, the crowd is getting louder."""
LEVELS = ("crowd_db", *(f"band_{low}_{high}_db" for low, high in BANDS_HZ))
"""Level curves in dB relative to full scale: a full-scale sine is -3, digital silence -120."""
CURVES = (*PROBABILITIES, *LEVELS)
"""Names of the curves, in column order."""


@dataclass(frozen=True, slots=True)
class WhistleBlow:
    """A whistle sound.

    Attributes:
        start_us, end_us: half-open span of the sound, microseconds.
        confidence: 0 to 1.
        pitch_hz: frequency that carries most of its power.

    """

    start_us: int
    end_us: int
    confidence: float
    pitch_hz: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_us < self.end_us or not 0 <= self.confidence <= 1 or not self.pitch_hz > 0:
            raise ValueError(f"a whistle needs 0 <= start < end, confidence in 0 to 1 and pitch_hz > 0: {self!r}")


@dataclass(frozen=True, slots=True)
class CrowdSwell:
    """A rise in crowd noise.

    Attributes:
        time_us: time at which half of the rise is reached.
        confidence: 0 to 1.
        rise_db: size of the rise, dB.

    """

    time_us: int
    confidence: float
    rise_db: float

    def __post_init__(self) -> None:
        if self.time_us < 0 or not 0 <= self.confidence <= 1 or not np.isfinite(self.rise_db):
            raise ValueError(f"a swell needs time_us >= 0, confidence in 0 to 1 and a finite rise_db: {self!r}")


@dataclass(frozen=True, slots=True, eq=False)
class SoundReading:
    """The analysed sound of a video.

    Attributes:
        curves: float32 (n, 10), ten rows per second from time 0; ``CURVES`` names the columns; no rows without sound.
        whistles: detected whistles, in time order.
        swells: rises in crowd noise, in time order.
        seconds: length of the sound.
        remarks: remarks for the user, one line each.

    """

    curves: Floats32
    whistles: tuple[WhistleBlow, ...] = ()
    swells: tuple[CrowdSwell, ...] = ()
    seconds: float = 0.0
    remarks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.curves.ndim != 2 or self.curves.shape[1] != len(CURVES):
            raise ValueError(f"curves have shape {self.curves.shape}, not (n, {len(CURVES)})")

    def __len__(self) -> int:
        return len(self.curves)

    @property
    def times_us(self) -> npt.NDArray[np.int64]:
        """Time of each row: int64 (n,), microseconds."""
        return np.array([us_from_frame(row, fps=CURVE_RATE_HZ) for row in range(len(self.curves))], np.int64)

    def curve(self, name: str) -> Floats32:
        """Return one curve by name: float32 (n,)."""
        if name not in CURVES:
            raise ValueError(f"unknown curve {name!r}; choose from {CURVES}")
        return self.curves[:, CURVES.index(name)]


def no_sound(remark: str) -> SoundReading:
    """Return the reading of a video without sound."""
    return SoundReading(np.zeros((0, len(CURVES)), np.float32), remarks=(remark,))
