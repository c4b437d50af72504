"""Networks, model files, import of published weights, and export."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.models.store import StoredModel as StoredModel
    from touchline.models.store import find_model as find_model
    from touchline.models.store import list_builtin as list_builtin
    from touchline.models.store import list_models as list_models
    from touchline.models.store import load_model as load_model
    from touchline.models.store import save_model as save_model
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.models.store": (
                "StoredModel",
                "find_model",
                "list_builtin",
                "list_models",
                "load_model",
                "save_model",
            ),
        },
    )
