from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.core.clock import us_from_frame
from touchline.media.frame import Frame
from touchline.media.sampling import fit_luma, sample_regular

BLANK = np.zeros((2, 2), np.uint8)
frame_times = st.lists(st.integers(0, 3_000_000), unique=True, min_size=1, max_size=40).map(sorted)
rates = st.sampled_from([1.0, 5.0, 12.5, 25.0, 29.97, 30.0, 50.0])


def sampled(times: list[int], *, fps: float, start_index: int = 0) -> list[tuple[int, int]]:
    frames = (Frame(time, BLANK) for time in times)
    return [(i, frame.time_us) for i, frame in sample_regular(frames, fps=fps, start_index=start_index)]


@given(frame_times, rates)
def test_each_point_gets_the_nearest_frame(times: list[int], fps: float) -> None:
    picked = sampled(times, fps=fps)
    assert [i for i, _ in picked] == list(range(len(picked)))
    for i, time in picked:
        at = us_from_frame(i, fps=fps)
        assert abs(time - at) == min(abs(other - at) for other in times)
    assert us_from_frame(len(picked), fps=fps) > times[-1]
    assert us_from_frame(picked[-1][0], fps=fps) <= times[-1]


@given(frame_times, rates, st.integers(0, 60))
def test_starting_later_gives_the_tail_of_the_whole(times: list[int], fps: float, start: int) -> None:
    whole = sampled(times, fps=fps)
    assert sampled(times, fps=fps, start_index=start) == whole[start:]


def test_same_rate_is_the_identity() -> None:
    times = [us_from_frame(i, fps=25.0) for i in range(50)]
    assert sampled(times, fps=25.0) == list(enumerate(times))


def test_across_a_gap_the_nearest_frame_repeats() -> None:
    picked = sampled([0, 40_000, 240_000, 280_000], fps=25.0)
    assert [time // 1000 for _, time in picked] == [0, 40, 40, 40, 240, 240, 240, 280]


def test_one_frame_is_one_sample() -> None:
    assert sampled([0], fps=25.0) == [(0, 0)]
    assert sampled([], fps=25.0) == []


def test_only_two_frames_are_held() -> None:
    given_out = 0

    def frames() -> object:
        nonlocal given_out
        for i in range(100):
            given_out = i
            yield Frame(i * 40_000, BLANK)

    for i, _ in sample_regular(frames(), fps=25.0):  # type: ignore[arg-type]
        assert given_out <= i + 1


@pytest.mark.parametrize("fps", [0.0, -1.0, float("nan")])
def test_a_rate_that_is_none_is_refused(fps: float) -> None:
    with pytest.raises(ValueError, match="fps="):
        sampled([0], fps=fps)


def test_times_that_do_not_increase_are_refused() -> None:
    with pytest.raises(ValueError, match="must come after"):
        sampled([0, 40_000, 40_000], fps=25.0)


def test_fit_is_the_identity_where_the_size_fits() -> None:
    luma = np.arange(48, dtype=np.uint8).reshape(6, 8)
    assert fit_luma(luma, width=8, height=6) is luma


def test_rows_only_are_padded_where_the_width_fits() -> None:
    luma = np.full((720, 1280), 99, np.uint8)
    fitted = fit_luma(luma, width=1280, height=736)
    assert fitted.shape == (736, 1280)
    assert (fitted[8:728] == 99).all() and not fitted[:8].any() and not fitted[728:].any()


def test_shrinking_averages() -> None:
    luma = np.tile(np.array([[0, 200], [200, 0]], np.uint8), (32, 32))
    fitted = fit_luma(luma, width=16, height=16)
    assert np.abs(fitted.astype(int) - 100).max() <= 2


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 90), st.integers(1, 90))
def test_fit_always_has_the_size_and_keeps_the_level(w: int, h: int, width: int, height: int) -> None:
    fitted = fit_luma(np.full((h, w), 120, np.uint8), width=width, height=height)
    assert fitted.shape == (height, width) and fitted.dtype == np.uint8
    inside = fitted[fitted > 0]
    assert inside.size and np.abs(inside.astype(int) - 120).max() <= 2
    assert abs(inside.size - width * height * min(width / w, height / h) ** 2 * (w * h) / (width * height)) <= (
        width + height
    )
