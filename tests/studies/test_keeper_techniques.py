"""Fitting techniques: on made tables with a known answer, and what ships against the real tables."""

from __future__ import annotations

import numpy as np
import pytest

from keeper_data import KEEPERS, PICTURED, TECHNIQUES, write_tables
from touchline.goalkeeping.technique import Techniques, load_techniques
from touchline.studies.keeper_reference import ReferenceTables, read_tables
from touchline.studies.keeper_techniques import (
    fit_techniques,
    named_clusters,
    pictured_shots,
    techniques_of_shots,
)

needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> ReferenceTables:
    return read_tables(write_tables(tmp_path_factory.mktemp("made")))


@pytest.fixture(scope="module")
def fitted(tables: ReferenceTables) -> Techniques:
    return fit_techniques(tables, bootstraps=4)


def test_pictures_of_a_shot_are_one_observation(tables: ReferenceTables) -> None:
    pictured = pictured_shots(tables)
    assert len(pictured.shots) < len(pictured.rows) and len(pictured.pairs) == len(pictured.rows) - len(pictured.shots)
    first, second = pictured.pairs[0]
    shot = pictured.shot_of[first]
    assert shot == pictured.shot_of[second]
    np.testing.assert_allclose(pictured.poses[shot], pictured.views[[first, second]].mean(axis=0))


def test_clusters_get_the_names_they_share_most_shots_with() -> None:
    truth = np.repeat([0, 1, 2, 3], 10)
    flat = np.random.default_rng(0).normal(0, 0.1, (40, 32)) + 5 * truth[:, None]
    published = truth.copy()
    published[[0, 11, 22]] = [3, 2, 0]
    labels, centres = named_clusters(flat, published)
    np.testing.assert_array_equal(labels, truth)
    np.testing.assert_allclose(centres[2], flat[truth == 2].mean(axis=0))


def test_made_techniques_are_found_and_stable(tables: ReferenceTables, fitted: Techniques) -> None:
    found = techniques_of_shots(tables, fitted)
    right = [found[shot] == TECHNIQUES[shot % 4] for shot in found]
    assert len(found) >= PICTURED - 2 and np.mean(right) > 0.99
    facts = fitted.facts
    assert facts["bootstrap_rand_index"]["median"] > 0.95
    assert facts["two_pictures"]["agree"] > 0.95 and facts["two_pictures"]["low"] <= facts["two_pictures"]["agree"]
    assert sum(entry["on_target"] for entry in facts["saves"].values()) == sum(
        tables.shots.on_target[shot] for shot in found
    )
    assert len(fitted.examples) == 24 and {e.technique for e in fitted.examples} == {0, 1, 2, 3}
    assert 0 < fitted.map.explained <= 1


@needs_tables
@pytest.mark.shared_data
def test_what_ships_is_what_comes_out_of_the_tables() -> None:
    tables, shipped = read_tables(KEEPERS), load_techniques()
    pictured = pictured_shots(tables)
    assert (len(pictured.shots), len(pictured.rows), len(pictured.pairs)) == (257, 409, 196)
    _, centres = named_clusters(pictured.poses[..., :2].reshape(257, -1), pictured.published)
    np.testing.assert_allclose(shipped.centres.reshape(4, -1), centres, atol=1e-3)
    names = techniques_of_shots(tables, shipped)
    counts = [sum(name == wanted for name in names.values()) for wanted in TECHNIQUES]
    assert counts == shipped.facts["shots_each"]


@needs_tables
@pytest.mark.shared_data
@pytest.mark.slow
def test_two_pictures_of_a_shot_agree_more_than_with_the_published_recipe() -> None:
    facts = fit_techniques(read_tables(KEEPERS), bootstraps=20).facts
    assert facts["two_pictures"]["agree"] > facts["two_pictures_published_recipe"]["agree"]
    assert facts["two_pictures_with_engagement"]["agree"] > 0.64
    assert facts["bootstrap_rand_index"]["median"] > facts["published_bootstrap_rand_index"]["median"]
