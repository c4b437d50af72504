"""Which pictures of a video features are made of: exactly in time, or by the counting of the historic extractors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Protocol

from touchline.core.errors import InputError
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler

SamplingRule = Literal["time-exact", "opencv", "skvideo"]
SAMPLING_RULES: dict[SamplingRule, str] = {
    "time-exact": "the picture shown nearest to each point of the grid, whatever the video's frame rate does",
    "opencv": "SoccerNet's first rule: counting pictures from 1, those with count mod (fps / rate) < 1",
    "skvideo": "SoccerNet's second rule: the same, counting from 0; half a second apart from the first",
}
"""Rule -> what it does."""

_FIRST_COUNT = {"opencv": 1, "skvideo": 0}


class FrameRule(Protocol):
    """Takes every picture of a video in order, and gives those that features are made of."""

    def push(self, frame: Frame) -> Iterator[tuple[int, Frame]]:
        """The rows ``(row, frame)`` that are settled now; use all of them before the next call."""
        ...

    def finish(self) -> Iterator[tuple[int, Frame]]:
        """The rows that are left once no picture follows."""
        ...


class _TimeExact:
    def __init__(self, *, rate_hz: float) -> None:
        self._sampler: GridSampler[Frame] = GridSampler(fps=rate_hz)

    def push(self, frame: Frame) -> Iterator[tuple[int, Frame]]:
        return self._sampler.push(frame.time_us, frame)

    def finish(self) -> Iterator[tuple[int, Frame]]:
        return self._sampler.finish()


class _Counted:
    """Pictures counted one after the other; lost ones and uneven times are not noticed, as they were not then."""

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
    """A sampler that follows a rule.

    Args:
        rule: one of ``SAMPLING_RULES``.
        rate_hz: rows a second.
        fps: what the video's header says; only the historic rules use it.

    Raises:
        ValueError: no such rule.
        InputError: a historic rule, and the header says no frame rate, or one below ``rate_hz``.

    """
    if rule == "time-exact":
        return _TimeExact(rate_hz=rate_hz)
    if rule not in _FIRST_COUNT:
        raise ValueError(f"rule={rule!r} is none of {list(SAMPLING_RULES)}")
    if fps < rate_hz:
        raise InputError(
            f"the video's header says {fps:g} frames a second, too few for {rate_hz:g} rows a second by the rule "
            f"{rule!r}; use --sampling time-exact"
        )
    return _Counted(step=fps / rate_hz, first=_FIRST_COUNT[rule])
