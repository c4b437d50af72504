"""Several spans cut from one video: each region of it is decoded once, from the key frame before, and no more of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from touchline.core.clock import US_PER_S
from touchline.core.events import Coverage
from touchline.media.cutting.cut import Cut, Source
from touchline.media.video import Progress, VideoReader

_READ_ON_US = 4 * US_PER_S
"""Up to this far ahead, reading on is assumed to be cheaper than seeking."""
_ANYWHERE_US = 1 << 62
_AT_ONCE = 4
"""Spans that overlap are cut beside each other up to this number; each takes an encoder's memory."""
_TELL_EVERY_US = US_PER_S


def run_cuts(
    reader: VideoReader,
    source: Source,
    cuts: Sequence[Cut],
    *,
    progress: Progress | None = None,
    finished: Callable[[Cut], None] = lambda cut: None,
) -> None:
    """Cut spans out of a video; each cut's ``frames`` and ``gaps`` then say what it got.

    Args:
        reader: the video, opened.
        source: the same video.
        cuts: the spans and where they go.
        progress: called with the microseconds of all spans that are done, and their sum.
        finished: called with each cut once it is done.

    Raises:
        InputError: the video cannot be read.
        ResourceError: a file cannot be written.

    """
    total_us = sum(cut.end_us - cut.start_us for cut in cuts)
    done_us = 0
    for together in passes(cuts, read_on_us=_READ_ON_US if source.seek else _ANYWHERE_US):
        try:
            for shown_us in _run(reader, source, together, finished=finished):
                if progress is not None:
                    progress(done_us + shown_us, total_us)
        finally:
            for cut in together:
                if not cut.done:
                    cut.abandon()
        done_us += sum(cut.end_us - cut.start_us for cut in together)


def passes(cuts: Sequence[Cut], *, read_on_us: int = _READ_ON_US) -> Iterator[list[Cut]]:
    """Yield the cuts by start, in groups that one decode serves; ``read_on_us`` is the longest way between two."""
    group: list[Cut] = []
    for cut in sorted(cuts, key=lambda cut: (cut.start_us, cut.end_us)):
        still_open = sum(other.end_us > cut.start_us for other in group)
        far = bool(group) and cut.start_us > max(other.end_us for other in group) + read_on_us
        if far or still_open >= _AT_ONCE or (still_open and cut.alone):
            yield group
            group = []
        group.append(cut)
    if group:
        yield group


def _run(reader: VideoReader, source: Source, cuts: list[Cut], *, finished: Callable[[Cut], None]) -> Iterator[int]:
    """Decode one region into its cuts; yield the microseconds of them that are done, about once a second of video."""
    told_us = -_TELL_EVERY_US
    for time_us, frame in reader.decoded(start_us=cuts[0].start_us if source.seek else 0):
        for cut in [cut for cut in cuts if not cut.done]:
            cut.take(time_us, frame, source=source)
            if cut.done:
                _end(cut, reader.coverage(), finished=finished)
        if all(cut.done for cut in cuts):
            break
        if time_us - told_us >= _TELL_EVERY_US:
            told_us = time_us
            yield sum(max(0, min(time_us, cut.end_us) - cut.start_us) for cut in cuts)
    coverage = reader.coverage()
    reader.close()
    for cut in [cut for cut in cuts if not cut.done]:
        cut.close(source=source, end_us=coverage.duration_us)
        _end(cut, coverage, finished=finished)


def _end(cut: Cut, coverage: Coverage, *, finished: Callable[[Cut], None]) -> None:
    """Note what a cut that is done has lost, and what of it is doubtful."""
    cut.gaps = tuple(gap for gap in map(cut.inside, coverage.gaps) if gap is not None)
    cut.doubtful = tuple(gap for gap in map(cut.inside, coverage.doubtful) if gap is not None)
    finished(cut)
