"""Tiny dense spotters trained from files: games with teams, frame-exact labels, two heads, and a start from a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from makevideo import write_frames
from touchline.core.errors import InputError, UsageError
from touchline.models.networks.dense import DenseSpotter
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.models.store import load_model
from touchline.training.dense.settings import DenseRecipe
from touchline.training.dense.sources import find_sources, open_sources
from touchline.training.dense.training import start_network, take_fitting
from touchline.training.run import plan_recipe, run_recipe
from touchline.training.shipped_recipes import recipe_names

RECIPES = Path(__file__).parents[3] / "recipes"
FPS = 10
FLASHES = (9, 21, 33, 45)
SETTINGS: dict[str, Any] = {
    "task": "dense-spotter",
    "name": "tiny",
    "frame": {"width": 64, "height": 32, "fps": FPS},
    "clip_frames": 16,
    "event_share": 1.0,
    "network": {"encoder": "regnety_tiny", "shift": "tsm", "temporal": "gru", "dropout": 0.0},
    "sets": {
        "ball": {
            "labels": ["FLASH"],
            "train": ["a"],
            "choose": ["b"],
            "videos": {1: "video.mp4"},
            "team": True,
        }
    },
    "augment": {"hue": 0, "saturation": 0, "brightness": 0, "contrast": 0, "blur": 0},
    "mixup": 0,
    "loss": {"radius": 1, "displacement": 0.1},
    "optimizer": {
        "epochs": 6,
        "epoch_clips": 16,
        "warmup_epochs": 1,
        "base_lr": 0.005,
        "batch": 4,
        "rounds": 2,
        "ema_decay": 0.5,
    },
    "suppression": {"window": 4, "kind": "soft"},
}


def _picture(index: int, flashes: list[int]) -> np.ndarray:
    picture = np.random.default_rng(index).integers(40, 60, (32, 64), dtype=np.uint8)
    if any(abs(index - flash) <= 1 for flash in flashes):
        picture[8:24, 4:36] = 220
    return picture


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two games with flashes on the left side of the picture, and the same as frame-exact labels."""
    root = tmp_path_factory.mktemp("games")
    for game, shift in (("a", 0), ("b", 2)):
        (root / game).mkdir()
        flashes = [flash + shift for flash in FLASHES]
        write_frames(root / game / "video.mp4", (_picture(i, flashes) for i in range(56)), fps=FPS)
        rows = [
            {
                "gameTime": "1 - 00:01",
                "label": "FLASH",
                "position": str(f * 100),
                "team": "left",
                "visibility": "visible",
            }
            for f in flashes
        ]
        (root / game / "Labels-ball.json").write_text(json.dumps({"UrlLocal": game, "annotations": rows}))
        events = [{"frame": flash, "label": "FLASH"} for flash in flashes]
        (root / f"{game}.json").write_text(
            json.dumps([{"video": game, "num_frames": 56, "fps": FPS, "events": events}])
        )
    return root


def recipe(root: Path, **changes: Any) -> DenseRecipe:
    return DenseRecipe.model_validate({**SETTINGS, "data_root": str(root), **changes})


def test_a_recipe_trains_a_model_that_finds_the_flashes(tmp_path: Path, data_root: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump({**SETTINGS, "data_root": str(data_root)}))
    torch.set_num_threads(1)
    model = run_recipe(path, device="cpu", out=tmp_path / "out")
    loaded = load_model(model, task="spot-dense")
    assert isinstance(loaded.config, DenseSpotConfig)
    assert (loaded.config.labels, loaded.config.heads, loaded.config.clip_length) == (("FLASH",), ("ball",), 16)
    assert loaded.config.has_team
    history = json.loads((tmp_path / "out" / "measured.json").read_text())["measured"]
    assert [row["step"] for row in history] == [12.0, 24.0]
    assert max(row["at1/ball/FLASH"] for row in history) > 0.8
    assert loaded.config.measured["steps"] == 24


def test_head_first_trains_on_features_that_are_computed_once(tmp_path: Path, data_root: Path) -> None:
    path = tmp_path / "recipe.yaml"
    changes = {"network": {"encoder": "places", "temporal": "gru"}, "start": "ball-spotter", "colour": "grey"}
    frame = {"width": 64, "height": 32, "fps": FPS, "mean": [0, 0, 0], "std": [1, 1, 1]}
    optimizer = {**SETTINGS["optimizer"], "epochs": 1, "epoch_clips": 4, "frozen_norms": True, "rounds": 1}
    more = {"frame": frame, "optimizer": optimizer, "head_first": {"steps": 5}, "windows": {"encode": "once"}}
    path.write_text(yaml.safe_dump({**SETTINGS, "data_root": str(data_root), **changes, **more}))
    run_recipe(path, device="cpu", out=tmp_path / "out")
    names = sorted(file.name for file in (tmp_path / "out" / "features").iterdir())
    assert names == ["ball__a__1.f32"]
    assert "at1/ball" in json.loads((tmp_path / "out" / "measured.json").read_text())["head_first"]


