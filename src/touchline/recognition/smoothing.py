"""Actions from window scores: smoothing over neighbouring windows, then spans of one label."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.actions import Action, WindowScores

MIN_CONFIDENCE = 0.4
"""Least confidence of an action; below it none is reported."""

_GAP_WINDOWS_US = 1_000_000


def smooth_windows(windows: WindowScores, *, weights: Sequence[float] = (0.25, 0.5, 0.25)) -> WindowScores:
    """Average each window's scores with its neighbours', but not across a gap in the track.

    Args:
        windows: windows of one track.
        weights: an odd number of weights, the middle one for the window itself.

    Raises:
        ValueError: an even number of weights, a negative one, or a middle one of 0.

    """
    if len(weights) % 2 == 0 or min(weights) < 0 or not weights[len(weights) // 2] > 0:
        raise ValueError(f"weights={tuple(weights)} must be an odd number, none below 0, the middle one above 0")
    total = np.zeros_like(windows.values)
    share = np.zeros((len(windows.values), 1), np.float32)
    part = _parts(windows)
    reach = len(weights) // 2
    for offset, weight in zip(range(-reach, reach + 1), weights, strict=True):
        there = np.arange(len(part)) + offset
        inside = (there >= 0) & (there < len(part))
        inside[inside] = part[there[inside]] == part[inside]
        total[inside] += np.float32(weight) * windows.values[there[inside]]
        share[inside] += np.float32(weight)
    return WindowScores(windows.track_id, windows.starts_us, windows.ends_us, total / share, windows.padded)


def actions_of(
    windows: WindowScores, *, labels: tuple[str, ...], source: str, min_confidence: float = MIN_CONFIDENCE
) -> list[Action]:
    """Join windows into spans of one label each; windows without a confident label are left out.

    A window counts from its start to the start of the next one; the last one to its end.

    Args:
        windows: windows of one track, smoothed or unsmoothed.
        labels: the classes, in column order.
        source: name of the recogniser.
        min_confidence: least probability of a window's best label.

    """
    if not len(windows.starts_us):
        return []
    best, sure = windows.values.argmax(axis=1), windows.values.max(axis=1)
    part = _parts(windows)
    ends_us = np.append(windows.starts_us[1:], windows.ends_us[-1])
    ends_us[:-1] = np.where(part[1:] == part[:-1], ends_us[:-1], windows.ends_us[:-1])
    label_index = np.where(sure >= min_confidence, best, -1)
    changes = np.flatnonzero((np.diff(label_index) != 0) | (np.diff(part) != 0)) + 1
    actions = []
    for first, last in zip([0, *changes], [*changes, len(label_index)], strict=True):
        if label_index[first] < 0:
            continue
        actions.append(
            Action(
                windows.track_id,
                labels[label_index[first]],
                int(windows.starts_us[first]),
                int(ends_us[last - 1]),
                float(sure[first:last].mean()),
                source,
            )
        )
    return actions


def _parts(windows: WindowScores) -> npt.NDArray[np.int64]:
    """Return the index of the uninterrupted part of the track that each window lies in."""
    apart = windows.starts_us[1:] - windows.ends_us[:-1] > _GAP_WINDOWS_US
    return np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)[: len(windows.starts_us)]
