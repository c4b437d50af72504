"""The trainer of recognisers on made clips: it learns, goes on after a kill as if nothing had been, fools nobody."""

from __future__ import annotations

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from movingsquares import COLOURS, network_settings, square_clip, squares_recipe, write_clip, write_squares
from touchline.core.errors import InputError
from touchline.formats.clips.predictions import read_clip_predictions
from touchline.models.networks.resnet import ResNet
from touchline.models.specs.clip_input import ClipNormaliser
from touchline.models.specs.spec import ClipConfig, ClipSpec
from touchline.models.store import load_model, save_model
from touchline.recognition.recogniser import load_recogniser
from touchline.training.family import Job
from touchline.training.recognition import recogniser
from touchline.training.recognition.clip_augment import AugmentSettings
from touchline.training.recognition.clip_networks import build, freeze
from touchline.training.recognition.recogniser import train_members
from touchline.training.recognition.recogniser_data import TrainingClips, draw_batch, folds_of, read_training_clips
from touchline.training.recognition.recogniser_settings import ClipData, NetworkSettings, RecogniserRecipe
from touchline.training.schedule import WarmupCosine

SPEC = ClipSpec(frames=4, width=32, height=32, mean=(0, 0, 0), std=(1, 1, 1))


def train(recipe: dict[str, Any], *, out: Path, recipe_folder: Path) -> Path:
    """Train a recipe that lies in a folder."""
    return recogniser.train(RecogniserRecipe.model_validate(recipe), Job(out, recipe=recipe_folder / "recipe.yaml"))


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_squares(tmp_path_factory.mktemp("squares"))


