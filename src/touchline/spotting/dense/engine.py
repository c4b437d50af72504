"""One pass of a dense spotter over a video: frames in, joined scores out, in memory that does not grow.

Every frame is seen once by what looks at single frames; the rest sees clips, and stretches of frames between cuts that
do not matter (see :class:`~touchline.models.specs.dense_plan.ClipPlan`). All of them start at fixed indices, so a run
that resumes in the middle does the same arithmetic as one from the start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32
from touchline.core.finite_output import require_finite_output
from touchline.models.runtime.requests import Pending
from touchline.models.specs.dense_plan import ClipPlan
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.spotting.dense.decoding import displaced
from touchline.spotting.dense.runtime import CLIP, DECIDE, FEATURES, FRAMES, Row, Runtime, in_words
from touchline.spotting.engine import ScoreChunk

BLACK_LUMA = 16


class _Rows:
    """Rows of consecutive frames; beyond the video's ends an empty frame's stands for all."""

    def __init__(self, first: int) -> None:
        self.first = first
        self._held: deque[Row] = deque()

    @property
    def end(self) -> int:
        return self.first + len(self._held)

    def add(self, rows: Sequence[Row]) -> None:
        self._held.extend(rows)

    def forget(self, before: int) -> None:
        while self._held and self.first < before:
            self._held.popleft()
            self.first += 1

    def take(self, start: int, stop: int, *, empty: Row = None) -> list[Row]:
        """Return the rows of [start, stop); ``empty`` stands for frames beyond the video's ends."""
        if empty is None:
            return [self._held[index - self.first] for index in range(start, stop)]
        if max(start, 0) < self.first and stop > 0:
            raise ValueError(f"frame {max(start, 0)} is needed, and {self.first} is the first one held")
        inside = range(max(self.first, 0), self.end)
        return [self._held[index - self.first] if index in inside else empty for index in range(start, stop)]


class _Sums:
    """Weighted sums of outputs over the clips that contain a frame, for the frames that are not settled."""

    def __init__(self, first: int, *, columns: int) -> None:
        self.first, self.columns = first, columns
        self._sums, self._weights = np.zeros((0, columns)), np.zeros((0, columns))

    def add(self, start: int, values: Floats32, weights: Floats32) -> None:
        """Add the outputs (n, columns) of a clip from frame ``start`` on; those of settled frames are left out."""
        skip = max(0, self.first - start)
        values, weights, start = values[skip:], weights[skip:], start + skip
        missing = start + len(values) - self.first - len(self._sums)
        if missing > 0:
            empty = np.zeros((missing, self._sums.shape[1]))
            self._sums, self._weights = np.concatenate([self._sums, empty]), np.concatenate([self._weights, empty])
        rows = slice(start - self.first, start - self.first + len(values))
        self._sums[rows] += values * weights
        self._weights[rows] += weights

    def settle(self, before: int) -> Floats32:
        """Return the means of all frames before an index, zero where there is nothing, and forget them."""
        count = min(max(before - self.first, 0), len(self._sums))
        means = self._sums[:count] / np.maximum(self._weights[:count], 1)
        self._sums, self._weights, self.first = self._sums[count:], self._weights[count:], self.first + count
        return means.astype(np.float32)


