"""Tracking of players, officials and the ball: detection, tracklets, roles, teams and places on the pitch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.tracking.cuts import CutFinder as CutFinder
    from touchline.tracking.detections import PeopleDetector as PeopleDetector
    from touchline.tracking.detector import Detector as Detector
    from touchline.tracking.detector import load_detector as load_detector
    from touchline.tracking.observations import Observation as Observation
    from touchline.tracking.observations import observe as observe
    from touchline.tracking.shot_tracking import FollowedShot as FollowedShot
    from touchline.tracking.shot_tracking import follow_shot as follow_shot
    from touchline.tracking.shot_tracking import tracks_of as tracks_of
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.tracking.cuts": ("CutFinder",),
            "touchline.tracking.detections": ("PeopleDetector",),
            "touchline.tracking.detector": ("Detector", "load_detector"),
            "touchline.tracking.observations": ("Observation", "observe"),
            "touchline.tracking.shot_tracking": ("FollowedShot", "follow_shot", "tracks_of"),
        },
    )
