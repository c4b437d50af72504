"""Label sets: those of the product, one from a file of the user's own, and the labels that a bundle starts with.

A file of one's own is YAML or JSON::

    name: academy
    labels:
      - {name: Press, colour: "#d0021b", key: p, lead: 5, lag: 4}
      - Turnover

``colour``, ``key``, and ``lead`` and ``lag`` in seconds may be left out; a label may be its name alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from touchline.core.clock import us_from_seconds
from touchline.core.errors import InputError, UsageError
from touchline.core.labels import BALL_12, LABEL_SETS
from touchline.core.suggestions import did_you_mean
from touchline.formats.files.text_lines import read_text
from touchline.formats.files.yaml_files import parse_yaml
from touchline.review.schema import LabelInfo, LabelSetInfo

MAX_BYTES = 1 << 20
"""Largest file of labels."""

_Seconds = Annotated[float, Field(ge=0, le=3600)]


class _OwnLabel(BaseModel):
    """A label in a file."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(min_length=1, max_length=200)]
    colour: Annotated[str, Field(pattern=r"^#[0-9a-fA-F]{6}$")] | None = None
    key: Annotated[str, Field(min_length=1, max_length=1)] | None = None
    lead: _Seconds | None = None
    lag: _Seconds | None = None


class _OwnSet(BaseModel):
    """A file of labels."""

    model_config = ConfigDict(extra="forbid")

    name: str = ""
    labels: Annotated[list[_OwnLabel], Field(min_length=1, max_length=1000)]

    @field_validator("labels", mode="before")
    @classmethod
    def _names_alone(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [{"name": one} if isinstance(one, str) else one for one in value]


def label_sets() -> tuple[LabelSetInfo, ...]:
    """Return the label sets of the product."""
    return tuple(
        LabelSetInfo(name=known.name, title=known.title, labels=plain_labels(known.labels))
        for known in LABEL_SETS.values()
    )


def plain_labels(names: Iterable[str]) -> list[LabelInfo]:
    """Return labels that have only a name."""
    return [LabelInfo(name=name, colour=None, key=None, lead_us=None, lag_us=None) for name in names]


def label_set(choice: str) -> LabelSetInfo:
    """Return a label set by its name, or from a file.

    Raises:
        UsageError: there is neither a set nor a file of this name.
        InputError: the file cannot be read as labels.

    """
    for known in label_sets():
        if known.name == choice:
            return known
    path = Path(choice)
    if not path.is_file():
        raise UsageError(
            f"--label-set {choice}: neither a label set nor a file; the sets are {', '.join(LABEL_SETS)}"
            + did_you_mean(choice, list(LABEL_SETS))
        )
    return _from_file(path)


def starting_labels(known: Iterable[str], *, chosen: LabelSetInfo | None, analysed: bool) -> list[LabelInfo]:
    """Return the labels that a bundle is opened with.

    Args:
        known: labels of its events and curves.
        chosen: the set that the user asked for.
        analysed: whether a model has seen the video; otherwise, without a set, the ball actions are offered.

    """
    first = [] if chosen is None else chosen.labels
    names = [*known, *(() if analysed or chosen is not None else BALL_12)]
    taken = {label.name for label in first}
    return [*first, *plain_labels(dict.fromkeys(name for name in names if name not in taken))]


def _from_file(path: Path) -> LabelSetInfo:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(f"{path}: larger than {MAX_BYTES:,} bytes; give a file of labels")
        own = _OwnSet.model_validate(_document(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise InputError(f"{path}: {where}: {first['msg']}; see docs/howto/review.md for an example") from error
    _distinct(path, "name", [label.name for label in own.labels])
    _distinct(path, "key", [label.key for label in own.labels if label.key])
    labels = [
        LabelInfo(
            name=label.name,
            colour=None if label.colour is None else label.colour.lower(),
            key=label.key,
            lead_us=None if label.lead is None else us_from_seconds(label.lead),
            lag_us=None if label.lag is None else us_from_seconds(label.lag),
        )
        for label in own.labels
    ]
    return LabelSetInfo(name=own.name or path.stem, title=path.name, labels=labels)


def _document(path: Path) -> Any:
    """Return the file's content; a list or plain lines of names stand for the labels."""
    text = read_text(path)
    value = parse_yaml(text, source=str(path))
    if isinstance(value, str):
        value = [line.strip() for line in text.splitlines() if line.strip()]
    return value if isinstance(value, Mapping) else {"labels": value}


def _distinct(path: Path, what: str, values: list[str]) -> None:
    twice = sorted({value for value in values if values.count(value) > 1})
    if twice:
        raise InputError(f"{path}: two labels have the {what} {twice[0]!r}; every {what} must be distinct")