def test_frame_exact_labels_take_every_frame(tmp_path: Path, data_root: Path) -> None:
    one = {
        "labels": ["FLASH"],
        "layout": "frames",
        "train": ["a.json"],
        "choose": ["b.json"],
        "video_file": "{video}/video.mp4",
    }
    settings = recipe(data_root, sets={"events": one}, frame={"width": 64, "height": 32, "fps": 25})
    (video,) = open_sources(find_sources(settings, root=data_root, choose=False), settings, cache=tmp_path)
    assert len(video) == 56
    assert [event.frame for event in video.events] == list(FLASHES)
    assert np.flatnonzero(video.targets.classes).tolist() == [f + d for f in FLASHES for d in (-1, 0, 1)]
    bright = video.pictures[:, 16, 20].mean(-1) > 150
    assert np.flatnonzero(bright).tolist() == [f + d for f in FLASHES for d in (-1, 0, 1)]


def test_what_is_chosen_on_is_not_learnt_from(data_root: Path) -> None:
    settings = recipe(data_root, sets={"ball": {**SETTINGS["sets"]["ball"], "train": ["*"]}})
    assert [one.name for one in find_sources(settings, root=data_root, choose=False)] == ["ball/a__1"]
    assert [one.name for one in find_sources(settings, root=data_root, choose=True)] == ["ball/b__1"]


def test_an_unknown_label_or_a_missing_video_is_named(data_root: Path) -> None:
    with pytest.raises(InputError, match="label 'FLASH' is none of"):
        find_sources(
            recipe(data_root, sets={"ball": {**SETTINGS["sets"]["ball"], "labels": ["PASS"]}}),
            root=data_root,
            choose=False,
        )
    one = {"labels": ["FLASH"], "layout": "frames", "train": ["a.json"]}
    with pytest.raises(InputError, match=r"a.mp4: video of .*a.json not found"):
        find_sources(recipe(data_root, sets={"events": one}), root=data_root, choose=False)


def test_two_sets_make_two_heads(data_root: Path) -> None:
    ball = SETTINGS["sets"]["ball"]
    both = recipe(data_root, sets={"wide": {**ball, "labels": ["FLASH", "NIGHT"], "team": False}, "ball": ball})
    network = start_network(both)
    assert network.label_counts == (2, 1)
    assert network.team is not None
    heads = {one.head for one in find_sources(both, root=data_root, choose=False)}
    assert heads == {0, 1}


def test_a_start_takes_what_fits_and_refuses_another_network() -> None:
    whole = DenseSpotter(encoder="regnety_tiny", label_counts=(3,), clip_length=16)
    other = DenseSpotter(encoder="regnety_tiny", label_counts=(5,), clip_length=16)
    take_fitting(other, whole.state_dict(), source="x")
    torch.testing.assert_close(other.encoder.state_dict(), whole.encoder.state_dict())
    assert other.heads[0].weight.shape[0] == 6  # type: ignore[union-attr]
    with pytest.raises(InputError, match="none of its encoder's weights fits"):
        take_fitting(other, {"body.weight": torch.zeros(1)}, source="x")


def test_settings_that_cannot_be_are_refused(data_root: Path) -> None:
    with pytest.raises(ValueError, match="follow from sets"):
        recipe(data_root, network={"label_counts": [3]})
    with pytest.raises(UsageError, match=r"needs network.encoder=places"):
        start_network(recipe(data_root, start="ball-spotter"))
    with pytest.raises(UsageError, match="its parts are"):
        start_network(recipe(data_root, freeze=["trunk"]))


@pytest.mark.parametrize(
    ("name", "parameters", "steps"),
    [
        ("dense-soccernet", 64_268_571, 62_500),
        ("dense-ball-2023", 12_306_640, 43_750),
        ("dense-ball-2024", 12_310_330, 43_750),
        ("dense-ball-2025", 12_311_068, 43_750),
        ("dense-joint", 46_238_248, 87_500),
        ("dense-tennis", 16_421_620, 31_250),
        ("dense-skating-comp", 16_363_474, 31_250),
        ("dense-skating-perf", 16_382_610, 31_250),
        ("dense-finediving", 12_267_634, 31_250),
        ("dense-finegym", 16_545_661, 62_500),
        ("dense-simulated", 144_780, 60),
    ],
)
def test_the_recipes_are_planned(name: str, parameters: int, steps: int) -> None:
    (run,) = plan_recipe(RECIPES / f"{name}.yaml", device="cpu").runs
    assert (run.parameters, run.steps) == (parameters, steps)


def test_every_dense_recipe_is_planned_above() -> None:
    assert sum(name.startswith("dense-") for name in recipe_names()) == 11
