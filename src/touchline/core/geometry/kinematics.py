"""Movement from positions: speeds, distances, speed bands and heat maps.

Positions are noisy and have gaps. A speed is the slope of a parabola fitted to the positions around a moment, which
allows for both; where too few positions are known, or a speed is beyond human ability, the result is NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.geometry.pitch import STANDARD, Pitch

BANDS_MPS = {
    "standing": 0.0,
    "walking": 2.1 / 3.6,
    "running": 7.2 / 3.6,
    "high-speed": 19.8 / 3.6,
    "sprinting": 25.2 / 3.6,
}
"""Lower bound of each speed band, metres per second: the one table for players' movements, tables and colours.

The limits of 7.2, 19.8 and 25.2 km/h are those of Bradley et al., "High-intensity running in English FA Premier League
soccer matches", Journal of Sports Sciences 27(2), 2009, and of Rampinini et al., International Journal of Sports
Medicine 28, 2007. Two things differ. They part jogging from running at 14.4 km/h; here a jog is running, so that the
word has one limit. They call up to 0.7 km/h standing; positions from video jitter, so that nobody would ever stand.
"""

IMPLAUSIBLE_MPS = 12.5
"""Upper bound of a plausible speed, metres per second; higher ones are measurement errors and become NaN.

The fastest sprint's peak was 12.3 to 12.4 m/s (Bolt, 100 m, Berlin 2009); the fastest footballers reach about 10.5.
"""

WINDOW_S = 1.0
LONGEST_STEP_S = 0.5
"""Longest gap between positions, in seconds, that is bridged."""
HELD_S = 0.4
SPRINT_S = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """A smoothed path over the pitch.

    Attributes:
        positions_m: float64 (n, 2), NaN where unknown.
        velocities_mps: float64 (n, 2), NaN where unknown.

    """

    positions_m: Floats64
    velocities_mps: Floats64


@dataclass(frozen=True, slots=True)
class Movement:
    """A summary of one person's movement.

    Attributes:
        known_s: seconds over which the movement is known; all other fields cover these seconds only.
        distance_m: distance covered, metres.
        top_speed_mps: the highest speed held for at least ``HELD_S``, metres per second; 0 if there was none.
        sprints: number of times that sprinting speed was held for at least ``SPRINT_S``.
        band_s: seconds in each speed band of ``BANDS_MPS``.
        band_m: metres in each speed band.
        implausible_s: seconds excluded because the speed exceeded ``IMPLAUSIBLE_MPS``.

    """

    known_s: float
    distance_m: float
    top_speed_mps: float
    sprints: int
    band_s: dict[str, float]
    band_m: dict[str, float]
    implausible_s: float


def smooth_course(times_us: npt.ArrayLike, positions_m: npt.ArrayLike, *, window_s: float = WINDOW_S) -> Course:
    """Estimate positions and velocities by fitting a parabola to the positions around each moment.

    This is a Savitzky-Golay filter for irregular times: nearer positions weigh more, unknown ones are ignored.

    Args:
        times_us: (n,), strictly increasing.
        positions_m: (n, 2), NaN where unknown.
        window_s: length of the window that each parabola is fitted to, seconds.

    Returns:
        Positions and velocities; a velocity is NaN where the position was unknown or fewer than four positions are
        known in the window around it.

    """
    times, places = _checked(times_us, positions_m)
    if window_s <= 0:
        raise ValueError(f"window_s={window_s} must be positive")
    known: npt.NDArray[np.bool_] = np.isfinite(places[:, 0]) & np.isfinite(places[:, 1])
    filled = np.where(known[:, None], places, 0.0)
    powers, moments = _sums(times, filled, known, half_s=window_s / 2)
    normal = powers[:, np.add.outer(np.arange(3), np.arange(3)) + 1]
    sound: npt.NDArray[np.bool_] = known & (powers[:, 0] >= 4)
    results = np.full((len(times), 3, 2), np.nan)
    if sound.any():
        matrices = normal[sound] + 1e-9 * np.eye(3)
        results[sound] = np.linalg.solve(matrices, moments[sound])
    positions = np.where(known[:, None] & ~sound[:, None], places, results[:, 0])
    return Course(positions, results[:, 1] * 2 / window_s)


def speeds_mps(times_us: npt.ArrayLike, positions_m: npt.ArrayLike, *, window_s: float = WINDOW_S) -> Floats64:
    """Return the speed at each moment: float64 (n,), NaN if unknown or implausible; see :func:`smooth_course`."""
    return plausible(_raw_speeds(smooth_course(times_us, positions_m, window_s=window_s)))


def plausible(speeds: Floats64) -> Floats64:
    """Replace speeds beyond ``IMPLAUSIBLE_MPS`` by NaN; metres per second."""
    return np.where(speeds <= IMPLAUSIBLE_MPS, speeds, np.nan)


def distance_m(times_us: npt.ArrayLike, positions_m: npt.ArrayLike, *, window_s: float = WINDOW_S) -> float:
    """Return the metres covered while the position was known; gaps add nothing; see :func:`smooth_course`."""
    return movement(times_us, positions_m, window_s=window_s).distance_m


def sprint_bands(
    times_us: npt.ArrayLike, positions_m: npt.ArrayLike, *, window_s: float = WINDOW_S
) -> dict[str, float]:
    """Return the seconds in each speed band of ``BANDS_MPS``; arguments as :func:`smooth_course`."""
    return movement(times_us, positions_m, window_s=window_s).band_s


def movement(times_us: npt.ArrayLike, positions_m: npt.ArrayLike, *, window_s: float = WINDOW_S) -> Movement:
    """Summarise one person's movement; arguments as :func:`smooth_course`."""
    times, places = _checked(times_us, positions_m)
    raw = _raw_speeds(smooth_course(times_us, places, window_s=window_s))
    speeds = plausible(raw)
    steps = np.diff(times)
    near = steps <= LONGEST_STEP_S
    between = (speeds[1:] + speeds[:-1]) / 2
    beyond = np.isfinite(raw) & np.isnan(speeds)
    implausible = near & (beyond[1:] | beyond[:-1])
    counted = near & np.isfinite(between)
    seconds, metres = steps[counted], (between * steps)[counted]
    bands = np.searchsorted(list(BANDS_MPS.values()), between[counted], side="right") - 1
    count = len(BANDS_MPS)
    band_s = np.bincount(bands, weights=seconds, minlength=count)
    band_m = np.bincount(bands, weights=metres, minlength=count)
    return Movement(
        known_s=float(seconds.sum()),
        distance_m=float(metres.sum()),
        top_speed_mps=_held(times, speeds),
        sprints=_sprints(times, speeds),
        band_s={name: float(value) for name, value in zip(BANDS_MPS, band_s, strict=True)},
        band_m={name: float(value) for name, value in zip(BANDS_MPS, band_m, strict=True)},
        implausible_s=float(steps[implausible].sum()),
    )


