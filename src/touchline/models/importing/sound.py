"""Published sound networks as encoders: VGGish in torchvggish's names, whole or cut after its fourth stage."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.models.importing.importer import Checkpoint, Importer, Recognised, State, Wanted
from touchline.models.specs.spec import SoundEncoderConfig

_WHOLE = "vggish"
"""With its 128 numbers; cut, it gives 512."""
_PCA_NAMES = ("pca_eigen_vectors", "pca_means")


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Return the encoder that VGGish's weights are; ``network`` may name torchvggish's components with ``pca``.

    Raises:
        InputError: weights of another network, or no components.
        UsageError: components for the network that is cut before the numbers they turn.

    """
    unknown = sorted(set(wanted.network) - {"pca"})
    if unknown:
        raise UsageError(f"--network {unknown[0]}: a network of sound takes only pca=FILE; its weights say the rest")
    whole = wanted.architecture == _WHOLE
    state = checkpoint.state()
    if not whole:
        state = {key: tensor for key, tensor in state.items() if key.startswith("features.")}
    pca = wanted.network.get("pca")
    if pca is not None:
        if not whole:
            raise UsageError(f"pca={pca} turns the 128 numbers; --architecture {wanted.architecture} ends before them")
        state = {**_components(Path(str(pca))), **state}
    whitening = any(key.startswith("pproc.") for key in state)
    config = SoundEncoderConfig(
        name=wanted.name,
        architecture=wanted.architecture,
        network={"whitening": whitening},
        tap="embedding" if whole else "conv4",
        patch="0.96" if whole else "0.5",
        description=f"VGGish of {checkpoint.path.name}" + (", with its principal components." if whitening else "."),
    )
    return Recognised(config, state)


def _components(path: Path) -> State:
    """Return the principal components in torchvggish's file, under this package's names."""
    state = Checkpoint.read(path).state()
    if set(state) != set(_PCA_NAMES):
        raise InputError(f"{path}: holds {sorted(state)[:4]}, not {list(_PCA_NAMES)}")
    return {f"pproc.{name}": _in_shape(name, tensor) for name, tensor in state.items()}


def _in_shape(name: str, tensor: Tensor) -> Tensor:
    return tensor.reshape((128, 128) if name == "pca_eigen_vectors" else (128, 1))


IMPORTER = Importer(recognise, takes=frozenset({"network"}))
