"""Roles and teams of whole tracks: player, goalkeeper or referee, decided from the kit and the detector's votes.

The ladder: :func:`looks_of` summarises the tracks of a shot; :func:`match_teams` finds the kits of a match from the
summaries of all its shots; :func:`roles_of` assigns roles to the tracks of one shot, given these kits.
:func:`assign_roles` does all three for a single shot.

Team "A" is the one whose shirts are lighter relative to the grass, "B" the darker; with the kits of the match the names
mean the same in every shot. Goalkeepers get the team whose goal they stand at; officials get none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats64
from touchline.core.tracks import BALL, DETECTION_LABELS, GOALKEEPER, PLAYER, REFEREE
from touchline.tracking.people.crossings import clearness
from touchline.tracking.people.kits import TEAMS, Kits, Look, find_kits, fit_to_kits
from touchline.tracking.people.tracklets import Tracklet

__all__ = ["Kits", "Look", "RoleOf", "assign_roles", "looks_of", "match_teams", "roles_of"]

Positions = Sequence[npt.NDArray[np.float32] | None]

_PRIOR = np.array([0.0, 0.08, 0.85, 0.07])
_PRIOR_VOTES = 0.3
_VOTES_FOR_FULL = 10.0
_DOUBT = 0.01
TEAM_LEVEL = 0.8
"""Below this confidence nobody is said to belong to a team."""
_MOST_ODDS = 13.8
TEAM_SLOPE, ROLE_SLOPE, ROLE_SHIFT = 0.7, 0.43, -3.1
"""Calibration of the log-odds of teams and roles: see benchmarks/reliability.py."""


@dataclass(frozen=True, slots=True)
class RoleOf:
    """The role of a track.

    Attributes:
        label: ``"goalkeeper"``, ``"player"`` or ``"referee"``.
        team: ``"A"``, ``"B"`` or None: unknown, or neither team.
        team_confidence: 0 to 1; 0 without a team.
        confidence: 0 to 1, that the label is right.

    """

    label: str
    team: str | None = None
    team_confidence: float = 0.0
    confidence: float = 1.0


def assign_roles(
    tracklets: Sequence[Tracklet], *, positions_m: Positions | None = None, kits: Kits | None = None
) -> list[RoleOf]:
    """Assign roles to the people tracked in one shot.

    Args:
        tracklets: of people, each with the appearance of its boxes.
        positions_m: (n, 2) for each tracklet if the pitch is known; NaN or None if not.
        kits: of the match, from :func:`match_teams`; found from this shot alone if None.

    Returns:
        One role per tracklet, in order.

    """
    looks = looks_of(tracklets, positions_m=positions_m)
    return roles_of(looks, kits=match_teams([looks]) if kits is None else kits)


def looks_of(tracklets: Sequence[Tracklet], *, positions_m: Positions | None = None) -> list[Look]:
    """Summarise the tracks of one shot; the arguments are those of :func:`assign_roles`."""
    places: Positions = [None] * len(tracklets) if positions_m is None else positions_m
    if len(places) != len(tracklets):
        raise ValueError(f"{len(places)} positions_m and {len(tracklets)} tracklets; pass one of each per tracklet")
    clear = clearness(tracklets)
    return [_look(*each) for each in zip(tracklets, places, clear, strict=True)]


def _look(tracklet: Tracklet, place: npt.NDArray[np.float32] | None, clear: Floats64) -> Look:
    seen = tracklet.observed
    votes = np.bincount(tracklet.classes, weights=tracklet.confidence * seen * clear, minlength=len(DETECTION_LABELS))
    x = tracklet.boxes_xyxy[:, [0, 2]].mean(axis=1) if place is None else place[:, 0]
    colour, boxes = np.zeros(0), 0.0
    if tracklet.appearance is not None:
        usable = seen & np.isfinite(tracklet.appearance).all(axis=1)
        boxes = float(clear[usable].sum())
        if boxes > 0:
            colour = np.average(tracklet.appearance[usable].astype(np.float64), axis=0, weights=clear[usable])
    return Look(colour, boxes, votes.astype(np.float64), tracklet.index, x.astype(np.float64))


def match_teams(shots: Sequence[Sequence[Look]]) -> Kits | None:
    """Find the kits of a match.

    Args:
        shots: summaries of the tracks of each shot, from :func:`looks_of`.

    Returns:
        The kits of both teams, and of goalkeepers and officials if the detector voted for them. None if two kits cannot
        be distinguished, for instance because only one team is visible: then nobody gets a team.

    """
    looks = [look for shot in shots for look in shot]
    votes = np.stack([_shares(look) for look in looks]) if looks else np.zeros((0, 4))
    kits = find_kits(looks, votes)
    return None if kits is None else _with_keepers_teams(kits, shots)


def _with_keepers_teams(kits: Kits, shots: Sequence[Sequence[Look]]) -> Kits:
    """Assign every goalkeeper's kit to the team that, over the match, stands at the keeper's goal."""
    if len(kits.keepers) == 0:
        return kits
    evidence = np.zeros(len(kits.keepers))
    for looks in shots:
        roles = [_role(look, kits) for look in looks]
        for look, role in zip(looks, roles, strict=True):
            if role.label == DETECTION_LABELS[GOALKEEPER] and look.boxes > 0:
                nearest = int(np.linalg.norm(kits.keepers - look.colour, axis=1).argmin())
                evidence[nearest] += _leaning(look, looks, roles)
    return kits.with_keepers_leaning(evidence)


def roles_of(looks: Sequence[Look], *, kits: Kits | None) -> list[RoleOf]:
    """Return the roles of the tracks of one shot: by the kits of the match, or by votes alone if None."""
    roles = [_role(look, kits) for look in looks]
    keeper = DETECTION_LABELS[GOALKEEPER]
    return [
        replace(role, **_keepers_team(look, looks, roles, kits)) if role.label == keeper else role
        for look, role in zip(looks, roles, strict=True)
    ]


def _shares(look: Look) -> Floats64:
    """Return the class probabilities (4,) from the votes alone; the ball's is 0."""
    people = look.votes.copy()
    people[BALL] = 0
    shares: Floats64 = (people + _PRIOR_VOTES * _PRIOR) / (people.sum() + _PRIOR_VOTES)
    return shares


