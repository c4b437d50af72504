"""One uninterrupted stretch of a stream: frames in, final and provisional peaks out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from touchline.live.spotting.settling import Peak, Settler, samples_to_final
from touchline.media.frame import Luma
from touchline.spotting.engine import Plan, ScoreChunk
from touchline.spotting.spotter import Spotter


@dataclass(frozen=True, slots=True)
class Found:
    """What one frame changed: peaks that became final, and all that are provisional; indices are those of the grid."""

    final: tuple[Peak, ...] = ()
    provisional: tuple[Peak, ...] = ()


class Stretch:
    """A run of the spotter over consecutive grid frames.

    Its final peaks are those of an analysis of the same frames at once: the network sees the same batches, and a peak
    is final only when nothing later can change it.

    Args:
        spotter: the model.
        thresholds: confidence threshold of every label.
        first_index: grid index of the first frame.

    """

    def __init__(self, spotter: Spotter, *, thresholds: Mapping[str, float], first_index: int = 0) -> None:
        peaks = spotter.config.peaks
        self.first_index = first_index
        self.next_index = first_index
        self._engine = spotter.engine()
        self._settler = Settler(
            spotter.labels,
            thresholds=thresholds,
            sigma_samples=peaks.sigma_samples,
            distance_samples=peaks.distance_samples,
        )
        self._batch = spotter.plan.encode_batch
        self._scores: list[npt.NDArray[np.float32]] = []
        self._labels = len(spotter.labels)

    def feed(self, luma: Luma, *, look: bool = True) -> Found | None:
        """Take the next frame and return what changed; None if nothing was computed.

        Args:
            luma: uint8 (h, w) of the model's size.
            look: compute what can be said already. It costs about twice the frames of its batch; while the analysis
                lags behind, it is better left out.

        """
        index = self.next_index - self.first_index
        self.next_index += 1
        final = self._take(self._engine.feed(index, luma))
        if not final and ((index + 1) % self._batch or not look):
            return None
        preview = self._engine.preview()
        if preview is None:
            return None
        final += self._settle(preview.values[: preview.complete], first=preview.first_index)
        ahead = preview.values[self._settler.count - preview.first_index :]
        return Found(final, self._on_grid(self._settler.open_peaks(ahead)))

    def finish(self) -> Found:
        """Return the remaining peaks; no more frames follow."""
        final = self._take(self._engine.finish())
        return Found((*final, *self._on_grid(self._settler.finish())))

    def scores(self) -> npt.NDArray[np.float32]:
        """Return the final scores so far, float32 (samples, labels), of the grid from :attr:`first_index` on."""
        return np.concatenate([np.zeros((0, self._labels), np.float32), *self._scores])

    def _take(self, chunks: Iterable[ScoreChunk]) -> tuple[Peak, ...]:
        """Keep the scores that the engine yields; return the peaks that they make final."""
        final: tuple[Peak, ...] = ()
        for chunk in chunks:
            self._scores.append(chunk.values)
            final += self._settle(chunk.values, first=chunk.first_index)
        return final

    def _settle(self, values: npt.NDArray[np.float32], *, first: int) -> tuple[Peak, ...]:
        """Take final scores from sample ``first`` on, of which some may be known; return the peaks that became final.

        Raises:
            ValueError: scores before them are missing.

        """
        if first > self._settler.count:
            raise ValueError(f"scores from sample {first} do not follow {self._settler.count} scores")
        new = values[self._settler.count - first :]
        return self._on_grid(self._settler.add(new)) if len(new) else ()

    def _on_grid(self, peaks: list[Peak]) -> tuple[Peak, ...]:
        return tuple(replace(peak, index=peak.index + self.first_index) for peak in peaks)


def look_ahead_samples(spotter: Spotter) -> int:
    """Return after how many further grid frames an event that stands alone is final.

    That is the future that the network sees of a frame, the frames that wait for a batch, and the peaks' neighbourhood.
    """
    peaks = spotter.config.peaks
    waits = samples_to_final(sigma_samples=peaks.sigma_samples, distance_samples=peaks.distance_samples)
    return context_samples(spotter.plan) + spotter.plan.encode_batch + waits


def context_samples(plan: Plan) -> int:
    """Return how many frames after a frame its score depends on."""
    return max(0, *plan.feature_offsets) + max(0, *plan.stack_offsets)
