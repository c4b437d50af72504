"""What torchrun tells a process through its environment: how many processes train together, and which one this is."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from touchline.core.errors import UsageError

_NEEDED = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")


@dataclass(frozen=True, slots=True)
class Launch:
    """The place of this process among those that were started together.

    Attributes:
        rank: number of the process, from 0; process 0 writes files.
        size: number of processes, on all machines.
        local_rank: number of the process on its machine, from 0.

    """

    rank: int = 0
    size: int = 1
    local_rank: int = 0

    @classmethod
    def read(cls, environment: Mapping[str, str] = os.environ) -> Self:
        """Read torchrun's environment variables; without all of them, this is the only process.

        Raises:
            UsageError: they are not numbers that make sense.

        """
        if any(name not in environment for name in _NEEDED):
            return cls()
        try:
            rank, size = int(environment["RANK"]), int(environment["WORLD_SIZE"])
            local_rank = int(environment.get("LOCAL_RANK", "0"))
        except ValueError:
            rank = size = local_rank = -1
        if not (0 <= rank < size and 0 <= local_rank < size):
            found = {name: environment.get(name) for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK")}
            raise UsageError(
                f"the environment names processes that cannot be: {found}; start training with torchrun, or unset them"
            )
        return cls(rank, size, local_rank)

    @property
    def is_first(self) -> bool:
        """Whether this process is the one that writes and prints."""
        return self.rank == 0
