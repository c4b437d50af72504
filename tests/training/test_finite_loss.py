"""A loss that is no number stops every kind of training, and leaves the checkpoints as they were."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils._pytree import tree_map

from movingsquares import squares_recipe, write_squares
from tinypose import NETWORK as POSE_NETWORK
from tinypose import SIDE_PX, backgrounds
from touchline.core.errors import UsageError
from touchline.core.events import Timeline
from touchline.core.tracks import PLAYER, Detections
from touchline.formats.clips.skeleton_sets import SkeletonSet
from touchline.models.networks.ball_spotter import BallEncoder, BallSpotter
from touchline.models.networks.pose_net import PoseNet
from touchline.synthetic.planted_streams import PlantedSettings, make_planted_set
from touchline.training.detection import detector
from touchline.training.detection.data import LabelledFrames
from touchline.training.finite import LossGuard
from touchline.training.keeper import pose as keeper_pose
from touchline.training.keeper.pose_data import PoseSampler, Shares
from touchline.training.pitch import pitch_finder as pitch
from touchline.training.recognition import recogniser, skeletons
from touchline.training.recognition.skeleton_settings import SkeletonRecipe
from touchline.training.spotting import ball_encoder, ball_temporal
from touchline.training.spotting.augment import AugmentSettings
from touchline.training.spotting.ball_truth import BallTruth
from touchline.training.spotting.slow_fusion_settings import OptimizerConfig
from touchline.training.spotting.trainer import RunPlan, train_clips
from touchline.training.streams.heads import train_head
from touchline.training.streams.settings import StreamHeadRecipe


def _detector(out: Path) -> None:
    pixels = np.full((2, 192, 320, 3), 90, np.uint8)
    box = np.array([[60, 70, 76, 110]], np.float32)
    seen = Detections(box, np.ones(1, np.float32), np.array([PLAYER]))
    settings = detector.DetectorRecipe.model_validate(
        {
            "data_root": "none",
            "held_out": [["m00"]],
            "picture": {"width": 320, "height": 192},
            "network": {"stem": 8, "widths": [8, 8, 16, 16], "blocks": [1, 1, 1, 1], "neck": 16},
            "crops": {"sizes": [[160, 96]], "pixels_per_batch": 30720},
            "optimizer": {"steps": 4, "save_every": 2},
        }
    )
    frames = LabelledFrames("m00", pixels, (seen, seen), np.ones(4, bool))
    detector.train_one([frames], [], settings.optimizer, settings=settings, out=out, device="cpu")


def _keeper_pose(out: Path) -> None:
    shares = Shares(figures=0.0, nobody=1.0)
    sampler = PoseSampler([], [], backgrounds(), shares=shares, side_px=SIDE_PX, batch=4, seed=0)
    stage = keeper_pose.PoseStage(steps=4, batch=4, save_every=2)
    keeper_pose.train_stage(PoseNet(**POSE_NETWORK), sampler, stage, out=out)  # type: ignore[arg-type]


def _pitch(out: Path) -> None:
    drawn = {"real": 0, "simulated": 0, "drawn": 1, "drawn_kept": 2, "drawn_first": 1, "drawn_new": 1.0}
    settings = pitch.PitchRecipe.model_validate(
        {
            "name": "tiny",
            "data_root": "none",
            "held_out": [["m01"]],
            "network": {"widths": [4, 4, 8, 8, 8], "blocks": [0, 0, 0, 0], "head": 4, "layers": 1, "heads": 2},
            "training": {"steps": 4, "save_every": 2, **drawn},
        }
    )
    pitch.train_network(settings, [], [], out=out, device="cpu")


def _ball_encoder(out: Path) -> None:
    frames, flags = 20, np.zeros(20, np.bool_)
    nobody = tuple(np.zeros((0, 2), np.float32) for _ in range(frames))
    truth = BallTruth(np.full((frames, 2), 32, np.float32), flags, flags, flags, nobody, Timeline())
    match = ball_encoder.Match("still", np.full((frames, 64, 128), 80, np.uint8), truth)
    settings = ball_encoder.EncoderSettings(steps=4, batch_size=2, crop_width=64, crop_height=32, save_every=2)
    encoder = BallEncoder(stem=4, width=8, deep=8)
    ball_encoder.train_encoder(encoder, [match], settings=settings, out=out, device="cpu")


def _recogniser(out: Path) -> None:
    root = write_squares(out / "squares")
    recogniser.train(squares_recipe(root), out=out, recipe_folder=root)


def _skeletons(out: Path) -> None:
    joints = ("left shoulder", "right shoulder", "left hip", "right hip")
    places = np.random.default_rng(0).normal(size=(8, 8, 4, 3)).astype(np.float32)
    places[..., 2] = 1
    truth = np.arange(8) % 2
    data = SkeletonSet(places, np.array(["left", "right"])[truth], np.array(["A"] * 8), joints)
    settings = SkeletonRecipe.model_validate(
        {
            "data_root": "none",
            "file": "none",
            "labels": ["left", "right"],
            "mirror": [1, 0, 3, 2],
            "network": {"shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 2], [1, 3]], "width": 8},
            "optimizer": {"steps": 4, "batch": 4},
        }
    )
    skeletons.train_one(data, truth, np.arange(8), settings=settings, out=out)


def _stream_head(out: Path) -> None:
    planted = {"recordings": (3, 1, 1), "minutes": 6, "picture_width": 12, "sound_width": 8}
    recipe = StreamHeadRecipe.model_validate(
        {
            "planted": planted,
            "head_arguments": {"window": 64, "inner": 16, "layers": 1, "heads": 2},
            "width": 16,
            "optimizer": {"steps": 6, "batch": 2, "samples": 64, "rounds": 3},
        }
    )
    train_head(make_planted_set(out / "set", PlantedSettings.model_validate(planted)), recipe, out=out)


class _Clips:
    """Clips as a loader gives them."""

    def stream(self, *, start: int, stop: int) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
        for step in range(start, stop):
            yield step, torch.full((2, 3, 16, 16), step, dtype=torch.uint8), torch.ones(2, 1)


def _slow_fusion(out: Path) -> None:
    plan = RunPlan(
        name="tiny",
        folder=out,
        optimizer=OptimizerConfig(epochs=2, warmup_epochs=0, batch_size=2),
        augment=AugmentSettings(),
        samples_per_epoch=4,
        seed=0,
        device=torch.device("cpu"),
        identity={},
        checkpoint_every=2,
        log_every=3,
    )
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 1))
    train_clips(network, _Clips(), plan)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Family:
    """One kind of training: where its loss is looked up, and a tiny run that writes more than one checkpoint."""

    loss: str
    run: Callable[[Path], None]


FAMILIES = {
    "detector": Family("detection.detector.role_loss", _detector),
    "keeper-pose": Family("keeper.pose.pose_losses", _keeper_pose),
    "pitch": Family("pitch.pitch_finder.pitch_loss", _pitch),
    "ball-encoder": Family("spotting.ball_encoder.encoder_loss", _ball_encoder),
    "recogniser": Family("recognition.recogniser._loss", _recogniser),
    "skeletons": Family("recognition.skeletons._loss", _skeletons),
    "stream-head": Family("streams.learning.head_loss", _stream_head),
    "slow-fusion": Family("spotting.trainer.focal_loss", _slow_fusion),
}


def _checkpoints(out: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in sorted(out.rglob("*.pt"))}


def _poison(monkeypatch: pytest.MonkeyPatch, loss: str, *, when: Callable[[], bool]) -> None:
    """Turn a loss, whatever it is held in, into NaN from the moment on that ``when`` names."""
    module_name, _, name = loss.rpartition(".")
    module = importlib.import_module(f"touchline.training.{module_name}")
    plain = getattr(module, name)

    def poisoned(*arguments: Any, **options: Any) -> Any:
        found = plain(*arguments, **options)
        return tree_map(lambda value: value * torch.nan, found) if when() else found

    monkeypatch.setattr(module, name, poisoned)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_good_checkpoint_outlives_a_loss_that_is_no_number(
    family: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good: dict[Path, bytes] = {}

    def once_saved() -> bool:
        good.update({} if good else _checkpoints(tmp_path))
        return bool(good)

    _poison(monkeypatch, FAMILIES[family].loss, when=once_saved)
    with pytest.raises(UsageError, match=r"the loss is nan at step \d+; lower .*base_lr.*; (the last|nothing)"):
        FAMILIES[family].run(tmp_path)
    assert good
    assert _checkpoints(tmp_path) == good


def test_the_temporal_head_is_not_handed_out_either(monkeypatch: pytest.MonkeyPatch) -> None:
    network = BallSpotter(num_classes=1, stem=4, width=4, deep=4, candidates=1, channels=8, dilations=(1,), horizon=1)
    vectors = np.zeros((100, network.vector_size), np.float32)
    sequence = ball_temporal.VectorSequence(vectors, np.zeros((100, 1), np.float32), np.zeros((100, 3), np.float32))
    before = {name: value.clone() for name, value in network.state_dict().items()}
    _poison(monkeypatch, "spotting.ball_temporal._head_loss", when=lambda: True)
    with pytest.raises(UsageError, match=r"the loss is nan at step 3; lower temporal\.base_lr; nothing was saved"):
        ball_temporal.train_head(network, [sequence], settings=ball_temporal.TemporalSettings(steps=3, segment=64))
    for name, value in network.state_dict().items():
        torch.testing.assert_close(value, before[name], rtol=0, atol=0)


def _guard(network: nn.Module, folder: Path) -> LossGuard:
    return LossGuard(network, run="a run", lower="base_lr", checkpoint=folder / "checkpoint.pt")


@pytest.mark.parametrize("bad", [torch.nan, torch.inf, -torch.inf])
def test_one_bad_loss_among_good_ones_is_not_forgotten(bad: float, tmp_path: Path) -> None:
    guard = _guard(nn.Linear(2, 1), tmp_path)
    for step, loss in enumerate((1.0, 2.0), start=1):
        guard.add(torch.tensor(loss, requires_grad=True))
        guard.require_finite(step)
    for loss in (bad, 1.0, 0.5):
        guard.add(loss)
    with pytest.raises(UsageError, match=r"a run: the loss is .* at step 5; lower base_lr; nothing was saved of it"):
        guard.require_finite(5)
    (tmp_path / "checkpoint.pt").touch()
    with pytest.raises(UsageError, match="the last checkpoint is still good"):
        guard.require_finite(5)


def test_weights_spoilt_by_the_last_step_are_found_before_a_loss_shows_it(tmp_path: Path) -> None:
    network = nn.BatchNorm1d(2)
    guard = _guard(network, tmp_path)
    guard.add(1.0)
    guard.require_finite(1)
    with torch.no_grad():
        network.running_var[1] = torch.nan  # type: ignore[index]
    with pytest.raises(UsageError, match=r"the loss is finite, but 1 weights are not \(running_var\) at step 2"):
        guard.require_finite(2)
