"""The folder of each process: the first writes to the real one, the others to folders that are deleted at the end.

All processes run the same code, which saves measurements and models between trainings and reads what an earlier run
has finished. A process other than the first therefore sees the real folder through links, as it was at the start, and
what it writes itself replaces a link and never a real file.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from touchline.core.errors import UsageError
from touchline.formats.files.atomic import make_folder
from touchline.training.distributed.group import Group


@contextlib.contextmanager
def folder_of_process(out: Path, *, group: Group) -> Iterator[Path]:
    """Return the folder that this process may write to in place of ``out``.

    Raises:
        UsageError: a process on another machine does not see the files in ``out``.

    """
    if group.alone:
        yield out
        return
    if group.is_first:
        make_folder(out)
    seen = group.from_first(lambda: _files(out))
    if group.is_first:
        group.wait()
        yield out
        return
    _require_shared(out, seen)
    with tempfile.TemporaryDirectory(prefix=f"touchline-process-{group.rank}-") as own:
        for name in seen:
            link = Path(own) / name
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to((out / name).absolute())
        group.wait()
        yield Path(own)


def _files(folder: Path) -> list[str]:
    """Return all files below a folder, relative to it."""
    return sorted(
        os.path.relpath(os.path.join(where, name), folder) for where, _, names in os.walk(folder) for name in names
    )


def _require_shared(out: Path, seen: list[str]) -> None:
    missing = [name for name in seen if not (out / name).is_file()]
    if missing or not out.is_dir():
        what = f"{len(missing)} of its files, such as {missing[0]}" if missing else "it"
        raise UsageError(
            f"{out}: this machine does not see {what}; with several machines, --out must be on a file system that all "
            "of them share"
        )
