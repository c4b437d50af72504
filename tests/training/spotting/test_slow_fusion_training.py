"""A tiny slow-fusion spotter trained end to end on a made game: it learns, and it goes on after being killed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from makevideo import write_frames
from touchline.core.errors import InputError, UsageError
from touchline.models.store import load_model, read_config
from touchline.training.checkpoint import CheckpointFolder
from touchline.training.logs import read_metrics
from touchline.training.run import plan_recipe, run_recipe
from touchline.training.spotting import trainer as trainer_module
from touchline.training.spotting.data import GridSize, find_games, grid_pictures, open_frames, read_game

FPS = 10
FLASHES = (18, 40, 62, 84)
SETTINGS: dict[str, Any] = {
    "task": "slow-fusion",
    "name": "tiny",
    "frame": {"width": 64, "height": 32, "fps": FPS},
    "peaks": {"sigma_samples": 1.0, "distance_samples": 5},
    "loader": {"workers": 0},
    "checkpoint_every": 1000,
    "log_every": 2,
    "stages": {
        "first": {
            "data": {
                "games": ["a", "b"],
                "validation": ["b"],
                "videos": {1: "video.mp4"},
                "labels": ["FLASH"],
                "target_frames": 7,
            },
            "network": {
                "num_frames": 15,
                "frame_step": 1,
                "num_3d_blocks": 1,
                "num_3d_features": 24,
                "num_3d_stack_proj": 16,
                "drop_path_rate": 0.1,
                "encoder": {"width": 0.25, "depth": 0.25, "stem_channels": 8},
            },
            "sampling": {"samples_per_epoch": 12},
            "optimizer": {"base_lr": 0.003, "min_lr": 0.003, "warmup_epochs": 0, "epochs": 2, "ema_decay": 0.5},
            "validation": {"every_epochs": 0, "dense": False},
        }
    },
}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two games: a dark picture with a bright patch for the second around each FLASH."""
    root = tmp_path_factory.mktemp("games")
    for game, shift in (("a", 0), ("b", 3)):
        (root / game).mkdir()
        flashes = [flash + shift for flash in FLASHES]
        pictures = (_picture(index, flashes) for index in range(110))
        write_frames(root / game / "video.mp4", pictures, fps=FPS)
        annotations = [
            {
                "gameTime": "1 - 00:01",
                "label": "FLASH",
                "position": str(flash * 100),
                "team": "left",
                "visibility": "visible",
            }
            for flash in flashes
        ]
        (root / game / "Labels-ball.json").write_text(json.dumps({"UrlLocal": game, "annotations": annotations}))
    return root


def _picture(index: int, flashes: list[int]) -> np.ndarray:
    picture = np.random.default_rng(index).integers(40, 60, (32, 64), dtype=np.uint8)
    if any(abs(index - flash) <= 3 for flash in flashes):
        picture[8:24, 16:48] = 220
    return picture


def _recipe(folder: Path, data_root: Path, **changes: Any) -> Path:
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump({**SETTINGS, "data_root": str(data_root), **changes}))
    return path


def test_training_learns_and_gives_a_model_with_its_origin(tmp_path: Path, data_root: Path) -> None:
    overrides = [
        "stages.*.optimizer.epochs=16",
        "stages.*.validation.dense=true",
        "stages.*.validation.every_epochs=16",
        "checkpoint_every=20",
    ]
    model = run_recipe(_recipe(tmp_path, data_root), overrides=overrides, device="cpu", out=tmp_path / "out")
    losses = [row["loss"] for row in read_metrics(tmp_path / "out" / "first" / "metrics.jsonl") if "loss" in row]
    assert np.mean(losses[-4:]) < 0.5 * np.mean(losses[:4])
    config = read_config(model)
    assert config.labels == ("FLASH",)
    assert config.measured["steps"] == 48
    assert len(config.measured["data_sha256"]) == len(config.measured["recipe_sha256"]) == 64
    assert config.measured["validation"]["ap/FLASH"] > 0.7
    assert config.measured["held_out"]["at1"] > 0.5
    assert np.load(model.parent / "predictions" / "b__1.npz")["values"].shape == (110, 1)
    assert CheckpointFolder(model.parent / "checkpoints").steps() == [40, 48]


class _KilledError(Exception):
    pass