class DenseEngine:
    """One pass over one video.

    Args:
        plan: clips and stretches.
        runtime: what runs the network's parts.
        config: configuration of the model.
        columns: labels to return, as indices of the network's; the team's probability follows if there is one.
        start_index: first frame to score.

    """

    def __init__(
        self,
        plan: ClipPlan,
        runtime: Runtime,
        config: DenseSpotConfig,
        *,
        columns: Sequence[int],
        start_index: int = 0,
    ) -> None:
        if start_index < 0:
            raise ValueError(f"start_index={start_index} must be 0 or more")
        self._plan, self._runtime, self._config = plan, runtime, config
        self._columns = list(columns)
        self._first_frame = self._next_frame = plan.first_frame(start_index)
        self._frames: list[npt.NDArray[np.uint8]] = []
        self._clip = plan.first_clip(start_index)
        self._stretch = plan.first_stretch(plan.start(self._clip))
        self._maps, self._features = _Rows(self._first_frame), _Rows(plan.start(self._clip))
        self._sums = _Sums(start_index, columns=len(self._columns) + config.has_team)
        self._begun: deque[tuple[int, Pending[tuple[npt.NDArray[np.float32], ...]]]] = deque()
        self._maps_begun: deque[Pending[Sequence[Row]]] = deque()
        self._empty: Row = None

    def feed(self, index: int, picture: npt.NDArray[np.uint8]) -> Iterator[ScoreChunk]:
        """Take the next frame, uint8 (h, w, channels) as the model takes it, and yield the scores that became final."""
        if index < self._first_frame:
            return
        if index != self._next_frame:
            raise ValueError(f"index={index}: frame {self._next_frame} was expected; feed consecutive grid frames")
        self._frames.append(picture)
        self._next_frame += 1
        if self._next_frame % self._plan.frame_batch == 0:
            self._encode_frames()
            yield from self._advance(None)

    def finish(self) -> Iterator[ScoreChunk]:
        """Yield the remaining scores after the last frame."""
        if self._frames:
            self._encode_frames()
        self._settle_maps(0)
        yield from self._advance(self._next_frame)
        while self._begun:
            yield from self._collect(frames=self._next_frame)
        yield from self._settled(self._next_frame, frames=self._next_frame)

    def _encode_frames(self) -> None:
        self._maps_begun.append(self._runtime.rows(FRAMES, np.stack(self._frames)))
        self._frames = []
        self._settle_maps(self._runtime.ahead)

    def _settle_maps(self, most: int) -> None:
        while len(self._maps_begun) > most:
            self._maps.add(self._maps_begun.popleft()())

    def _advance(self, frames: int | None) -> Iterator[ScoreChunk]:
        """Begin on all clips whose frames have arrived; ``frames`` is their number once no more follow."""
        plan = self._plan
        while self._is_due(self._clip, frames=frames):
            start = plan.start(self._clip)
            if plan.once:
                self._extend_features(start + plan.length)
                pending = self._runtime.said(DECIDE, self._features.take(start, start + plan.length))
            else:
                rows = self._maps.take(start, start + plan.length, empty=self._empty_map())
                pending = self._runtime.said(CLIP, rows)
            self._begun.append((self._clip, pending))
            self._clip += 1
            (self._features if plan.once else self._maps).forget(plan.start(self._clip))
            while len(self._begun) > self._runtime.ahead:
                yield from self._collect(frames=frames)

    def _is_due(self, clip: int, *, frames: int | None) -> bool:
        if frames is not None:
            return self._plan.is_needed(clip, frames=frames)
        end = self._plan.start(clip) + self._plan.length
        if self._plan.once and self._features.end < end:
            end = self._plan.stretch_start(self._plan.first_stretch(end - 1)) + self._plan.stretch
        return self._maps.end >= end

    def _extend_features(self, end: int) -> None:
        """Encode stretches until there are features of all frames before ``end``."""
        plan = self._plan
        while self._features.end < end:
            start = plan.stretch_start(self._stretch)
            rows: Sequence[Row] = self._maps.take(start, start + plan.stretch, empty=self._empty_map())
            found = rows if plan.reach == (0, 0) else self._runtime.rows(FEATURES, rows)()
            self._features.add(list(found[self._features.end - start : plan.features(self._stretch)[1] - start]))
            self._stretch += 1
            self._maps.forget(plan.stretch_start(self._stretch))

    def _empty_map(self) -> Row:
        """Return the map of an empty frame."""
        if self._empty is None:
            frame = self._config.frame
            empty = np.zeros((1, *frame.shape), np.uint8)
            if frame.colour == "luma":
                empty += BLACK_LUMA
            elif self._config.windows.padding == "mean":
                empty += np.rint(255 * np.asarray(frame.mean)).astype(np.uint8)
            self._empty = self._runtime.rows(FRAMES, empty)()[0]
        return self._empty

    def _collect(self, *, frames: int | None) -> Iterator[ScoreChunk]:
        """Add the outputs of the oldest clip that was begun, and yield what became final."""
        clip, pending = self._begun.popleft()
        values, weights = self._values(pending(), first=self._plan.start(clip))
        low, high = self._plan.counted
        self._sums.add(self._plan.start(clip) + low, values[low:high], weights[low:high])
        yield from self._settled(self._plan.settled(clip), frames=frames)

    def _values(self, outputs: Sequence[npt.NDArray[np.float32]], *, first: int) -> tuple[Floats32, Floats32]:
        """Return the columns (t, columns) of a clip's outputs, and their weights: 0 for a frame that none points to."""
        model, runs_on = self._config.name, self._runtime.name
        require_finite_output(
            *outputs, model=model, what="score", runs_on=runs_on, rows="grid frame", first_row=max(first, 0)
        )
        displacement = bool(self._config.network.get("displacement"))
        said = in_words(outputs, displacement=displacement, team=self._config.has_team)
        scores, weights = said.scores[:, self._columns], np.ones((len(said.scores), self._sums.columns), np.float32)
        if said.displacement is not None:
            scores, hit = displaced(scores, said.displacement)
            weights[:, : len(self._columns)] = hit[:, None]
        if said.right is not None:
            scores = np.concatenate([scores, said.right[:, None]], axis=1)
        return scores, weights

    def _settled(self, before: int, *, frames: int | None) -> Iterator[ScoreChunk]:
        stop = before if frames is None else min(before, frames)
        first = self._sums.first
        if stop > first:
            values = self._sums.settle(stop)
            if len(values):
                yield ScoreChunk(first, values)
