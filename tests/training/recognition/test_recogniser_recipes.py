"""Shipped recipes of recognition: what they would train, and what they say where the data are not there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from movingsquares import network_settings, squares_recipe, write_squares
from touchline.cli.main import app
from touchline.core.errors import InputError
from touchline.models.networks.resnet import ResNet
from touchline.models.specs.spec import IMAGENET_MEAN, IMAGENET_STD, ClipConfig, ClipSpec
from touchline.models.store import load_model, save_model
from touchline.training.family import Job
from touchline.training.recipe import check_settings, read_recipe
from touchline.training.recognition.clip_augment import AugmentSettings, augment
from touchline.training.recognition.clip_networks import build
from touchline.training.recognition.recogniser import train
from touchline.training.recognition.recogniser_settings import DistillRecipe, NetworkSettings, RecogniserRecipe
from touchline.training.run import plan_recipe

RECIPES = Path(__file__).parents[3] / "recipes"
NEEDS = {
    "recognise-clips": "a folder with one folder for each class",
    "recognise-spacejam": "annotation_dict.json and clips, and torchvision's r2plus1d_18",
    "distill-soccerkdnet": "SoccerDB1.*K400-TAM-ResNet-50-f32",
}


@pytest.mark.parametrize("name", NEEDS)
def test_without_data_one_line_says_what_to_get(name: str, tmp_path: Path) -> None:
    verb = "distill" if name.startswith("distill") else "train"
    root = tmp_path / "nowhere"
    arguments = [verb, str(RECIPES / f"{name}.yaml"), "--set", f"data_root={root}", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, [*arguments, "--device", "cpu"])
    assert result.exit_code == 3
    assert len(result.output.strip().splitlines()) == 1
    assert re.search(f"this recipe needs .*{NEEDS[name]}.*--set data_root=FOLDER", result.output)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("name", ["recognise-spacejam", "distill-soccerkdnet"])
def test_without_weights_one_line_says_how_to_get_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    verb = "distill" if name.startswith("distill") else "train"
    arguments = [verb, str(RECIPES / f"{name}.yaml"), "--set", f"data_root={tmp_path}", "--out", str(tmp_path / "run")]
    result = CliRunner().invoke(app, [*arguments, "--device", "cpu"])
    assert result.exit_code == 3
    assert len(result.output.strip().splitlines()) == 1
    assert re.search(r"no model is called '(r2plus1d-18-k400|k400-tam-resnet-50)'.*models import FILE", result.output)


def test_an_empty_folder_of_classes_is_told(tmp_path: Path) -> None:
    arguments = ["train", str(RECIPES / "recognise-clips.yaml"), "--set", f"data_root={tmp_path}"]
    result = CliRunner().invoke(app, [*arguments, "--device", "cpu", "--out", str(tmp_path.parent / "run")])
    assert result.exit_code == 3
    assert "holds no class folder" in result.output and "CLASS/clip.mp4" in result.output


@pytest.mark.parametrize("name", [*NEEDS, "basketball", "distill-basketball"])
def test_comments_name_the_command_and_the_time(name: str) -> None:
    text = (RECIPES / f"{name}.yaml").read_text()
    assert re.search(rf"#   touchline (train|distill) recipes/{name}\.yaml", text)
    if name != "basketball":
        assert re.search(r"minutes on one core|GPU", text)


def test_the_parts_that_learn_are_the_published_ones() -> None:
    """Checks A3 and B2, here with two classes: 29,375,390 of R(2+1)D with ten; 3,561,872 of a head with 400."""
    (spacejam,) = plan_recipe(RECIPES / "recognise-spacejam.yaml", device="cpu").runs
    assert spacejam.trained_parameters == 29_375_390 - 8 * 513
    teacher, student, distilled = plan_recipe(RECIPES / "distill-soccerkdnet.yaml", device="cpu").runs
    assert teacher.trained_parameters == 3_561_872 - 398 * 1025
    assert student.trained_parameters == student.parameters == distilled.parameters == 11_178_564 - 2 * 513


def test_soccerkdnets_loss_is_the_published_one() -> None:
    recipe = read_recipe(RECIPES / "distill-soccerkdnet.yaml")
    settings = check_settings(DistillRecipe, recipe.settings, source=recipe.path)
    wanted = settings.distillation
    assert (wanted.loss, wanted.kd_weight, wanted.ce_weight, wanted.temperature) == ("soft-targets-mean", 0.95, 0.05, 6)
    assert (settings.data.split, settings.student.optimizer.seed) == ("last-fifth", 230)
    clip = np.random.default_rng(0).integers(0, 255, (8, 40, 60, 3)).astype(np.uint8)
    random = np.random.default_rng(0)
    same = augment(clip, frames=8, width=60, height=40, settings=settings.student.augment, random=random)
    np.testing.assert_array_equal(same, clip)
    assert settings.student.augment != AugmentSettings()


def weights_of(folder: Path, **clip: Any) -> str:
    """A ResNet-18 with a head that is yet to be trained."""
    spec = ClipSpec(frames=4, width=32, height=32, **clip)
    network = {"num_classes": 2, "depth": 18, "temporal": "tam"}
    config = ClipConfig(
        name="k",
        architecture="resnet-clip",
        network=network,
        labels=("blue", "red"),
        clip=spec,
        untrained=("fc",),
    )
    torch.manual_seed(0)
    return str(save_model(folder / "k", ResNet(**network), config))


def test_a_head_that_is_yet_to_be_trained_may_be_replaced(tmp_path: Path) -> None:
    weights = weights_of(tmp_path)
    network = {"depth": 18, "temporal": "tam", "expanded_head": True}
    settings = NetworkSettings(architecture="resnet-clip", network=network, weights=weights)
    built = build(settings, classes=2, seed=0).state_dict()
    stored = load_model(weights, task="recognize").network.state_dict()
    assert all(torch.equal(built[name], stored[name]) for name in stored if not name.startswith("fc."))
    assert "fc.6.weight" in built


def test_weights_that_want_other_colours_are_refused(tmp_path: Path) -> None:
    root = write_squares(tmp_path / "squares")
    weights = weights_of(tmp_path, mean=IMAGENET_MEAN, std=IMAGENET_STD)
    model = {
        **network_settings(steps=1),
        "architecture": "resnet-clip",
        "network": {"depth": 18, "temporal": "tam"},
        "weights": weights,
    }
    recipe, job = squares_recipe(root, model=model), Job(tmp_path / "run", recipe=root / "recipe.yaml")
    with pytest.raises(InputError, match=r"other colours.*--set clip\.mean=\[0\.485,0\.456,0\.406\]"):
        train(RecogniserRecipe.model_validate(recipe), job)
    recipe["clip"] |= {"mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)}
    assert train(RecogniserRecipe.model_validate({**recipe, "train_on_all": False}), job).is_file()
