"""Whether a video is like the footage that the models were measured on: facts about the video, and the comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis.likeness.comparison import compare as compare
    from touchline.analysis.likeness.facts import PictureFacts as PictureFacts
    from touchline.analysis.likeness.look import Look as Look
    from touchline.analysis.likeness.look import look_of as look_of
    from touchline.analysis.likeness.marks import marked as marked
    from touchline.analysis.likeness.marks import without_impossible as without_impossible
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.likeness.comparison": ("compare",),
            "touchline.analysis.likeness.facts": ("PictureFacts",),
            "touchline.analysis.likeness.look": ("Look", "look_of"),
            "touchline.analysis.likeness.marks": ("marked", "without_impossible"),
        },
    )
