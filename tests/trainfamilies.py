"""A tiny run of every family of models that can be trained, and where its loss is looked up."""

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

from movingsquares import squares_recipe, write_squares
from tinypose import NETWORK as POSE_NETWORK
from tinypose import SIDE_PX, backgrounds
from touchline.core.events import Timeline
from touchline.core.tracks import PLAYER, Detections
from touchline.formats.clips.skeleton_sets import SkeletonSet
from touchline.models.networks.ball_spotter import BallEncoder, BallSpotter
from touchline.models.networks.pose_net import PoseNet
from touchline.models.store import load_model
from touchline.synthetic.planted_streams import PlantedSettings, make_planted_set
from touchline.training.dense import training as dense_training
from touchline.training.dense.footage import DenseVideo
from touchline.training.dense.settings import DenseRecipe
from touchline.training.dense.targets import FrameEvent, frame_targets
from touchline.training.detection import detector
from touchline.training.detection.data import LabelledFrames
from touchline.training.family import Job
from touchline.training.keeper import pose as keeper_pose
from touchline.training.keeper.pose_data import PoseSampler, Shares
from touchline.training.pitch import pitch_finder as pitch
from touchline.training.recognition import recogniser, skeletons
from touchline.training.recognition.recogniser_settings import RecogniserRecipe
from touchline.training.recognition.skeleton_settings import SkeletonRecipe
from touchline.training.spotting import ball_encoder, ball_temporal
from touchline.training.spotting.augment import AugmentSettings
from touchline.training.spotting.ball_truth import BallTruth
from touchline.training.spotting.slow_fusion_settings import OptimizerConfig
from touchline.training.spotting.trainer import RunPlan, train_clips
from touchline.training.streams.heads import train_head
from touchline.training.streams.settings import StreamHeadRecipe


def _detector(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
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
            "optimizer": {"steps": 4, "save_every": 2, "accumulate": accumulate},
        }
    )
    frames = LabelledFrames("m00", pixels, (seen, seen), np.ones(4, bool))
    return detector.train_one([frames], [], settings, part="", job=Job(out, device))


