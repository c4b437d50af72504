"""Sets of labelled clips and joint sequences, and predictions for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.formats.clips.csv_list import read_clip_csv as read_clip_csv
    from touchline.formats.clips.folders import read_clip_folders as read_clip_folders
    from touchline.formats.clips.predictions import ClipPredictions as ClipPredictions
    from touchline.formats.clips.predictions import read_clip_predictions as read_clip_predictions
    from touchline.formats.clips.predictions import write_clip_predictions as write_clip_predictions
    from touchline.formats.clips.skeleton_sets import SkeletonSet as SkeletonSet
    from touchline.formats.clips.skeleton_sets import read_skeleton_set as read_skeleton_set
    from touchline.formats.clips.spacejam import read_spacejam as read_spacejam
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.formats.clips.csv_list": ("read_clip_csv",),
            "touchline.formats.clips.folders": ("read_clip_folders",),
            "touchline.formats.clips.predictions": (
                "ClipPredictions",
                "read_clip_predictions",
                "write_clip_predictions",
            ),
            "touchline.formats.clips.skeleton_sets": ("SkeletonSet", "read_skeleton_set"),
            "touchline.formats.clips.spacejam": ("read_spacejam",),
        },
    )
