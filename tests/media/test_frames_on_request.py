"""Frames that no grid takes come without a picture; all others, the times and the coverage stay the same."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from makevideo import write_numbered
from touchline.media.frame import Frame
from touchline.media.sampling import GridSampler, only_sampled, sample_regular
from touchline.media.video import VideoReader

FRAMES = 60


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_numbered(tmp_path_factory.mktemp("video") / "match.mp4", frames=FRAMES, width=96, height=64)


def sampled(items: list[tuple[int, int]], *, rate: float) -> Iterator[tuple[int, int | None]]:
    sampler: GridSampler[int] = GridSampler(fps=rate)
    for time_us, item in items:
        yield from sampler.push(time_us, item)
    yield from sampler.finish()


@given(
    steps_us=st.lists(st.integers(1, 300_000), max_size=60),
    rates=st.lists(st.floats(0.5, 60.0), min_size=1, max_size=3),
)
def test_what_the_grids_take_is_there_whatever_the_times(steps_us: list[int], rates: list[float]) -> None:
    items = [(int(time_us), number) for number, time_us in enumerate(np.cumsum([0, *steps_us]))]
    kept = list(only_sampled(items, rates=rates))
    assert [time_us for time_us, _ in kept] == [time_us for time_us, _ in items]
    wanted: set[int | None] = set()
    for rate in rates:
        before = list(sampled(items, rate=rate))
        after = list(sampled([(time_us, -1 if item is None else item) for time_us, item in kept], rate=rate))
        assert before == after
        wanted |= {item for _, item in before}
    assert {item for _, item in kept} - {None} == wanted


def test_no_items_give_none() -> None:
    assert list(only_sampled([], rates=[12.5])) == []


@pytest.mark.parametrize("rates", [(12.5,), (2.0, 5.0), (25.0,), ()])
def test_a_reader_gives_the_frames_that_were_asked_for(video: Path, rates: tuple[float, ...]) -> None:
    with VideoReader(video) as reader:
        whole = list(reader.frames())
        coverage = reader.coverage()
        some = list(reader.frames(rates=rates))
        assert reader.coverage() == coverage
    assert [frame.time_us for frame in some] == [frame.time_us for frame in whole]
    for rate in rates:
        pairs = zip(sample_regular(whole, fps=rate), sample_regular(some, fps=rate), strict=True)
        for (index, expected), (same_index, found) in pairs:
            assert index == same_index
            assert same(expected, found)
    if rates == (12.5,):
        assert sum(frame.seen for frame in some) == FRAMES // 2
    if not rates:
        assert not any(frame.seen for frame in some)


def same(a: Frame, b: Frame) -> bool:
    return a.time_us == b.time_us and np.array_equal(a.luma, b.luma) and np.array_equal(a.to_rgb(), b.to_rgb())
