"""Recipes: every shipped one is valid, and mistakes are named with what was probably meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.training.corrections.detector import DetectorCorrections
from touchline.training.corrections.heads import HeadCorrections
from touchline.training.corrections.spotter import SpotterCorrections
from touchline.training.dense.settings import DenseRecipe
from touchline.training.detection.detector import DetectorRecipe
from touchline.training.family import load_family
from touchline.training.keeper.expected_saves import ExpectedSavesRecipe
from touchline.training.keeper.pose import KeeperPoseRecipe
from touchline.training.pitch.pitch_finder import PitchRecipe
from touchline.training.recipe import check_settings, read_recipe, resolve_data_root
from touchline.training.recognition.recogniser_settings import DistillRecipe, RecogniserRecipe
from touchline.training.recognition.skeleton_settings import DistillSkeletonsRecipe, SkeletonRecipe
from touchline.training.run import TASKS
from touchline.training.spotting.ball_spotter import BallSpotterRecipe
from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe
from touchline.training.spotting.slow_fusion_stages import list_runs
from touchline.training.streams.settings import StreamHeadRecipe
from touchline.training.track_events.settings import TrackEventRecipe

RECIPES = sorted((Path(__file__).parents[2] / "recipes").glob("*.yaml"))
SETTINGS_OF = {
    "slow-fusion": SlowFusionRecipe,
    "ball-spotter": BallSpotterRecipe,
    "spotter-corrections": SpotterCorrections,
    "detector-corrections": DetectorCorrections,
    "head-corrections": HeadCorrections,
    "detector": DetectorRecipe,
    "pitch-finder": PitchRecipe,
    "skeleton": SkeletonRecipe,
    "recogniser": RecogniserRecipe,
    "stream-head": StreamHeadRecipe,
    "distill": DistillRecipe,
    "distill-skeletons": DistillSkeletonsRecipe,
    "keeper-pose": KeeperPoseRecipe,
    "expected-saves": ExpectedSavesRecipe,
    "track-events": TrackEventRecipe,
    "dense-spotter": DenseRecipe,
}
MINIMAL = """
task: slow-fusion
name: x
stages:
  one:
    data: {games: [g], labels: ball-2, videos: {1: a.mp4}}
