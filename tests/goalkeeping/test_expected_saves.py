"""Expected saves as shipped: what they must do whatever the numbers, and the numbers they were measured at."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.interpolate import BSpline

from touchline.core.errors import InputError
from touchline.formats.keeper.shots import read_shot_file
from touchline.goalkeeping.expected_saves import SaveModel, load_expected_saves, technique_logits
from touchline.goalkeeping.shots import FEATURES, Shot, engagement_from, geometry, shot_features
from touchline.goalkeeping.splines import basis_count, spline_basis

MODEL = load_expected_saves()
SHOT = Shot(108.0, 45.0, engagement=0.5)


def chance(shot: Shot, model: SaveModel = MODEL, **options: object) -> tuple[float, float, float]:
    found = model.predict([shot], **options)  # type: ignore[arg-type]
    return float(found.p[0]), float(found.low[0]), float(found.high[0])


def test_splines_are_scipys_and_sum_to_one() -> None:
    knots = np.array([0.0, 1.0, 2.5, 3.0, 7.0])
    at = np.linspace(0, 6.99, 40)
    whole = np.concatenate([[-3, -2, -1], knots, [11, 15, 19]])
    basis = spline_basis(at, knots)
    assert basis.shape == (40, basis_count(5))
    assert basis == pytest.approx(BSpline.design_matrix(at, whole, 3).toarray(), abs=1e-12)
    assert basis.sum(axis=1) == pytest.approx(np.ones(40))
    assert spline_basis(np.array([-5.0, 99.0]), knots) == pytest.approx(spline_basis(np.array([0.0, 7.0]), knots))


def test_features_by_hand() -> None:
    row = dict(zip(FEATURES, shot_features([Shot(108.0, 45.0, engagement=0.5, under_pressure=True)])[0], strict=True))
    assert row["log_distance"] == pytest.approx(math.log(13))
    assert row["opening_rad"] == pytest.approx(math.atan2(9, 12) - math.atan2(1, 12))
    assert (row["x_yd"], row["aside_yd"], row["under_pressure"]) == (108, 5, 1)
    assert (row["keeper_to_shooter_yd"], row["keeper_came_yd"]) == pytest.approx((6.5, 6.5))
    assert engagement_from(np.array([108.0]), np.array([45.0]), keeper_yd=(114.0, 42.5)) == pytest.approx([0.5])
    on_the_goal = geometry(np.array([120.0]), np.array([40.0]), engagement=np.ones(1), under_pressure=0)
    assert np.isfinite(on_the_goal).all()


def test_a_chance_lies_in_its_interval_and_the_side_does_not_count() -> None:
    p, low, high = chance(SHOT)
    assert 0 < low < p < high < 1
    assert chance(replace(SHOT, y_yd=35.0)) == pytest.approx((p, low, high))


def test_one_shot_or_many_is_the_same() -> None:
    shots = [SHOT, Shot(100.0, 30.0), Shot(115.0, 41.0, engagement=0.4, under_pressure=True)]
    together = MODEL.predict(shots)
    assert together.p == pytest.approx([chance(shot)[0] for shot in shots])
    assert len(MODEL.predict([]).p) == 0


def test_an_unknown_keeper_means_a_wider_interval_within_what_keepers_do() -> None:
    _, low, high = chance(replace(SHOT, engagement=None))
    known = [chance(replace(SHOT, engagement=value))[0] for value in (0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)]
    assert min(known) < chance(replace(SHOT, engagement=None))[0] < max(known)
    assert high - low > chance(SHOT)[2] - chance(SHOT)[1]


def test_pictured_shots_are_said_to_be_saved_less_often() -> None:
    assert chance(SHOT, population="pictured")[0] < chance(SHOT)[0]
    assert MODEL.predict([SHOT], population="pictured").population == "pictured"
    assert "50.5 % of the 192" in MODEL.said and "84.6 % of the 91" in MODEL.said


def test_far_from_all_shots_little_is_known() -> None:
    near, far = MODEL.predict([SHOT, Shot(70.0, 5.0, engagement=0.5)]).shots_near
    assert near > 20 and far == 0


def test_technique_moves_a_chance_only_where_an_effect_was_shown() -> None:
    assert not MODEL.techniques.effect_shown
    assert chance(SHOT, techniques=["smother"]) == chance(SHOT)
    shown = replace(MODEL, techniques=replace(MODEL.techniques, effect_shown=True))
    p, low, high = chance(SHOT, shown, techniques=["smother"])
    assert p != chance(SHOT)[0] and high - low > chance(SHOT)[2] - chance(SHOT)[1]
    assert chance(SHOT, shown, techniques=[None]) == chance(SHOT)
    with pytest.raises(InputError, match="'dive' is unknown; the model knows passive"):
        technique_logits(MODEL, shot_features([SHOT]), ["dive"])


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    from importlib import resources

    document = json.loads((resources.files("touchline.models") / "builtin" / "keeper-saves.json").read_bytes())
    path = tmp_path / "model.json"
    for change in ({"version": 99}, {"features": ["x"]}, {"coefficients": [0.0]}, {"support": {}}):
        path.write_text(json.dumps({**document, **change}))
        with pytest.raises(InputError, match="not a model of expected saves"):
            load_expected_saves(path)
    with pytest.raises(InputError, match="absent"):
        load_expected_saves(tmp_path / "absent.json")
    path.write_text(json.dumps(document))
    assert load_expected_saves(path).predict([SHOT]).p == pytest.approx(MODEL.predict([SHOT]).p)


def test_what_shipped_was_measured_at_keeps_the_promises() -> None:
    """Acceptance check 15: the reference as published in the specification, the target and its paired difference."""
    models = MODEL.measured["tables"]["pictured"]["models"]
    assert models["reference recipe"]["log_loss"]["value"] == pytest.approx(0.689, abs=0.01)
    assert models["constant"]["log_loss"]["value"] == pytest.approx(0.6933, abs=1e-3)
    assert models["curves"]["log_loss"]["value"] <= 0.652
    for other in ("constant", "reference"):
        difference = models["curves"][f"log_loss_minus_{other}"]
        assert difference["low"] < difference["value"] < difference["high"] < 0
    assert "No effect of technique" in MODEL.techniques.said
    assert MODEL.measured["interval_coverage"]["mean"] >= 0.9


@pytest.mark.shared_data
def test_the_mean_over_all_published_shots_is_the_share_of_saves(shared_data: Path) -> None:
    """Acceptance check 16's rates: the level of the chances is that of all shots, or of the pictured."""
    shots = [s for s in read_shot_file(shared_data / "keepers" / "events" / "1v1_events.csv").shots if s.on_target]
    assert len(shots) == 326
    assert MODEL.predict(shots).p.mean() == pytest.approx(0.6227, abs=1e-3)
    assert MODEL.measured["selection"]["save_rate"] == pytest.approx(
        {"all": 0.6227, "with_pictures": 0.5362, "kept": 0.5052, "without_pictures": 0.8462}, abs=1e-4
    )
