"""The loss terms of a batch, whose gradients are averaged over all processes by torch's DistributedDataParallel."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from touchline.training.distributed.group import Group

Batch = TypeVar("Batch")


class SharedTerms(Generic[Batch]):
    """A step's loss terms, computed so that the backward pass leaves the same gradients in every process.

    What is wrapped is the step, not the network: a family may call any method of its network, and the network's tensors
    keep their names. Batch norms use the batch of their own process; their running statistics are those of the first
    process, which the others take over before every step.

    Args:
        network: whose weights are trained.
        terms: function from a batch to the loss terms.
        group: the processes; the function is called directly if there is only one.

    """

    def __init__(self, network: nn.Module, terms: Callable[[Batch], Mapping[str, Tensor]], *, group: Group) -> None:
        self._terms = terms
        self._parallel = None
        if not group.alone:
            self._parallel = DistributedDataParallel(_Step(network, terms), find_unused_parameters=True)

    def __call__(self, batch: Batch) -> dict[str, Tensor]:
        """Compute the loss terms of a batch."""
        return dict(self._terms(batch) if self._parallel is None else self._parallel(batch))

    def apart(self, apart: bool) -> AbstractContextManager[Any]:
        """Return a context in which gradients stay in their process, to be averaged with those of a later batch."""
        if self._parallel is None or not apart:
            return contextlib.nullcontext()
        return self._parallel.no_sync()


class _Step(nn.Module):
    """A step as a module, which DistributedDataParallel can wrap."""

    def __init__(self, network: nn.Module, terms: Callable[[Any], Mapping[str, Tensor]]) -> None:
        super().__init__()
        self.network = network
        self._terms = terms
        # Losses may leave out weights in some steps, for which torch must search, and warns where it finds all in use.
        self._never_used = nn.Parameter(next(network.parameters()).new_zeros(()))

    def forward(self, batch: Any) -> dict[str, Tensor]:
        """Compute the loss terms of a batch."""
        return dict(self._terms(batch))
