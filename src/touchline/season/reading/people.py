"""Who is who in a match: the person of each track, and rows of players, halves, tracks and places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from touchline.core.arrays import Floats32, Indices
from touchline.core.geometry.pitch import STANDARD
from touchline.season.reading.boxes import Boxes, TrackHead
from touchline.season.reading.ends import Halves, attack_of_boxes
from touchline.season.reading.movement import Moved, moved

CELL_M = (5.0, 4.0)
"""Size of a cell of the places, along and across the pitch, metres."""
CELLS = (round(STANDARD.length_m / CELL_M[0]), round(STANDARD.width_m / CELL_M[1]))

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Person:
    """A person of a match.

    Attributes:
        person: number in the match; None if unknown.
        given_name: name that a review gave; None if none.
        team: his team; None if unknown.

    """

    person: int | None
    given_name: str | None
    team: str | None

    @property
    def known(self) -> bool:
        """Whether his tracks can be put together."""
        return self.person is not None or self.given_name is not None

    def row(self) -> Row:
        """Return the columns that say who he is."""
        return {"person": self.person, "given_name": self.given_name, "team": self.team}


class People:
    """The persons of a match and the rows about them.

    Args:
        boxes: the boxes of people.
        halves: the halves of the match.

    """

    def __init__(self, boxes: Boxes, halves: Halves) -> None:
        self.boxes, self.halves = boxes, halves
        self.persons, self._person_of_track = _persons(boxes)
        self.by_track: Mapping[int, Person] = {
            head.track_id: self.persons[index]
            for head, index in zip(boxes.heads, self._person_of_track.tolist(), strict=True)
        }
        self._attack = attack_of_boxes(boxes, halves)
        self._halves = len(halves.numbers)
        self._count = len(boxes.heads)
        group = boxes.track * self._halves + halves.index_at(boxes.time_us)
        self._moved = moved(boxes, group, count=self._count * self._halves, attack=self._attack)

    @property
    def count(self) -> int:
        """Number of persons with a number or a name."""
        return sum(person.known for person in self.persons)

    def player_rows(self) -> Iterator[Row]:
        """Yield a row for each person with a number or a name."""
        group = np.repeat(self._person_of_track, self._halves)
        found = self._moved.joined(group, count=len(self.persons))
        seen = np.bincount(self._person_of_track, minlength=len(self.persons))
        for index, person in enumerate(self.persons):
            if person.known:
                heads = [self.boxes.heads[k] for k in np.flatnonzero(self._person_of_track == index)]
                yield {
                    **person.row(),
                    **_moved_row(found, index, turned=True),
                    "tracks": int(seen[index]),
                    **self._described(heads),
                }

    def half_rows(self) -> Iterator[Row]:
        """Yield a row for each person with a number or a name and each half in which he was seen."""
        count = self._halves
        group = np.repeat(self._person_of_track, count) * count + np.tile(np.arange(count), self._count)
        found = self._moved.joined(group, count=len(self.persons) * count)
        for index in np.flatnonzero(found.end_us >= 0).tolist():
            person, half = self.persons[index // count], index % count
            if person.known:
                way = self.halves.attack_of(person.team, self.halves.edges_us[half])
                moves = _moved_row(found, index, turned=True)
                yield {"half": self.halves.numbers[half], **person.row(), **moves, "attack": way}

    def track_rows(self) -> Iterator[Row]:
        """Yield a row for each track."""
        found = self._moved.joined(np.repeat(np.arange(self._count), self._halves), count=self._count)
        for index, head in enumerate(self.boxes.heads):
            start_us = int(found.start_us[index])
            yield {
                "track": head.track_id,
                **self.by_track[head.track_id].row(),
                "team": head.team,
                "role": head.role,
                "camera_shot": head.shot,
                "half": self.halves.number_at(start_us),
                "start_us": start_us,
                "end_us": int(found.end_us[index]),
                **_moved_row(found, index, turned=False),
            }

    def place_columns(self) -> dict[str, Any]:
        """Return the seconds that each person spent in each cell, as columns; unknown ones of a team together."""
        boxes = self.boxes
        rows = boxes.placed & boxes.of_teams("A", "B") & (boxes.step_s > 0)
        attack = self._attack[rows]
        forward = bool(len(attack)) and bool(np.isfinite(attack).all())
        sign = attack if forward else np.ones(int(rows.sum()), np.float32)
        cell = _cells(boxes.x_m[rows] * sign, boxes.y_m[rows] * sign)
        cells = CELLS[0] * CELLS[1]
        key = self._person_of_track[boxes.track[rows]] * cells + cell
        seconds = np.bincount(key, weights=boxes.step_s[rows], minlength=len(self.persons) * cells)
        held = np.flatnonzero(seconds)
        persons = [self.persons[index] for index in (held // cells).tolist()]
        x, y = np.divmod(held % cells, CELLS[1])
        return {
            "team": [person.team for person in persons],
            "person": [person.person for person in persons],
            "given_name": [person.given_name for person in persons],
            "x_m": (x + 0.5) * CELL_M[0] - STANDARD.length_m / 2,
            "y_m": (y + 0.5) * CELL_M[1] - STANDARD.width_m / 2,
            "seconds": seconds[held],
            "forward": np.full(len(held), forward),
        }

    def _described(self, heads: list[TrackHead]) -> Row:
        """Return the role of most tracks of a person, and how sure it is that each is one person."""
        roles = [head.role for head in heads]
        sure = float(np.mean([head.identity_confidence for head in heads]))
        return {"role": max(sorted(set(roles)), key=roles.count), "identity_confidence": round(sure, 4)}


def _persons(boxes: Boxes) -> tuple[list[Person], Indices]:
    """Return the persons, and the index of the person of each track; those without number and name go by team."""
    names = _names_of_numbers(boxes)
    lengths = np.bincount(boxes.track, minlength=len(boxes.heads))
    index: dict[tuple[object, ...], int] = {}
    of_track = np.array([index.setdefault(_key(head, names), len(index)) for head in boxes.heads], np.int64)
    persons = []
    for number, (kind, value) in enumerate(index):
        tracks = np.flatnonzero(of_track == number)
        if kind == "team":
            persons.append(Person(None, None, value if isinstance(value, str) else None))
            continue
        person = _most([boxes.heads[k].person for k in tracks], lengths[tracks])
        team = _most([boxes.heads[k].team for k in tracks], lengths[tracks])
        name = value if kind == "name" else None
        persons.append(Person(_whole(person), _text(name), _text(team)))
    return persons, of_track


def _names_of_numbers(boxes: Boxes) -> dict[int, str]:
    """Return the name of each numbered person of whom some track was given one name, and none another."""
    names: dict[int, set[str]] = {}
    for head in boxes.heads:
        if head.person is not None and head.name is not None:
            names.setdefault(head.person, set()).add(head.name)
    return {number: given.pop() for number, given in names.items() if len(given) == 1}


def _key(head: TrackHead, names: Mapping[int, str]) -> tuple[object, ...]:
    """Return what the tracks of one person share: his name, else his number, else only the team."""
    name = head.name if head.name is not None or head.person is None else names.get(head.person)
    if name is not None:
        return "name", name
    return ("team", head.team) if head.person is None else ("person", head.person)


def _most(values: Sequence[object], weights: Indices) -> object:
    """Return the value of most weight, None only if there is no other."""
    votes: dict[object, int] = {}
    for value, weight in zip(values, weights.tolist(), strict=True):
        votes[value] = votes.get(value, 0) + weight
    return max(votes, key=lambda value: (value is not None, votes[value], str(value)))


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moved_row(found: Moved, index: int, *, turned: bool) -> Row:
    row: Row = {
        "seen_s": round(float(found.seen_s[index]), 3),
        "known_s": round(float(found.known_s[index]), 3),
        "distance_m": round(float(found.distance_m[index]), 2),
        "top_speed_mps": round(float(found.top_speed_mps[index]), 3),
        "sprint_s": round(float(found.sprint_s[index]), 3),
        "mean_x_m": _mean(found.x_m[index], found.placed[index]),
        "mean_y_m": _mean(found.y_m[index], found.placed[index]),
    }
    if turned:
        row["forward_x_m"] = _mean(found.forward_x_m[index], found.placed[index])
        row["forward_y_m"] = _mean(found.forward_y_m[index], found.placed[index])
    return row


def _mean(total: float, count: int) -> float | None:
    """Return a mean to the centimetre; None if it is not known."""
    return None if not count or not np.isfinite(total) else round(float(total) / int(count), 2)


def _cells(x_m: Floats32, y_m: Floats32) -> Indices:
    """Return the cell of each place; places off the pitch belong to the nearest cell."""
    x = np.floor((x_m + STANDARD.length_m / 2) / CELL_M[0]).clip(0, CELLS[0] - 1)
    y = np.floor((y_m + STANDARD.width_m / 2) / CELL_M[1]).clip(0, CELLS[1] - 1)
    return np.asarray(x * CELLS[1] + y, np.int64)
