"""The kinds of task a model can be for, and what the files of each say of themselves."""

from __future__ import annotations

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

Config = (
    ModelConfig
    | PictureConfig
    | PoseConfig
    | ClipConfig
    | SkeletonConfig
    | EncoderConfig
    | SoundEncoderConfig
    | StreamHeadConfig
)
"""What a model file says of itself, whatever its task."""

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
}
"""Task -> the configuration its models have."""
