"""The score over time, and the names of the teams, from many reads of which some are wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from touchline.core.arrays import Floats64
from touchline.core.board.values import ScoreSpan, TeamName
from touchline.tracking.board.paths import cheapest_path, confidence_of, runs

LEAST_READS = 3
"""Reads of one score, or of a name, that make it count."""
LEAST_SHARE = 0.25
"""Share of the reads of a name with one spelling that makes it count."""

_GOAL = 2.0
_MORE_GOALS = 2.0
_BACK = 6.0
_NO_SCORE = 0.95


@dataclass(frozen=True, slots=True)
class ScoreRead:
    """A score read on one picture, at a time of the video in microseconds."""

    time_us: int
    home: int
    away: int


def fit_scores(reads: Sequence[ScoreRead]) -> tuple[ScoreSpan, ...]:
    """Return the scores, each from its first agreeing read.

    Goals are added one by one as a rule; a goal that is taken back needs many reads that say so.
    """
    counts = Counter((read.home, read.away) for read in reads)
    states = sorted(score for score, count in counts.items() if count >= LEAST_READS)
    if not states:
        return ()
    costs = np.array([[float((read.home, read.away) != state) for state in states] + [_NO_SCORE] for read in reads])
    path = cheapest_path(costs, _changes(states))
    found: list[ScoreSpan] = []
    for state, start, end in runs(path):
        if state == len(states):
            continue
        agreeing = [read for read in reads[start:end] if (read.home, read.away) == states[state]]
        if len(agreeing) >= LEAST_READS and (not found or (found[-1].home, found[-1].away) != states[state]):
            confidence = confidence_of(len(agreeing), end - start)
            found.append(ScoreSpan(agreeing[0].time_us, *states[state], confidence))
    return tuple(found)


def _changes(states: Sequence[tuple[int, int]]) -> Floats64:
    """Return what it costs to go from one score to another; the last state is none of them."""
    count = len(states) + 1
    costs = np.full((count, count), _GOAL)
    for row, (home, away) in enumerate(states):
        for column, (later_home, later_away) in enumerate(states):
            gained, lost = later_home - home, later_away - away
            back = sum(max(0, -value) for value in (gained, lost))
            more = max(0, gained) + max(0, lost) - 1
            costs[row, column] = _GOAL + _MORE_GOALS * max(0, more) + _BACK * back
    np.fill_diagonal(costs, 0.0)
    return costs


def most_frequent_name(names: Sequence[str]) -> TeamName | None:
    """Return the most frequent name, of two equally frequent ones the first by the alphabet; None without enough."""
    counts = Counter(name for name in names if name)
    if not counts:
        return None
    name, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    share = count / counts.total()
    if count < LEAST_READS or share < LEAST_SHARE:
        return None
    return TeamName(name, round(share, 4))
