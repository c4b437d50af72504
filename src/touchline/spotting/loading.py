"""Spotters of frames by name or path, whatever their kind."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from touchline.models.runtime.backends import BackendChoice
from touchline.models.runtime.device import Device
from touchline.models.store import default_spotter, find_model, read_config
from touchline.spotting.dense.spotter import DenseVideoSpotter, load_dense_spotter
from touchline.spotting.spotter import Spotter, load_spotter

DENSE = "spot-dense"
"""Task of dense spotters."""


def load_frame_spotter(
    name_or_path: str | Path | None = None,
    *,
    device: Device = "auto",
    backend: BackendChoice = "auto",
    flip: bool | None = None,
    precision: Literal["f32", "bf16"] | None = None,
    threads: int | None = None,
) -> Spotter | DenseVideoSpotter:
    """Load a spotter of frames of any kind; see :func:`~touchline.spotting.spotter.load_spotter` for the arguments.

    Raises:
        InputError, UsageError, ResourceError: as the loaders of the two kinds.

    """
    name = default_spotter() if name_or_path is None else name_or_path
    load = load_dense_spotter if read_config(find_model(name)).task == DENSE else load_spotter
    return load(name, device=device, backend=backend, flip=flip, precision=precision, threads=threads)
