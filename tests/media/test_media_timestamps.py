from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from touchline.media.timestamps import AHEAD, BACKWARD, JUMP, MISSING, Retimer, repair_times

STEP = 40_000
times = st.lists(st.one_of(st.none(), st.integers(-(2**40), 2**40)), max_size=60)


@given(times, st.integers(1, 10**6))
def test_repaired_times_increase_strictly_whatever_comes(raw: list[int | None], step_us: int) -> None:
    repaired = repair_times(raw, step_us=step_us)
    assert len(repaired) == len(raw)
    assert all(a < b for a, b in itertools.pairwise(repaired))


@given(st.lists(st.integers(0, 3_599_999_999), unique=True, max_size=60).map(sorted), st.integers(1, 10**6))
def test_good_times_pass_unchanged(raw: list[int], step_us: int) -> None:
    retimer: Retimer[int] = Retimer(step_us=step_us)
    out = [item for i, time in enumerate(raw) for item in retimer.push(time, i)] + list(retimer.flush())
    assert out == [(time, i) for i, time in enumerate(raw)]
    assert not retimer.repairs


@given(st.lists(st.booleans(), min_size=2, max_size=50))
def test_times_missing_from_a_steady_stream_are_put_back_exactly(kept: list[bool]) -> None:
    kept[0] = True
    raw = [i * STEP if keep else None for i, keep in enumerate(kept)]
    assert repair_times(raw, step_us=STEP) == [i * STEP for i in range(len(kept))]


def kinds(raw: list[int | None]) -> dict[str, int]:
    retimer: Retimer[None] = Retimer(step_us=STEP)
    for time in raw:
        list(retimer.push(time, None))
    list(retimer.flush())
    return dict(retimer.repairs)


def test_a_repeated_time_goes_between_its_neighbours() -> None:
    assert repair_times([0, 40_000, 40_000, 80_000], step_us=STEP) == [0, 40_000, 60_000, 80_000]
    assert kinds([0, 40_000, 40_000, 80_000]) == {BACKWARD: 1}


def test_a_stuck_clock_goes_on_by_steps() -> None:
    assert repair_times([0, 40_000, 40_000, 120_000], step_us=STEP) == [0, 40_000, 80_000, 120_000]


def test_one_wild_time_does_not_drag_the_rest_along() -> None:
    raw = [0, 40_000, 9_000_000_000, 120_000, 160_000]
    assert repair_times(raw, step_us=STEP) == [0, 40_000, 80_000, 120_000, 160_000]
    assert kinds(raw) == {AHEAD: 1}


def test_one_time_far_back_does_not_move_the_clock() -> None:
    raw = [8_000_000, 8_040_000, 5, 8_120_000, 8_160_000]
    assert repair_times(raw, step_us=STEP) == [8_000_000, 8_040_000, 8_080_000, 8_120_000, 8_160_000]


def test_a_source_that_restarts_its_clock_goes_on_where_it_was() -> None:
    raw = [8_000_000, 8_040_000, 0, 50_000, 100_000]
    assert repair_times(raw, step_us=STEP) == [8_000_000, 8_040_000, 8_080_000, 8_130_000, 8_180_000]
    assert kinds(raw) == {JUMP: 1}


def test_a_clock_that_leaps_hours_ahead_does_not_make_hours_of_nothing() -> None:
    day_us = 86_400_000_000
    raw = [0, 40_000, 80_000, day_us, day_us + 50_000]
    assert repair_times(raw, step_us=STEP) == [0, 40_000, 80_000, 120_000, 170_000]
    assert kinds(raw) == {JUMP: 1}


def test_a_missing_first_time_is_one_step_before_the_next() -> None:
    assert repair_times([None, 140_000], step_us=STEP) == [100_000, 140_000]
    assert kinds([None, 140_000]) == {MISSING: 1}
    assert repair_times([None, None, None], step_us=STEP) == [0, STEP, 2 * STEP]
    assert repair_times([], step_us=STEP) == []
