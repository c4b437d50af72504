"""The match clock from reads of it, of which some are missing and some wrong."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from touchline.core.board.values import KickOff, MatchClock, MatchTime
from touchline.tracking.board.clock_fit import ClockRead, fit_clock
from touchline.tracking.board.score_fit import ScoreRead, fit_scores, most_frequent_name

STEP_S = 1.04


def reads_of(clock: Callable[[float], float | None], *, seconds: float, wrong: float = 0.0) -> list[ClockRead]:
    """What a board shows every 1.04 s, a share of it misread."""
    chance = random.Random(0)
    found = []
    for number in range(int(seconds / STEP_S)):
        shown = clock(number * STEP_S)
        if shown is not None and shown >= 0:
            value = chance.randrange(7200) if chance.random() < wrong else int(shown)
            found.append(ClockRead(round(number * STEP_S * 1e6), (value,)))
    return found


def fitted(clock: Callable[[float], float | None], *, seconds: float, wrong: float = 0.0) -> MatchClock:
    spans, kick_offs = fit_clock(reads_of(clock, seconds=seconds, wrong=wrong), duration_us=round(seconds * 1e6))
    return MatchClock("made", spans, kick_offs=kick_offs)


def clock_at(clock: MatchClock, seconds: float) -> float | None:
    found = clock.at(round(seconds * 1e6))
    return None if found is None else found.clock_us / 1e6


@pytest.mark.parametrize("wrong", [0.0, 0.3])
def test_a_running_clock_is_known_to_a_fraction_of_a_second(wrong: float) -> None:
    clock = fitted(lambda time_s: 754.3 + time_s, seconds=300, wrong=wrong)
    assert [span.period for span in clock.spans] == [1]
    assert clock_at(clock, 100) == pytest.approx(854.3, abs=0.2)
    assert clock.spans[0].confidence > 0.95 - wrong - 0.05
    assert clock.kick_offs == ()


def test_a_board_that_is_hidden_in_a_replay_leaves_no_gap() -> None:
    clock = fitted(lambda time_s: None if 50 < time_s < 120 else 600 + time_s, seconds=200)
    assert len(clock.spans) == 1
    assert clock_at(clock, 80) == pytest.approx(680, abs=0.3)


def test_kick_off_break_and_second_half() -> None:
    def shown(time_s: float) -> float | None:
        if time_s < 60 or 2910 < time_s < 3000:
            return None
        return time_s - 60 if time_s < 2950 else 2700 + time_s - 3000

    clock = fitted(shown, seconds=3300, wrong=0.1)
    assert clock.periods == (1, 2)
    assert [one.period for one in clock.kick_offs] == [1, 2]
    assert [one.time_us / 1e6 for one in clock.kick_offs] == pytest.approx([60, 3000], abs=0.3)
    added, second = clock.at(2_850_000_000), clock.at(3_100_000_000)
    assert added is not None and (added.period, added.minute) == (1, "45+2")
    assert second is not None and (second.period, second.minute) == (2, "47")
    assert clock_at(clock, 30) is None


def test_a_cut_in_the_recording_begins_a_new_span() -> None:
    clock = fitted(lambda time_s: 600 + time_s if time_s < 100 else 900 + time_s, seconds=200)
    assert len(clock.spans) == 2
    assert clock_at(clock, 90) == pytest.approx(690, abs=0.3)
    assert clock_at(clock, 110) == pytest.approx(1010, abs=0.3)


def test_a_clip_that_was_sped_up() -> None:
    reads = [
        ClockRead(round(time_s * 1e6), (int(1268 + 4.2 * time_s),)) for time_s in (0, 0.35, 0.7, 1.4, 2.1, 3.1, 4.2)
    ]
    spans, _ = fit_clock(reads, duration_us=5_000_000)
    assert spans[0].rate == pytest.approx(4.2, abs=0.25)
    assert spans[0].at(3_000_000).clock_us / 1e6 == pytest.approx(1268 + 4.2 * 3, abs=1)


@pytest.mark.parametrize("seconds", [20, 600])
def test_words_that_stand_still_and_noise_are_no_clock(seconds: int) -> None:
    chance = random.Random(1)
    assert not fitted(lambda time_s: 20 * 60 + 45, seconds=seconds).found
    noise = [ClockRead(number * 1_040_000, (chance.randrange(7200),)) for number in range(seconds // 10)]
    assert fit_clock(noise, duration_us=seconds * 1_000_000) == ((), ())
    assert fit_clock([], duration_us=1) == ((), ())
    time_of_day = [ClockRead(i * 1_040_000, (21 * 60 + 4 + (i > 30),)) for i in range(40)]
    assert fit_clock(time_of_day, duration_us=42_000_000) == ((), ())


def test_of_two_readings_the_one_that_goes_on_counts() -> None:
    reads = [ClockRead(i * 1_040_000, (6000 + int(765 + i * 1.04), int(765 + i * 1.04))) for i in range(0, 40, 2)]
    reads += [ClockRead(i * 1_040_000, (int(765 + i * 1.04),)) for i in range(1, 40, 2)]
    spans, _ = fit_clock(sorted(reads, key=lambda read: read.time_us), duration_us=42_000_000)
    assert [span.at(0).text for span in spans] == ["12:45"]


def test_minutes_are_announced_from_one() -> None:
    assert MatchTime(1, 0).minute == "1"
    assert MatchTime(2, 2700 * 10**6).minute == "46"
    assert MatchTime(2, 5400 * 10**6).minute == "90+1"
    assert MatchTime(2, 3300 * 10**6).in_period_us == 600 * 10**6
    assert KickOff(1, 5) == KickOff(1, 5)


def test_a_goal_counts_once_it_was_read_several_times() -> None:
    scores = [(0, 0)] * 5 + [(8, 0)] + [(0, 0)] * 2 + [(1, 0)] * 6 + [(7, 0)] * 2 + [(1, 0)] * 3
    found = fit_scores([ScoreRead(i * 8, home, away) for i, (home, away) in enumerate(scores)])
    assert [(one.text, one.start_us) for one in found] == [("0-0", 0), ("1-0", 64)]
    assert fit_scores([]) == () and fit_scores([ScoreRead(0, 1, 0)]) == ()


def test_a_name_is_the_most_frequent_reading() -> None:
    name = most_frequent_name(["POR", "P0R", "POR", "", "POR"])
    assert name is not None and (name.name, name.share) == ("POR", 0.75)
    assert most_frequent_name(["A", "B", "C"]) is None
