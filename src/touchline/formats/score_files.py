"""Saved scores of spotters: touchline's ``scores.npz``, lRomul's raw predictions, and plain arrays of others.

| file | holds |
|---|---|
| ``scores.npz`` | ``values`` (samples, classes), ``times_us`` (samples,), ``labels`` (classes,) |
| lRomul's ``1_raw_predictions.npz`` | ``raw_predictions`` (samples, classes), ``frame_indexes`` (samples,) |
| any other ``.npz`` with one array, or ``.npy`` | scores (samples, classes) from the first sample on |
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Scores
from touchline.core.labels import ACTION_15, BALL_2, SOCCERNET_V2
from touchline.formats.bundle import SCORES
from touchline.formats.features.npy import open_rows
from touchline.formats.files.npz import load_npz
from touchline.formats.own_scores import ARRAYS, read_own_scores
from touchline.formats.soccernet.game_names import half_in_name

LROMUL_FPS = 25.0
_LROMUL = ("frame_indexes", "raw_predictions")
_LROMUL_LABELS = {len(labels): labels for labels in (BALL_2, ACTION_15, SOCCERNET_V2)}
_HALF = re.compile(r"([12])[_-].*\.np[yz]")
_SLACK = 1e-6
_REMEDY = "give saved scores: scores.npz of a bundle, lRomul's raw predictions, or an array of (samples, classes)"


def find_score_files(path: Path) -> list[Path]:
    """Return the files of scores that a path stands for: itself, a bundle's, or those of both halves in a folder.

    Raises:
        InputError: there are none.

    """
    if not path.is_dir():
        return [path]
    if (path / SCORES).is_file():
        return [path / SCORES]
    found = sorted(file for file in path.iterdir() if _HALF.fullmatch(file.name))
    if not found:
        raise InputError(f"{path}: a folder without scores.npz or 1_raw_predictions.npz; {_REMEDY}")
    return found


def half_of_scores(path: Path) -> int | None:
    """Return the half that the name of a file of scores states, or that of the bundle it lies in; None if neither."""
    found = _HALF.fullmatch(path.name)
    if found is not None:
        return int(found[1])
    return half_in_name(path.absolute().parent.name) if path.name == SCORES else None


def read_score_file(path: Path, *, fps: float | None = None, labels: Sequence[str] | None = None) -> Scores:
    """Read saved scores.

    Args:
        path: the file.
        fps: samples per second, for files that do not state it; None takes 25 for lRomul's.
        labels: class names, for files that do not state them; None takes lRomul's, by their number.

    Raises:
        InputError: missing, damaged, or not scores of consecutive samples between 0 and 1.
        UsageError: an option is needed for what the file does not state, or contradicts it.

    """
    if not path.exists():
        raise InputError(f"{path}: no such file; {_REMEDY}")
    if path.suffix == ".npy":
        return _plain(open_rows(path), path=path, fps=fps, labels=labels)
    arrays = load_npz(path, what="scores", remedy=_REMEDY)
    if set(ARRAYS) <= set(arrays):
        return _own(path, fps=fps, labels=labels)
    if set(_LROMUL) <= set(arrays):
        values = arrays["raw_predictions"]
        known = None if values.ndim != 2 else _LROMUL_LABELS.get(values.shape[1])
        return _scores(
            values,
            arrays["frame_indexes"],
            path=path,
            fps=fps or LROMUL_FPS,
            labels=labels or _labels(known, values, path=path),
        )
    if len(arrays) != 1:
        raise InputError(f"{path}: holds the arrays {sorted(arrays)[:8]}, which are of no known kind; {_REMEDY}")
    return _plain(next(iter(arrays.values())), path=path, fps=fps, labels=labels)


def _own(path: Path, *, fps: float | None, labels: Sequence[str] | None) -> Scores:
    """Read touchline's own file of scores, which states everything.

    Raises:
        UsageError: an option contradicts it.

    """
    scores = read_own_scores(path, remedy=_REMEDY)
    _checked(scores.values, path=path)
    if labels is not None and tuple(labels) != scores.labels:
        raise UsageError(f"--labels {','.join(labels)}: {path} has the labels {','.join(scores.labels)}")
    step_us = int(np.median(np.diff(scores.times_us))) if len(scores) > 1 else 0
    if fps is not None and step_us and abs(US_PER_S / step_us - fps) > 0.01 * fps:
        raise UsageError(f"--fps {fps:g}: {path} has {US_PER_S / step_us:g} samples per second")
    return scores


def _plain(values: npt.NDArray[np.generic], *, path: Path, fps: float | None, labels: Sequence[str] | None) -> Scores:
    missing = [name for name, given in (("--fps N", fps), ("--labels A,B,...", labels)) if given is None]
    if missing:
        raise UsageError(f"{path}: an array alone states no rate and no labels; add {' and '.join(missing)}")
    assert fps is not None and labels is not None
    return _scores(values, np.arange(len(values)), path=path, fps=fps, labels=labels)


def _labels(known: tuple[str, ...] | None, values: npt.NDArray[np.generic], *, path: Path) -> tuple[str, ...]:
    if known is None:
        raise UsageError(f"{path}: no labels are known for scores of shape {values.shape}; name them with --labels")
    return known


def _scores(
    values: npt.NDArray[np.generic],
    indices: npt.NDArray[np.generic],
    *,
    path: Path,
    fps: float,
    labels: Sequence[str],
) -> Scores:
    """Return the scores at sample indices."""
    checked = _checked(values, path=path)
    if checked.shape[1] != len(labels):
        raise UsageError(f"{path}: {len(labels)} labels ({','.join(labels)}) for scores of {checked.shape[1]} classes")
    if indices.shape != (len(checked),) or indices.dtype.kind not in "iu" or (np.diff(indices) != 1).any():
        raise InputError(f"{path}: its samples are not consecutive; {_REMEDY}")
    times_us = np.array([us_from_frame(int(index), fps=fps) for index in indices], np.int64)
    return Scores(checked, times_us, tuple(labels))


def _checked(values: npt.NDArray[np.generic], *, path: Path) -> npt.NDArray[np.float32]:
    """Return scores as float32.

    Raises:
        InputError: another shape, or values that are no scores.

    """
    if values.ndim != 2 or values.dtype.kind != "f" or not len(values):
        raise InputError(f"{path}: an array of {values.dtype} and shape {values.shape}; {_REMEDY}")
    numbers = np.asarray(values, np.float32)
    low, high = float(numbers.min()), float(numbers.max())
    if not (low >= -_SLACK and high <= 1 + _SLACK):  # also False for NaN
        raise InputError(
            f"{path}: values from {low:g} to {high:g}, where scores are 0 to 1; apply the sigmoid to logits first"
        )
    return numbers
