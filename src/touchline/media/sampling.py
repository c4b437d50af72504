"""Frames at regular times, and luma at the size a model wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from touchline.core.clock import us_from_frame
from touchline.media.frame import Frame, Luma
from touchline.media.picture import fit

T = TypeVar("T")


class GridSampler(Generic[T]):
    """Finds what is nearest in time to each point of a regular grid, of things handed over one after the other.

    Grid point ``i`` lies at ``i / fps`` seconds from the first shown frame; of two things equally near, the earlier is
    taken. Across a gap the nearest one repeats. The grid ends with the last point that is not after the last thing.
    One is held between two calls.

    Args:
        fps: grid points a second, > 0.
        start_index: first grid point to give.

    Raises:
        ValueError: fps or start_index is out of range.

    """

    def __init__(self, *, fps: float, start_index: int = 0) -> None:
        if not fps > 0:
            raise ValueError(f"fps={fps} must be above 0")
        if start_index < 0:
            raise ValueError(f"start_index={start_index} must be 0 or more")
        self._fps = fps
        self._index = start_index
        self._last: tuple[int, T] | None = None

    def push(self, time_us: int, thing: T) -> Iterator[tuple[int, T]]:
        """The grid points ``(i, thing)`` that are settled now that the next thing is known; use all of them.

        Raises:
            ValueError: the time does not come after the one before.

        """
        if self._last is not None:
            last_us, last = self._last
            if time_us <= last_us:
                raise ValueError(f"time_us={time_us} does not come after {last_us}; repair the times first")
            while 2 * us_from_frame(self._index, fps=self._fps) <= last_us + time_us:
                self._index += 1
                yield self._index - 1, last
        self._last = time_us, thing

    def finish(self) -> Iterator[tuple[int, T]]:
        """The grid points that are left once nothing follows."""
        while self._last is not None and us_from_frame(self._index, fps=self._fps) <= self._last[0]:
            self._index += 1
            yield self._index - 1, self._last[1]


def sample_regular(frames: Iterable[Frame], *, fps: float, start_index: int = 0) -> Iterator[tuple[int, Frame]]:
    """The frame nearest in time to each point of a regular grid, by the rules of :class:`GridSampler`.

    Args:
        frames: frames with strictly increasing times.
        fps: grid points a second, > 0.
        start_index: first grid point to give.

    Yields:
        ``(i, frame)``, i rising by one from ``start_index``.

    Raises:
        ValueError: fps or start_index is out of range, or times do not increase.

    """
    sampler: GridSampler[Frame] = GridSampler(fps=fps, start_index=start_index)
    for frame in frames:
        yield from sampler.push(frame.time_us, frame)
    yield from sampler.finish()


def fit_luma(luma: Luma, *, width: int, height: int) -> Luma:
    """Luma inside another size: aspect kept, resized by area (linear when it grows), centred, zeros around.

    Args:
        luma: uint8 (h, w).
        width: of the result.
        height: of the result.

    Returns:
        uint8 (height, width); the very same array where the size already fits.

    """
    if luma.ndim != 2:
        raise ValueError(f"luma of shape {luma.shape} must be (height, width)")
    return fit(luma, width=width, height=height)
