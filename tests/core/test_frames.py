"""Which frame is shown at a time, with known presentation times and without."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from touchline.core.frames import FrameClock, rate_text

NTSC = Fraction(30000, 1001)
UNEVEN = np.array([0, 40_000, 200_000, 240_000], np.int64)


def test_without_times_frames_follow_each_other_at_the_rate() -> None:
    clock = FrameClock(NTSC)
    assert clock.index(0) == 0 and clock.index(1_001_000) == 30 and clock.time_us(30) == 1_001_000
    assert clock.position(1_001_000) == 30 and clock.position_time_us(30) == 1_001_000 and clock.regular


@pytest.mark.parametrize(
    ("time_us", "index"),
    [(0, 0), (20_000, 0), (20_001, 1), (120_000, 1), (120_001, 2), (239_000, 3), (240_000, 3), (281_000, 4)],
)
def test_with_times_the_nearest_frame_is_found(time_us: int, index: int) -> None:
    assert FrameClock(Fraction(25), UNEVEN).index(time_us) == index


def test_a_variable_rate_numbers_frames_and_places_them_on_the_grid() -> None:
    clock = FrameClock(Fraction(25), UNEVEN)
    assert not clock.regular
    assert clock.index(205_000) == 2 and clock.time_us(2) == 200_000 and clock.position(205_000) == 5
    assert clock.time_us(5) == 320_000


def test_times_rounded_to_milliseconds_are_still_regular() -> None:
    times = np.array([round(i * 1001 / 30) * 1000 for i in range(10_000)], np.int64)
    clock = FrameClock(NTSC, times)
    assert clock.regular and [clock.index(int(time)) for time in times[:200]] == list(range(200))


@settings(deadline=None)
@given(st.integers(0, 10**7), st.sampled_from([Fraction(25), NTSC, Fraction(60000, 1001), Fraction(25, 2)]))
def test_a_frame_is_at_its_own_time(index: int, rate: Fraction) -> None:
    clock = FrameClock(rate)
    assert clock.index(clock.time_us(index)) == index == clock.position(clock.position_time_us(index))


def test_what_is_no_clock() -> None:
    with pytest.raises(ValueError, match="rate=0 must be positive"):
        FrameClock(Fraction(0))
    with pytest.raises(ValueError, match="must increase strictly"):
        FrameClock(Fraction(25), UNEVEN[::-1])


def test_a_rate_for_people() -> None:
    assert [rate_text(rate) for rate in (Fraction(25), NTSC, Fraction(25, 2))] == ["25", "29.97", "12.5"]


@settings(deadline=None)
@given(st.integers(0, 10**12), st.sampled_from([Fraction(25), NTSC, Fraction(60000, 1001), Fraction(25, 2)]))
def test_rounding_is_that_of_fractions(time_us: int, rate: Fraction) -> None:
    assert FrameClock(rate).index(time_us) == round(Fraction(time_us, 10**6) * rate)
    assert FrameClock(rate).time_us(time_us) == round(Fraction(time_us * 10**6) / rate)
