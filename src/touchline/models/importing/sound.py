"""Importer of VGGish with torchvggish's names as an encoder of sound, whole or cut after its fourth stage."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.models.importing.importer import Checkpoint, Importer, Recognised, State, Wanted
from touchline.models.specs.spec import SoundEncoderConfig

_WHOLE = "vggish"
"""Architecture of the whole network, with 128 values; the cut network has 512."""
_PCA_NAMES = ("pca_eigen_vectors", "pca_means")


def recognise(checkpoint: Checkpoint, wanted: Wanted) -> Recognised:
    """Recognise VGGish's weights as an encoder; ``network`` may give torchvggish's PCA file as ``pca``.

    Raises:
        InputError: the weights are of another network, or the PCA file is not one.
        UsageError: an unknown network argument, or a PCA file for the cut network, which it does not apply to.

    """
    unknown = sorted(set(wanted.network) - {"pca"})
    if unknown:
        raise UsageError(f"--network {unknown[0]}: a sound network takes only pca=FILE; the weights give the rest")
    whole = wanted.architecture == _WHOLE
    state = checkpoint.state()
    if not whole:
        state = {key: tensor for key, tensor in state.items() if key.startswith("features.")}
    pca = wanted.network.get("pca")
    if pca is not None:
        if not whole:
            raise UsageError(
                f"pca={pca} applies to the 128 values; --architecture {wanted.architecture} ends before them"
            )
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
    """Read the principal components from torchvggish's file, under this package's names."""
    state = Checkpoint.read(path).state()
    if set(state) != set(_PCA_NAMES):
        raise InputError(f"{path}: contains {sorted(state)[:4]}, not {list(_PCA_NAMES)}")
    return {f"pproc.{name}": _in_shape(name, tensor) for name, tensor in state.items()}


def _in_shape(name: str, tensor: Tensor) -> Tensor:
    return tensor.reshape((128, 128) if name == "pca_eigen_vectors" else (128, 1))


IMPORTER = Importer(recognise, takes=frozenset({"network"}))
