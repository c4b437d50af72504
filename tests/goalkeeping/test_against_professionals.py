"""Attempts beside professionals: what is usual, what as usual would change, shares with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from keeper_data import KINDS
from touchline.core.shots import Shot
from touchline.goalkeeping.against_professionals import compare_attempts, reasons, technique_shares
from touchline.goalkeeping.expected_saves import SaveModel, load_expected_saves
from touchline.goalkeeping.technique import load_techniques, name_technique


@pytest.fixture(scope="module")
def model() -> SaveModel:
    return load_expected_saves()


def test_coming_as_far_as_usual_changes_nothing(model: SaveModel) -> None:
    usual = float(model.usual.median(np.array([12.0]))[0])
    (attempt,) = compare_attempts([Shot(108.0, 40.0, engagement=usual)], [None], model=model)
    assert attempt.usual == pytest.approx(usual)
    assert (attempt.gain, attempt.gain_low, attempt.gain_high) == pytest.approx((0.0, 0.0, 0.0))
    assert attempt.low < attempt.p < attempt.high and np.isnan(attempt.above_average)


def test_the_gain_is_the_difference_of_two_predictions(model: SaveModel) -> None:
    far = Shot(108.0, 40.0, engagement=0.95)
    (attempt,) = compare_attempts([far], [None], model=model)
    here, there = model.predict([far, Shot(108.0, 40.0, engagement=attempt.usual)]).p
    assert attempt.gain == pytest.approx(there - here)
    assert attempt.gain_low < attempt.gain < attempt.gain_high
    assert attempt.farther_than < 0.3


def test_an_unknown_place_has_no_gain_and_no_shots_no_attempts(model: SaveModel) -> None:
    (attempt,) = compare_attempts([Shot(108.0, 40.0)], [None], model=model)
    assert np.isnan([attempt.usual, attempt.gain, attempt.farther_than]).all() and attempt.best_chance >= 0.25
    assert compare_attempts([], [], model=model) == ()
    with pytest.raises(ValueError, match="0 readings do not fit 1 shots"):
        compare_attempts([Shot(108.0, 40.0)], [], model=model)


def test_a_technique_has_its_place_among_all(model: SaveModel) -> None:
    reading = name_technique(KINDS["smother"])
    middle = np.concatenate([load_techniques().centres[1], np.zeros((16, 1))], axis=1)
    spread = name_technique(middle)
    assert spread.name == "spread"
    (attempt,) = compare_attempts([Shot(112.0, 42.0, engagement=0.5)], [spread], model=model)
    assert abs(attempt.above_average) < 0.3
    shares = {
        share.technique: share for share in technique_shares([spread, spread, None], techniques=load_techniques())
    }
    assert (shares["spread"].count, shares["spread"].share, shares["passive"].count) == (2, 1.0, 0)
    assert shares["spread"].low < 0.5 and shares["spread"].professionals == pytest.approx(0.27, abs=0.01)
    nobody = technique_shares([None], techniques=load_techniques())
    assert all(share.count == 0 and np.isnan(share.share) for share in nobody)
    untold = name_technique(np.zeros((16, 3)))
    assert reasons([untold, untold, None, reading])[untold.reason] == 2
