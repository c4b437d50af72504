"""Export of models as ONNX or OpenVINO graphs: spotters in two parts, recognisers of clips and joints in one.

A recogniser's graph maps raw input (8-bit RGB pixels, or joints) to probabilities: normalisation, channel order and
temperature are part of it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from torch import Tensor, nn

from touchline.core.errors import InputError, UsageError
from touchline.formats.files.atomic import make_folder, replacing, write_bytes_atomic, write_text_atomic, writing
from touchline.models.exporting.export import EXAMPLE_BATCH, onnx_bytes
from touchline.models.exporting.parts import SequenceClassifier
from touchline.models.networks.parts import example_inputs
from touchline.models.runtime.openvino_model import to_openvino
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.specs.clip_input import ClipClassifier
from touchline.models.specs.spec import ClipConfig, ModelConfig, SkeletonConfig, StoredConfig

ExportFormat = Literal["onnx", "openvino"]
EXPORTED_TASKS = ("spot", "recognize", "skeleton")

_COPY_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class _Graph:
    """A graph to write: suffix of the file name, module, example input, and names of input and output."""

    ending: str
    module: nn.Module
    example: Tensor
    names: tuple[str, str]


def export_model(network: Any, config: StoredConfig, folder: Path, *, format: ExportFormat) -> tuple[Path, ...]:
    """Write a model for other runtimes, with its configuration as ``NAME.json``.

    A spotter becomes ``NAME-encoder`` (8-bit luma "pixels" (n, stack, height, width) to "features") and
    ``NAME-decoder`` ("windows" (n, window, ...) of features to "logits"). A recogniser of clips becomes ``NAME``: RGB
    "pixels" uint8 (n, frames, height, width, 3) to "scores" (n, classes), which are probabilities. A recogniser of
    joints takes "sequences" float32 (n, frames, joints, 3) instead. Any n; everything else is of fixed size. ONNX is
    one file a graph, OpenVINO an ``.xml`` and a ``.bin``; all weights are float32.

    Args:
        network: the model's network.
        config: the model's configuration.
        folder: output folder; it is created.
        format: ``"onnx"`` or ``"openvino"``.

    Returns:
        The files written.

    Raises:
        UsageError: models for this task cannot be exported.
        InputError: a part of the model is untrained.
        ResourceError: the package ``onnx`` is missing, or the folder cannot be written.

    """
    write = {"onnx": _write_onnx, "openvino": _write_openvino}[format]
    graphs = _graphs(network, config)
    make_folder(folder)
    paths = [path for graph in graphs for path in write(graph, folder / f"{config.name}{graph.ending}")]
    paths.append(folder / f"{config.name}.json")
    write_text_atomic(paths[-1], config.model_dump_json(indent=2) + "\n")
    return tuple(paths)


def _graphs(network: Any, config: StoredConfig) -> list[_Graph]:
    """Return the graphs to write for a model."""
    if isinstance(config, ModelConfig):
        encoder, decoder = example_inputs(
            network, frame=config.frame, encode_batch=EXAMPLE_BATCH, decode_batch=EXAMPLE_BATCH
        )
        return [
            _Graph("-encoder", *encoder, ("pixels", "features")),
            _Graph("-decoder", *decoder, ("windows", "logits")),
        ]
    if isinstance(config, ClipConfig):
        if config.untrained:
            raise InputError(f"model {config.name!r}: its {', '.join(config.untrained)} is untrained; train it first")
        clip = config.clip
        pixels = torch.zeros(EXAMPLE_BATCH, clip.frames, clip.height, clip.width, 3, dtype=torch.uint8)
        whole = ClipClassifier(network, spec=clip, temperature=config.temperature).eval()
        return [_Graph("", whole, pixels, ("pixels", "scores"))]
    if isinstance(config, SkeletonConfig):
        sequences = torch.ones(EXAMPLE_BATCH, config.skeleton.frames, len(config.skeleton.joints), 3)
        classifier = SequenceClassifier(network, temperature=config.temperature).eval()
        return [_Graph("", classifier, sequences, ("sequences", "scores"))]
    task = getattr(config, "task", "?")
    raise UsageError(f"model {config.name!r} is for {task!r}; models for {', '.join(EXPORTED_TASKS)} can be exported")


def _write_onnx(graph: _Graph, path: Path) -> list[Path]:
    path = path.with_name(path.name + ".onnx")
    write_bytes_atomic(path, onnx_bytes(graph.module, graph.example, names=graph.names, any_batch=True))
    return [path]


def _write_openvino(graph: _Graph, path: Path) -> list[Path]:
    """Write the weights first, then the graph that refers to them."""
    openvino = import_openvino()
    model = to_openvino(graph.module.eval(), example=graph.example)
    model.reshape(openvino.PartialShape([-1, *graph.example.shape[1:]]))
    model.inputs[0].get_tensor().set_names({graph.names[0]})
    model.outputs[0].get_tensor().set_names({graph.names[1]})
    written = []
    with writing(path), tempfile.TemporaryDirectory(dir=path.parent, prefix=".writing-") as folder:
        openvino.save_model(model, Path(folder) / "graph.xml", compress_to_fp16=False)
        for suffix in (".bin", ".xml"):
            written.append(path.with_name(path.name + suffix))
            _move(Path(folder) / f"graph{suffix}", written[-1])
    return written[::-1]


def _move(source: Path, target: Path) -> None:
    """Copy a file atomically."""
    with source.open("rb") as file, replacing(target) as place:
        while part := file.read(_COPY_BYTES):
            place.write(part)
