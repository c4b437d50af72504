"""Pieces of recordings to learn from: drawn around events and anywhere, with streams taken away at random."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from touchline.formats.features.stream_sets import Floats, StreamSet

Places = list[tuple[int, int]]


class PieceSampler:
    """Where pieces begin.

    Args:
        data: the recordings.
        samples: length of a piece.
        at_events: share of pieces that hold an event, its label drawn from all alike; the others lie anywhere.
        seed: of what is drawn.

    """

    def __init__(self, data: StreamSet, *, samples: int, at_events: float, seed: int) -> None:
        if not len(data):
            raise ValueError("no recordings to draw pieces from")
        self._data, self._samples, self._at_events = data, samples, at_events
        self.random = np.random.default_rng(seed)
        lengths = np.array([recording.samples for recording in data.recordings], np.float64)
        self._chances = lengths / lengths.sum()
        self._events: dict[int, list[tuple[int, float]]] = {}
        for number, recording in enumerate(data.recordings):
            for label, time_s in zip(recording.label.tolist(), recording.time_s.tolist(), strict=True):
                self._events.setdefault(label, []).append((number, time_s * data.rate_hz))
        self._labels = sorted(self._events)

    def draw(self, count: int) -> Places:
        """(recording, first sample) of so many pieces."""
        return [self._one() for _ in range(count)]

    def _one(self) -> tuple[int, int]:
        random = self.random
        if self._labels and random.random() < self._at_events:
            of_label = self._events[self._labels[int(random.integers(len(self._labels)))]]
            number, at = of_label[int(random.integers(len(of_label)))]
            start = int(at) - int(random.integers(self._samples))
        else:
            number = int(random.choice(len(self._chances), p=self._chances))
            start = int(random.integers(-self._samples // 8, self._data.recordings[number].samples))
        last = self._data.recordings[number].samples - self._samples
        return number, min(max(start, 0), last) if last > 0 else min(start, 0)


def drop_streams(
    present: Mapping[str, npt.NDArray[np.bool_]], *, chance: float, random: np.random.Generator
) -> dict[str, npt.NDArray[np.bool_]]:
    """Take one stream from some pieces, the whole or a span of it, but never all streams of a piece.

    Args:
        present: bool (n, t) by stream.
        chance: of each piece to lose a stream.
        random: what it is drawn from.

    """
    left = {name: one.copy() for name, one in present.items()}
    names = list(left)
    if len(names) < 2 or chance <= 0:
        return left
    count, samples = next(iter(left.values())).shape
    for piece in np.flatnonzero(random.random(count) < chance):
        name = names[int(random.integers(len(names)))]
        low, high = (0, samples) if random.random() < 0.5 else np.sort(random.integers(0, samples + 1, 2))
        left[name][piece, low:high] = False
    return left


def as_tensors(arrays: Mapping[str, Floats | npt.NDArray[np.bool_]], device: torch.device) -> dict[str, Tensor]:
    """Arrays of a batch as tensors."""
    return {name: torch.from_numpy(one).to(device) for name, one in arrays.items()}
