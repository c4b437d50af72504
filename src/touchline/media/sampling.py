"""Frames at regular times, and luma at a model's input size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

from touchline.core.clock import us_from_frame
from touchline.media.frame import Frame, Luma
from touchline.media.picture import fit

T = TypeVar("T")


class GridSampler(Generic[T]):
    """A sampler that finds the item nearest in time to each point of a regular grid, from a stream of items.

    Grid point ``i`` lies at ``i / fps`` seconds from the first shown frame; ties go to the earlier item. Across a gap
    the nearest item repeats. The grid ends with the last point that is not after the last item. One item is held back
    between two calls.

    Args:
        fps: grid points per second, > 0.
        start_index: index of the first grid point.

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
        """Yield the grid points ``(i, thing)`` that are settled by this item; consume them before the next call.

        Raises:
            ValueError: the time does not come after the previous one.

        """
        if self._last is not None:
            last_us, last = self._last
            if time_us <= last_us:
                raise ValueError(f"time_us={time_us} must come after {last_us}; repair the times first")
            while 2 * us_from_frame(self._index, fps=self._fps) <= last_us + time_us:
                self._index += 1
                yield self._index - 1, last
        self._last = time_us, thing

    def finish(self) -> Iterator[tuple[int, T]]:
        """Yield the remaining grid points after the last item."""
        while self._last is not None and us_from_frame(self._index, fps=self._fps) <= self._last[0]:
            self._index += 1
            yield self._index - 1, self._last[1]


def sample_regular(frames: Iterable[Frame], *, fps: float, start_index: int = 0) -> Iterator[tuple[int, Frame]]:
    """Yield the frame nearest in time to each point of a regular grid, as :class:`GridSampler` defines it.

    Args:
        frames: frames with strictly increasing times.
        fps: grid points per second, > 0.
        start_index: index of the first grid point.

    Yields:
        ``(i, frame)``, i increasing by one from ``start_index``.

    Raises:
        ValueError: fps or start_index is out of range, or times do not increase.

    """
    sampler: GridSampler[Frame] = GridSampler(fps=fps, start_index=start_index)
    for frame in frames:
        yield from sampler.push(frame.time_us, frame)
    yield from sampler.finish()


def only_sampled(items: Iterable[tuple[int, T]], *, rates: Sequence[float]) -> Iterator[tuple[int, T | None]]:
    """Yield items with their times, without those that no grid would take; one item is held back.

    Args:
        items: (time in microseconds, item), with strictly increasing times.
        rates: grid points per second of each :class:`GridSampler` that will sample them.

    """
    samplers: list[GridSampler[int]] = [GridSampler(fps=rate) for rate in rates]
    held: tuple[int, T] | None = None
    for time_us, item in items:
        taken = {taken_us for sampler in samplers for _, taken_us in sampler.push(time_us, time_us)}
        if held is not None:
            yield held[0], held[1] if held[0] in taken else None
        held = time_us, item
    if held is not None:
        taken = {taken_us for sampler in samplers for _, taken_us in sampler.finish()}
        yield held[0], held[1] if held[0] in taken else None


def fit_luma(luma: Luma, *, width: int, height: int) -> Luma:
    """Fit luma into another size: aspect kept, resized by area (linear when it grows), centred, padded with zeros.

    Args:
        luma: uint8 (h, w).
        width: of the result, pixels.
        height: of the result, pixels.

    Returns:
        uint8 (height, width); the same array if the size already fits.

    """
    if luma.ndim != 2:
        raise ValueError(f"luma of shape {luma.shape} must be (height, width)")
    return fit(luma, width=width, height=height)
