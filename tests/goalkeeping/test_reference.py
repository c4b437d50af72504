"""The authors' recipe: on made tables, and their numbers on theirs (checks 4 to 9, 11, 12 and 16)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from keeper_data import KEEPERS, TECHNIQUES, write_tables
from touchline.formats.keeper.tables import read_amateurs, read_choices, read_poses, read_shots
from touchline.goalkeeping import reference_results as results
from touchline.goalkeeping.reference import (
    centroids,
    lloyd,
    model_inputs,
    nearest_centre,
    outcome_counts,
    reference_rows,
    reference_split,
)

needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")
published = [needs_tables, pytest.mark.shared_data]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("tables"))


@pytest.fixture(scope="module")
def fit() -> results.ReferenceFit:
    return results.fit_as_published(read_shots(KEEPERS), read_poses(KEEPERS), read_choices(KEEPERS))


def test_lloyd_finds_blobs_and_stays() -> None:
    rng = np.random.default_rng(0)
    truth = np.repeat([0, 1, 2], 20)
    points = np.array([[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]])[truth] + rng.normal(0, 0.1, (60, 2))
    labels, centres, inertia = lloyd(points, np.array([[1.0, 0.0], [4.0, 0.0], [0.0, 4.0]]))
    np.testing.assert_array_equal(labels, truth)
    np.testing.assert_allclose(centres, centroids(points, truth, count=3))
    assert inertia == pytest.approx(((points - centres[truth]) ** 2).sum())
    np.testing.assert_array_equal(nearest_centre(points, centres)[0], truth)
    with pytest.raises(ValueError, match="one became empty"):
        lloyd(points, np.array([[0.0, 0.0], [5.0, 0.0], [99.0, 99.0]]))


def test_the_split_draws_with_replacement_and_trains_on_the_rest() -> None:
    split = reference_split(307)
    assert split.test[:5].tolist() == [119, 93, 132, 10, 218]
    assert len(split.test) == 92 and len(set(split.test)) == 80 and len(split.train) == 227
    assert not set(split.test) & set(split.train)


def test_inputs_are_scaled_places_pressure_and_one_technique() -> None:
    found = model_inputs(
        np.array([30.0]), np.array([12.0]), True, np.array([2]), mean=np.array([20.0, 10.0]), scale=np.array([5.0, 4.0])
    )
    assert found.tolist() == [[2.0, 0.5, 1.0, 0.0, 0.0, 1.0, 0.0]]


def test_places_and_engagement() -> None:
    angle_deg, distance_yd = results.place_of(np.array([[120.0, 36.0], [117.0, 44.0], [110.0, 40.0]]))
    np.testing.assert_allclose(distance_yd, [4.0, 5.0, 10.0])
    np.testing.assert_allclose(angle_deg, [90.0, np.rad2deg(np.arctan2(4, 3)), 0.0])
    assert results.engagement_of(np.array([[110.0, 40.0]]), np.array([[116.0, 40.0]])).tolist() == [0.6]


def test_the_whole_recipe_runs_on_made_tables(made: Path) -> None:
    shots = read_shots(made)
    fit = results.fit_as_published(shots, read_poses(made), read_choices(made))
    labels, _, _ = lloyd(fit.pictured.features, fit.centres)
    assert (labels == fit.pictured.technique).mean() > 0.9
    every = np.arange(len(fit.saved))
    saves = fit.predict_every_technique(shots, every)
    assert saves.shape == (len(every), 4) and ((saves > 0) & (saves < 1)).all()
    np.testing.assert_allclose(saves[every, fit.on_target.technique], fit.predict(shots, every))
    table = results.keeper_shares(fit, shots)
    assert sum(entry.rows for entry in table) == len(fit.split.train) + len(fit.split.test)
    assert [entry.share for entry in table] == sorted((entry.share for entry in table), reverse=True)
    amateurs = results.judge_amateurs(fit, read_amateurs(made))
    assert [TECHNIQUES[k] for k in amateurs.technique[:2]] == ["passive", "spread"]
    assert sum(results.optimal_shares(saves).values()) == pytest.approx(1.0)


class TestPublished:
    pytestmark = published

    def test_the_published_partition_is_a_fixed_point(self, fit: results.ReferenceFit) -> None:
        features, technique = fit.pictured.features, fit.pictured.technique
        labels, _, inertia = lloyd(features, centroids(features, technique))
        np.testing.assert_array_equal(labels, technique)
        assert np.bincount(labels).tolist() == [172, 109, 106, 22]
        assert inertia == pytest.approx(72.154309, abs=1e-5)

    def test_engagement_and_silhouette_of_the_clusters(self, fit: results.ReferenceFit) -> None:
        from sklearn.metrics import silhouette_score

        features, technique = fit.pictured.features, fit.pictured.technique
        means = [features[technique == k, -1].mean() for k in range(4)]
        np.testing.assert_allclose(means, [0.7604, 0.3812, 0.6199, 0.5132], atol=1e-4)
        assert silhouette_score(features, technique) == pytest.approx(0.13599, abs=1e-4)

    def test_outcomes_of_the_techniques(self, fit: results.ReferenceFit) -> None:
        counts = outcome_counts(fit.saved, fit.on_target.technique)
        assert counts == {"passive": (58, 63), "spread": (43, 53), "aggressive": (34, 38), "smother": (5, 13)}

    def test_the_split_and_the_scaler(self, fit: results.ReferenceFit) -> None:
        assert (len(fit.split.train), len(set(fit.split.test))) == (227, 80)
        np.testing.assert_allclose(fit.model.mean, [39.71702, 11.12791], atol=1e-4)
        np.testing.assert_allclose(fit.model.scale, [20.32940, 4.06964], atol=1e-4)

    def test_the_saves_model_on_its_test_rows(self, fit: results.ReferenceFit) -> None:
        from sklearn.metrics import roc_auc_score

        p, truth = fit.predict(read_shots(KEEPERS), fit.split.test), fit.saved[fit.split.test]
        assert fit.model.gamma == pytest.approx(0.337734, abs=1e-5)
        assert ((p > 0.5) == truth).sum() == 63
        assert roc_auc_score(truth, p) == pytest.approx(0.71181, abs=0.001)
        assert -np.log(np.where(truth, p, 1 - p)).mean() == pytest.approx(0.6068, abs=0.003)
        assert ((p - truth) ** 2).mean() == pytest.approx(0.2086, abs=0.003)

    def test_the_two_examples(self, fit: results.ReferenceFit) -> None:
        from touchline.studies.keeper_reference import EXAMPLES, example_saves

        for keeper, (_, _, printed) in EXAMPLES.items():
            found = example_saves(fit, keeper)
            np.testing.assert_allclose(found, [printed[name] for name in TECHNIQUES], atol=5e-5)

    def test_the_keeper_table(self, fit: results.ReferenceFit) -> None:
        table = {entry.keeper: entry for entry in results.keeper_shares(fit, read_shots(KEEPERS))}
        wanted = {
            "Neil Leonard Dula Etheridge": (16, 62.5),
            "Łukasz Fabiański": (28, 53.57),
            "Ben Foster": (20, 40.0),
            "Kasper Schmeichel": (20, 40.0),
            "David de Gea Quintana": (18, 27.8),
            "Hugo Lloris": (15, 20.0),
            "Sergio Rico González": (20, 15.0),
            "Jordan Pickford": (18, 11.1),
        }
        shown = {name: entry for name, entry in table.items() if entry.rows >= results.TABLE_FROM_ROWS}
        assert set(shown) == set(wanted)
        for name, (rows, percent) in wanted.items():
            assert shown[name].rows == rows
            assert abs(shown[name].optimal - rows * percent / 100) < 1.01
        assert sum(entry.rows for entry in table.values()) == 319
        assert abs(sum(entry.optimal for entry in table.values()) - 95) <= 2

    def test_the_amateurs(self, fit: results.ReferenceFit) -> None:
        found = results.judge_amateurs(fit, read_amateurs(KEEPERS))
        engagement = [0.763997, 0.721865, 0.430986, 0.574422, 0.789408]
        np.testing.assert_allclose(found.engagement[:5], engagement, atol=1e-6)
        names = np.array(TECHNIQUES)[found.technique]
        assert np.flatnonzero(names == "spread").tolist() == [2, 5, 8, 9, 10, 11, 12, 16]
        assert np.flatnonzero(names == "aggressive").tolist() == [15]
        assert (names == "passive").sum() == 9 and found.optimal.sum() == 10

    def test_what_was_pictured_depends_on_what_came_of_it(self) -> None:
        shots, poses = read_shots(KEEPERS), read_poses(KEEPERS)
        kept = reference_rows(shots, poses, read_choices(KEEPERS)).shots
        saved = shots.outcome == "Saved"
        every = np.arange(len(shots))
        groups = (every, np.unique(poses.shots), np.unique(kept), np.setdiff1d(every, poses.shots))
        rates = [saved[ids[shots.on_target[ids]]].mean() for ids in groups]
        np.testing.assert_allclose(rates, [0.6227, 0.5362, 0.5052, 0.8462], atol=1e-4)
