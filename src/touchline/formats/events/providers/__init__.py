"""Event data of StatsBomb, Wyscout, Opta and others, read through the optional package kloppy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.events.providers.mapping import Rule as Rule
    from touchline.formats.events.providers.mapping import labels_of as labels_of
    from touchline.formats.events.providers.provider_events import ProviderEvents as ProviderEvents
    from touchline.formats.events.providers.provider_events import provider_named as provider_named
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.events.providers.mapping": ("Rule", "labels_of"),
            "touchline.formats.events.providers.provider_events": ("ProviderEvents", "provider_named"),
        },
    )
