"""A small ball spotter learns from a reviewed bundle: footage, training, comparison, model card and command."""

from __future__ import annotations

import json
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from makevideo import write_frames
from reviewing import S, write_review
from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event
from touchline.models.folders import user_folder
from touchline.models.networks.ball_spotter import BallSpotter
from touchline.models.specs.spec import FrameSpec, ModelConfig, PeakSpec
from touchline.models.store import load_model, save_model
from touchline.training.corrections.footage import Footage
from touchline.training.corrections.pieces import encode_range
from touchline.training.run import run_recipe
from touchline.training.spotting.ball_temporal import encode_match

FPS = 12.5
FRAME = FrameSpec(width=64, height=32, fps=FPS, stack_offsets=(-1, 0, 1))
NETWORK: dict[str, Any] = {"stem": 4, "width": 8, "deep": 8, "candidates": 2, "channels": 8, "dilations": [1, 2]}
LEARNING = ("steps=80", "base_lr=0.02", "segment=64", "batch_size=8")
SETTINGS = ["held_out_share=0.4", *(f"learning.{one}" for one in LEARNING)]
SECONDS = 120
PEAKS = PeakSpec(sigma_samples=1.5, distance_samples=8)
PASSES = [2 + 2.0 * number for number in range(58)]


def pictures() -> list[np.ndarray]:
    """A dot that goes to and fro; it is much brighter while it is passed."""
    frames = []
    for index in range(int(SECONDS * FPS)):
        picture = np.full((32, 64), 60, np.uint8)
        x = 12 + round(20 * (1 + np.sin(index / 9)))
        passed = min(abs(index / FPS - time) for time in PASSES) < 0.2
        picture[14:18, x : x + 4] = 250 if passed else 120
        frames.append(picture)
    return frames


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A video, its bundle reviewed from end to end, and a model of which nobody expects anything."""
    folder = tmp_path_factory.mktemp("match")
    video = write_frames(folder / "m.mp4", pictures(), fps=Fraction(25, 2))
    found = [Event("PASS", round(time * S), confidence=0.5) for time in PASSES[::2]]
    added = [Event("PASS", round(time * S)) for time in PASSES[1::2]] + [Event("SHOT", 3 * S)]
    spans = [(0, SECONDS * S)]
    accepted: dict[int, dict[str, object]] = {number: {} for number in range(len(found))}
    write_review(folder / "m.touchline", found=found, decisions=accepted, added=added, spans=spans, video=video)
    config = ModelConfig(
        name="small", architecture="ball-spotter", network=NETWORK, frame=FRAME, labels=("PASS", "DRIVE"), peaks=PEAKS
    )
    save_model(folder / "small", sees_the_dot(), config)
    return folder


def sees_the_dot() -> BallSpotter:
    """A network whose encoder finds the dot, with a temporal head that has learnt nothing."""
    torch.manual_seed(0)
    network = BallSpotter(**NETWORK)
    for part in network.encoder.modules():
        if isinstance(part, torch.nn.BatchNorm2d):
            part.momentum = None
    stacks = torch.from_numpy(np.stack(pictures()[:200:4])).float()[:, None].expand(-1, 3, -1, -1) / 255
    with torch.no_grad():
        network.encoder.train()(stacks)
        ball = network.encoder.eval()(stacks)[:, :1]
        at_dot = ball.flatten(1).gather(1, stacks[:, :1, 2::4, 2::4].flatten(1).argmax(1, keepdim=True)).mean()
        network.encoder.states.weight.mul_(8.0)
        network.encoder.states.weight[0].mul_(torch.sign(at_dot - ball.mean()))
    return network


def settings_for(folder: Path) -> list[str]:
    return [*SETTINGS, f"base={folder / 'small.safetensors'}"]


def test_footage_has_the_frames_of_the_whole_video_wherever_it_starts(folder: Path) -> None:
    footage = Footage(folder / "m.mp4", FRAME)
    whole = np.stack(list(footage.luma((0, 10_000))))
    assert len(whole) == SECONDS * FPS
    network = load_model(folder / "small.safetensors").network
    expected = encode_match(network, whole, device="cpu").numpy()
    for part in ((0, 20), (500, 520), (1480, 1540)):
        found = encode_range(footage, network, part, device="cpu")
        assert np.allclose(found, expected[slice(*part)], atol=1e-5), part
    assert len(encode_range(footage, network, (2000, 2100), device="cpu")) == 0


def test_training_makes_a_better_model_and_a_second_run_encodes_nothing(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = folder / "m.touchline"
    run = partial(
        run_recipe, "spotting-corrections", overrides=settings_for(folder), out=tmp_path, corrections=[bundle]
    )
    first = load_model(run())
    card = first.config.measured
    assert card["better"] and card["after"]["value"] > card["before"]["value"] + 0.2
    assert card["better_in"] >= 0.95 and card["minutes"] == pytest.approx(0.8)
    assert card["events"] == {"PASS": 23} and card["base"] == "small"
    (facts,) = card["bundles"]
    assert facts["minutes_reviewed"] == pytest.approx(120 / 60, abs=0.01)
    assert (facts["accepted"], facts["rejected"], facts["other_labels"]) == (58, 0, 1)
    assert first.config.labels == ("PASS", "DRIVE") and first.config.thresholds["PASS"] > 0
    monkeypatch.setattr("touchline.training.corrections.pieces.encode_range", None)
    again = load_model(run())
    weights = [model.network.state_dict() for model in (first, again)]
    assert all(torch.equal(weights[0][name], weights[1][name]) for name in weights[0])


def test_the_command_installs_a_better_model_only(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    arguments = ["train", "spotting-corrections", "--out", str(tmp_path / "run")]
    chosen = [part for setting in settings_for(folder) for part in ("--set", setting)]
    end = ["--corrections", str(folder / "m.touchline"), "--install", "ours"]
    shown = CliRunner().invoke(app, [*arguments, *chosen, "--json", *end])
    assert shown.exit_code == 0, shown.output
    record = json.loads(shown.stdout)
    assert Path(record["installed"]) == user_folder() / "ours.safetensors"
    assert load_model("ours").config.measured["better"]
    useless = ["--set", f"base={record['model']}", "--install", "useless"]
    shown = CliRunner().invoke(app, [*arguments[:-1], str(tmp_path / "again"), *chosen, *end, *useless])
    assert shown.exit_code == 4
    assert "not installed: " in shown.output and "--model" in shown.output
    assert not (user_folder() / "useless.safetensors").exists()


def test_mistakes_are_explained(folder: Path, tmp_path: Path) -> None:
    bundle = folder / "m.touchline"
    with pytest.raises(UsageError, match="does not learn from corrections; use the recipe spotting-corrections"):
        run_recipe("spotting-simulated", corrections=[bundle], out=tmp_path)
    with pytest.raises(UsageError, match="add --corrections"):
        run_recipe("spotting-corrections", out=tmp_path)
    with pytest.raises(UsageError, match="are of one video"):
        run_recipe("spotting-corrections", corrections=[bundle, bundle], out=tmp_path)
    with pytest.raises(InputError, match="a model for 'detect', not for 'spot'"):
        run_recipe("spotting-corrections", corrections=[bundle], overrides=["base=people-detector"], out=tmp_path)
    with pytest.raises(InputError, match="no bundle"):
        run_recipe("spotting-corrections", corrections=[tmp_path / "nothing.touchline"], out=tmp_path)
    for words, message in (
        (["spotting-corrections", str(bundle)], "put --corrections before it"),
        (["spotting-simulated", "--install", "x"], "--install is for models that learn from --corrections"),
    ):
        shown = CliRunner().invoke(app, ["train", *words])
        assert shown.exit_code == 2 and message in shown.output