def _role(look: Look, kits: Kits | None) -> RoleOf:
    """Return the role of one track; a goalkeeper's team is left open."""
    votes = look.votes.sum() - look.votes[BALL]
    strength = 1 + 2 * min(votes / _VOTES_FOR_FULL, 1.0)
    scores = strength * np.log(_shares(look)[1:] + 1e-3)
    if kits is None or look.boxes == 0:
        return RoleOf(DETECTION_LABELS[1 + int(scores.argmax())], confidence=_sure_of_role(scores))
    fit = fit_to_kits(look, kits)
    scores[[GOALKEEPER - 1, PLAYER - 1, REFEREE - 1]] += [fit.keeper, fit.player, fit.referee]
    label, sure_of_role = 1 + int(scores.argmax()), _sure_of_role(scores)
    if label != PLAYER:
        return RoleOf(DETECTION_LABELS[label], confidence=sure_of_role)
    for_a = 1 / (1 + np.exp(-np.clip(TEAM_SLOPE * fit.a_over_b, -30, 30)))
    share = np.exp(scores[PLAYER - 1] - np.logaddexp.reduce(scores))
    likelier = 0.5 + (max(for_a, 1 - for_a) - 0.5) * kits.certainty
    sure = float((_DOUBT / 2 + (1 - _DOUBT) * likelier) * share)
    if sure < TEAM_LEVEL:
        return RoleOf(DETECTION_LABELS[PLAYER], confidence=sure_of_role)
    return RoleOf(DETECTION_LABELS[PLAYER], TEAMS[0 if for_a >= 0.5 else 1], sure, sure_of_role)


def _sure_of_role(scores: Floats64) -> float:
    """Return how sure the likeliest role is, 0 to 1, from the scores (3,) of all."""
    others = np.delete(scores, int(scores.argmax()))
    odds = min(float(scores.max() - np.logaddexp.reduce(others)), _MOST_ODDS)
    return float(1 / (1 + np.exp(-(ROLE_SLOPE * odds + ROLE_SHIFT))))


def _keepers_team(keeper: Look, looks: Sequence[Look], roles: Sequence[RoleOf], kits: Kits | None) -> dict[str, Any]:
    """Return a goalkeeper's team and its confidence, if sure enough: from the teams' places here and the kit."""
    leaning = _leaning(keeper, looks, roles)
    if kits is not None and keeper.boxes > 0 and len(kits.keepers):
        apart = np.linalg.norm(kits.keepers - keeper.colour, axis=1)
        if apart.min() < 3 * kits.spread:
            leaning += float(kits.keepers_leaning[int(apart.argmin())])
    sure = float(1 / (1 + np.exp(-min(abs(leaning), 5.0))))
    if sure < TEAM_LEVEL:
        return {}
    return {"team": TEAMS[0 if leaning > 0 else 1], "team_confidence": sure}


def _leaning(keeper: Look, looks: Sequence[Look], roles: Sequence[RoleOf]) -> float:
    """Return a positive number if team A stands nearer to the keeper along the pitch than team B, else a negative."""
    places: list[Floats64] = []
    for team in TEAMS:
        away = [_apart(keeper, look) for look, role in zip(looks, roles, strict=True) if role.team == team]
        total = np.nansum(away, axis=0) if away else np.zeros(len(keeper.x))
        count = np.isfinite(away).sum(axis=0) if away else np.zeros(len(keeper.x))
        places.append(np.where(count > 0, total / np.maximum(count, 1), np.nan))
    both = np.isfinite(places[0]) & np.isfinite(places[1])
    if not both.any():
        return 0.0
    difference = places[1][both] - places[0][both]
    scale = np.abs(np.concatenate([places[0][both], places[1][both]])).mean()
    return float(np.clip(difference.mean() / max(scale, 1e-9), -1, 1) * min(both.sum(), 25) / 25 * 6)


def _apart(keeper: Look, other: Look) -> Floats64:
    """Return the distance (n,) along the pitch in each frame of the keeper's track; NaN if the other is not in it."""
    away = np.full(len(keeper.index), np.nan)
    _, mine, theirs = np.intersect1d(keeper.index, other.index, assume_unique=True, return_indices=True)
    away[mine] = np.abs(keeper.x[mine] - other.x[theirs])
    return away
