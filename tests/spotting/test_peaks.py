"""Acceptance check 9: scores to events."""

from typing import Any

import numpy as np
import pytest

from touchline.core.clock import frame_from_us, us_from_frame
from touchline.core.errors import InputError
from touchline.core.events import Scores
from touchline.spotting.ensemble import average_scores
from touchline.spotting.peaks import find_events, smooth

FIRST = 15


def reference_curve() -> Any:
    curve = np.zeros(200, np.float32)
    curve[43:58] = 1
    curve[80] = 1
    curve[93:108] = 0.5
    curve[105:120] = 0.9
    curve[190:200] = 1
    return curve


def scores_of(curve: Any, *, first: int = 0, fps: float = 25.0, labels: tuple[str, ...] = ("PASS",)) -> Any:
    values = np.asarray(curve, np.float32).reshape(len(curve), -1)
    times = np.array([us_from_frame(first + i, fps=fps) for i in range(len(curve))], np.int64)
    return Scores(values, times, labels)


def test_reference_frames_and_scores() -> None:
    events = find_events(scores_of(reference_curve(), first=FIRST), thresholds={"PASS": 0.2}, source="m").events
    assert [frame_from_us(event.start_us, fps=25) for event in events] == [65, 127]
    assert [event.confidence for event in events] == pytest.approx([0.98801018, 0.89220662], abs=5e-8)
    assert {event.source for event in events} == {"m"}


def test_peak_of_a_smoothed_impulse() -> None:
    impulse = np.zeros((101, 1), np.float32)
    impulse[50] = 1
    assert smooth(impulse, sigma_samples=3.0).max() == pytest.approx(0.13298454, abs=1e-8)


def test_each_label_has_its_own_threshold() -> None:
    curve = np.stack([reference_curve(), reference_curve()], 1)
    scores = scores_of(curve, labels=("PASS", "DRIVE"))
    events = find_events(scores, thresholds={"PASS": 0.95, "DRIVE": 0.2}).events
    assert [event.label for event in events] == ["DRIVE", "PASS", "DRIVE"]


def test_of_two_near_peaks_the_higher_stays() -> None:
    curve = np.zeros(60)
    curve[20], curve[30] = 0.6, 0.9
    scores = scores_of(curve)
    near = find_events(scores, thresholds={"PASS": 0.2}, sigma_samples=0, distance_samples=15)
    far = find_events(scores, thresholds={"PASS": 0.2}, sigma_samples=0, distance_samples=10)
    assert [e.start_us for e in near] == [1_200_000]
    assert len(far) == 2


def test_no_scores_no_events() -> None:
    assert (
        len(
            find_events(
                Scores(np.zeros((0, 1), np.float32), np.zeros(0, np.int64), ("PASS",)), thresholds={"PASS": 0.2}
            )
        )
        == 0
    )


def test_a_label_without_a_threshold_is_an_error() -> None:
    with pytest.raises(ValueError, match="PASS"):
        find_events(scores_of(np.zeros(5)), thresholds={})


def test_ensemble_is_the_mean_over_common_times() -> None:
    a, b = scores_of(np.full(10, 0.2), first=0), scores_of(np.full(10, 0.6), first=4)
    mean = average_scores([a, b])
    assert len(mean) == 6
    assert mean.times_us[0] == us_from_frame(4, fps=25)
    assert mean.values == pytest.approx(np.full((6, 1), 0.4))
    assert average_scores([a, b], weights=[3, 1]).values[0, 0] == pytest.approx(0.3)


def test_ensembles_need_equal_labels_and_common_times() -> None:
    a = scores_of(np.zeros(4))
    with pytest.raises(InputError, match="labels"):
        average_scores([a, scores_of(np.zeros(4), labels=("DRIVE",))])
    with pytest.raises(InputError, match="in common"):
        average_scores([a, scores_of(np.zeros(4), first=100)])
    with pytest.raises(ValueError, match="at least one"):
        average_scores([])
