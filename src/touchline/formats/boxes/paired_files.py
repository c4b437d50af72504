"""Pairing of ground truth files with prediction files by name."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from touchline.core.errors import InputError
from touchline.formats.events.event_files import EventFiles
from touchline.formats.files.guard import read_regular


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file on disk, or an entry of a zip.

    Attributes:
        path: the file, or the zip.
        entry: name of the entry; empty for a file on disk.
        archive: the files of the zip that may be read; None for a file on disk.

    """

    path: Path
    entry: str = ""
    archive: EventFiles | None = None

    def __str__(self) -> str:
        return f"{self.path}/{self.entry}" if self.entry else str(self.path)

    def read(self) -> bytes:
        """Read its bytes.

        Raises:
            InputError: it cannot be read.

        """
        if self.archive is None:
            return read_regular(self.path)
        return next(data for _, data in self.archive.read([self.entry]))

    def beside(self, place: str) -> StoredFile | None:
        """Return the file at a place relative to this one, such as ``../seqinfo.ini``; None if there is none."""
        if self.archive is None:
            path = self.path.parent / place
            return StoredFile(path) if path.is_file() else None
        entry = posixpath.normpath(posixpath.join(posixpath.dirname(self.entry), place))
        return StoredFile(self.path, entry, self.archive) if entry in self.archive.names else None


@dataclass(frozen=True, slots=True)
class FilePair:
    """A ground truth file and its predictions, None if they are missing."""

    name: str
    truth: StoredFile
    found: StoredFile | None


@dataclass(frozen=True, slots=True)
class FilePairs:
    """The result of pairing two sets of files.

    Attributes:
        pairs: one per ground truth file, ordered by name.
        unused: prediction files without truth.

    """

    pairs: tuple[FilePair, ...]
    unused: tuple[StoredFile, ...]

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


def pair_files(
    truth: Path,
    predictions: Path,
    *,
    name_of: Callable[[Path], str],
    suffix: str = ".txt",
    truth_name: str = "",
    other_truth: tuple[str, ...] = (),
) -> FilePairs:
    """Pair two files, or the files of two sets by name. A set is a folder or a zip.

    Names are paths within the set. If no name of one set is in the other, the last parts of the names count, so that
    ``test/SNMOT-116`` and ``SNMOT-116`` are one sequence. Detections and lists beside ``gt/gt.txt`` are not truth.

    Args:
        truth: a ground truth file or a set.
        predictions: a prediction file or a set.
        name_of: returns the name of a file from its path within its set.
        suffix: suffix of the files in a set.
        truth_name: name of the truth's files in a set; empty for any name.
        other_truth: suffixes of the truth's files in a set that has none of the first kind.

    Raises:
        InputError: a path does not exist, one is a file and the other a set, or there is no file or no pair.

    """
    for path in (truth, predictions):
        if not path.exists():
            raise InputError(f"{path}: does not exist; check the path")
    if _is_set(truth) != _is_set(predictions):
        raise InputError(
            f"{truth} and {predictions}: one is a folder and the other is not; give two files, or two folders or zips"
        )
    if not _is_set(truth):
        return FilePairs((FilePair(truth.stem, StoredFile(truth), StoredFile(predictions)),), ())
    true = _by_name(truth, name_of=name_of, suffixes=(truth_name or suffix, *other_truth), truth=True)
    found = _by_name(predictions, name_of=name_of, suffixes=(suffix,))
    if not true.keys() & found.keys():
        true, found = _last_parts(true), _last_parts(found)
    if not true.keys() & found.keys():
        raise InputError(
            f"{predictions}: none of its {len(found)} files matches the name of one of the {len(true)} in {truth}, "
            f"such as {min(found)!r} and {min(true)!r}; predictions must have the names of the truth"
        )
    pairs = tuple(FilePair(name, file, found.get(name)) for name, file in sorted(true.items()))
    return FilePairs(pairs, tuple(file for name, file in sorted(found.items()) if name not in true))


def _is_set(path: Path) -> bool:
    """Return whether a path is a folder or a zip."""
    return path.is_dir() or zipfile.is_zipfile(path)


def _last_parts(files: dict[str, StoredFile]) -> dict[str, StoredFile]:
    """Return the files by the last parts of their names; unchanged if two would have the same."""
    short = {posixpath.basename(name): file for name, file in files.items()}
    return short if len(short) == len(files) else files


def _by_name(
    folder: Path, *, name_of: Callable[[Path], str], suffixes: tuple[str, ...], truth: bool = False
) -> dict[str, StoredFile]:
    """Return the files of a set with the first suffix that there is, by name; hidden files are skipped."""
    files: dict[str, StoredFile] = {}
    for inside, file in next(filter(None, (_files_of(folder, suffix=one, truth=truth) for one in suffixes)), []):
        name = name_of(inside)
        if name in files:
            raise InputError(f"{file}: has the name {name!r}, as has {files[name]}; keep one of them")
        files[name] = file
    if not files:
        raise InputError(f"{folder}: holds no {' or '.join(suffixes)} file; is this the right folder?")
    return files


def _files_of(folder: Path, *, suffix: str, truth: bool) -> list[tuple[Path, StoredFile]]:
    """Return the files of a set with their paths within it, in order."""
    if folder.is_dir():
        inner = [path.relative_to(folder) for path in sorted(folder.rglob(f"*{suffix}")) if path.is_file()]
        files = [(inside, StoredFile(folder / inside)) for inside in inner]
    else:
        archive = EventFiles(folder, endings=(suffix, ".ini"), among_others=True)
        entries = [entry for entry in archive.names if entry.endswith(suffix)]
        files = [(Path(entry), StoredFile(folder, entry, archive)) for entry in entries]
    files = [(inside, file) for inside, file in files if not _skipped(inside)]
    sequences = (
        {inside.parent.parent for inside, _ in files if inside.parts[-2:] == ("gt", "gt.txt")} if truth else set()
    )
    return [(inside, file) for inside, file in files if not sequences or _is_truth(inside, file, sequences)]


def _is_truth(inside: Path, file: StoredFile, sequences: set[Path]) -> bool:
    """Return whether a file of a data set is truth: not the detections of a sequence, nor a list of sequences."""
    if inside.parts[-2:] == ("gt", "gt.txt"):
        return True
    return not sequences.intersection(inside.parents) and file.read().lstrip()[:1].isdigit()


def _skipped(inside: Path) -> bool:
    """Return whether a file is hidden or a list of classes."""
    return inside.name == "classes.txt" or any(part.startswith(".") for part in inside.parts)
