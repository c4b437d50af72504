"""The rule for files that are in the way: what a command names itself replaces only what touchline made.

A file that a user names, such as ``--out scores.csv``, is replaced. Files that commands name by themselves, such as the
pages or the table of contents in a folder, are not: if one of that name exists and does not bear the mark of touchline,
nothing is written.
"""

from __future__ import annotations

from pathlib import Path

from touchline.core.errors import UsageError

_HEAD_BYTES = 1 << 16


def check_made_here(path: Path, *marks: str) -> None:
    """Raise an error if a file exists that touchline did not make.

    Args:
        path: the file that is about to be replaced.
        marks: texts, one of which is near the beginning of every file of this kind that touchline writes.

    Raises:
        UsageError: there is such a file, or a folder.

    """
    if not path.exists():
        return
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        head = b""
    if not any(mark.encode() in head for mark in marks):
        raise UsageError(f"{path}: exists, and touchline did not make it; move it away or choose another --out")
