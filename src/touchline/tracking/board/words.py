"""What stands on the lines around a clock: the score and the names, from the words read in each line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from touchline.tracking.board.lines import Box
from touchline.tracking.board.text import (
    ScoreWords,
    clocks_in,
    name_of_cell,
    score_in,
    score_of_cell,
    team_row,
    without_clock,
)

ROW_SHIFT = 0.4
"""Farthest that the middles of two lines of one row lie apart, in heights of the higher one."""
_ROW_GAP = 1.6
_NEAR_X, _NEAR_Y = 14.0, 3.0
_INSIDE = 0.6


@dataclass(frozen=True, slots=True)
class Words:
    """The words read in a box."""

    box: Box
    text: str
    confidence: float


def in_one_row(a: Box, b: Box) -> bool:
    """Return whether two boxes stand in one row."""
    return abs((a.y0 + a.y1) - (b.y0 + b.y1)) / 2 < ROW_SHIFT * max(a.height, b.height)


def rows_of(boxes: Sequence[Box]) -> list[Box]:
    """Return the boxes joined with their neighbours in the same row, from left to right."""
    rows: list[Box] = []
    for box in sorted(boxes, key=lambda one: (one.x0, one.y0)):
        near = [
            row for row in rows if in_one_row(row, box) and box.x0 - row.x1 < _ROW_GAP * max(row.height, box.height)
        ]
        if near:
            rows.remove(near[0])
            box = joined(near[0], box)
        rows.append(box)
    return rows


def joined(a: Box, b: Box) -> Box:
    """Return the box around two boxes."""
    return Box(min(a.x0, b.x0), min(a.y0, b.y0), max(a.x1, b.x1), max(a.y1, b.y1))


def near_clock(box: Box, clock: Box) -> bool:
    """Return whether a line can belong to the board of a clock."""
    across = max(box.x0 - clock.x1, clock.x0 - box.x1, 0)
    down = max(box.y0 - clock.y1, clock.y0 - box.y1, 0)
    tall = box.height <= 2.5 * clock.height
    return tall and across <= _NEAR_X * clock.height and down <= _NEAR_Y * clock.height


def score_of_words(words: Sequence[Words]) -> ScoreWords | None:
    """Return the score of a board and the names beside it; None if there is none.

    Cells are taken first: a score between two names; then a row as one text; then two rows of a name and a number.
    """
    found = _score_between_cells(_smallest(words))
    in_rows = [score for one in words if (score := score_in(without_clock(one.text))) is not None]
    named = next((score for score in in_rows if score.home_name), None)
    if found is not None and found.home_name and found.away_name:
        return found
    return named or found or next(iter(in_rows), None) or _score_of_team_rows(words)


def _smallest(words: Sequence[Words]) -> list[Words]:
    """Return the words whose box holds no other one with words, from left to right."""
    kept = [
        one
        for one in words
        if one.text.strip()
        and not any(other is not one and other.text.strip() and _inside(other.box, one.box) for other in words)
    ]
    return sorted(kept, key=lambda one: one.box.x0)


def _inside(box: Box, other: Box) -> bool:
    """Return whether a box lies in another, wider one."""
    overlap = min(box.x1, other.x1) - max(box.x0, other.x0)
    return in_one_row(box, other) and overlap > _INSIDE * box.width and box.width < other.width


def _score_between_cells(cells: Sequence[Words]) -> ScoreWords | None:
    for number, cell in enumerate(cells):
        score = score_of_cell(cell.text)
        if score is None or clocks_in(cell.text):
            continue
        beside = [other for other in cells if other is not cell and in_one_row(other.box, cell.box)]
        left = [name_of_cell(other.text) for other in beside if other.box.x0 < cell.box.x0]
        right = [name_of_cell(other.text) for other in beside if other.box.x0 > cell.box.x0]
        if left and right and len(left[-1]) > 1 and len(right[0]) > 1 and number:
            return ScoreWords(*score, left[-1], right[0])
    return None


def _score_of_team_rows(words: Sequence[Words]) -> ScoreWords | None:
    rows = [(one.box, row) for one in words if (row := team_row(one.text)) is not None and len(row[0]) > 1]
    rows.sort(key=lambda one: one[0].y0)
    for (upper, first), (lower, second) in pairwise(rows):
        below = 0 < lower.y0 - upper.y0 < 2.5 * upper.height and not in_one_row(upper, lower)
        if below and min(upper.x1, lower.x1) - max(upper.x0, lower.x0) > 0.5 * min(upper.width, lower.width):
            return ScoreWords(first[1], second[1], first[0], second[0])
    return None
