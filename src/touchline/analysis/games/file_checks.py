"""Whether downloaded files of SoccerNet are what they should be: not empty, whole, and readable from their head on."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

from touchline.core.errors import TouchlineError
from touchline.formats.features.vectors import read_features
from touchline.formats.soccernet.labels import read_labels
from touchline.formats.soccernet.video_ini import read_video_ini
from touchline.media.check import check_video

_VIDEO_ENDINGS = (".mkv", ".mp4")
_POINTER = b"version https://git-lfs"
_PAGE = (b"<!doc", b"<html")
_HEAD = 64


def problem_of(path: Path) -> str:
    """Return what is wrong with a file, in one line; empty if nothing is.

    Videos are opened and their first frame decoded; feature files must have the size that their header states; labels
    must be readable and hold events; zips must have their directory, which is at their end.
    """
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD).lower()
    except OSError as error:
        return f"{path}: cannot be read ({error.strerror})"
    if not head:
        return f"{path}: is empty; download it again"
    if head.startswith(_POINTER):
        return f"{path}: is a Git LFS pointer, not the file; download it through SoccerNet's package"
    if head.lstrip().startswith(_PAGE):
        return f"{path}: is a web page, probably an error of the download; download it again"
    try:
        return _reader_of(path)(path)
    except TouchlineError as error:
        words = str(error)
        return words if str(path) in words else f"{path}: {words}"


def is_checked(name: str) -> bool:
    """Return whether files of a name are checked by :func:`problem_of`."""
    return name.endswith((*_VIDEO_ENDINGS, ".npy", ".zip", ".json")) or name == "video.ini"


def files_below(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder that are checked, in order; not hidden ones, nor those in touchline's bundles."""
    for path in sorted(folder.rglob("*")):
        parts = path.relative_to(folder).parts
        ours = any(part.startswith(".") or part.endswith(".touchline") for part in parts)
        if not ours and path.is_file() and is_checked(path.name):
            yield path


def _reader_of(path: Path) -> Callable[[Path], str]:
    if path.suffix in _VIDEO_ENDINGS:
        return _video
    if path.suffix == ".npy":
        return _features
    if path.suffix == ".zip":
        return _archive
    if path.name == "video.ini":
        return _ini
    return _labels if path.name.startswith(("Labels.", "Labels-v2", "Labels-ball", "results_")) else _json


def _video(path: Path) -> str:
    report = check_video(path, decode=False)
    faults = [finding.message for finding in report.findings if finding.severity == "error"]
    return f"{path}: {'; '.join(faults)}; download it again" if faults else ""


def _features(path: Path) -> str:
    return "" if len(read_features(path, rate_hz=2.0, check=False)) else f"{path}: holds no rows; download it again"


def _labels(path: Path) -> str:
    return "" if len(read_labels(path)) else f"{path}: holds no events"


def _ini(path: Path) -> str:
    read_video_ini(path)
    return ""


def _json(path: Path) -> str:
    try:
        json.loads(path.read_bytes())
    except ValueError as error:
        return f"{path}: is not readable as JSON ({error}); download it again"
    return ""


def _archive(path: Path) -> str:
    try:
        with zipfile.ZipFile(path) as archive:
            return "" if archive.namelist() else f"{path}: is an empty zip; download it again"
    except (zipfile.BadZipFile, OSError) as error:
        return f"{path}: is no whole zip ({error}); download it again"
