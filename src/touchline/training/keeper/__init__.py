"""Training of the keeper pose network and the expected-saves model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.keeper.expected_saves import ExpectedSavesRecipe as ExpectedSavesRecipe
    from touchline.training.keeper.pose import KeeperPoseRecipe as KeeperPoseRecipe
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.keeper.expected_saves": ("ExpectedSavesRecipe",),
            "touchline.training.keeper.pose": ("KeeperPoseRecipe",),
        },
    )
