"""Feature extraction from pictures: :func:`load_feature_extractor`, then :meth:`FeatureExtractor.features`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from touchline.core.arrays import Rgb
from touchline.core.errors import InputError
from touchline.core.extras import need_extra
from touchline.models.architectures import where_from
from touchline.models.runtime.backends import PICTURE_BACKENDS, PictureBackend, choose_backend
from touchline.models.runtime.device import Device, choose_device
from touchline.models.runtime.fitting import fit
from touchline.models.runtime.model_graphs import graph_file_of
from touchline.models.runtime.runner import ModelPart, PictureModel, Runner, make_runner
from touchline.models.safetensors_file import SUFFIX, open_safetensors
from touchline.models.specs.spec import DETECTOR_SPEC, EncoderConfig, EncoderSpec
from touchline.models.store import DEFAULT_DETECTOR, METADATA_KEY, find_model, open_model, read_config

if TYPE_CHECKING:
    from torch import nn

Fit = Literal["crop", "resize", "pad"]
Precision = Literal["f32", "bf16"]

BUILTIN = "builtin"
"""The encoder that ships with touchline: the first part of its people detector."""
_BATCHES = (4, 64)


class FeatureExtractor(PictureModel[EncoderConfig]):
    """An extractor that computes one feature vector per picture.

    Args:
        config: configuration of the encoder.
        runner: runner of its network, whose output is features (width,).
        width: values in a vector.
        sha256: hash of the model's file.

    """

    gives = "feature"

    def __init__(self, config: EncoderConfig, *, runner: Runner, width: int, sha256: str = "") -> None:
        super().__init__(config, runner=runner, sha256=sha256)
        self.spec = config.picture
        self.width = width
        self.arithmetic = runner.arithmetic

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the pictures that decides the values, as JSON."""
        return {
            "model": self.name,
            "sha256": self.sha256,
            "picture": self.spec.model_dump(mode="json"),
            "device": self.device_reason.partition(":")[0],
            "arithmetic": self.arithmetic,
        }

    def prepare(self, picture: Rgb) -> Rgb:
        """Fit a picture uint8 (h, w, 3) RGB of any size to the network's input, uint8 (height, width, 3)."""
        return fit_for_encoder(picture, spec=self.spec)

    def features(self, pictures: Sequence[Rgb]) -> npt.NDArray[np.float32]:
        """Return features float32 (n, width) of pictures uint8 (h, w, 3) RGB, of any sizes.

        Raises:
            ResourceError: the network's output is not finite.

        """
        rows = [values for _, _, (values,) in self.run(pictures, draw=self._draw)]
        return np.stack(rows) if rows else np.zeros((0, self.width), np.float32)

    def _draw(self, picture: Rgb, /, *, into: Rgb) -> None:
        into[:] = self.prepare(picture)


def fit_for_encoder(picture: Rgb, *, spec: EncoderSpec) -> Rgb:
    """Fit a picture uint8 (h, w, 3) to the size of a spec, uint8 (height, width, 3)."""
    return fit(
        picture,
        width=spec.width,
        height=spec.height,
        how=spec.fit,
        rounding="down",
        cubic=spec.interpolation == "cubic",
    )


