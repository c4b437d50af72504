"""Published weights of PoseHG3D as a touchline model."""

from __future__ import annotations

from pathlib import Path

from touchline.core.errors import InputError
from touchline.core.poses import JOINTS
from touchline.models.importing.clips import clip_state
from touchline.models.importing.reading import check_name, model_name, read_checkpoint
from touchline.models.specs.pose_spec import PoseConfig
from touchline.models.specs.spec import PictureSpec
from touchline.models.store import build_network, load_weights, save_model, user_folder

SIDE_PX = 256
"""Of the crops it was trained on."""

_BLOCKS = {(2, 2, 2, 2): 18, (3, 4, 6, 3): None, (3, 4, 23, 3): 101, (3, 8, 36, 3): 152}


def import_pose_model(path: Path | str, *, name: str | None = None, out: Path | None = None) -> Path:
    """Turn a checkpoint of PoseHG3D into a touchline model.

    Args:
        path: a PyTorch file: a state dictionary, or a dictionary that holds one as ``state_dict``.
        name: of the new model; the file's own name where None.
        out: folder for it; the user's models where None.

    Returns:
        The model file written.

    Raises:
        InputError: the file is unsafe or damaged, or its weights are of another network.

    """
    path = Path(path)
    chosen = model_name(path) if name is None else check_name(name)
    state = clip_state(read_checkpoint(path), source=str(path))
    missing = sorted({"hm.weight", "depth.weight", "deconv_layers.0.weight", "conv1.weight"} - set(state))
    if missing:
        raise InputError(f"{path}: not weights of PoseHG3D: {missing} are not among its {len(state)} tensors")
    config = PoseConfig(
        name=chosen,
        architecture="pose-hg3d",
        network={"joints": len(state["hm.weight"]), "depth": _depth_of(set(state), source=str(path))},
        labels=JOINTS,
        picture=PictureSpec(width=SIDE_PX, height=SIDE_PX),
        reading="peak",
        licence="of the file's author",
        description=f"Imported from {path.name}: heat maps and depth maps of sixteen joints.",
    )
    network = build_network(config)
    load_weights(network, state, source=str(path))
    return save_model((out or user_folder()) / config.name, network, config)


def _depth_of(names: set[str], *, source: str) -> int:
    """Layers of the residual network, from how many blocks its stages have."""
    blocks = tuple(len({name.split(".")[1] for name in names if name.startswith(f"layer{k}.")}) for k in range(1, 5))
    if blocks not in _BLOCKS:
        raise InputError(f"{source}: stages of {blocks} blocks are those of no known residual network")
    known = _BLOCKS[blocks]
    return known if known is not None else 50 if "layer1.0.conv3.weight" in names else 34
