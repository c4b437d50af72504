"""Dense spotters over a video: clips, their outputs joined, and events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.specs.dense_plan import ClipPlan as ClipPlan
    from touchline.spotting.dense.decoding import events_of as events_of
    from touchline.spotting.dense.decoding import suppressed as suppressed
    from touchline.spotting.dense.engine import DenseEngine as DenseEngine
    from touchline.spotting.dense.spotter import DenseVideoSpotter as DenseVideoSpotter
    from touchline.spotting.dense.spotter import load_dense_spotter as load_dense_spotter
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.spotting.dense.decoding": ("events_of", "suppressed"),
            "touchline.spotting.dense.engine": ("DenseEngine",),
            "touchline.models.specs.dense_plan": ("ClipPlan",),
            "touchline.spotting.dense.spotter": ("DenseVideoSpotter", "load_dense_spotter"),
        },
    )
