"""The kits of a match: the colours of both teams, the goalkeepers and the officials, found from the tracks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.tracks import GOALKEEPER, PLAYER, REFEREE
from touchline.tracking.people.appearance import shirt_rgb

TEAMS = ("A", "B")

_LONG = 50.0
_SEEDS = 24
_ROUNDS = 20
_LEAST_SPREAD = 0.15
_BOX_NOISE, _BOX_NOISE_ALONG = 0.4, 0.2
_CLEARLY_APART = 0.85
_LEAST_APART = 0.5
_SPLIT_SPREADS, _SPLIT_CHANCE = 2.65, 7.0
"""Halves of a single normal group are 2.65 of their spreads apart; 7 / sqrt(people) more is rare (3 to 8 %)."""
_ENOUGH_LOOKS = 12
_FEW_BOXES, _FEW_PEOPLE, _HARDLY_APART = 2.0, 1.2, 0.12
"""People with fewer boxes are no evidence of a kit; so many people, or so much more distance, divide doubt by e."""
_USUAL, _USUAL_WIDTH = 1.2, 0.45
_STRANGER = -3.0
_KNOWN_BONUS = 2.0
_WORST = -12.0
_ALMOST_ALL = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """The summary of one track in one shot.

    Attributes:
        colour: float64 (D,), the mean descriptor of its boxes; (0,) if it has none.
        boxes: number of boxes behind the colour; partly covered boxes count fractionally.
        votes: float64 (4,), the detector's confidence summed by class.
        index: int64 (n,), indices among the shot's sampled frames.
        x: float64 (n,), position along the pitch: metres if known, otherwise pixels; may be NaN.

    """

    colour: Floats64
    boxes: float
    votes: Floats64
    index: npt.NDArray[np.int64]
    x: Floats64


@dataclass(frozen=True, slots=True, eq=False)
class Kits:
    """The kits worn in a match.

    Attributes:
        teams: float64 (2, D), colours of teams A and B.
        spread: typical distance of a player's colour from the team's.
        along: standard deviation of a player's colour along the line from one team's colour to the other's.
        keepers: float64 (k, D), up to two goalkeeper kits.
        keepers_leaning: float64 (k,), positive if the goalkeeper's kit belongs to team A, negative for team B.
        referee: float64 (D,), the officials' kit; None if the detector voted for none.
        certainty: 0 to 1, that these are the kits of two teams at all: little if few people wear either, or if the
            kits are hardly farther apart than the halves of one team would be.

    """

    teams: Floats64
    spread: float
    along: float
    keepers: Floats64
    keepers_leaning: Floats64
    referee: Floats64 | None = None
    certainty: float = 1.0

    def with_keepers_leaning(self, leaning: Floats64) -> Kits:
        """Return the same kits with the teams that the goalkeepers' kits belong to."""
        return replace(self, keepers_leaning=leaning)


@dataclass(frozen=True, slots=True)
class Fit:
    """The fit of a track to the kits: log-likelihoods of the roles, and log-odds of team A over B."""

    player: float
    keeper: float
    referee: float
    a_over_b: float


def find_kits(looks: Sequence[Look], votes: Floats64) -> Kits | None:
    """Find the kits of a match from its tracks.

    Args:
        looks: of all tracks.
        votes: (n, 4), probability of each class for each track from its votes alone.

    Returns:
        The kits; None if two team kits cannot be distinguished.

    """
    worn = np.array([look.boxes > 0 for look in looks], bool)
    if worn.sum() < 2:
        return None
    colours = np.stack([look.colour for look, there in zip(looks, worn, strict=True) if there])
    boxes = np.array([look.boxes for look in looks if look.boxes > 0])
    weights = np.minimum(boxes, _LONG)
    shares = votes[worn]
    centres = _centres(colours, weights * shares[:, PLAYER] ** 2)
    teams = centres[np.argsort(-centres[:, 0], kind="stable")]
    kits = _measure(teams, colours, boxes, weights * shares[:, PLAYER])
    if kits is None:
        return None
    far = _distances(colours, teams).min(axis=1) > 1.5 * kits.spread
    keepers = far & (shares[:, GOALKEEPER] > _ALMOST_ALL)
    referees = far & (shares[:, REFEREE] > _ALMOST_ALL)
    referee = _middle(colours[referees], weights[referees]) if referees.any() else None
    worn_by_keepers = _keepers(colours[keepers], weights[keepers], kits.spread)
    return replace(kits, keepers=worn_by_keepers, keepers_leaning=np.zeros(len(worn_by_keepers)), referee=referee)


def kit_colours(kits: Kits) -> dict[str, str]:
    """Return the approximate colour of the shirts of each team as ``#rrggbb``, for showing."""
    shirts = (shirt_rgb(descriptor) for descriptor in kits.teams)
    return {team: "#{:02x}{:02x}{:02x}".format(*shirt) for team, shirt in zip(TEAMS, shirts, strict=True)}


def _widened(spread: float, noise: float, boxes: Floats64 | float) -> Floats64:
    """Return a spread that includes the noise of a mean over only ``boxes`` boxes."""
    return np.sqrt(spread**2 + noise**2 / np.asarray(boxes))


