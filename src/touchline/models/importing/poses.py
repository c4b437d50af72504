"""Importer of published PoseHG3D weights."""

from __future__ import annotations

from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.models.importing.importer import Checkpoint, Importer, Recognised, Wanted
from touchline.models.networks.resnet import depth_of
from touchline.models.specs.pose_spec import PoseConfig
from touchline.models.specs.spec import PictureSpec

SIDE_PX = 256
"""Side of the crops it was trained on, pixels."""

_REQUIRED = {"hm.weight", "depth.weight", "deconv_layers.0.weight", "conv1.weight"}


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise a model in PoseHG3D's weights.

    Raises:
        InputError: the weights are of another network.

    """
    state, path = checkpoint.state(), checkpoint.path
    missing = sorted(_REQUIRED - set(state))
    if missing:
        raise InputError(f"{path}: not PoseHG3D weights: {missing} are missing from its {len(state)} tensors")
    try:
        depth = depth_of(state)
    except ValueError as error:
        raise InputError(f"{path}: {error}") from error
    config = PoseConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network={"joints": len(state["hm.weight"]), "depth": depth},
        labels=JOINTS,
        picture=PictureSpec(width=SIDE_PX, height=SIDE_PX),
        reading="peak",
        licence="of the file's author",
        description=f"Imported from {path.name}: heat maps and depth maps of sixteen joints.",
    )
    return Recognised(config, state)


IMPORTER = Importer(recognise)
