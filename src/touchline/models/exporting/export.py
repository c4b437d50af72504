"""Export of a module as an ONNX graph."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from touchline.core.extras import need_extra

OPSET = 17
EXAMPLE_BATCH = 2


def onnx_bytes(
    module: nn.Module, example: Tensor, *, names: tuple[str, str] = ("input", "output"), any_batch: bool = False
) -> bytes:
    """Convert a module to an ONNX graph for inputs of the example's shape.

    Args:
        module: module of one input and one output.
        example: an input; its first axis is the batch.
        names: names of input and output in the graph.
        any_batch: make the batch size variable.

    Raises:
        MissingPackageError: the package ``onnx`` is not installed.

    """
    need_extra("onnx", what="a file in ONNX", modules=("onnx",))
    buffer: Any = io.BytesIO()
    axes = {name: {0: "n"} for name in names} if any_batch else None
    with quiet_tracing():
        torch.onnx.export(
            module.eval(),
            (example,),
            buffer,
            input_names=[names[0]],
            output_names=[names[1]],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    return buffer.getvalue()


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Suppress tracing's warnings about sizes that are fixed on purpose."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            for category in (TracerWarning, DeprecationWarning, UserWarning):
                warnings.simplefilter("ignore", category=category)
            yield
    finally:
        exporter.setLevel(level)
