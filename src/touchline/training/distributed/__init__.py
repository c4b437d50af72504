"""Training by several processes: the group that torchrun starts, the batches of each, and who writes files."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.distributed.folders import folder_of_process as folder_of_process
    from touchline.training.distributed.group import Group as Group
    from touchline.training.distributed.group import current_group as current_group
    from touchline.training.distributed.group import joined_group as joined_group
    from touchline.training.distributed.numbering import BatchNumbers as BatchNumbers
    from touchline.training.distributed.numbering import Reseeder as Reseeder
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.distributed.folders": ("folder_of_process",),
            "touchline.training.distributed.group": ("Group", "current_group", "joined_group"),
            "touchline.training.distributed.numbering": ("BatchNumbers", "Reseeder"),
        },
    )
