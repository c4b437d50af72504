"""Recognisers of clips and of joints, their students, and stream heads: what the one training loop does for each."""

from __future__ import annotations

import importlib
import signal
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from movingsquares import network_settings, squares_recipe, write_squares
from touchline.core.errors import UsageError
from touchline.formats.clips.skeleton_sets import SkeletonSet
from touchline.models.specs.spec import ClipSpec
from touchline.synthetic.planted_streams import PlantedSettings, make_planted_set
from touchline.training.family import Job, load_family
from touchline.training.logs import read_metrics
from touchline.training.loop import Loop
from touchline.training.recognition import recogniser, skeletons
from touchline.training.recognition.distill import student_loss
from touchline.training.recognition.distillation_losses import soft_targets
from touchline.training.recognition.recogniser_data import read_training_clips
from touchline.training.recognition.recogniser_settings import ClipData, Distillation, NetworkSettings
from touchline.training.recognition.skeleton_settings import SkeletonRecipe
from touchline.training.recognition.teacher_cache import TeacherSays
from touchline.training.run import TASKS
from touchline.training.streams import heads
from touchline.training.streams.settings import StreamHeadRecipe

Weights = dict[str, Tensor]
STEPS = 6
SPEC = ClipSpec(frames=4, width=32, height=32, mean=(0, 0, 0), std=(1, 1, 1))
BODY: dict[str, Any] = {"shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 2], [1, 3]], "width": 4}
JOINTS = ("left shoulder", "right shoulder", "left hip", "right hip")
PLANTED = {"recordings": (3, 1, 1), "minutes": 6, "picture_width": 12, "sound_width": 8}


def _copy(state: Mapping[str, Tensor]) -> Weights:
    return {name: value.clone() for name, value in state.items()}


def _recogniser(data: Path, out: Path, *, taught: bool = False, base_lr: float = 0.01) -> Weights:
    wanted = ClipData(path="clips", groups="groups.csv", folds=2)
    clips = read_training_clips(wanted, root=data, recipe_folder=data, cache=data / "cache")
    settings = NetworkSettings.model_validate({**network_settings(steps=STEPS, base_lr=base_lr), "members": 2})
    teaching = None
    if taught:
        says = TeacherSays(torch.randn(16, 2, generator=torch.Generator().manual_seed(1)), torch.zeros(16, 0))
        loss = student_loss(Distillation(), student_size=16, teacher_size=0)
        teaching = recogniser.ClipTeaching(says, loss)
    network = recogniser.train_members(
        settings, clips, np.arange(16), spec=SPEC, out=out, device="cpu", teaching=teaching
    )
    return _copy(network.state_dict())


def _student(data: Path, out: Path, *, base_lr: float = 0.01) -> Weights:
    return _recogniser(data, out, taught=True, base_lr=base_lr)


def _skeleton_recipe(data: Path, **changes: Any) -> dict[str, Any]:
    return {
        "name": "tiny",
        "data_root": str(data),
        "file": "poses.npz",
        "labels": ["left", "right"],
        "mirror": [1, 0, 3, 2],
        **changes,
    }


def _skeletons(data: Path, out: Path, *, taught: bool = False, base_lr: float = 0.01) -> Weights:
    places = np.random.default_rng(0).normal(size=(8, 8, 4, 3)).astype(np.float32)
    places[..., 2] = 1
    truth = np.arange(8) % 2
    sequences = SkeletonSet(places, np.array(["left", "right"])[truth], np.array(["A"] * 8), JOINTS)
    learns = {"steps": STEPS, "batch": 4, "base_lr": base_lr}
    settings = SkeletonRecipe.model_validate(_skeleton_recipe(data, network=BODY, optimizer=learns))
    teaching = None
    if taught:
        says = torch.rand(8, 2, generator=torch.Generator().manual_seed(1)).softmax(dim=1)
        teaching = skeletons.Teaching(says, lambda one, other: soft_targets(one, other, temperature=2.0), 0.5, 0.5)
    network = skeletons.train_one(sequences, truth, np.arange(8), settings=settings, out=out, teaching=teaching)
    return _copy(network.state_dict())


def _skeleton_student(data: Path, out: Path, *, base_lr: float = 0.01) -> Weights:
    return _skeletons(data, out, taught=True, base_lr=base_lr)


def _stream_recipe(base_lr: float = 0.01) -> dict[str, Any]:
    return {
        "planted": PLANTED,
        "head_arguments": {"window": 64, "inner": 16, "layers": 1, "heads": 2},
        "width": 16,
        "modality_dropout": 0.5,
        "optimizer": {"steps": STEPS, "batch": 2, "samples": 64, "rounds": 3, "base_lr": base_lr},
    }


def _stream_head(data: Path, out: Path, *, base_lr: float = 0.01) -> Weights:
    streams = make_planted_set(data / "streams", PlantedSettings.model_validate(PLANTED))
    recipe = StreamHeadRecipe.model_validate(_stream_recipe(base_lr))
    return _copy(heads.train_head(streams, recipe, out=out)[0].state_dict())


@dataclass(frozen=True)
class Family:
    """One kind of training: a tiny run, where its loss is looked up, and in how many networks it is called."""

    run: Callable[..., Weights]
    loss: str
    every_s: str
    networks: int = 2


_CLIPS = ("recognition.recogniser._loss", "recognition.members.CHECKPOINT_EVERY_S")
_JOINTS = ("recognition.skeletons._loss", "recognition.members.CHECKPOINT_EVERY_S")
FAMILIES = {
    "recogniser": Family(_recogniser, *_CLIPS),
    "distilled recogniser": Family(_student, *_CLIPS),
    "skeletons": Family(_skeletons, *_JOINTS),
    "distilled skeletons": Family(_skeleton_student, *_JOINTS),
    "stream head": Family(_stream_head, "streams.learning.head_loss", "streams.learning.CHECKPOINT_EVERY_S", 1),
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made clips, joints and streams for all families."""
    root = write_squares(tmp_path_factory.mktemp("data"))
    poses = np.random.default_rng(0).normal(size=(8, 8, 4, 2)).astype(np.float32)
    np.savez(root / "poses.npz", poses=poses, label=["left", "right"] * 4, group=list("AABBAABB"), joints=JOINTS)
    return root


@pytest.fixture(params=FAMILIES)
def family(request: pytest.FixtureRequest) -> Family:
    return FAMILIES[request.param]


class _KilledError(Exception):
    pass


def _kill() -> None:
    raise _KilledError


def _terminate() -> None:
    """Ask this thread to stop: ``os.kill`` may choose another one, and a busy machine deliver it when all is over."""
    signal.raise_signal(signal.SIGTERM)


def _watch_loss(monkeypatch: pytest.MonkeyPatch, family: Family, *, at: int, do: Callable[[], None]) -> list[int]:
    """Do something before the loss is worked out for the ``at``-th time; the list grows by one with every time."""
    name, _, attribute = family.loss.rpartition(".")
    module = importlib.import_module(f"touchline.training.{name}")
    plain, calls = getattr(module, attribute), []

    def watched(*arguments: Any, **options: Any) -> Any:
        calls.append(len(calls) + 1)
        if len(calls) == at:
            do()
        return plain(*arguments, **options)

    monkeypatch.setattr(module, attribute, watched)
    return calls


def _logs(out: Path) -> dict[str, list[dict[str, Any]]]:
    return {str(path.relative_to(out)): read_metrics(path) for path in sorted(out.rglob("metrics.jsonl"))}


@pytest.mark.parametrize("way", ["killed", "terminated"])
@pytest.mark.parametrize("step", [4, 10])
def test_a_run_stopped_in_the_middle_goes_on_to_the_bit(
    family: Family, way: str, step: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if step > STEPS * family.networks:
        pytest.skip("only families of several networks take so many steps")
    monkeypatch.setattr("touchline.training.recognition.members._LOG_EVERY", 2)
    whole = family.run(data, tmp_path / "whole")
    error, do = (_KilledError, _kill) if way == "killed" else (KeyboardInterrupt, _terminate)
    if way == "killed":
        monkeypatch.setattr(f"touchline.training.{family.every_s}", 0.0)
    calls = _watch_loss(monkeypatch, family, at=step, do=do)
    with pytest.raises(error):
        family.run(data, tmp_path / "parts")
    torch.manual_seed(99)
    resumed = family.run(data, tmp_path / "parts")
    assert len(calls) == STEPS * family.networks + (way == "killed")  # nothing that was done is done again
    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name
    logs = _logs(tmp_path / "whole")
    assert len(logs) == family.networks and all(logs.values())
    assert _logs(tmp_path / "parts") == logs


def test_every_update_learns_from_the_first_to_the_last(
    family: Family, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates: list[float] = []
    monkeypatch.setattr("touchline.training.loop.set_learning_rate", lambda _, rate: rates.append(rate))
    family.run(data, tmp_path)
    of_one = rates[:STEPS]
    assert of_one[0] == pytest.approx(0.01) and of_one[-1] == pytest.approx(0.0001)
    assert rates == of_one * family.networks
    assert of_one == sorted(of_one, reverse=True)


def test_a_finished_run_of_other_settings_is_refused(family: Family, data: Path, tmp_path: Path) -> None:
    family.run(data, tmp_path)
    with pytest.raises(UsageError, match="trained with another settings"):
        family.run(data, tmp_path, base_lr=0.02)


def _whole_recipes(data: Path) -> dict[str, dict[str, Any]]:
    clips = squares_recipe(data, task="distill", teacher=network_settings(), student=network_settings())
    clips.pop("model")
    body = {"network": BODY}
    return {
        "recogniser": squares_recipe(data),
        "distill": clips,
        "skeleton": _skeleton_recipe(data, **body),
        "distill-skeletons": _skeleton_recipe(data, teacher=body, student=body),
        "stream-head": _stream_recipe(),
    }


@pytest.mark.parametrize("task", ["recogniser", "distill", "skeleton", "distill-skeletons", "stream-head"])
def test_networks_learn_on_the_device_asked_for(
    task: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    family = load_family(TASKS[task])
    settings = family.settings.model_validate(_whole_recipes(data)[task])
    devices: list[str] = []

    def stop(loop: Loop[Any]) -> None:
        devices.append(next(loop.network.parameters()).device.type)
        raise _KilledError

    monkeypatch.setattr(Loop, "run", stop)
    with pytest.raises(_KilledError):
        family.train(settings, Job(tmp_path, "meta", recipe=data / "recipe.yaml"))
    assert devices == ["meta"]
