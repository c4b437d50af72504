"""Training from corrections: lessons of reviewed bundles, fine-tuning, and the gain on corrections held out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.training.corrections.detector import DetectorCorrections as DetectorCorrections
    from touchline.training.corrections.heads import HeadCorrections as HeadCorrections
    from touchline.training.corrections.lessons import Lessons as Lessons
    from touchline.training.corrections.lessons import lessons_of as lessons_of
    from touchline.training.corrections.measure import Comparison as Comparison
    from touchline.training.corrections.measure import compare as compare
    from touchline.training.corrections.spotter import SpotterCorrections as SpotterCorrections
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.training.corrections.detector": ("DetectorCorrections",),
            "touchline.training.corrections.heads": ("HeadCorrections",),
            "touchline.training.corrections.lessons": (
                "Lessons",
                "lessons_of",
            ),
            "touchline.training.corrections.measure": (
                "Comparison",
                "compare",
            ),
            "touchline.training.corrections.spotter": ("SpotterCorrections",),
        },
    )
