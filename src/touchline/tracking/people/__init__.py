"""People: tracklets from frame to frame, their linking over gaps, and their teams and roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from touchline.core.lazy import lazy_names

if TYPE_CHECKING:
    from touchline.tracking.people.kits import Kits as Kits
    from touchline.tracking.people.kits import find_kits as find_kits
    from touchline.tracking.people.roles import assign_roles as assign_roles
    from touchline.tracking.people.tracker import Tracker as Tracker
    from touchline.tracking.people.tracker import TrackerSettings as TrackerSettings
    from touchline.tracking.people.tracker import follow_people as follow_people
    from touchline.tracking.people.tracklets import Tracklet as Tracklet
else:
    __all__, __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "touchline.tracking.people.kits": ("Kits", "find_kits"),
            "touchline.tracking.people.roles": ("assign_roles",),
            "touchline.tracking.people.tracker": ("Tracker", "TrackerSettings", "follow_people"),
            "touchline.tracking.people.tracklets": ("Tracklet",),
        },
    )
