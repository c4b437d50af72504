"""What every importer of published weights has in common: what it is given, and what it makes of it.

A file is read, its kind recognised, its configuration made, and the model saved: the first and the last step are the
same for all (:mod:`touchline.models.importing.checkpoints`); an :class:`Importer` does the two between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import ValidationError
from torch import Tensor

from touchline.core.errors import InputError
from touchline.models.importing.reading import read_checkpoint
from touchline.models.safetensors_file import SUFFIX, open_safetensors, tensors_of
from touchline.models.specs.tasks import Config

State = dict[str, Tensor]

STATE_KEYS = ("state_dict", "model_state", "model_state_dict", "model")
"""Where checkpoints keep their weights, if they hold more than these."""
COUNTER = "num_batches_tracked"
"""End of the names of batch norm's counters, which files from before PyTorch 0.4.1 have none of."""

_WRAPPER_PREFIXES = ("module.", "_orig_mod.")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file of weights as it was read: its place and what it holds."""

    path: Path
    content: Any

    @classmethod
    def read(cls, path: Path) -> Checkpoint:
        """Read a PyTorch checkpoint, tensors and plain containers only, or a safetensors file.

        Raises:
            InputError: missing, damaged, or with anything beyond tensors and plain containers.

        """
        if path.suffix != SUFFIX:
            return cls(path, read_checkpoint(path))
        with open_safetensors(path) as file:
            return cls(path, tensors_of(file))

    @property
    def holds(self) -> str:
        """What it holds, in words, for an error."""
        content = self.content
        return str(sorted(map(str, content))[:8] if isinstance(content, Mapping) else type(content).__name__)

    def state(self) -> State:
        """Return its weights by name, without the prefix of a wrapper around the whole network.

        Raises:
            InputError: it holds no dictionary of tensors.

        """
        state = self.content
        if isinstance(state, Mapping):
            state = next((state[key] for key in STATE_KEYS if isinstance(state.get(key), Mapping)), state)
        tensors = isinstance(state, Mapping) and bool(state)
        if not tensors or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
            raise InputError(
                f"{self.path}: no dictionary of weights, by itself or as one of {STATE_KEYS}; it holds {self.holds}. "
                "Save the network's state_dict() and give that"
            )
        return unwrapped(state)


def unwrapped(state: Mapping[str, Tensor]) -> State:
    """Return weights without the prefix of a wrapper around the whole network."""
    for prefix in _WRAPPER_PREFIXES:
        if state and all(key.startswith(prefix) for key in state):
            state = {key.removeprefix(prefix): tensor for key, tensor in state.items()}
    return dict(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What the user asks for.

    Attributes:
        architecture: which network the file's weights are of.
        name: of the new model.
        labels: class names in the order of the outputs; of the new head's where one is asked for.
        new_head: put a fresh head for ``labels`` in place of the file's; the model is then to be trained.
        clip: fields of a ``ClipSpec`` that are otherwise than this kind of file has them.
        network: what the weights do not say, such as ``temporal`` or ``dropout``.
        precision: arithmetic of CPU inference.

    """

    architecture: str
    name: str
    labels: Sequence[str] | None = None
    new_head: bool = False
    clip: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    precision: Literal["f32", "bf16"] | None = None


def nothing_fresh(name: str) -> bool:
    """All of a network's weights come from the file."""
    return False


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a checkpoint is.

    Attributes:
        config: of the new model.
        weights: under this package's names.
        fresh: whether a tensor the file has none of may come from a fresh network.

    """

    config: Config
    weights: State
    fresh: Callable[[str], bool] = nothing_fresh


@dataclass(frozen=True, slots=True)
class Importer:
    """What makes a configuration and weights of a kind of checkpoint.

    Attributes:
        recognise: does so, or raises an InputError.
        takes: fields of :class:`Wanted` that mean something to it, besides architecture and name.

    """

    recognise: Callable[[Checkpoint, Wanted], Recognised]
    takes: frozenset[str] = frozenset()


def labels_for(
    count: int, wanted: Sequence[str] | None, *, known: Sequence[tuple[str, ...]], source: Path
) -> tuple[str, ...]:
    """Return the names of a checkpoint's classes, in the order of its outputs.

    Args:
        count: how many it has.
        wanted: what the user calls them.
        known: sets of labels that such checkpoints have.
        source: for errors.

    Raises:
        InputError: no known set has as many, or the user names more or fewer.

    """
    chosen = tuple(wanted) if wanted else next((labels for labels in known if len(labels) == count), None)
    if chosen is None:
        raise InputError(f"{source}: no known label set has {count} classes; name them in order with --labels A,B,...")
    if len(chosen) != count:
        raise InputError(
            f"{source}: {len(chosen)} labels {chosen} do not fit the checkpoint, which is of {count} classes"
        )
    return chosen


def first_fault(error: ValidationError) -> str:
    """Return where a document is invalid, why, and what stands there."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'the top'}: {first['msg']}, not {first['input']!r:.80}"
