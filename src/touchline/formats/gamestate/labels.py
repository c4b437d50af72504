"""``Labels-GameState.json`` and the prediction files of SoccerNet's game-state reconstruction.

A truth file has ``images``, ``annotations`` and ``categories``; a prediction file has ``predictions``, entries of the
same kind. Of an entry, ``image_id``, ``track_id``, ``attributes`` (role, team, jersey) and the middle of ``bbox_pitch``
count, in metres from the centre spot, x to the right and y towards the main camera. The ball, the pitch and the camera
are not people and are left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from touchline.core.columns import FloatArray, IntArray
from touchline.core.errors import InputError
from touchline.formats.files.json_files import parse_object
from touchline.formats.soccernet.entries import short

LABELS = "Labels-GameState.json"
BALL = "ball"
ROLES = ("player", "goalkeeper", "referee", "other")
TEAMS = ("left", "right", None)
WITH_TEAM = ("player", "goalkeeper")

_PARTS = ("has_labeled_pitch", "has_labeled_camera", "has_labeled_person")
"""A picture is scored only if all of this was labelled."""

_OBJECT = "object"
_NUMBER_DIGITS = 6
"""Digits of the frame number at the end of an image id, counted from 1; before them are split and sequence."""

_LARGEST = 10**9
_SHORT_DIGITS = 4
"""Digits of the frame number, counted from 0, at the end of other image ids."""


@dataclass(frozen=True, slots=True)
class Who:
    """The identity of a person; ``jersey`` is a text in published files."""

    role: str
    team: str | None = None
    jersey: str | int | None = None

    def scored(self, *, role: bool = True, team: bool = True, jersey: bool = True) -> tuple[object, object, object]:
        """Return the attributes that are compared: teams of players and goalkeepers, shirt numbers of players only.

        Args:
            role: whether roles are compared; without them, the other two count whatever the role.
            team: whether teams are compared.
            jersey: whether shirt numbers are compared.

        """
        return (
            self.role if role else None,
            self.team if team and (not role or self.role in WITH_TEAM) else None,
            self.jersey if jersey and (not role or self.role == "player") else None,
        )


@dataclass(frozen=True, slots=True, eq=False)
class GameState:
    """The people of a sequence, one row each, in file order.

    Attributes:
        images: ids of the scored pictures, in order of their frames.
        image: int64 (n,), index into ``images``.
        ids: int64 (n,), track ids, unique in a picture.
        places_m: float64 (n, 2), metres from the centre spot, y towards the main camera.
        who: identity of each row.
        boxes_xyxy: float64 (n, 4), pixels; NaN where the file has none.
        confidence: float64 (n,), 1 where the file has none.
        size: width and height of the pictures, pixels; (0, 0) if unknown.

    """

    images: tuple[str, ...]
    image: IntArray
    ids: IntArray
    places_m: FloatArray
    who: tuple[Who, ...]
    boxes_xyxy: FloatArray
    confidence: FloatArray
    size: tuple[int, int] = (0, 0)

    def __len__(self) -> int:
        return len(self.ids)


def parse_truth(data: bytes, *, source: str) -> GameState:
    """Parse the bytes of a ``Labels-GameState.json``.

    Raises:
        InputError: it is another file, or an entry cannot be used; ``source`` names it.

    """
    document = parse_object(data, source=source)
    images = sorted(_labelled(document, source=source), key=lambda image: _frame_number(image, source=source))
    number = {str(image["image_id"]): i for i, image in enumerate(images)}
    size = (_pixels(images[0], "width"), _pixels(images[0], "height")) if images else (0, 0)
    entries = _list_of(document, "annotations", source=source)
    return _state(entries, number.get, list(number), key="annotations", source=source, size=size)


def parse_predictions(data: bytes, *, truth: GameState, source: str) -> GameState:
    """Parse the bytes of a prediction file; entries of pictures that the truth does not score are left out.

    Raises:
        InputError: it is another file, or an entry cannot be used; ``source`` names it.

    """
    document = parse_object(data, source=source)
    number = {image: i for i, image in enumerate(truth.images)}
    prefix = truth.images[0][:-_NUMBER_DIGITS] if truth.images else ""

    def find(image: str) -> int | None:
        if image in number or len(image) == len(prefix) + _NUMBER_DIGITS:
            return number.get(image)
        digits = image[-_SHORT_DIGITS:]
        return number.get(f"{prefix}{int(digits) + 1:0{_NUMBER_DIGITS}d}") if digits.isdecimal() else None

    entries = _list_of(document, "predictions", source=source)
    return _state(entries, find, truth.images, key="predictions", source=source, size=truth.size)


def _labelled(document: Mapping[str, Any], *, source: str) -> Iterable[Mapping[str, Any]]:
    """Yield the pictures that were labelled whole."""
    for image in _list_of(document, "images", source=source):
        if not isinstance(image, Mapping) or "image_id" not in image:
            raise InputError(f"{source}: an image has no 'image_id': {short(image)}")
        if all(image.get(part) for part in _PARTS):
            yield image


def _pixels(image: Mapping[str, Any], key: str) -> int:
    """Return a side of a picture; 0 if the file does not say it."""
    value = image.get(key)
    return value if isinstance(value, int) and 0 < value < _LARGEST else 0


def _frame_number(image: Mapping[str, Any], *, source: str) -> int:
    """Return the number that pictures are ordered by."""
    text = str(image["image_id"]).split("_")[-1]
    if not text.isdecimal():
        raise InputError(f"{source}: image_id {image['image_id']!r} does not end in a number")
    return int(text)


def _list_of(document: Mapping[str, Any], key: str, *, source: str) -> list[Any]:
    """Return a list of the document."""
    entries = document.get(key)
    if not isinstance(entries, list):
        raise InputError(f"{source}: has no list {key!r}; its keys are {sorted(document)[:8]}")
    return entries


def _state(
    entries: Sequence[Any],
    find: Callable[[str], int | None],
    images: Sequence[str],
    *,
    key: str,
    source: str,
    size: tuple[int, int],
) -> GameState:
    """Return the people among the entries, each in a scored picture."""
    rows: list[_Row] = []
    for number, entry in enumerate(entries):
        where = f"{source}: {key}[{number}]"
        try:
            if entry["supercategory"] != _OBJECT or entry["attributes"]["role"] == BALL:
                continue
            image = find(str(entry["image_id"]))
            if image is not None:
                rows.append(_row(entry, image, where=where))
        except KeyError as error:
            raise InputError(f"{where} has no {error.args[0]!r}: {short(entry)}") from error
        except (TypeError, ValueError, AttributeError, OverflowError) as error:
            raise InputError(f"{where} cannot be used ({error}): {short(entry)}") from error
    _check_unique(rows, images, source=source)
    return _gathered(rows, images, size)


@dataclass(frozen=True, slots=True)
class _Row:
    image: int
    track: int
    place: tuple[float, float]
    who: Who
    box: tuple[float, float, float, float]
    confidence: float


def _row(entry: Mapping[str, Any], image: int, *, where: str) -> _Row:
    """Return one person; KeyError or ValueError if the entry is incomplete."""
    attributes, pitch = entry["attributes"], entry["bbox_pitch"]
    if pitch is None:
        raise InputError(f"{where} has no place on the pitch (bbox_pitch is null); leave such entries out")
    place = (float(pitch["x_bottom_middle"]), float(pitch["y_bottom_middle"]))
    if not all(map(math.isfinite, place)):
        raise ValueError(f"bbox_pitch is {place}")
    track = int(entry["track_id"])
    if not 0 <= track < _LARGEST:
        raise ValueError(f"track_id {track} is not a number from 0")
    who = Who(attributes["role"], attributes["team"], attributes["jersey"])
    if who.role not in ROLES:
        raise ValueError(f"role {who.role!r} is none of {', '.join((*ROLES, BALL))}")
    if who.role in WITH_TEAM and who.team not in TEAMS:
        raise ValueError(f"team {who.team!r} is none of left, right and null")
    if who.role == "player" and who.jersey is not None and not 0 <= int(who.jersey) <= 10_000:
        raise ValueError(f"jersey {who.jersey!r} is not a shirt number")
    return _Row(image, track, place, who, _box(entry), float(entry.get("confidence") or 1.0))


def _box(entry: Mapping[str, Any]) -> tuple[float, float, float, float]:
    """Return the box in the picture, NaN without one."""
    box = entry.get("bbox_image")
    if box is None:
        return (math.nan,) * 4
    left, top = float(box["x"]), float(box["y"])
    return left, top, left + float(box["w"]), top + float(box["h"])


def _check_unique(rows: Sequence[_Row], images: Sequence[str], *, source: str) -> None:
    """Raise an error for a track that is twice in a picture."""
    seen: set[tuple[int, int]] = set()
    for row in rows:
        if (row.image, row.track) in seen:
            raise InputError(
                f"{source}: track_id {row.track} occurs twice in image {images[row.image]}; a track is one person"
            )
        seen.add((row.image, row.track))


def _gathered(rows: Sequence[_Row], images: Sequence[str], size: tuple[int, int]) -> GameState:
    return GameState(
        images=tuple(images),
        image=np.array([row.image for row in rows], np.int64),
        ids=np.array([row.track for row in rows], np.int64),
        places_m=np.array([row.place for row in rows], np.float64).reshape(-1, 2),
        who=tuple(row.who for row in rows),
        boxes_xyxy=np.array([row.box for row in rows], np.float64).reshape(-1, 4),
        confidence=np.array([row.confidence for row in rows], np.float64),
        size=size,
    )
