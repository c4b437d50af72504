"""Sampling of training pieces from recordings: around events and anywhere, with random streams dropped."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from touchline.core.arrays import Floats32
from touchline.formats.features.stream_sets import StreamSet

Places = list[tuple[int, int]]


class PieceSampler:
    """A sampler of the start positions of pieces.

    Args:
        data: the recordings.
        samples: length of a piece.
        at_events: share of pieces that contain an event, with labels drawn uniformly; the others lie anywhere.
        seed: of the sampling.

    """

    def __init__(self, data: StreamSet, *, samples: int, at_events: float, seed: int) -> None:
        if not len(data):
            raise ValueError("data has no recordings to sample pieces from")
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
        """Draw ``count`` pieces as (recording, first sample)."""
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
    """Drop one stream from some pieces, entirely or for a span, but never all streams of a piece.

    Args:
        present: bool (n, t) by stream.
        chance: probability that a piece loses a stream.
        random: source of randomness.

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


def as_tensors(arrays: Mapping[str, Floats32 | npt.NDArray[np.bool_]], device: torch.device) -> dict[str, Tensor]:
    """Convert the arrays of a batch to tensors."""
    return {name: torch.from_numpy(one).to(device) for name, one in arrays.items()}
