"""The training of the model of events from tracks: a tiny run from matches to a model file."""

from __future__ import annotations

from pathlib import Path

import pytest

from madematch import write_match
from touchline.core.errors import UsageError
from touchline.spotting.from_tracks.model import load_track_events
from touchline.training.family import Job
from touchline.training.track_events.settings import TrackEventRecipe
from touchline.training.track_events.training import FAMILY, read_matches, train

TINY = {
    "network": {"width": 16, "person_width": 8},
    "optimizer": {"steps": 3, "batch": 2, "frames": 64, "save_every": 2},
    "variation": {"copies": 1},
    "validation": ["match_901"],
}


@pytest.fixture(scope="module")
def matches(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("matches")
    for number in (900, 901):
        write_match(folder / f"match_{number}")
    return folder


def recipe(folder: Path | None, **changes: object) -> TrackEventRecipe:
    return TrackEventRecipe.model_validate({**TINY, "data_root": folder, **changes})


def test_a_run_ends_in_a_model_that_loads(matches: Path, tmp_path: Path) -> None:
    path = train(recipe(matches), Job(tmp_path))
    model = load_track_events(path, device="cpu")
    assert model.config.measured["validated_on"] == ["match_901"]
    assert model.config.measured["validation"]["PASS"]["events"] == 1
    assert "GOAL" in model.config.off
    assert (tmp_path / "measured.json").exists()


def test_matches_for_validation_are_not_learned_from(matches: Path) -> None:
    lessons, validation = read_matches(recipe(matches))
    assert ([one.name for one in lessons], [one.name for one in validation]) == (["match_900"], ["match_901"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"validation": ["match_7"]}, "has no match 'match_7'"),
        ({"validation": ["match_900", "match_901"]}, "no match besides"),
    ],
)
def test_a_match_that_is_not_there_is_named(matches: Path, changes: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_matches(recipe(matches, **changes))


def test_a_recipe_needs_a_folder() -> None:
    with pytest.raises(UsageError, match="data_root is not set"):
        read_matches(recipe(None))
    assert [run.steps for run in FAMILY.plan(recipe(None), "cpu")] == [3]  # type: ignore[arg-type]
