"""Where live results go: a bundle, a web page, WebSocket and webhook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.live.output.bundle import LiveBundles as LiveBundles
    from touchline.live.output.hub import Hub as Hub
    from touchline.live.output.server import LiveServer as LiveServer
    from touchline.live.output.webhook import Webhook as Webhook
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.live.output.bundle": ("LiveBundles",),
            "touchline.live.output.hub": ("Hub",),
            "touchline.live.output.server": ("LiveServer",),
            "touchline.live.output.webhook": ("Webhook",),
        },
    )
