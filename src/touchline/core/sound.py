"""What the sound of a match says: curves ten times a second, whistles, and where the crowd gets louder."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.clock import us_from_frame

Floats = npt.NDArray[np.float32]

CURVE_RATE_HZ = 10.0
"""Rows of curves a second; the first is at time 0."""
BANDS_HZ = ((60, 250), (250, 500), (500, 1_000), (1_000, 2_000), (2_000, 4_000), (4_000, 8_000))
"""Bands whose power is told."""
PROBABILITIES = ("whistle", "crowd_loud", "crowd_onset")
"""Curves that are probabilities: a whistle sounds, the crowd is louder than usual, it is just getting louder."""
LEVELS = ("crowd_db", *(f"band_{low}_{high}_db" for low, high in BANDS_HZ))
"""Curves that are levels in dB of full scale: a sine that just clips has -3, digital silence -120."""
CURVES = (*PROBABILITIES, *LEVELS)
"""Names of the curves, in the order of their columns."""


@dataclass(frozen=True, slots=True)
class WhistleBlow:
    """A whistle.

    Attributes:
        start_us, end_us: when it is heard.
        confidence: how sure that is, 0 to 1.
        pitch_hz: where most of its power lies.

    """

    start_us: int
    end_us: int
    confidence: float
    pitch_hz: float

    def __post_init__(self) -> None:
        if not 0 <= self.start_us < self.end_us or not 0 <= self.confidence <= 1 or not self.pitch_hz > 0:
            raise ValueError(f"no whistle: {self!r}")


@dataclass(frozen=True, slots=True)
class CrowdSwell:
    """The crowd gets louder.

    Attributes:
        time_us: when it has risen by half.
        confidence: how sure that is, 0 to 1.
        rise_db: by how much.

    """

    time_us: int
    confidence: float
    rise_db: float

    def __post_init__(self) -> None:
        if self.time_us < 0 or not 0 <= self.confidence <= 1 or not np.isfinite(self.rise_db):
            raise ValueError(f"no swell: {self!r}")


@dataclass(frozen=True, slots=True, eq=False)
class SoundReading:
    """What a sound says.

    Attributes:
        curves: float32 (n, 10), ten rows a second from time 0 on; ``CURVES`` names the columns. None without sound.
        whistles: those found, in the order of time.
        swells: where the crowd gets louder, in the order of time.
        seconds: length of the sound.
        remarks: what a user should know of it, one line each.

    """

    curves: Floats
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
        """Time of each row (n,)."""
        return np.array([us_from_frame(row, fps=CURVE_RATE_HZ) for row in range(len(self.curves))], np.int64)

    def curve(self, name: str) -> Floats:
        """One curve (n,) by its name."""
        if name not in CURVES:
            raise ValueError(f"no curve is called {name!r}; there are {CURVES}")
        return self.curves[:, CURVES.index(name)]


def no_sound(remark: str) -> SoundReading:
    """The reading of a video without sound."""
    return SoundReading(np.zeros((0, len(CURVES)), np.float32), remarks=(remark,))
