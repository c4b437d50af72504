"""The decimal sign of a table: one decision for the whole file, because a cell such as ``1,234`` has two readings.

Spreadsheets write numbers with the comma in many countries. Where some number of the file cannot be anything else
(``108,5``), commas are decimal signs in all of it. Where every one could also be thousands (``1,234``), the file is
refused with both readings. Numbers with thousands separators are refused one by one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

from touchline.core.errors import InputError
from touchline.formats.files.text_lines import parse_number

_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([., '\u00a0\u202f\u2019])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")
_ONE_GROUP = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


@dataclass(frozen=True, slots=True)
class Decimals:
    """The decimal sign of a file.

    Attributes:
        comma: whether it is the comma.
        mixed: whether some numbers have a comma and others a point, so that no comma is read.

    """

    comma: bool = False
    mixed: bool = False

    def plain(self, text: str) -> str:
        """Return a number with a decimal point; other text as it is.

        Raises:
            ValueError: the number has thousands separators, or a decimal comma in a file of decimal points.

        """
        text = text.strip()
        if "," not in text and not (self.comma and "." in text) and not _grouped(text):
            return text
        if _grouped(text) or (self.comma and _ONE_GROUP.fullmatch(text) and "." in text):
            raise ValueError(f"{text[:40]!r} has thousands separators; write it without them")
        if not _COMMA.fullmatch(text):
            return text
        pointed = text.replace(",", ".")
        if self.comma:
            return pointed
        if _ONE_GROUP.fullmatch(text):
            raise ValueError(
                f"{text!r} has a decimal comma or a thousands separator; write {pointed} or {_joined(text)}"
            )
        others = ", as other numbers of the file have a point" if self.mixed else ""
        raise ValueError(f"{text[:40]!r} has a decimal comma; write {pointed[:40]}{others}")

    def number(self, text: str) -> float:
        """Return a number, NaN for other text; see :meth:`plain`."""
        return parse_number(self.plain(text))


def decimals_of(cells: Iterable[str], *, source: str) -> Decimals:
    """Decide on the decimal sign from all cells of a file that should be numbers; other text among them is no matter.

    Raises:
        InputError: every comma could be a decimal sign or separate thousands; the message names both readings.

    """
    comma = point = doubtful = ""
    for cell in cells:
        text = cell.strip()
        if "," in text and _COMMA.fullmatch(text):
            if _ONE_GROUP.fullmatch(text):
                doubtful = doubtful or text
            else:
                comma = comma or text
        elif not point and "." in text and _POINT.fullmatch(text) and not _ONE_GROUP.fullmatch(text):
            point = text
    if doubtful and not comma and not point:
        pointed = doubtful.replace(",", ".")
        raise InputError(
            f"{source}: numbers such as {doubtful!r} are {pointed} with a decimal comma, or {_joined(doubtful)} with "
            f"thousands separators, and nothing in the file decides; write {pointed} or {_joined(doubtful)}"
        )
    return Decimals(comma=bool(comma) and not point, mixed=bool(comma) and bool(point))


def refuse_day_fractions(cells: Iterable[str], *, source: str) -> None:
    """Raise an error for times that are fractions of a day, the way in which a spreadsheet stores a time.

    Raises:
        InputError: all times are below 1, and one has more decimals than a time in seconds has.

    """
    example = ""
    for cell in cells:
        text = cell.strip().replace(",", ".")
        if not text:
            continue
        value = parse_number(text)
        if math.isnan(value) or value >= 1:
            return
        if len(text.partition(".")[2]) > _MOST_DECIMALS or (0 < value < _LEAST_S and "e" in text.lower()):
            example = example or text
    if example:
        seconds = float(example) * _S_PER_DAY
        clock = f"{int(seconds // 3600)}:{int(seconds // 60 % 60):02d}:{seconds % 60:06.3f}"
        raise InputError(
            f"{source}: times such as {example} look like fractions of a day, as spreadsheets store them ({clock}); "
            "format the column as [h]:mm:ss.000 or give seconds, and save again"
        )


_MOST_DECIMALS = 6
_LEAST_S = 0.001
_S_PER_DAY = 86_400


def _grouped(text: str) -> bool:
    """Return whether a number can only be read with thousands separators."""
    return bool(_THOUSANDS.fullmatch(text)) and not _ONE_GROUP.fullmatch(text)


def _joined(text: str) -> str:
    return text.replace(",", "").replace(".", "")
