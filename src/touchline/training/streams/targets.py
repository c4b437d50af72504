"""Training targets of stream heads: window labels, CALF's signed times, dense targets with displacement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.formats.features.stream_sets import StreamSet

FAR = 1e6
"""Number of samples that stands for "no event"."""


@dataclass(frozen=True, slots=True, eq=False)
class PieceEvents:
    """The events of a recording relative to one piece of it.

    Attributes:
        at: float64 (events,), samples from the piece's first sample, in order; includes events outside the piece.
        label: int64 (events,).

    """

    at: npt.NDArray[np.float64]
    label: npt.NDArray[np.int64]

    def of(self, label: int) -> npt.NDArray[np.float64]:
        """Return the times of the events with one label."""
        return self.at[self.label == label]


def piece_events(data: StreamSet, places: Sequence[tuple[int, int]], *, samples: int, piece: int) -> list[PieceEvents]:
    """Return the events of every piece of every place; the pieces of a place are consecutive."""
    found = []
    for number, start in places:
        recording = data.recordings[number]
        at = recording.time_s * data.rate_hz
        found += [PieceEvents(at - begin, recording.label) for begin in range(start, start + samples, piece)]
    return found


def window_targets(pieces: Sequence[PieceEvents], *, classes: int, piece: int) -> Floats32:
    """Make window targets (n, 1 + classes): 1 for every label in the window; the first column for none."""
    targets = np.zeros((len(pieces), 1 + classes), np.float32)
    for row, events in zip(targets, pieces, strict=True):
        inside = (events.at >= 0) & (events.at < piece)
        row[1 + events.label[inside]] = 1
        row[0] = not inside.any()
    return targets


def nearest_events(pieces: Sequence[PieceEvents], *, classes: int, piece: int) -> Floats32:
    """Return (n, piece, classes): offset in samples from each sample to the nearest event; ``FAR`` if there is none."""
    targets = np.full((len(pieces), piece, classes), FAR, np.float32)
    samples = np.arange(piece)
    for block, events in zip(targets, pieces, strict=True):
        for label in np.unique(events.label):
            away = events.of(int(label)) - samples[:, None]
            block[:, label] = away[samples, np.abs(away).argmin(axis=1)]
    return targets


def signed_times(
    pieces: Sequence[PieceEvents], *, classes: int, piece: int, edges: npt.NDArray[np.float64]
) -> Floats32:
    """Return (n, piece, classes): samples since the event that CALF's loss refers a sample to; negative before it.

    Between two events it is the one whose influence reaches farther, according to the edges.

    Args:
        pieces: events of each piece.
        classes: number of classes.
        piece: length of a piece, samples.
        edges: (4, classes), samples: far before, just before, just after, far after.

    """
    times = np.empty((len(pieces), piece, classes), np.float32)
    samples = np.arange(piece, dtype=np.float64)
    for block, events in zip(times, pieces, strict=True):
        for label in range(classes):
            block[:, label] = _signed(np.floor(events.of(label)), samples, edges=edges[:, label])
    return times


def _signed(
    at: npt.NDArray[np.float64], samples: npt.NDArray[np.float64], *, edges: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    far_before, before, after, far_after = edges
    bounded = np.concatenate([[-FAR], np.sort(at), [FAR]])
    following = np.searchsorted(bounded, samples, side="right")
    since, until = samples - bounded[following - 1], samples - bounded[following]
    share_since = (since - after) / (far_after - after)
    share_until = (before - until) / (before - far_before)
    keep = (since < after) | ((since < far_after) & ((until <= far_before) | (share_since < share_until)))
    return np.where(keep, since, until)


def detection_targets(pieces: Sequence[PieceEvents], *, classes: int, piece: int, detections: int) -> Floats32:
    """Make targets (n, detections, 2 + classes): 1, position in the piece, one-hot label of each event; zeros for none.

    If a piece has more events than there are detections, the later ones are dropped.
    """
    targets = np.zeros((len(pieces), detections, 2 + classes), np.float32)
    for block, events in zip(targets, pieces, strict=True):
        inside = np.flatnonzero((events.at >= 0) & (events.at < piece))
        for row, event in zip(block, inside[np.argsort(events.at[inside])], strict=False):
            row[:2] = 1, np.floor(events.at[event]) / piece
            row[2 + events.label[event]] = 1
    return targets
