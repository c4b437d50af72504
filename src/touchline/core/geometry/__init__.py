"""Places and movement: the pitch in metres, speeds along a course, and the path of the camera."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.core.geometry.camera import CameraPath as CameraPath
    from touchline.core.geometry.kinematics import Movement as Movement
    from touchline.core.geometry.kinematics import movement as movement
    from touchline.core.geometry.pitch import Pitch as Pitch
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.core.geometry.camera": ("CameraPath",),
            "touchline.core.geometry.kinematics": ("Movement", "movement"),
            "touchline.core.geometry.pitch": ("Pitch",),
        },
    )
