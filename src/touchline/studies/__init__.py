"""Reproductions of published results, with the differences and their causes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.studies.keeper_reference import compare_with_published as compare_with_published
    from touchline.studies.keeper_techniques import techniques_of_shots as techniques_of_shots
    from touchline.studies.penalty_measure import measure_penalties as measure_penalties
    from touchline.studies.sound_fit import fit_sound as fit_sound
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.studies.keeper_reference": ("compare_with_published",),
            "touchline.studies.keeper_techniques": ("techniques_of_shots",),
            "touchline.studies.penalty_measure": ("measure_penalties",),
            "touchline.studies.sound_fit": ("fit_sound",),
        },
    )
