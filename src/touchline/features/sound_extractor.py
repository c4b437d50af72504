"""Feature extraction from sound: VGGish, or the curves of a match, row by row as the sound is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from touchline.core.arrays import Floats32
from touchline.core.errors import InputError
from touchline.core.finite_output import require_finite_output
from touchline.core.sound import CURVE_RATE_HZ, CURVES
from touchline.listening.curves import listen
from touchline.listening.logmel import PATCHES, stream_patches
from touchline.listening.model import NAME, load_sound_model
from touchline.models.architectures import where_from
from touchline.models.runtime.device import Device, choose_device
from touchline.models.safetensors_file import SUFFIX
from touchline.models.specs.spec import SoundEncoderConfig
from touchline.models.store import find_model, load_model, read_config

if TYPE_CHECKING:
    from touchline.models.networks.vggish import VGGish

CURVES_MODEL = "sound"
"""The model name that selects the curves as features."""
_CPU_BATCH, _GPU_BATCH = 16, 256


class SoundExtractor(Protocol):
    """The interface of extractors that compute rows of features from sound.

    Attributes:
        name, sha256: name and file hash of the model.
        width: values in a row.
        rate_hz: rows per second.
        start_us: time of the first row, microseconds.
        device_reason: device it runs on, and why.

    """

    name: str
    sha256: str
    width: int
    rate_hz: float
    start_us: int
    device_reason: str

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the sound that decides the values, as JSON."""
        ...

    def stream(self, chunks: Iterable[Floats32]) -> Iterator[Floats32]:
        """Yield rows (n, width) for a sound given in chunks (samples,) at 16 kHz."""
        ...


class VggishExtractor:
    """A :class:`SoundExtractor` that runs a VGGish network.

    Args:
        network: the network.
        config: configuration of its file.
        sha256: hash of its file.
        device: device to run on.

    """

    def __init__(self, network: VGGish, *, config: SoundEncoderConfig, sha256: str, device: Device) -> None:
        import torch

        from touchline.models.networks.vggish import WIDTHS

        where, self.device_reason = choose_device(device)
        self.name, self.sha256, self.config = config.name, sha256, config
        self.width = WIDTHS[config.tap]
        self._patch = PATCHES[config.patch]
        self.rate_hz, self.start_us = self._patch.rate_hz, self._patch.centre_us
        self._device = where
        self._half = config.precision == "bf16" and where == "cpu"
        network = network.eval().to(where, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._network = network.to(torch.bfloat16) if self._half else network
        self._batch = _GPU_BATCH if where == "cuda" else _CPU_BATCH

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the sound that decides the values, as JSON."""
        return {
            "model": self.name,
            "sha256": self.sha256,
            "tap": self.config.tap,
            "patch": self.config.patch,
            "device": self.device_reason.partition(":")[0],
        }

    def stream(self, chunks: Iterable[Floats32]) -> Iterator[Floats32]:
        """Yield rows (n, width) for a sound in chunks (samples,) at 16 kHz; non-finite samples count as silence."""
        clean = (np.nan_to_num(chunk, nan=0.0, posinf=0.0, neginf=0.0) for chunk in chunks)
        for patches in stream_patches(clean, spec=self._patch):
            for first in range(0, len(patches), self._batch):
                yield self._rows(patches[first : first + self._batch])

    def _rows(self, patches: Floats32) -> Floats32:
        """Compute rows of at most a batch of patches, padded to a full batch so that the split changes no value."""
        import torch

        full = np.zeros((self._batch, *patches.shape[1:]), np.float32)
        full[: len(patches)] = patches
        with torch.inference_mode():
            given = torch.from_numpy(full).to(self._device)
            rows = self._network(given.bfloat16() if self._half else given, tap=self.config.tap)
            values: Floats32 = rows.float().cpu().numpy()[: len(patches)]
        require_finite_output(values, model=self.name, what="feature", runs_on=self.device_reason)
        return values


class CurvesExtractor:
    """A :class:`SoundExtractor` of the whistle, crowd and band curves; reads all sound before the first row."""

    name = CURVES_MODEL
    width = len(CURVES)
    rate_hz = CURVE_RATE_HZ
    start_us = 0
    device_reason = "cpu: fast enough for the sound curves"

    def __init__(self) -> None:
        self._model = load_sound_model()
        self.sha256 = self._model.sha256

    @property
    def settings(self) -> dict[str, Any]:
        """Everything besides the sound that decides the values, as JSON."""
        return {"model": NAME, "sha256": self.sha256, "curves": list(CURVES)}

    def stream(self, chunks: Iterable[Floats32]) -> Iterator[Floats32]:
        """Yield all rows (n, 10) at once; ``CURVES`` names their columns."""
        yield listen(chunks, model=self._model).curves


def is_sound_model(name_or_path: str) -> bool:
    """Return whether a model is for sound: the curves, an imported VGGish, or a name that starts with vggish."""
    if name_or_path == CURVES_MODEL or Path(name_or_path).name.startswith("vggish"):
        return True
    try:
        return isinstance(read_config(find_model(name_or_path)), SoundEncoderConfig)
    except InputError:
        return False


def load_sound_extractor(name_or_path: str = CURVES_MODEL, *, device: Device = "auto") -> SoundExtractor:
    """Load an extractor of sound features: ``"sound"`` for the curves, or an imported VGGish by name or path.

    Raises:
        InputError: not found, damaged, or not for sound.
        ResourceError: the requested GPU is not available.

    """
    if name_or_path == CURVES_MODEL:
        return CurvesExtractor()
    path = Path(name_or_path)
    if path.is_file() and path.suffix != SUFFIX:
        raise InputError(
            f"{path}: import the weights of a sound network first: `touchline models import {path} "
            "--architecture vggish`, or with --architecture vggish-conv4 for 512 values every half second"
        )
    try:
        model = load_model(name_or_path, task="sound-features")
    except InputError as error:
        raise InputError(f"{error}. {where_from('vggish', tasks=('sound-features',))}") from error
    return VggishExtractor(model.network, config=model.config, sha256=model.sha256, device=device)
