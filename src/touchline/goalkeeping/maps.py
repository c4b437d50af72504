"""Maps of expected saves over the attacking half, and of the best technique at each place, both with their certainty.

A place is left out if there were few training shots near it, or if the keeper would be where no keeper was observed.
A technique is named best only if the probability of that reaches ``sure``; elsewhere the map shows "unknown". The gain
of coming closer is observational too: it reflects shots with keepers farther out, who chose when to come.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.errors import UsageError
from touchline.core.shots import GOAL_YD, LENGTH_YD, MOST_ENGAGEMENT, WIDTH_YD
from touchline.goalkeeping.expected_saves import Z_95, Population, SaveModel, expit
from touchline.goalkeeping.shots import engagement_from, geometry

FROM_X_YD = 84.0
SURE = 0.8
CELL_YD = 1.0
CLOSER_YD = 2.0
UNKNOWN = -1
"""Value in ``best``: no technique is shown to be better than the others."""

_DRAWS = 300
_SEED = 0
_BEYOND = 0.25
_LEAST_DISTANCE_YD = 1.5


@dataclass(frozen=True, slots=True)
class KeeperPlace:
    """The keeper's position as the shooter moves; at most one of the three, none for the usual engagement of keepers.

    Attributes:
        keeper_yd: he stays at this place.
        engagement: his distance to the shooter as a share of the goal's distance to the shooter.
        closing_yd: he has come this far from the middle of the goal towards the shooter.

    """

    keeper_yd: tuple[float, float] | None = None
    engagement: float | None = None
    closing_yd: float | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("keeper_yd", "engagement", "closing_yd") if getattr(self, name) is not None]
        if len(given) > 1:
            raise UsageError(f"{' and '.join(given)} were given; the keeper can be placed in one way only")
        if self.keeper_yd is not None and not (
            0 <= self.keeper_yd[0] <= LENGTH_YD and 0 <= self.keeper_yd[1] <= WIDTH_YD
        ):
            raise UsageError(f"a keeper at {self.keeper_yd} is outside the pitch of 120 x 80 yd; the goal is at 120,40")
        if self.engagement is not None and not 0 <= self.engagement <= MOST_ENGAGEMENT:
            raise UsageError(f"engagement {self.engagement} is outside 0 to {MOST_ENGAGEMENT:g}; 1 is on the line")
        if self.closing_yd is not None and not 0 <= self.closing_yd <= LENGTH_YD / 2:
            raise UsageError(f"closing down {self.closing_yd} yd is outside 0 to {LENGTH_YD / 2:g}")

    @property
    def said(self) -> str:
        """The position in words."""
        if self.keeper_yd is not None:
            return f"keeper at x={self.keeper_yd[0]:g}, y={self.keeper_yd[1]:g} yd"
        if self.engagement is not None:
            return f"keeper at {self.engagement:g} of the way from shooter to goal"
        if self.closing_yd is not None:
            return f"keeper {self.closing_yd:g} yd out towards the shooter"
        return "keeper where keepers usually are at that distance"

    def engagement_at(self, x_yd: Floats64, y_yd: Floats64, *, model: SaveModel) -> Floats64:
        """Return engagement (n,) for shooters at (n,) places; NaN where the keeper would be behind the shooter."""
        distance = np.maximum(np.hypot(GOAL_YD[0] - x_yd, GOAL_YD[1] - y_yd), _LEAST_DISTANCE_YD)
        if self.keeper_yd is not None:
            behind = math.dist(self.keeper_yd, GOAL_YD) > distance
            return np.where(behind, np.nan, engagement_from(x_yd, y_yd, keeper_yd=self.keeper_yd))
        if self.engagement is not None:
            return np.full(len(x_yd), self.engagement)
        if self.closing_yd is not None:
            return np.where(self.closing_yd < distance, 1 - self.closing_yd / distance, np.nan)
        return model.usual.median(distance)


@dataclass(frozen=True, slots=True, eq=False)
class OptimalMap:
    """Expected saves on a grid of shooters' places; every array is (nx, ny) unless stated otherwise.

    Attributes:
        x_yd, y_yd: float64 (nx,) and (ny,), centres of the cells.
        p, low, high: save probability and its 95 % interval, regardless of technique.
        engagement: the assumed engagement; NaN where the keeper would be behind the shooter.
        shots_near: number of training shots around there.
        covered: bool, whether the model supports a prediction there.
        techniques: their names.
        by_technique: float64 (names, nx, ny), save probability with each technique's effect.
        chance_best: float64 (names, nx, ny), probability that each technique is the best there.
        best: int64, index of the best technique; ``UNKNOWN`` where none reaches ``sure`` or the place is not covered.
        sure: probability that a technique must reach to be named.
        closer_yd: length of a step towards the shooter.
        closer_gain: change of the save probability by that step; NaN where no keeper was observed so close.
        closer_shown: bool, whether the 95 % interval of that change excludes zero.
        pressure: whether the shooter is under pressure.
        place: the keeper's position.
        population: of the shots.
        remarks: caveats that every reader must know.

    """

    x_yd: Floats64
    y_yd: Floats64
    p: Floats64
    low: Floats64
    high: Floats64
    engagement: Floats64
    shots_near: Floats64
    covered: Bools
    techniques: tuple[str, ...]
    by_technique: Floats64
    chance_best: Floats64
    best: Indices
    sure: float
    closer_yd: float
    closer_gain: Floats64
    closer_shown: Bools
    pressure: bool
    place: KeeperPlace
    population: Population
    remarks: tuple[str, ...]


def optimal_map(
    model: SaveModel,
    *,
    pressure: bool = False,
    place: KeeperPlace | None = None,
    population: Population = "all",
    sure: float = SURE,
    cell_yd: float = CELL_YD,
    closer_yd: float = CLOSER_YD,
) -> OptimalMap:
    """Compute the map of a situation.

    Args:
        model: of expected saves.
        pressure: whether the shooter is under pressure.
        place: the keeper's position; the usual engagement by default.
        population: of the shots.
        sure: probability of being the best that a technique must reach to be named, 0.25 to 1.
        cell_yd: side length of a cell.
        closer_yd: the step for which the gain is computed.

    """
    if not 0.25 <= cell_yd <= 10 or not 0 <= sure <= 1:
        raise UsageError(f"cells of {cell_yd:g} yd (0.25 to 10) or certainty {sure:g} (0 to 1) cannot be mapped")
    if not 0 < closer_yd <= 10:
        raise UsageError(f"a step of {closer_yd:g} yd towards the shooter is outside 0 to 10")
    place = place or KeeperPlace()
    x = np.arange(FROM_X_YD + cell_yd / 2, LENGTH_YD, cell_yd)
    y = np.arange(cell_yd / 2, WIDTH_YD, cell_yd)
    at_x, at_y = (grid.ravel() for grid in np.meshgrid(x, y, indexing="ij"))
    engagement = place.engagement_at(at_x, at_y, model=model)
    near = model.support.near(at_x, at_y)
    covered = (near >= model.support.least) & _keeper_plausible(model, at_x, at_y, engagement)
    features = geometry(at_x, at_y, engagement=engagement, under_pressure=float(pressure))[covered]
    eta, deviation = model.logits(features, population=population)
    moved, chance = compare_techniques(model, features)
    gain, shown = _closer(model, features, step_yd=closer_yd, population=population)
    shape = (len(x), len(y))

    def spread(values: Floats64) -> Floats64:
        whole = np.full((*values.shape[:-1], len(at_x)), np.nan)
        whole[..., covered] = values
        return whole.reshape(*values.shape[:-1], *shape)

    best = np.full(len(at_x), UNKNOWN, np.int64)
    best[covered] = np.where(chance.max(axis=0) >= sure, chance.argmax(axis=0), UNKNOWN)
    return OptimalMap(
        x_yd=x,
        y_yd=y,
        p=spread(expit(eta)),
        low=spread(expit(eta - Z_95 * deviation)),
        high=spread(expit(eta + Z_95 * deviation)),
        engagement=engagement.reshape(shape),
        shots_near=near.reshape(shape),
        covered=covered.reshape(shape),
        techniques=model.techniques.names,
        by_technique=spread(expit(eta + moved)),
        chance_best=spread(chance),
        best=best.reshape(shape),
        sure=sure,
        closer_yd=closer_yd,
        closer_gain=spread(gain),
        closer_shown=spread(shown.astype(np.float64)) > 0,
        pressure=pressure,
        place=place,
        population=population,
        remarks=(model.techniques.said, model.said),
    )


def compare_techniques(model: SaveModel, features: Floats64) -> tuple[Floats64, Floats64]:
    """Return each technique's effect on the log-odds (names, n), and the probability (names, n) that it is the best.

    The probability is a share of draws from the posterior; the draws are always the same.
    """
    offsets = model.techniques
    terms = offsets.terms(features)
    names = len(offsets.names)
    random = np.random.default_rng(_SEED).standard_normal((len(offsets.factor), _DRAWS))
    drawn = offsets.coefficients.ravel()[:, None] + offsets.factor @ random
    scores = terms.astype(np.float32) @ drawn.reshape(names, -1, _DRAWS).astype(np.float32)
    highest = scores.max(axis=0)
    chance = np.stack([np.count_nonzero(score >= highest, axis=1) for score in scores]) / _DRAWS
    return offsets.coefficients @ terms.T, chance


def _closer(model: SaveModel, features: Floats64, *, step_yd: float, population: Population) -> tuple[Floats64, Bools]:
    """Return the gain of a step out (n,), NaN where no keeper came so close, and whether that gain is shown."""
    distance, x, aside = np.exp(features[:, 0]), features[:, 2], features[:, 3]
    engagement = features[:, 4] - step_yd / distance
    after = geometry(x, GOAL_YD[1] + aside, engagement=engagement, under_pressure=features[:, -1])
    columns = [model.design(one, population=population) for one in (features, after)]
    eta = [one @ model.coefficients for one in columns]
    change = columns[1] - columns[0]
    deviation = np.sqrt(((change @ model.factor) ** 2).sum(axis=1))
    seen = _keeper_plausible(model, x, GOAL_YD[1] + aside, engagement)
    gain = np.where(seen, expit(eta[1]) - expit(eta[0]), np.nan)
    return gain, np.asarray(seen & (np.abs(eta[1] - eta[0]) > Z_95 * deviation))


def _keeper_plausible(model: SaveModel, x_yd: Floats64, y_yd: Floats64, engagement: Floats64) -> Bools:
    """Return whether keepers were observed about that far out for shots of that distance."""
    distance = np.hypot(GOAL_YD[0] - x_yd, GOAL_YD[1] - y_yd)
    usual = model.usual.quantiles(distance)
    low, high = usual[:, 0], usual[:, -1]
    beyond = _BEYOND * (high - low)
    return np.asarray(
        (engagement >= np.maximum(low - beyond, 0)) & (engagement <= high + beyond) & (distance >= _LEAST_DISTANCE_YD)
    )
