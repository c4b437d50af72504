"""Events of a stream while it runs: what may still change, and what is final."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.live.spotting.revisions import LiveEvent as LiveEvent
    from touchline.live.spotting.revisions import Revisions as Revisions
    from touchline.live.spotting.settling import Peak as Peak
    from touchline.live.spotting.settling import Settler as Settler
    from touchline.live.spotting.stretch import Found as Found
    from touchline.live.spotting.stretch import Stretch as Stretch
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.live.spotting.revisions": ("LiveEvent", "Revisions"),
            "touchline.live.spotting.settling": ("Peak", "Settler"),
            "touchline.live.spotting.stretch": ("Found", "Stretch"),
        },
    )
