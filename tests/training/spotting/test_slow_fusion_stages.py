"""lRomul's four stages, tiny: one command trains them all on made games, fold by fold, and goes on where it stopped."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from makevideo import write_frames
from touchline.cli.learning.stages import stage_overrides
from touchline.cli.main import app
from touchline.core.errors import UsageError
from touchline.models.store import load_model, read_config
from touchline.training.recipe import check_settings, read_recipe
from touchline.training.spotting.slow_fusion_settings import SlowFusionRecipe
from touchline.training.spotting.slow_fusion_stages import split_games

RECIPE = Path(__file__).parents[3] / "recipes" / "spotting-slow-fusion.yaml"
BALL = (
    "england_efl/2019-2020/2019-10-01 - Leeds United - West Bromwich",
    "england_efl/2019-2020/2019-10-01 - Hull City - Sheffield Wednesday",
)
ACTION = ("spain_laliga/2015-2016/2015-08-29 - 21-30 A 1 - 0 B", "spain_laliga/2015-2016/2015-09-12 - 21-30 C 0 - 0 D")
STAGES = ("sampling_weights_001", "action_sampling_weights_002", "ball_tuning_001", "ball_finetune_long_004")
FRAMES = 90
TINY = [
    "frame={width: 64, height: 32, fps: 25}",
    "loader.workers=0",
    f"stages.sampling_weights_001.data.games={json.dumps(BALL)}",
    f"stages.ball_tuning_001.data.games={json.dumps(BALL)}",
    f"stages.ball_finetune_long_004.data.games={json.dumps(BALL)}",
    f"stages.action_sampling_weights_002.data.validation={json.dumps(ACTION[1:])}",
    "stages.*.network.encoder={width: 0.25, depth: 0.25, stem_channels: 8}",
    "stages.*.network.num_3d_blocks=1",
    "stages.*.network.num_3d_features=24",
    "stages.*.network.num_3d_stack_proj=16",
    "stages.*.sampling.samples_per_epoch=8",
    "stages.*.optimizer.warmup_epochs=1",
    "stages.*.optimizer.epochs=1",
    "stages.*.optimizer.ema_decay=0.5",
    "stages.*.optimizer.base_lr=0.01",
]


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def data_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two games of ball actions, and two of broadcast actions in two halves."""
    root = tmp_path_factory.mktemp("soccernet")
    for game in BALL:
        _game(root / game, {1: "720p.mp4"}, "Labels-ball.json", ["PASS", "DRIVE"])
    for game in ACTION:
        _game(root / game, {1: "1_720p.mkv", 2: "2_720p.mkv"}, "Labels-v2.json", ["Goal", "Red card", "Corner"])
    return root


def _game(folder: Path, videos: dict[int, str], labels_file: str, labels: list[str]) -> None:
    folder.mkdir(parents=True)
    annotations = []
    for half, name in videos.items():
        random = np.random.default_rng([half, *folder.name.encode()])
        pictures = (random.integers(0, 255, (32, 64), dtype=np.uint8) for _ in range(FRAMES))
        write_frames(folder / name, pictures, fps=25)
        for number, label in enumerate(labels):
            at = {"gameTime": f"{half} - 00:01", "position": str(1000 + 400 * number)}
            annotations.append({**at, "label": label, "team": "home", "visibility": "visible"})
    (folder / labels_file).write_text(json.dumps({"UrlLocal": "", "annotations": annotations}))


def train(data_root: Path, out: Path, *options: str) -> Any:
    settings = [word for setting in (*TINY, f"data_root={data_root}") for word in ("--set", setting)]
    arguments = ["train", str(RECIPE), *options, "--out", str(out), "--device", "cpu", "--json", *settings]
    return CliRunner().invoke(app, arguments)


def done(out: Path) -> dict[str, int]:
    """When each run was finished, by its folder."""
    return {str(path.parent.relative_to(out)): path.stat().st_mtime_ns for path in out.glob("**/done.json")}


