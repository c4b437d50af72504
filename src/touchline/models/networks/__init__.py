"""Network architectures, independent of losses, optimisers, files and labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.networks.action_net import ActionNet as ActionNet
    from touchline.models.networks.ball_spotter import BallSpotter as BallSpotter
    from touchline.models.networks.detector import PeopleDetector as PeopleDetector
    from touchline.models.networks.efficientnet import EfficientNetV2 as EfficientNetV2
    from touchline.models.networks.pitch_net import PitchNet as PitchNet
    from touchline.models.networks.pose_net import PoseNet as PoseNet
    from touchline.models.networks.r2plus1d import R2Plus1D as R2Plus1D
    from touchline.models.networks.resnet import ResNet as ResNet
    from touchline.models.networks.skeleton_net import SkeletonNet as SkeletonNet
    from touchline.models.networks.slow_fusion import SlowFusionSpotter as SlowFusionSpotter
    from touchline.models.networks.vggish import VGGish as VGGish
    from touchline.models.networks.x3d import X3D as X3D
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.networks.action_net": ("ActionNet",),
            "touchline.models.networks.ball_spotter": ("BallSpotter",),
            "touchline.models.networks.detector": ("PeopleDetector",),
            "touchline.models.networks.efficientnet": ("EfficientNetV2",),
            "touchline.models.networks.pitch_net": ("PitchNet",),
            "touchline.models.networks.pose_net": ("PoseNet",),
            "touchline.models.networks.r2plus1d": ("R2Plus1D",),
            "touchline.models.networks.resnet": ("ResNet",),
            "touchline.models.networks.skeleton_net": ("SkeletonNet",),
            "touchline.models.networks.slow_fusion": ("SlowFusionSpotter",),
            "touchline.models.networks.vggish": ("VGGish",),
            "touchline.models.networks.x3d": ("X3D",),
        },
    )