def _keeper_pose(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    shares = Shares(figures=0.0, nobody=1.0)
    sampler = PoseSampler([], [], backgrounds(), shares=shares, side_px=SIDE_PX, batch=4, seed=0)
    stage = keeper_pose.PoseStage(steps=4, batch=4, save_every=2, accumulate=accumulate)
    torch.manual_seed(0)
    network = PoseNet(**POSE_NETWORK)  # type: ignore[arg-type]
    return keeper_pose.train_stage(network, sampler, stage, out=out, device=device)


def _pitch(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    drawn = {"real": 0, "simulated": 0, "drawn": 1, "drawn_kept": 1, "drawn_first": 1, "drawn_new": 0.5}
    settings = pitch.PitchRecipe.model_validate(
        {
            "name": "tiny",
            "data_root": "none",
            "held_out": [["m01"]],
            "network": {"widths": [4, 4, 8, 8, 8], "blocks": [0, 0, 0, 0], "head": 4, "layers": 1, "heads": 2},
            "training": {"steps": 4, "save_every": 2, "accumulate": accumulate, "small_share": 1.0, **drawn},
        }
    )
    return pitch.train_network(settings, [], [], part="", job=Job(out, device))


def _ball_encoder(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    frames, flags = 20, np.zeros(20, np.bool_)
    nobody = tuple(np.zeros((0, 2), np.float32) for _ in range(frames))
    truth = BallTruth(np.full((frames, 2), 32, np.float32), flags, flags, flags, nobody, Timeline())
    match = ball_encoder.Match("still", np.full((frames, 64, 128), 80, np.uint8), truth)
    sizes = {"batch_size": 2, "crop_width": 64, "crop_height": 32}
    settings = ball_encoder.EncoderSettings(steps=4, accumulate=accumulate, save_every=2, **sizes)
    torch.manual_seed(0)
    encoder = BallEncoder(stem=4, width=8, deep=8)
    return ball_encoder.train_encoder(encoder, [match], settings=settings, out=out, device=device)


def _recogniser(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    root = out / "squares"
    if not root.exists():
        write_squares(root)
    asked = squares_recipe(root)
    asked["model"]["optimizer"]["accumulate"] = accumulate
    settings = RecogniserRecipe.model_validate(asked)
    model = recogniser.train(settings, Job(out, device, recipe=root / "recipe.yaml"))
    return load_model(model, task="recognize").network


def _skeletons(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
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
            "optimizer": {"steps": 4, "batch": 4, "accumulate": accumulate},
        }
    )
    return skeletons.train_one(data, truth, np.arange(8), settings=settings, out=out, device=device)


def _stream_head(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    planted = {"recordings": (3, 1, 1), "minutes": 6, "picture_width": 12, "sound_width": 8}
    recipe = StreamHeadRecipe.model_validate(
        {
            "planted": planted,
            "head_arguments": {"window": 64, "inner": 16, "layers": 1, "heads": 2},
            "width": 16,
            "optimizer": {"steps": 6, "batch": 2, "accumulate": accumulate, "samples": 64, "rounds": 3},
        }
    )
    data = make_planted_set(out / "set", PlantedSettings.model_validate(planted))
    return train_head(data, recipe, out=out, device=device)[0]


class _Clips:
    """Clips as a loader gives them."""

    def stream(self, numbers: range) -> Iterator[tuple[int, torch.Tensor, torch.Tensor]]:
        for number in numbers:
            yield number, torch.full((2, 3, 16, 16), number, dtype=torch.uint8), torch.ones(2, 1)


def _slow_fusion(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    plan = RunPlan(
        name="tiny",
        folder=out,
        optimizer=OptimizerConfig(epochs=2, warmup_epochs=0, batch_size=2, accumulate=accumulate),
        augment=AugmentSettings(),
        samples_per_epoch=4,
        seed=0,
        device=torch.device(device),
        identity={},
        checkpoint_every=2,
        log_every=3,
    )
    torch.manual_seed(0)
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 16 * 16, 1))
    loop = train_clips(network, _Clips(), plan)  # type: ignore[arg-type]
    network.load_state_dict(loop.weights())
    return network


def _ball_temporal(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    torch.manual_seed(0)
    network = BallSpotter(num_classes=1, stem=4, width=4, deep=4, candidates=1, channels=8, dilations=(1,), horizon=1)
    vectors = np.random.default_rng(0).normal(size=(100, network.vector_size)).astype(np.float32)
    sequence = ball_temporal.VectorSequence(vectors, np.zeros((100, 1), np.float32), np.zeros((100, 3), np.float32))
    settings = ball_temporal.TemporalSettings(steps=4, accumulate=accumulate, segment=64, save_every=2)
    ball_temporal.train_head(network, [sequence], settings=settings, out=out, device=device)
    return network.head


def _dense(out: Path, device: str = "cpu", accumulate: int = 1) -> nn.Module:
    settings = DenseRecipe.model_validate(
        {
            "frame": {"width": 64, "height": 32, "fps": 10},
            "clip_frames": 8,
            "network": {"encoder": "regnety_tiny", "shift": "gsm", "temporal": "gru", "dropout": 0.1},
            "sets": {"ball": {"labels": ["a", "b"], "train": ["none"]}},
            "loss": {"radius": 1, "displacement": 1},
            "optimizer": {
                "epochs": 2,
                "epoch_clips": 4 * accumulate,
                "warmup_epochs": 1,
                "batch": 2,
                "accumulate": accumulate,
                "save_every_s": 1e-9,
            },
        }
    )
    events = (FrameEvent(5, 0), FrameEvent(12, 1))
    pictures = np.random.default_rng(0).integers(0, 255, (20, 32, 64, 3), dtype=np.uint8)
    video = DenseVideo("one", 0, pictures, events, frame_targets(events, frames=20, radius=1), 10.0)
    network = dense_training.start_network(settings)
    loop = dense_training.train_network(network, [video], [], settings, job=Job(out, device))
    network.load_state_dict(loop.weights())
    return network


@dataclass(frozen=True)
class Family:
    """One kind of training: where its loss is looked up, and a tiny run in a folder, on a device."""

    loss: str
    run: Callable[..., nn.Module]


FAMILIES = {
    "detector": Family("detection.losses.role_loss", _detector),
    "keeper-pose": Family("keeper.pose.pose_losses", _keeper_pose),
    "pitch": Family("pitch.pitch_finder.pitch_loss", _pitch),
    "ball-encoder": Family("spotting.ball_encoder.encoder_loss", _ball_encoder),
    "ball-temporal": Family("spotting.ball_temporal._head_loss", _ball_temporal),
    "recogniser": Family("recognition.recogniser._loss", _recogniser),
    "skeletons": Family("recognition.skeletons._loss", _skeletons),
    "stream-head": Family("streams.learning.head_loss", _stream_head),
    "dense": Family("dense.training.loss_terms", _dense),
    "slow-fusion": Family("spotting.trainer.focal_loss", _slow_fusion),
}


def change_loss(monkeypatch: pytest.MonkeyPatch, loss: str, change: Callable[[Any], Any]) -> None:
    """Pass whatever a family's loss gives through ``change``."""
    module_name, _, name = loss.rpartition(".")
    module = importlib.import_module(f"touchline.training.{module_name}")
    plain = getattr(module, name)
    monkeypatch.setattr(module, name, lambda *arguments, **options: change(plain(*arguments, **options)))
