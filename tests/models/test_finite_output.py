"""A model that gives NaN or an infinity is an error that names it, never an empty answer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import nn

from fakerecogniser import SPEC as CLIP
from tinypose import tiny_config
from touchline.core.arrays import Floats32, Indices
from touchline.core.errors import EXIT_RESOURCES, InputError, ResourceError
from touchline.core.finite_output import require_finite_output
from touchline.core.geometry.pitch import KEYPOINT_NAMES
from touchline.core.tracks import DETECTION_LABELS
from touchline.features.picture_extractor import FeatureExtractor
from touchline.goalkeeping.hub_pose_finder import HubPoseFinder
from touchline.goalkeeping.pose_finder import PoseFinder
from touchline.listening.model import TinyNet
from touchline.models.networks.detector import PeopleDetector
from touchline.models.networks.skeleton_net import SkeletonNet
from touchline.models.runtime.hub import HubModel
from touchline.models.runtime.runner import Runner
from touchline.models.specs.spec import (
    ClipConfig,
    EncoderConfig,
    EncoderSpec,
    PictureConfig,
    PictureSpec,
    SkeletonConfig,
    SkeletonSpec,
)
from touchline.models.specs.stream_outputs import DenseOutput
from touchline.models.specs.stream_spec import StreamHeadConfig, StreamSpec
from touchline.models.store import save_model
from touchline.recognition.recogniser import ClipRecogniser
from touchline.recognition.skeletons import SkeletonRecogniser
from touchline.spotting.backends import Features
from touchline.spotting.engine import Engine, Plan
from touchline.spotting.stream_spotter import StreamSpotter
from touchline.tracking.detector import Detector, load_detector
from touchline.tracking.hub_detector import HubDetector
from touchline.tracking.pitch.finder import PitchFinder

PICTURE = np.full((96, 128, 3), 90, np.uint8)
DETECTOR = PictureConfig(
    name="people",
    task="detect",
    architecture="people-detector",
    picture=PictureSpec(width=128, height=96),
    labels=DETECTION_LABELS,
)


def _runner(*shapes: tuple[int, ...], bad: float, batch: int = 1) -> Runner:
    """A network whose last output holds one bad number in the first row."""

    def run(pixels: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], ...]:
        outputs = tuple(np.full((len(pixels), *shape), 0.5, np.float32) for shape in shapes)
        outputs[-1][(0,) * outputs[-1].ndim] = bad
        return outputs

    return Runner(run, batch, "cpu: requested")


def _detect(bad: float) -> None:
    Detector(DETECTOR, runner=_runner((4, 5), (4, 5, 4), bad=bad)).detect([PICTURE])


def _find_pitch(bad: float) -> None:
    config = DETECTOR.model_copy(update={"name": "pitch", "task": "pitch", "labels": KEYPOINT_NAMES})
    PitchFinder(config, runner=_runner((32, 24, 32), bad=bad)).find([PICTURE])


def _find_pose(bad: float) -> None:
    PoseFinder(tiny_config("pose"), runner=_runner((16, 3), (16,), (17,), bad=bad)).find([PICTURE])


def _recognise_clips(bad: float) -> None:
    config = ClipConfig(name="clips", architecture="none", labels=("x", "y"), clip=CLIP)
    clip = np.zeros((CLIP.frames, CLIP.height, CLIP.width, 3), np.uint8)
    ClipRecogniser(config, runner=_runner((2,), bad=bad, batch=2)).scores([clip])


def _recognise_joints(bad: float) -> None:
    body: dict[str, Any] = {"joints": 4, "shoulders": [0, 1], "hips": [2, 3], "bones": [[0, 2]], "width": 8}
    network = SkeletonNet(2, **body)
    with torch.no_grad():
        for weights in network.parameters():
            weights.fill_(bad)
    config = SkeletonConfig(
        name="joints",
        architecture="skeleton-net",
        network={"num_classes": 2, **body},
        labels=("x", "y"),
        skeleton=SkeletonSpec(frames=8, joints=tuple("abcd"), mirror=(1, 0, 3, 2)),
    )
    sequences = np.random.default_rng(0).uniform(1, 9, (1, 8, 4, 3)).astype(np.float32)
    SkeletonRecogniser(network, config, sha256="").scores(sequences)


def _extract_features(bad: float) -> None:
    spec = EncoderSpec(width=8, height=8, fit="resize", interpolation="area", mean=(0, 0, 0), std=(1, 1, 1))
    config = EncoderConfig(name="features", architecture="none", picture=spec)
    FeatureExtractor(config, runner=_runner((2,), bad=bad), width=2).features([PICTURE])


def _spot_streams(bad: float) -> None:
    network = nn.Identity()
    network.dense = lambda values, present: DenseOutput(torch.full((1, 5, 1), torch.nan * bad))  # type: ignore[assignment]
    config = StreamHeadConfig(
        name="head",
        architecture="stream-head",
        labels=("x",),
        rate_hz=2.0,
        streams=(StreamSpec(name="picture", width=2),),
    )
    spotter = StreamSpotter(network, config)
    spotter.dense({"picture": np.zeros((5, 2), np.float32)}, {"picture": np.ones(5, bool)})


def _hear(bad: float) -> None:
    weights: Floats32 = np.full((2, 1), bad, np.float32)
    TinyNet(np.zeros(2, np.float32), np.ones(2, np.float32), ((weights, np.zeros(1, np.float32)),)).probability(
        np.ones((3, 2), np.float32)
    )


class _Inputs(dict[str, Any]):
    """What a processor of transformers makes of pictures."""

    def to(self, device: torch.device) -> _Inputs:
        return self


class _Processor:
    def __call__(self, *_: Any, **__: Any) -> _Inputs:
        return _Inputs()


class _HubModel(nn.Module):
    """A model of transformers that gives bad numbers."""

    def __init__(self, bad: float) -> None:
        super().__init__()
        self.config = SimpleNamespace(id2label={0: "person"}, backbone_config=SimpleNamespace())
        self._bad = bad

    def forward(self) -> SimpleNamespace:
        shapes = {"logits": (1, 3, 1), "pred_boxes": (1, 3, 4), "heatmaps": (1, 17, 8, 8)}
        return SimpleNamespace(**{name: torch.full(shape, self._bad) for name, shape in shapes.items()})


def _hub_model(name: str, bad: float) -> HubModel:
    return HubModel(name, _HubModel(bad), _Processor(), "", torch.device("cpu"), "cpu: requested")


def _detect_with_hub(bad: float) -> None:
    HubDetector(_hub_model("hub-people", bad)).detect([PICTURE])


def _find_pose_with_hub(bad: float) -> None:
    HubPoseFinder(_hub_model("hub-pose", bad)).find([PICTURE])


class _Backend:
    """A spotting network whose third score is bad."""

    name = "torch"
    lag_chunks = 0

    def __init__(self, bad: float) -> None:
        self._bad = bad

    def encode(self, frames: npt.NDArray[np.uint8], stacks: Indices, *, mirrored: bool) -> Features:
        return np.zeros((len(stacks), 1), np.float32)

    def decode(self, features: Features, windows: Indices) -> npt.NDArray[np.float32]:
        return np.where(np.arange(len(windows)) == 2, self._bad, 0.0).astype(np.float32)[:, None]

    def join(self, before: Features, after: Features) -> Features:
        return np.concatenate([before, after])

    def fetch(self, logits: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return logits


def _spot(bad: float) -> None:
    frames = ((index, np.zeros((4, 4), np.uint8)) for index in range(6))
    list(Engine(Plan((0,), (0,), encode_batch=2, decode_batch=4, chunk=4), _Backend(bad)).run(frames))


MODELS: dict[str, tuple[Callable[[float], None], str]] = {
    "detector": (_detect, r"people returned a detection that is not finite \(cpu: requested\); check the model file"),
    "hub detector": (_detect_with_hub, "hub-people returned a detection that is not finite"),
    "pitch finder": (_find_pitch, "pitch returned a keypoint that is not finite"),
    "pose finder": (_find_pose, "pose returned a joint that is not finite"),
    "hub pose finder": (_find_pose_with_hub, "hub-pose returned a joint that is not finite"),
    "clip recogniser": (_recognise_clips, "clips returned a score that is not finite"),
    "skeleton recogniser": (_recognise_joints, "joints returned a score that is not finite"),
    "feature extractor": (_extract_features, "features returned a feature that is not finite"),
    "stream spotter": (_spot_streams, "head returned a score that is not finite"),
    "sound curves": (_hear, "sound-curves returned a probability that is not finite"),
    "spotter": (
        _spot,
        r"the network returned a score that is not finite at grid frame 2 \(torch\); run again with --device",
    ),
}


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("model", MODELS)
def test_a_number_that_is_none_is_an_error_that_names_the_model(model: str, bad: float) -> None:
    run, message = MODELS[model]
    with pytest.raises(ResourceError, match=message) as caught:
        run(bad)
    assert caught.value.exit_code == EXIT_RESOURCES


def test_finite_outputs_pass_and_the_first_bad_row_is_named() -> None:
    good, bad = np.zeros((4, 2)), np.zeros((4, 2, 3))
    require_finite_output(good, np.zeros((0, 3)), model="m", what="score", runs_on="cpu")
    bad[2, 1, 1], bad[3] = -np.inf, np.nan
    with pytest.raises(
        ResourceError, match=r"m returned a box that is not finite at row 12 \(cuda: x\); run again with"
    ):
        require_finite_output(good, bad, model="m", what="box", runs_on="cuda: x", rows="row", first_row=10)


@pytest.mark.parametrize("backend", ["torch", "openvino"])
def test_a_detector_that_overflows_is_no_empty_picture(backend: Any, tmp_path: Path) -> None:
    network = PeopleDetector(stem=8, widths=[8, 8, 16, 16], blocks=[1, 1, 1, 1], neck=16)
    with torch.no_grad():
        for name, weights in network.named_parameters():
            weights.fill_(1e30 if "weight" in name else 1.0)
    path = save_model(tmp_path / "huge", network, DETECTOR.model_copy(update={"network": network.settings}))
    with pytest.raises(InputError, match="people calculates numbers that are not finite"):
        load_detector(str(path), device="cpu", backend=backend).detect([PICTURE])
