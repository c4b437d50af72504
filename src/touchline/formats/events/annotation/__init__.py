"""Event formats of annotation tools: ELAN, BORIS and Label Studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.events.annotation.boris import BorisProject as BorisProject
    from touchline.formats.events.annotation.boris import BorisRows as BorisRows
    from touchline.formats.events.annotation.elan import Elan as Elan
    from touchline.formats.events.annotation.label_studio import LabelStudio as LabelStudio
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.events.annotation.boris": ("BorisProject", "BorisRows"),
            "touchline.formats.events.annotation.elan": ("Elan",),
            "touchline.formats.events.annotation.label_studio": ("LabelStudio",),
        },
    )
