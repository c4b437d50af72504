"""Heads over feature streams: pooling, NetVLAD, CALF, long context, and their fusion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.networks.heads.calf import Calf as Calf
    from touchline.models.networks.heads.context import ContextHead as ContextHead
    from touchline.models.networks.heads.fusion import FusedHead as FusedHead
    from touchline.models.networks.heads.netvlad import NetVlad as NetVlad
    from touchline.models.networks.heads.pooling import PoolingHead as PoolingHead
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.networks.heads.calf": ("Calf",),
            "touchline.models.networks.heads.context": ("ContextHead",),
            "touchline.models.networks.heads.fusion": ("FusedHead",),
            "touchline.models.networks.heads.netvlad": ("NetVlad",),
            "touchline.models.networks.heads.pooling": ("PoolingHead",),
        },
    )
