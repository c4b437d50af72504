"""Persons: the tracks of one video that show one and the same player, also across cuts, as far as can be told.

A track ends with a cut, a jump of the picture, or when somebody leaves it. Tracks of the same team and role that do not
overlap in time are chained by the place where the person was last and next seen: a person runs no faster than people
do, and two tracks cannot both be continued by the same third one, so all chains of a team are found at once. A team has
eleven players: if more chains are left, the likeliest further links are made, with the low confidence they deserve.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Bools, Floats64, Indices
from touchline.core.tracks import DETECTION_LABELS, GOALKEEPER, REFEREE
from touchline.tracking.people.association import least_cost_pairs

MOST_PLAYERS = 11
"""Players of a team, goalkeeper included, at any time."""
MOST_OFFICIALS = 3
"""Officials on and beside the pitch whom a camera shows."""

_LEAST_SEEN_US = 1_000_000
_AHEAD, _BLOCK = 400, 500
"""Each track may be continued by one of so many that begin next, several minutes of play; and how many are compared at
once: without a limit, time and memory would grow with the square of a video's length."""
_TOUCH_US = 200_000
"""Two tracks of one person may overlap by this much: a box that lingers after the other has begun."""
_SPEED_MPS, _MEMORY_S = 2.5, 2.0
_ROAM_M = 12.0
"""Standard deviation of where a player is after a long time, about where he was."""
_PLACE_M = 1.0
_JUMP, _JUMP_M = 0.02, 25.0
"""Chance that a place means nothing, as the scene was moved on, and the deviation then."""
_PITCH_M2 = 105.0 * 68.0
_NEWCOMER = 1.0
"""Prior log-odds that a track has a predecessor."""
_MORE = (0.0, 2.0, 4.0, 8.0, 16.0, 32.0)
"""How much more likely links are held to be, step by step, while a team has more players than it can have."""
_CAUTION = 0.5
"""Power that chances are raised to: fitted on match 011, where links of 0.1 were right in a third of the cases."""


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """What is known of one track for finding its person.

    Attributes:
        track_id: of the track.
        label: its role.
        team: its team, or None.
        start_us, end_us: its first and last time.
        first_m, last_m: float64 (2,), its first and last known place; NaN if none.
        surely: 0 to 1, that it shows one person and that its team is right.

    """

    track_id: int
    label: str
    team: str | None
    start_us: int
    end_us: int
    first_m: Floats64
    last_m: Floats64
    surely: float = 1.0


@dataclass(frozen=True, slots=True)
class PersonOf:
    """The person of a track: his number from 1, and how sure it is, 0 to 1, that he is that of the longest track."""

    person: int
    confidence: float


def find_persons(stretches: Sequence[Stretch]) -> dict[int, PersonOf]:
    """Return the person of each track, by ``track_id``; persons are numbered by their first appearance.

    A team has eleven players. Of more chains the longest are kept: the tracks of the others, and tracks that are too
    short or of unknown team, have no person, as nobody can tell whose they are.

    Args:
        stretches: the tracks of people of a whole video, in any order.

    """
    chains: list[list[tuple[Stretch, float]]] = []
    for group in _groups(stretches):
        found_here = [[(group[i], sure) for i, sure in chain] for chain in _chains(group, most=_most(group[0]))]
        found_here.sort(key=_seen_us, reverse=True)
        chains += [chain for chain in found_here[: _most(group[0])] if _seen_us(chain) >= _LEAST_SEEN_US]
    chains.sort(key=lambda chain: (chain[0][0].start_us, chain[0][0].track_id))
    found = {}
    for number, chain in enumerate(chains, start=1):
        for stretch, confidence in zip((one for one, _ in chain), _sureness(chain), strict=True):
            found[stretch.track_id] = PersonOf(number, round(confidence, 4))
    return found


