"""The graphs of a model file, compiled for the CPU: shipped ones, ones from the cache, or ones made with torch."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from touchline.core.errors import InputError
from touchline.core.extras import need_extra
from touchline.core.version import __version__
from touchline.models.runtime.cache import key_of, read_cached, write_cached
from touchline.models.runtime.graph_file import FORMAT, GraphFile, graph_path, read_graph_file
from touchline.models.runtime.graphs import CompiledGraph, settings_of
from touchline.models.runtime.openvino_runtime import import_openvino, openvino_core
from touchline.models.store import OpenedModel


def graph_file_of(model: OpenedModel[Any], *, variant: str = "") -> GraphFile:
    """Return the graphs of a model: from the file beside it, from the cache, or made with torch and then cached.

    Args:
        model: the model.
        variant: another arithmetic of the same model, such as ``"int8"``; there is only what lies beside the model.

    Raises:
        InputError: the graphs are damaged, the model has none, or it calculates numbers that are not finite.
        UsageError: there are no graphs, and torch, which would make them, is not installed.

    """
    found = _beside(model, variant=variant)
    if found is not None:
        return found
    if variant:
        raise InputError(f"model {model.name!r} has no graph {variant!r} beside {model.path}")
    key = key_of("graphs", str(FORMAT), model.sha256, __version__, version("openvino"), _sources())
    content = read_cached(key)
    if content is None:
        content = _made(model)
        write_cached(key, content)
    return read_graph_file(content, model_path=model.path, source=f"{model.path}: its graphs in the cache")


def was_tried(model: OpenedModel[Any]) -> bool:
    """Return whether the network was tried before: graphs are made of networks whose numbers are finite only."""
    return _beside(model, variant="") is not None


def _beside(model: OpenedModel[Any], *, variant: str) -> GraphFile | None:
    """Return the graphs in the file beside a model, if there is one and it is of the same weights."""
    path = graph_path(model.path, variant=variant)
    if not path.is_file():
        return None
    found = read_graph_file(path.read_bytes(), model_path=model.path, source=path)
    return found if found.index.model_sha256 == model.sha256 else None


def _made(model: OpenedModel[Any]) -> bytes:
    need_extra("train", what=f"{model.path}: no graph file lies beside it; making one", modules=("torch",))
    from touchline.models.exporting.graph_files import converted_graphs

    content = converted_graphs(model.load())
    if content is None:
        raise InputError(f"model {model.name!r} has no graphs; only torch runs models for {model.config.task!r}")
    return content


@lru_cache(maxsize=1)
def _sources() -> str:
    """Return a hash of the networks' source code, as a graph made by another version of it may be wrong."""
    folder = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for room in ("networks", "specs", "exporting"):
        for path in sorted((folder / room).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def compiled_part(graphs: GraphFile, part: str, *, precision: str, threads: int) -> CompiledGraph:
    """Compile a part of a model for the CPU, or take it from the cache.

    Args:
        graphs: the model's graphs.
        part: name of the part.
        precision: precision of the arithmetic, ``"f32"`` or ``"bf16"``.
        threads: CPU threads to use.

    Raises:
        InputError: the model file does not hold the tensors that the graph needs.

    """
    core, settings = openvino_core(), settings_of(precision=precision, threads=threads)
    processor = [str(core.get_property("CPU", name)) for name in ("FULL_DEVICE_NAME", "OPTIMIZATION_CAPABILITIES")]
    described = json.dumps([version("openvino"), processor, settings], sort_keys=True)
    key = key_of("compiled", graphs.sha256, graphs.index.model_sha256, part, described)
    content = read_cached(key)
    if content is not None:
        try:
            return CompiledGraph(core.import_model(content, "CPU", settings))
        except RuntimeError:  # OpenVINO's own check of what it wrote
            content = None
    compiled = core.compile_model(_model(graphs, part), "CPU", settings)
    write_cached(key, compiled.export_model().getvalue())
    return CompiledGraph(compiled)


def _model(graphs: GraphFile, part: str) -> Any:
    """Return a part as an ``openvino.Model``.

    Raises:
        InputError: OpenVINO cannot read it.

    """
    constants = import_openvino().Tensor(graphs.constants(part))
    try:
        return openvino_core().read_model(graphs.xml(part).decode(), constants)
    except (RuntimeError, UnicodeDecodeError) as error:
        raise InputError(f"{graphs.model_path}: OpenVINO cannot read its graph {part!r} ({error})") from error
