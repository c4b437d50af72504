"""Published picture networks as encoders: ResNets in torchvision's names, from a checkpoint or a safetensors file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from torch import Tensor

from touchline.core.errors import InputError
from touchline.models.importing.reading import WRAPPER_PREFIXES, check_name, read_checkpoint
from touchline.models.networks.resnet import STAGES, ResNet
from touchline.models.specs.spec import NAME_PATTERN, EncoderConfig, EncoderSpec
from touchline.models.store import SUFFIX, load_weights, save_model, user_folder

RESNETS = {f"resnet{depth}": depth for depth in STAGES}
"""Names of networks whose published weights can be taken over."""

WHERE_FROM = (
    "touchline ships no weights of it. torchvision's are on its model page (ImageNet, BSD-3 code): download the .pth "
    "file once, then give it as --model FILE.pth, or `touchline models import FILE.pth "
    "--architecture resnet-encoder --name {name}` to name it"
)

_BLOCK = re.compile(r"^layer(\d)\.(\d+)\.")
_STATE_KEYS = ("state_dict", "model_state_dict", "model")


def read_picture_encoder(path: Path) -> tuple[ResNet, EncoderConfig]:
    """A ResNet in a file of weights with torchvision's names; its last layer, if any, is left out.

    Args:
        path: a PyTorch checkpoint (tensors only, no code) or ``.safetensors``.

    Raises:
        InputError: unsafe or damaged, no ResNet, or with missing or unexpected tensors.

    """
    state = encoder_state(_tensors(path))
    depth = resnet_depth(state, source=str(path))
    network = ResNet(0, depth=depth)
    own = network.state_dict()
    counters = {name: tensor for name, tensor in own.items() if name.endswith("num_batches_tracked")}
    load_weights(network, {**counters, **state}, source=str(path))
    stem = re.sub(r"[^A-Za-z0-9._-]+", "-", path.stem).strip("-._")
    config = EncoderConfig(
        name=stem if re.fullmatch(NAME_PATTERN, stem) else f"resnet{depth}",
        architecture="resnet-encoder",
        network={"depth": depth},
        picture=EncoderSpec(width=224, height=224),
        description=f"ResNet-{depth} of {path.name}: features before its last layer.",
    )
    return network.eval(), config


def import_picture_encoder(path: Path, *, name: str | None = None, out: Path | None = None) -> Path:
    """Turn a file of a ResNet's weights into a touchline model that makes features; the model file written.

    Args:
        path: see :func:`read_picture_encoder`.
        name: of the new model; the file's own name where None.
        out: folder for it; the user's models where None.

    Raises:
        InputError: unsafe or damaged, no ResNet, or with missing or unexpected tensors.
        UsageError: it cannot be called that.

    """
    network, config = read_picture_encoder(path)
    named = config if name is None else config.model_copy(update={"name": check_name(name)})
    return save_model((out or user_folder()) / named.name, network, named)


def encoder_state(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The tensors of a ResNet before its last layer, without the prefix of a wrapper around the whole network."""
    for prefix in WRAPPER_PREFIXES:
        if state and all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    return {key: tensor for key, tensor in state.items() if not key.startswith("fc.")}


def resnet_depth(state: Mapping[str, Tensor], *, source: str) -> int:
    """How many layers the ResNet has whose tensors these are.

    Raises:
        InputError: they are of no ResNet.

    """
    blocks = [0, 0, 0, 0]
    for key in state:
        match = _BLOCK.match(key)
        if match and 1 <= int(match[1]) <= 4:
            stage = int(match[1]) - 1
            blocks[stage] = max(blocks[stage], int(match[2]) + 1)
    bottleneck = "layer1.0.conv3.weight" in state
    for depth, stages in STAGES.items():
        if stages == tuple(blocks) and bottleneck == (depth >= 50):
            return depth
    names = ", ".join(sorted(state)[:4])
    raise InputError(
        f"{source}: not the weights of a ResNet in torchvision's names; blocks {tuple(blocks)}, first names: {names}"
    )


def _inner(checkpoint: Mapping[str, Any]) -> Mapping[str, Any]:
    """The tensors in a checkpoint that may hold other things as well."""
    for key in _STATE_KEYS:
        if isinstance(checkpoint.get(key), Mapping):
            inner: Mapping[str, Any] = checkpoint[key]
            return inner
    return checkpoint


def _tensors(path: Path) -> dict[str, Tensor]:
    if path.suffix == SUFFIX:
        try:
            with safe_open(str(path), framework="pt") as file:
                return {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        except (SafetensorError, OSError) as error:
            raise InputError(f"{path}: not a safetensors file, or damaged ({error})") from error
    checkpoint = read_checkpoint(path)
    state = _inner(checkpoint) if isinstance(checkpoint, Mapping) else {}
    if not state or not all(isinstance(tensor, Tensor) for tensor in state.values()):
        raise InputError(f"{path}: holds no dictionary of tensors; save the network's state_dict() and give that")
    return {str(name): tensor.detach().clone() for name, tensor in state.items()}