def count_persons(stretches: Sequence[Stretch], persons: Mapping[int, PersonOf]) -> dict[str, int]:
    """Return the number of persons by team, and of officials as ``"officials"``; of unknown team nobody counts."""
    names = {s.track_id: "officials" if s.label == DETECTION_LABELS[REFEREE] else s.team for s in stretches}
    by_name: dict[str, set[int]] = {}
    for track_id, name in names.items():
        if name is not None and track_id in persons:
            by_name.setdefault(name, set()).add(persons[track_id].person)
    return {name: len(members) for name, members in sorted(by_name.items())}


def _groups(stretches: Sequence[Stretch]) -> list[list[Stretch]]:
    """Return the stretches that may belong together: of one team and role; those of unknown team are left out."""
    groups: dict[tuple[str | None, bool], list[Stretch]] = {}
    for stretch in sorted(stretches, key=lambda one: (one.start_us, one.track_id)):
        official, keeper = (stretch.label == DETECTION_LABELS[role] for role in (REFEREE, GOALKEEPER))
        if official or stretch.team is not None:
            groups.setdefault((None if official else stretch.team, keeper), []).append(stretch)
    return list(groups.values())


def _seen_us(chain: Sequence[tuple[Stretch, float]]) -> int:
    return sum(one.end_us - one.start_us for one, _ in chain)


def _most(stretch: Stretch) -> int:
    if stretch.label == DETECTION_LABELS[REFEREE]:
        return MOST_OFFICIALS
    return 1 if stretch.label == DETECTION_LABELS[GOALKEEPER] else MOST_PLAYERS - 1


def _chains(group: Sequence[Stretch], *, most: int) -> list[list[tuple[int, float]]]:
    """Return chains of indices, each with the confidence of the link that leads to it (1 for the first)."""
    pairs = _pairs(group)
    following, preceded = np.full(len(group), -1, np.int64), np.zeros(len(group), bool)
    for more in _MORE:  # what was linked before stays: a link that is needed must not break a good one
        rows, columns = _linked(pairs, more=more, free=(following < 0, ~preceded))
        following[rows] = columns
        preceded[columns] = True
        if len(group) - int(preceded.sum()) <= most:
            break
    chains = []
    for head in sorted(set(range(len(group))) - set(following.tolist())):
        chain = [(head, 1.0)]
        while following[chain[-1][0]] >= 0:
            last = chain[-1][0]
            chain.append((int(following[last]), pairs.chance(last, int(following[last]))))
        chains.append(chain)
    return chains


def _linked(pairs: _Pairs, *, more: float, free: tuple[Bools, Bools]) -> tuple[Indices, Indices]:
    """Return the links of least total cost when each costs ``more`` less, between free ends and free beginnings."""
    costs = pairs.costs - more
    kept = (costs < 0) & free[0][pairs.first] & free[1][pairs.second]
    first, second, costs = pairs.first[kept], pairs.second[kept], costs[kept]
    count = len(free[0])
    if count > _AHEAD:
        return _linked_of_many(first, second, costs, count=count)
    table = np.zeros((count, count))
    table[first, second] = costs
    rows, columns = least_cost_pairs(table)
    good = table[rows, columns] < 0
    return rows[good].astype(np.int64), columns[good].astype(np.int64)


