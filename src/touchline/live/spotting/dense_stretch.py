"""One uninterrupted stretch of a stream for a dense spotter: frames in, final and provisional events out.

A score is final when all clips that count for its frame were seen. Of final scores, an event is final when nothing that
follows can suppress it or be suppressed by it: scores at or above the threshold that are more than a window apart do
not touch each other, so a run of such scores is decided once the window behind it is seen.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Floats32, Rgb
from touchline.live.spotting.settling import Peak
from touchline.live.spotting.stretch import Found
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.spotting.dense.decoding import event_at, suppressed
from touchline.spotting.dense.spotter import DenseVideoSpotter
from touchline.spotting.engine import ScoreChunk


class SuppressionSettler:
    """Finds the events of scores that arrive piece by piece, and says which of them nothing later can change.

    Args:
        labels: class names, in the order of the scores' columns; a column that follows is the team's.
        thresholds: least score of an event, by label.
        config: configuration of the model.

    """

    def __init__(self, labels: tuple[str, ...], *, thresholds: Mapping[str, float], config: DenseSpotConfig) -> None:
        self._labels, self._thresholds, self._config = labels, thresholds, config
        self._values: Floats32 = np.zeros((0, 0), np.float32)
        self._first = 0
        self._open_from = [0] * len(labels)
        """Sample from which on a label's scores are undecided."""

    @property
    def count(self) -> int:
        """Number of scores taken so far."""
        return self._first + len(self._values)

    def add(self, values: Floats32) -> list[Peak]:
        """Take the next final scores (n, columns); return the events that became final."""
        self._values = np.concatenate([self._values, values]) if self._values.size else values
        found = [peak for column in range(len(self._labels)) for peak in self._decide(column, ended=False)]
        keep_from = min(self._open_from)
        self._values, self._first = self._values[keep_from - self._first :], keep_from
        return found

    def finish(self) -> list[Peak]:
        """Return the remaining events; no more scores follow."""
        if not self._values.size:
            return []
        return [peak for column in range(len(self._labels)) for peak in self._decide(column, ended=True)]

    def open(self) -> list[Peak]:
        """Return the events of final scores that are not final themselves."""
        if not self._values.size:
            return []
        return [
            peak
            for column in range(len(self._labels))
            for peak in self._events(column, self._open_from[column], self.count)
        ]

    def _decide(self, column: int, *, ended: bool) -> list[Peak]:
        """Return the events of the runs of a label's scores that are decided, and move on behind them."""
        start, window = self._open_from[column], self._config.suppression.window
        curve = self._values[start - self._first :, column]
        high = np.flatnonzero(curve >= self._thresholds[self._labels[column]]) + start
        after = np.append(high[1:], self.count + window + 1 if ended else self.count)
        ends = np.flatnonzero(after - high > window) if len(high) else high
        if not len(high):
            self._open_from[column] = self.count
            return []
        if not len(ends):
            self._open_from[column] = int(high[0])
            return []
        last = int(high[ends[-1]])
        found = self._events(column, start, last + 1)
        waiting = high[high > last]
        self._open_from[column] = int(waiting[0]) if len(waiting) else self.count
        return found

    def _events(self, column: int, start: int, stop: int) -> list[Peak]:
        label = self._labels[column]
        rows = self._values[start - self._first : stop - self._first]
        suppression, config = self._config.suppression, self._config
        at, heights = suppressed(rows[:, column], suppression=suppression, floor=self._thresholds[label])
        right = rows[:, len(self._labels)] if config.has_team else None
        found = []
        for index, height in zip(at, heights, strict=True):
            share = None if right is None else float(right[index])
            event = event_at(label, 0, float(height), right=share, team_weighs=config.team_weighs, source=None)
            found.append(Peak(label, start + int(index), event.confidence, event.team))
        return found


class DenseStretch:
    """A run of a dense spotter over consecutive grid frames; its final events are those of all frames at once.

    Args:
        spotter: the model.
        thresholds: confidence threshold of every label.
        first_index: grid index of the first frame.

    """

    def __init__(self, spotter: DenseVideoSpotter, *, thresholds: Mapping[str, float], first_index: int = 0) -> None:
        self.first_index = self.next_index = first_index
        self._engine = spotter.engine()
        self._settler = SuppressionSettler(spotter.labels, thresholds=thresholds, config=spotter.config)
        self._scores: list[Floats32] = []
        self._columns = len(spotter.columns)

    def feed(self, picture: Rgb, *, look: bool = True) -> Found | None:
        """Take the next frame, RGB uint8 (h, w, 3) of the model's size, and return what changed; None if nothing did.

        ``look`` is of no account: scores come when they are final.
        """
        del look
        index = self.next_index - self.first_index
        self.next_index += 1
        chunks = list(self._engine.feed(index, picture))
        if not chunks:
            return None
        final = self._take(chunks)
        return Found(final, self._on_grid(self._settler.open()))

    def finish(self) -> Found:
        """Return the remaining events; no more frames follow."""
        final = self._take(self._engine.finish())
        return Found((*final, *self._on_grid(self._settler.finish())))

    def scores(self) -> npt.NDArray[np.float32]:
        """Return the final scores so far, float32 (samples, columns), of the grid from :attr:`first_index` on."""
        return np.concatenate([np.zeros((0, self._columns), np.float32), *self._scores])

    def _take(self, chunks: Iterable[ScoreChunk]) -> tuple[Peak, ...]:
        found: list[Peak] = []
        for chunk in chunks:
            self._scores.append(chunk.values)
            found += self._settler.add(chunk.values)
        return self._on_grid(found)

    def _on_grid(self, peaks: list[Peak]) -> tuple[Peak, ...]:
        return tuple(replace(peak, index=peak.index + self.first_index) for peak in peaks)
