"""Labelled clips in a CSV file: ``path,label`` and optionally ``group``, ``split``, ``family``, ``id``.

Paths are relative to the folder of the CSV file.
"""

from __future__ import annotations

from pathlib import Path

from touchline.core.clips import ClipItem, ClipSet
from touchline.core.errors import InputError
from touchline.formats.files.csv_rows import read_csv
from touchline.formats.files.guard import guarded

_SPLITS = ("train", "val", "test")


@guarded("a list of clips")
def read_clip_csv(path: Path | str, *, labels: tuple[str, ...] | None = None) -> ClipSet:
    """Read the clips that a CSV file lists; those whose file is missing are listed as unreadable.

    Args:
        path: the CSV file.
        labels: class names in the desired order; alphabetical order by default.

    Raises:
        InputError: the file does not exist, a column is missing, or a line is invalid.

    """
    path = Path(path)
    table = read_csv(path)
    rows = table.rows
    missing = {"path", "label"} - set(rows[0] if rows else {"path": "", "label": ""})
    if missing or not rows:
        raise InputError(f"{path}: " + (f"has no column {sorted(missing)}" if missing else "lists no clips"))
    items: list[ClipItem] = []
    left_out: list[tuple[Path, str]] = []
    for line, row in zip(table.lines, rows, strict=True):
        item = _item(row, path=path, line=line)
        if item.path is not None and _is_there(item.path):
            items.append(item)
        else:
            left_out.append((item.path or path, "no such file"))
    try:
        return ClipSet(tuple(items), labels or tuple(sorted({i.label for i in items})), unreadable=tuple(left_out))
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # a name that no file system takes
        return False


def _item(row: dict[str, str], *, path: Path, line: int) -> ClipItem:
    name, label = (row["path"] or "").strip(), (row["label"] or "").strip()
    if not name or not label:
        raise InputError(f"{path}: line {line} has path {name!r} and label {label!r}; both are needed")
    split = (row.get("split") or "").strip() or None
    if split is not None and split not in _SPLITS:
        raise InputError(f"{path}: line {line}: split {split!r} must be one of {_SPLITS}")
    return ClipItem(
        (row.get("id") or "").strip() or name,
        label,
        path=path.parent / name,
        family=(row.get("family") or "").strip(),
        group=(row.get("group") or "").strip() or None,
        split=split,
    )
