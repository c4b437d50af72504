"""What a model was measured on, in a form that programs read: ``NAME.measured.json`` beside the model and its card.

It is a file of its own, so that measuring a model again does not change the model. ``benchmarks/measured_on.py`` writes
the ranges.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from touchline.core.errors import InputError
from touchline.formats.files.checksum import file_sha256
from touchline.formats.files.text_lines import read_text
from touchline.models.folders import builtin_folder, user_folder

MEASURED_SUFFIX = ".measured.json"
_SUFFIXES = (".safetensors", ".json")


class HeldOut(BaseModel):
    """One result on data that the scored model had not seen.

    Attributes:
        match: the match, or another unit that was held out as a whole.
        metric: what the value is, in words.
        value: the result.
        interval: its 95 % interval; None if there is none.
        count: how many examples it rests on; None if not recorded.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str
    metric: str
    value: float
    interval: tuple[float, float] | None = None
    count: int | None = Field(default=None, ge=0)


class Footage(BaseModel):
    """Further footage that a model was measured on.

    Attributes:
        footage: the footage, in words that follow "measured on".
        ranges: least and greatest value of each property.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    footage: str
    ranges: dict[str, tuple[float, float]]


class MeasuredOn(BaseModel):
    """What a model was measured on.

    Attributes:
        footage: the footage, in words that follow "measured on".
        not_measured: where the model was never measured, in words.
        finds: what the model finds, in words.
        licence: licence of the weights, and of the data.
        held_out: results by match.
        interval_note: how intervals were found, or why there are none.
        ranges: least and greatest value of each property of the footage, by the names in
            :mod:`touchline.analysis.likeness.comparison`; empty if pictures do not show what it was measured on.
        also: further footage; a video that is like any of it is like.
        pictures: number of pictures behind the ranges.
        made_by: the command that found the ranges; "" without ranges.

    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    footage: str
    not_measured: str
    finds: str
    licence: str
    held_out: tuple[HeldOut, ...] = ()
    interval_note: str = ""
    ranges: dict[str, tuple[float, float]] = Field(default_factory=dict)
    also: tuple[Footage, ...] = ()
    pictures: int = Field(default=0, ge=0)
    made_by: str = ""

    def lines(self) -> list[str]:
        """Return the held-out results and the ranges in words, one a line."""
        lines = [f"{one.metric}, {one.match}: {one.value:g}{_span(one.interval)}" for one in self.held_out]
        lines += [self.interval_note] if self.interval_note else []
        return lines + [f"{name}: {least:g} to {most:g}" for name, (least, most) in self.ranges.items()]


def _span(interval: tuple[float, float] | None) -> str:
    return "" if interval is None else f" [{interval[0]:g}, {interval[1]:g}]"


def measured_path(model: Path) -> Path:
    """Return the path of what a model's file was measured on."""
    return model.with_name(model.stem + MEASURED_SUFFIX)


def find_measured(name: str, *, sha256: str) -> MeasuredOn | None:
    """Return what an installed model was measured on, the user's or a built-in one; None if it never was.

    Args:
        name: the model's name.
        sha256: hash of the model's file; that of another model with this name is not returned.

    Raises:
        InputError: the file is broken.

    """
    for folder in (user_folder(), builtin_folder()):
        for suffix in _SUFFIXES:
            model = folder / (name + suffix)
            path = measured_path(model)
            if path.is_file() and model.is_file() and file_sha256(model) == sha256:
                return read_measured(path)
    return None


def read_measured(path: Path) -> MeasuredOn:
    """Read what a model was measured on.

    Raises:
        InputError: the file is broken.

    """
    try:
        return MeasuredOn.model_validate_json(read_text(path))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the top"
        raise InputError(f"{path}: invalid at {where}: {first['msg']}; correct it or remove the file") from error