def _linked_of_many(first: Indices, second: Indices, costs: Floats64, *, count: int) -> tuple[Indices, Indices]:
    """Return the links of least total cost among many stretches: everyone may also be linked to nobody, for nothing."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import min_weight_full_bipartite_matching

    alone = np.arange(count)
    shift = 1.0 - float(costs.min(initial=0.0))  # weights must not be zero
    weights = np.concatenate([costs, np.zeros(count)]) + shift
    places = np.concatenate([first, alone]), np.concatenate([second, count + alone])
    rows, columns = min_weight_full_bipartite_matching(csr_array((weights, places), shape=(count, 2 * count)))
    good = columns < count
    return rows[good].astype(np.int64), columns[good].astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class _Pairs:
    """The pairs of stretches that may continue each other.

    Attributes:
        first, second: int64 (n,), numbers of the stretches, ordered by the first, then the second.
        costs: (n,), negative ones favour the link.
        by_second: int64 (n,), the order of the pairs by the second, then the first.

    """

    first: Indices
    second: Indices
    costs: Floats64
    by_second: Indices

    def chance(self, one: int, other: int) -> float:
        """Return the chance that a link is right among all links that could be made of either end, and none."""
        start, end = np.searchsorted(self.first, [one, one + 1])
        row = self.costs[start:end]
        at = int(np.searchsorted(self.second[start:end], other))
        above = np.searchsorted(self.second, [other, other + 1], sorter=self.by_second)
        column = self.by_second[above[0] : above[1]]
        alternatives = np.concatenate([np.delete(row, at), self.costs[column[self.first[column] != one]]])
        wrong = np.exp(-np.clip(alternatives, -50, 50)).sum() + 1.0
        right = np.exp(-np.clip(row[at], -50, 50))
        return float(right / (right + wrong))


def _pairs(group: Sequence[Stretch]) -> _Pairs:
    """Return the pairs of stretches, in order of their starts, of which the second may continue the first."""
    start, end = (np.array([getattr(one, name) for one in group], np.float64) for name in ("start_us", "end_us"))
    places = np.stack([one.first_m for one in group]), np.stack([one.last_m for one in group])
    parts = []
    for low in range(0, len(group), _BLOCK):
        first = np.arange(low, min(low + _BLOCK, len(group)))
        ahead = first[:, None] + np.arange(1, min(_AHEAD, len(group)))
        first, second = np.broadcast_to(first[:, None], ahead.shape)[ahead < len(group)], ahead[ahead < len(group)]
        possible = (start[second] >= end[first] - _TOUCH_US) & (start[second] > start[first])
        first, second = first[possible], second[possible]
        parts.append((first, second, _costs(start[second] - end[first], places[0][second] - places[1][first])))
    first, second, costs = (np.concatenate(part) for part in zip(*parts, strict=True))
    return _Pairs(first, second, costs, np.argsort(second, kind="stable"))


def _costs(gap_us: Floats64, away_m: Floats64) -> Floats64:
    """Return the cost (n,) of links over gaps (n,) and distances (n, 2); negative favours a link."""
    away2 = (away_m**2).sum(axis=1)
    spread = _spread(np.maximum(gap_us, 0.0) / 1e6)
    with np.errstate(invalid="ignore"):
        near = _density(away2, spread)
        anywhere = _density(away2, np.full_like(spread, _JUMP_M**2))
    odds = ((1 - _JUMP) * near + _JUMP * anywhere) * _PITCH_M2
    odds = np.where(np.isfinite(odds), odds, 1.0)  # without places the order in time is all there is
    return -np.log(np.maximum(odds, 1e-12)) - _NEWCOMER


def _spread(gap_s: Floats64) -> Floats64:
    """Return the variance along one axis of where somebody is after a time without being seen, square metres."""
    tau = _MEMORY_S
    walked = 2 * _SPEED_MPS**2 * tau**2 * (gap_s / tau - 1 + np.exp(-gap_s / tau))
    return np.asarray(1 / (1 / np.maximum(walked, 1e-6) + 1 / _ROAM_M**2) + _PLACE_M**2)


def _density(away2: Floats64, variance: Floats64) -> Floats64:
    return np.asarray(np.exp(-away2 / (2 * variance)) / (2 * np.pi * variance))


def _sureness(chain: Sequence[tuple[Stretch, float]]) -> list[float]:
    """Return for each stretch of a chain how sure it is that it shows the person of the longest one."""
    longest = int(np.argmax([one.end_us - one.start_us for one, _ in chain]))
    links = [sure for _, sure in chain]
    found = []
    for i, (stretch, _) in enumerate(chain):
        between = links[min(i, longest) + 1 : max(i, longest) + 1]
        inside = chain[longest][0].surely * stretch.surely if i != longest else 1.0
        found.append(math.prod(between) ** _CAUTION * inside)
    return found
