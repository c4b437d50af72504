"""Where plans, markers and results lie: a local folder, or a bucket reached through fsspec."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.batch.stores.opening import is_remote as is_remote
    from touchline.batch.stores.opening import open_store as open_store
    from touchline.batch.stores.store import Patience as Patience
    from touchline.batch.stores.store import Store as Store
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.batch.stores.opening": ("is_remote", "open_store"),
            "touchline.batch.stores.store": ("Patience", "Store"),
        },
    )
