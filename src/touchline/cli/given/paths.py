"""The videos or bundles that arguments name: files, folders with all that is in them, and a list file."""

from __future__ import annotations

import os
import re
import stat
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from touchline.core.errors import InputError, UsageError
from touchline.core.wording import counted

if TYPE_CHECKING:
    from touchline.cli.common import Output

VIDEO_ENDINGS = frozenset(
    f".{ending}"
    for ending in (
        *("mp4", "mov", "m4v", "mkv", "webm", "avi", "ts", "mts", "m2ts", "mpg", "mpeg", "m2v", "vob", "wmv", "asf"),
        *("flv", "f4v", "mxf", "gxf", "ogv", "3gp", "3g2", "dv"),
    )
)
"""Endings of the files in a folder that are taken for videos."""
BUNDLE_ENDING = ".touchline"
_OUR_CLIPS = ".touchline-clips.json"
"""Is in a folder of clips that touchline cut; its videos are results, not inputs."""
_OUR_SEASON = "season.json"
"""Is in a folder of ``touchline index``, which is no bundle whatever its name."""

_MOST_LIST_BYTES = 16 << 20
_STDIN = Path("-")


@dataclass(frozen=True, slots=True)
class Given:
    """One input.

    Attributes:
        path: of the file.
        below: its folder, relative to the folder that was named (with its name, if several were); empty for a file that
            was named itself. Results that are written to ``--out`` go into the same subfolder there, so that equal
            names do not meet.
        problem: why it cannot be used, if that is known; "" otherwise.

    """

    path: Path
    below: Path = Path()
    problem: str = ""

    def out(self, out: Path | None) -> Path | None:
        """Where its results go, for a value of ``--out``."""
        return None if out is None else out / self.below

    def check(self) -> None:
        """Raise an error if it cannot be used.

        Raises:
            InputError: with the reason.

        """
        if self.problem:
            raise InputError(self.problem)


def given_videos(paths: Sequence[Path] | None, *, listed: Path | None, output: Output) -> list[Given]:
    """Return the videos that a command line names, each once.

    Args:
        paths: videos, and folders that are searched with all their subfolders.
        listed: a list file with one path a line; ``-`` is stdin.
        output: where the number of videos in each folder goes.

    Raises:
        UsageError: there is nothing, or a folder or the list holds no video.
        InputError: the list cannot be read.

    """
    return _given(paths, listed=listed, output=output, kind="video", search=videos_in, endings=VIDEO_ENDINGS)


def given_bundles(paths: Sequence[Path] | None, *, listed: Path | None, output: Output) -> list[Given]:
    """As :func:`given_videos`, for bundles and the videos beside them."""
    return _given(paths, listed=listed, output=output, kind="bundle", search=_bundles_in, endings=[BUNDLE_ENDING])


def _given(
    paths: Sequence[Path] | None,
    *,
    listed: Path | None,
    output: Output,
    kind: str,
    search: Callable[[Path], Iterable[Given]],
    endings: Collection[str],
) -> list[Given]:
    named = [*(paths or ()), *(() if listed is None else read_list(listed))]
    if not named:
        raise UsageError(f"no {kind}s are named; name files or folders, or a list of them with --from")
    found: dict[str, Given] = {}
    several = sum(_is_folder(path, kind=kind) for path in named) > 1
    for path in named:
        ones = [Given(path)]
        if _is_folder(path, kind=kind):
            ones = list(search(path))
            count = sum(not one.problem for one in ones)
            if not ones:
                raise UsageError(f"{path}: the folder holds no {kind}s (looked for {', '.join(sorted(endings))})")
            output.note(f"touchline: {path}: {counted(count, kind)}")
            if several:
                ones = [replace(one, below=path.absolute().name / one.below) for one in ones]
        for one in ones:
            found.setdefault(os.path.abspath(one.path), one)
    return list(found.values())


def _is_folder(path: Path, *, kind: str) -> bool:
    try:
        return stat.S_ISDIR(path.stat().st_mode) and not (kind == "bundle" and path.suffix == BUNDLE_ENDING)
    except (OSError, ValueError):
        return False


def videos_in(folder: Path) -> Iterator[Given]:
    """Yield the videos in a folder and its subfolders, in natural order."""
    endings = tuple(VIDEO_ENDINGS)
    for one, _, files in _walk(folder):
        if one.problem:
            yield one
        for name in files:
            if name.lower().endswith(endings):
                yield Given(one.path / name, one.below)


def _bundles_in(folder: Path) -> Iterator[Given]:
    """Yield the bundles in a folder and its subfolders, in natural order."""
    for one, folders, _ in _walk(folder):
        if one.problem:
            yield one
        for name in folders:
            if name.endswith(BUNDLE_ENDING) and not (one.path / name / _OUR_SEASON).is_file():
                yield Given(one.path / name, one.below)


def _walk(top: Path) -> Iterator[tuple[Given, list[str], list[str]]]:
    """Yield each folder with the names of its folders and its files, in natural order.

    Hidden names are left out. Bundles and folders of clips that touchline cut are not entered, and neither are links
    to folders, which may lead in a circle.
    """
    waiting = [Path()]
    while waiting:
        below = waiting.pop()
        folder = top / below
        try:
            with os.scandir(folder) as entries:
                kinds = {entry.name: entry.is_dir(follow_symlinks=False) for entry in entries}
        except OSError as error:
            problem = f"{folder}: the folder cannot be read ({error.strerror}); change its permissions or leave it out"
            yield Given(folder, below, problem), [], []
            continue
        if _OUR_CLIPS in kinds and below != Path():
            continue
        names = sorted((name for name in kinds if not name.startswith(".")), key=natural)
        folders = [name for name in names if kinds[name]]
        yield Given(folder, below), folders, [name for name in names if not kinds[name]]
        waiting += [below / name for name in reversed(folders) if not name.endswith(BUNDLE_ENDING)]


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Return a sort key that puts ``game 10`` after ``game 9``, and small letters among capitals.

    >>> sorted(["b10", "b9", "A"], key=natural)
    ['A', 'b9', 'b10']
    """
    parts = re.split(r"([0-9]+)", name.casefold())
    keys = [(0, int(part), "") if part.isdecimal() and part.isascii() else (1, 0, part) for part in parts if part]
    return (*keys, (2, 0, name))


def read_list(path: Path) -> list[Path]:
    """Return the paths in a list file: one a line, relative to the list's folder; lines that begin with # are comments.

    Args:
        path: the file; ``-`` is stdin, with paths relative to the current folder.

    Raises:
        UsageError: it names nothing, or is a folder.
        InputError: it cannot be read, or is not a list of paths.

    """
    folder, data = (Path(), _stdin()) if path == _STDIN else (path.parent, _bytes_of(path))
    if b"\0" in data or len(data) > _MOST_LIST_BYTES:
        raise InputError(f"{path}: not a list of files; write one path a line, or name the file without --from")
    lines = [os.fsdecode(line).strip() for line in data.removeprefix(b"\xef\xbb\xbf").splitlines()]
    found = [folder / line for line in lines if line and not line.startswith("#")]
    if not found:
        raise UsageError(f"--from {path}: names no files; write one path a line")
    return found


def _stdin() -> bytes:
    return sys.stdin.buffer.read(_MOST_LIST_BYTES + 1)


def _bytes_of(path: Path) -> bytes:
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise UsageError(f"--from {path}: is a folder; name it without --from")
        with path.open("rb") as file:
            return file.read(_MOST_LIST_BYTES + 1)
    except (OSError, ValueError) as error:
        cause = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise InputError(f"--from {path}: cannot be read ({cause}); check the path") from error
