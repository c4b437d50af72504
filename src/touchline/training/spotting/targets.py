"""Training targets from labels: the class of each frame on the model's grid, and the target of a clip."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.clock import frame_from_ms, ms_from_us
from touchline.core.errors import InputError
from touchline.core.events import Event

CENTRE_FRAMES = 15
"""Frames at the centre of a clip whose actions are its target: the centre and 7 to either side."""


def action_frames(
    events: Iterable[Event],
    *,
    labels: Sequence[str],
    fps: float,
    label_map: Mapping[str, str] | None = None,
    visible_only: bool = False,
) -> dict[int, int]:
    """Return the class index by grid frame; if two actions fall on one frame, the later in the list wins.

    Args:
        events: the truth of one video or half, in file order.
        labels: class names in column order.
        fps: samples per second of the model's grid.
        label_map: names to rename first (three cards to one); a name mapped to ``""`` is dropped, and the name ``*``
            stands for every label that is neither in ``labels`` nor in the map.
        visible_only: drop actions marked as not visible.

    Raises:
        InputError: a label is neither in ``labels`` nor in ``label_map``.

    """
    column = {label: index for index, label in enumerate(labels)}
    frames: dict[int, int] = {}
    for event in events:
        label = mapped_label(event.label, labels=column, label_map=label_map or {})
        if not label or (visible_only and not event.visible):
            continue
        if label not in column:
            raise InputError(f"label {label!r} is none of {list(labels)}; add it to labels, or map it in label_map")
        frames[frame_from_ms(ms_from_us(event.start_us), fps=fps)] = column[label]
    return frames


def mapped_label(label: str, *, labels: Container[str], label_map: Mapping[str, str]) -> str:
    """Return the class that a label counts as; ``""`` for none."""
    if label in label_map or label in labels:
        return label_map.get(label, label)
    return label_map.get("*", label)


def dense_targets(actions: Mapping[int, int], *, frame_count: int, class_count: int) -> npt.NDArray[np.float32]:
    """Return float32 (frame_count, class_count): 1 where a frame has an action; actions past the end are dropped."""
    dense = np.zeros((frame_count, class_count), np.float32)
    for frame, label in actions.items():
        if 0 <= frame < frame_count:
            dense[frame, label] = 1.0
    return dense


def clip_target(
    dense: npt.NDArray[np.float32], *, first: int, last: int, centre_frames: int = CENTRE_FRAMES
) -> npt.NDArray[np.float32]:
    """Return the target of a clip of frames ``first`` to ``last`` (inclusive): float32 (classes,), 0 or 1.

    It is the maximum over the ``centre_frames`` frames in its middle, whatever the clip's length.
    """
    span = last - first + 1
    if span < centre_frames:
        raise ValueError(f"a clip of frames {first} to {last} is shorter than its centre of {centre_frames} frames")
    start = first + (span - centre_frames) // 2
    window = dense[max(start, 0) : max(start + centre_frames, 0)]
    return window.max(axis=0) if len(window) else np.zeros(dense.shape[1], np.float32)