def test_one_command_trains_the_four_stages_for_every_fold_and_goes_on(data_root: Path, tmp_path: Path) -> None:
    out = tmp_path / "runs"
    first = train(data_root, out, "--stage", "all", "--folds", "2")
    assert first.exit_code == 0, first.output
    by_fold = {f"{stage}/fold_{fold}" for stage in STAGES if "action" not in stage for fold in (0, 1)}
    before = done(out)
    assert set(before) == by_fold | {STAGES[1]}
    for run in before:
        model = out / run / "model.safetensors"
        config = read_config(model)
        assert len(config.labels) == (15 if "action" in run else 2)
        assert load_model(model).network.num_stacks == (11 if "long" in run else 5)
    assert (out / STAGES[0] / "fold_1" / "predictions" / f"{BALL[1].replace('/', '__')}__1.npz").is_file()
    assert _encoder(out / STAGES[2] / "fold_0") == pytest.approx(_encoder(out / STAGES[3] / "fold_0"))
    assert _encoder(out / STAGES[2] / "fold_0") != pytest.approx(_encoder(out / STAGES[3] / "fold_1"))
    shutil.rmtree(out / STAGES[3] / "fold_1")
    again = train(data_root, out, "--stage", "all", "--folds", "2")
    assert again.exit_code == 0, again.output
    after = done(out)
    assert {run for run in after if after[run] != before.get(run)} == {f"{STAGES[3]}/fold_1"}
    one = train(data_root, out, "--stage", STAGES[3], "--folds", "0,")
    assert json.loads(one.stdout.splitlines()[-1])["model"].endswith(f"{STAGES[3]}/fold_0/model.safetensors")
    assert done(out) == after


def _encoder(folder: Path) -> list[float]:
    """Some weights of the 2-D encoder, which the last stage leaves as they are."""
    values = load_model(folder / "model.safetensors").network.conv2d_encoder.conv_stem.weight.flatten()[:20].tolist()
    assert isinstance(values, list)
    return values


def test_what_a_stage_needs_is_checked_before_any_training(data_root: Path, tmp_path: Path) -> None:
    late = train(data_root, tmp_path / "late", "--stage", STAGES[2], "--folds", "2")
    assert late.exit_code == 3
    assert "starts from action_sampling_weights_002, which has no model yet" in late.output
    one = train(data_root, tmp_path / "one", "--stage", "all", "--folds", "0,")
    assert one.exit_code == 3
    assert "no out-of-fold scores of england_efl__2019-2020__2019-10-01 - Hull City" in one.output
    assert "--stage sampling_weights_001 --folds N" in one.output
    assert not list((tmp_path / "one").glob("**/metrics.jsonl"))
    many = train(data_root, tmp_path / "many", "--folds", "3")
    assert many.exit_code == 2
    assert "2 games give folds 0 to 1" in many.output


def test_stages_and_folds_become_settings() -> None:
    def made(**options: Any) -> list[str]:
        return stage_overrides(RECIPE, **{"stage": None, "folds": None, **options})

    assert made() == []
    assert made(stage="all", folds="7") == ["run=[]", "folds=[0, 1, 2, 3, 4, 5, 6]"]
    assert made(stage=f"{STAGES[3]},{STAGES[0]}") == [f'run=["{STAGES[0]}", "{STAGES[3]}"]']
    assert made(folds="3,") == ["folds=[3]"]
    assert made(folds="4, 0") == ["folds=[0, 4]"]
    for options, message in (
        ({"stage": "ball_tuning_01"}, "did you mean 'ball_tuning_001'"),
        ({"folds": "0"}, "--folds 0: must be 1 to"),
        ({"folds": "a,b"}, "--folds a,b: write how many"),
        ({"folds": "-1"}, "--folds -1"),
    ):
        with pytest.raises(UsageError, match=message):
            made(**options)
    with pytest.raises(UsageError, match=r"--folds: .*pitch\.yaml has no stages"):
        stage_overrides(RECIPE.parent / "pitch.yaml", stage=None, folds="2")


def test_the_reference_lists_are_in_the_recipe(tmp_path: Path) -> None:
    recipe = read_recipe(RECIPE)
    data = check_settings(SlowFusionRecipe, recipe.settings, source=RECIPE).stages[STAGES[1]].data
    assert (len(data.validation), len(data.exclude)) == (18, 5 + 100)
    assert len({*data.validation, *data.exclude}) == 18 + 5 + 100
    assert all(game.count("/") == 2 for game in (*data.validation, *data.exclude))
    assert "italy_serie-a/2016-2017/2016-09-21 - 21-45 AS Roma 4 - 0 Crotone" in data.exclude
    for game in (*data.validation, data.exclude[0], data.exclude[-1], ACTION[0]):
        (tmp_path / game).mkdir(parents=True)
        (tmp_path / game / "Labels-v2.json").write_text("{}")
    stage = check_settings(SlowFusionRecipe, recipe.settings, source=RECIPE).stages[STAGES[1]]
    assert split_games(stage, root=tmp_path, fold=None) == ([ACTION[0]], list(data.validation))
