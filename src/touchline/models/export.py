"""A spotting network as two ONNX graphs: the encoder of a stack, and the decoder of a window of features."""

from __future__ import annotations

import importlib.util
import io
import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.jit._trace import TracerWarning

from touchline.errors import ResourceError
from touchline.formats.atomic import make_folder, write_bytes_atomic, write_text_atomic
from touchline.models.parts import example_inputs
from touchline.models.protocols import SpottingNetwork
from touchline.models.spec import ModelConfig

OPSET = 17
EXAMPLE_BATCH = 2


def export_onnx(network: SpottingNetwork, config: ModelConfig, folder: Path) -> tuple[Path, ...]:
    """Write a network as ``NAME-encoder.onnx``, ``NAME-decoder.onnx`` and its configuration as ``NAME.json``.

    The encoder takes 8-bit luma "pixels" (n, stack, height, width) and gives "features" (n, ...); the decoder takes
    "windows" (n, window, ...) of features and gives "logits" (n, classes). Any n, one size of picture.

    Raises:
        ResourceError: the package ``onnx`` is missing, or the folder cannot be written.

    """
    make_folder(folder)
    encoder, decoder = example_inputs(
        network, frame=config.frame, encode_batch=EXAMPLE_BATCH, decode_batch=EXAMPLE_BATCH
    )
    parts = (("encoder", encoder, ("pixels", "features")), ("decoder", decoder, ("windows", "logits")))
    paths = []
    for part, (module, example), names in parts:
        paths.append(folder / f"{config.name}-{part}.onnx")
        write_bytes_atomic(paths[-1], onnx_bytes(module, example, names=names, any_batch=True))
    paths.append(folder / f"{config.name}.json")
    write_text_atomic(paths[-1], config.model_dump_json(indent=2) + "\n")
    return tuple(paths)


def onnx_bytes(
    module: nn.Module, example: Tensor, *, names: tuple[str, str] = ("input", "output"), any_batch: bool = False
) -> bytes:
    """A module as ONNX, for inputs of the example's shape.

    Args:
        module: of one input and one output.
        example: an input; its first axis is the batch.
        names: of input and output in the graph.
        any_batch: let the first axis vary.

    Raises:
        ResourceError: the package ``onnx`` is not installed.

    """
    if importlib.util.find_spec("onnx") is None:
        raise ResourceError("ONNX export needs the package onnx: pip install 'touchline[onnx]'")
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
    """Keep back the remarks tracing makes about sizes that are fixed on purpose."""
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
