"""Spotters of frames by name or path, whatever their kind."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from touchline.models.runtime.device import Device
from touchline.models.store import find_model, read_config

if TYPE_CHECKING:
    from touchline.spotting.dense.spotter import DenseVideoSpotter
    from touchline.spotting.spotter import Spotter

DENSE = "spot-dense"
"""Task of dense spotters."""


def load_frame_spotter(
    name_or_path: str | Path | None = None,
    *,
    device: Device = "auto",
    flip: bool | None = None,
    threads: int | None = None,
) -> Spotter | DenseVideoSpotter:
    """Load a spotter of frames of any kind.

    Args:
        name_or_path: a model's name, or its file; None loads the built-in default.
        device: "auto" takes a CUDA device if available.
        flip: average with the scores of mirrored frames; None takes the model's setting. Dense spotters cannot.
        threads: CPU threads to use; None takes all that are available to this process.

    Raises:
        InputError, UsageError, ResourceError: as :func:`~touchline.spotting.spotter.load_spotter`.

    """
    from touchline.spotting.dense.spotter import load_dense_spotter
    from touchline.spotting.spotter import load_spotter

    if name_or_path is not None and read_config(find_model(name_or_path)).task == DENSE:
        return load_dense_spotter(name_or_path, device=device, flip=flip, threads=threads)
    return load_spotter(name_or_path, device=device, flip=flip, threads=threads)