def heat_map(
    positions_m: npt.ArrayLike, *, pitch: Pitch = STANDARD, cell_m: float = 2.0, blur_m: float = 2.0
) -> Floats64:
    """Return the share of known positions in each cell of the pitch.

    Args:
        positions_m: (n, 2), NaN where unknown; positions outside the pitch count for the nearest cell.
        pitch: dimensions of the pitch.
        cell_m: side of a cell, metres.
        blur_m: standard deviation of the Gaussian that spreads each position, metres; 0 disables it.

    Returns:
        float64 (rows, columns) that sums to 1, or zeros if no position is known; the first row is the far side, the
        first column the left end.

    """
    if cell_m <= 0 or blur_m < 0:
        raise ValueError(f"cell_m={cell_m} must be positive and blur_m={blur_m} must not be negative")
    places = np.asarray(positions_m, dtype=np.float64).reshape(-1, 2)
    places = places[np.isfinite(places).all(axis=1)]
    columns, rows = round(pitch.length_m / cell_m), round(pitch.width_m / cell_m)
    across = np.clip((places[:, 0] / pitch.length_m + 0.5) * columns, 0, columns - 1).astype(np.int64)
    down = np.clip((0.5 - places[:, 1] / pitch.width_m) * rows, 0, rows - 1).astype(np.int64)
    counts = np.bincount(down * columns + across, minlength=rows * columns).reshape(rows, columns).astype(np.float64)
    spread = _blur(rows, blur_m / cell_m) @ counts @ _blur(columns, blur_m / cell_m).T
    return spread / max(1, len(places))


