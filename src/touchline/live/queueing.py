"""The queue between the reader and the analysis: it waits for files, and drops by its own fill for streams."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from threading import Condition

import numpy as np
import numpy.typing as npt

from touchline.core.events import Gap

TOO_SLOW = "dropped, as the analysis is slower than the stream"


@dataclass(frozen=True, slots=True, eq=False)
class GridFrame:
    """A picture at a point of the model's time grid.

    Attributes:
        index: of the grid point.
        time_us: of the grid point, microseconds from the first picture.
        picture: what the model sees of it, uint8 of the model's size: luma (height, width), or RGB (height, width, 3).
        arrived_s: when it arrived on this machine, seconds on a clock that never goes back.
        arrived_at: the same as Unix time.

    """

    index: int
    time_us: int
    picture: npt.NDArray[np.uint8]
    arrived_s: float
    arrived_at: float


class FrameQueue:
    """A bounded queue of grid frames between two threads.

    The rate that a stream announces is never asked: cameras deliver more or less than they say. If the queue is full,
    a file has to wait; of a stream the older half is dropped at once, because one long gap costs the analysis less than
    many short ones.

    Args:
        size: most frames held.
        waits: wait if it is full, or drop.

    """

    def __init__(self, size: int, *, waits: bool) -> None:
        if size < 2:
            raise ValueError(f"size={size} must be 2 or more")
        self._size, self._waits = size, waits
        self._frames: deque[GridFrame] = deque()
        self._changed = Condition()
        self._closed = False
        self._stopped = False
        self._gaps: list[Gap] = []
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._frames)

    @property
    def fill(self) -> float:
        """How full it is, 0 to 1."""
        return len(self._frames) / self._size

    @property
    def gaps(self) -> tuple[Gap, ...]:
        """The spans that were dropped."""
        with self._changed:
            return tuple(self._gaps)

    def put(self, frame: GridFrame) -> None:
        """Add a frame; waits or drops if the queue is full. After :meth:`stop` it is ignored."""
        with self._changed:
            while self._waits and len(self._frames) >= self._size and not self._stopped:
                self._changed.wait()
            if self._stopped:
                return
            if len(self._frames) >= self._size:
                self._drop(until=frame)
            self._frames.append(frame)
            self._changed.notify_all()

    def get(self, *, timeout_s: float) -> GridFrame | None:
        """Take the oldest frame; None if none came in time, or if the queue is closed and empty."""
        with self._changed:
            if not self._frames and not self._closed:
                self._changed.wait(timeout_s)
            if not self._frames:
                return None
            frame = self._frames.popleft()
            self._changed.notify_all()
            return frame

    @property
    def ended(self) -> bool:
        """Whether it is closed and empty."""
        with self._changed:
            return self._closed and not self._frames

    def close(self) -> None:
        """No more frames follow; those in the queue can still be taken."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()

    def stop(self) -> None:
        """Let a waiting :meth:`put` return, and ignore further frames."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _drop(self, *, until: GridFrame) -> None:
        """Drop the older half as one gap; one that follows directly on the last one lengthens it."""
        dropped = [self._frames.popleft() for _ in range(max(1, len(self._frames) // 2))]
        self.dropped += len(dropped)
        end_us = self._frames[0].time_us if self._frames else until.time_us
        start_us = dropped[0].time_us
        if self._gaps and self._gaps[-1].end_us >= start_us:
            start_us = self._gaps.pop().start_us
        self._gaps.append(Gap(start_us, end_us, TOO_SLOW))
