"""The web server of the review tool: the guard, the routes, and how it is run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.review.server.run import Address as Address
    from touchline.review.server.run import listen as listen
    from touchline.review.server.run import serve as serve
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__, {"touchline.review.server.run": ("Address", "listen", "serve")}
    )
