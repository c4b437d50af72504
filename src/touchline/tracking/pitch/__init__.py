"""The pitch: its keypoints, the camera's view of it, its size, and places on it in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.tracking.pitch.finder import PitchFinder as PitchFinder
    from touchline.tracking.pitch.finder import load_pitch_finder as load_pitch_finder
    from touchline.tracking.pitch.homography import PitchView as PitchView
    from touchline.tracking.pitch.homography import fit_view as fit_view
    from touchline.tracking.pitch.placing import place_points as place_points
    from touchline.tracking.pitch.placing import place_track as place_track
    from touchline.tracking.pitch.size import PitchSize as PitchSize
    from touchline.tracking.pitch.size import fit_pitch_size as fit_pitch_size
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.tracking.pitch.finder": ("PitchFinder", "load_pitch_finder"),
            "touchline.tracking.pitch.homography": ("PitchView", "fit_view"),
            "touchline.tracking.pitch.placing": ("place_points", "place_track"),
            "touchline.tracking.pitch.size": ("PitchSize", "fit_pitch_size"),
        },
    )