def _measure(teams: Floats64, colours: Floats64, boxes: Floats64, weights: Floats64) -> Kits | None:
    """Return the kits of the teams alone, with their spread; None if they cannot be distinguished."""
    axis = teams[0] - teams[1]
    apart = float(np.linalg.norm(axis))
    if apart < _LEAST_APART:
        return None
    distance = _distances(colours, teams)
    near, team = distance.min(axis=1), distance.argmin(axis=1)
    settled = np.sqrt(np.maximum(near**2 - _BOX_NOISE**2 / boxes, _LEAST_SPREAD**2))
    spread = _weighted_median(settled, weights)
    mine = near < 2.5 * _widened(spread, _BOX_NOISE, boxes)
    off = ((colours - teams[team]) @ axis)[mine] / apart
    variance = float(np.average(off**2 - _BOX_NOISE_ALONG**2 / boxes[mine], weights=weights[mine]))
    along = max(variance, (_LEAST_SPREAD / 2) ** 2) ** 0.5
    by_chance = _SPLIT_SPREADS + _SPLIT_CHANCE / len(colours) ** 0.5
    surely_two = len(colours) >= _ENOUGH_LOOKS and apart > by_chance * along
    if apart < _CLEARLY_APART and not surely_two:
        return None
    worn = min(float((boxes[mine & (team == side)] >= _FEW_BOXES).sum()) for side in (0, 1))
    beyond = max(0.0, apart / along / _SPLIT_SPREADS - 1)
    certainty = (1 - float(np.exp(-worn / _FEW_PEOPLE))) * (1 - float(np.exp(-beyond / _HARDLY_APART)))
    return Kits(teams, spread, along, teams[:0], np.zeros(0), certainty=certainty)


def _keepers(colours: Floats64, weights: Floats64, spread: float) -> Floats64:
    """Return the one or two kits (k, D) of the goalkeepers."""
    if len(colours) < 2:
        return colours
    two = _centres(colours, weights)
    if np.linalg.norm(two[0] - two[1]) < max(3 * spread, _LEAST_APART):
        return _middle(colours, weights)[None]
    return two


def _middle(colours: Floats64, weights: Floats64) -> Floats64:
    """Return the weighted median of each component."""
    return np.array([_weighted_median(column, weights) for column in colours.T])


def _centres(colours: Floats64, weights: Floats64) -> Floats64:
    """Return the centres (2, D) of two clusters of points (n, D); points far from both count little."""
    heavy = _seeds(weights)
    apart = _distances(colours, colours[heavy]) ** 2
    cap = np.median(apart)
    pairs = [(a, b) for a in range(len(heavy)) for b in range(a + 1, len(heavy))]
    costs = [weights @ np.minimum(np.minimum(apart[:, a], apart[:, b]), cap) for a, b in pairs]
    centres = colours[heavy[list(pairs[int(np.argmin(costs))])]]
    for _ in range(_ROUNDS):
        distance = _distances(colours, centres)
        near, team = distance.min(axis=1), distance.argmin(axis=1)
        usual = max(_weighted_median(near, weights), 1e-6)
        share = weights / (1 + (near / usual / 2) ** 4)
        for i in (0, 1):
            mine = team == i
            if share[mine].sum() > 0:
                centres[i] = np.average(colours[mine], axis=0, weights=share[mine])
    return centres


def _seeds(weights: Floats64) -> npt.NDArray[np.int64]:
    """Return candidates for the first centre of a cluster: points of high weight, evenly drawn."""
    enough = max(int((weights >= 0.5 * weights.max()).sum()), min(_SEEDS, len(weights)))
    heavy = np.sort(np.argsort(-weights, kind="stable")[:enough])
    return heavy[np.unique(np.linspace(0, enough - 1, _SEEDS).round().astype(np.int64))]


def _distances(points: Floats64, others: Floats64) -> Floats64:
    """Return the Euclidean distances (n, m) of points (n, D) to others (m, D)."""
    squared = (points**2).sum(axis=1)[:, None] + (others**2).sum(axis=1) - 2 * points @ others.T
    distances: Floats64 = np.sqrt(np.maximum(squared, 0))
    return distances


def _weighted_median(values: Floats64, weights: Floats64) -> float:
    order = np.argsort(values, kind="stable")
    place = int(np.searchsorted(np.cumsum(weights[order]), 0.5 * weights.sum()))
    return float(values[order][min(place, len(values) - 1)])


def fit_to_kits(look: Look, kits: Kits) -> Fit:
    """Return how well a track that has a colour fits the kits of the match."""
    apart = np.linalg.norm(kits.teams - look.colour, axis=1)
    axis = kits.teams[0] - kits.teams[1]
    length = float(np.linalg.norm(axis))
    from_middle = float((look.colour - kits.teams.mean(axis=0)) @ axis) / length
    spread = float(_widened(kits.spread, _BOX_NOISE, look.boxes))
    along = float(_widened(kits.along, _BOX_NOISE_ALONG, look.boxes))
    referees = kits.teams[:0] if kits.referee is None else kits.referee[None]
    return Fit(
        player=_likeness(float(apart.min()), spread),
        keeper=_likeness_to_known(look.colour, kits.keepers, spread),
        referee=_likeness_to_known(look.colour, referees, spread),
        a_over_b=length * from_middle / along**2,
    )


def _likeness(distance: float, spread: float) -> float:
    beyond = max(0.0, distance / spread - _USUAL) / _USUAL_WIDTH
    return max(-0.5 * beyond**2, _WORST)


def _likeness_to_known(colour: Floats64, known: Floats64, spread: float) -> float:
    """Likelihood of a goalkeeper or an official: that of an unknown colour, or more if it is close to a known kit."""
    if len(known) == 0:
        return _STRANGER
    nearest = float(np.linalg.norm(known - colour, axis=1).min())
    return max(_STRANGER, _STRANGER + _KNOWN_BONUS + _likeness(nearest, spread))
