"""One timeline over connections and jumps of a stream's clock, and the waits between attempts."""

from __future__ import annotations

import pytest

from touchline.live.source.timeline import Backoff, StreamTimeline


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def placed(timeline: StreamTimeline, clock: Clock, times: list[int], *, step_s: float = 0.04) -> list[int]:
    """Where packets with these times come to lie if one comes every ``step_s``."""
    found = []
    for time in times:
        found.append(timeline.place(time, time)[0])
        clock.now += step_s
    return [time for time in found if time is not None]


def test_times_start_at_zero_and_follow_the_source() -> None:
    clock = Clock()
    assert placed(StreamTimeline(clock), clock, [5000, 5040, 5090, 5120]) == [0, 40, 90, 120]


def test_a_reconnection_keeps_the_length_of_the_gap() -> None:
    clock = Clock()
    timeline = StreamTimeline(clock)
    placed(timeline, clock, [0, 40, 80])
    clock.now += 7.0 - 0.04
    timeline.reconnected()
    assert placed(timeline, clock, [0, 40]) == [7080, 7120]
    assert timeline.jumps == 0


def test_a_source_whose_clock_runs_on_is_followed_over_a_reconnection() -> None:
    clock = Clock()
    timeline = StreamTimeline(clock)
    placed(timeline, clock, [900_000, 900_040])
    clock.now += 5.0
    timeline.reconnected()
    assert placed(timeline, clock, [905_123]) == [5123]


@pytest.mark.parametrize("jump", [-3_600_000, 90_000_000])
def test_a_jump_of_the_clock_within_a_connection_is_taken_out(jump: int) -> None:
    clock = Clock()
    timeline = StreamTimeline(clock)
    assert placed(timeline, clock, [0, 40, 80, 120 + jump, 160 + jump]) == [0, 40, 80, 120, 160]
    assert timeline.jumps == 1


def test_a_burst_is_no_jump_and_small_steps_back_are_left() -> None:
    clock = Clock()
    timeline = StreamTimeline(clock)
    assert placed(timeline, clock, [0, 2000, 4000, 6000, 5960, 8000], step_s=0.0) == [0, 2000, 4000, 6000, 5960, 8000]
    assert timeline.jumps == 0


def test_a_packet_without_times_has_none_and_sound_follows_the_video() -> None:
    timeline = StreamTimeline(Clock())
    assert timeline.place(None, None) == (None, None)
    timeline.place(1000, 1000)
    assert timeline.beside(1500) == 500
    assert timeline.beside(None) is None


def test_waits_double_up_to_half_a_minute_and_start_anew() -> None:
    backoff = Backoff(lambda: 0.5)
    assert [backoff.next_s() for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    backoff.reset()
    assert backoff.next_s() == 1
    assert Backoff(lambda: 1.0).next_s() == 1.25
    assert Backoff(lambda: 0.0).next_s() == 0.75
