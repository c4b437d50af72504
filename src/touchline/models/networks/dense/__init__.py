"""Dense spotters: an encoder of single frames that looks at neighbouring ones, and a network over time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.networks.dense.spotter import DenseSpotter as DenseSpotter
else:
    __all__, __getattr__, __dir__ = lazy_names(__name__, {"touchline.models.networks.dense.spotter": ("DenseSpotter",)})
