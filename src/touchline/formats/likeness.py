"""What a video is like, and whether each model was measured on such footage: ``likeness.json`` of a bundle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError
from touchline.formats.files.atomic import write_json_atomic
from touchline.formats.files.json_files import read_document
from touchline.formats.files.json_shapes import (
    Check,
    Misfit,
    a_count,
    a_number,
    a_text,
    check,
    list_of,
    record,
    table_of,
)

LIKENESS = "likeness.json"
LIKE, UNLIKE, UNCHECKED, NEVER_MEASURED = "like", "unlike", "unchecked", "never measured"
VERDICTS = (LIKE, UNLIKE, UNCHECKED, NEVER_MEASURED)
"""``unchecked``: the model was measured on something that a picture does not show, such as sound."""
_REASONS_SHOWN = 2
SCHEMA = "touchline.likeness"
VERSION = 1
_REMEDY = "analyse the video again"


@dataclass(frozen=True, slots=True)
class ModelLikeness:
    """Whether a video is like the footage that one model was measured on.

    Attributes:
        model: name of the model.
        finds: what it finds, in words: "events", "people and ball".
        verdict: one of :data:`VERDICTS`.
        measured_on: the footage it was measured on, in words; "" if it never was.
        reasons: what differs, in words.

    """

    model: str
    finds: str
    verdict: str
    measured_on: str = ""
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Likeness:
    """Whether a video is like the footage that its models were measured on.

    Attributes:
        facts: what the video is like: values by property.
        pictures: number of pictures that were looked at.
        models: the verdict on each model.
        withheld: why no ball actions are reported at all, in words; "" if they are.

    """

    facts: Mapping[str, float] = field(default_factory=dict)
    pictures: int = 0
    models: tuple[ModelLikeness, ...] = ()
    withheld: str = ""

    @property
    def verdict(self) -> str:
        """The verdict on the whole: ``like`` only if it is that for every model that was checked."""
        found = {model.verdict for model in self.models}
        return next((verdict for verdict in (UNLIKE, NEVER_MEASURED, LIKE) if verdict in found), UNCHECKED)

    @property
    def line(self) -> str:
        """The verdict in one line, for people; "" if no model was checked."""
        parts = [_sentence(self.models, verdict) for verdict in (UNLIKE, NEVER_MEASURED, LIKE)]
        return " ".join(part for part in parts if part)

    def of(self, model: str) -> str:
        """Return the verdict on a model, ``unchecked`` for one that is not among them."""
        return next((one.verdict for one in self.models if one.model == model), UNCHECKED)

    def to_json(self) -> dict[str, Any]:
        """Return the content of ``likeness.json``."""
        return {
            "schema": SCHEMA,
            "version": VERSION,
            "verdict": self.verdict,
            "line": self.line,
            "pictures": self.pictures,
            "facts": dict(self.facts),
            "models": [{**asdict(model), "reasons": list(model.reasons)} for model in self.models],
            "withheld": self.withheld,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Likeness:
        """Return the values of :meth:`to_json`."""
        models = tuple(ModelLikeness(**{**row, "reasons": tuple(row["reasons"])}) for row in document["models"])
        return cls(document["facts"], document["pictures"], models, document["withheld"])


def _sentence(models: Sequence[ModelLikeness], verdict: str) -> str:
    """Return what is to be said of the models with one verdict; "" if there are none."""
    those = [model for model in models if model.verdict == verdict]
    if not those:
        return ""
    if verdict == UNLIKE:
        why = "; ".join(f"{_named(one)}, {_some(max((m.reasons for m in one), key=len))}" for one in _alike(those))
        return f"Unlike what it was measured on, treat as a demonstration: {why}."
    names = ", ".join(_named(one) for one in _alike(those))
    if verdict == LIKE:
        return f"Like what it was measured on: {names}."
    return f"Never measured, treat as a demonstration: {names}."


def _alike(models: Sequence[ModelLikeness]) -> list[list[ModelLikeness]]:
    """Return the models in groups that find the same, in order of the first of each group."""
    groups: dict[str, list[ModelLikeness]] = {}
    for model in models:
        groups.setdefault(model.finds, []).append(model)
    return list(groups.values())


def _named(models: Sequence[ModelLikeness]) -> str:
    """Return what models of one group find, and their names."""
    return f"{models[0].finds} ({', '.join(model.model for model in models)})"


def _some(reasons: Sequence[str]) -> str:
    """Return the first reasons, and how many more there are."""
    more = len(reasons) - _REASONS_SHOWN
    return ", ".join(reasons[:_REASONS_SHOWN]) + (f" and {more} more" if more > 0 else "")


def _verdict(value: object, place: str) -> None:
    if value not in VERDICTS:
        raise Misfit(value, f"one of {', '.join(VERDICTS)}", place)


_MODEL: Check = record(
    {"model": a_text, "finds": a_text, "verdict": _verdict, "measured_on": a_text, "reasons": list_of(a_text)}
)
LIKENESS_SHAPE: Check = record(
    {
        "schema": a_text,
        "version": a_count,
        "verdict": _verdict,
        "line": a_text,
        "pictures": a_count,
        "facts": table_of(a_number),
        "models": list_of(_MODEL),
        "withheld": a_text,
    }
)
"""The whole document."""


def write_likeness(folder: Path, likeness: Likeness) -> None:
    """Write ``likeness.json`` into a bundle's folder."""
    write_json_atomic(folder / LIKENESS, likeness.to_json())


def read_likeness(folder: Path) -> Likeness:
    """Read ``likeness.json`` of a bundle's folder.

    Raises:
        InputError: the file is missing, broken or of another version.

    """
    path = folder / LIKENESS
    document = read_document(path, schema=SCHEMA, version=VERSION, remedy=_REMEDY)
    check(document, LIKENESS_SHAPE, source=path, remedy=_REMEDY)
    return Likeness.from_json(document)


def likeness_or_none(folder: Path) -> Likeness | None:
    """Return what ``likeness.json`` of a bundle's folder holds; None if there is no readable one."""
    try:
        return read_likeness(folder)
    except InputError:
        return None