def _checked(times_us: npt.ArrayLike, positions_m: npt.ArrayLike) -> tuple[Floats64, Floats64]:
    """Return the times in seconds and the positions after checking that their shapes match."""
    times = np.asarray(times_us, dtype=np.int64)
    places = np.asarray(positions_m, dtype=np.float64)
    if times.ndim != 1 or places.shape != (len(times), 2):
        raise ValueError(f"positions_m of shape {places.shape} does not fit times_us of shape {times.shape}")
    if not bool(np.all(np.diff(times) > 0)):
        raise ValueError("times_us must increase strictly")
    return (times - times[:1].sum()) / 1e6, places


def _sums(
    times: Floats64, places: Floats64, known: npt.NDArray[np.bool_], *, half_s: float
) -> tuple[Floats64, Floats64]:
    """Return power sums around each moment: of time, powers 0 to 4 (n, 6), and of time times position (n, 3, 2)."""
    count = len(times)
    powers, moments, across = np.zeros((6, count)), np.zeros((3, 2, count)), np.ascontiguousarray(places.T)
    for side in (-1, 1):
        offset = 0 if side < 0 else 1
        while offset < count:
            here = slice(0, count - offset) if side > 0 else slice(offset, count)
            there = slice(offset, count) if side > 0 else slice(0, count - offset)
            away = (times[there] - times[here]) / half_s
            near = np.abs(away) <= 1
            if not near.any():
                break
            far = np.abs(away)
            weights = np.where(near & known[there], (1 - far * far * far).clip(0), 0.0)
            raised = weights * weights * weights
            powers[0, here] += weights > 0
            for power in range(5):
                powers[1 + power, here] += raised
                if power < 3:
                    moments[power, :, here] += raised * across[:, there]
                raised = raised * away
            offset += 1
    return powers.T, moments.transpose(2, 0, 1)


def _raw_speeds(course: Course) -> Floats64:
    return np.hypot(course.velocities_mps[:, 0], course.velocities_mps[:, 1])


def _runs(times: Floats64, fast: npt.NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return the spans [start, end) of ``fast`` that have no gap in time."""
    runs, start = [], -1
    for i, now in enumerate(fast):
        if start >= 0 and (not now or times[i] - times[i - 1] > LONGEST_STEP_S):
            runs.append((start, i))
            start = -1
        if now and start < 0:
            start = i
    return [*runs, (start, len(fast))] if start >= 0 else runs


def _held(times: Floats64, speeds: Floats64) -> float:
    """Return the highest speed that was held for ``HELD_S``."""
    best = 0.0
    for start, end in _runs(times, np.isfinite(speeds)):
        stops = np.searchsorted(times[start:end], times[start:end] + HELD_S - 1e-9) + start
        for i in range(start, end):
            if stops[i - start] >= end:
                break
            if speeds[i] > best:
                best = max(best, float(speeds[i : stops[i - start] + 1].min()))
    return best


def _sprints(times: Floats64, speeds: Floats64) -> int:
    runs = _runs(times, speeds >= BANDS_MPS["sprinting"])
    return sum(times[end - 1] - times[start] >= SPRINT_S - 1e-9 for start, end in runs)


def _blur(size: int, sigma: float) -> Floats64:
    """Return a matrix (size, size) that spreads each cell by a Gaussian and preserves the sum at the edges."""
    if sigma == 0:
        return np.eye(size)
    cells = np.arange(size)
    spread = np.exp(-((cells[:, None] - cells) ** 2) / (2 * sigma**2))
    return spread / spread.sum(axis=0)
