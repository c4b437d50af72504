"""The interface of importers of published weights, and the parts they share.

An import reads a file, recognises its kind, creates its configuration and saves the model: the first and the last step
are the same for all (:mod:`touchline.models.importing.checkpoints`); an :class:`Importer` does the two in between.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import ValidationError
from torch import Tensor

from touchline.core.errors import InputError, UsageError
from touchline.models.importing.reading import read_checkpoint
from touchline.models.importing.wrappers import STATE_KEYS, AmbiguousWeightsError, Copy, unwrapped, weights_in
from touchline.models.safetensors_file import SUFFIX, open_safetensors, tensors_of
from touchline.models.specs.tasks import Config

State = dict[str, Tensor]

COUNTER = "num_batches_tracked"
"""Suffix of the names of batch norm counters, which files from before PyTorch 0.4.1 lack."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A file of weights that was read: its path, its content, and which of its weights to take.

    Attributes:
        path: the file.
        content: what it holds.
        copy: the weights as trained or their average, of a file with both; None takes the only ones there are.

    """

    path: Path
    content: Any
    copy: Copy | None = None

    @classmethod
    def read(cls, path: Path, *, copy: Copy | None = None) -> Checkpoint:
        """Read a PyTorch checkpoint, tensors and plain containers only, or a safetensors file.

        Raises:
            InputError: missing, damaged, or with content other than tensors and plain containers.

        """
        if path.suffix != SUFFIX:
            return cls(path, read_checkpoint(path), copy)
        with open_safetensors(path) as file:
            return cls(path, tensors_of(file), copy)

    @property
    def holds(self) -> str:
        """A description of the content for error messages: the first keys, or the type."""
        content = self.content
        keys = sorted(f"{key!s:.60}" for key in content) if isinstance(content, Mapping) else []
        return str(keys[:8] if isinstance(content, Mapping) else type(content).__name__)

    def state(self) -> State:
        """Return the weights by name, without the prefix of a wrapper around the whole network.

        Raises:
            InputError: the file contains no dictionary of tensors.
            UsageError: it contains several, or not the one asked for.

        """
        return self.state_of(self.content)

    def state_of(self, content: Any) -> State:
        """Return the weights in a part of the content; errors as for :meth:`state`."""
        try:
            state = weights_in(content, copy=self.copy)
        except AmbiguousWeightsError as error:
            raise UsageError(f"{self.path}: {error}") from error
        tensors = isinstance(state, Mapping) and bool(state)
        if not tensors or not all(isinstance(k, str) and isinstance(v, Tensor) for k, v in state.items()):
            raise InputError(
                f"{self.path}: no dictionary of weights, at the top level or under one of {STATE_KEYS[:4]}; it "
                f"contains {self.holds}. Save the network's state_dict() and import that"
            )
        for name, tensor in state.items():
            if tensor.layout != torch.strided or tensor.nbytes > tensor.untyped_storage().nbytes():
                raise InputError(
                    f"{self.path}: {name!r:.80}: {tuple(tensor.shape)} numbers that the file does not hold"
                )
        return unwrapped(state)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The options of an import that the user has set.

    Attributes:
        architecture: architecture of the file's weights.
        name: name of the new model.
        labels: class names in the order of the outputs, or those of the new head.
        new_head: replace the file's head by an untrained one for ``labels``; the model must then be trained.
        clip: fields of the ``ClipSpec`` that override the defaults for this kind of file.
        network: network arguments that the weights do not determine, such as ``temporal`` or ``dropout``.
        suppression: fields of the ``SuppressionSpec`` that override the published ones of a head.
        precision: precision of CPU inference.

    """

    architecture: str
    name: str
    labels: Sequence[str] | None = None
    new_head: bool = False
    clip: Mapping[str, Any] = field(default_factory=dict)
    network: Mapping[str, Any] = field(default_factory=dict)
    suppression: Mapping[str, Any] = field(default_factory=dict)
    precision: Literal["f32", "bf16"] | None = None


def nothing_fresh(name: str) -> bool:
    """Return False for every name: all weights must come from the file."""
    return False


@dataclass(frozen=True, slots=True)
class Recognised:
    """The result of recognising a checkpoint.

    Attributes:
        config: configuration of the new model.
        weights: weights under this package's names.
        fresh: whether a tensor of this name may keep its initial value if the file does not contain it.
        assumed: what the file does not say and was assumed, one line each, with the option that changes it.

    """

    config: Config
    weights: State
    fresh: Callable[[str], bool] = nothing_fresh
    assumed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Importer:
    """An importer of a kind of checkpoint.

    Attributes:
        recognise: converts a checkpoint to a configuration and weights, or raises an InputError.
        takes: fields of :class:`Wanted` that it supports, besides architecture and name.

    """

    recognise: Callable[[Checkpoint, Wanted], Recognised]
    takes: frozenset[str] = frozenset()


def labels_for(
    count: int, wanted: Sequence[str] | None, *, known: Sequence[tuple[str, ...]], source: Path
) -> tuple[str, ...]:
    """Return the names of a checkpoint's classes, in the order of its outputs.

    Args:
        count: number of classes in the checkpoint.
        wanted: names given by the user; None takes the known set of this size.
        known: label sets of such checkpoints.
        source: the checkpoint's path, for error messages.

    Raises:
        InputError: no known set has that many labels, or the user gave more or fewer.

    """
    chosen = tuple(wanted) if wanted else next((labels for labels in known if len(labels) == count), None)
    if chosen is None:
        raise InputError(f"{source}: no known label set has {count} classes; name them in order with --labels A,B,...")
    if len(chosen) != count:
        raise InputError(
            f"{source}: {len(chosen)} labels {chosen} do not fit the checkpoint, which has {count} classes"
        )
    return chosen


def first_fault(error: ValidationError) -> str:
    """Return the first fault of an invalid document: its position, the reason and the value."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where or 'the top'}: {first['msg']}, not {first['input']!r:.80}"
