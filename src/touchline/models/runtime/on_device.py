"""Networks on a device that has batches begun ahead of it, so that copies, calculation and the host's work overlap.

A batch goes to the device, is calculated, and comes back, each on its own lane; the host goes on meanwhile and waits
only for the batch it needs. A batch that does not fit into the device's memory is halved, and so are all after it.
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from touchline.core.errors import ResourceError
from touchline.models.runtime.requests import Arrays, Pending

AHEAD = 2
"""Batches to keep begun on a device: one is calculated while the next one is copied."""


class OutOfDeviceMemory(Exception):
    """A batch does not fit into the device's memory."""


class Lanes(Protocol):
    """A network on a device.

    Attributes:
        name: of the device, for messages.

    """

    name: str

    def submit(self, pixels: npt.NDArray[Any]) -> Pending[Arrays]:
        """Begin on a batch and return at once; call the result for the outputs, as float32 arrays.

        Raises:
            OutOfDeviceMemory: it does not fit.

        """
        ...


class DeviceGraph:
    """A network as a function of batches that can be begun ahead.

    Args:
        lanes: the network on its device.
        ahead: batches to keep begun while an earlier one is waited for.

    """

    def __init__(self, lanes: Lanes, *, ahead: int = AHEAD) -> None:
        self.ahead = ahead
        self._lanes = lanes
        self._most: int | None = None

    @property
    def most(self) -> int | None:
        """Largest batch that fitted after one did not; None as long as all have."""
        return self._most

    def __call__(self, pixels: npt.NDArray[Any]) -> Arrays:
        """Return the outputs for a batch, as float32 arrays."""
        return self.begin(pixels)()

    def begin(self, pixels: npt.NDArray[Any]) -> Pending[Arrays]:
        """Begin on a batch, which must not change until its outputs are there.

        Raises:
            ResourceError: a single picture does not fit into the device's memory.

        """
        if self._most is not None and len(pixels) > self._most:
            return self._in_parts(pixels, self._most)
        try:
            return self._lanes.submit(pixels)
        except OutOfDeviceMemory as error:
            if len(pixels) == 1:
                raise ResourceError(f"one picture does not fit on {self._lanes.name}; run with --device cpu") from error
        self._most = len(pixels) // 2
        return self._in_parts(pixels, self._most)

    def _in_parts(self, pixels: npt.NDArray[Any], size: int) -> Pending[Arrays]:
        """Work on a batch in smaller ones, one after another: begun ahead they would not fit either."""
        parts = [self.begin(pixels[first : first + size])() for first in range(0, len(pixels), size)]
        joined = tuple(np.concatenate(one) for one in zip(*parts, strict=True))
        return lambda: joined
