from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import touchline
from touchline.models.runtime.openvino_model import to_openvino
from touchline.models.runtime.openvino_runtime import import_openvino


@pytest.mark.parametrize("dtype", [torch.uint8, torch.float32])
def test_it_computes_what_torch_computes(dtype: torch.dtype) -> None:
    openvino = import_openvino()
    torch.manual_seed(0)

    class Network(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.convolution = torch.nn.Conv2d(3, 4, 3)

        def forward(self, pixels: torch.Tensor) -> torch.Tensor:
            return self.convolution(pixels.float().permute(0, 3, 1, 2) / 255).relu()

    network = Network().eval()
    example = torch.zeros((2, 8, 10, 3), dtype=dtype)
    model = to_openvino(network, example=example)
    pixels = np.random.default_rng(0).integers(0, 255, (2, 8, 10, 3)).astype(str(dtype).removeprefix("torch."))
    found = openvino.compile_model(model, "CPU", {"INFERENCE_PRECISION_HINT": "f32"})(pixels)[0]
    with torch.no_grad():
        np.testing.assert_allclose(found, network(torch.from_numpy(pixels)).numpy(), atol=1e-5)


def test_no_module_uses_the_converter_that_reports_home() -> None:
    package = Path(touchline.__file__).parent
    users = [path.name for path in package.rglob("*.py") if "convert_model(" in path.read_text(encoding="utf-8")]
    assert users == []
