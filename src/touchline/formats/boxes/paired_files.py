"""Pairing of ground truth files with prediction files by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError


@dataclass(frozen=True, slots=True)
class FilePair:
    """A ground truth file and its predictions, None if they are missing."""

    name: str
    truth: Path
    found: Path | None


@dataclass(frozen=True, slots=True)
class FilePairs:
    """The result of pairing two sets of files.

    Attributes:
        pairs: one per ground truth file, ordered by name.
        unused: prediction files without truth.

    """

    pairs: tuple[FilePair, ...]
    unused: tuple[Path, ...]

    @property
    def missing(self) -> tuple[str, ...]:
        """Names of the ground truth files without predictions."""
        return tuple(pair.name for pair in self.pairs if pair.found is None)


def plain_name(path: Path) -> str:
    """Return a file's path in its folder, without the suffix: ``a/b.txt`` is ``a/b``."""
    return path.with_suffix("").as_posix()


def sequence_name(path: Path) -> str:
    """Return the name of the sequence that a MOT file belongs to.

    ``NAME.txt``, ``NAME/gt/gt.txt`` (MOT Challenge), ``NAME/tracks.txt``, ``NAME.touchline/tracks.txt`` are all NAME.
    """
    parts = list(path.with_suffix("").parts)
    if len(parts) > 1 and parts[-1] in ("gt", "tracks"):
        parts.pop()
    if len(parts) > 1 and parts[-1] == "gt":
        parts.pop()
    return "/".join(parts).removesuffix(".touchline")


def pair_files(truth: Path, predictions: Path, *, name_of: Callable[[Path], str], suffix: str = ".txt") -> FilePairs:
    """Pair two files, or the files of two folders by name.

    Args:
        truth: a ground truth file or a folder.
        predictions: a prediction file or a folder.
        name_of: returns the name of a file from its path within its folder.
        suffix: suffix of the files in a folder.

    Raises:
        InputError: a path does not exist, one is a file and the other a folder, or there is no file or no pair.

    """
    for path in (truth, predictions):
        if not path.exists():
            raise InputError(f"{path}: does not exist; check the path")
    if truth.is_dir() != predictions.is_dir():
        raise InputError(
            f"{truth} and {predictions}: one is a folder and the other is not; give two files or two folders"
        )
    if not truth.is_dir():
        return FilePairs((FilePair(truth.stem, truth, predictions),), ())
    true = _by_name(truth, name_of=name_of, suffix=suffix)
    found = _by_name(predictions, name_of=name_of, suffix=suffix)
    if not true.keys() & found.keys():
        raise InputError(
            f"{predictions}: none of its {len(found)} files matches the name of one of the {len(true)} in {truth}, "
            f"such as {min(found)!r} and {min(true)!r}; predictions must have the names of the truth"
        )
    pairs = tuple(FilePair(name, path, found.get(name)) for name, path in sorted(true.items()))
    return FilePairs(pairs, tuple(path for name, path in sorted(found.items()) if name not in true))


def _by_name(folder: Path, *, name_of: Callable[[Path], str], suffix: str) -> dict[str, Path]:
    """Return the files of a folder and its sub-folders by name; hidden files and class lists are skipped."""
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob(f"*{suffix}")):
        inside = path.relative_to(folder)
        if path.name == "classes.txt" or any(part.startswith(".") for part in inside.parts) or not path.is_file():
            continue
        name = name_of(inside)
        if name in files:
            raise InputError(f"{path}: has the name {name!r}, as has {files[name]}; keep one of them")
        files[name] = path
    if not files:
        raise InputError(f"{folder}: holds no {suffix} file; is this the right folder?")
    return files
