"""Graph files of models, made with torch: see :mod:`touchline.models.runtime.graph_file`."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from touchline.formats.files.atomic import write_bytes_atomic
from touchline.models.exporting.parts import Part, facts_of, parts_of
from touchline.models.runtime.graph_file import Converted, graph_file_bytes, graph_path, size_variant
from touchline.models.runtime.openvino_model import to_openvino
from touchline.models.runtime.openvino_runtime import import_openvino
from touchline.models.runtime.probing import require_finite_layers
from touchline.models.store import LoadedModel


def write_graph_file(model: LoadedModel[Any], *, size: tuple[int, int] | None = None) -> Path | None:
    """Write the graphs of a model beside its file, and return their path; None if only torch runs such models.

    Args:
        model: the model.
        size: another width and height of the input of a detector or pitch finder, which make a variant of its graphs.

    Raises:
        InputError: the network calculates numbers that are not finite.
        ResourceError: the file cannot be written.

    """
    if size is not None:
        model = replace(model, config=model.config.of_size(size))
    content = converted_graphs(model)
    if content is None:
        return None
    path = graph_path(model.path, variant="" if size is None else size_variant(size))
    write_bytes_atomic(path, content)
    return path


def converted_graphs(model: LoadedModel[Any]) -> bytes | None:
    """Convert every part of a model and return the bytes of its graph file; None if it has no parts.

    Raises:
        InputError: the network calculates numbers that are not finite.

    """
    parts = parts_of(model.network, model.config)
    if not parts:
        return None
    return graph_file_bytes(
        {name: _converted(part, model=model.name) for name, part in parts.items()},
        model_path=model.path,
        model_sha256=model.sha256,
        openvino=import_openvino().__version__,
        facts=facts_of(model.network, model.config),
    )


def _converted(part: Part, *, model: str) -> Converted:
    require_finite_layers(part.module, *part.trial, model=model)
    return as_converted(to_openvino(part.module, example=part.example, any_size=part.any_size))


def as_converted(graph: Any) -> Converted:
    """Write an ``openvino.Model`` into memory; equal graphs give equal bytes, as its operations are numbered."""
    graph.set_friendly_name("graph")
    for number, operation in enumerate(graph.get_ordered_ops()):
        operation.set_friendly_name(str(number))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "graph.xml"
        import_openvino().save_model(graph, path, compress_to_fp16=False)
        xml, constants = path.read_bytes(), path.with_suffix(".bin").read_bytes()
    inputs, outputs = (tuple(map(_shape, ports)) for ports in (graph.inputs, graph.outputs))
    return Converted(xml, constants, inputs, outputs)


def _shape(port: Any) -> tuple[int, ...]:
    return tuple(-1 if size.is_dynamic else size.get_length() for size in port.partial_shape)
