"""Who is a player of which team, who keeps goal, who referees: decided for a whole track, from its kit and its votes.

The ladder: :func:`looks_of` sums up the tracks of a shot in a few numbers each; :func:`match_teams` finds the two kits
of a match from the looks of all its shots; :func:`roles_of` gives the tracks of one shot their roles with these kits.
:func:`assign_roles` is all three for a single shot. Team "A" is the one whose shirts are lighter (as seen beside the
grass), so that the names mean the same in every shot.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.tracking.tracklets import Tracklet
from touchline.tracks import BALL, DETECTION_LABELS, GOALKEEPER, PLAYER, REFEREE

Floats = npt.NDArray[np.float64]

TEAMS = ("A", "B")
_LONG = 50.0
_SEEDS = 24
_OUTLIER_SPREADS = 4.0
_LEAST_SPREAD = 0.12
_VOTE_FLOOR = 0.05
_VOTE_STRENGTH = 3.0


@dataclass(frozen=True, slots=True)
class RoleOf:
    """What a track shows.

    Attributes:
        label: ``"goalkeeper"``, ``"player"`` or ``"referee"``.
        team: ``"A"``, ``"B"`` or None: unknown, or of neither team.
        team_confidence: 0 to 1; 0 without a team.

    """

    label: str
    team: str | None = None
    team_confidence: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """A track of one shot in a few numbers.

    Attributes:
        colour: float64 (D,), the mean descriptor of its boxes; NaN where it has none.
        boxes: how many boxes stand behind the colour, those that others overlap counted in part.
        votes: float64 (4,), the detector's confidence summed by class.
        index: int64 (n,), places among the shot's sampled pictures.
        x: float64 (n,), where it is along the pitch: metres if known, else pixels of the picture.

    """

    colour: Floats
    boxes: float
    votes: Floats
    index: npt.NDArray[np.int64]
    x: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Kits:
    """The kits of the two teams.

    Attributes:
        colours: float64 (2, D), of teams A and B.
        spread: usual distance of a player's colour to that of the team.

    """

    colours: Floats
    spread: float


def assign_roles(
    tracklets: Sequence[Tracklet],
    *,
    positions_m: Sequence[npt.NDArray[np.float32] | None] | None = None,
    kits: Kits | None = None,
) -> list[RoleOf]:
    """The roles of the people followed in one shot.

    Args:
        tracklets: of people, each with the appearance of its boxes.
        positions_m: (n, 2) for each tracklet, where the pitch is known; NaN or None where not.
        kits: of the match, from :func:`match_teams`; found from this shot alone without them.

    Returns:
        One role for each tracklet, in order.

    """
    looks = looks_of(tracklets, positions_m=positions_m)
    return roles_of(looks, kits=match_teams([looks]) if kits is None else kits)


def looks_of(
    tracklets: Sequence[Tracklet], *, positions_m: Sequence[npt.NDArray[np.float32] | None] | None = None
) -> list[Look]:
    """The tracks of one shot in a few numbers each; the arguments are those of :func:`assign_roles`."""
    places = [None] * len(tracklets) if positions_m is None else list(positions_m)
    if len(places) != len(tracklets):
        raise ValueError(f"{len(places)} positions do not fit {len(tracklets)} tracklets")
    return [_look(tracklet, place) for tracklet, place in zip(tracklets, places, strict=True)]


def _look(tracklet: Tracklet, place: npt.NDArray[np.float32] | None) -> Look:
    votes = np.bincount(tracklet.classes, weights=tracklet.confidence * tracklet.observed, minlength=4)
    x = tracklet.boxes_xyxy[:, [0, 2]].mean(axis=1) if place is None else place[:, 0]
    colour, boxes = np.full(1, np.nan), 0.0
    if tracklet.appearance is not None:
        usable = tracklet.observed & np.isfinite(tracklet.appearance).all(axis=1)
        colour, boxes = np.full(tracklet.appearance.shape[1], np.nan), float(usable.sum())
        if boxes > 0:
            colour = tracklet.appearance[usable].astype(np.float64).mean(axis=0)
    return Look(colour, boxes, votes.astype(np.float64), tracklet.index, x.astype(np.float64))


def match_teams(shots: Sequence[Sequence[Look]]) -> Kits | None:
    """The two kits of a match from the looks of all its shots; None where fewer than two people wear anything."""
    looks = [look for shot in shots for look in shot if look.boxes > 0]
    if len(looks) < 2:
        return None
    colours = np.stack([look.colour for look in looks])
    weights = np.array([min(look.boxes, _LONG) * _player_share(look) for look in looks])
    centres = _two_centres(colours, weights)
    nearest = np.linalg.norm(colours[:, None] - centres, axis=2).min(axis=1)
    spread = max(_weighted_median(nearest, weights), _LEAST_SPREAD)
    lighter_first = centres[np.argsort(-centres[:, 0], kind="stable")]
    return Kits(lighter_first, spread)


def _player_share(look: Look) -> float:
    """Share of the votes for a player, never quite 0."""
    people = look.votes.sum() - look.votes[BALL]
    return float((look.votes[PLAYER] + _VOTE_FLOOR) / (people + 4 * _VOTE_FLOOR))


def _two_centres(colours: Floats, weights: Floats) -> Floats:
    """Centres (2, D) of two groups among points (n, D), those far from both left out."""
    heavy = np.argsort(-weights, kind="stable")[:_SEEDS]
    apart = np.linalg.norm(colours[:, None] - colours[heavy], axis=2)
    cap = np.median(apart) ** 2
    best, cost = (0, min(1, len(heavy) - 1)), np.inf
    for first in range(len(heavy)):
        for second in range(first + 1, len(heavy)):
            nearest = np.minimum(apart[:, first], apart[:, second]) ** 2
            this = float((weights * np.minimum(nearest, cap)).sum())
            if this < cost:
                best, cost = (first, second), this
    centres = colours[heavy[list(best)]]
    for _ in range(20):
        distance = np.linalg.norm(colours[:, None] - centres, axis=2)
        near = distance.min(axis=1)
        share = weights / (1 + (near / max(_weighted_median(near, weights), 1e-6) / 2) ** 4)
        for team in (0, 1):
            mine = distance.argmin(axis=1) == team
            if share[mine].sum() > 0:
                centres[team] = np.average(colours[mine], axis=0, weights=share[mine])
    return centres


def _weighted_median(values: Floats, weights: Floats) -> float:
    order = np.argsort(values)
    place = np.searchsorted(np.cumsum(weights[order]), 0.5 * weights.sum())
    return float(values[order][min(int(place), len(values) - 1)])


def roles_of(looks: Sequence[Look], *, kits: Kits | None) -> list[RoleOf]:
    """The roles of the tracks of one shot, by the kits of the match; by votes alone without kits."""
    roles = [_role(look, kits) for look in looks]
    return [
        RoleOf(role.label, *_keepers_team(look, looks, roles)) if role.label == DETECTION_LABELS[GOALKEEPER] else role
        for look, role in zip(looks, roles, strict=True)
    ]


def _role(look: Look, kits: Kits | None) -> RoleOf:
    people = look.votes.copy()
    people[BALL] = 0
    vote = np.log((people + _VOTE_FLOOR) / (people.sum() + 3 * _VOTE_FLOOR)) * _VOTE_STRENGTH
    if kits is None or look.boxes == 0:
        return RoleOf(DETECTION_LABELS[1 + int(vote[1:].argmax())])
    fit = -0.5 * (np.linalg.norm(kits.colours - look.colour, axis=1) / kits.spread) ** 2
    other = -0.5 * _OUTLIER_SPREADS**2
    scores = np.array([other + vote[GOALKEEPER], fit.max() + vote[PLAYER], other + vote[REFEREE]])
    label = 1 + int(scores.argmax())
    if label != PLAYER:
        return RoleOf(DETECTION_LABELS[label])
    team = int(fit.argmax())
    return RoleOf(DETECTION_LABELS[PLAYER], TEAMS[team], float(1 / (1 + np.exp(-min(fit[team] - fit[1 - team], 50.0)))))


def _keepers_team(keeper: Look, looks: Sequence[Look], roles: Sequence[RoleOf]) -> tuple[str | None, float]:
    """The team that stands nearer to the keeper's goal: the one whose mean place lies on the keeper's side."""
    sides: list[float] = []
    for team in TEAMS:
        pairs = [_common_x(keeper, look) for look, role in zip(looks, roles, strict=True) if role.team == team]
        apart = np.concatenate([np.abs(mine - theirs) for mine, theirs in pairs]) if pairs else np.zeros(0)
        apart = apart[np.isfinite(apart)]
        sides.append(float(apart.mean()) if len(apart) else np.inf)
    if not np.isfinite(sides).all():
        return None, 0.0
    nearer = int(np.argmin(sides))
    return TEAMS[nearer], float(min(1.0, 0.5 + abs(sides[0] - sides[1]) / (sum(sides) + 1e-9)))


def _common_x(one: Look, other: Look) -> tuple[Floats, Floats]:
    """The places of two tracks in the pictures that both are in."""
    _, mine, theirs = np.intersect1d(one.index, other.index, assume_unique=True, return_indices=True)
    return one.x[mine], other.x[theirs]
