"""Attempts compared with professionals: how far the keeper comes out, what that is worth, and the technique shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.shots import GOAL_YD, Shot
from touchline.goalkeeping.expected_saves import Z_95, SaveModel, expit
from touchline.goalkeeping.maps import compare_techniques
from touchline.goalkeeping.shots import FEATURES, geometry, shot_features
from touchline.goalkeeping.technique import TechniqueReading, Techniques
from touchline.metrics.calibration import wilson


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt compared with the professionals.

    Attributes:
        shot: the attempt.
        p, low, high: probability of a save with its 95 % interval.
        usual: median engagement of professionals at that distance; NaN if the attempt's engagement is unknown.
        farther_than: share of professionals who stay farther from the shooter there; NaN likewise.
        gain, gain_low, gain_high: change of the save probability if he had the usual engagement; NaN likewise.
        best: the technique that is most likely the best there.
        best_chance: probability of that; near one in four the best technique is unknown.
        above_average: save probability with the technique shown minus the mean over all techniques, regardless of
            whether technique was shown to matter; NaN if the technique is unknown.
        reading: the technique reading of his pose; None without a pose.

    """

    shot: Shot
    p: float
    low: float
    high: float
    usual: float
    farther_than: float
    gain: float
    gain_low: float
    gain_high: float
    best: str
    best_chance: float
    above_average: float
    reading: TechniqueReading | None


@dataclass(frozen=True, slots=True)
class Share:
    """The frequency of a technique: counts, shares, and the 95 % interval of the attempts' share."""

    technique: str
    count: int
    share: float
    low: float
    high: float
    professionals: float


def compare_attempts(
    shots: Sequence[Shot], readings: Sequence[TechniqueReading | None], *, model: SaveModel
) -> tuple[Attempt, ...]:
    """Compare every attempt with the professionals.

    Raises:
        ValueError: the numbers of readings and shots differ.

    """
    if len(shots) != len(readings):
        raise ValueError(f"{len(readings)} readings do not fit {len(shots)} shots")
    if not shots:
        return ()
    estimate = model.predict(shots)
    distance_yd = np.array([shot.distance_yd for shot in shots])
    came = np.array([np.nan if shot.engagement is None else shot.engagement for shot in shots])
    usual = np.where(np.isfinite(came), model.usual.median(distance_yd), np.nan)
    near = (model.usual.quantiles(distance_yd) > came[:, None]).mean(axis=1)
    farther = np.where(np.isfinite(came), near, np.nan)
    gain = _gains(shots, usual, model=model)
    best, chance, above = _techniques(shots, readings, model=model)
    return tuple(
        Attempt(
            shot=shot,
            p=float(estimate.p[k]),
            low=float(estimate.low[k]),
            high=float(estimate.high[k]),
            usual=float(usual[k]),
            farther_than=float(farther[k]),
            gain=float(gain[0][k]),
            gain_low=float(gain[1][k]),
            gain_high=float(gain[2][k]),
            best=best[k],
            best_chance=float(chance[k]),
            above_average=float(above[k]),
            reading=readings[k],
        )
        for k, shot in enumerate(shots)
    )


def _techniques(
    shots: Sequence[Shot], readings: Sequence[TechniqueReading | None], *, model: SaveModel
) -> tuple[list[str], Floats64, Floats64]:
    """Return the most likely best technique, its probability (n,), and the shown one's gain over the mean (n,)."""
    features = shot_features(shots)
    usual = model.usual.median(np.array([shot.distance_yd for shot in shots]))
    came = features[:, FEATURES.index("engagement")]
    place = [features[:, FEATURES.index(name)] for name in ("x_yd", "aside_yd", "under_pressure")]
    filled = np.where(np.isfinite(came), came, usual)
    whole = geometry(place[0], GOAL_YD[1] + place[1], engagement=filled, under_pressure=place[2])
    added, chance = compare_techniques(model, whole)
    saves = expit(model.logits(whole)[0] + added)
    names = model.techniques.names
    shown = [None if reading is None else reading.name for reading in readings]
    above = [
        saves[names.index(name), k] - saves[:, k].mean() if name in names else np.nan for k, name in enumerate(shown)
    ]
    best = chance.argmax(axis=0)
    return [names[k] for k in best], chance.max(axis=0), np.array(above)


def _gains(shots: Sequence[Shot], usual: Floats64, *, model: SaveModel) -> tuple[Floats64, Floats64, Floats64]:
    """Return the change of the save probability with the usual engagement, and its interval, each (n,)."""
    here = shot_features(shots)
    place = [here[:, FEATURES.index(name)] for name in ("x_yd", "aside_yd", "under_pressure")]
    there = geometry(place[0], GOAL_YD[1] + place[1], engagement=usual, under_pressure=place[2])
    known = np.isfinite(usual)
    found = np.full((3, len(shots)), np.nan)
    if known.any():
        before, after = model.design(here[known]), model.design(there[known])
        now = before @ model.coefficients
        change = (after - before) @ model.coefficients
        spread = Z_95 * np.sqrt((((after - before) @ model.factor) ** 2).sum(axis=1))
        found[:, known] = [expit(now + change + way * spread) - expit(now) for way in (0, -1, 1)]
    return found[0], found[1], found[2]


def technique_shares(readings: Sequence[TechniqueReading | None], *, techniques: Techniques) -> tuple[Share, ...]:
    """Count how often each technique is shown, among readings that name one, beside the professionals' shares."""
    names = [reading.name for reading in readings if reading is not None and reading.name is not None]
    shares = []
    for k, technique in enumerate(techniques.names):
        count = names.count(technique)
        share = count / len(names) if names else float("nan")
        low, high = wilson(share, len(names)) if names else (np.array(np.nan), np.array(np.nan))
        shares.append(Share(technique, count, share, float(low), float(high), float(techniques.share[k])))
    return tuple(shares)


def reasons(readings: Sequence[TechniqueReading | None]) -> Mapping[str, int]:
    """Count the reasons why techniques could not be determined."""
    found: dict[str, int] = {}
    for reading in readings:
        if reading is not None and reading.reason:
            found[reading.reason] = found.get(reading.reason, 0) + 1
    return found
