"""Published sound networks as encoders: VGGish in torchvggish's names, whole or cut after its fourth stage."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.models.importing.reading import check_name, model_name, read_checkpoint
from touchline.models.networks.vggish import VGGish
from touchline.models.specs.spec import SoundEncoderConfig
from touchline.models.store import load_weights, save_model, user_folder

ARCHITECTURES = ("vggish", "vggish-conv4")
"""The whole network with its 128 numbers; or cut, with 512."""
WHERE_FROM = (
    "touchline ships no weights of it. torchvggish's release has them (vggish-10086976.pth, Apache-2.0): download the "
    "file once, then `touchline models import vggish-10086976.pth --architecture vggish --name vggish`, or with "
    "--architecture vggish-conv4 for 512 numbers every half second"
)
_PCA_NAMES = ("pca_eigen_vectors", "pca_means")


def import_sound_encoder(
    path: Path, *, architecture: str, pca: Path | None = None, name: str | None = None, out: Path | None = None
) -> Path:
    """Turn a file of VGGish's weights into a touchline model that makes features of sound; the model file written.

    Args:
        path: a PyTorch checkpoint in torchvggish's names (tensors only, no code).
        architecture: ``"vggish"`` or ``"vggish-conv4"``.
        pca: torchvggish's file of principal components, to be applied to the 128 numbers; None leaves them raw.
        name: of the new model; the file's own name where None.
        out: folder for it; the user's models where None.

    Raises:
        InputError: unsafe or damaged, or with missing or unexpected tensors.
        UsageError: components for the network that is cut before the numbers they turn; or it cannot be called that.

    """
    if architecture not in ARCHITECTURES:
        raise ValueError(f"architecture={architecture!r} is none of {ARCHITECTURES}")
    whole = architecture == "vggish"
    if pca is not None and not whole:
        raise UsageError(f"pca={pca} turns the 128 numbers; --architecture {architecture} ends before them")
    state = _tensors(path)
    if not whole:
        state = {key: tensor for key, tensor in state.items() if key.startswith("features.")}
    if not any(key.startswith("pproc.") for key in state) and pca is not None:
        state |= {f"pproc.{key}": tensor.reshape(_shape(key)) for key, tensor in _components(pca).items()}
    arguments = {"embedding": whole, "whitening": any(key.startswith("pproc.") for key in state)}
    network = VGGish(**arguments)
    load_weights(network, state, source=str(path))
    config = SoundEncoderConfig(
        name=model_name(path) if name is None else check_name(name),
        architecture="vggish",
        network=arguments,
        tap="embedding" if whole else "conv4",
        patch="0.96" if whole else "0.5",
        description=f"VGGish of {path.name}" + (", with its principal components." if arguments["whitening"] else "."),
    )
    return save_model((out or user_folder()) / config.name, network, config)


def _components(path: Path) -> dict[str, Tensor]:
    """The principal components in torchvggish's file."""
    state = _tensors(path)
    if set(state) != set(_PCA_NAMES):
        raise InputError(f"{path}: holds {sorted(state)[:4]}, not {list(_PCA_NAMES)}")
    return state


def _shape(name: str) -> tuple[int, int]:
    return (128, 128) if name == "pca_eigen_vectors" else (128, 1)


def _tensors(path: Path) -> dict[str, Tensor]:
    checkpoint: Any = read_checkpoint(path)
    if not isinstance(checkpoint, Mapping) or not all(isinstance(value, Tensor) for value in checkpoint.values()):
        raise InputError(f"{path}: holds no dictionary of tensors; save the network's state_dict() and give that")
    return {str(key): value.detach().clone() for key, value in checkpoint.items()}
