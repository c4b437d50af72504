"""Peaks that are final while scores still arrive are those found in all scores at once."""

from __future__ import annotations

import numpy as np
import pytest

from touchline.core.events import Scores
from touchline.live.spotting.settling import Peak, Settler, samples_to_final
from touchline.spotting.peaks import find_events

LABELS = ("PASS", "DRIVE")
THRESHOLDS = {"PASS": 0.3, "DRIVE": 0.45}


def offline(values: np.ndarray, *, sigma: float, distance: int) -> set[Peak]:
    """What the decoder finds in all scores at once."""
    scores = Scores(values, np.arange(len(values), dtype=np.int64), LABELS)
    found = find_events(scores, thresholds=THRESHOLDS, sigma_samples=sigma, distance_samples=distance)
    return {Peak(event.label, event.start_us, event.confidence) for event in found}


def live(values: np.ndarray, *, sigma: float, distance: int, step: int) -> list[Peak]:
    """What is found if the scores arrive a few at a time."""
    settler = Settler(LABELS, thresholds=THRESHOLDS, sigma_samples=sigma, distance_samples=distance)
    found = [peak for start in range(0, len(values), step) for peak in settler.add(values[start : start + step])]
    return found + settler.finish()


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["noise", "sparse", "level"])
def test_final_peaks_are_those_of_all_scores_at_once(kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = int(rng.integers(1, 700))
    values = rng.random((count, 2)).astype(np.float32)
    if kind == "sparse":
        values *= rng.random((count, 1)) < 0.05
    if kind == "level":
        values = np.repeat(values[::9], 9, axis=0)[:count].round(1)
    sigma, distance, step = float(rng.choice([0.0, 1.5, 3.0])), int(rng.integers(1, 16)), int(rng.integers(1, 40))
    found = live(values, sigma=sigma, distance=distance, step=step)
    assert len(found) == len(set(found))
    assert set(found) == offline(values, sigma=sigma, distance=distance)


def test_a_lonely_peak_is_final_after_the_stated_number_of_scores() -> None:
    values = np.zeros((200, 2), np.float32)
    values[100, 0] = 1.0
    settler = Settler(LABELS, thresholds={"PASS": 0.2, "DRIVE": 0.2}, sigma_samples=1.5, distance_samples=8)
    seen = next(count for count in range(1, 200) if settler.add(values[count - 1 : count]))
    assert seen == 101 + samples_to_final(sigma_samples=1.5, distance_samples=8)


def test_what_is_needed_no_longer_is_forgotten() -> None:
    settler = Settler(LABELS, thresholds=THRESHOLDS, sigma_samples=1.5, distance_samples=8)
    rng = np.random.default_rng(0)
    for _ in range(300):
        settler.add(rng.random((50, 2)).astype(np.float32) * np.float32(0.9))
    assert len(settler._values) < 1_000


def test_a_peak_is_provisional_before_it_is_final() -> None:
    values = np.zeros((120, 2), np.float32)
    values[100, 1] = 1.0
    settler = Settler(LABELS, thresholds={"PASS": 0.2, "DRIVE": 0.2}, sigma_samples=1.5, distance_samples=8)
    assert settler.add(values[:98]) == []
    (peak,) = settler.open_peaks(values[98:106])
    assert (peak.label, peak.index) == ("DRIVE", 100)
    assert settler.open_peaks(values[:0]) == []
