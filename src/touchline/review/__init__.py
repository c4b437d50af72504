"""The review tool: a local web server that shows bundles and takes a person's corrections; it runs no models."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.review.server.app import make_app as make_app
    from touchline.review.shelf import Item as Item
    from touchline.review.shelf import items_of as items_of
    from touchline.review.studio import Studio as Studio
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.review.server.app": ("make_app",),
            "touchline.review.shelf": ("Item", "items_of"),
            "touchline.review.studio": ("Studio",),
        },
    )
