"""The thread that reads a source, and hands the pictures of the model's time grid to the analysis."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from threading import Thread

import numpy as np
import numpy.typing as npt

from touchline.core.clock import US_PER_S, us_from_frame
from touchline.core.events import Gap
from touchline.live.likeness import LiveLikeness
from touchline.live.queueing import FrameQueue, GridFrame
from touchline.live.source.pictures import Picture, Source
from touchline.media.sampling import GridSampler

LONGEST_HOLE_US = 60 * US_PER_S
"""Over a hole of up to this, the picture before it is repeated, as in the analysis of a file; after a longer one the
analysis starts afresh."""
STILL_US = 10 * US_PER_S
"""A picture that stays the same to the last pixel for this long is noticed: a camera's never does."""
STILL = "the picture did not change at all"


class StillPictures:
    """Notices when a source repeats one picture again and again: broken streams do, and no event can be seen."""

    def __init__(self) -> None:
        self._same: tuple[npt.NDArray[np.uint8], int] | None = None
        """The latest picture, and since when it is the same."""
        self._spans: tuple[Gap, ...] = ()

    @property
    def spans(self) -> tuple[Gap, ...]:
        """The spans so far, in order."""
        return self._spans

    def see(self, picture: npt.NDArray[np.uint8], *, time_us: int) -> None:
        """Take the next picture."""
        if self._same is None or not np.array_equal(self._same[0], picture):
            self._same = picture, time_us
        elif time_us - self._same[1] >= STILL_US:
            since_us = self._same[1]
            known = self._spans[:-1] if self._spans and self._spans[-1].start_us == since_us else self._spans
            self._spans = (*known, Gap(since_us, time_us, STILL))


@dataclass(frozen=True, slots=True, eq=False)
class _Arrived:
    """A picture, and when it arrived: on a clock that never goes back, and as Unix time."""

    picture: Picture
    clock_s: float
    wall_s: float


class Reader(Thread):
    """Reads a source until it ends.

    Args:
        source: where pictures come from.
        queue: where grid frames go.
        fps: grid points per second.
        seeing: returns what the model sees of a picture, in the model's size.
        likeness: looks at the pictures too; None if nothing is to be compared.
        clock: seconds on a clock that never goes back.
        wall: Unix time.

    Attributes:
        error: what ended the reading, if it was not the source's end.
        still: the spans in which the picture did not change.

    """

    def __init__(
        self,
        source: Source,
        queue: FrameQueue,
        *,
        fps: float,
        seeing: Callable[[Picture], npt.NDArray[np.uint8]],
        likeness: LiveLikeness | None = None,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        super().__init__(name="touchline-live-reader", daemon=True)
        self.error: BaseException | None = None
        self._source, self._queue = source, queue
        self._fps, self._seeing, self._likeness = fps, seeing, likeness
        self._clock, self._wall = clock, wall
        self._fitted: tuple[_Arrived, npt.NDArray[np.uint8]] | None = None
        self.still = StillPictures()

    def run(self) -> None:
        """Read until the source ends, or is stopped."""
        try:
            self._read()
        except BaseException as error:  # handed to the thread that waits for frames
            self.error = error
        finally:
            self._queue.close()

    def _read(self) -> None:
        sampler: GridSampler[_Arrived] = GridSampler(fps=self._fps)
        last_us = 0
        for picture in self._source.pictures():
            arrived = _Arrived(picture, self._clock(), self._wall())
            if picture.time_us - last_us > LONGEST_HOLE_US:
                self._put_all(sampler.finish())
                start = -(-picture.time_us * self._fps // US_PER_S)
                sampler = GridSampler(fps=self._fps, start_index=int(start))
            last_us = picture.time_us
            self._put_all(sampler.push(picture.time_us, arrived))
            if self._likeness is not None:
                self._likeness.see(picture, info=self._source.info)
        self._put_all(sampler.finish())
        if self._likeness is not None:
            self._likeness.finish(info=self._source.info)

    def _put_all(self, samples: Iterator[tuple[int, _Arrived]]) -> None:
        """Hand on pictures at grid points; one that stands for several points is converted once."""
        for index, arrived in samples:
            if self._fitted is None or self._fitted[0] is not arrived:
                seen = self._seeing(arrived.picture)
                self.still.see(seen, time_us=arrived.picture.time_us)
                self._fitted = arrived, seen
            time_us = us_from_frame(index, fps=self._fps)
            self._queue.put(GridFrame(index, time_us, self._fitted[1], arrived.clock_s, arrived.wall_s))
