"""Frames at regular times, and luma at the size a model wants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from touchline.clock import us_from_frame
from touchline.media.frame import Frame, Luma
from touchline.media.picture import fit


def sample_regular(frames: Iterable[Frame], *, fps: float, start_index: int = 0) -> Iterator[tuple[int, Frame]]:
    """The frame nearest in time to each point of a regular grid.

    Grid point ``i`` lies at ``i / fps`` seconds from the first shown frame; of two frames equally near, the earlier is
    taken. Across a gap the nearest frame repeats. The grid ends with the last point that is not after the last frame.
    Two frames are held at any time.

    Args:
        frames: frames with strictly increasing times.
        fps: grid points a second, > 0.
        start_index: first grid point to give.

    Yields:
        ``(i, frame)``, i rising by one from ``start_index``.

    Raises:
        ValueError: fps or start_index is out of range, or times do not increase.

    """
    if not fps > 0:
        raise ValueError(f"fps={fps} must be above 0")
    if start_index < 0:
        raise ValueError(f"start_index={start_index} must be 0 or more")
    index = start_index
    last: Frame | None = None
    for frame in frames:
        if last is None:
            last = frame
            continue
        if frame.time_us <= last.time_us:
            raise ValueError(f"time_us={frame.time_us} does not come after {last.time_us}; repair the times first")
        while 2 * us_from_frame(index, fps=fps) <= last.time_us + frame.time_us:
            yield index, last
            index += 1
        last = frame
    while last is not None and us_from_frame(index, fps=fps) <= last.time_us:
        yield index, last
        index += 1


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
