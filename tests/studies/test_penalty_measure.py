"""What poses at penalties say: keepers kept apart, a pose that decides is found out, and real ones say nothing."""

from __future__ import annotations

import numpy as np
import pytest

from keeper_data import KEEPERS, made_poses
from touchline.core.errors import InputError
from touchline.formats.keeper.tables import read_choices, read_penalties
from touchline.goalkeeping.penalties import PenaltyRows, kept_penalties
from touchline.studies.penalty_measure import measure_penalties

needs_tables = pytest.mark.skipif(not KEEPERS.is_dir(), reason="the published keeper tables are not here")


def rows(*, decides: bool, count: int = 240, keepers: int = 24) -> PenaltyRows:
    rng = np.random.default_rng(2)
    names = [str(name) for name in rng.choice(["passive", "smother"], count)]
    chance = np.where(np.array(names) == "smother", 0.7, 0.1) if decides else np.full(count, 0.3)
    outcome = np.where(rng.random(count) < chance, "Saved", "Goal")
    keeper = np.array([f"Keeper No{number % keepers}" for number in range(count)])
    return PenaltyRows(made_poses(names, noise=0.03), outcome, keeper)


def test_a_pose_that_decides_is_found() -> None:
    found = measure_penalties(rows(decides=True), repeats=2)
    assert (found.penalties, found.keepers) == (240, 24)
    assert found.models[0].name == "share of saves" and found.models[0].more.value == 0.0
    assert all(model.more.high < 0 and model.auc > 0.7 for model in found.models[1:])
    assert found.said.startswith("Better than the share of saves")


def test_a_pose_that_says_nothing_is_told_so() -> None:
    found = measure_penalties(rows(decides=False), repeats=2)
    assert all(model.more.high > 0 for model in found.models[1:])
    assert "nothing is better" in found.said


def test_too_few_keepers_are_refused() -> None:
    with pytest.raises(InputError, match="penalties of 5 keepers"):
        measure_penalties(rows(decides=False, keepers=5), repeats=1)


@needs_tables
@pytest.mark.shared_data
def test_nothing_beats_the_share_of_saves_on_the_published_penalties() -> None:
    found = measure_penalties(kept_penalties(read_penalties(KEEPERS), read_choices(KEEPERS)), repeats=3)
    assert (found.penalties, found.saved) == (225, 38)
    assert found.models[0].log_loss.value == pytest.approx(0.4543, abs=0.001)
    assert found.models[1].log_loss.value == pytest.approx(0.4769, abs=0.006)
    assert all(model.more.high > 0 for model in found.models[1:])
