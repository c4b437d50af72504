"""The one runner: whole batches go in, each picture's own outputs come back, and what cannot run is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from touchline.core.errors import ResourceError, UsageError
from touchline.models.runtime.backends import choose_backend
from touchline.models.runtime.device import choose_device
from touchline.models.runtime.fitting import fit_at_corner
from touchline.models.runtime.runner import PictureModel, Runner, make_runner
from touchline.models.specs.spec import EncoderConfig, EncoderSpec

CONFIG = EncoderConfig(name="means", architecture="none", picture=EncoderSpec(width=4, height=4))


class Means(nn.Module):
    """The mean of each colour, and the darkest pixel."""

    def forward(self, pixels: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return pixels.float().mean((1, 2)), pixels.float().amin((1, 2, 3))


class Model(PictureModel[EncoderConfig]):
    gives = "mean"


def pictures(count: int) -> list[np.ndarray]:
    return [np.full((8, 8, 3), number + 1, np.uint8) for number in range(count)]


@pytest.mark.parametrize("backend", ["torch", "openvino"])
@pytest.mark.parametrize("when_needed", [False, True])
def test_outputs_come_back_with_their_pictures(backend: str, when_needed: bool) -> None:
    runner = make_runner(
        Means(),
        CONFIG,
        batches=(2, 2),
        device="cpu",
        backend=backend,
        threads=1,
        when_needed=when_needed,
    )
    assert (runner.batch, runner.device_reason, runner.arithmetic) == (2, "cpu: requested", f"{backend} f32")
    given = pictures(5)
    rows = list(Model(CONFIG, runner=runner).run(given, draw=fit_at_corner))
    assert [picture is wanted for (picture, _, _), wanted in zip(rows, given, strict=True)] == [True] * 5
    assert [scale for _, scale, _ in rows] == [0.5] * 5
    assert [means.tolist() for _, _, (means, _) in rows] == [[number + 1.0] * 3 for number in range(5)]
    assert [float(darkest) for _, _, (_, darkest) in rows] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_the_graph_always_gets_whole_batches() -> None:
    shapes = []

    def graph(pixels: np.ndarray) -> tuple[np.ndarray]:
        shapes.append(pixels.shape)
        return (pixels.mean((1, 2)).astype(np.float32),)

    model = Model(CONFIG, runner=Runner(graph, 3, "cpu: a test"))
    assert len(list(model.run(pictures(4), draw=fit_at_corner))) == 4
    assert shapes == [(3, 4, 4, 3)] * 2
    assert list(model.run([], draw=fit_at_corner)) == []


def test_what_cannot_run_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(UsageError, match="device 'tpu' is unknown; choose auto, cpu or cuda"):
        choose_device("tpu")
    with pytest.raises(ResourceError, match="no CUDA device; use --device cpu"):
        choose_device("cuda")
    with pytest.raises(UsageError, match="backend 'onnx' is unknown; choose auto, openvino, torch"):
        make_runner(Means(), CONFIG, batches=(1, 1), device="cpu", backend="onnx")
    with pytest.raises(UsageError, match="backend openvino runs on the cpu only"):
        choose_backend("openvino", device=torch.device("cuda"))
