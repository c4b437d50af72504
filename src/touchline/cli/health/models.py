"""The built-in models: whole, and with the graphs that a CPU runs."""

from __future__ import annotations

from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING

from touchline.cli.health.finding import Finding
from touchline.core.errors import TouchlineError

if TYPE_CHECKING:
    from touchline.models.store import StoredModel

_REMEDY = "reinstall touchline: pip install --force-reinstall --no-deps touchline"
_LABELS_WIDTH = 80


def model_findings() -> list[Finding]:
    """Return whether every built-in model can be read; torch is not needed for that."""
    from touchline.models.store import list_builtin

    stored = list_builtin()
    if not stored:
        return [Finding("models", "error", "no built-in model is installed", "reinstall touchline")]
    return [_model(model) for model in stored]


def _model(stored: StoredModel) -> Finding:
    """Return whether the weights of a model can be read and are finite, and whether its graphs belong to it."""
    from touchline.models.safetensors_file import weights_of
    from touchline.models.store import open_model

    name = f"model {stored.config.name}"
    try:
        model = open_model(stored.path, task="any")
        count = weights_of(stored.path)
        graphs = _graphs(stored.path, sha256=model.sha256)
    except TouchlineError as error:
        return Finding(name, "error", str(error), _REMEDY)
    labels = shorten(", ".join(model.config.labels), _LABELS_WIDTH, placeholder=" ...")
    return Finding(name, "ok", f"{labels}; {count:,} weights, {graphs}; sha256 {model.sha256}")


def _graphs(path: Path, *, sha256: str) -> str:
    """Return whether the graphs of a model lie beside it, in words.

    Raises:
        InputError: they are damaged.

    """
    from touchline.models.runtime.graph_file import graph_path, read_graph_file

    beside = graph_path(path)
    if not beside.is_file():
        return "no graph: it needs torch"
    found = read_graph_file(beside.read_bytes(), model_path=path, source=beside)
    return "with its graph" if found.index.model_sha256 == sha256 else "its graph is of other weights: it needs torch"
