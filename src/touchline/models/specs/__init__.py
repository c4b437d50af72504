"""Configurations stored in model files: inputs, outputs, labels, thresholds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.specs.pose_spec import PoseConfig as PoseConfig
    from touchline.models.specs.spec import ClipConfig as ClipConfig
    from touchline.models.specs.spec import ClipSpec as ClipSpec
    from touchline.models.specs.spec import FrameSpec as FrameSpec
    from touchline.models.specs.spec import ModelConfig as ModelConfig
    from touchline.models.specs.spec import PictureConfig as PictureConfig
    from touchline.models.specs.spec import SkeletonConfig as SkeletonConfig
    from touchline.models.specs.spec import StoredConfig as StoredConfig
    from touchline.models.specs.stream_spec import StreamHeadConfig as StreamHeadConfig
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.specs.pose_spec": ("PoseConfig",),
            "touchline.models.specs.spec": (
                "ClipConfig",
                "ClipSpec",
                "FrameSpec",
                "ModelConfig",
                "PictureConfig",
                "SkeletonConfig",
                "StoredConfig",
            ),
            "touchline.models.specs.stream_spec": ("StreamHeadConfig",),
        },
    )
