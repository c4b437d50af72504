"""The graphs that a model consists of at inference, as modules of torch: what its graph file holds.

Normalisation, channel order and the reading of heat maps are part of a graph, so that a runtime needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import torch
from torch import Tensor, nn

from touchline.core.poses import MIRROR
from touchline.models.networks.dense.parts import ClipPart, DecidePart, FeaturePart, FramePart
from touchline.models.networks.dense.places import PlaceEncoder
from touchline.models.networks.detector import PeakFinder
from touchline.models.networks.parts import example_inputs
from touchline.models.networks.picture_features import DetectorEncoder, PictureFeatures
from touchline.models.networks.pitch_net import PitchReader
from touchline.models.networks.pose_net import PeakReader, PoseReader
from touchline.models.networks.track_events import TrackEventScorer
from touchline.models.runtime.probing import noise, trial_shape
from touchline.models.specs.clip_input import ClipClassifier
from touchline.models.specs.dense_plan import FRAME_BATCH, plan_of
from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.models.specs.pose_spec import PoseConfig
from touchline.models.specs.spec import (
    DETECTOR_SPEC,
    ClipConfig,
    EncoderConfig,
    ModelConfig,
    PictureConfig,
    SkeletonConfig,
    StoredConfig,
)
from touchline.models.specs.spotting_batches import decode_batch_of, encode_batch_of
from touchline.models.specs.track_event_spec import TrackEventConfig

FEATURES_BATCH = 4
"""Pictures that features are calculated of at once; all other graphs of pictures take them one by one."""
_TRIAL_FRAMES = 8
_FRAMES, _PEOPLE = 64, 8
"""Sizes of the example scene that a network of events from tracks is traced with; both are left open in its graph."""


class SequenceClassifier(nn.Module):
    """A complete recogniser of joints: sequences in, probabilities out.

    Args:
        network: network that returns logits of sequences.
        temperature: divisor of the logits before softmax.

    """

    def __init__(self, network: Any, *, temperature: float = 1.0) -> None:
        super().__init__()
        self.network = network
        self.temperature = temperature

    def forward(self, sequences: Tensor) -> Tensor:
        """Return probabilities (n, classes) of sequences (n, t, joints, 3): x, y, visibility."""
        return torch.softmax(cast(Tensor, self.network(sequences)) / self.temperature, dim=1)


class HandTeller(nn.Module):
    """The part of a recogniser of joints that tells the playing hand: sequences in, log odds of the right hand out."""

    def __init__(self, network: Any) -> None:
        super().__init__()
        self.network = network

    def forward(self, sequences: Tensor) -> Tensor:
        """Return log odds (n, 1) of sequences (n, t, joints, 3): x, y, visibility."""
        return cast(Tensor, self.network.right_handed(sequences))


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """One graph of a model.

    Attributes:
        module: the graph as a module of torch, in evaluation mode.
        example: its inputs; they fix shapes and types.
        any_size: axes of the inputs that are of any size.
        trial: small inputs to try the module on.

    """

    module: nn.Module
    example: tuple[Tensor, ...]
    trial: tuple[Tensor, ...]
    any_size: tuple[int, ...] = ()


def parts_of(network: Any, config: StoredConfig) -> dict[str, Part]:
    """Return the parts of a model by name; none for models that only torch runs."""
    if isinstance(config, ModelConfig):
        return _spotting(network, config)
    if isinstance(config, DenseSpotConfig):
        return _dense(network, config)
    if isinstance(config, TrackEventConfig):
        return {"scores": _track_events(network, config)}
    if isinstance(config, SkeletonConfig):
        return _skeletons(network, config)
    return _of_pixels(network, config)


def _of_pixels(network: Any, config: StoredConfig) -> dict[str, Part]:
    """Return the parts of a model of pictures, crops or clips; none for other models."""
    if isinstance(config, PictureConfig) and config.task == "detect":
        encoder = PictureFeatures(DetectorEncoder(network), spec=DETECTOR_SPEC)
        features = _pixels(encoder, DETECTOR_SPEC.shape, batch=FEATURES_BATCH)
        return {"people": _pixels(PeakFinder(network), config.shape), "features": features}
    if isinstance(config, PictureConfig):
        return {"keypoints": _pixels(PitchReader(network), config.shape)}
    if isinstance(config, PoseConfig):
        reader = PeakReader if config.reading == "peak" else PoseReader
        return {"joints": _pixels(reader(network, mirror=MIRROR), config.shape)}
    if isinstance(config, ClipConfig):
        clips = ClipClassifier(network, spec=config.clip, temperature=config.temperature)
        return {"scores": _pixels(clips, config.shape)}
    if isinstance(config, EncoderConfig):
        encoder = PictureFeatures(network, spec=config.picture)
        return {"features": _pixels(encoder, config.shape, batch=FEATURES_BATCH)}
    return {}


def facts_of(network: Any, config: StoredConfig) -> Mapping[str, Any]:
    """Return what else must be known of a network to run its graphs."""
    if isinstance(config, DenseSpotConfig):
        return {"reach": list(network.reach)}
    return {"feature_offsets": list(network.feature_offsets)} if isinstance(config, ModelConfig) else {}


def _skeletons(network: Any, config: SkeletonConfig) -> dict[str, Part]:
    sequences = torch.ones(2, config.skeleton.frames, len(config.skeleton.joints), 3)
    modules: dict[str, nn.Module] = {"scores": SequenceClassifier(network, temperature=config.temperature)}
    if config.handed is not None:
        modules["hand"] = HandTeller(network)
    return {name: Part(module.eval(), (sequences,), (sequences,), any_size=(0,)) for name, module in modules.items()}


def _pixels(module: nn.Module, shape: tuple[int, ...], *, batch: int = 1) -> Part:
    example = torch.zeros((batch, *shape), dtype=torch.uint8)
    return Part(module.eval(), (example,), (noise((1, *trial_shape(shape))),))


def _spotting(network: Any, config: ModelConfig) -> dict[str, Part]:
    """Return encoder and decoder; the decoder's trial input are the encoder's features of noise."""
    (encoder, stacks), (decoder, windows) = example_inputs(
        network, frame=config.frame, encode_batch=encode_batch_of(config.frame), decode_batch=1
    )
    windows = windows.expand(decode_batch_of(windows[0].numel()), *windows.shape[1:]).contiguous()
    stack = noise((1, *stacks.shape[1:]))
    with torch.inference_mode():
        features = encoder(stack)
    trial = features[:, None].expand(1, *windows.shape[1:])
    return {"encoder": Part(encoder, (stacks,), (stack,)), "decoder": Part(decoder, (windows,), (trial,))}


def _dense(network: Any, config: DenseSpotConfig) -> dict[str, Part]:
    """Return the parts of a dense spotter that its way of encoding needs; their trials are of a few small frames.

    An encoder of places then calculates a few frames at once, whose maps fit a processor's cache.
    """
    if isinstance(network.encoder, PlaceEncoder):
        network.encoder.piece = FRAME_BATCH
    plan, frame = plan_of(config, reach=network.reach), config.frame
    frames = _pixels(FramePart(network, mean=frame.mean, std=frame.std), frame.shape, batch=FRAME_BATCH)
    with torch.inference_mode():
        one, small = frames.module(frames.example[0][:1])[0], frames.module(frames.trial[0])[0]
        features = network.clip_features(small.expand(1, _TRIAL_FRAMES, *small.shape))
    width = features.shape[-1]
    trial = small.expand(1, _TRIAL_FRAMES, *small.shape).contiguous()
    if not plan.once:
        return {"frames": frames, "clip": Part(ClipPart(network).eval(), (_repeated(one, plan.length),), (trial,))}
    parts = {"frames": frames}
    if plan.reach != (0, 0):
        parts["features"] = Part(FeaturePart(network).eval(), (_repeated(one, plan.stretch),), (trial,))
    clip = torch.zeros(1, plan.length, width)
    return {**parts, "decide": Part(DecidePart(network).eval(), (clip,), (features,))}


def _repeated(row: Tensor, count: int) -> Tensor:
    return torch.zeros(1, count, *row.shape, dtype=row.dtype)


def _track_events(network: Any, config: TrackEventConfig) -> Part:
    sizes = config.network
    frames = (
        torch.ones(1, _FRAMES, sizes["frame_values"]),
        torch.ones(1, _FRAMES, sizes["metre_values"]),
        torch.ones(1, _FRAMES, _PEOPLE, sizes["person_values"]),
        torch.ones(1, _FRAMES, _PEOPLE, dtype=torch.bool),
    )
    return Part(TrackEventScorer(network).eval(), frames, frames, any_size=(1,))
