"""The tasks of models, and the configuration class of each."""

from __future__ import annotations

from touchline.models.specs.dense_spec import DenseSpotConfig
from touchline.models.specs.pose_spec import PoseConfig
from touchline.models.specs.spec import (
    ClipConfig,
    EncoderConfig,
    ModelConfig,
    PictureConfig,
    SkeletonConfig,
    SoundEncoderConfig,
)
from touchline.models.specs.stream_spec import StreamHeadConfig
from touchline.models.specs.track_event_spec import TrackEventConfig

Config = (
    ModelConfig
    | PictureConfig
    | PoseConfig
    | ClipConfig
    | SkeletonConfig
    | EncoderConfig
    | SoundEncoderConfig
    | StreamHeadConfig
    | TrackEventConfig
    | DenseSpotConfig
)
"""The configuration of a model file of any task."""

CONFIGS: dict[str, type[Config]] = {
    "spot": ModelConfig,
    "detect": PictureConfig,
    "pitch": PictureConfig,
    "pose": PoseConfig,
    "recognize": ClipConfig,
    "skeleton": SkeletonConfig,
    "features": EncoderConfig,
    "sound-features": SoundEncoderConfig,
    "spot-streams": StreamHeadConfig,
    "track-events": TrackEventConfig,
    "spot-dense": DenseSpotConfig,
}
"""Configuration class by task."""
