"""Rules that choose the frames of a video for features: exact in time, or as the historic extractors counted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from touchline.core.errors import InputError
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler

SamplingRule = Literal["time-exact", "opencv", "skvideo"]
SAMPLING_RULES: dict[SamplingRule, str] = {
    "time-exact": "the frame nearest in time to each point of the grid, whatever the frame rate",
    "opencv": "SoccerNet's first rule: frames counted from 1 with count mod (fps / rate) < 1",
    "skvideo": "SoccerNet's second rule: the same, counted from 0; half a second apart from the first",
}
"""Rule -> description."""

_FIRST_COUNT = {"opencv": 1, "skvideo": 0}


class FrameRule(Protocol):
    """A filter that takes every frame of a video in order and yields the frames to compute features from."""

    def push(self, frame: Frame) -> Iterator[tuple[int, Frame]]:
        """Yield the rows ``(row, frame)`` that are settled by this frame; consume them before the next call."""
        ...

    def finish(self) -> Iterator[tuple[int, Frame]]:
        """Yield the remaining rows after the last frame."""
        ...


class _TimeExact:
    def __init__(self, *, rate_hz: float) -> None:
        self._sampler: GridSampler[Frame] = GridSampler(fps=rate_hz)

    def push(self, frame: Frame) -> Iterator[tuple[int, Frame]]:
        return self._sampler.push(frame.time_us, frame)

    def finish(self) -> Iterator[tuple[int, Frame]]:
        return self._sampler.finish()


class _Counted:
    """A rule that counts frames and, like the historic extractors, ignores lost frames and uneven times."""

    def __init__(self, *, step: float, first: int) -> None:
        self._step = step
        self._count = first
        self._row = 0

    def push(self, frame: Frame) -> Iterator[tuple[int, Frame]]:
        taken = self._count % self._step < 1
        self._count += 1
        if taken:
            self._row += 1
            yield self._row - 1, frame

    def finish(self) -> Iterator[tuple[int, Frame]]:
        return iter(())


def frame_rule(rule: SamplingRule, *, rate_hz: float, fps: float) -> FrameRule:
    """Return a sampler that follows a rule.

    Args:
        rule: one of ``SAMPLING_RULES``.
        rate_hz: rows per second.
        fps: frame rate stated in the video's header; used by the historic rules only.

    Raises:
        ValueError: the rule is unknown.
        InputError: a historic rule was given, and the header states no frame rate or one below ``rate_hz``.

    """
    if rule == "time-exact":
        return _TimeExact(rate_hz=rate_hz)
    if rule not in _FIRST_COUNT:
        raise ValueError(f"rule={rule!r} must be one of {list(SAMPLING_RULES)}")
    if fps < rate_hz:
        raise InputError(
            f"the video's header states {fps:g} frames per second, too few for {rate_hz:g} rows per second by the rule "
            f"{rule!r}; use --sampling time-exact"
        )
    return _Counted(step=fps / rate_hz, first=_FIRST_COUNT[rule])
