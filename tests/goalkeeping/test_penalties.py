"""Penalties: measures of made poses, a regression with a known answer, the published numbers (checks 13, 14)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keeper_data import KEEPERS, made_poses, standing, write_tables
from touchline.formats.keeper.tables import read_choices, read_penalties
from touchline.goalkeeping.penalties import (
    MEASURES,
    TRAIN_ROWS,
    PenaltyRows,
    fit_regression,
    kept_penalties,
    measures_of,
    regressed_measures,
    two_clusters,
)

needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")


@pytest.fixture(scope="module")
def kept() -> PenaltyRows:
    return kept_penalties(read_penalties(KEEPERS), read_choices(KEEPERS))


def test_measures_of_a_keeper_who_stands_straight() -> None:
    straight = dict(zip(MEASURES, measures_of(standing(stride=0.2)[None])[0], strict=True))
    assert straight["torso_angle_deg"] == pytest.approx(0.0)
    assert straight["body_angle_deg"] == pytest.approx(0.0)
    assert straight["height"] == pytest.approx(0.9)
    assert straight["forward_step"] == pytest.approx(0.0)
    assert straight["hand_height"] == pytest.approx(0.55)
    leaning = measures_of(standing(lie=0.2)[None])[0]
    assert leaning[MEASURES.index("torso_angle_deg")] == pytest.approx(45.0)


def test_clusters_are_those_that_were_made_the_larger_first() -> None:
    names = ["passive"] * 30 + ["smother"] * 20
    labels, centres, _ = two_clusters(measures_of(made_poses(names)))
    assert labels.tolist() == [0] * 30 + [1] * 20
    assert centres[1, 0] > centres[0, 0]


def test_the_regression_solves_its_equations() -> None:
    rng = np.random.default_rng(0)
    measures = rng.normal(3, 2, (4000, 2))
    p = 1 / (1 + np.exp(-(0.8 * (measures[:, 0] - 3) / 2 - 1.0)))
    saved = rng.random(4000) < p
    fit = fit_regression(measures, saved)
    np.testing.assert_allclose(fit.coefficients, [0.8, 0.0, -1.0], atol=3 * fit.errors.max())
    assert fit.predict(measures).sum() == pytest.approx(saved.sum())
    assert fit.p_value() < 1e-9
    with pytest.raises(ValueError, match="same outcome"):
        fit_regression(measures, np.zeros(4000, bool))


def test_made_penalties_are_read_and_kept(tmp_path: Path) -> None:
    folder = write_tables(tmp_path / "made")
    rows = kept_penalties(read_penalties(folder), read_choices(folder))
    assert len(rows) == 298 and len(rows.on_target()) == 298
    assert set(rows.outcome) == {"Saved", "Goal"}


@needs_tables
@pytest.mark.shared_data
def test_published_penalties_and_their_clusters(kept: PenaltyRows) -> None:
    table = read_penalties(KEEPERS)
    assert np.isfinite(table.joints).all(axis=(1, 2)).sum() == 369
    assert [(kept.outcome == name).sum() for name in ("Goal", "Saved", "Off T")] == [187, 38, 8]
    labels, centres, inertia = two_clusters(measures_of(kept.joints))
    assert np.bincount(labels).tolist() == [147, 86]
    assert inertia == pytest.approx(41150.6593, abs=0.001)
    np.testing.assert_allclose(centres[:, 0], [10.7981, 36.4969], atol=5e-4)
    assert [(kept.outcome[labels == k] == "Saved").sum() for k in (0, 1)] == [22, 16]


@needs_tables
@pytest.mark.shared_data
def test_the_published_regression(kept: PenaltyRows) -> None:
    rows = kept.on_target()
    measures, saved = regressed_measures(rows.joints), rows.outcome == "Saved"
    fit = fit_regression(measures[:TRAIN_ROWS], saved[:TRAIN_ROWS])
    np.testing.assert_allclose(fit.coefficients, [0.0447, -0.1887, 0.0209, 0.2170, 0.2681, -1.4829], atol=5e-4)
    np.testing.assert_allclose(fit.errors, [0.263, 0.249, 0.213, 0.229, 0.241, 0.210], atol=1e-3)
    assert fit.log_likelihood == pytest.approx(-74.877, abs=0.001)
    assert fit.p_value() == pytest.approx(0.6367, abs=1e-4)
    p = fit.predict(measures[TRAIN_ROWS:])
    np.testing.assert_allclose([p.max(), p.min(), p.mean()], [0.32884, 0.10510, 0.17710], atol=1e-4)
    assert ((p >= 0.5) == saved[TRAIN_ROWS:]).sum() == 60 and len(p) == 68
