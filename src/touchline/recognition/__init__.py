"""Recognition of what each player does: actions of clips and along tracks, and movement from positions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.recognition.movement import movements_of as movements_of
    from touchline.recognition.on_the_ball import holders_of as holders_of
    from touchline.recognition.prepare import sample_clip as sample_clip
    from touchline.recognition.recogniser import ClipRecogniser as ClipRecogniser
    from touchline.recognition.recogniser import load_recogniser as load_recogniser
    from touchline.recognition.skeletons import SkeletonRecogniser as SkeletonRecogniser
    from touchline.recognition.skeletons import load_skeleton_recogniser as load_skeleton_recogniser
    from touchline.recognition.skeletons import read_sequence as read_sequence
    from touchline.recognition.track_recogniser import TrackRecogniser as TrackRecogniser
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.recognition.movement": ("movements_of",),
            "touchline.recognition.on_the_ball": ("holders_of",),
            "touchline.recognition.prepare": ("sample_clip",),
            "touchline.recognition.recogniser": ("ClipRecogniser", "load_recogniser"),
            "touchline.recognition.skeletons": ("SkeletonRecogniser", "load_skeleton_recogniser", "read_sequence"),
            "touchline.recognition.track_recogniser": ("TrackRecogniser",),
        },
    )