"""


def _recipe(folder: Path, text: str = MINIMAL) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(text)
    return path


def _settings(path: Path, *overrides: str) -> SlowFusionRecipe:
    return check_settings(SlowFusionRecipe, read_recipe(path, overrides=overrides).settings, source=path)


def test_every_task_has_settings() -> None:
    assert set(SETTINGS_OF) == set(TASKS)
    for task, place in TASKS.items():
        family = load_family(place)
        assert (family.task, family.settings) == (task, SETTINGS_OF[task])


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_every_recipe_is_valid_and_names_no_place_of_its_author(path: Path) -> None:
    recipe = read_recipe(path)
    check_settings(SETTINGS_OF[recipe.task], recipe.settings, source=path)
    assert "/home/" not in path.read_text()
    assert len(recipe.sha256) == 64


def test_the_documentation_names_every_recipe() -> None:
    named = (Path(__file__).parents[2] / "docs" / "reference" / "recipes.md").read_text()
    assert "stream-head" in {path.stem for path in RECIPES}
    assert [path.name for path in RECIPES if f"`recipes/{path.name}`" not in named] == []


def test_the_reference_recipe_has_the_reference_numbers() -> None:
    settings = _settings(RECIPES[0].parent / "spotting-slow-fusion.yaml")
    rows = {
        name: (
            stage.network["num_frames"],
            len(stage.data.labels),
            stage.optimizer.warmup_epochs,
            stage.optimizer.epochs,
            stage.sampling.samples_per_epoch,
            stage.optimizer.base_lr,
            stage.optimizer.min_lr,
            stage.optimizer.kind,
            stage.optimizer.alpha,
            stage.optimizer.ema_decay,
        )
        for name, stage in settings.stages.items()
    }
    assert rows == {
        "sampling_weights_001": (15, 2, 6, 30, 6000, 3e-4, 3e-6, "adamw", None, 0.999),
        "action_sampling_weights_002": (15, 15, 4, 20, 36000, 3e-4, 3e-6, "adamw", None, 0.9995),
        "ball_tuning_001": (15, 2, 7, 35, 6000, 3e-4, 3e-6, "adamw", 0.4, 0.999),
        "ball_finetune_long_004": (33, 2, 2, 7, 6000, 1e-3, 5e-5, "sgd", 0.4, 0.999),
    }
    assert all(stage.optimizer.gamma == 1.2 and stage.optimizer.batch_size == 4 for stage in settings.stages.values())
    assert len(list_runs(settings)) == 7 + 1 + 7 + 7


def test_overrides_set_values_of_any_kind(tmp_path: Path) -> None:
    settings = _settings(
        _recipe(tmp_path),
        "seed=7",
        "stages.one.optimizer.base_lr=1e-3",
        "stages.*.freeze=[conv2d_encoder]",
        "stages.one.data.videos.1=b.mp4",
        "data_root=some/folder",
    )
    stage = settings.stages["one"]
    assert (settings.seed, stage.optimizer.base_lr, stage.freeze) == (7, 1e-3, ["conv2d_encoder"])
    assert stage.data.videos == {1: "b.mp4"}
    assert stage.data.labels == ["PASS", "DRIVE"]
    assert settings.data_root == "some/folder"


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("stages.one.optimizer.base_lrr=1", r"'stages\.one\.optimizer\.base_lrr'; did you mean 'base_lr'\?"),
        ("stages.one.augment.flop=1", r"did you mean 'flip'\?"),
        ("frame.widht=1", r"did you mean 'width'\?"),
        ("stages.one.optimizer.base_lr=fast", r"stages\.one\.optimizer\.base_lr='fast'"),
        ("stages.one.data.labels=ball-3", r"'ball-3'.*ball-12"),
        ("run=[two]", r"'two'.*one"),
        ("stages.one.sampling.hard_negatives=zero", r"'zero'"),
        ("seed", r"'seed' is not of the form"),
        ("seed.a=1", r"not of the form|known here|seed"),
    ],
)
def test_mistakes_are_named(tmp_path: Path, override: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        _settings(_recipe(tmp_path), override)


def test_files_that_are_no_recipes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="recipe not found"):
        read_recipe(tmp_path / "absent.yaml")
    with pytest.raises(InputError, match="not YAML"):
        read_recipe(_recipe(tmp_path, "a: [1"))
    with pytest.raises(InputError, match="task"):
        read_recipe(_recipe(tmp_path, "name: x"))
    with pytest.raises(InputError, match="not YAML"):
        read_recipe(_recipe(tmp_path, "!!python/object/apply:os.system ['true']"))


def test_data_root_of_a_recipe_is_relative_to_the_recipe(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = _recipe(tmp_path, MINIMAL + "data_root: data\n")
    assert resolve_data_root(read_recipe(path).settings["data_root"], source=path) == tmp_path / "data"
    with pytest.raises(UsageError, match=r"--set data_root=FOLDER"):
        resolve_data_root(None, source=path)
    with pytest.raises(InputError, match="elsewhere"):
        resolve_data_root(str(tmp_path / "elsewhere"), source=path)


def _touchline(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["train", *arguments])
    return result.exit_code, result.output


def test_the_verb_shows_a_plan_and_mistakes(tmp_path: Path) -> None:
    small = (
        MINIMAL
        + "    network: {num_3d_blocks: 1, encoder: {width: 0.25, depth: 0.25}}\nframe: {width: 64, height: 64}\n"
    )
    path = str(_recipe(tmp_path, small))
    code, text = _touchline(path, "--dry-run", "--device", "cpu", "--json")
    plan = json.loads(text.strip().splitlines()[-1])
    assert code == 0
    assert plan["runs"][0]["steps"] == 1500 * 36
    assert plan["settings"]["stages"]["one"]["optimizer"]["kind"] == "adamw"
    code, text = _touchline(path, "--dry-run", "--device", "cpu", "--set", "seed=3")
    assert code == 0
    assert yaml.safe_load(text.split("\n---\n")[0])["seed"] == 3
    assert "54,000 iterations" in text
    assert _touchline(path, "--device", "cpu")[0] == 2
    assert _touchline(path, "--device", "cpu", "--set", "data_root=nowhere")[0] == 3
    assert _touchline(path, "--device", "cpu", "--set", "sed=1")[0] == 2
    assert _touchline(str(tmp_path / "absent.yaml"))[0] == 3
