"""Value types shared by the whole package, and the clock. No I/O, no torch."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.core.actions import Action as Action
    from touchline.core.actions import Actions as Actions
    from touchline.core.clips import ClipItem as ClipItem
    from touchline.core.clips import ClipSet as ClipSet
    from touchline.core.errors import InputError as InputError
    from touchline.core.errors import NetworkError as NetworkError
    from touchline.core.errors import ResourceError as ResourceError
    from touchline.core.errors import TouchlineError as TouchlineError
    from touchline.core.errors import UsageError as UsageError
    from touchline.core.events import Coverage as Coverage
    from touchline.core.events import Event as Event
    from touchline.core.events import Gap as Gap
    from touchline.core.events import Scores as Scores
    from touchline.core.events import Timeline as Timeline
    from touchline.core.events import VideoInfo as VideoInfo
    from touchline.core.geometry.camera import CameraPath as CameraPath
    from touchline.core.geometry.kinematics import Movement as Movement
    from touchline.core.geometry.kinematics import movement as movement
    from touchline.core.geometry.pitch import Pitch as Pitch
    from touchline.core.poses import Pose as Pose
    from touchline.core.shots import Shot as Shot
    from touchline.core.sound import SoundReading as SoundReading
    from touchline.core.tracks import Detections as Detections
    from touchline.core.tracks import Track as Track
    from touchline.core.tracks import Tracks as Tracks
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.core.actions": ("Action", "Actions"),
            "touchline.core.geometry.camera": ("CameraPath",),
            "touchline.core.clips": ("ClipItem", "ClipSet"),
            "touchline.core.errors": ("InputError", "NetworkError", "ResourceError", "TouchlineError", "UsageError"),
            "touchline.core.events": ("Coverage", "Event", "Gap", "Scores", "Timeline", "VideoInfo"),
            "touchline.core.geometry.kinematics": ("Movement", "movement"),
            "touchline.core.geometry.pitch": ("Pitch",),
            "touchline.core.poses": ("Pose",),
            "touchline.core.shots": ("Shot",),
            "touchline.core.sound": ("SoundReading",),
            "touchline.core.tracks": ("Detections", "Track", "Tracks"),
        },
    )
