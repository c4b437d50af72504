"""touchline turns sports video into a timeline: what happened, when, who did it, how well.

The names below are the Python interface; each is imported when it is first used. ``import touchline`` alone imports
neither NumPy nor PyAV nor torch. Everything further lies in the package of its line of work, such as
``touchline.goalkeeping``.

>>> import touchline  # doctest: +SKIP
>>> bundle = touchline.analyze("match.mp4")  # doctest: +SKIP
>>> [(event.start_us, event.label) for event in bundle.read_events()]  # doctest: +SKIP
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.analysis import evaluate as evaluate
    from touchline.analysis.one_call import analyze as analyze
    from touchline.analysis.tasks.track import load_tracker as load_tracker
    from touchline.core.errors import TouchlineError as TouchlineError
    from touchline.core.events import Coverage as Coverage
    from touchline.core.events import Event as Event
    from touchline.core.events import Scores as Scores
    from touchline.core.events import Timeline as Timeline
    from touchline.core.events import VideoInfo as VideoInfo
    from touchline.core.tracks import Track as Track
    from touchline.core.tracks import Tracks as Tracks
    from touchline.core.version import __version__ as __version__
    from touchline.formats.bundle import Bundle as Bundle
    from touchline.formats.bundle import open_bundle as open_bundle
    from touchline.goalkeeping.pose_finder import load_pose_finder as load_pose_finder
    from touchline.media.video_file import Video as Video
    from touchline.recognition.recogniser import load_recogniser as load_recogniser
    from touchline.spotting.spotter import load_spotter as load_spotter
    from touchline.tracking.detector import load_detector as load_detector
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.analysis.one_call": ("analyze",),
            "touchline.analysis.tasks.track": ("load_tracker",),
            "touchline.core.errors": ("TouchlineError",),
            "touchline.core.events": ("Coverage", "Event", "Scores", "Timeline", "VideoInfo"),
            "touchline.core.tracks": ("Track", "Tracks"),
            "touchline.core.version": ("__version__",),
            "touchline.formats.bundle": ("Bundle", "open_bundle"),
            "touchline.goalkeeping.pose_finder": ("load_pose_finder",),
            "touchline.media.video_file": ("Video",),
            "touchline.analysis": ("evaluate",),
            "touchline.recognition.recogniser": ("load_recogniser",),
            "touchline.spotting.spotter": ("load_spotter",),
            "touchline.tracking.detector": ("load_detector",),
        },
    )
