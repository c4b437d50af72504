"""Ball actions count in wide shots only; other labels, and times of no shot, stay."""

from __future__ import annotations

import pytest

from touchline.analysis.events_in_shots import in_wide_shots, remark_on_left_out
from touchline.core.events import Event, Timeline
from touchline.core.tracks import SHOT_KINDS, Shot

SHOTS = [Shot(i, i * 1_000_000, (i + 1) * 1_000_000, kind) for i, kind in enumerate(SHOT_KINDS[:4])]


def events(label: str, *times_us: int) -> Timeline:
    return Timeline(tuple(Event(label, time_us, confidence=0.9) for time_us in times_us))


@pytest.mark.parametrize("label", ["PASS", "DRIVE", "SHOT", "GOAL", "BALL BLOCK", "TACKLE", "KICK OFF", "CORNER"])
def test_ball_actions_stay_in_wide_shots_alone(label: str) -> None:
    found = events(label, 0, 500_000, 999_999, 1_000_000, 1_500_000, 2_500_000, 3_999_999)
    assert in_wide_shots(found, shots=SHOTS) == events(label, 0, 500_000, 999_999)


@pytest.mark.parametrize("label", ["Goal", "Yellow card", "Substitution", "forehand"])
def test_what_broadcasters_show_in_close_ups_stays(label: str) -> None:
    found = events(label, 500_000, 1_500_000, 2_500_000, 3_500_000)
    assert in_wide_shots(found, shots=SHOTS) == found


def test_outside_every_shot_nothing_speaks_against_an_event() -> None:
    found = events("PASS", 4_000_000, 9_000_000)
    assert in_wide_shots(found, shots=SHOTS) == found
    assert in_wide_shots(found, shots=[]) == found


def test_the_remark_counts() -> None:
    assert remark_on_left_out(1).startswith("1 ball action was left out: ")
    assert remark_on_left_out(12).startswith("12 ball actions were left out: ")