def test_a_killed_run_goes_on_to_identical_weights(
    tmp_path: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = _recipe(tmp_path, data_root, checkpoint_every=3)
    whole = run_recipe(recipe, device="cpu", out=tmp_path / "whole")
    loss = trainer_module.clip_loss

    def killed(forward: Any, batch: trainer_module.Clips, *arguments: Any, **options: Any) -> torch.Tensor:
        if batch[0] == 4:
            raise _KilledError
        return loss(forward, batch, *arguments, **options)

    monkeypatch.setattr(trainer_module, "clip_loss", killed)
    with pytest.raises(_KilledError):
        run_recipe(recipe, device="cpu", out=tmp_path / "parts")
    monkeypatch.setattr(trainer_module, "clip_loss", loss)
    torch.manual_seed(99)
    resumed = run_recipe(recipe, device="cpu", out=tmp_path / "parts")
    _assert_same(whole, resumed)
    rows = [read_metrics(path.parent / "metrics.jsonl") for path in (whole, resumed)]
    assert [row["step"] for row in rows[1]] == [2, 4, 6]
    assert rows[0] == rows[1]


def _assert_same(first: Path, second: Path) -> None:
    expected, found = load_model(first).network.state_dict(), load_model(second).network.state_dict()
    assert all(torch.equal(expected[name], found[name]) for name in expected)


def test_a_stopped_run_saves_first_and_goes_on(
    tmp_path: Path, data_root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import signal

    recipe = _recipe(tmp_path, data_root)
    whole = run_recipe(recipe, device="cpu", out=tmp_path / "whole")

    def stop(name: str, step: int, total: int) -> None:
        if step == 2:
            signal.raise_signal(signal.SIGTERM)

    with pytest.raises(KeyboardInterrupt):
        run_recipe(recipe, device="cpu", out=tmp_path / "parts", progress=stop)
    assert CheckpointFolder(tmp_path / "parts" / "first" / "checkpoints").steps() == [2]
    _assert_same(whole, run_recipe(recipe, device="cpu", out=tmp_path / "parts"))


def test_other_settings_are_not_mixed_with_an_old_run(tmp_path: Path, data_root: Path) -> None:
    recipe = _recipe(tmp_path, data_root)
    run_recipe(recipe, device="cpu", out=tmp_path / "out")
    changed = ["stages.first.optimizer.base_lr=0.004"]
    with pytest.raises(UsageError, match=r"other settings.*--no-resume"):
        run_recipe(recipe, overrides=changed, device="cpu", out=tmp_path / "out")
    (tmp_path / "out" / "first" / "done.json").unlink()
    with pytest.raises(UsageError, match=r"another settings.*--no-resume"):
        run_recipe(recipe, overrides=changed, device="cpu", out=tmp_path / "out")
    run_recipe(recipe, overrides=changed, device="cpu", out=tmp_path / "out", resume=False)


def test_folds_hard_negatives_and_later_stages(tmp_path: Path, data_root: Path) -> None:
    first = json.loads(json.dumps(SETTINGS["stages"]["first"]))
    first["data"] |= {"videos": {1: "video.mp4"}, "by_fold": True, "validation": []}
    first["validation"]["dense"] = True
    second = json.loads(json.dumps(first))
    second |= {"init": "first", "freeze": ["conv2d_encoder"], "data": first["data"] | {"videos": {1: "video.mp4"}}}
    second["sampling"]["hard_negatives"] = "first"
    second["network"]["num_frames"] = 21
    second["optimizer"] |= {"kind": "sgd", "weight_decay": 0.0}
    recipe = _recipe(tmp_path, data_root, stages={"first": first, "second": second}, folds=[0])
    with pytest.raises(InputError, match=r"no out-of-fold scores of b__1"):
        run_recipe(recipe, device="cpu", out=tmp_path / "out")
    model = run_recipe(recipe, overrides=["folds=[0, 1]"], device="cpu", out=tmp_path / "out")
    assert model == tmp_path / "out" / "second" / "fold_1" / "model.safetensors"
    before = load_model(tmp_path / "out" / "first" / "fold_1" / "model.safetensors").network.state_dict()
    after = load_model(model).network.state_dict()
    frozen = [name for name in before if name.startswith("conv2d_encoder.") and name.endswith("weight")]
    weights = [name for name in frozen if "bn" not in name]
    assert all(torch.allclose(before[name], after[name]) for name in weights)
    means = [name for name in before if name.startswith("conv2d_encoder.") and name.endswith("running_mean")]
    assert any(not torch.equal(before[name], after[name]) for name in means)
    assert after["classifier.weight"].shape == (1, 16 * 7)


def test_decoded_and_cached_frames_are_the_same(tmp_path: Path, data_root: Path) -> None:
    video, size = data_root / "a" / "video.mp4", GridSize(64, 32, FPS)
    cached, used = open_frames(video, size, cache_folder=tmp_path, room_bytes=10**9)
    decoded, none = open_frames(video, size, cache_folder=tmp_path / "other", room_bytes=1000)
    assert (used, none) == (110 * 64 * 32, 0)
    assert cached.frame_count == decoded.frame_count == 110
    for indices in ([0, 1, 2], [50, 52, 54, 54], [107, 108, 109]):
        assert np.array_equal(cached.read(indices), decoded.read(indices))
    streamed = np.stack([picture for _, picture in decoded.stream()])
    assert np.array_equal(streamed, cached.read(range(110)))
    assert len(list(grid_pictures(video, GridSize(64, 32, 2 * FPS)))) == 219
    with pytest.raises(InputError, match=r"video\.mp4.*at 20\.00 s"):
        decoded.read([200])


def test_games_are_found_by_pattern_and_absent_ones_named(data_root: Path) -> None:
    assert find_games(data_root, ["*"], labels_file="Labels-ball.json") == ["a", "b"]
    assert find_games(data_root, ["b", "*"], labels_file="Labels-ball.json", exclude=["a"]) == ["b"]
    with pytest.raises(InputError, match=r"nowhere"):
        find_games(data_root, ["nowhere"], labels_file="Labels-ball.json")
    with pytest.raises(InputError, match=r"z\*"):
        find_games(data_root, ["z*"], labels_file="Labels-ball.json")
    with pytest.raises(InputError, match=r"720p\.mp4"):
        read_game(data_root, "a", videos={1: "720p.mp4"}, labels_file="Labels-ball.json")


def test_a_plan_needs_no_data(tmp_path: Path) -> None:
    plan = plan_recipe(_recipe(tmp_path, tmp_path / "nowhere"), device="cpu", out=tmp_path)
    assert [(run.name, run.steps) for run in plan.runs] == [("first", 6)]
    assert plan.runs[0].estimated_s is not None
    assert plan.settings["stages"]["first"]["optimizer"]["gamma"] == 1.2
    with pytest.raises(InputError, match=r"nowhere"):
        run_recipe(_recipe(tmp_path, tmp_path / "nowhere"), device="cpu", out=tmp_path)
