"""Event spotting in steps: frames -> features -> scores -> events -> file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.spotting.engine import Engine as Engine
    from touchline.spotting.ensemble import EnsembleSpotter as EnsembleSpotter
    from touchline.spotting.ensemble import average_scores as average_scores
    from touchline.spotting.peaks import find_events as find_events
    from touchline.spotting.spotter import BaseSpotter as BaseSpotter
    from touchline.spotting.spotter import Spotter as Spotter
    from touchline.spotting.spotter import load_spotter as load_spotter
    from touchline.spotting.stream_spotter import StreamSpotter as StreamSpotter
    from touchline.spotting.stream_spotter import load_stream_spotter as load_stream_spotter
    from touchline.spotting.stream_spotter import spot_streams as spot_streams
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.spotting.engine": ("Engine",),
            "touchline.spotting.ensemble": ("EnsembleSpotter", "average_scores"),
            "touchline.spotting.peaks": ("find_events",),
            "touchline.spotting.spotter": ("BaseSpotter", "Spotter", "load_spotter"),
            "touchline.spotting.stream_spotter": ("StreamSpotter", "load_stream_spotter", "spot_streams"),
        },
    )
