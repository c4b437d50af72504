"""The processes that train one network together, and what they agree on."""

from __future__ import annotations

import contextlib
import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
from torch import Tensor
from torch import distributed as dist

from touchline.core.errors import TouchlineError, UsageError
from touchline.training.distributed.launch import Launch

Made = TypeVar("Made")

_PATIENCE = datetime.timedelta(days=1)
"""Processes wait this long for each other, so that one may measure for hours; torchrun ends all when one fails."""


@dataclass(frozen=True, slots=True)
class Group:
    """Processes that train together; everything is trivial if there is only one.

    Attributes:
        rank: number of this process.
        size: number of processes.

    """

    rank: int = 0
    size: int = 1

    @property
    def alone(self) -> bool:
        """Whether there is only one process."""
        return self.size == 1

    @property
    def is_first(self) -> bool:
        """Whether this process writes logs, checkpoints and models."""
        return self.rank == 0

    def largest(self, *values: float) -> list[float]:
        """Return the largest of every process's values, one by one."""
        if self.alone:
            return list(values)
        every = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(every, op=dist.ReduceOp.MAX)
        return [float(value) for value in every]

    def sums(self, values: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """Return the sums over all processes of values that go by the same names in each; on the CPU if not alone."""
        if self.alone or not values:
            return dict(values)
        names = sorted(values)
        every = torch.stack([values[name].detach().double().cpu() for name in names])
        dist.all_reduce(every)
        return dict(zip(names, every.unbind(), strict=True))

    def from_first(self, make: Callable[[], Made]) -> Made:
        """Return what ``make`` returns in the first process; the others wait for it, and share its errors.

        Raises:
            TouchlineError: ``make`` raised it in the first process.

        """
        if self.alone:
            return make()
        made: list[Any] = [None, None]
        if self.is_first:
            try:
                made[0] = make()
            except TouchlineError as error:
                made[1] = error
        dist.broadcast_object_list(made, src=0)
        if made[1] is not None:
            raise made[1]
        result: Made = made[0]
        return result

    @torch.no_grad()
    def copy_from_first(self, *states: Mapping[str, Tensor]) -> None:
        """Overwrite the tensors of every state by those of the first process."""
        if self.alone:
            return
        for state in states:
            for name in sorted(state):
                value = state[name].contiguous()
                dist.broadcast(value, src=0)
                state[name].copy_(value)

    def wait(self) -> None:
        """Return when every process is here."""
        if not self.alone:
            dist.barrier()

    @contextlib.contextmanager
    def first_before_others(self) -> Iterator[None]:
        """Let the first process run the body before the others do, which then find the files that it has made."""
        if not self.is_first:
            self.wait()
        yield
        if self.is_first:
            self.wait()


def current_group() -> Group:
    """Return the group that this process has joined; alone if it has joined none."""
    if dist.is_available() and dist.is_initialized():
        return Group(dist.get_rank(), dist.get_world_size())
    return Group()


@contextlib.contextmanager
def joined_group(device: str, *, launch: Launch | None = None) -> Iterator[Group]:
    """Join the other processes that torchrun has started, if any, until the context exits.

    Args:
        device: ``"cpu"``, or ``"cuda"``, which becomes the GPU with the number of the process on its machine.
        launch: the place of this process; read from the environment if None.

    Raises:
        UsageError: a machine has fewer GPUs than processes.

    """
    launch = Launch.read() if launch is None else launch
    if launch.size == 1 or not current_group().alone:
        yield current_group()
        return
    if device == "cuda":
        _take_gpu(launch.local_rank)
    backend = "cpu:gloo,cuda:nccl" if device == "cuda" else "gloo"
    dist.init_process_group(backend, rank=launch.rank, world_size=launch.size, timeout=_PATIENCE)
    try:
        yield current_group()
    finally:
        dist.destroy_process_group()


def _take_gpu(number: int) -> None:
    there = torch.cuda.device_count()
    if number >= there:
        raise UsageError(
            f"process {number} of this machine has no GPU: there are {there}; start torchrun with --nproc-per-node "
            f"{there}, or train with --device cpu"
        )
    torch.cuda.set_device(number)