def load_feature_extractor(
    name_or_path: str = BUILTIN,
    *,
    device: Device = "auto",
    backend: PictureBackend = "auto",
    batch: int | None = None,
    fit: Fit | None = None,
    precision: Precision | None = None,
    threads: int | None = None,
) -> FeatureExtractor:
    """Load an encoder by name or path.

    Args:
        name_or_path: ``"builtin"``; a built-in or imported detector or encoder, or its file; or a file of published
            weights of an encoder.
        device: device to run on; ``"auto"`` takes a GPU if available.
        backend: ``"auto"`` is OpenVINO on a CPU and torch on a GPU.
        batch: pictures per batch; 4 on a CPU and 64 on a GPU where None.
        fit: how pictures are fitted to the network's size; the model's setting where None.
        precision: precision of OpenVINO's arithmetic; the model's setting where None. ``"bf16"`` is faster, and its
            values differ slightly.
        threads: CPU threads for OpenVINO; all available ones by default.

    Raises:
        InputError: the model does not exist, is damaged, or does not compute features of pictures.
        UsageError: an unknown device or backend, or an unsupported combination of the two.
        ResourceError: the requested GPU, or a backend's package, is not available.

    """
    encoder = _load(name_or_path)
    config = encoder.config
    if fit is not None and fit != config.picture.fit:
        changes = {"fit": fit, "interpolation": "cubic" if fit == "resize" else "area"}
        config = config.model_copy(update={"picture": config.picture.model_copy(update=changes)})
    if precision is not None:
        config = config.model_copy(update={"precision": precision})
    network, width = _network(encoder, config, device=device, backend=backend)
    runner = make_runner(
        network,
        config,
        batches=(batch, batch) if batch else _BATCHES,
        device=device,
        backend=backend,
        threads=threads,
        when_needed=True,
    )
    return FeatureExtractor(config, runner=runner, width=width, sha256=encoder.sha256)


@dataclass(frozen=True, slots=True, eq=False)
class _Encoder:
    """An encoder: a part of a model file, or a network in memory, with its configuration and the file's hash."""

    network: Any
    config: EncoderConfig
    sha256: str


def _network(
    encoder: _Encoder, config: EncoderConfig, *, device: Device, backend: PictureBackend
) -> tuple[nn.Module | ModelPart, int]:
    """Return what calculates the features, and how many values they have."""
    part = encoder.network
    if not isinstance(part, ModelPart):
        from touchline.models.networks.picture_features import PictureFeatures

        whole = PictureFeatures(part, spec=config.picture)
        return whole, whole.feature_size
    if choose_backend(backend, device=choose_device(device)[0], among=PICTURE_BACKENDS) == "torch":
        module: Any = part.module()
        return module, module.feature_size
    return part, graph_file_of(part.model).index.parts[part.part].outputs[0][1]


def _load(name_or_path: str) -> _Encoder:
    """Load an encoder: a model file's, a detector's first part, or a file of published weights."""
    path = _find(name_or_path)
    if path.suffix != SUFFIX or not _is_ours(path):
        need_extra("train", what=f"{path}: reading published weights", modules=("torch",))
        from touchline.models.importing.checkpoints import read_encoder

        loaded = read_encoder(path)
        return _Encoder(loaded.network, loaded.config, loaded.sha256)
    model = open_model(path, task="any")
    config = model.config
    if isinstance(config, EncoderConfig):
        return _Encoder(ModelPart(model, "features"), config, model.sha256)
    if config.task != "detect":
        raise InputError(
            f"{path}: a model for {config.task!r} does not compute features of pictures; use 'builtin', or an encoder "
            "that `touchline models list` shows"
        )
    encoder = EncoderConfig(
        name=config.name, architecture=config.architecture, picture=DETECTOR_SPEC, precision=config.precision
    )
    return _Encoder(ModelPart(model, "features"), encoder, model.sha256)


def _find(name_or_path: str) -> Path:
    """Return the file of a model given by name or path.

    Raises:
        InputError: not found; for a known network the message says where to get its weights.

    """
    if name_or_path == BUILTIN:
        return find_model(DEFAULT_DETECTOR)
    path = Path(name_or_path)
    if path.is_file():
        return path
    try:
        return find_model(name_or_path)
    except InputError as error:
        advice = where_from(name_or_path, tasks=("features",))
        if advice:
            raise InputError(f"{name_or_path}: {advice}") from error
        raise


def _is_ours(path: Path) -> bool:
    """Return whether a safetensors file has a touchline configuration; an invalid one is an error."""
    with open_safetensors(path, framework="np") as file:
        ours = METADATA_KEY in (file.metadata() or {})
    if ours:
        read_config(path)
    return ours
