"""The batches of a step that takes several: each has a number, which alone decides what is in it.

A step of ``size`` processes that accumulate ``accumulate`` batches each takes ``size * accumulate`` batches. They are
numbered through the whole run, and process ``rank`` takes every ``size``-th of them from ``rank`` on: no two processes
take the same one, and together they take all. As the random generators are set anew by the number of a batch, one
process that accumulates two batches learns from the same ones as two processes that accumulate one each, and a run can
be resumed by another number of processes.
"""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import dataclass

import numpy as np
import torch

from touchline.training.distributed.group import Group

Generator = np.random.Generator | torch.Generator


@dataclass(frozen=True, slots=True)
class BatchNumbers:
    """The numbers of the batches that one process takes.

    Attributes:
        group: the processes.
        accumulate: number of batches that each process takes per step.

    """

    group: Group
    accumulate: int = 1

    @property
    def per_step(self) -> int:
        """Number of batches that all processes together take per step."""
        return self.group.size * self.accumulate

    def of_step(self, step: int) -> range:
        """Return the numbers of this process's batches of a step, counted from 0."""
        return range(step * self.per_step + self.group.rank, (step + 1) * self.per_step, self.group.size)

    def from_step(self, step: int, *, stop: int) -> range:
        """Return the numbers of this process's batches from a step on, up to but without step ``stop``."""
        return range(step * self.per_step + self.group.rank, stop * self.per_step, self.group.size)


class Reseeder:
    """Sets generators by the number of a batch, each from the state that it had when this was made.

    Args:
        generators: those that decide what is in a batch.

    """

    def __init__(self, *generators: Generator) -> None:
        self._generators = [(one, _start_of(one)) for one in generators]

    def __call__(self, number: int) -> None:
        """Set all generators for the batch of a number."""
        for generator, start in self._generators:
            seed = seed_of(start, number)
            if isinstance(generator, torch.Generator):
                generator.manual_seed(seed)
            else:
                generator.bit_generator.state = type(generator.bit_generator)(seed).state


def seed_of(start: object, number: int) -> int:
    """Return the 63-bit seed of a batch, for a run that starts from ``start``."""
    digest = hashlib.sha256(f"{start} {number}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> 1


def seed_common_generators(seed: int) -> None:
    """Seed the generators of torch, NumPy and Python that draw when no other generator is named."""
    torch.manual_seed(seed)
    np.random.seed(seed % 2**32)  # noqa: NPY002 - the state others may draw from
    random.seed(seed)


def _start_of(generator: Generator) -> str:
    if isinstance(generator, torch.Generator):
        return str(generator.initial_seed())
    return json.dumps(generator.bit_generator.state, sort_keys=True, default=np.ndarray.tolist)
