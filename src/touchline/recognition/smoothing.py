"""From the scores of windows to what a player does from when to when."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.actions import Action, WindowScores

MIN_CONFIDENCE = 0.4
"""Below it nothing is claimed."""

_GAP_WINDOWS_US = 1_000_000


def smooth_windows(windows: WindowScores, *, weights: Sequence[float] = (0.25, 0.5, 0.25)) -> WindowScores:
    """Each window's scores averaged with its neighbours', as far as they follow without a gap.

    Args:
        windows: of one track.
        weights: an odd number of them, the middle one for the window itself.

    """
    if len(weights) % 2 == 0 or min(weights) < 0 or not weights[len(weights) // 2] > 0:
        raise ValueError(f"weights={tuple(weights)} must be an odd number, none below 0, the middle one above")
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
    """Spans of one label each; where no label reaches the confidence nothing is said.

    A window speaks from its own start to the next one's, the last one to its end.

    Args:
        windows: of one track, smoothed or not.
        labels: the classes, in column order.
        source: name of the recogniser.
        min_confidence: least mean probability of a label that is claimed.

    """
    if not len(windows.starts_us):
        return []
    best, sure = windows.values.argmax(axis=1), windows.values.max(axis=1)
    part = _parts(windows)
    ends_us = np.append(windows.starts_us[1:], windows.ends_us[-1])
    ends_us[:-1] = np.where(part[1:] == part[:-1], ends_us[:-1], windows.ends_us[:-1])
    said = np.where(sure >= min_confidence, best, -1)
    changes = np.flatnonzero((np.diff(said) != 0) | (np.diff(part) != 0)) + 1
    actions = []
    for first, last in zip([0, *changes], [*changes, len(said)], strict=True):
        if said[first] < 0:
            continue
        actions.append(
            Action(
                windows.track_id,
                labels[said[first]],
                int(windows.starts_us[first]),
                int(ends_us[last - 1]),
                float(sure[first:last].mean()),
                source,
            )
        )
    return actions


def _parts(windows: WindowScores) -> npt.NDArray[np.int64]:
    """Which uninterrupted part of the track each window lies in."""
    apart = windows.starts_us[1:] - windows.ends_us[:-1] > _GAP_WINDOWS_US
    return np.concatenate([[0], np.cumsum(apart)]).astype(np.int64)[: len(windows.starts_us)]
