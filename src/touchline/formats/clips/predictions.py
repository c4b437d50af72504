"""A recogniser's predictions for clips, as CSV: ``id,label,confidence`` and a column ``p:CLASS`` for every class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError
from touchline.formats.files.atomic import write_text_atomic
from touchline.formats.files.csv_rows import csv_text, read_csv
from touchline.formats.files.guard import guarded

_PREFIX = "p:"


@dataclass(frozen=True, slots=True, eq=False)
class ClipPredictions:
    """Predictions for clips.

    Attributes:
        ids: ids of the clips.
        labels: predicted class of each clip.
        classes: class names of the recogniser; empty if the file has no probabilities.
        values: float64 (n, classes), probabilities.

    """

    ids: tuple[str, ...]
    labels: tuple[str, ...]
    classes: tuple[str, ...]
    values: npt.NDArray[np.float64]


def write_clip_predictions(
    path: Path | str, *, ids: Sequence[str], classes: Sequence[str], values: npt.NDArray[np.floating]
) -> None:
    """Write class probabilities (n, classes) of clips, to six decimals."""
    rows = [["id", "label", "confidence", *(_PREFIX + name for name in classes)]]
    for clip_id, row in zip(ids, values, strict=True):
        best = int(np.argmax(row))
        rows.append([clip_id, classes[best], f"{row[best]:.6f}", *(f"{value:.6f}" for value in row)])
    write_text_atomic(path, csv_text(rows))


@guarded("predictions for clips")
def read_clip_predictions(path: Path | str) -> ClipPredictions:
    """Read a CSV file with the columns ``id`` (or ``path``) and ``label``; probabilities are optional.

    Raises:
        InputError: the file or a column is missing, a clip is listed twice, or a value is not a probability.

    """
    path = Path(path)
    table = read_csv(path)
    columns = list(table.columns)
    key = "id" if "id" in columns else "path"
    if key not in columns or "label" not in columns:
        raise InputError(f"{path}: has the columns {columns}; `id` and `label` are required")
    names = [column for column in columns if column.startswith(_PREFIX)]
    table = table.with_points([*names, "confidence"], source=path)
    rows = table.rows
    ids = tuple((row[key] or "").strip() for row in rows)
    twice = sorted({clip_id for clip_id in ids if ids.count(clip_id) > 1}) if len(set(ids)) < len(ids) else []
    if twice:
        raise InputError(f"{path}: clips {twice[:5]} are listed twice; keep one row per clip")
    values = np.array(
        [[_share(row[name], path=path, line=n) for name in names] for n, row in zip(table.lines, rows, strict=True)]
    )
    return ClipPredictions(
        ids,
        tuple((row["label"] or "").strip() for row in rows),
        tuple(name.removeprefix(_PREFIX) for name in names),
        values.reshape(len(rows), len(names)),
    )


def _share(text: str | None, *, path: Path, line: int) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = -1.0
    if not 0.0 <= value <= 1.0:
        raise InputError(f"{path}: line {line}: {text!r} is not a probability from 0 to 1")
    return value