@pytest.fixture(scope="module")
def trained(squares: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    out = tmp_path_factory.mktemp("run")
    train(squares_recipe(squares), out=out, recipe_folder=squares)
    return out


def read(root: Path, cache: Path, **data: Any) -> TrainingClips:
    wanted = ClipData.model_validate({"path": "clips", "groups": "groups.csv", "folds": 2, **data})
    return read_training_clips(wanted, root=root, recipe_folder=root, cache=cache)


def test_it_learns_and_what_comes_out_runs(trained: Path) -> None:
    measured = json.loads((trained / "held_out.json").read_text())
    assert measured["clips"] == 16 and measured["groups"] == 4
    assert measured["accuracy"] >= 0.9
    assert measured["accuracy_interval"][0] <= measured["accuracy"] <= measured["accuracy_interval"][1]
    assert "leaks" not in measured
    model = load_recogniser(str(trained / "squares.safetensors"), backend="torch", device="cpu")
    assert model.labels == ("blue", "red")
    assert model.config.measured["held_out"] == measured
    random = np.random.default_rng(7)
    scores = model.scores([square_clip(colour, random=random) for colour in COLOURS.values()])
    assert scores.argmax(axis=1).tolist() == [0, 1]


def test_folds_are_disjoint_and_every_clip_is_measured_once(squares: Path, trained: Path, tmp_path: Path) -> None:
    clips = read(squares, tmp_path / "clips")
    folds = folds_of(clips, ClipData(path="clips", folds=2))
    for fold in folds:
        assert not set(fold.train) & set(fold.test)
        assert not {clips.items[i].group for i in fold.train} & {clips.items[i].group for i in fold.test}
    assert sorted(np.concatenate([fold.test for fold in folds])) == list(range(16))
    assert sorted(read_clip_predictions(trained / "held_out.csv").ids) == sorted(item.id for item in clips.items)
    assert [entry["leaks"] for entry in json.loads((trained / "splits.json").read_text())] == ["nothing leaked"] * 2


class _KilledError(Exception):
    pass


def test_a_killed_run_goes_on_as_if_nothing_had_happened(
    squares: Path, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = 0

    def dies_in_the_second_fold(*arguments: Any, **options: Any) -> torch.Tensor:
        nonlocal drawn
        drawn += 1
        if drawn == 45:
            raise _KilledError
        return draw_batch(*arguments, **options)

    monkeypatch.setattr(recogniser, "draw_batch", dies_in_the_second_fold)
    with pytest.raises(_KilledError):
        train(squares_recipe(squares), out=tmp_path, recipe_folder=squares)
    assert (tmp_path / "fold_0" / "member_0.pt").exists() and not (tmp_path / "fold_1" / "member_0.pt").exists()
    torch.manual_seed(99)
    train(squares_recipe(squares), out=tmp_path, recipe_folder=squares)
    assert drawn == 45 + 2 * 30
    assert (tmp_path / "held_out.csv").read_bytes() == (trained / "held_out.csv").read_bytes()
    again, before = (load_model(out / "squares.safetensors", task="recognize").network for out in (tmp_path, trained))
    for name, tensor in before.state_dict().items():
        torch.testing.assert_close(again.state_dict()[name], tensor, rtol=0, atol=0)


def test_a_finished_run_trains_nothing_again(squares: Path, trained: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recogniser, "draw_batch", None)
    assert train(squares_recipe(squares), out=trained, recipe_folder=squares) == trained / "squares.safetensors"


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_clip_on_both_sides_is_refused(tmp_path: Path, mirrored: bool) -> None:
    root = write_squares(tmp_path / "squares")
    shutil.rmtree(root / "clips/red/1")
    copied = [cv2.imread(str(root / f"clips/red/0/{t}.png"))[:, :, ::-1] for t in range(4)]
    write_clip(root / "clips/red/1", np.stack(copied)[:, :, :: -1 if mirrored else 1])
    with pytest.raises(InputError, match=r"look the same.*'red/[01]' and 'red/[01]'.*data\.groups"):
        train(squares_recipe(root), out=tmp_path / "run", recipe_folder=root)


def test_a_split_known_to_leak_warns_and_the_model_says_so(
    squares: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recipe = squares_recipe(
        squares,
        data={"path": "clips", "groups": "groups.csv", "split": "last-fifth"},
        model=network_settings(steps=1),
        train_on_all=False,
    )
    with caplog.at_level(logging.WARNING):
        model = train(recipe, out=tmp_path, recipe_folder=squares)
    assert "last-fifth leaks" in caplog.text and "groups lie on both sides" in caplog.text
    assert "groups lie on both sides" in load_model(model, task="recognize").config.measured["held_out"]["leaks"]


def test_a_class_that_cannot_be_both_learnt_and_measured_is_named(tmp_path: Path) -> None:
    root = write_squares(tmp_path / "squares")
    write_clip(root / "clips/green/0", square_clip((20, 240, 30), random=np.random.default_rng(5)))
    recipe = squares_recipe(root, data={"path": "clips", "folds": 2})
    with pytest.raises(InputError, match=r"\['green'\] have a single clip"):
        train(recipe, out=tmp_path / "a", recipe_folder=root)
    recipe = squares_recipe(root, data={"path": "clips", "split": "last-fifth"})
    with pytest.raises(InputError, match=r"\['green'\] have no training clip"):
        train(recipe, out=tmp_path / "b", recipe_folder=root)


def test_unreadable_files_are_listed_and_the_rest_goes_on(tmp_path: Path) -> None:
    root = write_squares(tmp_path / "squares")
    (root / "clips/red/notes.txt").write_text("no clip")
    (root / "clips/red/0/0.png").write_bytes(b"no picture")
    (root / "clips/blue/empty.mp4").write_bytes(b"")
    (root / "clips/blue/noise.mp4").write_bytes(bytes(range(256)) * 8)
    groups = (root / "groups.csv").read_text()
    (root / "groups.csv").write_text(groups + "blue/noise,blue,game 0\n")
    clips = read(root, tmp_path / "out" / "clips")
    assert len(clips) == 15
    listed = json.loads((tmp_path / "out" / "unreadable.json").read_text())
    assert sorted(Path(path).name for path, _ in listed) == ["0", "empty.mp4", "noise.mp4", "notes.txt"]
    assert all(reason for _, reason in listed) and len(clips.unreadable) == 4


def test_a_folder_without_a_readable_clip_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "clips/a").mkdir(parents=True)
    (tmp_path / "clips/a/0.mp4").write_bytes(b"nothing")
    with pytest.raises(InputError, match="none of its 1 clips can be read"):
        read(tmp_path, tmp_path / "cache", groups=None)


def test_a_missing_group_and_missing_weights_are_told_before_training(squares: Path, tmp_path: Path) -> None:
    (tmp_path / "groups.csv").write_text("id,label,group\nred/0,red,game 0\n")
    with pytest.raises(InputError, match="has no group for 15 clips"):
        train(squares_recipe(squares), out=tmp_path / "run", recipe_folder=tmp_path)
    recipe = squares_recipe(squares, model={**network_settings(), "weights": "nobody-has-this"})
    with pytest.raises(InputError, match=r"'nobody-has-this'.*models import"):
        train(recipe, out=tmp_path / "other", recipe_folder=squares)
    assert not (tmp_path / "other" / "clips").exists()


def resnet_settings(folder: Path) -> NetworkSettings:
    """A ResNet-18 with temporal aggregation whose weights for three classes lie in a file; only a new head learns."""
    torch.manual_seed(3)
    network: dict[str, Any] = {"depth": 18, "temporal": "tam"}
    config = ClipConfig(
        name="k",
        architecture="resnet-clip",
        network={"num_classes": 3, **network},
        labels=("x", "y", "z"),
        clip=SPEC,
    )
    weights = save_model(folder / "k", ResNet(3, **network), config)
    return NetworkSettings.model_validate(
        {
            **network_settings(steps=3, train_only=["fc."], base_lr=0.05, batch=4, mixup=0),
            "architecture": "resnet-clip",
            "network": {**network, "expanded_head": True},
            "weights": str(weights),
        }
    )


def test_a_new_head_trains_and_the_frozen_backbone_stands_still(squares: Path, tmp_path: Path) -> None:
    """Check A15: SoccerKDNet's new layers stayed random, and its frozen batch norm moved."""
    settings = resnet_settings(tmp_path)
    clips = read(squares, tmp_path / "clips")
    start = build(settings, classes=2, seed=0).state_dict()
    imported = load_model(settings.weights, task="recognize").network.state_dict()
    learn = np.arange(len(clips))
    network = train_members(settings, clips, learn, spec=SPEC, out=tmp_path / "run", device="cpu")
    moved = {name for name, tensor in network.state_dict().items() if not torch.equal(tensor, start[name])}
    assert moved == {name for name in start if name.startswith("fc.")}
    backbone = {name for name in start if not name.startswith("fc.")}
    assert any("running_mean" in name for name in backbone) and any("tam" in name for name in backbone)
    assert all(torch.equal(network.state_dict()[name], imported[name]) for name in backbone)


def test_freezing_takes_gradients_from_everything_else() -> None:
    network = ResNet(2, depth=18, temporal="tam", expanded_head=True)
    frozen = freeze(network, keep=["fc."])
    learning = {name for name, parameter in network.named_parameters() if parameter.requires_grad}
    assert learning == {name for name, _ in network.named_parameters() if name.startswith("fc.")}
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)]
    assert len(frozen) == len(norms) - 2
    assert freeze(network, keep=None) == []


