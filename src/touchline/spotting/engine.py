"""Streaming inference: each stack of frames is encoded once, and windows of features are decoded in batches.

Batches are aligned: stack ``i`` is always in encoder batch ``i // encode_batch`` and output ``i`` in decoder batch
``i // decode_batch``. A run that resumes in the middle therefore does the same arithmetic as one from the start, bit
for bit.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Indices
from touchline.core.finite_output import require_finite_output
from touchline.models.runtime.requests import Pending
from touchline.spotting.backends import Backend, BegunBackend, Features

DROPPED_MARGIN = 1
"""Samples that ``edge="drop"`` omits at each end besides those with an incomplete window, as lRomul does."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The frames of a stack, the stacks of an output, and the batch sizes.

    Attributes:
        stack_offsets: frames of a stack relative to its index.
        feature_offsets: stacks of an output relative to its index.
        edge: ``"repeat"``: every frame gets an output, and the nearest features are repeated beyond the ends;
            ``"drop"``: outputs near the ends are omitted.
        encode_batch, decode_batch: stacks encoded, and outputs decoded, in one batch.
        chunk: outputs yielded together, a multiple of ``decode_batch``.
        flip: average the scores with those of the mirrored frames.

    """

    stack_offsets: tuple[int, ...]
    feature_offsets: tuple[int, ...]
    edge: Literal["repeat", "drop"] = "repeat"
    encode_batch: int = 8
    decode_batch: int = 32
    chunk: int = 128
    flip: bool = False

    def __post_init__(self) -> None:
        if self.encode_batch < 1 or self.decode_batch < 1 or self.chunk < 1 or self.chunk % self.decode_batch:
            raise ValueError(
                f"encode_batch={self.encode_batch}, decode_batch={self.decode_batch} and chunk={self.chunk} must be "
                "positive, and chunk a multiple of decode_batch"
            )

    @property
    def margin(self) -> int:
        """Samples omitted at each end besides those with an incomplete window."""
        return DROPPED_MARGIN if self.edge == "drop" else 0

    @property
    def first_stack(self) -> int:
        """Index of the first stack whose frames all exist."""
        return max(0, -min(self.stack_offsets))

    def last_stack(self, frame_count: int) -> int:
        """Return the last stack whose frames all exist; the first stack if the video is too short for any."""
        return max(self.first_stack, frame_count - 1 - max(0, *self.stack_offsets))

    def outputs(self, frame_count: int) -> range:
        """Return the range of outputs of a whole video."""
        if self.edge == "repeat":
            return range(frame_count)
        before = -min(self.feature_offsets) - min(self.stack_offsets) + self.margin
        after = max(self.feature_offsets) + max(self.stack_offsets) + self.margin
        return range(before, max(before, frame_count - after))

    def start_stack(self, output: int) -> int:
        """Return the first stack to encode to obtain ``output`` and those after it."""
        start = _floor(output, self.chunk)
        wanted = start + min(*self.feature_offsets, -max(0, *self.stack_offsets))
        return max(self.first_stack, _floor(max(wanted, 0), self.encode_batch))

    def first_frame_needed(self, output: int) -> int:
        """Return the first frame to feed to obtain ``output`` and those after it."""
        return max(0, self.start_stack(output) + min(self.stack_offsets))


@dataclass(frozen=True, slots=True, eq=False)
class ScoreChunk:
    """Scores at consecutive grid indices from ``first_index``: ``values`` float32 (n, classes), 0 to 1."""

    first_index: int
    values: npt.NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Preview:
    """Scores that a running stream has not yielded yet.

    Attributes:
        first_index: grid index of the first one.
        values: float32 (n, classes), 0 to 1.
        complete: how many of them, from the first on, have seen all frames that they depend on: these are the values
            that will be yielded, bit for bit. The others were made as if the stream ended here.

    """

    first_index: int
    values: npt.NDArray[np.float32]
    complete: int


class _Frames:
    """A buffer of the frames that are still needed, by index."""

    def __init__(self, first: int) -> None:
        self._first = first
        self._pictures: deque[npt.NDArray[np.uint8]] = deque()

    @property
    def end(self) -> int:
        """Index after the last frame held."""
        return self._first + len(self._pictures)

    def add(self, index: int, picture: npt.NDArray[np.uint8]) -> None:
        """Append the next frame; frames before the first one needed are ignored."""
        if index < self._first and not self._pictures:
            return
        if index != self.end:
            raise ValueError(f"index={index}: frame {self.end} was expected; feed consecutive grid frames")
        self._pictures.append(picture)

    def forget(self, before: int) -> None:
        """Drop the frames before an index; no later stack needs them."""
        while self._pictures and self._first < before:
            self._pictures.popleft()
            self._first += 1

    def stacks(self, indices: Indices) -> tuple[npt.NDArray[np.uint8], Indices]:
        """Return frames (m, h, w) and, for stacks of frame indices (n, k), the rows of these frames."""
        clamped = np.clip(indices, self._first, self.end - 1)
        low, high = int(clamped.min()), int(clamped.max())
        pictures = [self._pictures[i - self._first] for i in range(low, high + 1)]
        return np.stack(pictures), clamped - low


class _FeatureStore:
    """A buffer of the features that are still needed, by stack index; one batch for each view."""

    def __init__(self, first: int, *, views: int) -> None:
        self.first = first
        self._views: list[Features | None] = [None] * views

    @property
    def end(self) -> int:
        """Index after the last stack held."""
        return self.first + (0 if self._views[0] is None else len(self._views[0]))

    def add(self, view: int, features: Features, *, backend: Backend) -> None:
        """Append a batch of features to a view."""
        held = self._views[view]
        self._views[view] = features if held is None else backend.join(held, features)

    def forget(self, before: int) -> None:
        """Drop the features before a stack, which no later output needs; the last one is always kept."""
        count = min(before, self.end - 1) - self.first
        if count < 1:
            return
        self._views = [None if held is None else held[count:] for held in self._views]
        self.first += count

    def view(self, index: int) -> Features:
        """Return the features of one view."""
        return self._views[index]


class Engine:
    """One pass over one video: takes frames, yields finished chunks, in memory that does not grow with the video."""

    def __init__(self, plan: Plan, backend: Backend, *, start_index: int = 0) -> None:
        if start_index < 0:
            raise ValueError(f"start_index={start_index} must be 0 or more")
        self._plan = plan
        self._backend = backend
        self._start = start_index
        self._views = (False, True) if plan.flip else (False,)
        self._frames = _Frames(plan.first_frame_needed(start_index))
        self._features = _FeatureStore(plan.start_stack(start_index), views=len(self._views))
        self._next_output = max(_floor(start_index, plan.chunk), plan.outputs(0).start)
        self._parts: list[tuple[int, list[Any]]] = []
        self._in_flight: deque[list[tuple[int, list[Any]]]] = deque()
        self._begun: deque[list[Pending[Features]]] = deque()
        self._begun_end = self._features.end
        self._ahead = backend.ahead if isinstance(backend, BegunBackend) else 0

    def run(self, frames: Iterable[tuple[int, npt.NDArray[np.uint8]]]) -> Iterator[ScoreChunk]:
        """Yield chunks of scores for consecutive grid frames (index, luma (h, w)); the last when the frames end."""
        for index, picture in frames:
            yield from self.feed(index, picture)
        yield from self.finish()

    def feed(self, index: int, picture: npt.NDArray[np.uint8]) -> Iterator[ScoreChunk]:
        """Take the next grid frame and yield the chunks it completes."""
        self._frames.add(index, picture)
        while self._encode_full_batch():
            yield from self._decode_ready()

    def _encode_full_batch(self) -> bool:
        """Begin to encode the next aligned batch if all its frames have arrived; return whether they had."""
        end = _floor(self._begun_end, self._plan.encode_batch) + self._plan.encode_batch
        if self._frames.end <= end - 1 + max(self._plan.stack_offsets):
            return False
        self._encode(end)
        self._settle(self._ahead)
        return True

    def _encode(self, end: int) -> None:
        """Begin to encode all stacks before ``end``."""
        indices = np.arange(self._begun_end, end)[:, None] + np.asarray(self._plan.stack_offsets)
        pictures, stacks = self._frames.stacks(indices)
        self._begun.append([self._begin(pictures, stacks, mirrored=mirrored) for mirrored in self._views])
        self._begun_end = end
        self._frames.forget(end + min(self._plan.stack_offsets))

    def _begin(self, pictures: npt.NDArray[np.uint8], stacks: Indices, *, mirrored: bool) -> Pending[Features]:
        """Begin on a batch; a backend that can only encode does so at once."""
        if isinstance(self._backend, BegunBackend):
            return self._backend.begin(pictures, stacks, mirrored=mirrored)
        features = self._backend.encode(pictures, stacks, mirrored=mirrored)
        return lambda: features

    def _settle(self, most: int) -> None:
        """Wait for encoded batches until at most this many are under way."""
        while len(self._begun) > most:
            for view, pending in enumerate(self._begun.popleft()):
                self._features.add(view, pending(), backend=self._backend)

    def _decode_ready(self) -> Iterator[ScoreChunk]:
        """Decode the aligned batches whose features are complete, and that no end of the stream could cut short."""
        while True:
            end = _floor(self._next_output, self._plan.decode_batch) + self._plan.decode_batch
            if self._features.end <= end - 1 + max(0, *self._plan.feature_offsets) + self._plan.margin:
                return
            self._decode(end, last_stack=self._features.end - 1)
            self._features.forget(end + min(self._plan.feature_offsets))
            if end % self._plan.chunk == 0:
                yield from self._queue_chunk()

    def preview(self) -> Preview | None:
        """Return the scores so far that were not yielded yet; None if there are none. The stream goes on unchanged."""
        self._settle(0)
        parts = [part for chunk in self._in_flight for part in chunk] + self._parts
        start, end, last_stack = self._next_output, self._features.end, self._features.end - 1
        while start < end and self._features.first < end:
            stop = min(_floor(start, self._plan.decode_batch) + self._plan.decode_batch, end)
            parts.append((start, self._logits(start, stop, last_stack=last_stack)))
            start = stop
        if not parts:
            return None
        values, first = self._values(parts), parts[0][0]
        ahead = max(0, *self._plan.feature_offsets) + self._plan.margin
        complete = max(self._next_output, end - ahead) - first
        skip = max(0, self._start - first)
        return Preview(first + skip, values[skip:], max(0, complete - skip)) if skip < len(values) else None

    def _decode(self, end: int, *, last_stack: int) -> None:
        """Decode all outputs before ``end``."""
        self._parts.append((self._next_output, self._logits(self._next_output, end, last_stack=last_stack)))
        self._next_output = end

    def _logits(self, start: int, end: int, *, last_stack: int) -> list[Any]:
        """Return the logits of the outputs from ``start`` to before ``end``, one batch for each view."""
        windows = np.arange(start, end)[:, None] + np.asarray(self._plan.feature_offsets)
        rows = np.clip(windows, self._plan.first_stack, last_stack) - self._features.first
        if rows.min() < 0:
            raise ValueError(f"output {start} needs a stack before {self._features.first}, the first one encoded")
        return [self._backend.decode(self._features.view(view), rows) for view in range(len(self._views))]

    def finish(self) -> Iterator[ScoreChunk]:
        """Yield the remaining chunks after the last frame was fed."""
        count = self._frames.end
        last_stack = self._plan.last_stack(count)
        stop = self._plan.outputs(count).stop
        if count > 0 and stop > self._next_output:
            while self._begun_end <= last_stack:
                aligned = _floor(self._begun_end, self._plan.encode_batch) + self._plan.encode_batch
                self._encode(min(aligned, last_stack + 1))
            self._settle(0)
            while self._next_output < stop:
                aligned = _floor(self._next_output, self._plan.decode_batch) + self._plan.decode_batch
                self._decode(min(aligned, stop), last_stack=last_stack)
                if aligned % self._plan.chunk == 0:
                    yield from self._queue_chunk()
        if self._parts:
            yield from self._queue_chunk()
        while self._in_flight:
            yield from self._collect(self._in_flight.popleft())

    def _queue_chunk(self) -> Iterator[ScoreChunk]:
        """Queue the decoded parts as one chunk, and yield chunks beyond the backend's permitted lag."""
        self._in_flight.append(self._parts)
        self._parts = []
        while len(self._in_flight) > self._backend.lag_chunks:
            yield from self._collect(self._in_flight.popleft())

    def _collect(self, parts: list[tuple[int, list[Any]]]) -> Iterator[ScoreChunk]:
        """Fetch the logits of a chunk and yield its scores."""
        first, values = parts[0][0], self._values(parts)
        skip = max(0, self._start - first)
        if skip < len(values):
            yield ScoreChunk(first + skip, values[skip:])

    def _values(self, parts: list[tuple[int, list[Any]]]) -> npt.NDArray[np.float32]:
        """Return the scores of consecutive decoded parts."""
        by_part = [np.mean([self._scores(view, start) for view in views], axis=0) for start, views in parts]
        return np.concatenate(by_part).astype(np.float32)

    def _scores(self, logits: Any, first: int) -> npt.NDArray[np.float32]:
        values = self._backend.fetch(logits)
        require_finite_output(
            values, model="the network", what="score", runs_on=self._backend.name, rows="grid frame", first_row=first
        )
        return _sigmoid(values)


def _sigmoid(logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Return the probabilities of logits, calculated in float64 so that they are rounded once."""
    with np.errstate(over="ignore"):  # a logit far below zero has the probability 0
        return (1 / (1 + np.exp(-logits.astype(np.float64)))).astype(np.float32)


def _floor(value: int, step: int) -> int:
    """Return the largest multiple of ``step`` that is not above ``value``."""
    return value // step * step
