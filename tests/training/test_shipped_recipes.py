"""Recipes that ship: found by name, listed, and read the same by name as by path."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from touchline.core.errors import InputError
from touchline.training import shipped_recipes
from touchline.training.recipe import read_recipe
from touchline.training.shipped_recipes import find_recipe, recipe_names, recipe_names_for

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "recipes"


def test_every_recipe_ships() -> None:
    assert recipe_names() == tuple(sorted(path.stem for path in RECIPES.glob("*.yaml")))
    assert set(recipe_names_for("train")) | set(recipe_names_for("distill")) == set(recipe_names())
    assert recipe_names_for("distill") == tuple(name for name in recipe_names() if name.startswith("distill-"))


@pytest.mark.parametrize("name", recipe_names())
def test_a_name_reads_what_the_path_reads(name: str) -> None:
    by_name, by_path = read_recipe(name), read_recipe(RECIPES / f"{name}.yaml")
    assert (by_name.settings, by_name.sha256) == (by_path.settings, by_path.sha256)


def test_a_file_goes_before_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("skeletons").write_text("task: mine")
    assert read_recipe("skeletons").task == "mine"
    assert find_recipe("pitch") == RECIPES / "pitch.yaml"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("spotting-simlated", "recipe not found; did you mean 'spotting-simulated'?"),
        ("recipes/pitch.yaml", "recipe not found; did you mean 'pitch'?"),
        ("xyz", "the built-in recipes: basketball, "),
    ],
)
def test_a_wrong_name_is_answered_with_the_nearest(
    wrong: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=re.escape(message)):
        find_recipe(wrong)


def test_an_installed_recipe_looks_for_data_from_the_working_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = tmp_path / "touchline" / "recipes"
    installed.mkdir(parents=True)
    (installed / "one.yaml").write_text("task: x\ndata_root: ../../shared/data\n")
    monkeypatch.setattr(shipped_recipes, "recipes_folder", lambda: installed)
    assert Path(read_recipe("one").settings["data_root"]) == Path("../shared/data")


@pytest.mark.parametrize("verb", ["train", "distill"])
def test_the_help_lists_the_names(verb: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "touchline", verb, "--help"], capture_output=True, text=True, check=True
    )
    for name in recipe_names_for(verb):
        assert name in re.sub(r"\s+", " ", done.stdout).replace("- ", "-")
