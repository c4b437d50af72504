"""Which pictures features are made of."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.errors import InputError
from touchline.media.frame import Frame
from touchline.media.frame_rules import SAMPLING_RULES, SamplingRule, frame_rule

LUMA = np.zeros((2, 2), np.uint8)


def picked(rule: SamplingRule, times_us: list[int], *, rate_hz: float = 2.0, fps: float = 25.0) -> list[int]:
    """Indices of the pictures that a rule takes."""
    sampler = frame_rule(rule, rate_hz=rate_hz, fps=fps)
    index = {time_us: i for i, time_us in enumerate(times_us)}
    rows = [row for time_us in times_us for row in sampler.push(Frame(time_us, LUMA))]
    rows += list(sampler.finish())
    assert [row for row, _ in rows] == list(range(len(rows)))
    return [index[frame.time_us] for _, frame in rows]


def test_the_two_historic_rules_at_25_frames_a_second() -> None:
    times_us = [40_000 * i for i in range(60)]
    assert picked("opencv", times_us) == [12, 24, 37, 49]
    assert picked("skvideo", times_us) == [0, 13, 25, 38, 50]


def test_the_exact_rule_takes_what_is_shown() -> None:
    times_us = [40_000 * i for i in range(60)]
    assert picked("time-exact", times_us) == [0, 12, 25, 37, 50]  # of 480 and 520 ms, the earlier
    uneven = [0, 100_000, 450_000, 900_000, 1_010_000, 1_700_000]
    assert picked("time-exact", uneven) == [0, 2, 4, 5]
    assert picked("time-exact", times_us, fps=0.0) == [0, 12, 25, 37, 50]


@pytest.mark.parametrize("rule", list(SAMPLING_RULES))
@pytest.mark.parametrize("fps", [23.976, 25.0, 29.97, 50.0, 59.94])
def test_every_rule_gives_one_row_for_each_half_second(rule: SamplingRule, fps: float) -> None:
    times_us = [round(i * 1e6 / fps) for i in range(round(fps * 60))]
    assert abs(len(picked(rule, times_us, fps=fps)) - 120) <= 1


def test_a_header_without_a_rate_is_refused_by_the_historic_rules() -> None:
    with pytest.raises(InputError, match="use --sampling time-exact"):
        frame_rule("opencv", rate_hz=2.0, fps=0.0)
    with pytest.raises(ValueError, match="must be one of"):
        frame_rule("other", rate_hz=2.0, fps=25.0)  # type: ignore[arg-type]
