"""Training: recipes, the training loop, checkpoints and logs; one sub-folder per model family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.recipe import Recipe as Recipe
    from touchline.training.recipe import read_recipe as read_recipe
    from touchline.training.run import TrainingPlan as TrainingPlan
    from touchline.training.run import distill_recipe as distill_recipe
    from touchline.training.run import plan_recipe as plan_recipe
    from touchline.training.run import run_recipe as run_recipe
    from touchline.training.shipped_recipes import recipe_names as recipe_names
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.recipe": ("Recipe", "read_recipe"),
            "touchline.training.run": ("TrainingPlan", "distill_recipe", "plan_recipe", "run_recipe"),
            "touchline.training.shipped_recipes": ("recipe_names",),
        },
    )
