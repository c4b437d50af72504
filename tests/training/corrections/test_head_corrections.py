"""A small head over feature streams learns from a reviewed bundle: masked loss, training, comparison, card, command."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from typer.testing import CliRunner

from reviewing import S, write_review
from touchline.cli.main import app
from touchline.core.errors import InputError, UsageError
from touchline.core.events import Event
from touchline.formats.corrections.reviewed import read_reviewed
from touchline.formats.features.vectors import FeatureInfo, write_features
from touchline.models.folders import user_folder
from touchline.models.specs.stream_outputs import DenseOutput
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec, SuppressionSpec
from touchline.models.store import build_network, load_model, save_model
from touchline.training.corrections.head_learning import HeadFineTuning, PieceSampler, masked_loss
from touchline.training.corrections.heads import read_streams, taught_by
from touchline.training.run import run_recipe

LABELS = ("Goal", "Corner")
RATE_HZ = 2.0
SECONDS = 600
EVENTS = [Event(LABELS[number % 2], round((5 + 8.5 * number) * S)) for number in range(70)]
CONTEXT = {"window": 32, "inner": 16, "layers": 1, "heads": 2}


def write_head(folder: Path, *, name: str = "base", kind: str = "context") -> Path:
    """A head with random weights over one stream of three values."""
    arguments = CONTEXT if kind == "context" else {}
    config = StreamHeadConfig(
        name=name,
        architecture="stream-head",
        network={"streams": {"picture": 3}, "num_classes": 2, "head": kind, "head_arguments": arguments, "width": 16},
        labels=LABELS,
        streams=(StreamSpec(name="picture", width=3),),
        rate_hz=RATE_HZ,
        suppression=SuppressionSpec(window_s=4.0, floor=0.001),
    )
    torch.manual_seed(0)
    return save_model(folder / name, build_network(config), config)


def write_stream(bundle: Path, *, fingerprint: str = "made-up") -> None:
    """Noise, with a bump of the first value at a goal and of the second one at a corner."""
    values = np.random.default_rng(0).normal(0, 0.2, (int(SECONDS * RATE_HZ), 3)).astype(np.float32)
    for event in EVENTS:
        values[int(event.start_us / S * RATE_HZ), LABELS.index(event.label)] += 3
    info = FeatureInfo("made", rate_hz=RATE_HZ, video={"name": "m.mp4", "fingerprint": fingerprint})
    write_features(bundle / "features" / "picture.npy", [values], shape=values.shape, info=info)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base head, and a bundle reviewed from end to end in which the person added every event but one."""
    folder = tmp_path_factory.mktemp("match")
    found = [replace(EVENTS[0], confidence=0.5), Event("Goal", 9 * S, confidence=0.4)]
    decisions: dict[int, dict[str, object]] = {0: {}, 1: {"state": "rejected"}}
    spans = [(0, SECONDS * S)]
    write_review(folder / "m.touchline", found=found, decisions=decisions, added=EVENTS[1:], spans=spans)
    write_stream(folder / "m.touchline")
    write_head(folder)
    return folder


def settings_for(folder: Path, *, base: str = "base") -> list[str]:
    learning = [f"learning.{one}" for one in ("steps=150", "base_lr=0.01", "batch_size=8")]
    return ["held_out_share=0.4", *learning, f"base={folder / base}.safetensors"]


def test_what_nobody_decided_on_has_no_part_in_the_loss(tmp_path: Path) -> None:
    bundle = tmp_path / "m.touchline"
    write_review(
        bundle,
        found=[Event("Goal", 20 * S, confidence=0.5), Event("Corner", 60 * S, confidence=0.5)],
        decisions={0: {}, 1: {"state": "rejected"}},
        spans=[(100 * S, 110 * S)],
    )
    write_stream(bundle)
    config = load_model(write_head(tmp_path), task="spot-streams").config
    match, learning = read_reviewed(bundle), HeadFineTuning()
    taught = taught_by(match, read_streams(match, config), config, learning)
    known = taught.lessons.weights
    assert np.flatnonzero(known[:, 0]).tolist() == [*range(37, 44), *range(200, 220)]
    assert np.flatnonzero(known[:, 1]).tolist() == [*range(117, 124), *range(200, 220)]
    batch = PieceSampler([taught], count=64, piece=32, seed=0).draw()
    assert batch.known.any(dim=1).any(dim=1).all() and not batch.known.all()
    output = DenseOutput(*(torch.zeros(64, 32, 2, requires_grad=True) for _ in range(3)))
    masked_loss(output, batch, learning, rate_hz=RATE_HZ).backward()
    assert output.logits.grad is not None
    assert ((output.logits.grad != 0) == (batch.known > 0)).all()


def test_training_makes_a_better_head(folder: Path, tmp_path: Path) -> None:
    bundle = folder / "m.touchline"
    path = run_recipe("head-corrections", overrides=settings_for(folder), out=tmp_path / "run", corrections=[bundle])
    tuned = load_model(path, task="spot-streams")
    card = tuned.config.measured
    assert card["better"] and card["after"]["value"] > card["before"]["value"] + 0.3
    assert card["minutes"] == pytest.approx(4.0) and sum(card["events"].values()) == 28
    assert card["base"] == "base"
    (facts,) = card["bundles"]
    assert facts["minutes_reviewed"] == pytest.approx(10.0)
    assert (facts["accepted"], facts["rejected"], facts["other_labels"]) == (70, 1, 0)
    assert tuned.config.labels == LABELS and set(tuned.config.thresholds) == set(LABELS)


def test_the_command_installs_it(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    chosen = [part for setting in settings_for(folder) for part in ("--set", setting)]
    end = ["--corrections", str(folder / "m.touchline"), "--install", "ours", "--json"]
    shown = CliRunner().invoke(app, ["train", "head-corrections", "--out", str(tmp_path / "run"), *chosen, *end])
    assert shown.exit_code == 0, shown.output
    assert Path(json.loads(shown.stdout)["installed"]) == user_folder() / "ours.safetensors"
    assert load_model("ours", task="spot-streams").config.measured["better"]


def test_mistakes_are_explained(folder: Path, tmp_path: Path) -> None:
    bundle = folder / "m.touchline"
    with pytest.raises(UsageError, match="name the head that was corrected with --set base=MODEL"):
        run_recipe("head-corrections", corrections=[bundle], out=tmp_path)
    write_head(tmp_path, name="windows", kind="pooling")
    with pytest.raises(UsageError, match=r"kind 'pooling'.* are those of kind context"):
        run_recipe("head-corrections", overrides=settings_for(tmp_path, base="windows"), corrections=[bundle])
    other = tmp_path / "other.touchline"
    write_review(other, found=[], added=EVENTS, spans=[(0, SECONDS * S)])
    with pytest.raises(InputError, match="holds none of the streams"):
        run_recipe("head-corrections", overrides=settings_for(folder), corrections=[other], out=tmp_path / "run")
    write_stream(other, fingerprint="another")
    with pytest.raises(InputError, match="features of another video"):
        run_recipe("head-corrections", overrides=settings_for(folder), corrections=[other], out=tmp_path / "run")
