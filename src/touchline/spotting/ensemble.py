"""Ensembles of spotters: the mean of several models' raw scores, before smoothing and peak finding.

:class:`EnsembleSpotter` averages while a video is read, :func:`average_scores` averages finished scores.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.errors import InputError, UsageError
from touchline.core.events import Scores
from touchline.media.sampling import fit_luma
from touchline.spotting.engine import ScoreChunk
from touchline.spotting.spotter import FrameSpotter, Scoring, Spotter


class EnsembleSpotter(FrameSpotter):
    """An ensemble that averages its members' scores; the first member's thresholds and peak settings apply.

    Args:
        members: at least one, all with the same labels and frame rate; their input sizes may differ.

    Raises:
        UsageError: labels or frame rates differ.

    """

    def __init__(self, members: Sequence[Spotter]) -> None:
        if not members:
            raise ValueError("an ensemble needs at least one member; none was given")
        for other in members[1:]:
            _check_agreement(members[0], other)
        self.name = "+".join(member.name for member in members)
        self.config = members[0].config
        self._members = tuple(members)

    @property
    def members(self) -> tuple[Spotter, ...]:
        """The models, in the order given."""
        return self._members

    def scoring(self, *, start_index: int = 0) -> Scoring:
        """Start a stream, see :meth:`FrameSpotter.scoring`; only times that every member scores are yielded."""
        return _SideBySide(self._members, start_index=start_index)


class _SideBySide:
    """A stream of frames scored by several models in parallel."""

    def __init__(self, members: Sequence[Spotter], *, start_index: int) -> None:
        self._engines = [(member.engine(start_index=start_index), member.config.frame) for member in members]
        self._mean = _RunningMean(len(members))

    def feed(self, index: int, luma: npt.NDArray[np.uint8], /) -> Iterator[ScoreChunk]:
        """Take the next frame, see :class:`~touchline.spotting.spotter.Scoring`."""
        pictures = {
            spec: fit_luma(luma, width=spec.width, height=spec.height) for spec in {spec for _, spec in self._engines}
        }
        for member, (engine, spec) in enumerate(self._engines):
            self._mean.add(member, engine.feed(index, pictures[spec]))
        yield from self._mean.ready()

    def finish(self) -> Iterator[ScoreChunk]:
        """Yield the remaining chunks, see :class:`~touchline.spotting.spotter.Scoring`."""
        for member, (engine, _) in enumerate(self._engines):
            self._mean.add(member, engine.finish())
        yield from self._mean.ready()


class _RunningMean:
    """A buffer that holds each member's scores until all members have reached the same time."""

    def __init__(self, members: int) -> None:
        self._held: list[ScoreChunk | None] = [None] * members

    def add(self, member: int, chunks: Iterator[ScoreChunk]) -> None:
        """Append the next chunks of a member."""
        for chunk in chunks:
            held = self._held[member]
            if held is not None:
                chunk = ScoreChunk(held.first_index, np.concatenate([held.values, chunk.values]))
            self._held[member] = chunk

    def ready(self) -> Iterator[ScoreChunk]:
        """Yield the mean over the times that all members have scored so far, if any."""
        held = [chunk for chunk in self._held if chunk is not None]
        if len(held) < len(self._held):
            return
        start = max(chunk.first_index for chunk in held)
        stop = min(chunk.first_index + len(chunk) for chunk in held)
        if start >= stop:
            return
        values = [chunk.values[start - chunk.first_index : stop - chunk.first_index] for chunk in held]
        self._held = [ScoreChunk(stop, chunk.values[stop - chunk.first_index :]) for chunk in held]
        mean = np.stack(values).mean(axis=0, dtype=np.float64)
        yield ScoreChunk(start, np.asarray(mean, dtype=np.float32))


def _check_agreement(one: Spotter, other: Spotter) -> None:
    """Check that the scores of two models can be averaged.

    Raises:
        UsageError: labels or frame rates differ.

    """
    if one.labels != other.labels:
        raise UsageError(
            f"models {one.name} and {other.name} have different labels ({', '.join(one.labels)}; "
            f"{', '.join(other.labels)}); an ensemble needs the same labels in the same order"
        )
    if one.fps != other.fps:
        raise UsageError(
            f"models {one.name} and {other.name} have different frame rates ({one.fps:g} and {other.fps:g} a second); "
            "an ensemble needs the same one"
        )


def average_scores(members: Sequence[Scores], *, weights: Sequence[float] | None = None) -> Scores:
    """Average scores of models with the same labels, over the times that all of them scored.

    Args:
        members: scores of each model, at least one.
        weights: positive weight of each member; None weights all equally.

    Raises:
        InputError: labels differ, or no time is common to all.

    """
    if not members:
        raise ValueError("an ensemble needs at least one member; none was given")
    shares = np.ones(len(members)) if weights is None else np.asarray(weights, dtype=np.float64)
    if shares.shape != (len(members),) or not bool(np.all(shares > 0)):
        raise ValueError(f"weights={weights} must be {len(members)} positive numbers")
    labels = members[0].labels
    for member in members[1:]:
        if member.labels != labels:
            raise InputError(f"an ensemble needs one set of labels; {labels} and {member.labels} differ")
    times_us = members[0].times_us
    for member in members[1:]:
        times_us = np.intersect1d(times_us, member.times_us, assume_unique=True)
    if len(times_us) == 0:
        raise InputError("the members of an ensemble have no sample time in common; use models of one frame rate")
    total = np.zeros((len(times_us), len(labels)))
    for member, share in zip(members, shares / shares.sum(), strict=True):
        total += share * member.values[np.searchsorted(member.times_us, times_us)]
    return Scores(total.astype(np.float32), times_us, labels)
