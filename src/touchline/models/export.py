"""A spotting network as two ONNX graphs: the encoder of a stack, and the decoder of a window of features."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from touchline.errors import ResourceError

OPSET = 17


def onnx_bytes(module: nn.Module, example: Tensor) -> bytes:
    """A module as ONNX, for inputs of the example's shape; the input is named "input", the output "output".

    Raises:
        ResourceError: the package ``onnx`` is not installed.

    """
    buffer = io.BytesIO()
    try:
        with quiet_tracing():
            torch.onnx.export(
                module.eval(),
                (example,),
                buffer,
                input_names=["input"],
                output_names=["output"],
                opset_version=OPSET,
                dynamo=False,
            )
    except ModuleNotFoundError as error:
        raise ResourceError(f"ONNX export needs the package {error.name}: pip install 'touchline[onnx]'") from error
    return buffer.getvalue()


@contextmanager
def quiet_tracing() -> Iterator[None]:
    """Keep back the remarks tracing makes about sizes that are fixed on purpose."""
    exporter = logging.getLogger("torch.onnx")
    level = exporter.level
    exporter.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", category=torch.jit.TracerWarning)
            warnings.simplefilter("ignore", category=DeprecationWarning)
            warnings.simplefilter("ignore", category=UserWarning)
            yield
    finally:
        exporter.setLevel(level)