def by_hand(clips: TrainingClips, settings: NetworkSettings, *, reset: bool) -> dict[str, torch.Tensor]:
    """What three plain steps of SGD make of the network."""
    wanted = settings.optimizer
    network, random = build(settings, classes=2, seed=wanted.seed), np.random.default_rng(wanted.seed)
    optimizer = torch.optim.SGD(network.parameters(), lr=0.0, momentum=0.9, weight_decay=wanted.weight_decay)
    schedule = WarmupCosine.over(3, base_lr=wanted.base_lr, least=0.01)
    network.train()
    for step in range(3):
        optimizer.param_groups[0]["lr"] = schedule.at(step + 1)
        rows = random.choice(np.arange(len(clips)), wanted.batch, p=np.full(len(clips), 1 / len(clips)))
        pixels = draw_batch(clips, rows.tolist(), spec=SPEC, settings=AugmentSettings(flip=0), random=random)
        loss = F.cross_entropy(network(ClipNormaliser(SPEC)(pixels)), torch.from_numpy(clips.truth[rows]))
        if reset:
            optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return dict(network.state_dict())


def test_gradients_are_reset_at_every_step(squares: Path, tmp_path: Path) -> None:
    """Check A15: SoccerKDNet's teachers summed up all gradients they ever had."""
    clips = read(squares, tmp_path / "clips")
    settings = NetworkSettings.model_validate(
        {
            **network_settings(steps=3, kind="sgd", mixup=0, label_smoothing=0, weight_decay=0),
            "augment": {"flip": 0},
        }
    )
    network = train_members(settings, clips, np.arange(16), spec=SPEC, out=tmp_path / "run", device="cpu")
    right, wrong = (by_hand(clips, settings, reset=reset) for reset in (True, False))
    name = "classes.weight"
    torch.testing.assert_close(network.state_dict()[name], right[name], rtol=1e-3, atol=1e-5)
    assert float((wrong[name] - right[name]).abs().max()) > 1e-3


def test_weights_with_the_same_classes_are_taken_whole(trained: Path) -> None:
    settings = NetworkSettings.model_validate({**network_settings(), "weights": str(trained / "squares.safetensors")})
    network = build(settings, classes=2, seed=5)
    stored = load_model(trained / "squares.safetensors", task="recognize").network.state_dict()
    assert all(torch.equal(tensor, stored[name]) for name, tensor in network.state_dict().items())
    with pytest.raises(InputError, match="weights differ in shape"):
        build(settings.model_copy(update={"network": {"widths": [8, 8, 8, 8]}}), classes=2, seed=0)


def test_several_members_make_one_model(squares: Path, tmp_path: Path) -> None:
    recipe = squares_recipe(squares, model={**network_settings(steps=2), "members": 2})
    model = train(recipe, out=tmp_path, recipe_folder=squares)
    loaded = load_model(model, task="recognize")
    network, config = loaded.network, loaded.config
    assert config.architecture == "clip-ensemble" and len(network.members) == 2
    first, second = (member.state_dict()["classes.weight"] for member in network.members)
    assert not torch.equal(first, second)
    assert RecogniserRecipe.model_validate(recipe).model.members == 2
