"""The parts of a dense spotter, run by torch: in float32 on a CPU, in bfloat16 on a GPU."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from touchline.models.runtime.device import half_on_gpu
from touchline.models.runtime.requests import Pending
from touchline.spotting.dense.runtime import FRAMES, Row


class TorchRuntime:
    """Modules of torch on a device; what is kept of frames stays there.

    Args:
        parts: the parts by name.
        device: the device.

    """

    name = "torch"
    ahead = 0

    def __init__(self, parts: Mapping[str, nn.Module], *, device: str | torch.device) -> None:
        self.device = torch.device(device)
        self._parts = {name: part.eval().to(self.device) for name, part in parts.items()}

    @torch.inference_mode()
    def rows(self, part: str, rows: npt.NDArray[np.uint8] | Sequence[Row]) -> Pending[Sequence[Row]]:
        """Return what a part returns for frames or a stretch."""
        if part == FRAMES:
            pixels = torch.from_numpy(np.stack(list(rows))).to(self.device, non_blocking=True)
            found = self._run(part, pixels)
        else:
            found = self._run(part, torch.stack(list(rows))[None])[0]
        return lambda: found

    @torch.inference_mode()
    def said(self, part: str, rows: Sequence[Row]) -> Pending[tuple[npt.NDArray[np.float32], ...]]:
        """Return what a part says of a clip."""
        outputs: Sequence[Tensor] = self._run(part, torch.stack(list(rows))[None])
        return lambda: tuple(output[0].float().cpu().numpy() for output in outputs)

    def _run(self, part: str, values: Tensor) -> Any:
        with half_on_gpu(self.device):
            return self._parts[part](values)
